// SPDX-License-Identifier: Apache-2.0
// Reports that the server doesn't have yet: one file each in a folder of the device's own, in the
// order in which they were made.
#pragma once

#include <filesystem>
#include <vector>

#include "collect/agent/disk.h"
#include "collect/agent/report.h"

namespace sekisho {

/// Why a report of the queue is not there to be sent.
enum class Unsendable : std::uint8_t {
  gone,     // somebody removed it
  not_now,  // the disk or the system gives nothing at the moment
  broken,   // what the disk gives is no report
};

class ReportQueue {
 public:
  ReportQueue(std::filesystem::path folder, Disk& disk)
      : folder_(std::move(folder)), disk_(&disk) {}

  /// Durable when it returns.
  Result<void> add(std::int64_t sequence, const SignedReport& report) const;
  /// The sequences that wait, oldest first.
  Result<std::vector<std::int64_t>> waiting() const;
  std::expected<SignedReport, Unsendable> at(std::int64_t sequence) const;
  void remove(std::int64_t sequence) const;
  /// Out of the way of the others, beside the queue; of those the newest are kept.
  Result<void> set_aside(std::int64_t sequence) const;

 private:
  std::filesystem::path file(std::int64_t sequence) const;
  std::filesystem::path folder_;
  Disk* disk_;
};

}  // namespace sekisho
