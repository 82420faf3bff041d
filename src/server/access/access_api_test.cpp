// SPDX-License-Identifier: Apache-2.0
// What the room's operations do, spoken to as the console speaks.
#include <algorithm>

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
  EXPECT_TRUE(there.at("words").is_null());
  const auto seven = firm.office.must(firm.admin, "GET", "/access/policies/built-in").at("items");
  ASSERT_EQ(seven.as_array().size(), 7U);
  for (const json::value& one : seven.as_array()) {
    EXPECT_FALSE(one.at("text").as_string().empty());
    EXPECT_FALSE(one.at("words").at("about").at("ja").as_string().empty());
  }
  // Slips, with their lines; nothing is saved.
  const HttpReply slips = firm.put(instead(kForAdministrators, "middle", "midle"));
  EXPECT_EQ(slips.status, 422U);
  EXPECT_TRUE(slips.body.contains("policy:4")) << slips.body;
  EXPECT_EQ(firm.put("policy: {").status, 422U);
  EXPECT_EQ(firm.office.count("access_policy"), 0);
  // Nobody's country is known here: with countries nobody would ever get in.
  const HttpReply nowhere =
      firm.put(instead(kForAdministrators, "second_factor", "countries: [JP], second_factor"));
  EXPECT_EQ(nowhere.status, 422U) << nowhere.body;
  EXPECT_TRUE(nowhere.body.contains("--places")) << nowhere.body;
  // Not from where they are, at this moment: that is said, and may be meant.
  const HttpReply elsewhere = firm.put(
      instead(kForAdministrators, "second_factor", "networks: [192.0.2.7/32], second_factor"),
      "?try=yes");
  ASSERT_EQ(elsewhere.status, 200U) << elsewhere.body;
  EXPECT_EQ(json::parse(elsewhere.body).at("you_now"), false);
  // What it would change, and then for good.
  const HttpReply tried = firm.put(kForAdministrators, "?try=yes");
  ASSERT_EQ(tried.status, 200U) << tried.body;
  EXPECT_EQ(json::parse(tried.body).at("saved"), false);
  EXPECT_EQ(json::parse(tried.body).at("let_in").at("count"), 1);
  EXPECT_EQ(json::parse(tried.body).at("you_now"), true);
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

TEST(AccessApi, ADraftIsReadIntoAFormAndChangedByOneAndNothingIsSaved) {
  AccessOffice firm;
  const auto ask = [&](const json::object& body) {
    return firm.office.ask(firm.admin, "POST", "/access/policy/draft", json::serialize(body));
  };
  const std::string text = instead(kForAdministrators, "resources:", "resources:  # ours");
  const HttpReply read = ask({{"text", text}});
  ASSERT_EQ(read.status, 200U) << read.body;
  json::value draft = json::parse(read.body);
  EXPECT_EQ(std::string_view(draft.at("text").as_string()), text);
  EXPECT_EQ(draft.at("form").at("resources").at(0).at("evidence"), "1 day");
  json::value form = draft.at("form");
  form.at("resources").at(0).at("evidence") = "2 days";
  draft = json::parse(ask({{"text", text}, {"form", form}}).body);
  EXPECT_TRUE(std::string_view(draft.at("text").as_string()).contains("# ours"));
  EXPECT_EQ(draft.at("form"), form);
  EXPECT_TRUE(draft.at("lost").as_array().empty());
  EXPECT_TRUE(json::serialize(draft.at("words")).contains("2 days"));
  // Where nothing is in force there is no text yet.
  EXPECT_EQ(ask({{"text", ""}, {"form", form}}).status, 200U);
  EXPECT_EQ(ask({{"text", ""}}).status, 422U);
  // What is wrong is told at its field; a country as well, which nobody's is known here.
  const auto places = [&](const json::value& wrong) {
    std::vector<std::string> all;
    const HttpReply reply = ask({{"text", text}, {"form", wrong}});
    EXPECT_EQ(reply.status, 422U) << reply.body;
    const json::value told = json::parse(reply.body);
    for (const json::value& one : told.at("errors").as_array())
      all.emplace_back(one.at("where").as_string());
    return all;
  };
  json::value wrong = form;
  wrong.at("resources").at(0).at("measures").at(0).at("id") = "nothing";
  EXPECT_EQ(places(wrong).front(), "/form/resources/0/measures/0/id");
  wrong = form;
  wrong.at("resources").at(0).as_object()["countries"] = json::array{"JP"};
  EXPECT_EQ(places(wrong), std::vector<std::string>{"/form/resources/0/countries"});
  EXPECT_EQ(places("text"), std::vector<std::string>{"/form"});
  EXPECT_EQ(firm.office.count("access_policy"), 0);
  EXPECT_EQ(firm.office
                .ask(firm.worker, "POST", "/access/policy/draft",
                     json::serialize(json::object{{"text", text}}))
                .status,
            403U);
}

TEST(AccessApi, SuspendedIsCutWhenItIsAnsweredAndComesBackWhenRestored) {
  AccessOffice firm;
  firm.office.must(firm.admin, "PUT", "/people/2",
                   {{"name", "A"}, {"roles", json::array{"administrator"}}, {"state", "active"}});
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  const auto came = firm.enter();
  ASSERT_TRUE(came.token);
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "pid 1"));
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
  // Whoever is restored is in again, however often they were suspended.
  const auto twice = [&] {
    return firm.office
        .must(firm.admin, "POST", "/access/suspensions", {{"device", 1}, {"reason", "again"}})
        .at("id")
        .as_int64();
  };
  const std::int64_t first = twice();
  twice();
  firm.office.must(firm.admin, "DELETE", fmt::format("/access/suspensions/{}", first));
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);
  // For a time: it ends by itself.
  firm.office.must(firm.admin, "POST", "/access/suspensions",
                   {{"person", 1},
                    {"reason", "until later"},
                    {"until", format_time(firm.office.time + hours(1))}});
  EXPECT_EQ(firm.enter().decision.reasons.at(0).code, AccessReasonCode::person_suspended);
  firm.office.time += hours(1);
  ASSERT_TRUE(firm.desk().catch_up());
  EXPECT_EQ(firm.enter().decision.answer, AccessAnswer::allow);
  EXPECT_EQ(firm.office.count("audit WHERE action IN ('access-suspended', 'access-restored')"), 6);
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
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
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

TEST(AccessApi, WhatIfMakesPastDecisionsAgain) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  for (int i = 0; i < 3; ++i) firm.enter();
  for (int i = 0; i < 2; ++i) firm.enter(2);
  ASSERT_TRUE(firm.desk().write_log());
  const auto tried = [&](const std::string& text) {
    const HttpReply reply = firm.put(text, "?try=yes");
    EXPECT_EQ(reply.status, 200U) << reply.body;
    return json::parse(reply.body);
  };
  // The same policy changes nothing of the past.
  auto past = tried(kForAdministrators).at("past");
  EXPECT_EQ(past.at("days"), 30);
  EXPECT_EQ(past.at("decisions"), 5);
  EXPECT_EQ(past.at("locked_out").at("count"), 0);
  EXPECT_EQ(past.at("let_in").at("count"), 0);
  // Who came in would have been refused, and what of a policy did it is said.
  const auto others = tried(instead(kForAdministrators, "administrator", "auditor"));
  EXPECT_EQ(others.at("words").at("resources").at(0).at("id"), "console");
  past = others.at("past");
  ASSERT_EQ(past.at("locked_out").at("count"), 1);
  const auto& out = past.at("locked_out").at("items").at(0);
  EXPECT_EQ(out.at("times"), 3);
  EXPECT_EQ(out.at("device").at("name"), "pc-1");
  EXPECT_EQ(out.at("reasons").at(0).at("code"), "person_not_named");
  EXPECT_EQ(out.at("reasons").at(0).at("text").at("ja"), "使える人に含まれない");
  // Who was refused would have come in, with any device.
  const std::string open =
      instead(instead(kForAdministrators, "[administrator]", "[administrator, teleworker]"),
              "device: registered", "device: any");
  past = tried(open).at("past");
  EXPECT_EQ(past.at("locked_out").at("count"), 0);
  ASSERT_EQ(past.at("let_in").at("count"), 1);
  EXPECT_EQ(past.at("let_in").at("items").at(0).at("times"), 2);
  // By the evidence of then: that the disk is open since is nothing to what was.
  EXPECT_TRUE(append_evidence(
      *firm.db, {{{"host:pc-1"},
                  "disk-encryption",
                  {Verdict::fail, {"ない", "none"}, Compared{.place = "/etc/crypttab"}},
                  firm.office.time + std::chrono::minutes(5),
                  firm.office.time + hours(20),
                  "collector:host"}}));
  firm.office.time += std::chrono::minutes(10);
  EXPECT_EQ(tried(open).at("past").at("let_in").at("count"), 1);
  // What is older than that isn't looked at.
  firm.run("UPDATE access_event SET first_at = first_at - ?, last_at = last_at - ?",
           {31 * 86400, 31 * 86400});
  EXPECT_EQ(tried(open).at("past").at("decisions"), 0);
}

TEST(AccessApi, TheTimelineTellsWhatHappenedWithTheEvidenceOfThen) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(kForAdministrators).status, 200U);
  const auto came = firm.enter();
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  const auto saw = [&](Verdict verdict) {
    firm.office.time += std::chrono::minutes(1);
    EXPECT_TRUE(append_evidence(
        *firm.db, {{{"host:pc-1"},
                    "disk-encryption",
                    {verdict, {"見た", "seen then"}, Compared{.place = "/etc/crypttab"}},
                    firm.office.time,
                    firm.office.time + hours(20),
                    "collector:host"}}));
    ASSERT_TRUE(firm.desk().catch_up());
  };
  saw(Verdict::fail);
  ASSERT_TRUE(firm.desk().write_log());
  saw(Verdict::pass);
  firm.office.time += std::chrono::minutes(1);
  const auto made = firm.office.must(firm.admin, "POST", "/access/suspensions",
                                     {{"device", 1}, {"reason", "=looked odd"}});
  firm.office.time += std::chrono::minutes(1);
  firm.office.must(firm.admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  firm.office.must(firm.admin, "DELETE",
                   fmt::format("/access/suspensions/{}", made.at("id").as_int64()));
  const auto told = [&](const std::string& query) {
    return firm.office.must(firm.admin, "GET", "/access/timeline" + query).at("items");
  };
  const auto all = told("");
  std::vector<std::string> kinds;
  for (const json::value& one : all.as_array()) kinds.emplace_back(one.at("kind").as_string());
  ASSERT_EQ(kinds.size(), 5U);
  EXPECT_EQ(kinds[0], "restored");
  EXPECT_EQ(kinds[1], "suspended");
  EXPECT_EQ(kinds[2], "cut");
  EXPECT_TRUE(std::ranges::count(kinds, "policy") == 1 && std::ranges::count(kinds, "allow") == 1);
  EXPECT_EQ(all.at(1).at("note"), "=looked odd");
  EXPECT_EQ(all.at(1).at("by").at("name"), "Aoki");
  EXPECT_TRUE(all.at(1).at("event").is_null());
  const auto& cut = all.at(2);
  EXPECT_EQ(cut.at("reasons").at(0).at("measure"), "8-3");
  // What was seen by then, not since.
  const auto event = firm.office.must(firm.admin, "GET",
                                      fmt::format("/access/events/{}", cut.at("event").as_int64()));
  ASSERT_EQ(event.at("evidence").as_array().size(), 2U);
  EXPECT_EQ(event.at("evidence").at(0).at("check"), "disk-encryption");
  EXPECT_EQ(event.at("evidence").at(0).at("verdict"), "fail");
  EXPECT_EQ(event.at("evidence").at(0).at("detail").at("en"), "seen then");
  EXPECT_EQ(event.at("evidence").at(1).at("verdict"), "pass");
  EXPECT_EQ(firm.office.ask(firm.admin, "GET", "/access/events/999").status, 404U);

  EXPECT_EQ(told("?kind=policy").as_array().size(), 1U);
  EXPECT_EQ(told("?person=1").as_array().size(), 2U);
  EXPECT_EQ(told("?device=1").as_array().size(), 4U);
  EXPECT_EQ(told("?resource=console&kind=cut").as_array().size(), 1U);
  EXPECT_EQ(told("?q=odd").as_array().size(), 1U);
  EXPECT_EQ(told("?q=PC-1").as_array().size(), 4U);
  EXPECT_EQ(told("?q=%25").as_array().size(), 0U);
  EXPECT_EQ(told("?until=2020-01-01").as_array().size(), 0U);
  EXPECT_EQ(told("?since=2020-01-01").as_array().size(), 5U);
  const auto page = firm.office.must(firm.admin, "GET", "/access/timeline?limit=2&after=2");
  EXPECT_EQ(page.at("items").at(0).at("kind"), "cut");
  EXPECT_EQ(page.at("next"), 4);
  const HttpReply csv = firm.office.ask(firm.admin, "GET", "/access/timeline?format=csv");
  EXPECT_EQ(csv.status, 200U);
  EXPECT_TRUE(csv.body.starts_with("\xEF\xBB\xBF"));
  EXPECT_TRUE(csv.body.contains("measure_failing:8-3")) << csv.body;
  EXPECT_FALSE(csv.body.contains(",=looked")) << "a spreadsheet would take it for a formula";
  EXPECT_EQ(firm.office.ask(firm.worker, "GET", "/access/timeline").status, 403U);
}

TEST(AccessApi, WhoIsInIsFoundCountedAndExplained) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(instead(kForAdministrators, "measures: [\"8-3\"]",
                             "measures: [{id: \"8-3\", grace: 2 days}]"))
                .status,
            200U);
  const auto came = firm.enter();
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  const auto live = [&](const std::string& query) {
    return firm.office.must(firm.admin, "GET", "/access/sessions" + query);
  };
  auto one = live("").at("items").at(0);
  EXPECT_EQ(one.at("resource_name").at("en"), "c");
  ASSERT_EQ(one.at("rests_on").as_array().size(), 1U);
  EXPECT_EQ(one.at("rests_on").at(0).at("measure"), "8-3");
  EXPECT_EQ(one.at("rests_on").at(0).at("state"), "met");
  EXPECT_EQ(one.at("rests_on").at(0).at("until").as_string(),
            format_time(firm.office.time + hours(20)));
  for (const auto& [search, found] :
       {std::pair("aoki", 1), std::pair("PC", 1), std::pair("conso", 1), std::pair("192.0.2", 1),
        std::pair("nobody", 0), std::pair("%25", 0)}) {
    const auto narrowed = live(std::string("?q=") + search);
    EXPECT_EQ(narrowed.at("total"), found) << search;
    EXPECT_EQ(narrowed.at("totals").at("people"), found) << search;
  }
  EXPECT_EQ(live("").at("totals").at("resources").at(0).at("count"), 1);
  const HttpReply csv = firm.office.ask(firm.admin, "GET", "/access/sessions?format=csv");
  EXPECT_TRUE(csv.body.contains(R"("Aoki","pc-1","console","gate","192.0.2.1")")) << csv.body;
  // What lapsed and is let pass is told as that, with its end.
  firm.office.time += std::chrono::minutes(1);
  EXPECT_TRUE(append_evidence(
      *firm.db, {{{"host:pc-1"},
                  "disk-encryption",
                  {Verdict::fail, {"ない", "none"}, Compared{.place = "/etc/crypttab"}},
                  firm.office.time,
                  firm.office.time + hours(20),
                  "collector:host"}}));
  ASSERT_TRUE(firm.desk().catch_up());
  one = live("").at("items").at(0);
  EXPECT_EQ(one.at("rests_on").at(0).at("state"), "in_grace");
  EXPECT_EQ(one.at("rests_on").at(0).at("until").as_string(),
            format_time(firm.office.time + hours(48)));
}

/// Past the policy, by a code out of an envelope: those that look see it before all else, and so
/// does whoever it was opened as.
TEST(AccessApi, WhoIsInByACodeForEmergenciesIsMarked) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(std::string(kForAdministrators)).status, 200U);
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *firm.enter().token, "h"));
  firm.run(
      "INSERT INTO emergency_seal (person_id, code, hours, sealed_at, opened_from, reason) VALUES "
      "(1, 'x', 2, 0, '192.0.2.9', 'all is lost'), (2, 'y', 2, 0, '', 'of another'), (1, 'z', 2, "
      "0, '', '')");
  firm.run("UPDATE emergency_seal SET opened_at = ?, open_until = ? WHERE code <> 'z'",
           {value_of(firm.office.time), value_of(firm.office.time + hours(2))});
  firm.office.time += std::chrono::minutes(1);
  ASSERT_TRUE(firm.desk().catch_up());
  const auto came = firm.desk().enter({.enforcer = *EnforcerId::parse("gate"),
                                       .resource = *ResourceId::parse("console"),
                                       .person = PersonId(1),
                                       .until = firm.office.time + hours(2),
                                       .unsealed = true});
  ASSERT_TRUE(came.token);
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "i"));
  const auto live = firm.office.must(firm.admin, "GET", "/access/sessions");
  ASSERT_EQ(live.at("total"), 2);
  EXPECT_EQ(live.at("totals").at("emergencies"), 1);
  EXPECT_EQ(live.at("items").at(0).at("emergency"), true);  // it came last
  EXPECT_TRUE(live.at("items").at(0).at("rests_on").as_array().empty());
  EXPECT_EQ(live.at("items").at(1).at("emergency"), false);
  EXPECT_FALSE(live.at("items").at(1).at("rests_on").as_array().empty());
  EXPECT_TRUE(firm.office.ask(firm.admin, "GET", "/access/sessions?format=csv")
                  .body.contains("\"yes\"\r\n"));
  const auto mine = firm.office.must(firm.admin, "GET", "/me/sign-ins").at("emergencies");
  ASSERT_EQ(mine.as_array().size(), 1U) << json::serialize(mine);
  EXPECT_EQ(mine.at(0).at("from"), "192.0.2.9");
  EXPECT_EQ(mine.at(0).at("reason"), "all is lost");
  EXPECT_EQ(mine.at(0).at("until").as_string(),
            format_time(firm.office.time - std::chrono::minutes(1) + hours(2)));
  EXPECT_TRUE(firm.office.must(firm.admin, "GET", "/me/sign-ins?after=1")
                  .at("emergencies")
                  .as_array()
                  .empty());
}

TEST(AccessApi, PaginationAndFiltersAreParameters) {
  AccessOffice firm;
  ASSERT_EQ(firm.put(std::string(kForAdministrators)).status, 200U);
  const auto came = firm.enter();
  ASSERT_TRUE(firm.desk().opened(*EnforcerId::parse("gate"), *came.token, "h"));
  ASSERT_FALSE(firm.events().as_array().empty());
  const std::int64_t people = firm.office.count("person");
  for (const char* list : {"/access/events", "/access/timeline", "/access/sessions", "/people",
                           "/devices", "/audit", "/emergency-seals", "/invitations"}) {
    const std::string path(list);
    const auto items = [&](const HttpReply& reply) {
      return json::parse(reply.body).at("items").as_array().size();
    };
    const std::size_t all = items(firm.office.ask(firm.admin, "GET", path));
    for (const char* text :
         {"x%27%20OR%20%271%27%3D%271", "%27%3B%20DROP%20TABLE%20person%3B--", "%25", "%5C",
          "1%20UNION%20SELECT%20secret%20FROM%20session", "*)(uid%3D*))(%7C(uid%3D*"})
      for (const char* name :
           {"q", "kind", "resource", "person", "since", "after", "limit", "sort"}) {
        const HttpReply reply = firm.office.ask(firm.admin, "GET", path + "?" + name + "=" + text);
        // It means nothing that is there, or isn't taken at all.
        ASSERT_TRUE(reply.status == 200 || reply.status == 422)
            << path << " " << name << " " << text << reply.body;
        if (reply.status == 200) {
          EXPECT_LE(items(reply), name == std::string_view("q") ? 0 : all)
              << path << " " << text << reply.body;
        }
      }
  }
  EXPECT_EQ(firm.office.count("person"), people);
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
