// SPDX-License-Identifier: Apache-2.0
// Several servers on one database: what one acknowledges is in force at the others, and one that is
// cut off from the database lets nobody in.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "databases.h"
#include "guideline/embedded.h"
#include "server/access/live_desk.h"

namespace sekisho {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

const Guideline& desk_guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}

constexpr const char* kSharedPolicy = R"(
policy: {name: shared, about: shared}
resources:
  - {id: wiki, name: w, kind: application, sensitivity: middle, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 1 day, second_factor: none, measures: ["8-3"]}
)";

/// One server's part.
struct DeskOf {
  ServerOptions options;
  std::unique_ptr<LiveDesk> desk;
  std::atomic<int> cuts = 0;
  std::shared_ptr<void> told;

  explicit DeskOf(const std::string& where) {
    options.database = where;
    desk = std::make_unique<LiveDesk>(desk_guideline(), options);
    told = desk->on_cut(*EnforcerId::parse("gate"),
                        [this](const AccessDesk::Cut&) { return ++cuts > 0; });
    EXPECT_TRUE(desk->catch_up());
    desk->begin();
  }
  /// `unsealed`: by a code for emergencies.
  std::optional<SessionToken> come(bool unsealed = false) {
    const AccessVerdict verdict = desk->enter({*EnforcerId::parse("gate"),
                                               *ResourceId::parse("wiki"),
                                               PersonId(1),
                                               DeviceId(1),
                                               {},
                                               now() + hours(8),
                                               ClientAddress::parse("192.0.2.1"),
                                               "",
                                               unsealed});
    if (!verdict.token || !desk->opened(*EnforcerId::parse("gate"), *verdict.token, "h"))
      return std::nullopt;
    return verdict.token;
  }
};

/// How long until it is so; far longer than it should ever take where it never is.
template <typename So>
milliseconds until(So so) {
  const auto begun = steady_clock::now();
  while (!so() && steady_clock::now() - begun < std::chrono::seconds(20))
    std::this_thread::sleep_for(milliseconds(1));
  EXPECT_TRUE(so());
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
}

class SharedDesk : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    db = open();
    ASSERT_TRUE(db);
    for (const auto& [sql, values] : std::vector<std::pair<const char*, Values>>{
             {"INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, "
              "created_at) VALUES ('a@firm.example', 'A', 'teleworker', 'en', 'active', 0, '', 0)",
              {}},
             {"INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, 0, 1)",
              {std::string(kSharedPolicy)}},
             {"INSERT INTO device (subject, name, person_id, state, created_at, own) VALUES "
              "('host:pc-1', 'pc-1', 1, 'active', 0, 0)",
              {}},
             {"INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
              "expires_at) VALUES (1, ?, 'AAAA', 0, ?)",
              {std::string(64, 'a'), value_of(now() + hours(1000))}}})
      ASSERT_TRUE(db->execute(sql, values)) << sql;
    std::vector<Evidence> all;
    for (const char* check : {"disk-encryption", "swap-encryption"})
      all.push_back({{"host:pc-1"},
                     check,
                     {Verdict::pass, {"見た", "seen"}, Compared{.place = "/etc/crypttab"}},
                     now(),
                     now() + hours(20),
                     "collector:host"});
    ASSERT_TRUE(append_evidence(*db, all));
  }
  Result<void> suspend() const {
    return db->execute(
        "INSERT INTO access_suspension (device_id, reason, begun_at) VALUES (1, 'r', 0)");
  }
  std::unique_ptr<Database> db;
};
SEKISHO_BOTH_DATABASES(SharedDesk);

TEST_P(SharedDesk, WhatOneAcknowledgesIsInForceAtTheOther) {
  DeskOf one(where());
  DeskOf other(where());
  ASSERT_TRUE(one.come());
  ASSERT_TRUE(other.come());
  ASSERT_TRUE(suspend());
  ASSERT_TRUE(one.desk->catch_up());  // acknowledged
  EXPECT_EQ(one.cuts, 1);
  EXPECT_FALSE(one.come());
  const auto took = until([&] { return other.cuts == 1; });
  RecordProperty("cut_at_the_other_ms", static_cast<int>(took.count()));
  EXPECT_FALSE(other.come());
}

TEST_P(SharedDesk, WhoIsInByACodeForEmergenciesIsMarkedAtAll) {
  ASSERT_TRUE(db->execute("UPDATE person SET roles = 'administrator'"));
  ASSERT_TRUE(
      db->execute("INSERT INTO emergency_seal (person_id, code, hours, sealed_at, "
                  "opened_at, opened_from, reason, open_until) VALUES (1, 'x', 1, 0, 0, "
                  "'', '', ?)",
                  {value_of(now() + hours(1))}));
  DeskOf one(where());
  const DeskOf other(where());
  ASSERT_TRUE(one.come(true));
  EXPECT_TRUE(one.desk->write_log());
  const auto all = (postgres() ? other : one).desk->who_is_in(*db);  // a file has one server
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1U);
  EXPECT_TRUE(all->front().entry.unsealed);
}

TEST_P(SharedDesk, WhoIsInAtOneIsShownByAll) {
  DeskOf one(where());
  auto other = std::make_unique<DeskOf>(where());
  const auto shown = [&](const LiveDesk& desk) {
    const auto all = desk.who_is_in(*db);
    EXPECT_TRUE(all);
    return all ? all->size() : 0;
  };
  const std::size_t theirs = postgres() ? 1 : 0;  // a file has one server
  const auto first = one.come();
  ASSERT_TRUE(first);
  until([&] { return shown(*other->desk) == theirs; });
  EXPECT_EQ(shown(*one.desk), 1U);
  ASSERT_TRUE(other->come());
  until([&] { return shown(*one.desk) == 1 + theirs; });
  if (postgres()) {
    const auto all = one.desk->who_is_in(*db);
    ASSERT_TRUE(all);
    const auto [here, there] = std::pair(all->back(), all->front());
    EXPECT_EQ(there.entry.person, here.entry.person);
    EXPECT_EQ(there.entry.device, here.entry.device);
    EXPECT_EQ(there.entry.resource, here.entry.resource);
    EXPECT_EQ(there.entry.enforcer, here.entry.enforcer);
    EXPECT_EQ(there.entry.from, here.entry.from);
    EXPECT_LE(there.entry.until - here.entry.until, hours(1));
    EXPECT_FALSE(there.entry.unsealed);
    // One that said nothing for long is gone, until it says something.
    ASSERT_TRUE(db->execute("UPDATE live_server SET seen_at = 0"));
    EXPECT_EQ(shown(*one.desk), 1U);
    ASSERT_TRUE(other->come());
    until([&] { return shown(*one.desk) == 3; });
    other->desk->closed(*EnforcerId::parse("gate"), *other->come());
  }
  one.desk->closed(*EnforcerId::parse("gate"), *first);
  EXPECT_TRUE(one.desk->write_log());
  until([&] { return shown(*one.desk) == 2 * theirs; });
  other->desk->end();
  EXPECT_EQ(shown(*one.desk), 0U);
}

TEST_P(SharedDesk, OneThatIsCutOffLetsNobodyInAndComesBack) {
  if (!postgres()) GTEST_SKIP() << "a file is not cut off";
  DeskOf one(where());
  ASSERT_TRUE(one.come());
  // From beside it: nobody shuts the database that they are in.
  const std::size_t slash = where().rfind('/');
  const auto beside = connect_database(where().substr(0, slash) + "/postgres");
  ASSERT_TRUE(beside);
  const std::string shut = "ALTER DATABASE " + where().substr(slash + 1) + " ALLOW_CONNECTIONS ";
  ASSERT_TRUE((*beside)->script(shut + "false"));
  ASSERT_TRUE(db->query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
      "AND pid <> pg_backend_pid()"));
  until([&] { return !one.come().has_value(); });
  // What is taken back meanwhile holds here too, although it isn't known here.
  ASSERT_TRUE(suspend());
  EXPECT_FALSE(one.come());
  // In the end nobody stays.
  until([&] { return one.desk->live(*EnforcerId::parse("gate")).empty(); });
  EXPECT_FALSE(one.come());
  ASSERT_TRUE((*beside)->script(shut + "true"));
  ASSERT_TRUE(db->execute("UPDATE access_suspension SET restored_at = 1"));
  until([&] { return one.come().has_value(); });
}

}  // namespace
}  // namespace sekisho
