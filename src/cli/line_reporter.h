// SPDX-License-Identifier: Apache-2.0
// What a sensor tells of itself, beside what it shows: what was counted and found since it was told
// last.
#pragma once

#include "cli/line_sender.h"
#include "collect/observe/geo.h"
#include "collect/observe/observe.h"
#include "collect/observe/pseudonym.h"

namespace sekisho {

/// Gives what was counted since the last time to whoever sends it, and from time to time what was
/// found.
class LineReporter {
 public:
  /// `pseudonyms` for the sources that are told of; null: as they are.
  LineReporter(LinePost& post, const LineNames& names, const Geo& geo, const Pseudonyms* pseudonyms)
      : post_(post), names_(names), geo_(geo), pseudonyms_(pseudonyms) {}

  /// To be told of minutes that are over.
  Periods::Sink sink();
  /// `dropped`: by the kernel, since the beginning.
  void send(Findings& findings, std::uint64_t dropped, bool last);

 private:
  void give(std::uint64_t dropped);
  LineFound found(const Findings& findings, bool last) const;
  /// Attempts that were not told of yet.
  std::vector<LoginCount> fresh_logins(const Attempts& attempts);

  LinePost& post_;
  const LineNames& names_;
  const Geo& geo_;
  const Pseudonyms* pseudonyms_;
  std::chrono::steady_clock::time_point sent_at_ = std::chrono::steady_clock::now();
  std::optional<std::chrono::steady_clock::time_point> found_at_;
  std::map<std::pair<std::uint8_t, Time>, std::uint64_t> told_;  // as in Attempts::hours
  LineCount count_;
  std::size_t bytes_ = 0;
};

}  // namespace sekisho
