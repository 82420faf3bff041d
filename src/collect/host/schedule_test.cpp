// SPDX-License-Identifier: Apache-2.0
// When something is due: held against systemd-analyze, and against cron's own words counted out day
// by day.
#include "collect/host/clock.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

const Day kToday = Calendar::utc().day(kNow);

std::string calendar_of(Dice& dice) {
  const std::string weekday =
      dice.word({"", "", "", "Mon ", "Mon..Fri ", "Sat,Sun ", "wednesday ", "Tue,Thu..Sat ", "1 "});
  const std::string date = dice.word({"", "*-*-* ", "*-*-1 ", "*-*-1,15 ", "*-2-30 ", "*-02-29 ",
                                      "*-*-1,8,15,22 ", "2020-*-* ", "2027-01-01 ", "*-1..3-1 ",
                                      "*-*-31 ", "12-24 ", "*-*-10..20/5 ", "*-13-1 ", "*-*-0 "});
  const std::string time =
      dice.word({"", "6:00", "6,18:00", "*:0/15", "03:30:00", "25:00", "12:60", "*:*"});
  const std::string text = weekday + date + time;
  if (trim(std::string_view(text)).empty())
    return dice.word({"daily", "weekly", "monthly", "yearly", "hourly", "quarterly", "daily UTC",
                      "sometimes", "semiannually", "weekly 12:00", "Sun-Mon"});
  return text + dice.word({"", "", "", " UTC", " x"});
}

/// Days between the times that systemd-analyze prints, as it goes on from today; nothing where it
/// refuses the expression.
std::optional<GapDays> gap_by_program(const std::string& expression) {
  const auto told = run_process({"/usr/bin/systemd-analyze", "calendar", "--iterations=1500",
                                 "--base-time=2026-11-24 00:00:00 UTC", expression},
                                {.time = std::chrono::seconds(20)}, {"TZ=UTC", "LC_ALL=C"});
  if (!told || told->exit_code != 0) return std::nullopt;
  Day last = kToday - std::chrono::days(1);
  GapDays longest = 0;
  std::size_t times = 0;
  for (const std::string_view line : split(std::string_view(told->out), '\n')) {
    if (line.contains("Next elapse: never")) return kNever;
    if (!line.contains("Next elapse:") && !line.contains("Iter. #")) continue;
    for (const std::string_view word : words(line))
      if (const auto day = word.size() == 10 ? parse_day(word) : std::nullopt) {
        longest = std::max(longest, static_cast<GapDays>((*day - last).count()));
        last = *day;
        ++times;
      }
  }
  // One that ended has fewer times than were asked for, and none near systemd's last year.
  const Day far = *parse_day("2100-01-01");
  return times < 1500 && last < far ? kNever : longest;
}

TEST(Schedule, IsDueWhenSystemdAnalyzeSaysSo) {
  Dice dice(64);
  int told_due = 0;
  int refused = 0;
  for (int i = 0; i < cases(250, 2000); ++i) {
    const std::string expression = calendar_of(dice);
    const auto real = gap_by_program(expression);
    const auto ours = gap_of_calendar(expression, kToday);
    if (!real) {
      ++refused;
      EXPECT_FALSE(ours) << expression;
      continue;
    }
    if (!ours) continue;  // left open is no lie
    // What is weekly at least by us is so by the program, and what never comes never comes.
    EXPECT_EQ(*ours <= 7, *real <= 7) << expression << ": " << *ours << ", " << *real;
    EXPECT_TRUE(*real != kNever || *ours == kNever) << expression << ": " << *ours;
    EXPECT_TRUE(*ours != kNever || *real > 366 * 12) << expression << ": " << *real;
    ++told_due;
  }
  EXPECT_GT(told_due, 100);
  EXPECT_GT(refused, 10);
}

/// A field of cron by its words alone, a number at a time: crontab(5).
bool field_has(const std::string& field, int number, int most, bool weekday) {
  for (const std::string_view item : split(std::string_view(field), ',')) {
    std::string_view range = item.substr(0, item.find('/'));
    const auto step = item.contains('/') ? whole_number(item.substr(item.find('/') + 1)) : 1;
    std::int64_t first = weekday ? 0 : 1;
    std::int64_t last = most;
    if (range != "*") {
      first = whole_number(range.substr(0, range.find('-')));
      last = range.contains('-') ? whole_number(range.substr(range.find('-') + 1)) : first;
    }
    for (std::int64_t at = first; at <= last; at += step)
      if (at == number || (weekday && at == 7 && number == 0)) return true;
  }
  return false;
}

GapDays gap_by_counting(const std::string& of_month, const std::string& month,
                        const std::string& of_week) {
  GapDays longest = 0;
  Day last = kToday - std::chrono::days(1);
  bool any = false;
  for (int i = 0; i < 366 * 13; ++i) {
    const Day day = kToday + std::chrono::days(i);
    const std::chrono::year_month_day date(day);
    const bool by_month =
        field_has(of_month, static_cast<int>(static_cast<unsigned>(date.day())), 31, false);
    const bool by_week =
        field_has(of_week, static_cast<int>(std::chrono::weekday(day).c_encoding()), 7, true);
    const bool both = of_month[0] == '*' || of_week[0] == '*';
    if (!field_has(month, static_cast<int>(static_cast<unsigned>(date.month())), 12, false) ||
        !(both ? by_month && by_week : by_month || by_week))
      continue;
    longest = std::max(longest, static_cast<GapDays>((day - last).count()));
    last = day;
    any = true;
  }
  return any ? longest : kNever;
}

TEST(Schedule, OfCronIsWhatItsWordsCountOutTo) {
  Dice dice(31);
  std::size_t never = 0;
  for (int i = 0; i < cases(300, 3000); ++i) {
    const std::string of_month = dice.word(
        {"*", "*", "1", "31", "30", "1,15", "*/2", "1-7", "29", "*/10", "28-31", "5-25/5"});
    const std::string month = dice.word({"*", "*", "2", "2,4", "1-6", "*/3", "12", "4,6,9,11"});
    const std::string of_week = dice.word({"*", "*", "0", "7", "1-5", "6,0", "*/2", "3"});
    const auto ours = gap_of_cron({"0", "3", of_month, month, of_week}, kToday);
    ASSERT_TRUE(ours) << of_month << " " << month << " " << of_week;
    const GapDays real = gap_by_counting(of_month, month, of_week);
    EXPECT_EQ(*ours == kNever, real == kNever) << of_month << " " << month << " " << of_week;
    EXPECT_EQ(*ours <= 31, real <= 31) << of_month << " " << month << " " << of_week;
    EXPECT_TRUE(real > 31 || *ours == real) << of_month << " " << month << " " << of_week;
    never += real == kNever ? 1 : 0;
  }
  EXPECT_GT(never, 2U);
  for (const char* minute : {"60", "x", "", "1-", "5-1", "*/0", "-1", "1/2", "1..2"})
    EXPECT_FALSE(gap_of_cron({minute, "3", "*", "*", "*"}, kToday)) << minute;
  EXPECT_FALSE(gap_of_cron({"@sometimes"}, kToday));
  EXPECT_EQ(gap_of_cron({"@reboot"}, kToday), kNever);
}

TEST(Schedule, SpansAreThoseOfSystemd) {
  Dice dice(7);
  for (int i = 0; i < cases(60, 400); ++i) {
    std::string text;
    for (int parts = 1 + dice.below(3); parts > 0; --parts)
      text +=
          std::to_string(dice.below(90)) +
          dice.word({"s", "min", " h", "d ", "w", "", " month", "y", "ms", "m", "M", "hours "}) +
          " ";
    const auto told = run_process({"/usr/bin/systemd-analyze", "timespan", text},
                                  {.time = std::chrono::seconds(20)}, {"LC_ALL=C"});
    ASSERT_TRUE(told) << text;
    const auto ours = span_in_days(text);
    if (told->exit_code != 0) {
      EXPECT_FALSE(ours) << text;
      continue;
    }
    ASSERT_TRUE(ours) << text;
    // "      μs: 5400000000"
    const std::size_t at = told->out.find("s: ");
    ASSERT_NE(at, std::string::npos) << told->out;
    const std::size_t end = told->out.find('\n', at);
    const auto real = whole_number(told->out.substr(at + 3, end - at - 3));
    EXPECT_NEAR(*ours * 86'400e6, static_cast<double>(real), static_cast<double>(real) * 1e-3 + 1)
        << text;
  }
}

TEST(Cron, LinesAreReadAsCronReadsThem) {
  bool whole = true;
  const auto lines = parse_cron(
      "# x\nPATH=/bin\nMAILTO = root\n\n0 3 * * * root restic backup /home % stdin\n"
      "@daily root a\\%b\n-*/15 * * * * root c\n",
      true, kToday, whole);
  EXPECT_TRUE(whole);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].command, "restic backup /home");
  EXPECT_EQ(lines[0].number, 5U);
  EXPECT_EQ(lines[1].command, "a%b");
  EXPECT_EQ(lines[2].user, "root");
  for (const char* bad : {"0 3 * *", "60 3 * * * root x", "0 3 31 2 x root y", "@never root x",
                          "0 3 * * * root", "hello"}) {
    bool all = true;
    parse_cron(bad, true, kToday, all);
    EXPECT_FALSE(all) << bad;
  }
}

}  // namespace
}  // namespace sekisho
