// SPDX-License-Identifier: Apache-2.0
// Two kinds of time that don't become each other by themselves: a moment (Time) and a day of
// somebody's calendar (Day). Only a Calendar knows which day a moment falls on. Waiting goes by
// std::chrono::steady_clock: the clock on the wall may be set at any time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// A moment in UTC, whole seconds.
using Time = std::chrono::sys_seconds;
/// A calendar day (proleptic Gregorian), always one that exists; of no zone until a Calendar says.
using Day = std::chrono::local_days;

Time now();

/// "2026-11-23T21:20:40Z" (RFC 3339, UTC, seconds).
std::string format_time(Time time);
/// The inverse of format_time; fractions of a second are cut off. Nothing for any other form.
std::optional<Time> parse_time(std::string_view text);

/// "2026-11-23" (ISO 8601 calendar date).
std::string format_day(Day day);
std::optional<Day> parse_day(std::string_view text);

/// When the days of an organisation, or of a person, begin: so far from UTC all year round
/// (docs/decisions/0017-time.md).
class Calendar {
 public:
  /// Japan's.
  Calendar() = default;
  /// UTC itself, for what is counted by it.
  static Calendar utc() { return Calendar(std::chrono::minutes(0)); }
  /// That of the machine that this runs on, as it is at `now`.
  static Calendar here(Time now);
  /// "+09:00", as name() writes it: in steps of 15 minutes, from -12:00 to +14:00.
  static std::optional<Calendar> parse(std::string_view text);

  std::string name() const;
  Day day(Time time) const;
  /// The first moment of a day.
  Time start(Day day) const;
  /// The first moment after it.
  Time end(Day day) const { return start(day + std::chrono::days(1)); }
  /// "2026-11-24 06:20 UTC+09:00", for people.
  std::string format_minute(Time time) const;

  bool operator==(const Calendar&) const = default;

 private:
  explicit Calendar(std::chrono::minutes ahead) : ahead_(ahead) {}
  std::chrono::minutes ahead_{std::chrono::hours(9)};
};

/// A moment for people at this machine.
inline std::string format_minute(Time time) { return Calendar::here(time).format_minute(time); }

}  // namespace sekisho
