// SPDX-License-Identifier: Apache-2.0
// Evidence folded for decisions, beside `assess` asked at every moment.
#include "access/measure_state.h"

#include <gtest/gtest.h>

#include <random>

#include "access/test_guideline.h"

namespace sekisho {
namespace {

using std::chrono::seconds;

constexpr int kMoments = 24;
const SubjectId kDevice{"host:pc"};

Time moment(int seconds_on) { return Time(seconds(seconds_on)); }

/// That measure first, and one of the device, without which a policy is refused.
Policy asking_for(const std::string& measure) {
  const auto document = parse_yaml(
      "p",
      "policy: {name: n, about: a}\nresources: [{id: r, name: r, kind: server, sensitivity: low, "
      "who: {roles: [auditor]}, device: any, own_devices: true, evidence: 1 day, "
      "second_factor: none, measures: [\"" +
          measure + (measure == "8-3" ? "" : "\", \"8-3") + "\"]}]\n");
  return *read_policy(*document, shipped_guideline());
}

Judgement judged(Verdict verdict) {
  Compared seen;
  seen.place = "/etc/x";
  seen.seen = "1";
  return Judgement(verdict, {"事実", "fact"}, seen);
}

/// Some evidence of a measure's checks, each seen once.
std::vector<Evidence> some_evidence(const Requirement& measure, std::mt19937_64& random) {
  const auto pick = [&](int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random);
  };
  std::vector<Evidence> list;
  for (int i = pick(1, 9); i > 0; --i) {
    const int seen = pick(0, kMoments);
    const auto check =
        static_cast<std::size_t>(pick(0, static_cast<int>(measure.checks.size()) - 1));
    const int verdict = pick(0, 9);
    list.push_back({pick(0, 5) == 0 ? kOrganisation : kDevice, measure.checks[check],
                    judged(verdict < 6   ? Verdict::pass
                           : verdict < 8 ? Verdict::fail
                                         : static_cast<Verdict>(pick(2, 3))),
                    moment(seen), moment(seen + pick(1, 20)), "collector:host"});
  }
  return list;
}

class Asked {
 public:
  Asked(const Requirement& measure, const std::vector<Evidence>& evidence)
      : measure_(measure), evidence_(evidence) {}
  /// What `assess` says of the measure.
  Status status(int seconds_on) const {
    const Assessment all =
        assess(shipped_guideline(), evidence_, {kDevice, {}, {}, moment(seconds_on)});
    for (const auto* list : {&all.measures, &all.handbook})
      for (const Assessed& one : *list)
        if (one.requirement->id == measure_.id) return one.status;
    throw std::runtime_error("no such measure");
  }
  bool met(int seconds_on) const {
    const Status now = status(seconds_on);
    return now == Status::met || now == Status::not_applicable;
  }

 private:
  const Requirement& measure_;
  const std::vector<Evidence>& evidence_;
};

MeasureState folded(const Policy& policy, const std::vector<Evidence>& evidence, int now) {
  AccessEvidence seen(policy, {}, {});
  std::int64_t id = 0;
  for (const Evidence& one : evidence)
    seen.take(one.subject, one.check,
              {++id, one.observed_at, one.observed_at, one.valid_until, one.verdict()});
  return seen.states(kDevice, moment(now)).at(0);
}

TEST(MeasureState, IsMetExactlyWhereAssessSaysSoAndNeverLonger) {
  std::mt19937_64 random(1);
  int met = 0;
  int lapsed = 0;
  for (const char* id : {"SK-worker-K2", "2-1", "8-3"}) {
    const Policy policy = asking_for(id);
    const Requirement& measure = *policy.measures().at(0);
    for (int i = 0; i < 120; ++i) {
      const auto evidence = some_evidence(measure, random);
      const Asked asked(measure, evidence);
      const int now = std::uniform_int_distribution<int>(0, kMoments)(random);
      const MeasureState state = folded(policy, evidence, now);
      const Status status = asked.status(now);
      const bool holds = status == Status::met || status == Status::not_applicable;
      ASSERT_EQ(moment(now) < state.met_until(), holds);
      ASSERT_EQ(state.fails(moment(now)),
                status == Status::not_met || status == Status::partly_met);
      if (!state.ever_met()) continue;
      // It was met right before the moment that is named, and not from then to now.
      const auto end = static_cast<int>(state.met_until().time_since_epoch().count());
      if (end <= now) {
        ++lapsed;
        ASSERT_TRUE(asked.met(end - 1)) << id << " case " << i;
      }
      std::vector<Evidence> known;
      for (const Evidence& one : evidence)
        if (one.observed_at <= moment(now)) known.push_back(one);
      if (holds) {
        ++met;
        ASSERT_TRUE(Asked(measure, known).met(end - 1));
        ASSERT_FALSE(Asked(measure, known).met(end));
      }
    }
  }
  EXPECT_GT(met, 15);
  EXPECT_GT(lapsed, 15);
}

TEST(MeasureState, ChecksThatWereGoodOneAfterTheOtherNeverMadeItMet) {
  const Policy policy = asking_for("SK-worker-K2");
  const auto& checks = policy.measures().at(0)->checks;
  ASSERT_EQ(checks.size(), 2U);
  const std::vector<Evidence> apart{
      {kDevice, checks[0], judged(Verdict::pass), moment(0), moment(5), "collector:host"},
      {kDevice, checks[1], judged(Verdict::pass), moment(6), moment(20), "collector:host"}};
  EXPECT_FALSE(folded(policy, apart, 8).ever_met());
}

TEST(MeasureState, AFailThatIsSeenAnewDoesNotBeginTheGraceAnew) {
  const Policy policy = asking_for("SK-worker-K2");
  const auto& checks = policy.measures().at(0)->checks;
  std::vector<Evidence> evidence;
  for (const std::string& check : checks)
    evidence.push_back(
        {kDevice, check, judged(Verdict::pass), moment(0), moment(100), "collector:host"});
  for (int seen = 10; seen < 60; seen += 10)  // each in other words, and so a row of its own
    evidence.push_back({kDevice, checks[0], judged(Verdict::fail), moment(seen), moment(seen + 50),
                        "collector:host"});
  for (const int now : {10, 25, 59}) {
    EXPECT_EQ(folded(policy, evidence, now).met_until(), moment(10));
    EXPECT_TRUE(folded(policy, evidence, now).fails(moment(now)));
  }
}

TEST(MeasureState, WhatDoesNotApplyIsExcusedAndAnswersHaveNoAge) {
  const Policy encrypted = asking_for("8-3");
  const AccessEvidence none(encrypted, {}, {{"stores_company_data", false}});
  EXPECT_TRUE(none.states(kDevice, moment(0)).at(0).is_excused());
  const AccessEvidence unsaid(encrypted, {}, {});
  EXPECT_FALSE(unsaid.states(kDevice, moment(0)).at(0).is_excused());

  const Policy asked = asking_for("SK-worker-K1");  // people answer
  const std::string& question = asked.measures().at(0)->checks.at(0);
  const MeasureState answered = folded(
      asked, {{kOrganisation, question, judged(Verdict::pass), moment(0), moment(900), "person:a"}},
      500);
  EXPECT_EQ(answered.met_until(seconds(10)), moment(900));
  const MeasureState looked = folded(asking_for("8-3"),
                                     {{kDevice, "disk-encryption", judged(Verdict::pass), moment(0),
                                       moment(900), "collector:host"},
                                      {kDevice, "swap-encryption", judged(Verdict::pass),
                                       moment(400), moment(900), "collector:host"}},
                                     500);
  EXPECT_EQ(looked.met_until(), moment(900));
  EXPECT_EQ(looked.met_until(seconds(600)), moment(600));
}

TEST(MeasureState, OfNothingIsNeverMet) {
  const Policy policy = asking_for("8-3");
  EXPECT_EQ(folded(policy, {}, 5), MeasureState());
  EXPECT_FALSE(MeasureState().ever_met());
  EXPECT_EQ(measure_state({}, moment(5)), MeasureState());
}

}  // namespace
}  // namespace sekisho
