// Sends what a sensor counts to the organisation's server. What the server doesn't have yet waits
// in files, so that nothing is lost without a connection.
#pragma once

#include <filesystem>

#include "collect/observe/sensor.h"

namespace sekisho {

class LineSender {
 public:
  /// As the device that was enrolled in `folder`. Asks its server for the key to count under and
  /// for the organisation's addresses; what it said last serves where it cannot be reached.
  static Result<LineSender> open(const std::filesystem::path& folder);

  const SensorTask& task() const { return task_; }
  /// Takes a tally of a minute. One that is too large to travel is refused.
  Result<void> add(Time minute, const std::string& tally);
  /// Makes a piece of what was taken since the last, durable when it returns, and sends what waits.
  /// What the server refuses for good is put aside, and is the error once the rest was sent.
  Result<void> send(std::int64_t seconds, std::uint64_t dropped, std::vector<LoginCount> logins,
                    std::optional<LineFound> found);

 private:
  LineSender(std::filesystem::path folder, SensorTask task)
      : folder_(std::move(folder)), task_(std::move(task)) {}
  Result<void> keep(std::int64_t seconds, std::uint64_t dropped, std::vector<LoginCount> logins,
                    std::optional<LineFound> found);
  Result<void> send_waiting();
  Result<void> set_aside(const std::filesystem::path& file) const;

  std::filesystem::path folder_;
  SensorTask task_;
  std::vector<LinePiece::Minute> minutes_;
  std::size_t bytes_ = 0;
};

}  // namespace sekisho
