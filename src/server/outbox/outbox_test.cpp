// SPDX-License-Identifier: Apache-2.0
// Messages that leave the house, at times that the test sets: kept until taken, by one server only.
#include "server/outbox/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "databases.h"
#include "server/api/jobs.h"
#include "server/outbox/letters.h"

namespace sekisho {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;

class OutboxTest : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    db = open();
    options.clock = [this] { return time; };
  }

  std::unique_ptr<Database> db;
  ServerOptions options;
  Time time = *parse_time("2026-11-26T00:00:00Z");

  /// Nothing listens there.
  Result<void> put() {
    EXPECT_TRUE(set_setting(*db, "hooks", "json http://127.0.0.1:9/\n"));
    return put_out(*db, time,
                   {"json", "http://127.0.0.1:9/", "test", {"件名", "s"}, {"本文", "b"}});
  }
  bool send() { return send_next(*db, options); }
  /// Sends what is due longest; false when nothing is.
  static bool send_next(Database& by, const ServerOptions& options,
                        const std::set<Road>& busy = {}) {
    const auto due = take_due(by, options.clock(), busy);
    EXPECT_TRUE(due);
    if (!due || !*due) return false;
    const auto attempt = attempt_of(by, options, **due);
    EXPECT_TRUE(attempt);
    EXPECT_TRUE(note(by, options, **due, attempt->host, attempt->send({})));
    return true;
  }
  /// What came of a try that took place elsewhere.
  void came(const Sent& sent) {
    const auto due = take_due(*db, time);
    ASSERT_TRUE(due && *due);
    ASSERT_TRUE(note(*db, options, **due, "127.0.0.1", sent));
  }
  std::vector<std::string> details() {
    std::vector<std::string> all;
    const auto rows = db->query("SELECT detail FROM audit ORDER BY id");
    for (const Row& row : *rows) all.push_back(row.text(0));
    return all;
  }
  std::int64_t count() { return db->query("SELECT COUNT(*) FROM outbox")->front().integer(0); }
  std::vector<std::string> actions() {
    std::vector<std::string> all;
    const auto rows = db->query("SELECT action FROM audit ORDER BY id");
    for (const Row& row : *rows) all.push_back(row.text(0));
    return all;
  }
};

TEST_P(OutboxTest, TriesAgainEverLaterAndGivesUpInTheEnd) {
  ASSERT_TRUE(put());
  EXPECT_EQ(waiting_letters(*db)->count, 0) << "it has not failed yet";
  const Time start = time;
  for (const std::int64_t pause : {15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600}) {
    ASSERT_TRUE(send());
    time += seconds(pause - 1);
    EXPECT_FALSE(send()) << "before " << pause << " s";
    time += seconds(1);
  }
  EXPECT_EQ(waiting_letters(*db)->count, 1);
  EXPECT_EQ(waiting_letters(*db)->since, start);
  EXPECT_THAT(waiting_letters(*db)->error, testing::HasSubstr("could not be sent"));
  int tries = 10;
  for (; count() > 0 && tries < 1000; ++tries) {
    ASSERT_TRUE(send());
    time += hours(1);
  }
  EXPECT_EQ(tries, 80);
  EXPECT_THAT(actions(), ElementsAre("notice-failed", "notice-given-up"));
}

TEST_P(OutboxTest, WhatIsNoLongerSetUpIsAskedNothing) {
  ASSERT_TRUE(put());
  ASSERT_TRUE(set_setting(*db, "hooks", "json http://127.0.0.1:10/\n"));
  ASSERT_TRUE(forget_other_hooks(*db, {{HookKind::json, "http://127.0.0.1:10/"}}));
  EXPECT_EQ(count(), 0);
}

TEST_P(OutboxTest, AReceiverThatAsksForTimeHasItAndOneThatIsGoneIsAskedNoMore) {
  const auto busy = [](std::chrono::seconds wait) -> Sent {
    return std::unexpected(Unsent{{"混雑", "busy"}, 429, {}, wait});
  };
  const auto not_before = [&](std::chrono::seconds wait) {
    time += wait - seconds(1);
    EXPECT_FALSE(send());
    time += seconds(1);
  };
  ASSERT_TRUE(put());
  ASSERT_TRUE(put());
  came(busy(seconds(40)));
  not_before(seconds(40));  // the other one neither
  came(busy(seconds(1)));   // shorter than its own pause
  time += seconds(10'000);
  came(busy(hours(24 * 30)));
  not_before(hours(24));
  came(std::unexpected(Unsent{{"ない", "gone"}, 410, {}, {}, true}));
  came(std::unexpected(Unsent{{"ない", "gone"}, 410, {}, {}, true}));
  EXPECT_EQ(count(), 0);
  EXPECT_THAT(actions(), testing::IsSupersetOf({"notice-failed", "notice-given-up"}));
}

TEST_P(OutboxTest, WhatGoesElsewhereDoesNotWaitForOneThatDoesNotAnswer) {
  ASSERT_TRUE(put());
  ASSERT_TRUE(put_out(*db, time, {"mail", "a@x.example", "test", {"件", "s"}, {"文", "b"}}));
  ASSERT_TRUE(put_out(*db, time, {"mail", "b@x.example", "test", {"件", "s"}, {"文", "b"}}));
  const auto first = take_due(*db, time);
  ASSERT_TRUE(first && *first);
  const Road hook = road_of((*first)->letter);
  const auto second = take_due(*db, time, {hook});
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->letter.target, "a@x.example");
  EXPECT_FALSE(*take_due(*db, time, {hook, road_of((*second)->letter)}))
      << "one mail after the other";
  EXPECT_TRUE(*take_due(*db, time, {hook}));
}

TEST_P(OutboxTest, AFailureSaysWhereItWasToGoAndHowManyWaitForItAndNoSecret) {
  std::vector<std::string> lines;
  options.tell = [&](const Text& line) { lines.push_back(line.en); };
  ASSERT_TRUE(set_setting(*db, "hooks", "json http://127.0.0.1:9/secret-path?secret-query\n"));
  ASSERT_TRUE(set_setting(*db, "smtp.url", "smtp://127.0.0.1:9"));
  ASSERT_TRUE(put_out(
      *db, time,
      {"json", "http://127.0.0.1:9/secret-path?secret-query", "test", {"件", "s"}, {"文", "b"}}));
  ASSERT_TRUE(send());
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.back(), testing::HasSubstr("127.0.0.1 (json)"));
  EXPECT_THAT(details().back(), testing::HasSubstr(R"("host":"127.0.0.1")"));
  time += seconds(1);
  for (const char* to : {"a@x.example", "b@x.example", "c@x.example"})
    ASSERT_TRUE(put_out(*db, time, {"mail", to, "test", {"件", "s"}, {"文", "b"}}));
  for (int i = 0; i < 3; ++i) {
    const auto due = take_due(*db, time, {{"json", "http://127.0.0.1:9/secret-path?secret-query"}});
    ASSERT_TRUE(due && *due);
    ASSERT_TRUE(note(*db, options, **due, "127.0.0.1",
                     std::unexpected(Unsent{{"断", "refused: 550"}, 550, "no <a@x.example>"})));
  }
  EXPECT_EQ(lines.size(), 4U);
  EXPECT_THAT(actions(), ElementsAre("notice-failed", "notice-failed")) << "one of a notice";
  EXPECT_THAT(details().back(), testing::HasSubstr(R"("recipients":3)"));
  EXPECT_THAT(details().back(), testing::HasSubstr(R"("code":550)"));
  EXPECT_THAT(waiting_letters(*db)->error, testing::HasSubstr("could not be sent"));
  for (const std::string& detail : details()) lines.push_back(detail);
  for (const std::string& line : lines) {
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("secret")));
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("@x.example")));
  }
}

TEST_P(OutboxTest, AClockThatWasAheadOnceDoesNotSilenceIt) {
  time += hours(24 * 400);
  ASSERT_TRUE(put());
  ASSERT_TRUE(send());
  time -= hours(24 * 400);
  EXPECT_TRUE(send());
}

TEST_P(OutboxTest, IsSentByOneServerOnly) {
  ASSERT_TRUE(put());
  const auto other = open();
  // The other server looks while the first one waits for the receiver.
  const auto due = take_due(*db, time);
  ASSERT_TRUE(due && *due);
  EXPECT_FALSE(*take_due(*other, time));
}

TEST_P(OutboxTest, WhatIsNotCommittedIsNotTold) {
  EXPECT_FALSE(db->write([&]() -> Result<void> {
    if (auto kept = put(); !kept) return kept;
    return failure("だめ", "no");
  }));
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(send());
}

TEST_P(OutboxTest, AJobMovesOnWithWhatFollowsFromItOrNotAtAll) {
  const auto act = [&] { return put(); };
  const auto fail = []() -> Result<void> { return failure("だめ", "no"); };
  EXPECT_FALSE(move_job(*db, "j", std::nullopt, {time, "1"}, fail));
  EXPECT_EQ(*job_state(*db, "j"), std::nullopt);
  EXPECT_TRUE(move_job(*db, "j", std::nullopt, {time, "1"}, act));
  EXPECT_EQ(*job_state(*db, "j"), (JobState{time, "1"}));
  EXPECT_EQ(count(), 1);
  // Another server saw the same and comes second.
  EXPECT_TRUE(move_job(*db, "j", std::nullopt, {time, "1"}, act));
  EXPECT_TRUE(move_job(*db, "j", JobState{time, "0"}, {time, "2"}, act));
  EXPECT_EQ(*job_state(*db, "j"), (JobState{time, "1"}));
  EXPECT_EQ(count(), 1);
}

SEKISHO_BOTH_DATABASES(OutboxTest);

}  // namespace
}  // namespace sekisho
