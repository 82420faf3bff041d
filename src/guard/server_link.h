// SPDX-License-Identifier: Apache-2.0
// The enforcer's end of the protocol: keeps a connection to Sekisho's server, asks over it, and is
// told whom to cut.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "guard/settings.h"
#include "server/enforcers/channel.h"

namespace sekisho {

class ServerLink {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  struct Told {
    std::function<void()> came;                // the server is there (again)
    std::function<void(const TellCut&)> cut;   // waits for nothing
    std::function<void(const Text&)> trouble;  // for the log
  };
  /// To whichever of the settings' servers answers.
  ServerLink(const GuardSettings& settings, Told told);
  ~ServerLink();
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  bool up() const { return up_; }
  /// Asks for the next certificate in time, and shows it from then on. Waits for the answer.
  void look_at_identity(Time now);
  AskNumber next_number() { return ++last_number_; }
  bool say(const FromEnforcer& message);
  /// Its answer; none where it didn't come by then, or the server is gone.
  std::optional<FromServer> ask(AskNumber number, const FromEnforcer& message, Moment until);
  /// The same, where the answer has to be of a kind.
  template <typename T>
  std::optional<T> ask_for(AskNumber number, const FromEnforcer& message, Moment until) {
    auto answer = ask(number, message, until);
    auto* wanted = answer ? std::get_if<T>(&*answer) : nullptr;
    return wanted != nullptr ? std::optional<T>(std::move(*wanted)) : std::nullopt;
  }

 private:
  void run(const std::stop_token& quit);
  void talk(const std::stop_token& quit, LineChannel& channel);
  bool greeted(LineChannel& channel);
  bool take(FromServer message);
  void give(AskNumber number, FromServer message);
  void gone();
  std::shared_ptr<LineChannel> channel() const;

  const GuardSettings& settings_;
  std::atomic<std::size_t> place_{0};  // that is spoken to, or was tried last
  Moment asked_{};                     // for a certificate
  Told told_;
  std::atomic<bool> up_{false};
  std::atomic<AskNumber> last_number_{0};
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::shared_ptr<LineChannel> channel_;  // null: not connected
  std::map<AskNumber, std::optional<FromServer>> waiting_;
  std::jthread thread_;  // the last: it uses what stands above
};

}  // namespace sekisho
