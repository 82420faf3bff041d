// SPDX-License-Identifier: Apache-2.0
// Whether the server does what it is for, for whoever decides by it: a load balancer, a monitor, an
// operator. Asked often and by anyone it costs the database one small write a second at most, and
// nobody waits longer than a probe may take, even for a database that hangs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "server/api/options.h"
#include "store/pool.h"

namespace sekisho {

/// What is written there is counted.
inline constexpr std::string_view kProbeSetting = "server.probe";
/// Less than this, and the next large report does not fit.
inline constexpr std::uintmax_t kLeastFree = std::uintmax_t{32} << 20U;

struct Health {
  std::string code;          // empty: ready
  std::uintmax_t free = 0;   // bytes, where the records lie, or what is kept beside them
  std::int64_t waiting = 0;  // messages of the outbox
  std::int64_t devices = 0;  // that are active
  bool ready() const { return code.empty(); }
};

class HealthWatch {
 public:
  HealthWatch(const ServerOptions& options, Pool& pool);
  ~HealthWatch();
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  /// What has to come by again and again does so now.
  void alive(std::string_view job);
  /// Whether each of them has done so of late; one that never did is not waited for.
  bool jobs_alive() const;
  void begins() { state_ = State::serving; }
  void ends() { state_ = State::stopping; }
  /// As of at most a second ago.
  Health look();

 private:
  enum class State : std::uint8_t { starting, serving, stopping };
  using Moment = std::chrono::steady_clock::time_point;

  void run(const std::stop_token& quit);
  Health probe();
  std::string code_of(Health& seen);

  const ServerOptions& options_;
  Pool& pool_;
  std::atomic<State> state_{State::starting};
  mutable std::mutex mutex_;
  std::map<std::string, Moment, std::less<>> alive_;
  std::condition_variable_any wanted_;
  std::condition_variable_any done_;
  bool asking_ = false;
  Moment asked_at_;
  bool known_ = false;
  Moment known_at_;
  Health seen_;
  std::jthread prober_;  // the last: it uses what stands above
};

}  // namespace sekisho
