// SPDX-License-Identifier: Apache-2.0
#include "assess/assess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "guideline/embedded.h"

namespace sekisho {
namespace {

using enum Verdict;

const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}

const Time kNow = *parse_time("2026-11-24T00:00:00Z");
const SubjectId kHost{"host:a"};

Evidence seen(std::string check, Verdict verdict, std::chrono::hours age = std::chrono::hours(1),
              SubjectId subject = kHost) {
  return {std::move(subject),
          std::move(check),
          {verdict, {"事実", "fact"}, Compared{.place = "/etc/test"}},
          kNow - age,
          kNow - age + std::chrono::days(1),
          "test"};
}

const Assessed& item(const Assessment& a, std::string_view id) {
  return *std::ranges::find_if(a.handbook,
                               [&](const Assessed& x) { return x.requirement->id == id; });
}

TEST(Fold, IsNotMetWithoutAPassAndNeverMetWithAnUnknown) {
  EXPECT_EQ(fold({pass, pass}), Status::met);
  EXPECT_EQ(fold({pass, not_applicable}), Status::met);
  EXPECT_EQ(fold({pass, fail}), Status::partly_met);
  EXPECT_EQ(fold({fail, unknown}), Status::not_met);
  EXPECT_EQ(fold({pass, unknown}), Status::unknown);
  EXPECT_EQ(fold({not_applicable}), Status::not_applicable);
  EXPECT_EQ(fold({not_applicable, unknown}), Status::unknown);
  EXPECT_EQ(fold({}), Status::unknown);
}

TEST(Assess, TheNewestValidEvidenceCounts) {
  const auto a = assess(guideline(),
                        {seen("time-sync", fail, std::chrono::hours(5)),
                         seen("time-sync", pass, std::chrono::hours(2))},
                        {kHost, {}, {}, kNow});
  EXPECT_EQ(item(a, "7-2").status, Status::met);
  const auto reversed = assess(guideline(),
                               {seen("time-sync", pass, std::chrono::hours(2)),
                                seen("time-sync", fail, std::chrono::hours(5))},
                               {kHost, {}, {}, kNow});
  EXPECT_EQ(item(reversed, "7-2").status, Status::met);
}

TEST(Assess, OfTwoSeenAtOneTimeTheOneWrittenLaterCounts) {
  for (const auto& [first, second] : {std::pair(pass, fail), {fail, pass}}) {
    const auto a = assess(guideline(), {seen("time-sync", first), seen("time-sync", second)},
                          {kHost, {}, {}, kNow});
    EXPECT_EQ(a.check("time-sync")->verdict(), second);
  }
}

// Written by an older version, by another program, or by hand.
TEST(Assess, AnAnswerCountsNoLongerThanItsQuestionSays) {
  for (const CheckSpec& spec : guideline().checks) {
    if (!spec.asked) continue;
    Evidence answer = seen(spec.id, pass, std::chrono::hours(0), kOrganisation);
    answer.valid_until = *parse_time("9999-12-31T00:00:00Z");
    const auto at = [&](Time when) {
      return assess(guideline(), {answer}, {kOrganisation, {}, {}, when}).check(spec.id)->verdict();
    };
    EXPECT_EQ(at(kNow + spec.valid_for - std::chrono::seconds(1)), pass) << spec.id;
    EXPECT_EQ(at(kNow + spec.valid_for), unknown) << spec.id;
  }
}

// What pages and papers show as its end is the end that counts.
TEST(Assess, EvidenceShowsTheEndUntilWhichItCounts) {
  for (const CheckSpec& spec : guideline().checks) {
    if (!spec.asked) continue;
    Evidence answer = seen(spec.id, pass, std::chrono::hours(0), kOrganisation);
    answer.valid_until = *parse_time("9999-12-31T00:00:00Z");
    const auto a = assess(guideline(), {answer}, {kOrganisation, {}, {}, kNow});
    ASSERT_TRUE(a.check(spec.id)->evidence) << spec.id;
    EXPECT_EQ(a.check(spec.id)->evidence->valid_until, kNow + spec.valid_for) << spec.id;
  }
}

TEST(Assess, TheNewestDecidesEvenWhenItHasRunOut) {
  Evidence lasting = seen("time-sync", pass, std::chrono::hours(5));
  Evidence brief = seen("time-sync", fail, std::chrono::hours(2));
  brief.valid_until = kNow;
  for (const auto& list : {std::vector{lasting, brief}, {brief, lasting}}) {
    const auto a = assess(guideline(), list, {kHost, {}, {}, kNow});
    EXPECT_EQ(a.check("time-sync")->verdict(), unknown) << "the pass is older than what ran out";
    EXPECT_TRUE(a.check("time-sync")->expired);
  }
  brief.valid_until += std::chrono::seconds(1);
  EXPECT_EQ(
      assess(guideline(), {brief, lasting}, {kHost, {}, {}, kNow}).check("time-sync")->verdict(),
      fail);
}

TEST(Assess, WhatLiesAheadSaysNothingYet) {
  const auto a = assess(guideline(),
                        {seen("time-sync", pass, std::chrono::hours(1)),
                         seen("time-sync", fail, std::chrono::hours(-1))},
                        {kHost, {}, {}, kNow});
  EXPECT_EQ(a.check("time-sync")->verdict(), pass);
  EXPECT_FALSE(
      assess(guideline(), {seen("time-sync", pass, std::chrono::hours(-1))}, {kHost, {}, {}, kNow})
          .check("time-sync")
          ->expired);
}

/// The best of all that an action serves, found here one by one.
TEST(Assess, AnActionIsAsUrgentAsTheBestThatItServes) {
  std::vector<Evidence> evidence;
  for (const CheckSpec& check : guideline().checks) evidence.push_back(seen(check.id, fail));
  const auto a = assess(guideline(), evidence, {kHost, {}, {}, kNow});
  std::set<Degree> importances;
  std::set<Degree> difficulties;
  for (const Action& action : a.to_fix) {
    std::set<Priority> priority;
    std::set<Degree> importance;
    std::set<Degree> difficulty;
    for (const auto* list : {&a.handbook, &a.measures})
      for (const Assessed& assessed : *list)
        for (const CheckState* check : assessed.checks)
          if (assessed.applicability.applies && check == action.check) {
            priority.insert(assessed.requirement->priority());
            importance.insert(assessed.requirement->importance);
            difficulty.insert(assessed.requirement->difficulty);
          }
    EXPECT_EQ(action.priority, *priority.begin());
    EXPECT_EQ(action.importance, *importance.rbegin());
    EXPECT_EQ(action.difficulty, *difficulty.begin());
    importances.insert(action.importance);
    difficulties.insert(action.difficulty);
  }
  EXPECT_GT(importances.size(), 1U) << "or else this shows nothing";
  EXPECT_GT(difficulties.size(), 1U);
}

/// Of every measure that rests on one question: half an answer is neither met nor not met, and
/// something is left to do.
TEST(Assess, WhatIsAnsweredPartlyIsPartlyMet) {
  int tried = 0;
  for (const Measure& measure : guideline().measures) {
    if (measure.checks.size() != 1 || !guideline().check(measure.checks[0])->asked) continue;
    const auto status = [&](const char* said) {
      Evidence answer = seen(measure.checks[0], fail, std::chrono::hours(1), kOrganisation);
      answer.judgement = {
          fail,
          {"一部", "partly"},
          Compared{
              .source = Compared::Source::person, .place = R"(","seen":"partly")", .seen = said}};
      answer.source = "person:hana";
      const Assessment a = assess(guideline(), {answer}, {kHost, {}, {}, kNow});
      EXPECT_TRUE(std::ranges::any_of(
          a.to_fix, [&](const Action& one) { return one.spec().id == measure.checks[0]; }));
      return std::ranges::find_if(a.measures,
                                  [&](const Assessed& one) { return one.requirement == &measure; })
          ->status;
    };
    EXPECT_EQ(status("partly"), Status::partly_met) << measure.id;
    EXPECT_EQ(status("no"), Status::not_met) << measure.id;
    ++tried;
  }
  EXPECT_GT(tried, 10);
}

TEST(Assess, ExpiredFutureAndOthersEvidenceDoNotCount) {
  const auto old =
      assess(guideline(), {seen("time-sync", pass, std::chrono::hours(25))}, {kHost, {}, {}, kNow});
  EXPECT_EQ(item(old, "7-2").status, Status::unknown);
  EXPECT_TRUE(old.check("time-sync")->expired);
  EXPECT_EQ(item(assess(guideline(), {seen("time-sync", pass, std::chrono::hours(-1))},
                        {kHost, {}, {}, kNow}),
                 "7-2")
                .status,
            Status::unknown);
  EXPECT_EQ(item(assess(guideline(), {seen("time-sync", pass, std::chrono::hours(1), {"host:b"})},
                        {kHost, {}, {}, kNow}),
                 "7-2")
                .status,
            Status::unknown);
  EXPECT_EQ(
      item(assess(guideline(), {seen("time-sync", pass, std::chrono::hours(1), kOrganisation)},
                  {kHost, {}, {}, kNow}),
           "7-2")
          .status,
      Status::met);
}

TEST(Assess, OrdersActionsByPriorityImportanceAndEase) {
  std::vector<Evidence> evidence;
  for (const CheckSpec& check : guideline().checks) evidence.push_back(seen(check.id, fail));
  const auto a = assess(guideline(), evidence, {kHost, {}, {}, kNow});
  ASSERT_EQ(a.to_fix.size(), guideline().checks.size());
  EXPECT_TRUE(a.to_find_out.empty());
  for (std::size_t i = 1; i < a.to_fix.size(); ++i) {
    const Action& before = a.to_fix[i - 1];
    const Action& after = a.to_fix[i];
    EXPECT_LE(std::tuple(before.priority, -static_cast<int>(before.importance), before.difficulty),
              std::tuple(after.priority, -static_cast<int>(after.importance), after.difficulty));
  }
  EXPECT_EQ(a.to_fix.front().priority, Priority::must);
  EXPECT_TRUE(a.must_failing());
}

TEST(Assess, WhatDoesNotApplyAsksForNothing) {
  const auto method = guideline().method("standalone");
  const auto a = assess(guideline(), {seen("ask-SK-admin-J2", fail), seen("persistent-log", fail)},
                        {kHost, {method}, {}, kNow});
  EXPECT_EQ(item(a, "7-3").status, Status::not_applicable);
  for (const Action& action : a.to_fix) EXPECT_NE(action.check->spec->id, "ask-SK-admin-J2");
  for (const Action& action : a.to_find_out)
    for (const Requirement* requirement : action.serves) EXPECT_NE(requirement->id, "7-3");
}

TEST(Assess, WhatIsUnknownIsToBeFoundOutAndWhatFailsIsToBeMended) {
  const auto names = [](const std::vector<Action>& actions) {
    std::set<std::string> ids;
    for (const Action& action : actions) ids.insert(action.spec().id);
    return ids;
  };
  const auto a =
      assess(guideline(), {seen("time-sync", pass), seen("firewall", fail)}, {kHost, {}, {}, kNow});
  EXPECT_TRUE(names(a.to_fix).contains("firewall"));
  const auto open = names(a.to_find_out);
  EXPECT_TRUE(open.contains("disk-encryption"));
  EXPECT_FALSE(open.contains("time-sync") || open.contains("firewall"));
}

TEST(Assess, OnlyFailingMustItemsFail) {
  EXPECT_FALSE(assess(guideline(), {}, {kHost, {}, {}, kNow}).must_failing())
      << "unknown is not a failure";
  EXPECT_FALSE(assess(guideline(), {seen("time-sync", fail)}, {kHost, {}, {}, kNow}).must_failing())
      << "7-2 is only ○";
  EXPECT_TRUE(
      assess(guideline(), {seen("os-support", fail)}, {kHost, {}, {}, kNow}).must_failing());
}

TEST(Assess, UnknownIsNeverCountedAsMet) {
  std::vector<Evidence> evidence;
  for (const CheckSpec& check : guideline().checks) evidence.push_back(seen(check.id, unknown));
  const auto a = assess(guideline(), evidence, {kHost, {}, {}, kNow});
  for (const Assessed& assessed : a.measures)
    EXPECT_NE(assessed.status, Status::met) << assessed.requirement->id;
}

}  // namespace
}  // namespace sekisho
