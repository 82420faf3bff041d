// SPDX-License-Identifier: Apache-2.0
// The agent at work: looks at its machine over and over, and reports what it saw.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "collect/agent/device.h"
#include "collect/agent/hearing.h"

namespace sekisho {

/// What was seen at one moment.
struct Sight {
  MachineFacts facts;
  std::vector<AgentRecord> records;
};

/// What a watch needs from the machine that it runs on.
struct Watched {
  std::function<Result<Sight>(Time)> look;
  /// The installed software as CycloneDX; empty where it can't be told.
  std::function<std::string()> software;
  /// Puts what to check by in place.
  std::function<Result<void>(const std::vector<ContentFile>&)> take_content;
  /// Goes back to what is built in, since what was taken cannot be read.
  std::function<void()> forget_content;
  std::function<void(const Text&)> say;
  std::function<void(const Error&)> complain;
};

/// The longest time between two looks.
inline constexpr std::chrono::seconds kMostBetweenLooks{120};

/// And while something is closed to the person at the device for what was seen on it.
inline constexpr std::chrono::seconds kMostWhileClosed{60};

/// A moment by both clocks: one that says what time it is and may be set, and one that only runs.
/// Whatever waits does so by the second.
struct Moment {
  Time wall;
  std::chrono::steady_clock::time_point steady;

  static Moment now();
};

/// Looks, queues what it saw, sends what waits, and takes what to check by.
class Watch {
 public:
  Watch(Device device, Watched machine)
      : device_(std::move(device)), machine_(std::move(machine)) {}

  /// Until `ending`. Errors are told, and nothing ends for them.
  void run(std::chrono::seconds every, const std::atomic<bool>& ending);
  /// One look, and one sending when it is time for it. False when anything failed.
  bool round(Moment moment);
  /// What the server told, which is said to people where it is new, and kept. Whether to look at
  /// once.
  bool hear(const Told& told, Moment moment);
  /// The server lets this device in no more.
  void hear_refusal(const Error& why);
  /// A round for whoever wants to see it work.
  bool once() { return round(Moment::now()); }

 private:
  using Steady = std::chrono::steady_clock::time_point;
  void notice_jump(Moment moment);
  Result<void> look(Moment moment);
  Result<void> deliver(Moment moment);
  void renew(Moment moment);
  void renew_access(Moment moment);
  Result<void> list_software(const std::string& at_server, Time moment);
  Result<void> take_content(Time moment);
  /// Until it is time to look again, or somebody asks to.
  void wait(std::chrono::seconds time, Hearing& hearing, const std::atomic<bool>& ending);
  void say_what_changed(const Told& told) const;
  /// Tells what failed, beside which the rest goes on.
  void complain(const Error& error);

  Device device_;
  Watched machine_;
  std::vector<AgentRecord> last_;
  std::optional<Moment> before_;  // the last round
  Steady report_by_;              // long ago: at once
  Steady try_again_;
  Steady renew_again_;
  Steady access_again_;
  std::chrono::seconds retry_{0};  // what the last failure waited for; 0: none did
  bool well_ = true;               // nothing failed in this round
  std::optional<Told> told_;
};

}  // namespace sekisho
