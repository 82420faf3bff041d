// SPDX-License-Identifier: Apache-2.0
// Who has the secret of all nodes can say that they are any: what is made of it.
#include "server/devices/osquery.h"

#include <gtest/gtest.h>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "databases.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

class OsqueryTest : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    options.clock = [this] { return time; };
    db = open();
    ASSERT_TRUE(set_setting(*db, kOsquerySecret, secret_hash("secret")));
  }
  boost::json::value ask(const std::string& what, const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/osquery/" + what;
    request.body = body;
    const HttpReply reply = answer_osquery(request, *db, guideline, options);
    EXPECT_EQ(reply.status, 200U) << reply.body;
    return boost::json::parse(reply.body);
  }
  /// Its key; empty when it isn't let in.
  std::string enrol(const std::string& identifier) {
    const auto reply =
        ask("enroll",
            fmt::format(R"({{"enroll_secret":"secret","host_identifier":"{}"}})", identifier));
    const auto* key = reply.as_object().if_contains("node_key");
    return key == nullptr ? "" : std::string(key->as_string());
  }
  bool speaks(const std::string& key) {
    const auto reply = ask("config", fmt::format(R"({{"node_key":"{}"}})", key));
    const auto* invalid = reply.as_object().if_contains("node_invalid");
    return invalid == nullptr || !invalid->as_bool();
  }
  std::int64_t count(const std::string& from) {
    return db->query("SELECT COUNT(*) FROM " + from)->front().integer(0);
  }

  Guideline guideline = *load_guideline(embedded_guideline());
  ServerOptions options;
  Time time = *parse_time("2026-11-24T00:00:00Z");
  std::unique_ptr<Database> db;
};

TEST_P(OsqueryTest, ANodeThatWasSetUpAnewGoesOn) {
  const std::string before = enrol("a");
  const std::string after = enrol("a");
  EXPECT_TRUE(speaks(after));
  EXPECT_TRUE(speaks(after));
  EXPECT_EQ(count("device"), 1);
  EXPECT_EQ(count("device WHERE copied_at IS NOT NULL"), 0);
}

// Whoever made the secret knows it, wherever they are.
TEST_P(OsqueryTest, ASecretOfWhoLeftLetsNobodyInAndWhoIsInStays) {
  ASSERT_TRUE(db->execute(
      "INSERT INTO person (id, email, name, roles, lang, state, totp_step, recovery, created_at) "
      "VALUES (7, 'a@firm.example', 'A', 'teleworker administrator', 'en', 'active', 0, '', 1)"));
  ASSERT_TRUE(set_setting(*db, kOsqueryMaker, "7"));
  const std::string in = enrol("a");
  EXPECT_TRUE(speaks(in));
  for (const char* change : {"state = 'disabled'", "state = 'erased'", "roles = ''",
                             "roles = 'teleworker executive'", "roles = 'administrators'"}) {
    ASSERT_TRUE(db->execute(std::string("UPDATE person SET ") + change));
    EXPECT_EQ(enrol("b"), "") << change;
    EXPECT_TRUE(speaks(in)) << change;
    ASSERT_TRUE(db->execute("UPDATE person SET state = 'active', roles = 'administrator'"));
    EXPECT_NE(enrol("c"), "") << change;
  }
  for (const char* nobody : {"8", "", "x"}) {
    ASSERT_TRUE(set_setting(*db, kOsqueryMaker, nobody));
    EXPECT_EQ(enrol("b"), "") << nobody;
  }
  EXPECT_EQ(count("device"), 2);
}

TEST_P(OsqueryTest, TwoThatGoByOneIdentifierAreSeen) {
  const std::string real = enrol("a");
  EXPECT_TRUE(speaks(real));
  const std::string thief = enrol("a");
  EXPECT_TRUE(speaks(thief)) << "until the other is heard of";
  EXPECT_FALSE(speaks(real));
  EXPECT_EQ(count("device WHERE copied_at IS NOT NULL"), 1);
  EXPECT_FALSE(speaks(thief)) << "neither is believed";
  EXPECT_EQ(enrol("a"), "");
  EXPECT_FALSE(speaks(real));
  EXPECT_EQ(count("audit WHERE action = 'device-copied'"), 1);
  // A key that never was is nobody's.
  EXPECT_FALSE(speaks("x"));
  EXPECT_EQ(count("audit WHERE action = 'device-copied'"), 1);
}

TEST_P(OsqueryTest, OneThatWasGivenUpStaysSo) {
  const std::string key = enrol("a");
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'retired'"));
  EXPECT_FALSE(speaks(key));
  EXPECT_EQ(enrol("a"), "");
  ASSERT_TRUE(db->execute("UPDATE device SET state = 'active'"));
  EXPECT_TRUE(speaks(key));
}

TEST_P(OsqueryTest, NewOnesAreABoundedNumberAnHour) {
  const std::string known = enrol("known");
  for (int i = 0; i < 999; ++i)
    ASSERT_TRUE(
        db->execute("INSERT INTO device (subject, name, state, created_at) VALUES (?, 'd', "
                    "'active', ?)",
                    {fmt::format("osquery:{}", i), value_of(time)}));
  EXPECT_EQ(enrol("more"), "");
  EXPECT_NE(enrol("known"), "") << "who is known is no new one";
  time += std::chrono::hours(1);
  EXPECT_NE(enrol("more"), "");
}

SEKISHO_BOTH_DATABASES(OsqueryTest);

}  // namespace
}  // namespace sekisho
