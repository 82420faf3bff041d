// SPDX-License-Identifier: Apache-2.0
#include "access/risk_board.h"

#include <gtest/gtest.h>

#include "access/test_sign_ins.h"
#include "access/user_agent.h"

namespace sekisho {
namespace {

using enum RiskSignal;
using std::chrono::hours;
using std::chrono::minutes;

constexpr RiskPerson kMio{7};
constexpr LivePerson kMioLive{7};
const RiskValue kHome = RiskValue::of("home");
const RiskValue kCafe = RiskValue::of("cafe");

SignIn of_mio(SignInEnd end, RiskValue address, Time at, SignInFactor factor = SignInFactor::code) {
  SignIn one{.at = at, .person = kMio, .end = end, .factor = factor};
  one.origin.address = address;
  return one;
}

RiskSignals some_signs(std::initializer_list<RiskSignal> list) {
  RiskSignals made;
  for (const RiskSignal one : list) made.set(static_cast<std::size_t>(one));
  return made;
}

RiskSignals against_mio(const RiskHistory& history, RiskValue address, Time now,
                        const RiskStandings& standings = {}) {
  return risk_board(history, {kMio}, standings, now).signs(kMioLive, std::nullopt, address);
}

TEST(RiskBoard, GuessesCountWhereTheyCameFromAndElsewhereLess) {
  RiskHistory history;
  for (int i = 0; i < 10; ++i)
    history.learn({of_mio(SignInEnd::password_refused, kCafe, kSignInStart + minutes(i))});
  const Time now = kSignInStart + minutes(10);
  EXPECT_EQ(against_mio(history, kCafe, now), some_signs({guessing_here}));
  EXPECT_EQ(against_mio(history, kHome, now), some_signs({guessing_elsewhere}));
  // Of somebody else nothing is said, and in an hour nothing of Mio.
  EXPECT_TRUE(risk_board(history, {kMio}, {}, now).signs(LivePerson{8}, {}, kCafe).none());
  EXPECT_TRUE(against_mio(history, kCafe, now + hours(1)).none());
}

TEST(RiskBoard, AStepUpAnswersWhatCameBeforeItAtItsAddressAlone) {
  RiskHistory history;
  for (int i = 0; i < 12; ++i)
    history.learn({of_mio(SignInEnd::password_refused, kHome, kSignInStart + minutes(i))});
  const Time shown = kSignInStart + minutes(20);
  history.learn({of_mio(SignInEnd::vouched, kHome, shown)});
  EXPECT_TRUE(against_mio(history, kHome, shown).none());
  EXPECT_EQ(against_mio(history, kCafe, shown), some_signs({guessing_elsewhere}));
  // What comes after it counts again.
  for (int i = 0; i < 10; ++i)
    history.learn({of_mio(SignInEnd::password_refused, kHome, shown + minutes(1 + i))});
  EXPECT_EQ(against_mio(history, kHome, shown + minutes(11)), some_signs({guessing_here}));
}

TEST(RiskBoard, OnlyAPasskeyAnswersAFloodOfPrompts) {
  for (const SignInFactor factor : {SignInFactor::code, SignInFactor::passkey}) {
    RiskHistory history;
    for (int i = 0; i < 12; ++i)
      history.learn({of_mio(SignInEnd::factor_refused, kCafe, kSignInStart + minutes(i))});
    const Time shown = kSignInStart + minutes(20);
    history.learn({of_mio(SignInEnd::vouched, kHome, shown, factor)});
    EXPECT_EQ(against_mio(history, kHome, shown),
              factor == SignInFactor::passkey ? RiskSignals() : some_signs({factor_flood}));
  }
}

TEST(RiskBoard, WhatASignInBeganWithLastsUntilItIsAnswered) {
  RiskHistory history;
  RiskStandings standings;
  standings.begun = {{kMio, kCafe, kSignInStart, some_signs({very_unlike})}};
  EXPECT_EQ(against_mio(history, kCafe, kSignInStart, standings), some_signs({very_unlike}));
  EXPECT_TRUE(against_mio(history, kHome, kSignInStart, standings).none());
  EXPECT_TRUE(against_mio(history, kCafe, kSignInStart + kVouched, standings).none());
  // The code that was shown to come in is no answer; one that was asked for since is.
  history.learn({of_mio(SignInEnd::signed_in, kCafe, kSignInStart)});
  EXPECT_TRUE(against_mio(history, kCafe, kSignInStart + minutes(1), standings).any());
  history.learn({of_mio(SignInEnd::vouched, kCafe, kSignInStart + minutes(1))});
  EXPECT_TRUE(against_mio(history, kCafe, kSignInStart + minutes(1), standings).none());
}

TEST(RiskBoard, AddressesDevicesAndLossSpeakForThemselves) {
  RiskHistory history;
  RiskStandings standings;
  standings.lost = {kMio};
  standings.worse = {RiskDevice{3}};
  standings.line = {{kCafe, LineDoubt::high}, {kHome, LineDoubt::none}};
  standings.sprayed = {kCafe};
  const RiskBoard board = risk_board(history, {}, standings, kSignInStart);
  EXPECT_EQ(board.signs(kMioLive, LiveDevice{3}, kCafe),
            some_signs({loss_reported, device_worse, line_high, spraying}));
  EXPECT_EQ(board.signs(LivePerson{8}, LiveDevice{4}, kHome), RiskSignals());
  // A passkey that was shown at a sprayed address answers for its person alone.
  history.learn({of_mio(SignInEnd::vouched, kCafe, kSignInStart, SignInFactor::passkey)});
  const RiskBoard after = risk_board(history, {kMio}, standings, kSignInStart);
  EXPECT_EQ(after.signs(kMioLive, {}, kCafe), some_signs({line_high}));
  EXPECT_EQ(after.signs(LivePerson{8}, {}, kCafe), some_signs({line_high, spraying}));
  EXPECT_FALSE(board == after);
}

/// More of what speaks against somebody never makes it less; a step-up never makes it more.
TEST(RiskBoard, MoreIsNeverLessAndAStepUpNeverMore) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SomeSignIns some(900 + seed);
    std::vector<SignIn> all = some.many(120);
    for (SignIn& one : all) {
      one.person = kMio;
      one.at = kSignInStart + minutes(some.below(60));
      if (some.below(3) == 0) one.end = SignInEnd::password_refused;
      if (some.below(5) == 0) one.end = SignInEnd::factor_refused;
    }
    RiskHistory history;
    history.learn(all);
    const Time now = kSignInStart + minutes(60);
    RiskHistory worse = history;
    for (int i = 0; i < 6; ++i) {
      SignIn one = all[some.below(120)];
      one.end = i % 2 == 0 ? SignInEnd::password_refused : SignInEnd::factor_refused;
      one.at = now;
      worse.learn({one});
    }
    RiskHistory answered = history;
    SignIn vouch = all[some.below(120)];
    vouch.end = SignInEnd::vouched;
    vouch.factor = some.below(2) == 0 ? SignInFactor::code : SignInFactor::passkey;
    vouch.at = now;
    answered.learn({vouch});
    for (const SignIn& from : all) {
      const RiskSignals before = against_mio(history, from.origin.address, now);
      ASSERT_GE(risk_of(against_mio(worse, from.origin.address, now)), risk_of(before)) << seed;
      const RiskSignals after = against_mio(answered, from.origin.address, now);
      ASSERT_TRUE((after & ~before).none()) << seed;
      ASSERT_LE(risk_of(after), risk_of(before));
    }
  }
}

TEST(UserAgent, SaysBrowserSystemAndKind) {
  struct Said {
    std::string_view text, browser, system, kind;
  };
  for (const Said& said : std::initializer_list<Said>{
           {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
            "Edge", "Windows", "computer"},
           {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox",
            "Linux", "computer"},
           {"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
            "like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari", "iOS", "telephone"},
           {"Mozilla/5.0 (Linux; Android 14; Pixel) AppleWebKit/537.36 Chrome/140.0 Mobile "
            "Safari/537.36",
            "Chrome", "Android", "telephone"},
           {"Mozilla/5.0 (Linux; Android 14; Tab) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome", "Android", "tablet"},
           {"", "", "", ""},
           {"x", "", "", ""}}) {
    const UserAgentWords words = read_user_agent(said.text);
    EXPECT_EQ(words.browser, said.browser);
    EXPECT_EQ(words.system, said.system);
    EXPECT_EQ(words.kind, said.kind);
  }
  EXPECT_EQ(agent_of("").browser, RiskValue());
  EXPECT_NE(agent_of("a Chrome/1").whole, agent_of("a Chrome/2").whole);
  EXPECT_EQ(agent_of("a Chrome/1").browser, agent_of("a Chrome/2").browser);
}

/// Whoever decides anew by another board does so only where it says another thing.
TEST(RiskBoard, IsTheSameByWhatItSays) {
  const auto board = [](std::initializer_list<int> people, RiskSignal elsewhere,
                        RiskValue trusted) {
    RiskBoard made;
    for (const int person : people) {
      made.put(LivePerson{person}, {some_signs({elsewhere}), {}, {}});
      made.put(LivePerson{person + 100},
               {some_signs({elsewhere}), {{kCafe, some_signs({guessing_here})}}, {trusted}});
      made.put(LiveDevice{person}, some_signs({device_worse}));
      made.put(RiskValue::numbered(static_cast<std::uint64_t>(person)), some_signs({spraying}));
    }
    return made;
  };
  const RiskBoard one = board({1, 2, 3}, guessing_elsewhere, kHome);
  EXPECT_TRUE(one == board({3, 1, 2}, guessing_elsewhere, kHome));
  EXPECT_FALSE(one == board({1, 2}, guessing_elsewhere, kHome));
  EXPECT_FALSE(one == board({1, 2, 3}, loss_reported, kHome));
  EXPECT_FALSE(one == board({1, 2, 3}, guessing_elsewhere, kCafe));
  EXPECT_FALSE(one == RiskBoard());
  RiskBoard silent = one;
  silent.silence(some_signs({spraying}));
  EXPECT_FALSE(one == silent);
}

}  // namespace
}  // namespace sekisho
