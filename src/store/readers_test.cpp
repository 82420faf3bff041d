// SPDX-License-Identifier: Apache-2.0
#include "store/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <fmt/format.h>

#include "databases.h"
#include "store/store.h"

namespace sekisho {
namespace {

const Time kNow = *parse_time("2026-11-26T09:00:00Z");

Evidence seen(const char* subject, const char* check, Verdict verdict, std::chrono::hours ago,
              const char* source = "collector:agent") {
  return {{subject},
          check,
          {verdict, {"件", "as it was"}, Compared{.place = "/etc/it"}},
          kNow - ago,
          kNow - ago + std::chrono::days(7),
          source};
}

/// Readers of a number, all of whose lines are about every check.
std::vector<ReadersChange> up_to(std::int64_t number) { return {{1, ""}, {number, ""}}; }

/// What decides of each subject and check: its verdict and words.
std::map<std::string, std::string> standing(Database& db, Time now) {
  const auto all = all_evidence(db);
  EXPECT_TRUE(all);
  std::map<std::string, const Evidence*> newest;
  for (const Evidence& one : *all) {
    const Evidence*& there = newest[one.subject.value + " " + one.check];
    if (there == nullptr || one.observed_at >= there->observed_at) there = &one;
  }
  std::map<std::string, std::string> said;
  for (const auto& [key, one] : newest)
    said[key] = one->valid_at(now) ? fmt::format("{} {}", name(one->verdict()), one->detail().en)
                                   : std::string("expired");
  return said;
}

using Readers = Databases;
SEKISHO_BOTH_DATABASES(Readers);

TEST_P(Readers, WhatOlderOnesLetPassIsClosedOnce) {
  const auto db = open();
  using enum Verdict;
  using std::chrono::hours;
  ASSERT_TRUE(append_evidence(
      *db, {seen("device:1", "firewall", pass, hours(2)),
            seen("device:1", "screen-lock", fail, hours(30)),
            seen("device:1", "screen-lock", pass, hours(1)),  // mended, as an older one saw it
            seen("device:1", "disk-encryption", fail, hours(1)),
            seen("device:1", "wifi-saved", not_applicable, hours(1)),
            seen("device:1", "proxy", unknown, hours(1)),
            seen("device:1", "automount", pass, hours(200)),  // run out
            seen("device:2", "firewall", pass, hours(1), "collector:osquery"),
            seen("list:1", "os-support", pass, hours(1), "collector:list"),
            seen("appliance:1", "known-exploited", pass, hours(1), "collector:appliance"),
            seen("device:3", "firewall", pass, hours(1), "collector:api"),
            seen("organisation", "ask-admin-J-1", pass, hours(1), "person:#1")}));
  auto expected = standing(*db, kNow);
  const std::string closed = "unknown " + seen_by_older_readers().en;
  for (const char* key :
       {"device:1 firewall", "device:1 screen-lock", "device:1 wifi-saved", "device:2 firewall"})
    expected.at(key) = closed;
  EXPECT_EQ(close_older_readers(*db, up_to(7), kNow), 4);
  EXPECT_EQ(standing(*db, kNow), expected);
  EXPECT_EQ(close_older_readers(*db, up_to(7), kNow + hours(1)), 0) << "once is enough";
  // The next report decides again, and is not closed by those who saw it.
  ASSERT_TRUE(append_evidence(*db, {seen("device:1", "firewall", pass, hours(-1))}));
  EXPECT_EQ(close_older_readers(*db, up_to(7), kNow + hours(2)), 0);
  EXPECT_EQ(standing(*db, kNow + hours(2)).at("device:1 firewall"), "pass as it was");
  // A report from before the upgrade that comes late changes nothing.
  ASSERT_TRUE(append_evidence(*db, {seen("device:2", "firewall", pass, hours(1))}));
  EXPECT_EQ(standing(*db, kNow + hours(2)).at("device:2 firewall"), closed);
  EXPECT_EQ(close_older_readers(*db, up_to(8), kNow + hours(3)), 1) << "the one that passes again";
}

TEST_P(Readers, AnOlderVersionThatCameBetweenIsSeen) {
  const auto db = open();
  EXPECT_EQ(close_older_readers(*db, up_to(7), kNow), 0);
  EXPECT_EQ(close_older_readers(*db, up_to(6), kNow), 0) << "set back: nothing of it is closed";
  ASSERT_TRUE(
      append_evidence(*db, {seen("device:1", "firewall", Verdict::pass, std::chrono::hours(1))}));
  EXPECT_EQ(close_older_readers(*db, up_to(7), kNow), 1);
}

TEST_P(Readers, OnlyWhatIsReadOtherwiseIsClosed) {
  const auto db = open();
  std::vector<ReadersChange> history{{1, ""}};
  ASSERT_EQ(close_older_readers(*db, history, kNow), 0);
  std::vector<Evidence> all;
  for (const char* check : {"firewall", "screen-lock", "screen", "wifi-saved", "automount"})
    all.push_back(seen("device:1", check, Verdict::pass, std::chrono::hours(1)));
  ASSERT_TRUE(append_evidence(*db, all));
  history.push_back({2, "screen-lock"});
  history.push_back({3, "wifi-saved firewall"});
  EXPECT_EQ(close_older_readers(*db, history, kNow), 3);
  const auto now = standing(*db, kNow);
  for (const auto& [key, said] : now)
    EXPECT_EQ(said.starts_with("pass"), key == "device:1 screen" || key == "device:1 automount")
        << key << " " << said;
  history.push_back({4, ""});
  EXPECT_EQ(close_older_readers(*db, history, kNow), 2);
}

TEST(ReadersHistory, Rises) {
  std::int64_t before = 0;
  for (const ReadersChange& change : kReadersHistory) {
    EXPECT_GT(change.number, before);
    before = change.number;
  }
}

TEST_P(Readers, TheHistoryStays) {
  const auto db = open();
  ASSERT_TRUE(
      append_evidence(*db, {seen("device:1", "firewall", Verdict::pass, std::chrono::hours(48))}));
  ASSERT_EQ(close_older_readers(*db, up_to(7), kNow), 1);
  std::vector<std::string> verdicts;
  std::vector<std::int64_t> changes;
  ASSERT_TRUE(sightings_since(*db, 0, [&](const KeptSighting& one) {
    verdicts.emplace_back(name(one.sighting.verdict));
    changes.push_back(one.change);
  }));
  EXPECT_THAT(verdicts, testing::ElementsAre("pass", "unknown"));
  EXPECT_THAT(changes, testing::ElementsAre(1, 2)) << "whoever has read up to 1 reads the other";
}

}  // namespace
}  // namespace sekisho
