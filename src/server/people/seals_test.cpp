// SPDX-License-Identifier: Apache-2.0
// Access for emergencies, against a whole server: what somebody could gain by it if it failed.
#include "server/people/seals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "office.h"
#include "server/access/live_desk.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;

class SealTest : public testing::Test {
 protected:
  SealTest() : admin(office.administrator()), db(office.beside()) {}

  std::string sealed(const json::object& body = {{"email", "key@firm.example"},
                                                 {"name", "Emergency"}}) {
    const auto made = office.must(admin, "POST", "/emergency-seals", body);
    id = made.at("id").as_int64();
    return std::string(made.at("code").as_string());
  }
  unsigned open(Visitor& who, const std::string& code, const char* reason = "IdP is down") {
    const auto status = office
                            .ask(who, "POST", "/emergency-seals/open",
                                 json::serialize(json::object{{"code", code}, {"reason", reason}}))
                            .status;
    if (status == 200) office.learn(who);
    return status;
  }
  unsigned ends() {
    return office.ask(admin, "DELETE", fmt::format("/emergency-seals/{}", id)).status;
  }
  unsigned works(Visitor& who) { return office.ask(who, "GET", "/people").status; }
  std::string state() {
    return std::string(
        office.must(admin, "GET", "/emergency-seals").at("items").at(0).at("state").as_string());
  }
  AccessVerdict enter(bool unsealed) {
    AccessEntry entry{*EnforcerId::parse("gate"), *ResourceId::parse("wiki"), PersonId(2)};
    entry.until = office.time + hours(8);
    entry.unsealed = unsealed;
    return office.server().desk().enter(entry);
  }
  void policy() {
    ASSERT_TRUE(db->execute(
        "INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, 0, 1)",
        {"policy: {name: p, about: p}\nresources:\n  - {id: wiki, name: w, kind: application, "
         "sensitivity: high, who: {roles: [teleworker]}, device: registered, own_devices: false, "
         "evidence: 1 day, second_factor: 10 minutes, measures: [\"8-3\"]}\n"}));
    ASSERT_TRUE(office.server().desk().catch_up());
  }

  Office office;
  Visitor admin;
  std::unique_ptr<Database> db;
  std::int64_t id = 0;
  Visitor nobody;
};

TEST_F(SealTest, OpensOnceForALimitedTimeAndIsSaidEverywhere) {
  const std::string code = sealed();
  EXPECT_EQ(code.size(), 29U);
  EXPECT_EQ(state(), "sealed");
  EXPECT_EQ(office.count("emergency_seal WHERE code LIKE '%" + code.substr(0, 4) + "%'"), 0);
  // However it is typed.
  EXPECT_EQ(open(nobody, " " + lower(code) + " "), 200U);
  EXPECT_EQ(works(nobody), 200U);
  EXPECT_EQ(state(), "open");
  const auto me = office.must(nobody, "GET", "/me");
  EXPECT_EQ(me.at("emergency_until"), "2026-11-24T04:00:00Z");
  EXPECT_EQ(me.at("stage"), "full");
  EXPECT_TRUE(office.must(admin, "GET", "/me").at("emergency_until").is_null());
  EXPECT_EQ(office.must(admin, "GET", "/emergency-seals?state=open").at("items").as_array().size(),
            1U);
  EXPECT_EQ(office.count("audit WHERE action = 'emergency-opened' AND detail LIKE '%IdP is down%'"),
            1);
  Visitor second;
  EXPECT_EQ(open(second, code), 401U);
  // What changes others' accounts needs no second proof, which it couldn't give.
  office.time += hours(1);
  EXPECT_EQ(office.ask(nobody, "DELETE", "/people/1/sessions").status, 204U);
  office.time += hours(1);
  EXPECT_EQ(works(nobody), 200U);
  office.time += hours(1);
  EXPECT_EQ(works(nobody), 200U);
  office.time += hours(1);
  EXPECT_EQ(works(nobody), 401U);
}

TEST_F(SealTest, WhatWasChangedInItIsNamedAndNothingElse) {
  const std::string code = sealed({{"person", 1}});
  const auto changes = [&] {
    std::string all;
    const json::value seals = office.must(admin, "GET", "/emergency-seals");
    for (const json::value& one : seals.at("items").at(0).at("changes").as_array())
      all += std::string(one.at("action").as_string()) + " " +
             std::string(one.at("item").as_string()) + "\n";
    return all;
  };
  EXPECT_EQ(changes(), "");
  ASSERT_EQ(open(nobody, code), 200U);
  EXPECT_EQ(changes(), "") << "opening it is no change";
  office.must(nobody, "POST", "/invitations",
              {{"email", "stranger@firm.example"},
               {"name", "\"emergency\":1}"},
               {"roles", json::array{"administrator"}}});
  // The same account, signed in the usual way.
  office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  office.must(admin, "POST", "/invitations",
              {{"email", "friend@firm.example"},
               {"name", "\"emergency\":1}"},
               {"roles", json::array{"teleworker"}}});
  EXPECT_EQ(changes(), "invited stranger@firm.example\n");
  EXPECT_EQ(ends(), 204U);
  EXPECT_EQ(changes(), "invited stranger@firm.example\n");
}

TEST_F(SealTest, EverybodyWhoAnswersForItIsTold) {
  Visitor boss = office.newcomer(admin, "boss@firm.example", {"executive"});
  Visitor worker = office.newcomer(admin, "worker@firm.example", {"teleworker"});
  office.must(
      admin, "PUT", "/notices",
      {{"smtp", {{"url", "smtp://mail.firm.example"}, {"from", "s@firm.example"}, {"user", ""}}},
       {"hooks", json::array{{{"kind", "json"}, {"url", "https://hook.firm.example/x"}}}}});
  const std::string code = sealed({{"person", 1}});
  const auto told = [&](const char* event, const std::string& to) {
    return office.count(fmt::format("outbox WHERE event = '{}' AND target = '{}'", event, to));
  };
  for (const char* to : {Office::kEmail, "boss@firm.example", "https://hook.firm.example/x"})
    EXPECT_EQ(told("emergency-sealed", to), 1) << to;
  ASSERT_EQ(open(nobody, code), 200U);
  for (const char* to : {Office::kEmail, "boss@firm.example", "https://hook.firm.example/x"})
    EXPECT_EQ(told("emergency-opened", to), 1) << to;
  EXPECT_EQ(told("emergency-opened", "worker@firm.example"), 0);
  EXPECT_EQ(office.count("outbox WHERE body_en LIKE '%" + code + "%'"), 0);
  EXPECT_EQ(office.ask(boss, "GET", "/emergency-seals?state=open").status, 200U);
  EXPECT_EQ(office.ask(worker, "GET", "/emergency-seals?state=open").status, 403U);
}

TEST_F(SealTest, ClosingItOrSigningOutEndsItAtOnce) {
  const std::string code = sealed();
  ASSERT_EQ(open(nobody, code), 200U);
  EXPECT_EQ(ends(), 204U);
  EXPECT_EQ(works(nobody), 401U);
  EXPECT_EQ(state(), "over");
  const std::string another = sealed({{"person", 2}});
  Visitor holder;
  ASSERT_EQ(open(holder, another), 200U);
  office.must(holder, "POST", "/sign-out");
  EXPECT_EQ(state(), "over");
  Visitor last;
  ASSERT_EQ(open(last, sealed({{"person", 2}})), 200U);
  office.must(admin, "DELETE", "/people/2/sessions");
  EXPECT_EQ(state(), "over");
  EXPECT_EQ(office.count("audit WHERE action = 'emergency-closed'"), 2);
}

TEST_F(SealTest, NothingThatItDoesOutlastsIt) {
  // What wants a proof, and is what emergency access is for: seen, and can be taken back.
  const std::set<std::string> meant{
      "invite",          "inviteMany",    "replaceFeeds",  "restoreAccess", "saveAccessPolicy",
      "setPersonGroups", "setRiskSignal", "getPersonData", "erasePerson",   "replaceRetention"};
  ASSERT_EQ(open(nobody, sealed({{"person", 1}})), 200U);
  EXPECT_EQ(office.must(nobody, "GET", "/me").at("id"), 1);
  Visitor other = office.newcomer(admin, "other@firm.example", {"administrator"});
  const auto document = json::parse(office.ask(nobody, "GET", "/openapi.json").fixed);
  std::size_t refused = 0;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& [method, operation] : path.value().as_object()) {
      if (method == "parameters") continue;
      const std::string what(operation.at("operationId").as_string());
      const auto* mark = operation.as_object().if_contains("x-emergency");
      if (operation.as_object().contains("x-proof")) {
        EXPECT_NE(mark != nullptr, meant.contains(what)) << what;
      }
      if (mark == nullptr) continue;
      ++refused;
      std::string way(method);
      std::ranges::transform(way, way.begin(), ::toupper);
      for (const char* own : {"1", "01", "+1", "%31"}) {
        std::string at(path.key());
        if (const std::size_t place = at.find("{id}"); place != std::string::npos)
          at.replace(place, 4, own);
        const auto reply = office.ask(nobody, way, at, "{}");
        // What isn't written as ids are is nobody's.
        EXPECT_TRUE(reply.status == 403 ||
                    (own[0] != '0' && own[1] != '\0' && reply.status >= 400 && reply.status < 500))
            << way << " " << at << " " << reply.status;
      }
    }
  EXPECT_EQ(refused, 19U);
  // Of others' accounts it may take back, which is what it is for.
  EXPECT_EQ(office.ask(nobody, "DELETE", "/people/2/factors").status, 204U);
  EXPECT_TRUE(nobody.browser.empty());  // it isn't known from then on
}

TEST_F(SealTest, InvitationsThatItMadeEndWithIt) {
  const auto invites = [&](Visitor& who, const char* email) {
    return office.must(who, "POST", "/invitations",
                       {{"email", email}, {"name", "N"}, {"roles", json::array{"administrator"}}});
  };
  invites(admin, "before@firm.example");
  ASSERT_EQ(open(nobody, sealed()), 200U);
  const auto until = office.must(nobody, "GET", "/me").at("emergency_until");
  EXPECT_EQ(invites(nobody, "in@firm.example").at("expires_at"), until);
  EXPECT_EQ(ends(), 204U);
  EXPECT_EQ(office.count("invitation WHERE withdrawn_at IS NULL"), 1);
}

TEST_F(SealTest, TheOnlyAdministratorWhoLostTheirSecondFactorIsLetInAgain) {
  EXPECT_EQ(office.ask(admin, "DELETE", "/people/1/factors").status, 409U);
  ASSERT_EQ(open(nobody, sealed()), 200U);
  EXPECT_EQ(office.ask(nobody, "DELETE", "/people/1/factors").status, 204U);
  Visitor back;
  const auto signed_in = office.must(back, "POST", "/sign-in",
                                     {{"email", Office::kEmail}, {"password", Office::kPassword}});
  EXPECT_EQ(signed_in.at("stage"), "enrol");
}

TEST_F(SealTest, WhoeverLeftOrWasSuspendedIsNotLetIn) {
  const std::string code = sealed();
  const auto change = [&](const char* state, const char* role) {
    office.must(admin, "PUT", "/people/2",
                {{"name", "E"}, {"roles", json::array{role}}, {"state", state}});
  };
  office.must(admin, "POST", "/access/suspensions", {{"person", 2}, {"reason", "r"}});
  EXPECT_EQ(open(nobody, code), 401U);
  ASSERT_TRUE(db->execute("UPDATE access_suspension SET restored_at = 1"));
  change("disabled", "administrator");
  EXPECT_EQ(open(nobody, code), 401U);
  // Whoever comes back has nothing of before.
  change("active", "administrator");
  EXPECT_EQ(state(), "taken_back");
  EXPECT_EQ(open(nobody, code), 401U);
  const std::string another = sealed({{"person", 2}});
  change("active", "teleworker");
  EXPECT_EQ(open(nobody, another), 401U);
  EXPECT_EQ(office.ask(admin, "POST", "/emergency-seals", R"({"person":2})").status, 422U);
}

TEST_F(SealTest, GuessesAreCountedByAddressAndKeepNobodyElseOut) {
  const std::string code = sealed();
  Visitor stranger;
  stranger.peer = "198.51.100.9";
  unsigned last = 0;
  for (int i = 0; i < 8 && last != 429; ++i) last = open(stranger, fmt::format("WRONG-{}", i));
  EXPECT_EQ(last, 429U);
  // Neither does it keep the right one out, from the same address.
  EXPECT_EQ(open(stranger, code), 200U);
  EXPECT_GE(office.count("audit WHERE action = 'sign-in-failed'"), 4);
  EXPECT_EQ(open(nobody, sealed({{"person", 1}})), 200U);
}

TEST_F(SealTest, OpensApplicationsPastThePolicyAndClosesThem) {
  policy();
  const std::string code = sealed();
  EXPECT_EQ(enter(false).decision.answer, AccessAnswer::deny);
  EXPECT_EQ(enter(true).decision.answer, AccessAnswer::deny);
  ASSERT_EQ(open(nobody, code), 200U);
  // Of another session of the same person it changes nothing.
  EXPECT_EQ(enter(false).decision.answer, AccessAnswer::deny);
  const AccessVerdict in = enter(true);
  ASSERT_EQ(in.decision.answer, AccessAnswer::allow);
  EXPECT_EQ(in.decision.reasons.front().code, AccessReasonCode::emergency_open);
  ASSERT_TRUE(office.server().desk().opened(*EnforcerId::parse("gate"), *in.token, "h"));
  EXPECT_EQ(ends(), 204U);
  EXPECT_TRUE(office.server().desk().LiveDesk::live().empty());
  EXPECT_EQ(enter(true).decision.reasons.front().code, AccessReasonCode::emergency_over);
}

TEST_F(SealTest, ItRunsOutAtApplicationsByTimeAlone) {
  policy();
  ASSERT_EQ(open(nobody, sealed({{"email", "k@firm.example"}, {"name", "K"}, {"hours", 1}})), 200U);
  const AccessVerdict in = enter(true);
  ASSERT_TRUE(in.token);
  ASSERT_TRUE(office.server().desk().opened(*EnforcerId::parse("gate"), *in.token, "h"));
  office.time += hours(1);
  ASSERT_TRUE(office.server().desk().catch_up());
  office.server().desk().sweep();
  EXPECT_TRUE(office.server().desk().LiveDesk::live().empty());
}

TEST_F(SealTest, AnEndIsInTheLogAndInTheTimelineHoweverItCame) {
  SealWatch watch;
  const auto look = [&] {
    ASSERT_TRUE(watch.look(*db, office.time, office.tick()));
    ASSERT_TRUE(office.server().desk().catch_up());
  };
  const auto timeline = [&] {
    std::string all;
    const json::value read = office.must(admin, "GET", "/access/timeline?limit=2");
    for (const json::value& one : read.at("items").as_array())
      all += fmt::format("{} {} {} {}\n", std::string(one.at("kind").as_string()),
                         std::string(one.at("person").at("name").as_string()),
                         std::string(one.at("at").as_string()),
                         std::string(one.at("note").as_string()));
    return all;
  };
  ASSERT_EQ(open(nobody, sealed({{"email", "k@firm.example"}, {"name", "K"}, {"hours", 1}})), 200U);
  look();
  EXPECT_EQ(timeline(), "emergency_opened K 2026-11-24T00:00:00Z IdP is down\n");
  office.time += hours(1);
  EXPECT_EQ(works(admin), 200U);
  office.time += hours(1);  // nobody looked meanwhile
  look();
  look();
  EXPECT_EQ(timeline(),
            "emergency_over K 2026-11-24T01:00:00Z \n"
            "emergency_opened K 2026-11-24T00:00:00Z IdP is down\n");
  EXPECT_EQ(office.count("audit WHERE action = 'emergency-over' AND item = 'k@firm.example' AND "
                         "detail LIKE '%\"how\":\"time\"%'"),
            1);
  EXPECT_EQ(office.count("emergency_seal WHERE ended_at IS NULL"), 0);
  // Its session was ended by somebody else.
  Visitor other;
  ASSERT_EQ(open(other, sealed({{"person", 2}})), 200U);
  look();
  office.time += minutes(10);
  office.must(admin, "DELETE", "/people/2/sessions");
  look();
  EXPECT_EQ(timeline(),
            "emergency_over K 2026-11-24T02:10:00Z \n"
            "emergency_opened K 2026-11-24T02:00:00Z IdP is down\n");
  EXPECT_EQ(office.count("audit WHERE action = 'emergency-over' AND detail LIKE '%session%'"), 1);
  // By somebody, it says who.
  Visitor last;
  ASSERT_EQ(open(last, sealed({{"person", 2}})), 200U);
  office.time += minutes(10);
  EXPECT_EQ(ends(), 204U);
  look();
  EXPECT_EQ(office.must(admin, "GET", "/access/timeline?kind=emergency_over")
                .at("items")
                .at(0)
                .at("by")
                .at("name"),
            "Aoki");
  EXPECT_EQ(office.count("audit WHERE action = 'emergency-over'"), 2);
}

TEST_F(SealTest, InvitationAndBreakGlassEndOnTime) {
  policy();
  const auto invited = office.must(
      admin, "POST", "/invitations",
      {{"email", "new@firm.example"}, {"name", "N"}, {"roles", json::array{"teleworker"}}});
  const std::string link(invited.at("link").as_string());
  const std::string path = "/invitations/" + link.substr(link.find('#') + 1);
  ASSERT_EQ(open(nobody, sealed({{"email", "k@firm.example"}, {"name", "K"}, {"hours", 1}})), 200U);
  const Time opened = office.time;
  const auto at = [&](Time time) {
    office.time = time;
    EXPECT_TRUE(office.server().desk().catch_up());
    return works(nobody);
  };
  // To the second, and not a moment longer for what is asked often.
  EXPECT_EQ(at(opened + minutes(30)), 200U);
  EXPECT_EQ(at(opened + hours(1) - std::chrono::seconds(1)), 200U);
  EXPECT_EQ(enter(true).decision.answer, AccessAnswer::allow);
  EXPECT_EQ(at(opened + hours(1)), 401U);
  EXPECT_EQ(enter(true).decision.answer, AccessAnswer::deny);
  const Time end = *parse_time(std::string(invited.at("expires_at").as_string()));
  Visitor guest;
  office.time = end - std::chrono::seconds(1);
  EXPECT_EQ(office.ask(guest, "GET", path).status, 200U);
  office.time = end;
  EXPECT_EQ(office.ask(guest, "GET", path).status, 404U);
  EXPECT_EQ(office
                .ask(guest, "POST", "/invitations/accept",
                     json::serialize(json::object{{"token", path.substr(path.rfind('/') + 1)},
                                                  {"name", "N"},
                                                  {"password", Office::kPassword},
                                                  {"lang", "en"}}))
                .status,
            404U);
}

TEST_F(SealTest, AClockThatIsSetBackProlongsNothing) {
  policy();
  SealWatch watch;
  auto tick = std::chrono::steady_clock::time_point(hours(9));
  const auto look = [&] {
    ASSERT_TRUE(watch.look(*db, office.time, tick));
    ASSERT_TRUE(office.server().desk().catch_up());
  };
  ASSERT_EQ(open(nobody, sealed({{"email", "k@firm.example"}, {"name", "K"}, {"hours", 1}})), 200U);
  look();
  const AccessVerdict in = enter(true);
  ASSERT_TRUE(in.token);
  ASSERT_TRUE(office.server().desk().opened(*EnforcerId::parse("gate"), *in.token, "h"));
  tick += minutes(59);
  office.time -= minutes(40);
  look();
  EXPECT_EQ(works(nobody), 200U);
  EXPECT_EQ(office.server().desk().LiveDesk::live().size(), 1U);
  tick += minutes(1);
  look();
  EXPECT_EQ(works(nobody), 401U);
  EXPECT_TRUE(office.server().desk().LiveDesk::live().empty());
  // Neither does one that is right again bring it back.
  office.time += minutes(50);
  look();
  EXPECT_EQ(works(nobody), 401U);
  EXPECT_EQ(enter(true).decision.reasons.front().code, AccessReasonCode::emergency_over);
}

TEST_F(SealTest, NobodySeesMoreThanOneOfTwoWhoOpenItAtOnce) {
  const std::string code = sealed();
  std::atomic<int> opened{0};
  std::vector<std::thread> both;
  for (int i = 0; i < 2; ++i)
    both.emplace_back([&] {
      Visitor one;
      const auto reply = office.ask(one, "POST", "/emergency-seals/open",
                                    json::serialize(json::object{{"code", code}, {"reason", "r"}}));
      if (reply.status == 200) ++opened;
    });
  for (auto& one : both) one.join();
  EXPECT_EQ(opened, 1);
}

}  // namespace
}  // namespace sekisho
