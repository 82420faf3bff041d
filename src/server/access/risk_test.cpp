// SPDX-License-Identifier: Apache-2.0
// The risk of impersonation from sign-ins to decisions, on both databases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/observe/address.h"
#include "collect/observe/sensor.h"
#include "databases.h"
#include "office.h"
#include "server/access/live_desk.h"
#include "server/people/sign_in_history.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

constexpr const char* kFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0";
constexpr const char* kStranger = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36";
constexpr const char* kRiskPolicy = R"(
policy: {name: risk, about: risk}
resources:
  - {id: wiki, name: w, kind: application, sensitivity: middle, who: {roles: [teleworker]}, device: registered, own_devices: false, evidence: 30 days, second_factor: none, measures: ["8-3"]}
)";

/// An administrator, and Aoi with a sound PC, who has come to work from one place for a while.
class RiskOffice : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    office = std::make_unique<Office>([&](ServerOptions& options) { options.database = where(); });
    admin = office->administrator();
    worker = office->newcomer(admin, "aoi@firm.example", {"teleworker"}, &app);
    db = office->beside();
    run("INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, 0, 1)",
        {std::string(kRiskPolicy)});
    run("INSERT INTO device (subject, name, person_id, state, created_at, own) VALUES "
        "('host:pc-1', 'pc-1', 2, 'active', 0, 0), ('host:pc-2', 'pc-2', 1, 'active', 0, 0)");
    for (const int device : {1, 2})
      run("INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
          "expires_at) VALUES (?, ?, 'AAAA', 0, ?)",
          {std::int64_t{device}, std::string(64, device == 1 ? 'a' : 'b'),
           value_of(office->time + hours(5000))});
    saw(Verdict::pass);
    ASSERT_TRUE(desk().catch_up());
  }
  void saw(Verdict verdict) const {
    std::vector<Evidence> all;
    for (const char* check : {"disk-encryption", "swap-encryption"})
      all.push_back({{"host:pc-1"},
                     check,
                     {verdict, {"見た", "seen"}, Compared{.place = "/etc/crypttab"}},
                     office->time,
                     office->time + hours(500),
                     "collector:host"});
    ASSERT_TRUE(append_evidence(*db, all));
  }
  void run(const std::string& sql, const Values& values = {}) const {
    const auto done = db->write([&] { return db->execute(sql, values); });
    if (!done) throw std::runtime_error(done.error().describe(Lang::en) + done.error().reason);
  }
  void sign_in(Time at, const char* outcome, const char* origin, const char* agent = kFirefox,
               const char* factor = "code", int person = 2) const {
    run("INSERT INTO sign_in (person_id, at, outcome, factor, place, origin, agent, device_id) "
        "VALUES (?, ?, ?, ?, 'console', ?, ?, 0)",
        {std::int64_t{person}, value_of(at), std::string(outcome), std::string(factor),
         std::string(origin), std::string(agent)});
  }
  /// A month of mornings at home.
  void usual() const {
    for (int day = 40; day > 0; --day)
      sign_in(office->time - hours(24 * day), "signed_in", "192.0.2.1");
  }
  LiveDesk& desk() const { return office->server().desk(); }
  AccessEntry entry(const char* from) const {
    return {*EnforcerId::parse("gate"), *ResourceId::parse("wiki"), PersonId(2), DeviceId(1), {},
            office->time + hours(8),    ClientAddress::parse(from), kFirefox};
  }
  AccessVerdict look(const char* from) const {
    EXPECT_TRUE(desk().catch_up());
    return desk().look(entry(from));
  }
  json::value risk() {
    EXPECT_TRUE(desk().catch_up());
    return office->must(admin, "GET", "/people/2/risk");
  }

  std::unique_ptr<Office> office;
  Visitor admin;
  Visitor worker;
  std::string app;
  std::unique_ptr<Database> db;
};

TEST_P(RiskOffice, EachSignInIsRecordedAndNoStrangerIs) {
  Visitor one;
  one.peer = "192.0.2.7";
  const auto ask = [&](const char* email, const char* password) {
    office->time += minutes(20);
    return office
        ->ask(one, "POST", "/sign-in",
              json::serialize(json::object{{"email", email}, {"password", password}}),
              {{"user-agent", kFirefox}})
        .status;
  };
  const std::int64_t before = office->count("sign_in");
  EXPECT_EQ(ask("aoi@firm.example", "wrong wrong wrong"), 401U);
  EXPECT_EQ(ask("nobody@firm.example", "wrong wrong wrong"), 401U);
  EXPECT_EQ(office->count("sign_in") - before, 1);
  EXPECT_EQ(office->count("sign_in WHERE person_id = 2 AND outcome = 'password_refused' AND "
                          "factor = 'password' AND origin = '192.0.2.7'"),
            1);
  EXPECT_EQ(ask("aoi@firm.example", Office::kPassword), 200U);
  office->learn(one);
  EXPECT_EQ(office->ask(one, "POST", "/sign-in/code", R"({"code": "000000"})").status, 401U);
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'factor_refused' AND factor = 'code'"), 1);
  EXPECT_EQ(office->count("sign_in") - before, 2);  // half of a sign-in is none
  office->must(one, "POST", "/sign-in/code", {{"code", office->code(app)}});
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'signed_in' AND factor = 'code' AND origin = "
                          "'192.0.2.7'"),
            1);
  const auto mine = office->must(one, "GET", "/me/sign-ins?limit=2");
  EXPECT_EQ(mine.at("items").at(0).at("outcome"), "signed_in");
  EXPECT_EQ(mine.at("items").at(1).at("outcome"), "factor_refused");
  EXPECT_NE(mine.at("next"), nullptr);
  EXPECT_EQ(office->must(one, "GET", "/me/sign-ins").at("items").at(2).at("browser"), "Firefox");
}

TEST_P(RiskOffice, GuessingAsksForAFactorAndShowingItAnswers) {
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  const auto came = desk().enter(entry("127.0.0.1"));
  ASSERT_TRUE(came.token && desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  for (int i = 0; i < 10; ++i) sign_in(office->time - minutes(i), "password_refused", "127.0.0.1");
  const AccessVerdict asked = look("127.0.0.1");
  EXPECT_EQ(asked.decision.answer, AccessAnswer::step_up);
  EXPECT_EQ(asked.decision.reasons.at(0).code, AccessReasonCode::risk_raised);
  EXPECT_THAT(asked.words.en, HasSubstr("- From this address the password was got wrong"));
  EXPECT_THAT(asked.words.ja, HasSubstr("- この接続元から"));
  EXPECT_TRUE(desk().live().empty());  // who was in is asked too
  // From elsewhere it is a weaker sign, and nobody is locked out by guesses.
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  EXPECT_EQ(risk().at("signs").at(0).at("signal"), "guessing_here");
  EXPECT_EQ(risk().at("risk"), "raised");
  // Asked, and shown from there: it counts no more, and is told as answered.
  office->time += minutes(1);
  office->must(worker, "POST", "/me/proof", {{"code", office->code(app)}});
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'vouched'"), 1);
  EXPECT_EQ(look("127.0.0.1").decision.answer, AccessAnswer::allow);
  EXPECT_EQ(risk().at("risk"), "low");
  EXPECT_EQ(risk().at("signs").at(0).at("answered"), true);
  office->time += minutes(61);
  EXPECT_TRUE(risk().at("signs").as_array().empty());
}

TEST_P(RiskOffice, AStrangersSignInIsAskedAtEveryApplication) {
  usual();
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  // Password and code were coaxed out of Aoi: the sign-in went well.
  sign_in(office->time, "signed_in", "203.0.113.9", kStranger);
  const AccessVerdict asked = look("203.0.113.9");
  EXPECT_EQ(asked.decision.answer, AccessAnswer::step_up);
  EXPECT_THAT(asked.words.en, HasSubstr("- Where it comes from and its browser"));
  // Whoever is at home is not asked for it.
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  // Aoi it was: a code that is asked for once more answers it.
  sign_in(office->time, "vouched", "203.0.113.9", kStranger);
  EXPECT_EQ(look("203.0.113.9").decision.answer, AccessAnswer::allow);
}

TEST_P(RiskOffice, WhatWasNotMeBecomesNoHabitAndEndsWhoIsIn) {
  usual();
  for (int i = 8; i > 0; --i)
    sign_in(office->time - hours(13 + i), "signed_in", "203.0.113.9", kStranger);
  sign_in(office->time - hours(12), "signed_in", "203.0.113.9", kStranger);
  EXPECT_EQ(look("203.0.113.9").decision.answer, AccessAnswer::allow);  // it is usual by now
  Visitor thief = worker;
  office->newcomer(admin, "b@firm.example", {"teleworker"});
  run("UPDATE sign_in SET disowned_at = 1 WHERE origin = '203.0.113.9' AND id < (SELECT MAX(id) "
      "FROM sign_in WHERE origin = '203.0.113.9')");
  const auto mine = office->must(worker, "GET", "/me/sign-ins?limit=100").at("items");
  std::int64_t last = 0;
  for (const json::value& one : mine.as_array())
    if (one.at("from") == "203.0.113.9") last = std::max(last, one.at("id").as_int64());
  EXPECT_EQ(office->ask(admin, "POST", fmt::format("/me/sign-ins/{}/disowned", last)).status, 404U);
  // In by a device's key, as by SSH: no session of the console stands behind it.
  const AccessVerdict by_key = desk().enter(entry("192.0.2.1"));
  ASSERT_TRUE(by_key.token && desk().opened(*EnforcerId::parse("gate"), *by_key.token, "h"));
  const auto report =
      office->must(worker, "POST", fmt::format("/me/sign-ins/{}/disowned", last)).at("id");
  ASSERT_TRUE(desk().catch_up());
  EXPECT_TRUE(desk().LiveDesk::live().empty());
  EXPECT_EQ(office->ask(worker, "POST", fmt::format("/me/sign-ins/{}/disowned", last)).status,
            404U);  // once
  const auto told = office->must(admin, "GET", fmt::format("/incidents/{}", report.as_int64()));
  EXPECT_THAT(std::string(told.at("text").as_string()), HasSubstr("203.0.113.9, Chrome Windows"));
  EXPECT_EQ(office->count("audit WHERE action = 'sign-in-disowned'"), 1);
  EXPECT_EQ(told.at("duty").at("state"), "unknown");
  EXPECT_EQ(office->count("session WHERE person_id = 2"), 1);
  AccessEntry again = entry("203.0.113.9");
  again.agent = kStranger;
  ASSERT_TRUE(desk().catch_up());
  EXPECT_EQ(desk().look(again).decision.answer, AccessAnswer::step_up);
}

TEST_P(RiskOffice, WhatWasRefusedIsOneReportADayAndStartsNoClock) {
  for (int i = 3; i > 0; --i)
    sign_in(office->time - std::chrono::minutes(i), "password_refused", "198.51.100.9", "");
  std::set<std::int64_t> reports;
  const json::value mine = office->must(worker, "GET", "/me/sign-ins?limit=100").at("items");
  for (const json::value& one : mine.as_array())
    if (one.at("from") == "198.51.100.9")
      reports.insert(office
                         ->must(worker, "POST",
                                fmt::format("/me/sign-ins/{}/disowned", one.at("id").as_int64()))
                         .at("id")
                         .as_int64());
  ASSERT_EQ(reports.size(), 1U);
  const auto told = office->must(admin, "GET", fmt::format("/incidents/{}", *reports.begin()));
  const std::string text(told.at("text").as_string());
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  EXPECT_THAT(text, HasSubstr("198.51.100.9, console"));
  EXPECT_EQ(told.at("duty").at("state"), "free");
}

TEST_P(RiskOffice, WhoIsRefusedAllDayHidesNobodyWhoComesIn) {
  for (int i = 0; i < 500; ++i) sign_in(office->time, "password_refused", "198.51.100.9", "");
  const auto there = office->count("sign_in WHERE outcome = 'signed_in'");
  ASSERT_TRUE(note_sign_in(
      *db, PersonId(2), {office->time, "signed_in", "password", "console", "192.0.2.1", "", {}}));
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'signed_in'"), there + 1);
  ASSERT_TRUE(
      note_sign_in(*db, PersonId(2),
                   {office->time, "password_refused", "password", "console", "192.0.2.1", "", {}}));
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'password_refused'"), 500);
}

TEST_P(RiskOffice, AKeyOfAnotherDeviceSpeaksAgainstItsPerson) {
  const auto came = desk().enter(entry("192.0.2.1"));
  ASSERT_TRUE(came.token && desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  EXPECT_EQ(desk()
                .ask(*came.token, DeviceId(2), ClientAddress::parse("203.0.113.9"))
                .decision.reasons.at(0)
                .code,
            AccessReasonCode::device_changed);
  ASSERT_TRUE(desk().write_log());
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'signed_in' AND place = 'wiki'"), 1);
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'foreign_key' AND device_id = 2"), 1);
  const AccessVerdict asked = look("192.0.2.1");
  EXPECT_EQ(asked.decision.reasons.at(0).code, AccessReasonCode::risk_high);
  EXPECT_THAT(asked.words.en, HasSubstr("with the key of another device"));
  // The same again within the hour is one.
  (void)desk().ask(*came.token, DeviceId(2), ClientAddress::parse("203.0.113.9"));
  (void)desk().enter(entry("192.0.2.1"));
  ASSERT_TRUE(desk().write_log());
  EXPECT_EQ(office->count("sign_in WHERE outcome = 'foreign_key'"), 1);
}

TEST_P(RiskOffice, ASignIsSilencedForAllWithItsNameInTheLog) {
  for (int i = 0; i < 12; ++i) sign_in(office->time - minutes(i), "factor_refused", "127.0.0.1");
  EXPECT_EQ(look("127.0.0.1").decision.reasons.at(0).code, AccessReasonCode::risk_high);
  office->must(admin, "PUT", "/access/risk/signals/factor_flood", {{"silenced", true}});
  EXPECT_EQ(desk().look(entry("127.0.0.1")).decision.answer, AccessAnswer::allow);  // at once
  EXPECT_EQ(risk().at("signs").at(0).at("silenced"), true);
  EXPECT_EQ(risk().at("points"), 0);
  const auto listed = office->must(admin, "GET", "/access/risk/signals").at("items").as_array();
  EXPECT_EQ(listed.size(), kRiskSignals);
  EXPECT_EQ(listed.at(11).at("silenced_by").at("name"), "Aoki");
  office->must(admin, "PUT", "/access/risk/signals/factor_flood", {{"silenced", true}});
  EXPECT_EQ(office->count("audit WHERE action = 'risk-sign-silenced'"), 1);
  office->must(admin, "PUT", "/access/risk/signals/factor_flood", {{"silenced", false}});
  EXPECT_EQ(desk().look(entry("127.0.0.1")).decision.answer, AccessAnswer::step_up);
  EXPECT_EQ(office->ask(admin, "PUT", "/access/risk/signals/none", R"({"silenced": true})").status,
            404U);
  EXPECT_EQ(office->ask(worker, "GET", "/access/risk/signals").status, 403U);
  EXPECT_EQ(office->ask(worker, "GET", "/people/2/risk").status, 403U);
}

TEST_P(RiskOffice, ALostDeviceAndAWorseOneAreSigns) {
  run("INSERT INTO device (subject, name, person_id, state, created_at, own) VALUES ('host:pc-3', "
      "'pc-3', 2, 'lost', 0, 0)");
  EXPECT_EQ(look("192.0.2.1").decision.reasons.at(0).code, AccessReasonCode::risk_high);
  run("UPDATE device SET state = 'retired' WHERE subject = 'host:pc-3'");
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  office->time += minutes(1);
  saw(Verdict::fail);
  ASSERT_TRUE(desk().catch_up());
  EXPECT_EQ(risk().at("signs").at(0).at("signal"), "device_worse");
  office->time += minutes(1);
  saw(Verdict::pass);
  EXPECT_TRUE(risk().at("signs").as_array().empty());
}

TEST_P(RiskOffice, WhatASensorSendsIsInForceAtOnceAndForItsTime) {
  const auto came = desk().enter(entry("192.0.2.1"));
  ASSERT_TRUE(came.token && desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  LineFound found;
  SeenAttack attack;
  attack.server = *read_address("198.51.100.1");
  attack.service = "ssh";
  attack.first = attack.last = office->time;
  attack.from = {*read_address("192.0.2.1")};
  found.attacks.push_back(attack);
  const auto sends = [&](const std::string& text) {
    office->time += std::chrono::seconds(1);
    run("INSERT INTO line_sensor (device_id, seen_at, sequence, found) VALUES (1, 0, 1, ?) ON "
        "CONFLICT (device_id) DO UPDATE SET sequence = line_sensor.sequence + 1, found = "
        "excluded.found",
        {text});
  };
  sends(write_found(found));
  const AccessVerdict asked = look("192.0.2.1");
  EXPECT_EQ(asked.decision.reasons.at(0).code, AccessReasonCode::risk_raised);
  EXPECT_THAT(asked.words.en, HasSubstr("- Attacks were observed"));
  EXPECT_TRUE(desk().live().empty());
  EXPECT_EQ(look("192.0.2.2").decision.answer, AccessAnswer::allow);
  sends("");
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
  sends(write_found(found));
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::step_up);
  office->time += hours(24 * 7);
  saw(Verdict::pass);
  EXPECT_EQ(look("192.0.2.1").decision.answer, AccessAnswer::allow);
}

SEKISHO_BOTH_DATABASES(RiskOffice);

}  // namespace
}  // namespace sekisho
