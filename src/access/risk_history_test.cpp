// SPDX-License-Identifier: Apache-2.0
#include "access/risk_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "access/test_sign_ins.h"

namespace sekisho {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// What the ratio is, told slowly and by its definition: from the list itself, with each level's
/// probability given the wider one.
class SlowRatio {
 public:
  explicit SlowRatio(const std::vector<SignIn>& all) {
    for (const SignIn& one : all)
      if (one.end == SignInEnd::signed_in) all_.push_back(one);
  }

  std::optional<double> of(const SignIn& attempt) const {
    const auto mine =
        static_cast<double>(std::ranges::count(all_, attempt.person, &SignIn::person));
    if (mine < 5) return std::nullopt;
    std::vector<RiskPerson> people;
    for (const SignIn& one : all_) people.push_back(one.person);
    std::ranges::sort(people);
    people.erase(std::ranges::unique(people).begin(), people.end());
    const double of_attacks = 1 / static_cast<double>(people.size());
    const double of_legitimate = mine / static_cast<double>(all_.size());
    return std::log(quotient(attempt, {0, 1, 2}, {0.60, 0.25, 0.10, 0.05}, 20) *
                    quotient(attempt, {3, 4, 5, 6}, {0.35, 0.30, 0.20, 0.10, 0.05}, 3) *
                    of_attacks / of_legitimate);
  }

 private:
  using Shares = std::vector<double>;

  /// p(x) / p(x | person).
  double quotient(const SignIn& attempt, const std::vector<std::size_t>& chain,
                  const Shares& shares, double most) const {
    const double base = 1e-6;  // p(x), which goes out again: p(x | wider) = p(x) / p(wider)
    double of_person = 0;
    double share = 0;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      share += shares[i];
      const auto value = levels_of(attempt).at(chain[i]);
      double known = 0;
      double same = 0;
      for (const SignIn& one : all_) {
        if (one.person != attempt.person || !levels_of(one).at(chain[i])) continue;
        ++known;
        same += levels_of(one).at(chain[i]) == value ? 1 : 0;
      }
      if (known == 0) continue;
      if (value) of_person += share * (same / known) * (base / of_all(chain[i], *value));
      share = 0;
    }
    of_person += (share + shares.back()) * base;
    return std::max(base / of_person, 1 / most);
  }

  double of_all(std::size_t level, RiskValue value) const {
    double known = 1;
    double same = 1;
    for (const SignIn& one : all_) {
      const auto at = levels_of(one).at(level);
      known += at ? 1 : 0;
      same += at == value ? 1 : 0;
    }
    return same / known;
  }

  std::vector<SignIn> all_;
};

TEST(RiskHistory, RatioIsThatOfItsDefinition) {
  std::size_t told = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    SomeSignIns some(seed);
    const auto all = some.many(20 + seed * 5);
    RiskHistory history;
    history.learn(all);
    const SlowRatio slow(all);
    for (const SignIn& attempt : some.many(30)) {
      const auto quick = history.unlikeness(attempt);
      const auto wanted = slow.of(attempt);
      ASSERT_EQ(quick.has_value(), wanted.has_value()) << seed;
      if (!quick) continue;
      EXPECT_NEAR(*quick, *wanted, 1e-9) << seed;
      ++told;
    }
  }
  EXPECT_GT(told, 800U);
}

TEST(RiskHistory, SaysNothingOfFewSignIns) {
  SignIn one{.at = kSignInStart, .person = RiskPerson{7}};
  RiskHistory history;
  for (unsigned made = 0; made < RiskHistory::kFewest; ++made) {
    EXPECT_FALSE(history.unlikeness(one)) << made;
    one.at += hours(20);
    history.learn({one});
  }
  EXPECT_TRUE(history.unlikeness(one));
  EXPECT_FALSE(history.unlikeness({.at = one.at, .person = RiskPerson{8}}));
}

TEST(RiskHistory, OrderOfWhatIsOfOneMomentDoesNotMatter) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SomeSignIns some(1000 + seed);
    // More values than are kept, at few moments.
    auto all = some.many(300);
    for (SignIn& one : all) {
      one.at = kSignInStart + hours(some.below(4));
      one.origin.address = RiskValue::of("a" + std::to_string(some.below(90)));
    }
    auto other = all;
    for (std::size_t i = other.size(); i > 1; --i)
      std::swap(other[i - 1], other[some.below(static_cast<unsigned>(i))]);
    const RiskBounds narrow{.people = 4, .values = 40, .addresses = 10};
    RiskHistory first(Calendar(), narrow);
    RiskHistory second(Calendar(), narrow);
    first.learn(all);
    second.learn(other);
    for (const SignIn& attempt : some.many(20)) {
      EXPECT_EQ(first.unlikeness(attempt), second.unlikeness(attempt)) << seed;
      const auto refused = [&](const RiskHistory& history) {
        return history.others_refused(attempt.origin.address, attempt.person, Time::min(),
                                      Time::max());
      };
      EXPECT_EQ(refused(first), refused(second)) << seed;
    }
  }
}

TEST(RiskHistory, IsBounded) {
  const RiskBounds bounds{.people = 50, .values = 200, .addresses = 30};
  RiskHistory history(Calendar(), bounds);
  SomeSignIns some(3);
  for (unsigned i = 0; i < 4000; ++i) {
    SignIn one = some.one();
    one.at = kSignInStart + minutes(i);
    one.person = static_cast<RiskPerson>(some.below(500));
    one.device = static_cast<RiskDevice>(i);
    one.origin.address = RiskValue::of("a" + std::to_string(i % 3000));
    history.learn({one});
  }
  EXPECT_LE(history.people(), bounds.people);
  EXPECT_LE(history.values(RiskLevel::address), bounds.values);
  EXPECT_GE(history.values(RiskLevel::address), 50U);
  EXPECT_LE(history.addresses(), bounds.addresses);
}

TEST(RiskHistory, KeepsLittleOfOnePerson) {
  RiskHistory history;
  SignIn one{.at = kSignInStart, .person = RiskPerson{1}};
  for (unsigned i = 0; i < 2000; ++i) {
    one.at += minutes(30);
    one.end = i % 2 == 0 ? SignInEnd::signed_in : SignInEnd::password_refused;
    one.origin.address = RiskValue::of("a" + std::to_string(i));
    one.origin.system = RiskValue::of("s" + std::to_string(i));
    one.device = static_cast<RiskDevice>(i);
    history.learn({one});
  }
  const PersonHabits* habits = history.habits(RiskPerson{1});
  ASSERT_NE(habits, nullptr);
  EXPECT_LE(habits->sign_ins(), PersonHabits::kMostSignIns);
  EXPECT_EQ(habits->refusals().size(), PersonHabits::kMostRefusals);
  EXPECT_EQ(habits->at(RiskLevel::address).size(), 32U);
  EXPECT_EQ(habits->at(RiskLevel::network).size(), 16U);
  EXPECT_EQ(habits->devices().size(), 16U);
  EXPECT_TRUE(habits->knows(RiskDevice{1998}));
  EXPECT_FALSE(habits->knows(RiskDevice{2}));
}

TEST(RiskHistory, NewHabitsTakeTheOldOnesPlace) {
  RiskHistory history;
  SignIn one{.at = kSignInStart, .person = RiskPerson{1}};
  one.origin.address = RiskValue::of("old");
  for (unsigned i = 0; i < 2000; ++i) {
    if (i == 400) one.origin.address = RiskValue::of("new");
    one.at += hours(8);
    history.learn({one});
  }
  const SeenCounts& addresses = history.habits(RiskPerson{1})->at(RiskLevel::address);
  EXPECT_GT(addresses.of(RiskValue::of("new")), 100U);
  EXPECT_LT(addresses.of(RiskValue::of("old")) * 20, addresses.of(RiskValue::of("new")));
}

TEST(RiskHistory, SayingLessIsNotMoreFamiliar) {
  RiskHistory history;
  SomeSignIns some(5);
  history.learn(some.many(300));
  for (SignIn attempt : some.many(200)) {
    attempt.agent = {RiskValue::of("never"), RiskValue::of("never"), RiskValue::of("never"),
                     RiskValue::of("never")};
    SignIn silent = attempt;
    silent.agent = {};
    ASSERT_EQ(history.unlikeness(silent), history.unlikeness(attempt));
    silent.origin = {};
    ASSERT_GE(*history.unlikeness(silent), *history.unlikeness(attempt));
  }
}

TEST(RiskHistory, CountsIPv6ByItsFirst64Bits) {
  const auto value = [](std::string_view text) {
    return RiskValue::of(*ClientAddress::parse(text));
  };
  EXPECT_EQ(value("2001:db8:1:2::1"), value("2001:db8:1:2:ffff::9"));
  EXPECT_NE(value("2001:db8:1:2::1"), value("2001:db8:1:3::1"));
  EXPECT_EQ(value("192.0.2.1"), value("::ffff:192.0.2.1"));
  EXPECT_NE(value("192.0.2.1"), value("192.0.2.2"));
  EXPECT_NE(value("::1"), RiskValue());
}

TEST(RiskHistory, MeasuresTheEarth) {
  EXPECT_NEAR(kilometres({35.68, 139.77}, {34.70, 135.50}), 403, 5);     // Tokyo, Osaka
  EXPECT_NEAR(kilometres({35.68, 139.77}, {40.71, -74.01}), 10850, 60);  // New York
  EXPECT_NEAR(kilometres({0, 179.9}, {0, -179.9}), 22.2, 0.2);
  EXPECT_EQ(kilometres({35, 139}, {35, 139}), 0);
}

}  // namespace
}  // namespace sekisho
