// Messages that leave the house, at times that the test sets: kept until taken, by one server only.
#include "server/outbox/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "databases.h"
#include "server/api/jobs.h"
#include "server/outbox/hooks.h"

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
  bool send() { return *send_next(*db, options, time); }
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
  bool looked = false;
  options.clock = [&] {
    looked = true;
    EXPECT_FALSE(*send_next(*other, {}, time));
    return time;
  };
  EXPECT_TRUE(send());
  EXPECT_TRUE(looked);
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
