// SPDX-License-Identifier: Apache-2.0
#include "server/api/kept_answers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace sekisho {
namespace {

using std::chrono::seconds;

struct There {
  KeptAnswers::Moment now{std::chrono::hours(1)};
  int times = 0;
  bool answers = true;
  KeptAnswers asked{[this](const std::string& url) -> Result<boost::json::value> {
                      ++times;
                      if (answers) return boost::json::value(url);
                      return failure("沈黙", "silent");
                    },
                    [this] { return now; }};
};

TEST(KeptAnswers, KeepsWhatWasSaidUntilItIsOldOrNotEnough) {
  There there;
  EXPECT_EQ(**there.asked.get("a"), "a");
  EXPECT_EQ(**there.asked.get("b"), "b");
  there.now += KeptAnswers::kGood - seconds(1);
  EXPECT_TRUE(there.asked.get("a"));
  EXPECT_EQ(there.times, 2);
  there.now += seconds(2);
  EXPECT_TRUE(there.asked.get("a"));
  EXPECT_EQ(there.times, 3);
  // Whoever isn't content may ask anew, but nobody makes it ask all the time.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(there.asked.get("a", true));
  EXPECT_EQ(there.times, 3);
  there.now += KeptAnswers::kAnew;
  EXPECT_TRUE(there.asked.get("a", true));
  EXPECT_EQ(there.times, 4);
}

TEST(KeptAnswers, LeavesWhoDoesNotAnswerAloneForAWhile) {
  There there;
  there.answers = false;
  // In an hour of somebody who tries each second.
  for (int i = 0; i < 3600; ++i) {
    EXPECT_EQ(there.asked.get("a").error().message.en, "silent");
    there.now += seconds(1);
  }
  EXPECT_GT(there.times, 55);
  EXPECT_LT(there.times, 70);
  there.now += KeptAnswers::kLongestPause;
  there.answers = true;
  EXPECT_TRUE(there.asked.get("a"));
  // What was kept is no longer good, and what comes next fails: an old answer is none.
  there.now += KeptAnswers::kGood;
  there.answers = false;
  EXPECT_FALSE(there.asked.get("a"));
  there.answers = true;
  EXPECT_FALSE(there.asked.get("a"));
  there.now += KeptAnswers::kFirstPause;
  EXPECT_TRUE(there.asked.get("a"));
}

TEST(KeptAnswers, HoldsSoManyAndNoMore) {
  There there;
  for (int i = 0; i < 100; ++i) {
    there.now += seconds(1);
    EXPECT_TRUE(there.asked.get(std::to_string(i)));
  }
  there.times = 0;
  EXPECT_TRUE(there.asked.get("99"));
  EXPECT_TRUE(there.asked.get("85"));
  EXPECT_EQ(there.times, 0);
  EXPECT_TRUE(there.asked.get("1"));
  EXPECT_EQ(there.times, 1);
}

TEST(KeptAnswers, OneAsksForAllWhoWait) {
  for (const bool answers : {true, false}) {
    std::atomic<int> times = 0;
    std::atomic<int> begun = 0;
    std::latch go(1);
    KeptAnswers asked(
        [&](const std::string&) -> Result<boost::json::value> {
          ++times;
          go.wait();
          if (answers) return boost::json::value(1);
          throw std::runtime_error("fell over");
        },
        [] { return std::chrono::steady_clock::now(); });
    std::atomic<int> told = 0;
    std::vector<std::jthread> crowd;
    for (int i = 0; i < 16; ++i)
      crowd.emplace_back([&] {
        ++begun;
        if (asked.get("a").has_value() == answers) ++told;
      });
    while (begun < 16 || times < 1) std::this_thread::yield();
    go.count_down();
    crowd.clear();
    EXPECT_EQ(told, 16);
    EXPECT_EQ(times, 1);
  }
}

TEST(KeptAnswers, NobodyWaitsForOneThatBrokeOff) {
  int times = 0;
  KeptAnswers asked(
      [&](const std::string&) -> Result<boost::json::value> {
        if (++times == 1) throw times;  // nothing that anybody expects
        return boost::json::value(1);
      },
      [] { return std::chrono::steady_clock::now(); });
  EXPECT_THROW((void)asked.get("a"), int);
  std::jthread other([&] { EXPECT_TRUE(asked.get("a")); });
}

}  // namespace
}  // namespace sekisho
