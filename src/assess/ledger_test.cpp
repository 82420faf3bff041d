// SPDX-License-Identifier: Apache-2.0
#include "assess/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include <fmt/format.h>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

using enum Verdict;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// All checks, and enough of what they serve: days are compared one by one.
const Guideline& small_guideline() {
  static const Guideline loaded = [] {
    Guideline whole = *load_guideline(embedded_guideline());
    whole.handbook.resize(6);
    whole.measures.resize(6);
    return whole;
  }();
  return loaded;
}

const Time kStart = *parse_time("2026-11-01T03:00:00Z");
const SubjectId kA{"host:a"};
const SubjectId kB{"host:b"};

std::string machine_check() {
  for (const CheckSpec& check : small_guideline().checks)
    if (!check.asked) return check.id;
  return {};
}

Sighting seen(std::int64_t id, Time at, Verdict verdict, hours holds = hours(48)) {
  return {id, at, at, at + holds, verdict};
}

Verdict shown(const Standing& standing, const SubjectId& subject) {
  const auto list = standing.fleet().standings(subject);
  return list.empty()
             ? unknown
             : list[place_of(small_guideline(), *small_guideline().check(machine_check()))].verdict;
}

TEST(Ledger, WhatLiesAheadIsKeptUntilItsTimeComes) {
  Ledger ledger(small_guideline());
  ledger.take(kA, machine_check(), seen(1, kStart, pass));
  ledger.take(kA, machine_check(), seen(2, kStart + seconds(1), fail));
  ledger.take(kB, machine_check(), seen(3, kStart + hours(1), pass));
  const auto now = ledger.settle(kStart);
  EXPECT_EQ(shown(*now, kA), pass);
  EXPECT_EQ(now->fleet().machines(), 1U) << "nothing was seen of b";
  EXPECT_TRUE(now->fleet().standings(kB).empty());
  EXPECT_TRUE(now->holds(kStart));
  EXPECT_FALSE(now->holds(kStart + seconds(1)));
  EXPECT_EQ(shown(*ledger.settle(kStart + seconds(1)), kA), fail);
  EXPECT_EQ(shown(*now, kA), pass) << "who reads the one before is not disturbed";
  EXPECT_EQ(ledger.settle(kStart + hours(1))->fleet().machines(), 2U);
}

TEST(Ledger, WhatWasSeenLastDecidesWheneverItArrives) {
  Ledger ledger(small_guideline());
  ledger.take(kA, machine_check(), seen(1, kStart + hours(48), pass, hours(24 * 30)));
  ledger.take(kA, machine_check(), seen(2, kStart, fail, hours(24 * 30)));
  const auto late = ledger.settle(kStart + hours(50));
  EXPECT_EQ(shown(*late, kA), pass);
  EXPECT_EQ(late->days().size(), 3U);
  EXPECT_EQ(
      late->fleet()
          .standings(kA)[place_of(small_guideline(), *small_guideline().check(machine_check()))]
          .id,
      1);
  ledger.take(kA, machine_check(), seen(3, kStart + hours(48), fail, hours(24 * 30)));
  EXPECT_EQ(shown(*ledger.settle(kStart + hours(50)), kA), fail)
      << "of two at one time the one written later";
}

TEST(Ledger, TheNewestDecidesEvenWhenItHasRunOut) {
  Ledger ledger(small_guideline());
  ledger.take(kA, machine_check(), seen(1, kStart, pass, hours(24 * 300)));
  ledger.take(kA, machine_check(), seen(2, kStart + hours(1), fail, hours(1)));
  EXPECT_EQ(shown(*ledger.settle(kStart + hours(2) - seconds(1)), kA), fail);
  EXPECT_EQ(shown(*ledger.settle(kStart + hours(2)), kA), unknown);
}

TEST(Ledger, ARetiredMachineCountsUntilItWas) {
  Ledger ledger(small_guideline());
  ledger.take(kA, machine_check(), seen(1, kStart, fail, hours(1000)));
  ledger.take(kB, machine_check(), seen(2, kStart, pass, hours(30)));
  ledger.retire({{kA.value, kStart + hours(26)}});
  const auto before = ledger.settle(kStart + hours(25));
  EXPECT_EQ(before->fleet().machines(), 2U);
  EXPECT_EQ(before->fleet().machines_with(0, unknown, 9).size() +
                before->fleet().machines_with(0, pass, 9).size() +
                before->fleet().machines_with(0, fail, 9).size(),
            2U);
  const auto after = ledger.settle(kStart + hours(50));
  EXPECT_EQ(after->fleet().machines(), 1U);
  EXPECT_EQ(after->fleet().tally(machine_check()).of(fail), 0U);
  EXPECT_EQ(after->fleet().tally(machine_check()).of(unknown), 1U) << "what b said has run out";
  EXPECT_THAT(after->fleet().machines_with(
                  place_of(small_guideline(), *small_guideline().check(machine_check())), fail, 9),
              testing::IsEmpty());
  ASSERT_EQ(after->days().size(), 3U);
  EXPECT_EQ(after->days()[0].machines, 2U);
  EXPECT_EQ(after->days()[1].machines, 1U) << "retired on that day";
  // It runs out while it is retired, and comes back.
  EXPECT_EQ(ledger.settle(kStart + hours(1001))->fleet().tally(machine_check()).of(unknown), 1U);
  ledger.retire({});
  const auto again = ledger.settle(kStart + hours(1001));
  EXPECT_EQ(again->fleet().tally(machine_check()).of(unknown), 2U);
  EXPECT_EQ(again->days()[1].machines, 2U);
}

TEST(Ledger, DaysAreTheOrganisationsAndNeverDouble) {
  Ledger ledger(small_guideline());
  const Time midnight = *parse_time("2026-11-26T15:00:00Z");  // of the 27th in Japan
  ledger.take(kA, machine_check(), seen(1, midnight - hours(20), pass));
  for (const int at : {-2, 0, -1, 1, -3600, 2}) ledger.settle(midnight + seconds(at));
  const auto standing = ledger.settle(midnight + seconds(3));
  ASSERT_EQ(standing->days().size(), 2U);
  EXPECT_EQ(format_day(standing->days()[0].day), "2026-11-26");
  EXPECT_EQ(format_day(standing->days().back().day), "2026-11-27");
  ledger.set_calendar(Calendar::utc());
  EXPECT_EQ(format_day(ledger.settle(midnight + seconds(3))->days().back().day), "2026-11-26");
}

TEST(Ledger, OfChecksThatAreNotKnownHereNothingIsTaken) {
  Ledger ledger(small_guideline());
  ledger.take(kA, "no-such-check", seen(1, kStart, pass));
  ledger.take(kOrganisation, machine_check(), seen(2, kStart, pass));
  const auto standing = ledger.settle(kStart);
  EXPECT_EQ(standing->fleet().machines(), 0U);
  EXPECT_EQ(standing->fleet().tally(machine_check()).of(pass), 0U);
}

/// The slow way: everything anew from a list, by nothing but the words of the rules.
struct Slow {
  struct Row {
    std::string subject;
    std::size_t check = 0;
    Sighting seen;
  };
  std::vector<Row> rows;
  std::map<std::string, Time, std::less<>> retired;

  /// What a subject shows of a check at a moment.
  std::pair<Verdict, std::int64_t> at(const std::string& subject, std::size_t check,
                                      Time now) const {
    std::optional<std::tuple<Time, std::int64_t, Sighting>> last;
    for (const Row& row : rows) {
      if (row.subject != subject || row.check != check || row.seen.first_at > now) continue;
      const Time seen = row.seen.observed_at < now ? row.seen.observed_at : now;
      if (!last || std::tie(seen, row.seen.id) > std::tie(std::get<0>(*last), std::get<1>(*last)))
        last = {seen, row.seen.id, row.seen};
    }
    if (!last) return {unknown, 0};
    const Sighting& one = std::get<2>(*last);
    return {one.valid_until > now ? one.verdict : unknown, one.id};
  }
  std::vector<std::string> subjects(Time now) const {
    std::set<std::string> names;
    for (const Row& row : rows)
      if (row.seen.first_at <= now && row.subject != kOrganisation.value) names.insert(row.subject);
    std::vector<std::string> list;
    for (const std::string& name : names) {
      const auto gone = retired.find(name);
      if (gone == retired.end() || gone->second > now) list.push_back(name);
    }
    return list;
  }
  Tallies tallies(Time now) const {
    const auto places = std::make_shared<const CheckPlaces>(small_guideline());
    Tallies all(places);
    const auto add = [&](const std::string& subject, bool machine) {
      std::vector<FleetSubject::Check> checks;
      for (const std::uint32_t place : places->of(machine)) {
        const auto [verdict, id] = at(subject, place, now);
        checks.push_back({id, {}, verdict});
      }
      all.count(machine, checks, true);
    };
    for (const std::string& subject : subjects(now)) add(subject, true);
    add(kOrganisation.value, false);
    return all;
  }
  /// Machines that count and of which no row is there yet.
  std::uint32_t unseen(std::size_t check, Time now) const {
    if (small_guideline().checks[check].asked) return 0;
    return static_cast<std::uint32_t>(
        std::ranges::count_if(subjects(now), [&](const std::string& subject) {
          return std::ranges::none_of(rows, [&](const Row& row) {
            return row.subject == subject && row.check == check && row.seen.first_at <= now;
          });
        }));
  }
  std::vector<DayStanding> days(Time now) const {
    const Calendar japan;
    const Day today = japan.day(now);
    Day day = today;
    for (const Row& row : rows)
      if (row.seen.first_at <= now) day = std::min(day, japan.day(row.seen.first_at));
    std::vector<DayStanding> list;
    for (day = std::max(day, today - std::chrono::days(400)); day < today;
         day += std::chrono::days(1))
      list.push_back(standing_on(small_guideline(), tallies(japan.end(day) - seconds(1)), day));
    list.push_back(standing_on(small_guideline(), tallies(now), today));
    return list;
  }
};

bool same(const std::vector<Share>& a, const std::vector<Share>& b) {
  return std::ranges::equal(a, b, [](const Share& x, const Share& y) {
    return x.met == y.met && x.failing == y.failing && x.unknown == y.unknown;
  });
}

void expect_same(const Standing& standing, const Slow& slow, Time now) {
  const Tallies expected = slow.tallies(now);
  ASSERT_EQ(standing.fleet().machines(), expected.machines());
  for (std::size_t c = 0; c < small_guideline().checks.size(); ++c)
    ASSERT_EQ(standing.fleet().tally(c).counts, expected.tally(c).counts)
        << small_guideline().checks[c].id;
  for (std::size_t c = 0; c < small_guideline().checks.size(); ++c)
    ASSERT_EQ(standing.fleet().tally(c).unseen, slow.unseen(c, now))
        << small_guideline().checks[c].id;
  for (const std::string& subject : slow.subjects(now)) {
    const auto list = standing.fleet().standings({subject});
    for (std::size_t c = 0; c < list.size(); ++c) {
      if (small_guideline().checks[c].asked) continue;
      ASSERT_EQ(std::pair(list[c].verdict, list[c].id), slow.at(subject, c, now));
    }
  }
  const auto expected_days = slow.days(now);
  ASSERT_EQ(standing.days().size(), expected_days.size());
  for (std::size_t i = 0; i < expected_days.size(); ++i) {
    const DayStanding& shown = standing.days()[i];
    ASSERT_EQ(format_day(shown.day), format_day(expected_days[i].day));
    ASSERT_EQ(shown.machines, expected_days[i].machines) << format_day(shown.day);
    ASSERT_TRUE(same(shown.handbook, expected_days[i].handbook)) << format_day(shown.day);
    ASSERT_TRUE(same(shown.measures, expected_days[i].measures)) << format_day(shown.day);
    ASSERT_EQ(shown.handbook_status, expected_days[i].handbook_status) << format_day(shown.day);
    ASSERT_EQ(shown.measures_status, expected_days[i].measures_status) << format_day(shown.day);
  }
}

class LedgerLives : public testing::TestWithParam<unsigned> {
 protected:
  std::mt19937 random_{GetParam()};
  std::optional<Ledger> ledger_{std::in_place, small_guideline()};
  Slow slow_;
  Time now_ = kStart;
  std::int64_t id_ = 0;
  std::vector<std::size_t> checks_ = few();

  /// A few checks, so that evidence meets evidence.
  static std::vector<std::size_t> few() {
    std::vector<std::size_t> list;
    for (const HandbookItem& item : small_guideline().handbook)
      for (const std::string& id : item.checks)
        if (list.size() < 5)
          list.push_back(place_of(small_guideline(), *small_guideline().check(id)));
    return list;
  }
  int below(int n) { return std::uniform_int_distribution<>(0, n - 1)(random_); }
  void take(const Slow::Row& row) {
    ledger_->take({row.subject}, small_guideline().checks[row.check].id, row.seen);
  }

  void write() {
    const std::size_t check = checks_[static_cast<std::size_t>(below(5))];
    const std::string subject = small_guideline().checks[check].asked
                                    ? kOrganisation.value
                                    : fmt::format("host:{}", below(3));
    // Now and then late by days, or of a clock that is ahead.
    const int how = below(10);
    const Time at = how == 0   ? now_ - hours(below(24 * 40))
                    : how == 1 ? now_ + seconds(below(3))
                    : how == 2 ? now_ + hours(below(60))
                               : now_ - seconds(below(100));
    const Time last = below(3) == 0 ? at + hours(below(100)) : at;
    slow_.rows.push_back(
        {subject,
         check,
         {++id_, at, last, last + hours(1 + below(90)), static_cast<Verdict>(below(4))}});
    take(slow_.rows.back());
  }
  void move_on() {
    if (slow_.rows.empty()) return;
    Slow::Row& row =
        slow_.rows[static_cast<std::size_t>(below(static_cast<int>(slow_.rows.size())))];
    row.seen.observed_at += minutes(below(60 * 30));
    row.seen.valid_until = std::max(row.seen.valid_until, row.seen.observed_at + hours(below(50)));
    take(row);
  }
  void retire() {
    const std::string name = fmt::format("host:{}", below(3));
    if (slow_.retired.erase(name) == 0) slow_.retired[name] = now_ - hours(below(30));
    ledger_->retire(slow_.retired);
  }
  void restart() {
    ledger_.emplace(small_guideline());
    auto rows = slow_.rows;
    std::ranges::shuffle(rows, random_);
    for (const Slow::Row& row : rows) take(row);
    ledger_->retire(slow_.retired);
  }
  Time clock() {
    switch (below(12)) {
      case 0: return now_ + days(below(500));   // ahead for a moment
      case 1: return now_ - hours(below(200));  // behind for a moment
      case 2: return now_ += hours(below(50));
      case 3: return now_ += days(below(12));
      default: return now_ += seconds(below(2000));
    }
  }
};

TEST_P(LedgerLives, AsEverythingAnewFromTheStart) {
  for (int step = 0; step < 150; ++step) {
    SCOPED_TRACE(step);
    const int what = below(20);
    if (what < 8)
      write();
    else if (what < 11)
      move_on();
    else if (what == 11)
      retire();
    else if (what == 12)
      restart();
    else {
      const Time at = clock();
      const auto standing = ledger_->settle(at);
      ASSERT_NO_FATAL_FAILURE(expect_same(*standing, slow_, at));
      // It is what it says it is for as long as it says so.
      const Time later = at + seconds(below(90000));
      if (!standing->holds(later)) continue;
      ASSERT_NO_FATAL_FAILURE(expect_same(*standing, slow_, later));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(, LedgerLives, testing::Range(1U, 6U));

}  // namespace
}  // namespace sekisho
