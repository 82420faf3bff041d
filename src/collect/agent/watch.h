// The agent at work: looks at its machine over and over, and reports what it saw.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "collect/agent/device.h"

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

/// Looks, queues what it saw, sends what waits, and takes what to check by.
class Watch {
 public:
  Watch(Device device, Watched machine)
      : device_(std::move(device)), machine_(std::move(machine)) {}

  /// Until `ending`. Errors are told, and nothing ends for them.
  void run(std::chrono::seconds every, const std::atomic<bool>& ending);
  /// One look and one sending, for whoever wants to see it work. False when either failed.
  bool once();

 private:
  Result<void> look(Time moment);
  bool send(Time moment);
  Result<void> deliver(Time moment);
  Result<void> list_software(const std::string& at_server, Time moment);
  Result<void> take_content();

  Device device_;
  Watched machine_;
  std::vector<AgentRecord> last_;
  Time report_by_;
  Time try_again_;
  std::chrono::seconds retry_{0};  // what the last failure waited for; 0: none did
};

}  // namespace sekisho
