// SPDX-License-Identifier: Apache-2.0
// What a change of roles ends, over all roles: an independent rule says what should.
#include <gtest/gtest.h>

#include "office.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::array kAll{"administrator", "executive", "teleworker", "auditor"};

std::string states(const json::value& list) {
  std::string all;
  for (const json::value& one : list.at("items").as_array())
    all += std::string(one.at("state").as_string()) + " ";
  return all;
}

/// What an administrator may have made: two invitations, and four links of which one is as every
/// employee may make it.
void make_links(Database& db, Time now) {
  const Value at = value_of(now);
  const Value later = value_of(now + std::chrono::hours(70));
  const Value month = value_of(now + std::chrono::days(30));
  ASSERT_TRUE(db.script("DELETE FROM invitation; DELETE FROM enrolment"));
  const auto invite = [&](const char* secret, std::int64_t by) {
    ASSERT_TRUE(db.execute(
        "INSERT INTO invitation (secret, email, name, roles, created_by, created_at, expires_at) "
        "VALUES (?, ?, 'X', 'teleworker', ?, ?, ?)",
        {secret, secret + std::string("@firm.example"), by, at, later}));
  };
  const auto link = [&](const char* secret, Value person, std::int64_t by, std::int64_t most,
                        const Value& ends) {
    ASSERT_TRUE(
        db.execute("INSERT INTO enrolment (secret, person_id, most, created_by, created_at, "
                   "expires_at) VALUES "
                   "(?, ?, ?, ?, ?, ?)",
                   {secret, std::move(person), most, by, at, ends}));
  };
  invite("a", 2);
  invite("b", 2);
  invite("c", 1);
  link("own", std::int64_t{2}, 2, 1, later);
  link("long", std::int64_t{2}, 2, 1, month);
  link("others", std::int64_t{1}, 2, 1, later);
  link("many", Value(), 2, 3, later);
  link("not theirs", Value(), 1, 3, later);
}

TEST(Withdrawals, AChangeOfRolesEndsWhatMayNoLongerBeAndSaysSo) {
  Office office([](ServerOptions& options) {
    options.agents.on = true;
    options.agents.port = 0;
  });
  Visitor admin = office.administrator();
  const auto db = office.beside();
  ASSERT_TRUE(
      db->script("INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, "
                 "created_at) VALUES "
                 "('b@firm.example', 'B', 'administrator', 'ja', 'active', 0, '', 1)"));
  for (unsigned set = 1; set < 1U << kAll.size(); ++set)
    for (const char* state : {"active", "disabled"}) {
      json::array roles;
      for (unsigned i = 0; i < kAll.size(); ++i)
        if ((set >> i & 1U) != 0) roles.emplace_back(kAll.at(i));
      const bool out = std::string_view(state) == "disabled";
      const bool still = !out && (set & 1U) != 0;
      const int links = still ? 0 : out ? 4 : 3;
      make_links(*db, office.time);

      const json::object change{{"name", "B"}, {"roles", roles}, {"state", state}};
      const auto invitations = [&] { return office.must(admin, "GET", "/invitations"); };
      EXPECT_EQ(office.must(admin, "PUT", "/people/2?try=yes", change),
                (json::value{{"invitations", still ? 0 : 2}, {"links", links}}))
          << set << state;
      EXPECT_EQ(states(invitations()), "open open open ") << "it was only asked";
      EXPECT_EQ(office.count("person WHERE state = 'active' AND roles = 'administrator'"), 2);

      office.must(admin, "PUT", "/people/2", change);
      const char* waiting = still ? "open open open " : "withdrawn withdrawn open ";
      EXPECT_EQ(states(invitations()), waiting);
      const auto all = office.must(admin, "GET", "/enrolments");
      EXPECT_EQ(states(all), still ? "open open open open open "
                             : out ? "open withdrawn withdrawn withdrawn withdrawn "
                                   : "open withdrawn withdrawn withdrawn open ");
      const auto log = office.must(admin, "GET", "/audit").at("items").at(0).at("detail");
      if (still) {
        EXPECT_FALSE(log.as_object().contains("withdrawn_links"));
      } else {
        const json::value first = invitations().at("items").at(0);
        EXPECT_EQ(first.at("withdrawn_by").at("id"), 1);
        EXPECT_EQ(first.at("withdrawn_at"), "2026-11-24T00:00:00Z");
        EXPECT_EQ(all.at("items").at(1).at("withdrawn_by").at("id"), 1);
        EXPECT_EQ(log.at("withdrawn_invitations"), 2);
        EXPECT_EQ(log.at("withdrawn_links"), links);
      }
      // Given back, it restores nothing.
      office.must(admin, "PUT", "/people/2",
                  {{"name", "B"}, {"roles", json::array{"administrator"}}, {"state", "active"}});
      EXPECT_EQ(states(invitations()), waiting);
    }
}

TEST(Withdrawals, NobodyGetsInByWhatWasTakenBackAlsoWhenTheClockGoesBack) {
  Office office;
  Visitor admin = office.administrator();
  const auto made = office.must(
      admin, "POST", "/invitations",
      {{"email", "x@firm.example"}, {"name", "X"}, {"roles", json::array{"teleworker"}}});
  const std::string link(made.at("link").as_string());
  const std::string token = link.substr(link.find('#') + 1);
  const std::string path = fmt::format("/invitations/{}", made.at("id").to_number<std::int64_t>());
  office.must(admin, "DELETE", path);
  EXPECT_EQ(office.ask(admin, "DELETE", path).status, 404U);
  office.time -= std::chrono::hours(1);
  Visitor one;
  EXPECT_EQ(office.ask(one, "GET", "/invitations/" + token).status, 404U);
  const json::object newcomer{
      {"token", token}, {"name", "X"}, {"password", Office::kPassword}, {"lang", "en"}};
  EXPECT_EQ(office.ask(one, "POST", "/invitations/accept", json::serialize(newcomer)).status, 404U);
  EXPECT_EQ(office.count("person"), 1);
}

json::value import(Office& office, Visitor& admin, const std::string& list, const char* how = "") {
  const auto reply = office.ask(admin, "POST", std::string("/invitations/import") + how, list,
                                {{"content-type", "application/octet-stream"}});
  EXPECT_EQ(reply.status, 200U) << reply.body;
  return json::parse(reply.body);
}

TEST(Import, TwiceChangesNothingAndLinksGoOnWorking) {
  Office office;
  Visitor admin = office.administrator();
  const std::string list = "A,a@firm.example,経営者\nb@firm.example\nAoki,admin@firm.example\n";
  const auto first = import(office, admin, list);
  EXPECT_EQ(first.at("invited"), 2);
  const auto kept = [&] { return json::serialize(office.must(admin, "GET", "/invitations")); };
  const std::string before = kept();
  for (const std::string& again : {list, std::string("ａ＠firm.example\nB <b@firm.example>\n")}) {
    for (const char* how : {"?try=yes", ""}) {
      const auto said = import(office, admin, again, how);
      EXPECT_EQ(said.at("invited"), 0);
      EXPECT_EQ(said.at("changed"), 0);
      EXPECT_EQ(said.at("people").at(0).at("waits"), true);
      EXPECT_EQ(said.at("people").at(0).at("roles").at(0), "executive") << "as it waits";
    }
    EXPECT_EQ(kept(), before);
  }
  // Other roles are given when the list names them, and said before.
  for (const char* how : {"?try=yes", ""}) {
    EXPECT_EQ(kept(), before);
    const auto said = import(office, admin, "a@firm.example,監査者\n", how);
    EXPECT_EQ(said.at("changed"), 1);
    EXPECT_EQ(said.at("people").at(0).at("had"), (json::array{"executive"}));
    EXPECT_EQ(said.at("people").at(0).at("roles"), (json::array{"auditor"}));
  }
  const auto log = office.must(admin, "GET", "/audit").at("items").at(0);
  EXPECT_EQ(log.at("action"), "invitation-changed");
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string link(first.at("people").at(i).at("link").as_string());
    Visitor one;
    const auto seen = office.must(one, "GET", "/invitations/" + link.substr(link.find('#') + 1));
    EXPECT_EQ(seen.at("roles").at(0), i == 0 ? "auditor" : "teleworker");
  }
}

TEST(Enrolments, OfEmployeesAreShortAndNotWithoutEnd) {
  Office office([](ServerOptions& options) {
    options.agents.on = true;
    options.agents.port = 0;
  });
  Visitor admin = office.administrator();
  Visitor worker = office.newcomer(admin, "w@firm.example", {"teleworker"});
  const auto make = [&](Visitor& who, const char* body) {
    return office.ask(who, "POST", "/enrolments", body).status;
  };
  EXPECT_EQ(make(worker, R"({"days": 4})"), 422U);
  EXPECT_EQ(make(worker, R"({"days": 30})"), 422U);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(make(worker, R"({"days": 3})"), 201U) << i;
  EXPECT_EQ(make(worker, "{}"), 409U) << "twenty wait";
  for (int i = 0; i < 21; ++i) ASSERT_EQ(make(admin, R"({"person": null})"), 201U) << i;
  office.must(admin, "DELETE", "/enrolments/1");
  EXPECT_EQ(make(worker, "{}"), 201U) << "one of them works no longer";
  EXPECT_EQ(make(worker, "{}"), 409U);
  for (const char* wrong : {R"({"uses": 0})", R"({"days": 0})", R"({"days": 31})"})
    EXPECT_EQ(make(admin, wrong), 422U) << wrong;
}

TEST(Names, AreNoMarksOfWhatTheyAreShownIn) {
  Office office([](ServerOptions& options) {
    options.agents.on = true;
    options.agents.port = 0;
  });
  Visitor admin = office.administrator();
  const auto status = [&](const char* method, const char* path, const json::object& body) {
    return office.ask(admin, method, path, json::serialize(body)).status;
  };
  const auto organisation = [&](const char* name) {
    return json::object{{"name", name},
                        {"industry", ""},
                        {"size", ""},
                        {"methods", json::array()},
                        {"situations", json::object()},
                        {"ready", true}};
  };
  for (const char* wrong : {"<!channel>", "<b>", "a<", ">", "<@U123>", "a<script>"}) {
    EXPECT_EQ(status("PUT", "/organisation", organisation(wrong)), 422U) << wrong;
    EXPECT_EQ(status("POST", "/enrolments", {{"person", nullptr}, {"team", wrong}}), 422U) << wrong;
  }
  EXPECT_EQ(status("PUT", "/organisation", organisation("青木製作所 & Co. (1)")), 204U);
  EXPECT_EQ(status("POST", "/enrolments", {{"person", nullptr}, {"team", "営業部"}}), 201U);
}

}  // namespace
}  // namespace sekisho
