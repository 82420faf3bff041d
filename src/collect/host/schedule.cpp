// SPDX-License-Identifier: Apache-2.0
#include "collect/host/schedule.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <cmath>
#include <span>
#include <string>
#include <utility>

namespace sekisho {
namespace {

constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2200;
/// A day that comes at all comes within this: 29 February, on a given day of the week, in 28 years;
/// over the century, in 40.
constexpr int kYearsAhead = 41;

/// Whole numbers out of a range that a field of a date or time allows.
class Numbers {
 public:
  static Numbers none() { return {}; }
  void add(int first, int last, int step) {
    for (int at = first; at <= last; at += step) in_.set(static_cast<std::size_t>(at));
  }
  bool has(int number) const { return in_.test(static_cast<std::size_t>(number)); }
  bool empty() const { return in_.none(); }
  void move(int from, int to) {
    if (has(from)) add(to, to, 1);
  }

 private:
  std::bitset<kLastYear + 1> in_;
};

struct Days {
  Numbers years;
  Numbers months;
  Numbers days;
  Numbers weekdays;     // 0 is Sunday
  bool either = false;  // a day of the month or one of the week, as cron takes two that are given
};

bool due(const Days& days, Day day) {
  const std::chrono::year_month_day date(day);
  const int year = static_cast<int>(date.year());
  if (year > kLastYear || !days.years.has(year)) return false;
  if (!days.months.has(static_cast<int>(static_cast<unsigned>(date.month())))) return false;
  const bool of_month = days.days.has(static_cast<int>(static_cast<unsigned>(date.day())));
  const bool of_week = days.weekdays.has(static_cast<int>(std::chrono::weekday(day).c_encoding()));
  return days.either ? of_month || of_week : of_month && of_week;
}

GapDays longest_gap(const Days& days, Day today) {
  const Day end = today + std::chrono::days(366 * kYearsAhead);
  // What was yesterday is over; what is due now counts from today.
  Day last = today - std::chrono::days(1);
  GapDays longest = 0;
  bool any = false;
  for (Day day = today; day < end; day += std::chrono::days(1)) {
    if (!due(days, day)) continue;
    longest = std::max(longest, static_cast<GapDays>((day - last).count()));
    last = day;
    any = true;
  }
  if (!any) return kNever;
  // One that ends some day (a year is given) never comes again.
  const auto rest = static_cast<GapDays>((end - last).count());
  return rest > 366 * 12 ? kNever : std::max(longest, rest > 366 ? rest : 0);
}

/// What a field of numbers may have.
struct TimeField {
  int least;
  int most;
  std::span<const std::string_view> names = {};  // of `first_name` and on
  int first_name = 0;
  std::string_view to = "..";  // between the ends of a range
  bool from_step = false;      // "3/5" goes on from 3, as systemd has it
};

std::optional<int> number_of(std::string_view text, const TimeField& field) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    const std::string_view name = field.names[i];
    if (text == name || text == name.substr(0, 3)) return field.first_name + static_cast<int>(i);
  }
  const std::int64_t number = text.size() > 4 ? -1 : whole_number(text);
  if (number < field.least || number > field.most) return std::nullopt;
  return static_cast<int>(number);
}

/// One of a list: "*", "3", "1..5", each perhaps with "/2".
bool add_item(std::string_view item, const TimeField& field, Numbers& into) {
  int step = 1;
  const std::size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view by = item.substr(slash + 1);
    const std::int64_t number = by.size() > 4 ? -1 : whole_number(by);
    if (number <= 0) return false;
    step = static_cast<int>(number);
    item = item.substr(0, slash);
  }
  if (item == "*") {
    into.add(field.least, field.most, step);
    return true;
  }
  const std::size_t to = item.find(field.to);
  const auto first = number_of(item.substr(0, to), field);
  if (!first) return false;
  if (to != std::string_view::npos) {
    const auto last = number_of(item.substr(to + field.to.size()), field);
    if (!last || *last < *first) return false;
    into.add(*first, *last, step);
    return true;
  }
  if (slash != std::string_view::npos && !field.from_step) return false;
  into.add(*first, slash == std::string_view::npos ? *first : field.most, step);
  return true;
}

std::optional<Numbers> numbers(std::string_view text, const TimeField& field) {
  Numbers found = Numbers::none();
  for (const std::string_view item : split(text, ','))
    if (!add_item(item, field, found)) return std::nullopt;
  return found.empty() ? std::nullopt : std::optional(found);
}

constexpr std::array<std::string_view, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};

constexpr TimeField kYear{.least = kFirstYear, .most = kLastYear, .to = "..", .from_step = true};
constexpr TimeField kMonth{.least = 1, .most = 12, .to = "..", .from_step = true};
constexpr TimeField kDay{.least = 1, .most = 31, .to = "..", .from_step = true};
constexpr TimeField kHour{.least = 0, .most = 23, .to = "..", .from_step = true};
constexpr TimeField kMinute{.least = 0, .most = 59, .to = "..", .from_step = true};

Days every_day() {
  Days days;
  days.years.add(kFirstYear, kLastYear, 1);
  days.months.add(1, 12, 1);
  days.days.add(1, 31, 1);
  days.weekdays.add(0, 6, 1);
  return days;
}

/// "Mon,Wed..Fri": systemd takes only names, from Monday to Sunday.
bool take_weekdays(std::string_view text, Days& days) {
  constexpr std::array<std::string_view, 7> kFromMonday{
      "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  if (text.find_first_of("0123456789*/") != std::string_view::npos) return false;
  const TimeField field{
      .least = 1, .most = 7, .names = kFromMonday, .first_name = 1, .to = "..", .from_step = false};
  auto found = numbers(text, field);
  if (!found) return false;
  found->move(7, 0);
  days.weekdays = *found;
  return true;
}

/// "*-*-01", "12-24".
bool take_date(std::string_view text, Days& days) {
  const auto parts = split(text, '-');
  if (parts.size() != 2 && parts.size() != 3) return false;
  const auto month = numbers(parts[parts.size() - 2], kMonth);
  const auto day = numbers(parts[parts.size() - 1], kDay);
  if (!month || !day) return false;
  if (parts.size() == 3) {
    const auto year = numbers(parts[0], kYear);
    if (!year) return false;
    days.years = *year;
  }
  days.months = *month;
  days.days = *day;
  return true;
}

bool is_time(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 2 && parts.size() != 3) return false;
  return numbers(parts[0], kHour) && numbers(parts[1], kMinute) &&
         (parts.size() == 2 || numbers(parts[2], kMinute));
}

/// "UTC", "Asia/Tokyo".
bool is_zone(std::string_view text) {
  return text == "utc" ||
         (text.contains('/') && text.find_first_of("*.,:0123456789") == std::string_view::npos);
}

std::optional<Days> calendar(std::string_view expression) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kShort{
      {{"minutely", "*-*-*"},
       {"hourly", "*-*-*"},
       {"daily", "*-*-*"},
       {"monthly", "*-*-1"},
       {"weekly", "mon"},
       {"yearly", "*-1-1"},
       {"annually", "*-1-1"},
       {"anually", "*-1-1"},
       {"quarterly", "*-1,4,7,10-1"},
       {"semiannually", "*-1,7-1"},
       {"semi-annually", "*-1,7-1"}}};
  const std::string text = lower(expression);
  auto parts = words(std::string_view(text));
  if (parts.size() > 1 && is_zone(parts.back())) parts.pop_back();
  if (parts.size() == 1)
    for (const auto& [name, meaning] : kShort)
      if (parts.front() == name) parts.front() = meaning;
  if (parts.empty()) return std::nullopt;
  Days days = every_day();
  std::size_t at = 0;
  if (std::isalpha(static_cast<unsigned char>(parts[at][0])) != 0) {
    std::string_view names = parts[at++];
    while (names.ends_with(',')) names.remove_suffix(1);
    if (!take_weekdays(names, days)) return std::nullopt;
  }
  if (at < parts.size() && !parts[at].contains(':') && !take_date(parts[at++], days))
    return std::nullopt;
  if (at < parts.size() && !is_time(parts[at++])) return std::nullopt;
  return at == parts.size() ? std::optional(days) : std::nullopt;
}

}  // namespace

std::optional<GapDays> gap_of_calendar(std::string_view expression, Day today) {
  const auto days = calendar(expression);
  return days ? std::optional(longest_gap(*days, today)) : std::nullopt;
}

std::optional<GapDays> gap_of_cron(const std::vector<std::string_view>& fields, Day today) {
  if (fields.size() == 1) {
    const std::string word = lower(fields[0]);
    for (const auto& [name, gap] :
         std::array<std::pair<std::string_view, GapDays>, 9>{{{"@hourly", 1},
                                                              {"@daily", 1},
                                                              {"@midnight", 1},
                                                              {"@weekly", 7},
                                                              {"@monthly", 31},
                                                              {"@yearly", 366},
                                                              {"@annually", 366},
                                                              {"@every_minute", 1},
                                                              {"@reboot", kNever}}})
      if (word == name) return gap;
    return std::nullopt;
  }
  if (fields.size() != 5) return std::nullopt;
  const auto of = [](std::string_view text, TimeField field) {
    field.to = "-";
    field.from_step = false;
    return numbers(text, field);
  };
  const std::string month = lower(fields[3]);
  const std::string weekday = lower(fields[4]);
  const auto months = of(month, {.least = 1, .most = 12, .names = kMonths, .first_name = 1});
  auto weekdays = of(weekday, {.least = 0, .most = 7, .names = kWeekdays, .first_name = 0});
  const auto days = of(fields[2], kDay);
  if (!of(fields[0], kMinute) || !of(fields[1], kHour) || !months || !weekdays || !days)
    return std::nullopt;
  weekdays->move(7, 0);
  Days all = every_day();
  all.months = *months;
  all.days = *days;
  all.weekdays = *weekdays;
  all.either = !fields[2].starts_with('*') && !fields[4].starts_with('*');
  return longest_gap(all, today);
}

std::optional<double> span_in_days(std::string_view text) {
  constexpr double kInDay = 86'400;  // seconds
  struct Unit {
    std::string_view names;  // each between blanks
    double seconds;
  };
  constexpr std::array<Unit, 9> kUnits{{{" us usec microsecond microseconds ", 1e-6},
                                        {" ms msec ", 1e-3},
                                        {"  s sec second seconds ", 1},
                                        {" m min minute minutes ", 60},
                                        {" h hr hour hours ", 3600},
                                        {" d day days ", kInDay},
                                        {" w week weeks ", 7 * kInDay},
                                        {" M month months ", 30.44 * kInDay},
                                        {" y year years ", 365.25 * kInDay}}};
  text = trim(text);
  if (text == "infinity") return static_cast<double>(kNever);
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
    double number = 0;
    const char* const start = text.data();
    const auto [end, error] = std::from_chars(start, start + digits, number);
    if (digits == 0 || error != std::errc() || end != start + digits) return std::nullopt;
    text = trim(text.substr(digits));
    const std::size_t letters = std::min(text.find_first_of("0123456789. \t"), text.size());
    const std::string unit = " " + std::string(text.substr(0, letters)) + " ";
    const auto known =
        std::ranges::find_if(kUnits, [&](const Unit& one) { return one.names.contains(unit); });
    if (known == kUnits.end()) return std::nullopt;
    seconds += number * known->seconds;
    text = trim(text.substr(letters));
  }
  return seconds / kInDay;
}

}  // namespace sekisho
