// Reports that the server doesn't have yet: one file each in a folder of the device's own, in the
// order in which they were made.
#pragma once

#include <filesystem>
#include <vector>

#include "collect/agent/report.h"

namespace sekisho {

class ReportQueue {
 public:
  explicit ReportQueue(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Durable when it returns.
  Result<void> add(std::int64_t sequence, const SignedReport& report) const;
  /// The sequences that wait, oldest first.
  Result<std::vector<std::int64_t>> waiting() const;
  /// Nothing for one that can't be read any more: the disk lost it.
  std::optional<SignedReport> at(std::int64_t sequence) const;
  void remove(std::int64_t sequence) const;

 private:
  std::filesystem::path file(std::int64_t sequence) const;
  std::filesystem::path folder_;
};

}  // namespace sekisho
