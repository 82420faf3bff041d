// SPDX-License-Identifier: Apache-2.0
#include "access/risk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "access/test_sign_ins.h"

namespace sekisho {
namespace {

using enum RiskSignal;
using std::chrono::hours;
using std::chrono::minutes;

constexpr RiskPerson kAoi{1};
constexpr RiskPerson kOther{2};

RiskSignals signals(std::initializer_list<RiskSignal> list) {
  RiskSignals made;
  for (const RiskSignal one : list) made.set(static_cast<std::size_t>(one));
  return made;
}

RiskSignals seen_in(const AssessedRisk& assessed) {
  RiskSignals made;
  for (const RiskSign& sign : assessed.signs) made.set(static_cast<std::size_t>(sign.signal));
  return made;
}

bool shows(const AssessedRisk& assessed, RiskSignal signal) {
  return seen_in(assessed).test(static_cast<std::size_t>(signal));
}

SignIn from(std::string_view place, Time at, RiskPerson person = kAoi) {
  SignIn made{.at = at, .person = person, .factor = SignInFactor::code};
  made.origin.address = RiskValue::of(std::string(place) + " address");
  made.origin.system = RiskValue::of(std::string(place) + " network");
  made.origin.country = RiskValue::of(place == "Sydney" ? "AU" : "JP");
  made.origin.point = place == "Sydney"  ? GeoPoint{-33.87, 151.21}
                      : place == "Osaka" ? GeoPoint{34.70, 135.50}
                                         : GeoPoint{35.68, 139.77};
  made.agent = {RiskValue::of("Firefox 149 Linux"), RiskValue::of("Firefox"),
                RiskValue::of("Linux"), RiskValue::of("computer")};
  made.device = RiskDevice{1};
  return made;
}

SignIn refused(SignIn attempt, SignInEnd end = SignInEnd::password_refused) {
  attempt.end = end;
  return attempt;
}

/// Aoi has worked from Tokyo for 60 days at nine; others too, from their homes.
const Time kLast = kSignInStart + hours(24 * 60);
RiskHistory usual_days() {
  RiskHistory history(Calendar::utc());
  const Time nine = Time(std::chrono::floor<std::chrono::days>(kSignInStart)) + hours(9);
  for (int day = 0; day <= 60; ++day) {
    const Time at = nine + hours(24 * day);
    history.learn({from("Tokyo", at), from("Nara", at, kOther)});
  }
  return history;
}
Time next_morning() {
  return Time(std::chrono::floor<std::chrono::days>(kSignInStart)) + hours(24 * 61 + 9);
}

TEST(Risk, UsualIsLow) {
  const AssessedRisk assessed = assess_risk(usual_days(), from("Tokyo", next_morning()));
  EXPECT_EQ(assessed.risk, ImpersonationRisk::low);
  EXPECT_EQ(assessed.points, 0);
  EXPECT_TRUE(assessed.signs.empty());
  EXPECT_LT(*assessed.unlikeness, 0);
}

TEST(Risk, StrangerFromAbroadIsHighAndNotConfirmed) {
  const RiskHistory history = usual_days();
  SignIn attempt = from("Sydney", next_morning() - hours(6));
  attempt.agent = {RiskValue::of("c"), RiskValue::of("Chrome"), RiskValue::of("Windows"),
                   RiskValue::of("telephone")};
  attempt.device = std::nullopt;
  attempt.factor = SignInFactor::password;
  const AssessedRisk assessed = assess_risk(history, attempt);
  EXPECT_EQ(seen_in(assessed),
            signals({very_unlike, new_device, new_network, unusual_hour, weaker_factor}));
  EXPECT_EQ(assessed.risk, ImpersonationRisk::high);
  // A second kind of sign confirms it.
  EXPECT_EQ(assess_risk(history, attempt, {.line = LineDoubt::high}).risk,
            ImpersonationRisk::confirmed);
  EXPECT_EQ(assess_risk(history, attempt, {.line = LineDoubt::raised}).risk,
            ImpersonationRisk::high);
  EXPECT_EQ(assess_risk(history, attempt, {.foreign_key = true}).risk,
            ImpersonationRisk::confirmed);
}

TEST(Risk, TravelIsHeldAgainstAirliners) {
  const RiskHistory history = usual_days();
  const Time last = next_morning() - hours(24);
  const auto travels = [&](const SignIn& attempt) {
    return shows(assess_risk(history, attempt), impossible_travel);
  };
  EXPECT_TRUE(travels(from("Sydney", last + hours(3))));  // 7,800 km
  EXPECT_FALSE(travels(from("Sydney", last + hours(12))));
  EXPECT_TRUE(travels(from("Osaka", last + minutes(20))));  // 400 km
  EXPECT_FALSE(travels(from("Osaka", last + minutes(40))));
  EXPECT_TRUE(travels(from("Sydney", last)));
  EXPECT_FALSE(travels(from("Nara", last)));  // the same place
}

TEST(Risk, TravelIsForgivenWhereAnAddressIsNoPlace) {
  const Time last = next_morning() - hours(24);
  const auto travels = [&](auto change_last, auto change_next) {
    RiskHistory history(Calendar::utc());
    SignIn before = from("Tokyo", last);
    change_last(before.origin);
    history.learn({before});
    SignIn next = from("Sydney", last + hours(1));
    change_next(next.origin);
    return shows(assess_risk(history, next), impossible_travel);
  };
  const auto as_is = [](SignInOrigin&) {};
  const auto own = [](SignInOrigin& origin) { origin.own_exit = true; };
  const auto mobile = [](SignInOrigin& origin) { origin.shared = true; };
  const auto nowhere = [](SignInOrigin& origin) { origin.point.reset(); };
  const auto tokyo = [](SignInOrigin& origin) { origin.system = RiskValue::of("Tokyo network"); };
  EXPECT_TRUE(travels(as_is, as_is));
  EXPECT_FALSE(travels(own, as_is));
  EXPECT_FALSE(travels(as_is, own));
  EXPECT_FALSE(travels(mobile, as_is));
  EXPECT_FALSE(travels(as_is, mobile));
  EXPECT_FALSE(travels(nowhere, as_is));
  EXPECT_FALSE(travels(as_is, nowhere));
  EXPECT_FALSE(travels(as_is, tokyo));
}

/// `count` refusals of Aoi, a minute apart, the last at `last`.
void refuse(RiskHistory& history, const SignIn& like, int count, Time last) {
  for (int i = 0; i < count; ++i) {
    SignIn one = like;
    one.at = last - minutes(count - 1 - i);
    history.learn({one});
  }
}

TEST(Risk, CountsGuessesOfAnHour) {
  const Time at = next_morning();
  const auto after = [&](const SignIn& like, int count, Time last) {
    RiskHistory history = usual_days();
    refuse(history, like, count, last);
    return seen_in(assess_risk(history, from("Tokyo", at)));
  };
  const SignIn here = refused(from("Tokyo", at));
  EXPECT_EQ(after(here, 9, at), signals({}));
  EXPECT_EQ(after(here, 10, at), signals({guessing_here}));
  EXPECT_EQ(after(here, 10, at - minutes(60)), signals({}));
  EXPECT_EQ(after(here, 10, at + minutes(30)), signals({}));  // what comes later isn't known yet
  EXPECT_EQ(after(refused(from("Sydney", at)), 10, at), signals({guessing_elsewhere}));
  const SignIn prompt = refused(from("Sydney", at), SignInEnd::factor_refused);
  EXPECT_EQ(after(prompt, 4, at), signals({}));
  EXPECT_EQ(after(prompt, 5, at), signals({factor_refused}));
  EXPECT_EQ(after(prompt, 12, at), signals({factor_flood}));
}

TEST(Risk, GuessesAtSomebodyDontLockThemOutOnAJourney) {
  RiskHistory history = usual_days();
  refuse(history, refused(from("Nara", next_morning())), 32, next_morning());
  const AssessedRisk assessed = assess_risk(history, from("Sydney", next_morning()));
  EXPECT_TRUE(shows(assessed, guessing_elsewhere));
  EXPECT_EQ(assessed.risk, ImpersonationRisk::high);
}

TEST(Risk, SprayingIsOfOneAddress) {
  const Time at = next_morning();
  const auto sprayed = [&](std::uint64_t people, auto change) {
    RiskHistory history(Calendar::utc());
    for (std::uint64_t i = 0; i < people; ++i) {
      SignIn one = refused(from("Osaka", at - minutes(5), RiskPerson{100 + i}));
      change(one.origin);
      history.learn({one, one});
    }
    SignIn attempt = from("Osaka", at);
    change(attempt.origin);
    EXPECT_FALSE(shows(assess_risk(history, from("Tokyo", at)), spraying));
    EXPECT_FALSE(shows(assess_risk(history, from("Osaka", at + hours(1))), spraying));
    return shows(assess_risk(history, attempt), spraying);
  };
  const auto as_is = [](SignInOrigin&) {};
  const auto mobile = [](SignInOrigin& origin) { origin.shared = true; };
  const auto own = [](SignInOrigin& origin) { origin.own_exit = true; };
  const auto unseen = [](SignInOrigin& origin) { origin.address = RiskValue(); };
  EXPECT_FALSE(sprayed(4, as_is));
  EXPECT_TRUE(sprayed(5, as_is));
  EXPECT_FALSE(sprayed(29, mobile));
  EXPECT_TRUE(sprayed(30, mobile));
  EXPECT_FALSE(sprayed(29, own));
  EXPECT_FALSE(sprayed(60, unseen));
}

TEST(Risk, ColdStartSaysNothingOfHabits) {
  RiskHistory history(Calendar::utc());
  const auto strange = [&](Time at) {
    SignIn attempt = from("Sydney", at);
    attempt.origin.point.reset();
    attempt.agent = {};
    attempt.device = RiskDevice{99};
    attempt.factor = SignInFactor::password;
    return assess_risk(history, attempt);
  };
  for (unsigned i = 0; i < RiskHistory::kFewest; ++i) {
    EXPECT_EQ(strange(kLast), (AssessedRisk{}));
    history.learn({from("Tokyo", kSignInStart + hours(24 * i))});
  }
  EXPECT_TRUE(shows(strange(kLast), new_device));
}

/// Each sign's part, told apart from the code that adds them.
TEST(Risk, MoreSignsNeverLowerIt) {
  for (unsigned bits = 0; bits < 1U << kRiskSignals; ++bits) {
    const RiskSignals some(bits);
    const ImpersonationRisk risk = risk_of(some);
    for (std::size_t i = 0; i < kRiskSignals; ++i) {
      if (some.test(i)) continue;
      RiskSignals more = some;
      more.set(i);
      ASSERT_GE(risk_of(more), risk) << some << " " << i;
    }
  }
}

TEST(Risk, OneKindNeverConfirms) {
  std::set<ImpersonationRisk> risks;
  for (unsigned bits = 0; bits < 1U << kRiskSignals; ++bits) {
    const RiskSignals some(bits);
    const ImpersonationRisk risk = risk_of(some);
    risks.insert(risk);
    int points = 0;
    std::array<int, kRiskKinds> kinds{};
    for (std::size_t i = 0; i < kRiskSignals; ++i) {
      if (!some.test(i)) continue;
      points += weight(static_cast<RiskSignal>(i));
      kinds.at(static_cast<std::size_t>(kind(static_cast<RiskSignal>(i)))) +=
          weight(static_cast<RiskSignal>(i));
    }
    ASSERT_EQ(risk >= ImpersonationRisk::raised, points >= 30) << some;
    ASSERT_EQ(risk >= ImpersonationRisk::high, points >= 60) << some;
    ASSERT_EQ(risk == ImpersonationRisk::confirmed,
              std::ranges::any_of(kinds, [](int one) { return one >= 60; }) &&
                  std::ranges::count_if(kinds, [](int one) { return one >= 40; }) >= 2)
        << some;
  }
  EXPECT_EQ(risks.size(), 4U);
}

TEST(Risk, SilencingTakesOnlyItsOwnPart) {
  std::size_t silenced_once = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    SomeSignIns some(seed);
    RiskHistory history;
    history.learn(some.many(200));
    for (const SignIn& attempt : some.many(20)) {
      const RiskCircumstances moment{some.below(2) == 0, some.below(4) == 0, some.below(4) == 0,
                                     static_cast<LineDoubt>(some.below(3))};
      const AssessedRisk whole = assess_risk(history, attempt, moment);
      for (std::size_t i = 0; i < kRiskSignals; ++i) {
        const auto signal = static_cast<RiskSignal>(i);
        const AssessedRisk without = assess_risk(history, attempt, moment, signals({signal}));
        ASSERT_EQ(seen_in(without), seen_in(whole));
        ASSERT_EQ(without.unlikeness, whole.unlikeness);
        ASSERT_LE(without.risk, whole.risk);
        ASSERT_EQ(without.points, whole.points - (shows(whole, signal) ? weight(signal) : 0));
        for (const RiskSign& sign : without.signs) ASSERT_EQ(sign.silenced, sign.signal == signal);
        silenced_once += shows(whole, signal) ? 1U : 0U;
      }
    }
  }
  EXPECT_GT(silenced_once, 1000U);
}

/// What is worse of an attempt, or of the time before it, never lowers its risk.
TEST(Risk, WorseIsNeverLess) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    SomeSignIns some(500 + seed);
    RiskHistory history;
    history.learn(some.many(250));
    for (SignIn attempt : some.many(15)) {
      attempt.at = kSignInStart + hours(24 * 31);
      const AssessedRisk before = assess_risk(history, attempt);
      const auto not_less = [&](const AssessedRisk& worse) {
        EXPECT_GE(worse.risk, before.risk) << seed;
        EXPECT_GE(worse.points, before.points) << seed;
      };
      for (const RiskCircumstances& moment :
           std::initializer_list<RiskCircumstances>{{.device_worse = true},
                                                    {.loss_reported = true},
                                                    {.foreign_key = true},
                                                    {.line = LineDoubt::raised},
                                                    {.line = LineDoubt::high}})
        not_less(assess_risk(history, attempt, moment));
      SignIn stranger = attempt;
      stranger.agent = {};
      stranger.device = RiskDevice{12345};
      not_less(assess_risk(history, stranger));
      RiskHistory guessed = history;
      refuse(guessed, refused(attempt, SignInEnd::factor_refused), 7, attempt.at);
      not_less(assess_risk(guessed, attempt));
      refuse(guessed, refused(attempt), 12, attempt.at);
      not_less(assess_risk(guessed, attempt));
    }
  }
}

TEST(Risk, EverySignHasItsNameAndWords) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRiskSignals; ++i) {
    const auto signal = static_cast<RiskSignal>(i);
    names.insert(name(signal));
    EXPECT_EQ(risk_signal_named(name(signal)), signal);
    EXPECT_GT(weight(signal), 0);
    EXPECT_TRUE(words(signal).ja.ends_with("。"));
    EXPECT_TRUE(words(signal).en.ends_with("."));
  }
  EXPECT_EQ(names.size(), kRiskSignals);
  EXPECT_FALSE(risk_signal_named("none"));
}

}  // namespace
}  // namespace sekisho
