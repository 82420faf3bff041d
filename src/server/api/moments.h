// SPDX-License-Identifier: Apache-2.0
// Moments as programs send them and lists are taken away with them: the one place that reads them
// in queries and bodies.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// "2026-11-27T09:00:00Z" or "…+09:00" (RFC 3339); a fraction of a second is cut off.
std::optional<Time> parse_moment(std::string_view text);

/// Of a list, from `since` on and before `until`.
struct Span {
  std::optional<Time> since;
  std::optional<Time> until;
};
/// As a query names it by `since` and `until`: a day of the organisation's, of which the last is in
/// it whole, or a moment. What is neither is a problem (422) that names both forms.
std::expected<Span, Problem> span_asked(std::string_view query, const Calendar& calendar);

/// "2026-11-27T18:00:00+09:00": a moment by the organisation's clock, for lists to take away.
std::string moment_there(const Calendar& calendar, Time time);

}  // namespace sekisho
