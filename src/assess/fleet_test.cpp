// SPDX-License-Identifier: Apache-2.0
#include "assess/fleet.h"

#include <gtest/gtest.h>

#include "assess/ledger.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Guideline& whole_guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}
const Time kOneDay = *parse_time("2026-11-01T03:00:00Z");

/// A fleet of which these were seen now, each for a week.
struct Saw {
  std::string subject;
  std::string check;
  Verdict verdict;
  bool partly = false;
};
Fleet fleet(const std::vector<Saw>& all) {
  Ledger ledger(whole_guideline());
  std::int64_t id = 0;
  for (const Saw& one : all)
    ledger.take({one.subject}, one.check,
                {++id, kOneDay, kOneDay, kOneDay + std::chrono::weeks(1), one.verdict, one.partly});
  return ledger.settle(kOneDay)->fleet();
}
std::string machine_check_id() {
  for (const CheckSpec& check : whole_guideline().checks)
    if (!check.asked) return check.id;
  return {};
}

TEST(Fleet, CountsEachMachineAndWhatNobodyLookedAtIsUnknown) {
  const std::string check = machine_check_id();
  EXPECT_EQ(fleet({}).tally(check).verdict(), Verdict::unknown) << "no machine is no proof";
  const Fleet two =
      fleet({{"host:a", check, Verdict::pass}, {"host:b", "firewall", Verdict::pass}});
  EXPECT_EQ(two.machines(), 2U);
  EXPECT_EQ(two.tally(check).of(Verdict::unknown), 1U);
  EXPECT_EQ(two.tally(check).verdict(), Verdict::unknown);
  EXPECT_EQ(fleet({{"host:a", check, Verdict::pass}}).tally(check).verdict(), Verdict::pass);
  const Fleet worse = fleet({{"host:a", check, Verdict::pass}, {"host:b", check, Verdict::fail}});
  EXPECT_EQ(worse.tally(check).verdict(), Verdict::fail);
  const std::size_t place = place_of(whole_guideline(), *whole_guideline().check(check));
  ASSERT_EQ(worse.machines_with(place, Verdict::fail, 9).size(), 1U);
  EXPECT_EQ(worse.machines_with(place, Verdict::fail, 9).front().value, "host:b");
  EXPECT_TRUE(worse.machines_with(place, Verdict::fail, 0).empty());
  EXPECT_TRUE(worse.standings({"host:c"}).empty());
}

TEST(Fleet, NamesThoseThatHaveAVerdictUpToTheMostAndNoneThatIsRetired) {
  const std::string check = machine_check_id();
  const auto asked = std::ranges::find_if(whole_guideline().checks, &CheckSpec::asked);
  ASSERT_NE(asked, whole_guideline().checks.end());
  Ledger ledger(whole_guideline());
  std::int64_t id = 0;
  const auto take = [&](const std::string& subject, const std::string& of, Verdict verdict) {
    ledger.take({subject}, of,
                {++id, kOneDay, kOneDay, kOneDay + std::chrono::weeks(1), verdict, false});
  };
  for (const char* name : {"host:a", "host:b", "host:c", "host:d"})
    take(name, check, Verdict::fail);
  take("host:e", check, Verdict::pass);
  take(kOrganisation.value, asked->id, Verdict::fail);
  ledger.retire({{"host:b", kOneDay - std::chrono::hours(1)}});
  const Fleet all = ledger.settle(kOneDay)->fleet();
  const auto names = [&](const CheckSpec& spec, Verdict verdict, std::size_t most) {
    std::string out;
    for (const SubjectId& one : all.machines_with(place_of(whole_guideline(), spec), verdict, most))
      out += one.value + " ";
    return out;
  };
  const CheckSpec& of_machines = *whole_guideline().check(check);
  EXPECT_EQ(names(of_machines, Verdict::fail, 9), "host:a host:c host:d ");
  EXPECT_EQ(names(of_machines, Verdict::fail, 3), "host:a host:c host:d ");
  EXPECT_EQ(names(of_machines, Verdict::fail, 2), "host:a host:c ");
  EXPECT_EQ(names(of_machines, Verdict::fail, 0), "");
  EXPECT_EQ(names(of_machines, Verdict::pass, 9), "host:e ");
  EXPECT_EQ(names(*asked, Verdict::fail, 9), "organisation ") << "whom it was asked of";
}

TEST(Fleet, OneThatIsGoodAndOneThatItDoesNotConcernAreMet) {
  const HandbookItem& item = *whole_guideline().handbook_item("7-2");
  std::vector<Saw> all;
  for (const std::string& check : item.checks) {
    all.push_back({"host:a", check, Verdict::pass});
    all.push_back({"host:b", check, Verdict::not_applicable});
  }
  EXPECT_EQ(fold(fleet(all), item), Status::met);
  EXPECT_EQ(share(fleet(all), item).met, 1);
}

TEST(Fleet, WhatAMachineAddsUpToIsWhatItsChecksSay) {
  const auto& checks = whole_guideline().checks;
  std::vector<Saw> seen;
  std::size_t i = 0;
  for (const CheckSpec& check : checks)
    if (!check.asked && i++ % 2 == 0)
      seen.push_back({"host:a", check.id, static_cast<Verdict>(i / 2 % 4)});
  const Fleet of = fleet(seen);
  for (const char* name : {"host:a", "host:never-seen"}) {
    const SubjectId machine{name};
    Tally tally;
    std::vector<const CheckSpec*> failing;
    std::optional<Time> until;
    for (const auto& [spec, now] : of.machine_checks(machine)) {
      ++tally.of(now.verdict);
      if (now.verdict == Verdict::fail) failing.push_back(spec);
      if (now.id != 0) until = std::max(until, std::optional(now.valid_until));
      EXPECT_EQ(of.machine_verdict(machine, place_of(whole_guideline(), *spec)), now.verdict);
    }
    const Fleet::MachineSum sum = of.machine_sum(machine);
    EXPECT_EQ(sum.tally.counts, tally.counts) << name;
    EXPECT_EQ(sum.valid_until, until) << name;
    EXPECT_EQ(sum.seen, until.has_value()) << name;
    EXPECT_EQ(of.machine_fails(machine), failing) << name;
  }
  EXPECT_GT(of.machine_sum({"host:a"}).tally.of(Verdict::fail), 2U);
  EXPECT_GT(of.machine_sum({"host:never-seen"}).tally.of(Verdict::unknown), 2U);
}

const CloudChecks& read_clouds() {
  static const CloudChecks loaded = *load_cloud_checks(embedded_guideline());
  return loaded;
}
Fleet with_clouds(const std::vector<Saw>& all) {
  Ledger ledger(whole_guideline(), read_clouds());
  std::int64_t id = 0;
  for (const Saw& one : all)
    ledger.take({one.subject}, one.check,
                {++id, kOneDay, kOneDay, kOneDay + std::chrono::weeks(1), one.verdict, one.partly});
  return ledger.settle(kOneDay)->fleet();
}
const Measure& public_links() { return *whole_guideline().measure("SK-admin-I3"); }

TEST(Fleet, ChecksOfCloudsPunishNobodyWhoUsesNone) {
  const std::vector<Saw> seen{{"organisation", "ask-SK-admin-I3", Verdict::pass}};
  EXPECT_EQ(fold(with_clouds(seen), public_links()), fold(fleet(seen), public_links()));
  EXPECT_EQ(fold(with_clouds(seen), public_links()), Status::met);
  for (const Measure& measure : whole_guideline().measures) {
    EXPECT_EQ(fold(with_clouds({}), measure), fold(fleet({}), measure)) << measure.id;
    EXPECT_EQ(share(with_clouds({}), measure).unknown, share(fleet({}), measure).unknown);
  }
  const auto to_find = [](const Fleet& of) {
    return actions(whole_guideline(), of, Verdict::unknown, {}, {}).size();
  };
  EXPECT_EQ(to_find(with_clouds({})), to_find(fleet({})));
}

TEST(Fleet, ChecksOfCloudsCountOnceTheyWereSeenAndAreOnlyTheOrganisations) {
  const Saw yes{"organisation", "ask-SK-admin-I3", Verdict::pass};
  const auto status = [&](const Saw& of_cloud) {
    return fold(with_clouds({yes, of_cloud}), public_links());
  };
  EXPECT_EQ(status({"organisation", "cloud-public-links", Verdict::fail}), Status::partly_met);
  EXPECT_EQ(status({"organisation", "cloud-public-links", Verdict::unknown}), Status::unknown);
  EXPECT_EQ(status({"organisation", "cloud-public-links", Verdict::pass}), Status::met);
  EXPECT_EQ(status({"host:a", "cloud-public-links", Verdict::fail}), Status::met)
      << "a device says nothing of a cloud";
  const auto list = actions(
      whole_guideline(), with_clouds({yes, {"organisation", "cloud-public-links", Verdict::fail}}),
      Verdict::fail, {}, {});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list.front().spec().id, "cloud-public-links");
  EXPECT_FALSE(list.front().serves.empty());
}

TEST(Fleet, WithoutAMachineNothingIsMet) {
  const Fleet none = fleet({});
  for (const HandbookItem& item : whole_guideline().handbook) {
    const Share part = share(none, item);
    EXPECT_EQ(part.met, 0) << item.id;
    EXPECT_EQ(part.unknown, 1) << item.id;
    EXPECT_EQ(fold(none, item), Status::unknown) << item.id;
  }
}

TEST(Fleet, WhatConcernsNoMachineIsLeftOutOfTheShare) {
  HandbookItem item = *whole_guideline().handbook_item("5-2");
  std::erase_if(item.checks,
                [](const std::string& id) { return whole_guideline().check(id)->asked; });
  ASSERT_GE(item.checks.size(), 1U);
  std::vector<Saw> all;
  for (const std::string& check : item.checks)
    all.push_back({"host:a", check, Verdict::not_applicable});
  const Share nothing = share(fleet(all), item);
  EXPECT_EQ(nothing.met + nothing.failing + nothing.unknown, 0);
  EXPECT_EQ(fold(fleet(all), item), Status::not_applicable);
}

TEST(Fleet, SharesAddUpAndAMixIsPartlyMet) {
  const HandbookItem& item = *whole_guideline().handbook_item("5-2");
  std::vector<Saw> all;
  for (const std::string& check : item.checks) {
    if (whole_guideline().check(check)->asked) continue;
    all.push_back({"host:a", check, Verdict::pass});
    all.push_back({"host:b", check, Verdict::fail});
  }
  const Fleet mixed = fleet(all);
  const Share part = share(mixed, item);
  EXPECT_NEAR(part.met + part.failing + part.unknown, 1, 1e-9);
  EXPECT_EQ(fold(mixed, item), Status::partly_met);
  EXPECT_EQ(actions(whole_guideline(), mixed, Verdict::fail, {}, {}).front().priority,
            Priority::must);
}

/// What is half done is neither done nor left undone.
TEST(Fleet, WhatIsAnsweredPartlyCountsAsHalf) {
  const auto one = std::ranges::find_if(whole_guideline().measures, [](const Measure& measure) {
    return measure.checks.size() == 1 && whole_guideline().check(measure.checks[0])->asked;
  });
  ASSERT_NE(one, whole_guideline().measures.end());
  const auto said = [&](Verdict verdict, bool partly) {
    return fleet({{kOrganisation.value, one->checks[0], verdict, partly}});
  };
  const Fleet half = said(Verdict::fail, true);
  EXPECT_EQ(fold(half, *one), Status::partly_met);
  EXPECT_DOUBLE_EQ(share(half, *one).met, 0.5);
  EXPECT_DOUBLE_EQ(share(half, *one).failing, 0.5);
  EXPECT_TRUE(half.tally(one->checks[0]).only_partly());
  EXPECT_EQ(half.tally(one->checks[0]).verdict(), Verdict::fail) << "something is left to do";
  const Fleet no = said(Verdict::fail, false);
  EXPECT_EQ(fold(no, *one), Status::not_met);
  EXPECT_DOUBLE_EQ(share(no, *one).met, 0);
  EXPECT_FALSE(no.tally(one->checks[0]).only_partly());
  EXPECT_EQ(fold(said(Verdict::pass, false), *one), Status::met);
}

/// Who makes a list of what there is is not worse off for it; what was seen once and is seen no
/// more counts against them.
// What papers are made of: some machines good and some not is partly met, which one verdict can't
// say.
TEST(Fleet, AsOneAssessmentAMixIsPartlyMetAndWhatDoesNotApplyStaysSo) {
  const Fleet two =
      fleet({{"host:a", "time-sync", Verdict::pass}, {"host:b", "time-sync", Verdict::fail}});
  const auto status = [](const Assessment& all, std::string_view id) {
    return std::ranges::find_if(all.handbook,
                                [&](const Assessed& one) { return one.requirement->id == id; })
        ->status;
  };
  const Assessment all = assess(whole_guideline(), two, {}, {kOrganisation, {}, {}, kOneDay});
  EXPECT_EQ(status(all, "7-2"), Status::partly_met);
  EXPECT_EQ(all.check("time-sync")->verdict(), Verdict::fail);
  for (const auto* list : {&all.handbook, &all.measures})
    for (const Assessed& one : *list)
      EXPECT_EQ(!one.applicability.applies, one.status == Status::not_applicable)
          << one.requirement->id;
  // And of a day, one of each in the guideline's order.
  const DayStanding day = standing_on(whole_guideline(), two, Calendar().day(kOneDay));
  ASSERT_EQ(day.handbook.size(), whole_guideline().handbook.size());
  ASSERT_EQ(day.measures.size(), whole_guideline().measures.size());
  ASSERT_EQ(day.handbook_status.size(), day.handbook.size());
  for (std::size_t i = 0; i < day.handbook.size(); ++i) {
    const HandbookItem& item = whole_guideline().handbook[i];
    EXPECT_EQ(day.handbook[i].met, share(two, item).met) << item.id;
    EXPECT_EQ(day.handbook[i].failing, share(two, item).failing) << item.id;
    EXPECT_EQ(day.handbook_status.at(i), fold(two, item)) << item.id;
  }
  for (std::size_t i = 0; i < day.measures.size(); ++i) {
    const Measure& measure = whole_guideline().measures[i];
    EXPECT_EQ(day.measures[i].met, share(two, measure).met) << measure.id;
    EXPECT_EQ(day.measures_status.at(i), fold(two, measure)) << measure.id;
  }
  EXPECT_EQ(day.machines, 2U);
}

TEST(Fleet, AMachineOnWhichNobodyLookedLowersNoShare) {
  const HandbookItem& item = *whole_guideline().handbook_item("5-2");
  std::vector<Saw> all;
  for (const std::string& check : item.checks)
    if (!whole_guideline().check(check)->asked) all.push_back({"host:a", check, Verdict::pass});
  const Share before = share(fleet(all), item);
  std::string other;
  for (const CheckSpec& check : whole_guideline().checks)
    if (!check.asked && std::ranges::find(item.checks, check.id) == item.checks.end())
      other = check.id;
  for (const char* listed : {"host:b", "host:c", "host:d"})
    all.push_back({listed, other, Verdict::pass});
  const Fleet more = fleet(all);
  const Share after = share(more, item);
  EXPECT_EQ(std::tuple(after.met, after.failing, after.unknown),
            std::tuple(before.met, before.failing, before.unknown));
  EXPECT_NE(fold(more, item), Status::met) << "it is not shown to hold on them";
  EXPECT_EQ(more.unseen_machines(), 4U);
  // Looked at, and not known: that is no longer nobody's look.
  for (const std::string& check : item.checks)
    if (!whole_guideline().check(check)->asked) all.push_back({"host:b", check, Verdict::unknown});
  EXPECT_LT(share(fleet(all), item).met, before.met);
  // What concerns no machine that was looked at stays out of the mean.
  std::vector<Saw> without;
  for (const std::string& check : item.checks)
    if (!whole_guideline().check(check)->asked)
      without.push_back({"host:a", check, Verdict::not_applicable});
  const Share concerns = share(fleet(without), item);
  without.push_back({"host:b", other, Verdict::pass});
  const Share listed = share(fleet(without), item);
  EXPECT_EQ(std::tuple(listed.met, listed.failing, listed.unknown),
            std::tuple(concerns.met, concerns.failing, concerns.unknown));
  const Share none = share(fleet({{"host:b", other, Verdict::pass}}), item);
  EXPECT_EQ(none.unknown, 1) << "only machines on which nobody looked";
}

/// One machine and a fleet of that one machine have the same to do, in the same order.
TEST(Fleet, OrdersWhatIsToDoAsOneMachineDoes) {
  std::vector<Saw> all;
  std::vector<Evidence> evidence;
  for (const CheckSpec& check : whole_guideline().checks) {
    const SubjectId subject = check.asked ? kOrganisation : SubjectId{"host:a"};
    all.push_back({subject.value, check.id, Verdict::fail});
    evidence.push_back({subject, check.id, Judgement::without_basis(Verdict::fail, {}), kOneDay,
                        kOneDay + std::chrono::days(1), "test"});
  }
  const auto many = actions(whole_guideline(), fleet(all), Verdict::fail, {}, {});
  const auto one = assess(whole_guideline(), evidence, {{"host:a"}, {}, {}, kOneDay});
  ASSERT_EQ(many.size(), one.to_fix.size());
  for (std::size_t i = 0; i < many.size(); ++i) {
    EXPECT_EQ(many[i].check->id, one.to_fix[i].check->spec->id);
    EXPECT_EQ(many[i].serves, one.to_fix[i].serves);
    EXPECT_EQ(many[i].importance, one.to_fix[i].importance);
    EXPECT_EQ(many[i].difficulty, one.to_fix[i].difficulty);
  }
}

}  // namespace
}  // namespace sekisho
