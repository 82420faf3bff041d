// SPDX-License-Identifier: Apache-2.0
#include "store/news.h"

#include <gtest/gtest.h>

#include "databases.h"

namespace sekisho {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

using NewsTest = Databases;
SEKISHO_BOTH_DATABASES(NewsTest);

TEST_P(NewsTest, IsToldOfWhatDecisionsOnAccessStandOnAndOfNothingElse) {
  if (!postgres()) GTEST_SKIP() << "a file tells nobody";
  const auto db = open();
  ASSERT_TRUE(db);
  const auto news = listen_for_news(where(), "sekisho_access");
  ASSERT_TRUE(news);
  EXPECT_EQ((*news)->wait(milliseconds(20)), false);
  const char* person =
      "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
      "VALUES (?, 'A', 'teleworker', 'en', 'active', 0, '', 0)";
  ASSERT_TRUE(db->execute(person, {std::string("a@firm.example")}));
  EXPECT_EQ((*news)->wait(seconds(20)), true);
  // When somebody was last seen changes no decision.
  ASSERT_TRUE(db->execute("UPDATE person SET seen_at = 1"));
  EXPECT_EQ((*news)->wait(milliseconds(20)), false);
  // What was taken back was never so.
  {
    auto change = db->begin_change();
    ASSERT_TRUE(change);
    ASSERT_TRUE(db->execute(person, {std::string("b@firm.example")}));
  }
  EXPECT_EQ((*news)->wait(milliseconds(20)), false);
  ASSERT_TRUE(db->execute(
      "INSERT INTO evidence (change, subject, check_id, verdict, first_at, observed_at, "
      "valid_until, source, detail_ja, detail_en) VALUES (1, 's', 'c', 'pass', 1, 1, 2, 'x', '', "
      "'')"));
  EXPECT_EQ((*news)->wait(seconds(20)), true);
  // Who is thrown out hears so.
  ASSERT_TRUE(
      db->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND pid <> pg_backend_pid()"));
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) gone = !(*news)->wait(milliseconds(200));
  EXPECT_TRUE(gone);
}

}  // namespace
}  // namespace sekisho
