#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// A moment in UTC, whole seconds.
using Time = std::chrono::sys_seconds;
/// A calendar day (proleptic Gregorian), always one that exists.
using Day = std::chrono::sys_days;

Time now();

/// "2026-11-23T21:20:40Z" (RFC 3339, UTC, seconds).
std::string format_time(Time time);
/// "2026-11-23 21:20 UTC", for people.
std::string format_minute(Time time);
/// The inverse of format_time; fractions of a second are cut off. Nothing for any other form.
std::optional<Time> parse_time(std::string_view text);

/// "2026-11-23" (ISO 8601 calendar date).
std::string format_day(Day day);
std::optional<Day> parse_day(std::string_view text);

inline Day day_of(Time time) { return std::chrono::floor<std::chrono::days>(time); }

}  // namespace sekisho
