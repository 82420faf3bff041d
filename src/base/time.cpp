// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <ctime>

#include <fmt/format.h>

#include "base/text.h"

namespace sekisho {
namespace {

/// The number that the `count` digits at `text[at]` make; -1 unless all of them are digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return -1;
  return static_cast<int>(whole_number(text.substr(at, count)));
}

}  // namespace

Time now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string format_day(Day day) {
  const std::chrono::year_month_day date{day};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  if (year < 0 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return Day{date};
}

std::string format_time(Time time) {
  const Calendar utc = Calendar::utc();
  const Day day = utc.day(time);
  const std::chrono::hh_mm_ss clock{time - utc.start(day)};
  return fmt::format("{}T{:02}:{:02}:{:02}Z", format_day(day), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

std::optional<Time> parse_time(std::string_view text) {
  if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z')
    return std::nullopt;
  const std::string_view fraction = text.substr(19, text.size() - 20);
  if (!fraction.empty() && (fraction[0] != '.' || whole_number(fraction.substr(1)) < 0))
    return std::nullopt;
  const auto day = parse_day(text.substr(0, 10));
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (!day || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
    return std::nullopt;
  return Calendar::utc().start(*day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second);
}

Calendar Calendar::here(Time now) {
  // By to_time_t it would pass through nanoseconds, which end in the years 1677 and 2262.
  const std::time_t at = now.time_since_epoch().count();
  std::tm local{};
#ifdef _WIN32
  if (::localtime_s(&local, &at) != 0) return utc();
#else
  if (::localtime_r(&at, &local) == nullptr) return utc();
#endif
  const std::chrono::year_month_day date{
      std::chrono::year(local.tm_year + 1900),
      std::chrono::month(static_cast<unsigned>(local.tm_mon) + 1),
      std::chrono::day(static_cast<unsigned>(local.tm_mday))};
  // What the clock here shows, read as if it were UTC's.
  const Time shown = std::chrono::sys_days(date) + std::chrono::hours(local.tm_hour) +
                     std::chrono::minutes(local.tm_min) + std::chrono::seconds(local.tm_sec);
  // Before there were zones, places had a time of their own, to the second.
  using Quarter = std::chrono::duration<std::int64_t, std::ratio<900>>;
  return Calendar(std::chrono::round<Quarter>(shown - now));
}

std::optional<Calendar> Calendar::parse(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  if (hours < 0 || minutes < 0 || minutes > 45 || minutes % 15 != 0) return std::nullopt;
  const int ahead = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  if (ahead < -12 * 60 || ahead > 14 * 60) return std::nullopt;
  return Calendar(std::chrono::minutes(ahead));
}

std::string Calendar::name() const {
  const auto ahead = std::chrono::abs(ahead_).count();
  return fmt::format("{}{:02}:{:02}", ahead_.count() < 0 ? '-' : '+', ahead / 60, ahead % 60);
}

Day Calendar::day(Time time) const {
  return Day(std::chrono::floor<std::chrono::days>((time + ahead_).time_since_epoch()));
}

Time Calendar::start(Day day) const { return Time(day.time_since_epoch()) - ahead_; }

std::string Calendar::format_minute(Time time) const {
  const std::chrono::hh_mm_ss clock{time - start(day(time))};
  return fmt::format("{} {:02}:{:02} UTC{}", format_day(day(time)), clock.hours().count(),
                     clock.minutes().count(), ahead_.count() == 0 ? "" : name());
}

}  // namespace sekisho
