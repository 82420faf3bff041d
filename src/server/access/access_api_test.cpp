// What the room's operations do, spoken to as the console speaks.
#include <gtest/gtest.h>

#include "office.h"
#include "server/access/live_desk.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;

constexpr const char* kForAdministrators = R"(
policy: {name: {ja: 方針, en: mine}, about: test}
resources:
  - {id: console, name: c, kind: application, sensitivity: middle, who: {roles: [administrator]}, device: registered, own_devices: false, evidence: 1 day, second_factor: none, measures: ["8-3"]}
)";

std::string instead(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

/// An administrator with a sound PC, and another person.
struct AccessOffice {
  Office office;
  Visitor admin = office.administrator();
  Visitor worker = office.newcomer(admin, "aoi@firm.example", {"teleworker"});
  std::unique_ptr<Database> db = office.beside();

  AccessOffice() {
    run("INSERT INTO device (subject, name, person_id, state, created_at, own) VALUES "
        "('host:pc-1', 'pc-1', 1, 'active', 0, 0)");
    run("INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
        "expires_at) VALUES (1, ?, 'AAAA', 0, ?)",
        {std::string(64, 'a'), value_of(office.time + hours(1000))});
    std::vector<Evidence> all;
    for (const char* check : {"disk-encryption", "swap-encryption"})
      all.push_back({{"host:pc-1"},
                     check,
                     {Verdict::pass, {"見た", "seen"}, Compared{.place = "/etc/crypttab"}},
                     office.time,
                     office.time + hours(20),
                     "collector:host"});
    EXPECT_TRUE(append_evidence(*db, all));
  }
  void run(const std::string& sql, const Values& values = {}) const {
    const auto done = db->execute(sql, values);
    if (!done) throw std::runtime_error(done.error().reason);
  }
  HttpReply put(const std::string& text, const std::string& query = {},
                std::vector<std::pair<std::string, std::string>> headers = {}) {
    office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
    return office.ask(admin, "PUT", "/access/policy" + query,
                      json::serialize(json::object{{"text", text}}), std::move(headers));
  }
  LiveDesk& desk() { return office.server().desk(); }
  AccessVerdict enter(std::int64_t person = 1) {
    return desk().enter({*EnforcerId::parse("gate"),
                         *ResourceId::parse("console"),
                         PersonId(person),
                         DeviceId(1),
                         {},
                         office.time + hours(8),
                         ClientAddress::parse("192.0.2.1")});
  }
  json::value events(const std::string& query = {}) {
    EXPECT_TRUE(desk().write_log());
    return office.must(admin, "GET", "/access/events" + query).at("items");
  }
};

TEST(AccessApi, ThePolicyInForceIsSavedWholeOrNotAtAll) {
  AccessOffice firm;
  auto there = firm.office.must(firm.admin, "GET", "/access/policy");
  EXPECT_EQ(there.at("source"), "none");
  // Slips, with their lines; nothing is saved.
  const HttpReply slips = firm.put(instead(kForAdministrators, "middle", "midle"));
  EXPECT_EQ(slips.status, 422U);
  EXPECT_TRUE(slips.body.contains("policy:4")) << slips.body;
  EXPECT_EQ(firm.put("policy: {").status, 422U);
  EXPECT_EQ(firm.office.count("access_policy"), 0);
  // What it would change, and then for good.
  const HttpReply tried = firm.put(kForAdministrators, "?try=yes");
  ASSERT_EQ(tried.status, 200U) << tried.body;
  EXPECT_EQ(json::parse(tried.body).at("saved"), false);
  EXPECT_EQ(json::parse(tried.body).at("let_in").at("count"), 1);
  EXPECT_EQ(firm.office.count("access_policy"), 0);
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::deny);
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);  // at once
  there = firm.office.must(firm.admin, "GET", "/access/policy");
  EXPECT_EQ(there.at("source"), "saved");
  EXPECT_EQ(there.at("text"), kForAdministrators);
  EXPECT_EQ(firm.office.count("audit WHERE action = 'access-policy-saved'"), 1);
  // Whoever has not seen it doesn't overwrite it.
  EXPECT_EQ(firm.put(kForAdministrators, "", {{"if-match", "\"other.x\""}}).status, 412U);
  // It would lock out every administrator.
  EXPECT_EQ(firm.put(instead(kForAdministrators, "administrator", "auditor")).status, 409U);
  EXPECT_EQ(firm.office.count("access_policy"), 1);
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/access/policies").at("items").as_array().size(),
            1U);
}

TEST(AccessApi, SuspendedIsCutWhenItIsAnsweredAndComesBackWhenRestored) {
  AccessOffice firm;
  firm.office.must(firm.admin, "PUT", "/people/2",
                   {{"name", "A"}, {"roles", json::array{"administrator"}}, {"state", "active"}});
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  const auto came = firm.enter();
  ASSERT_TRUE(came.token);
  ASSERT_TRUE(firm.desk().opened(*came.token, "pid 1"));
  auto live = firm.office.must(firm.admin, "GET", "/access/sessions");
  ASSERT_EQ(live.at("total"), 1);
  EXPECT_EQ(live.at("items").at(0).at("person").at("name"), "Aoki");
  EXPECT_EQ(live.at("items").at(0).at("device").at("name"), "pc-1");
  EXPECT_EQ(live.at("items").at(0).at("from"), "192.0.2.1");
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/access/sessions?person=2").at("total"), 0);

  const auto made = firm.office.must(firm.admin, "POST", "/access/suspensions",
                                     {{"device", 1}, {"reason", "looked odd"}});
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/access/sessions").at("total"), 0);
  EXPECT_EQ(firm.enter().decision.reasons.at(0).code, AccessReasonCode::device_suspended);
  const auto listed = firm.office.must(firm.admin, "GET", "/access/suspensions").at("items");
  ASSERT_EQ(listed.as_array().size(), 1U);
  EXPECT_EQ(listed.at(0).at("reason"), "looked odd");
  firm.office.must(firm.admin, "DELETE",
                   fmt::format("/access/suspensions/{}", made.at("id").as_int64()));
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);
  EXPECT_TRUE(
      firm.office.must(firm.admin, "GET", "/access/suspensions").at("items").as_array().empty());
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/access/suspensions?all=yes")
                .at("items")
                .as_array()
                .size(),
            1U);
  // For a time: it ends by itself.
  firm.office.must(firm.admin, "POST", "/access/suspensions",
                   {{"person", 1},
                    {"reason", "until later"},
                    {"until", format_time(firm.office.time + hours(1))}});
  EXPECT_EQ(firm.enter().decision.reasons.at(0).code, AccessReasonCode::person_suspended);
  firm.office.time += hours(1);
  ASSERT_TRUE(firm.desk().catch_up());
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);
  EXPECT_EQ(firm.office.count("audit WHERE action IN ('access-suspended', 'access-restored')"), 3);
}

TEST(AccessApi, SomebodyRemainsWhoIsNotSuspended) {
  AccessOffice firm;
  const auto suspend = [&](const char* body) {
    return firm.office.ask(firm.admin, "POST", "/access/suspensions", body).status;
  };
  EXPECT_EQ(suspend(R"({"person": 1, "reason": "me"})"), 409U);
  EXPECT_EQ(firm.office.count("access_suspension"), 0);
  firm.office.must(firm.admin, "PUT", "/people/2",
                   {{"name", "A"}, {"roles", json::array{"administrator"}}, {"state", "active"}});
  EXPECT_EQ(suspend(R"({"person": 1, "reason": "me"})"), 201U);
  EXPECT_EQ(suspend(R"({"person": 2, "reason": "the other"})"), 409U);
  // Nobody restores themselves.
  firm.office.must(firm.admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  EXPECT_EQ(firm.office.ask(firm.admin, "DELETE", "/access/suspensions/1").status, 409U);
  for (const char* wrong :
       {R"({"reason": "nobody"})", R"({"person": 1, "device": 1, "reason": "both"})",
        R"({"person": 1, "reason": ""})", R"({"person": 99, "reason": "none"})",
        R"({"device": 99, "reason": "none"})", R"({"device": 1, "reason": "r", "until": "soon"})",
        R"({"device": 1, "reason": "r", "until": "2020-01-01T00:00:00Z"})"})
    EXPECT_EQ(suspend(wrong), 422U) << wrong;
  // The role came after the session; what it may see goes by what it is now.
  EXPECT_EQ(firm.office.ask(firm.worker, "GET", "/access/suspensions").status, 200U);
}

TEST(AccessApi, GroupsOfPeopleAreSetAndCount) {
  AccessOffice firm;
  ASSERT_EQ(
      firm.put(instead(kForAdministrators, "roles: [administrator]", "groups: [sales]")).status,
      200U);
  EXPECT_EQ(firm.enter().decision.reasons.at(0).code, AccessReasonCode::person_not_named);
  firm.office.must(firm.admin, "PUT", "/people/1/groups",
                   {{"groups", json::array{"sales", "東京"}}});
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/people/1/groups").at("groups").as_array().size(),
            2U);
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/access/groups").at("items").at(0).at("people"),
            1);
  firm.office.must(firm.admin, "PUT", "/people/1/groups", {{"groups", json::array{"東京"}}});
  EXPECT_EQ(firm.enter().decision.reasons.at(0).code, AccessReasonCode::person_not_named);
  EXPECT_EQ(firm.office.ask(firm.admin, "PUT", "/people/99/groups", R"({"groups": []})").status,
            404U);
  EXPECT_EQ(firm.office.ask(firm.admin, "PUT", "/people/1/groups", R"({"groups": [""]})").status,
            422U);
}

TEST(AccessApi, WhatWasDecidedIsKeptAndFolded) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  for (int i = 0; i < 1000; ++i) firm.enter(2);
  auto events = firm.events("?person=2");
  ASSERT_EQ(events.as_array().size(), 1U);
  EXPECT_EQ(events.at(0).at("count"), 1000);
  EXPECT_EQ(events.at(0).at("kind"), "deny");
  EXPECT_EQ(events.at(0).at("codes").at(0), "person_not_named");
  EXPECT_EQ(events.at(0).at("from"), "192.0.2.1");
  firm.enter(2);
  EXPECT_EQ(firm.events("?person=2").at(0).at("count"), 1001);
  firm.office.time += std::chrono::minutes(61);
  ASSERT_TRUE(firm.desk().catch_up());
  firm.enter(2);
  EXPECT_EQ(firm.events("?person=2").as_array().size(), 2U);
  // A cut, with the evidence that it stands on.
  const auto came = firm.enter();
  ASSERT_TRUE(came.token);
  ASSERT_TRUE(firm.desk().opened(*came.token, "h"));
  EXPECT_TRUE(append_evidence(
      *firm.db, {{{"host:pc-1"},
                  "disk-encryption",
                  {Verdict::fail, {"ない", "none"}, Compared{.place = "/etc/crypttab"}},
                  firm.office.time,
                  firm.office.time + hours(20),
                  "collector:host"}}));
  ASSERT_TRUE(firm.desk().catch_up());
  events = firm.events("?device=1&kind=cut");
  ASSERT_EQ(events.as_array().size(), 1U);
  EXPECT_EQ(events.at(0).at("codes").at(0), "measure_failing:8-3");
  EXPECT_TRUE(firm.events("?resource=none").as_array().empty());
  // Page by page, none twice.
  const auto first = firm.office.must(firm.admin, "GET", "/access/events?limit=1");
  const auto second =
      firm.office.must(firm.admin, "GET",
                       fmt::format("/access/events?limit=1&after={}", first.at("next").as_int64()));
  EXPECT_NE(first.at("items").at(0).at("id"), second.at("items").at(0).at("id"));
}

TEST(AccessLog, IsBoundedHoweverManyDifferentThingsAreAsked) {
  Office office;
  AccessLog log;
  const auto db = office.beside();
  constexpr std::int64_t kAsked = 10'000;
  const LiveDecision denied{{AccessAnswer::deny, {{AccessReasonCode::person_unknown, 0, {}}}}, {}};
  for (std::int64_t i = 1; i <= kAsked; ++i)
    log.note("deny", {"gate", *ResourceId::parse("wiki"), LivePerson(i)}, denied, office.time);
  ASSERT_TRUE(log.write(*db));
  EXPECT_EQ(office.count("access_event"), std::int64_t{AccessLog::kMostWaiting} + 1);
  EXPECT_EQ(db->query("SELECT SUM(count) FROM access_event")->front().integer(0), kAsked);
}

}  // namespace
}  // namespace sekisho
