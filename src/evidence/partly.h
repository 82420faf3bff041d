// SPDX-License-Identifier: Apache-2.0
// A question with several parts may be answered "partly". Its verdict is fail, as something is left
// to do; it counts as half, and is shown as what it is. This is the only place that knows how such
// an answer is told from a no.
#pragma once

#include <algorithm>

#include "evidence/evidence.h"

namespace sekisho {

/// What the basis of such an answer holds as seen.
inline constexpr std::string_view kPartly = "partly";
/// What part of the whole it counts for.
inline constexpr double kPartlyIsWorth = 0.5;

inline bool said_partly(const Evidence& evidence) {
  return evidence.verdict() == Verdict::fail &&
         std::ranges::any_of(evidence.basis().list(), [](const Compared& one) {
           return one.source == Compared::Source::person && one.seen == kPartly;
         });
}
inline bool said_partly(const std::optional<Evidence>& evidence) {
  return evidence && said_partly(*evidence);
}

inline Text partly_label() { return {"一部対応", "partly"}; }

}  // namespace sekisho
