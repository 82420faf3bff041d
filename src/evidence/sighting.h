// SPDX-License-Identifier: Apache-2.0
// A fact as it was seen over a time, without its words, and which of several says how things
// stood at a moment. This is the only place that decides it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "evidence/partly.h"

namespace sekisho {

struct Sighting {
  std::int64_t id = 0;  // rises in the order of writing
  Time first_at;
  Time observed_at;  // the last time
  Time valid_until;
  Verdict verdict = Verdict::unknown;
  bool partly = false;  // a fail that counts as half (evidence/partly.h)

  /// What lies ahead of `at` proves nothing yet.
  bool begun(Time at) const { return first_at <= at; }
  /// Once begun: what it shows at `at`. What has run out is not known.
  Verdict shows(Time at) const { return at < valid_until ? verdict : Verdict::unknown; }
};

/// Of two that have begun: whether `a` says how things stood at `at` rather than `b`. That is the
/// one that was seen later, whenever it arrived; of two seen at one time, the one written later.
/// It decides even when it has run out and the other has not.
inline bool supersedes(const Sighting& a, const Sighting& b, Time at) {
  const Time seen = std::min(a.observed_at, at);
  const Time other = std::min(b.observed_at, at);
  return seen != other ? seen > other : a.id > b.id;
}

}  // namespace sekisho
