// SPDX-License-Identifier: Apache-2.0
// Internal to the room: when something that is written down for the clock is due, as cron(5) and
// systemd.time(7) write it. Only days count here: of the hours it is enough that there are some.
#pragma once

#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// The longest run of days from one time to the next; kNever for what never comes.
using GapDays = int;
inline constexpr GapDays kNever = std::numeric_limits<int>::max();

/// Of a calendar expression of systemd, seen from `today` on; nothing for what isn't understood.
std::optional<GapDays> gap_of_calendar(std::string_view expression, Day today);

/// Of the five fields of a line of cron, or of "@daily" and its like.
std::optional<GapDays> gap_of_cron(const std::vector<std::string_view>& fields, Day today);

/// A span of systemd.time(7) in days: "1d 12h", "90min", "3600".
std::optional<double> span_in_days(std::string_view text);

}  // namespace sekisho
