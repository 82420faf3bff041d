// SPDX-License-Identifier: Apache-2.0
#include "server/access/live_desk.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "faulty_database.h"
#include "office.h"
#include "server/access/closed_here.h"

namespace sekisho {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kDeskPolicy = R"(
policy: {name: desk, about: desk}
resources:
  - {id: wiki, name: w, kind: application, sensitivity: middle, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 1 day, second_factor: none, measures: ["8-3"]}
  - {id: sales, name: s, kind: application, sensitivity: middle, who: {groups: [sales]}, device: any, own_devices: false, evidence: 1 day, second_factor: none, measures: ["8-3"]}
)";

std::string digest_of(std::string_view what) { return sha256(what); }
KeyDigest key_digest(std::string_view what) {
  KeyDigest digest{};
  std::ranges::copy(digest_of(what), digest.begin());
  return digest;
}

/// An office with somebody on a sound PC, and a policy.
class DeskTest : public testing::Test {
 protected:
  explicit DeskTest(const std::function<void(ServerOptions&)>& set = {}) : office(set) {
    db = office.beside();
    office.administrator();
    add("INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, 0, 1)", {kDeskPolicy});
    const std::int64_t one = newcomer("aoi@firm.example");
    person = PersonId(one);
    device = new_device("host:pc-1", one);
    EXPECT_TRUE(desk().catch_up());
  }
  LiveDesk& desk() { return office.server().desk(); }
  std::int64_t add(const std::string& sql, const Values& values) const {
    const auto rows = db->query(sql + " RETURNING id", values);
    if (!rows) throw std::runtime_error(rows.error().describe(Lang::en) + rows.error().reason);
    return rows->front().integer(0);
  }
  void run(const std::string& sql, const Values& values = {}) const {
    const auto done = db->execute(sql, values);
    if (!done) throw std::runtime_error(done.error().describe(Lang::en) + done.error().reason);
  }
  std::int64_t newcomer(const std::string& email) const {
    return add(
        "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
        "VALUES (?, 'A', 'teleworker', 'en', 'active', 0, '', 0)",
        {email});
  }
  DeviceId new_device(const std::string& subject, std::int64_t holder) const {
    const DeviceId id(
        add("INSERT INTO device (subject, name, person_id, state, created_at, own) VALUES (?, ?, "
            "?, 'active', 0, 0)",
            {subject, subject, holder}));
    run("INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
        "expires_at) VALUES (?, ?, ?, 0, ?)",
        {id, hex(digest_of(subject)), base64url("key of " + subject),
         value_of(office.time + hours(1000))});
    saw(subject, Verdict::pass);
    return id;
  }
  void saw(const std::string& subject, Verdict verdict, hours holds = hours(20)) const {
    std::vector<Evidence> all;
    for (const char* check : {"disk-encryption", "swap-encryption"})
      all.push_back({{subject},
                     check,
                     {verdict, {"見た", "seen"}, Compared{.place = "/etc/crypttab"}},
                     office.time,
                     office.time + holds,
                     "collector:host"});
    const auto kept = append_evidence(*db, all);
    if (!kept) throw std::runtime_error(kept.error().describe(Lang::en));
  }
  AccessEntry entry(const char* resource = "wiki") const {
    return {*EnforcerId::parse("gate"), *ResourceId::parse(resource),     person, device, {},
            office.time + hours(8),     ClientAddress::parse("192.0.2.1")};
  }
  std::optional<SessionToken> come(const char* resource = "wiki") {
    const AccessVerdict verdict = desk().enter(entry(resource));
    if (!verdict.token || !desk().opened(*EnforcerId::parse("gate"), *verdict.token, "h"))
      return std::nullopt;
    return verdict.token;
  }
  AccessReasonCode why(const AccessEntry& who) {
    const AccessVerdict verdict = desk().enter(who);
    return verdict.decision.reasons.empty() ? AccessReasonCode::resource_unknown
                                            : verdict.decision.reasons.front().code;
  }

  Office office;
  std::unique_ptr<Database> db;
  PersonId person;
  DeviceId device;
};

TEST_F(DeskTest, KnowsWhoIsMeant) {
  EXPECT_EQ(desk().person_of("AOI@firm.example"), person);
  EXPECT_FALSE(desk().person_of("aoi@firm.example.evil"));
  EXPECT_EQ(desk().device_of_certificate(key_digest("host:pc-1")), device);
  EXPECT_EQ(desk().device_of_key(key_digest("key of host:pc-1")), device);
  EXPECT_FALSE(desk().device_of_key(key_digest("host:pc-1")));
  EXPECT_EQ(desk().devices_of(person), std::vector{device});
  run("UPDATE device_certificate SET revoked_at = 1");
  ASSERT_TRUE(desk().catch_up());
  EXPECT_FALSE(desk().device_of_certificate(key_digest("host:pc-1")));
  EXPECT_FALSE(desk().device_of_key(key_digest("key of host:pc-1")));
  run("UPDATE person SET state = 'disabled' WHERE id = ?", {person});
  ASSERT_TRUE(desk().catch_up());
  EXPECT_FALSE(desk().person_of("aoi@firm.example"));
}

TEST_F(DeskTest, AKeyOfTwoDevicesProvesNeither) {
  const DeviceId other = new_device("host:pc-2", person.number());
  run("UPDATE device_certificate SET public_key = ? WHERE device_id = ?",
      {base64url("key of host:pc-1"), other});
  run("UPDATE device_certificate SET revoked_at = NULL WHERE device_id = ?", {other});
  ASSERT_TRUE(desk().catch_up());
  EXPECT_FALSE(desk().device_of_key(key_digest("key of host:pc-1")));
  EXPECT_EQ(desk().device_of_certificate(key_digest("host:pc-2")), other);
}

TEST_F(DeskTest, ADeviceIsToldOfWhatIsClosedThereAndOfNothingElse) {
  std::vector<std::vector<DeviceId>> news;
  desk().on_news([&](const std::vector<DeviceId>& devices) { news.push_back(devices); });
  const auto closed = [&] {
    EXPECT_TRUE(desk().catch_up());
    std::vector<std::string> list;
    for (const ClosedHere& one : closed_here(desk(), person, device))
      list.push_back(one.name.en + ": " + one.why.en);
    return list;
  };
  // A resource of others is none of theirs.
  EXPECT_EQ(closed(), std::vector<std::string>());
  EXPECT_EQ(news.size(), 0U);
  saw("host:pc-1", Verdict::fail);
  ASSERT_EQ(closed().size(), 1U);
  EXPECT_EQ(closed().front().substr(0, 3), "w: ");
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news.back(), std::vector{device});
  saw("host:pc-1", Verdict::pass);
  EXPECT_EQ(closed(), std::vector<std::string>());
  run("INSERT INTO access_suspension (person_id, reason, begun_at, begun_by) VALUES (?, 'x', 0, 1)",
      {person});
  EXPECT_NE(closed().front().find("suspended"), std::string::npos);
  EXPECT_EQ(news.back(), std::vector{device});
  run("UPDATE access_suspension SET restored_at = 1");
  EXPECT_EQ(closed(), std::vector<std::string>());
  news.clear();
  run("UPDATE device SET looks_asked = looks_asked + 1");
  EXPECT_TRUE(desk().catch_up());
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news.back(), std::vector{device});
  // What concerns all.
  add("INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, 0, 1)", {kDeskPolicy});
  EXPECT_TRUE(desk().catch_up());
  EXPECT_EQ(news.back(), std::vector<DeviceId>());
  desk().on_news({});
}

TEST_F(DeskTest, WhateverAnotherProcessCommitsIsFollowedAndCuts) {
  struct Change {
    const char* sql;
    const char* back;
    AccessReasonCode code;
  };
  const std::vector<Change> changes{
      {"UPDATE person SET state = 'disabled' WHERE id = 2",
       "UPDATE person SET state = 'active' WHERE id = 2", AccessReasonCode::person_disabled},
      {"UPDATE person SET roles = 'auditor' WHERE id = 2",
       "UPDATE person SET roles = 'teleworker' WHERE id = 2", AccessReasonCode::person_not_named},
      {"UPDATE device SET state = 'lost'", "UPDATE device SET state = 'active'",
       AccessReasonCode::device_lost},
      {"UPDATE device SET copied_at = 1", "UPDATE device SET copied_at = NULL",
       AccessReasonCode::device_copied},
      {"UPDATE device SET person_id = 1", "UPDATE device SET person_id = 2",
       AccessReasonCode::device_of_another},
      {"UPDATE device SET own = 1", "UPDATE device SET own = 0", AccessReasonCode::device_private},
      {"UPDATE device_certificate SET revoked_at = 1",
       "UPDATE device_certificate SET revoked_at = NULL", AccessReasonCode::device_unproven},
      {"INSERT INTO access_suspension (person_id, reason, begun_at, begun_by) VALUES (2, 'r', 0, "
       "1)",
       "UPDATE access_suspension SET restored_at = 1", AccessReasonCode::person_suspended},
      {"INSERT INTO access_suspension (device_id, reason, begun_at, begun_by) VALUES (1, 'r', 0, "
       "1)",
       "UPDATE access_suspension SET restored_at = 1", AccessReasonCode::device_suspended},
      {"INSERT INTO access_policy (text, saved_at, saved_by) SELECT replace(text, 'wiki', 'tiki'), "
       "0, 1 FROM access_policy",
       "INSERT INTO access_policy (text, saved_at, saved_by) SELECT text, 0, 1 FROM access_policy "
       "WHERE id = 1",
       AccessReasonCode::resource_unknown},
  };
  std::vector<AccessDesk::Cut> cuts;
  const auto told = desk().on_cut(*EnforcerId::parse("gate"), [&](const AccessDesk::Cut& cut) {
    cuts.push_back(cut);
    return true;
  });
  for (const Change& one : changes) {
    const auto token = come();
    ASSERT_TRUE(token) << one.sql;
    run(one.sql);
    ASSERT_TRUE(desk().catch_up());
    ASSERT_EQ(cuts.size(), 1U) << one.sql;
    EXPECT_EQ(cuts[0].token.bytes(), token->bytes());
    EXPECT_EQ(cuts[0].handle, "h");
    EXPECT_FALSE(cuts[0].why.ja.empty());
    EXPECT_EQ(why(entry()), one.code) << one.sql;
    EXPECT_TRUE(desk().live(*EnforcerId::parse("gate")).empty());
    run(one.back);
    ASSERT_TRUE(desk().catch_up());
    cuts.clear();
  }
  EXPECT_TRUE(come());
}

// As is whoever came by a device's key (SSH), which no session of the console stands behind.
TEST_F(DeskTest, WhoseKeysWereTakenIsOutAndComesInAnew) {
  ASSERT_TRUE(come());
  run("UPDATE person SET keys_ended = keys_ended + 1 WHERE id = 2");
  const AccessVerdict before = desk().enter(entry());  // decided by what was so before
  ASSERT_TRUE(before.token);
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(desk().LiveDesk::live().empty());
  EXPECT_FALSE(desk().opened(*EnforcerId::parse("gate"), *before.token, "h"));
  EXPECT_TRUE(come());
}

TEST_F(DeskTest, WhatCouldNotBeCutIsSaidSo) {
  for (const bool can : {true, false}) {
    const auto told =
        desk().on_cut(*EnforcerId::parse("gate"), [&](const AccessDesk::Cut&) { return can; });
    ASSERT_TRUE(come());
    run("UPDATE device SET state = 'lost'");
    ASSERT_TRUE(desk().catch_up());
    run("UPDATE device SET state = 'active'");
    ASSERT_TRUE(desk().catch_up());
    ASSERT_TRUE(desk().write_log());
    EXPECT_EQ(office.count("access_event WHERE kind = 'cut'"), 1);
    EXPECT_EQ(office.count("access_event WHERE kind = 'uncut'"), can ? 0 : 1);
  }
}

TEST_F(DeskTest, EvidenceCutsAndLetsInAgain) {
  const auto token = come();
  ASSERT_TRUE(token);
  office.time += seconds(60);
  saw("host:pc-2", Verdict::fail);  // of another device
  ASSERT_TRUE(desk().catch_up());
  EXPECT_EQ(desk().LiveDesk::live().size(), 1U);
  saw("host:pc-1", Verdict::fail);
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(desk().LiveDesk::live().empty());
  EXPECT_EQ(desk().ask(*token, device, {}).decision.answer, AccessAnswer::deny);
  office.time += seconds(60);
  saw("host:pc-1", Verdict::pass);
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(come());
  // What is seen again and again stays one fact, which runs out with its end.
  for (int i = 0; i < 30; ++i) {
    office.time += hours(1);
    saw("host:pc-1", Verdict::pass);
    ASSERT_TRUE(desk().catch_up());
  }
  EXPECT_TRUE(come());
  office.time += hours(20);
  ASSERT_TRUE(desk().catch_up());
  EXPECT_FALSE(come());
}

TEST_F(DeskTest, GroupsCount) {
  EXPECT_EQ(why(entry("sales")), AccessReasonCode::person_not_named);
  run("INSERT INTO person_group (person_id, name) VALUES (?, 'sales')", {person});
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(come("sales"));
  run("DELETE FROM person_group");
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(desk().LiveDesk::live().empty());
}

TEST_F(DeskTest, ABrokenPolicyLetsNobodyInAndSaysSo) {
  ASSERT_TRUE(come());
  run("INSERT INTO access_policy (text, saved_at, saved_by) VALUES ('policy: {', 0, 1)");
  EXPECT_FALSE(desk().catch_up());
  EXPECT_TRUE(come());  // by the last good one, for its lifetime
  office.time += seconds(5);
  EXPECT_FALSE(desk().catch_up());
  EXPECT_EQ(why(entry()), AccessReasonCode::snapshot_over);
  desk().sweep();
  EXPECT_TRUE(desk().LiveDesk::live().empty());
  run("DELETE FROM access_policy WHERE id = 2");
  EXPECT_TRUE(desk().catch_up());
  EXPECT_TRUE(come());
}

TEST_F(DeskTest, AClockThatGoesBackIsNoticed) {
  ASSERT_TRUE(come());
  office.time -= hours(1);
  EXPECT_EQ(why(entry()), AccessReasonCode::clock_back);
  desk().sweep();
  EXPECT_TRUE(desk().LiveDesk::live().empty());
  EXPECT_TRUE(desk().catch_up());
  EXPECT_NE(why(entry()), AccessReasonCode::clock_back);
}

TEST_F(DeskTest, WhoLetsGoIsToldNoMore) {
  int told = 0;
  auto listening =
      desk().on_cut(*EnforcerId::parse("gate"), [&](const AccessDesk::Cut&) { return ++told > 0; });
  const auto other = desk().on_cut(*EnforcerId::parse("ssh-1"),
                                   [&](const AccessDesk::Cut&) { return (told += 100) > 0; });
  ASSERT_TRUE(come());
  run("UPDATE device SET state = 'lost'");
  ASSERT_TRUE(desk().catch_up());
  EXPECT_EQ(told, 1);
  run("UPDATE device SET state = 'active'");
  ASSERT_TRUE(desk().catch_up());
  ASSERT_TRUE(come());
  listening.reset();
  run("UPDATE device SET state = 'lost'");
  ASSERT_TRUE(desk().catch_up());
  EXPECT_EQ(told, 1);
}

/// The same over a database that fails where the test says.
class FailingDeskTest : public DeskTest {
 protected:
  FailingDeskTest() : FailingDeskTest(std::make_shared<FaultPlan>()) {}
  explicit FailingDeskTest(const std::shared_ptr<FaultPlan>& made)
      : DeskTest([made](ServerOptions& options) { options.connect = faulty(*made); }), plan(made) {}
  std::shared_ptr<FaultPlan> plan;
};

TEST_F(FailingDeskTest, ADatabaseThatIsGoneLetsNobodyInAfterItsBound) {
  ASSERT_TRUE(come());
  for (const auto how : {FaultPlan::How::fails, FaultPlan::How::throws}) {
    plan->fail_next(1, how);
    EXPECT_FALSE(desk().catch_up());
    EXPECT_TRUE(plan->struck);
    EXPECT_TRUE(come());
    office.time += seconds(5);
    EXPECT_EQ(why(entry()), AccessReasonCode::snapshot_over);
    plan->calm();
    EXPECT_TRUE(desk().catch_up());
    EXPECT_TRUE(come());
  }
}

TEST_F(FailingDeskTest, WhereverItFailsInTheMiddleWhatFollowsIsWhole) {
  for (std::size_t at = 1;; ++at) {
    ASSERT_LT(at, 100U);
    run("UPDATE device SET state = 'lost'");
    saw("host:pc-1", Verdict::pass);
    plan->fail_next(at);
    const bool well = desk().catch_up();
    EXPECT_EQ(well, !plan->struck) << at;
    const bool struck = plan->struck;
    plan->calm();
    ASSERT_TRUE(desk().catch_up());
    EXPECT_EQ(why(entry()), AccessReasonCode::device_lost) << at;
    run("UPDATE device SET state = 'active'");
    ASSERT_TRUE(desk().catch_up());
    EXPECT_TRUE(come()) << at;
    if (!struck) break;
  }
}

TEST(EnforcerId, HasOneSpelling) {
  for (const char* good : {"gate", "ssh-db1", "7"}) EXPECT_TRUE(EnforcerId::parse(good));
  for (const std::string& wrong :
       {std::string(), std::string("Gate"), std::string("a b"), std::string("a\n"),
        std::string("a\0b", 3), std::string(65, 'a')})
    EXPECT_FALSE(EnforcerId::parse(wrong));
}

}  // namespace
}  // namespace sekisho
