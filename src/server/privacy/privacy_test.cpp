// SPDX-License-Identifier: Apache-2.0
// Who left is forgotten and what is over is let go of: held against everything in the database.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "databases.h"
#include "office.h"
#include "server/devices/software.h"
#include "server/privacy/retention.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::days;

Evidence found(const std::string& subject, const std::string& check, Time at, days holds,
               const std::string& what) {
  return {{subject},
          check,
          {Verdict::pass, {"個人の端末 " + what, what}, Compared{.place = "here", .seen = what}},
          at,
          at + holds,
          "agent"};
}

/// All that stands in the database, table by table.
std::string all_of(Database& db) {
  std::string text;
  const auto tables = db.query(
      db.kind() == Database::Kind::sqlite
          ? "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
          : "SELECT table_name::text FROM information_schema.tables WHERE table_schema = "
            "current_schema()");
  EXPECT_TRUE(tables);
  for (const Row& table : *tables) {
    const auto rows = db.query("SELECT * FROM " + table.text(0));
    EXPECT_TRUE(rows);
    for (const Row& row : *rows) {
      text += table.text(0) + ":";
      for (std::size_t i = 0; i < row.size(); ++i) text += " " + row.text(i);
      text += "\n";
    }
  }
  return text;
}

unsigned ask(Office& office, Visitor& who, const char* method, const std::string& path,
             const json::value& body = nullptr) {
  return office.ask(who, method, path, body.is_null() ? std::string() : json::serialize(body))
      .status;
}

/// A tenant in which a policy leaves one person out, who has two names there.
json::object tenant_without(const std::string& name, const std::string& address, Time read) {
  const json::object person{{"id", "p"},
                            {"displayName", name},
                            {"userPrincipalName", address},
                            {"accountEnabled", true},
                            {"userType", "Member"}};
  const json::object everybody{{"includeUsers", json::array{"All"}},
                               {"excludeUsers", json::array{"p"}}};
  const json::object policy{
      {"id", "c"},
      {"displayName", "Everyone"},
      {"state", "enabled"},
      {"conditions",
       json::object{{"users", everybody},
                    {"applications", json::object{{"includeApplications", json::array{"All"}}}},
                    {"clientAppTypes", json::array{"all"}}}},
      {"grantControls", json::object{{"operator", "OR"}, {"builtInControls", json::array{"mfa"}}}}};
  const json::object file{{"sekisho", "entra-people"},
                          {"tenantId", "11111111-1111-4111-8111-111111111111"},
                          {"readAt", format_time(read)},
                          {"users", json::array{person}},
                          {"groups", json::array{}},
                          {"directoryRoles", json::array{}},
                          {"securityDefaults", json::object{{"isEnabled", false}}},
                          {"conditionalAccessPolicies", json::array{policy}}};
  return {{"files", json::array{json::object{{"name", "people.json"},
                                             {"content", base64url(json::serialize(file))}}}},
          {"emergency", json::array{}}};
}

/// A firm with somebody who did all that leaves a trace.
struct Firm {
  Office office;
  Visitor admin = office.administrator();
  std::string app;
  Visitor hana = office.newcomer(admin, "hanako@firm.example", {"teleworker", "executive"}, &app);
  std::string id = std::to_string(office.must(hana, "GET", "/me").at("id").as_int64());

  Firm() {
    office.must(hana, "PUT", "/me", {{"name", "Hanako Mori"}, {"lang", "ja"}});
    office.must(hana, "POST", "/me/tokens",
                {{"name", "mine"}, {"scopes", json::array{"read"}}, {"days", 9}});
    office.must(hana, "POST", "/device-views", {{"name", "my view"}, {"query", "q=a"}});
    office.must(hana, "POST", "/items/ask-SK-admin-B2/remarks", {{"text", "looked at"}});
    office.must(hana, "POST", "/incidents", {{"kind", "suspicious_mail"}, {"text", "a mail"}});
    office.must(admin, "PUT", "/items/ask-SK-admin-B2/assignment",
                {{"person", office.must(hana, "GET", "/me").at("id")}, {"due", nullptr}});
    office.must(admin, "PUT", "/clouds",
                tenant_without("Hanako Mori", "Hanako@firm.example", office.time));
    const auto db = office.beside();
    for (const int own : {0, 1}) {
      EXPECT_TRUE(db->execute(
          "INSERT INTO device (subject, name, person_id, state, created_at, own, serial) VALUES "
          "(?, ?, ?, 'active', 1, ?, ?)",
          {fmt::format("machine:{}", own), own == 1 ? "hanako-phone" : "pc-17", whole_number(id),
           std::int64_t{own}, own == 1 ? "SERIALOFHERS" : "S1"}));
      EXPECT_TRUE(
          append_evidence(*db, {found(fmt::format("machine:{}", own), "os-support", office.time,
                                      days(1), fmt::format("seen on {}", own))}));
      EXPECT_TRUE(
          db->execute("INSERT INTO software (device_id, name, version, cpe, purl) SELECT "
                      "id, ?, '1', '', '' FROM device WHERE own = ?",
                      {fmt::format("program {}", own), std::int64_t{own}}));
    }
  }
  json::object leave(const char* state = "disabled") {
    return {{"name", "Hanako Mori"}, {"roles", json::array{"teleworker"}}, {"state", state}};
  }
  std::string everything() const { return all_of(*office.beside()); }
};

TEST(Privacy, APersonIsGivenAllThatIsKeptOfThem) {
  Firm firm;
  const auto data = firm.office.must(firm.hana, "GET", "/me/data").as_object();
  const auto has = [&](const char* kind, const std::string& text) {
    return json::serialize(data.at(kind)).contains(text);
  };
  EXPECT_EQ(data.at("person").at("email").as_string(), "hanako@firm.example");
  EXPECT_TRUE(has("tokens", "mine"));
  EXPECT_TRUE(has("device_views", "my view"));
  EXPECT_TRUE(has("remarks", "looked at"));
  EXPECT_TRUE(has("incidents", "a mail"));
  EXPECT_TRUE(has("assignments", "ask-SK-admin-B2"));
  EXPECT_TRUE(has("devices", "hanako-phone") && has("devices", "pc-17"));
  EXPECT_TRUE(has("findings_on_devices", "seen on 1"));
  EXPECT_TRUE(has("software_on_devices", "program 1"));
  EXPECT_TRUE(has("audit_log", "remarked") && has("audit_log", "invited"));
  EXPECT_TRUE(has("sessions", "127.0.0.1"));
  EXPECT_TRUE(has("clouds", "Everyone"));
  // No secret, and nothing of anybody else's.
  const std::string all = json::serialize(data);
  for (const std::string& secret :
       {std::string("$argon2"), std::string("sekisho_"), firm.app, secret_hash(firm.hana.cookie)})
    EXPECT_FALSE(all.contains(secret)) << secret;
  EXPECT_FALSE(json::serialize(firm.office.must(firm.admin, "GET", "/me/data")).contains("a mail"));
}

TEST(Privacy, AnothersDataIsForAdministratorsAloneAndWrittenDown) {
  Firm firm;
  const std::string path = "/people/" + firm.id + "/data";
  EXPECT_EQ(ask(firm.office, firm.hana, "POST", path), 403U);
  const auto data = firm.office.must(firm.admin, "POST", path);
  EXPECT_EQ(data.at("person").at("name").as_string(), "Hanako Mori");
  EXPECT_EQ(firm.office.count("audit WHERE action = 'person-data-taken'"), 1);
  EXPECT_EQ(ask(firm.office, firm.admin, "POST", "/people/999/data"), 404U);
}

// Of what somebody has at home only that is kept which a list names; the rest is counted.
TEST(Privacy, OfAPersonsOwnDeviceLessIsKept) {
  Firm firm;
  const auto put = [&](const char* id) {
    const json::value bom{
        {"bomFormat", "CycloneDX"},
        {"specVersion", "1.5"},
        {"components",
         json::array{{{"type", "library"},
                      {"name", "log4j-core"},
                      {"version", "2.14.1"},
                      {"purl", "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"}},
                     {{"type", "application"}, {"name", "Secret Diary"}, {"version", "3"}}}}};
    EXPECT_EQ(firm.office
                  .ask(firm.admin, "PUT", std::string("/devices/") + id + "/software",
                       json::serialize(bom), {{"content-type", "application/octet-stream"}})
                  .status,
              200U);
  };
  put("1");
  put("2");
  const auto db = firm.office.beside();
  const Feeds feeds;
  for (const int device : {1, 2})
    ASSERT_TRUE(judge_own_software(*db, Office::guideline(), feeds, DeviceId(device)));
  const auto names = [&](int device) {
    std::string all;
    const auto rows = db->query("SELECT name FROM software WHERE device_id = ? ORDER BY id",
                                {std::int64_t{device}});
    for (const Row& row : *rows) all += row.text(0) + ",";
    return all;
  };
  EXPECT_EQ(names(1), "log4j-core,Secret Diary,");
  EXPECT_EQ(names(2), "-,-,");
}

TEST(Privacy, WhoLeftIsForgottenEverywhere) {
  Firm firm;
  const std::string path = "/people/" + firm.id + "/identity";
  EXPECT_EQ(ask(firm.office, firm.hana, "DELETE", path), 403U);
  firm.office.must(firm.admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  EXPECT_EQ(ask(firm.office, firm.admin, "DELETE", path), 409U);
  firm.office.must(firm.admin, "PUT", "/people/" + firm.id, firm.leave());
  const std::int64_t entries = firm.office.count("audit");
  firm.office.must(firm.admin, "DELETE", path);
  const std::string left = firm.everything();
  for (const char* trace : {"hanako", "Hanako", "Mori", "SERIALOFHERS", "seen on 1", "program 1",
                            "my view", "個人の端末 1"})
    EXPECT_FALSE(left.contains(trace)) << trace << "\n" << left.substr(left.find(trace), 300);
  // The firm's device and what she did stay, and the log is whole.
  EXPECT_TRUE(left.contains("pc-17") && left.contains("seen on 0") && left.contains("looked at"));
  EXPECT_EQ(firm.office.count("audit"), entries + 1);
  const auto check = firm.office.must(firm.admin, "GET", "/audit/check");
  EXPECT_TRUE(check.at("intact").as_bool());
  EXPECT_GT(check.at("redacted").as_int64(), 3);
  // Gone for everybody.
  EXPECT_EQ(ask(firm.office, firm.admin, "DELETE", path), 404U);
  EXPECT_EQ(ask(firm.office, firm.admin, "PUT", "/people/" + firm.id, firm.leave("active")), 404U);
  EXPECT_EQ(ask(firm.office, firm.admin, "POST", "/people/" + firm.id + "/data"), 404U);
  EXPECT_EQ(firm.office.must(firm.admin, "GET", "/people").at("items").as_array().size(), 1U);
  EXPECT_FALSE(json::serialize(firm.office.must(firm.admin, "GET", "/devices?state=retired"))
                   .contains("device-"));
  // Nothing is forgotten of whoever comes by the same address again.
  (void)firm.office.newcomer(firm.admin, "hanako@firm.example", {"teleworker"});
  EXPECT_TRUE(firm.office.must(firm.admin, "GET", "/audit/check").at("intact").as_bool());
}

/// What a document asks for, with `text` wherever something may be typed.
json::value filled(const json::object& document, const json::value& schema,
                   const std::string& text) {
  const auto& one = schema.as_object();
  if (const auto* ref = one.if_contains("$ref")) {
    const std::string name(ref->as_string());
    return filled(document,
                  document.at("components").at("schemas").at(name.substr(name.rfind('/') + 1)),
                  text);
  }
  if (const auto* choices = one.if_contains("enum")) return choices->as_array().at(0);
  if (const auto* fields = one.if_contains("properties")) {
    json::object body;
    for (const auto& field : fields->as_object())
      body[field.key()] = filled(document, field.value(), text);
    return body;
  }
  const auto* type = one.if_contains("type");
  if (type != nullptr && *type == "integer") return 1;
  if (type != nullptr && *type == "array")
    return json::array{filled(document, one.at("items"), text)};
  return json::string(text);
}

/// Everything that anybody may ask for, with `text` in its path, query, headers and body.
int ask_all_as_nobody(Office& office, const std::string& text) {
  Visitor nobody;
  const HttpReply reply = office.ask(nobody, "GET", "/openapi.json");
  const auto document =
      json::parse(reply.body.empty() ? reply.fixed : std::string_view(reply.body)).as_object();
  int asked = 0;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& [method, operation] : path.value().as_object()) {
      if (method == "parameters") continue;
      // What somebody reports is what they want to be read.
      if (operation.at("operationId") == "reportEmergency") continue;
      std::string where(path.key());
      if (const std::size_t at = where.find('{'); at != std::string::npos)
        where.replace(at, where.find('}') + 1 - at, text);
      where += "?q=" + percent_encoded(text) + "&error=" + percent_encoded(text);
      std::string body;
      if (const auto* wanted = operation.as_object().if_contains("requestBody"))
        if (const auto* as_json = wanted->at("content").as_object().if_contains("application/json"))
          body = json::serialize(filled(document, as_json->at("schema"), text));
      std::string verb(method);
      std::ranges::transform(verb, verb.begin(), ::toupper);
      for (const char* header : {"user-agent", "authorization", "cookie", "x-forwarded-for"}) {
        office.time += std::chrono::seconds(1);
        const std::string value = (header[0] == 'a' ? "Bearer " : "") + text;
        EXPECT_LT(office.ask(nobody, verb, where, body, {{header, value}}).status, 500U) << where;
        nobody = {};
        ++asked;
      }
    }
  return asked;
}

// Whoever was forgotten comes back by nothing that somebody else types.
TEST(Privacy, WhatStrangersTypeIsNotKept) {
  Firm firm;
  firm.office.must(firm.admin, "PUT", "/people/" + firm.id, firm.leave());
  firm.office.must(firm.admin, "DELETE", "/people/" + firm.id + "/identity");
  Visitor nobody;
  for (int i = 0; i < 6; ++i)
    ask(firm.office, nobody, "POST", "/sign-in",
        {{"email", i % 2 == 0 ? "hanako@firm.example" : "Hanako's secret phrase"},
         {"password", "wrong"}});
  EXPECT_GT(ask_all_as_nobody(firm.office, "hanako@firm.example"), 300);
  EXPECT_GT(ask_all_as_nobody(firm.office, "Hanako"), 300);
  const std::string left = firm.everything();
  for (const char* trace : {"hanako", "Hanako", "secret phrase"})
    EXPECT_FALSE(left.contains(trace)) << trace << "\n" << left.substr(left.find(trace), 300);
}

// Nor is what an administrator needs gone: what was tried, from where, and again by the same one.
TEST(Privacy, WhoHasTheAddressInHandFindsWhatWasTriedWithIt) {
  Firm firm;
  Visitor nobody;
  const auto fail = [&](const char* email) {
    EXPECT_EQ(ask(firm.office, nobody, "POST", "/sign-in", {{"email", email}, {"password", "x"}}),
              401U);
  };
  fail("nobody@firm.example");
  fail("Nobody@firm.example");
  fail("else@firm.example");
  fail("hanako@firm.example");
  const auto tried = [&](const std::string& q) {
    std::vector<std::string> items;
    const json::value page =
        firm.office.must(firm.admin, "GET", "/audit?action=sign-in-failed&q=" + percent_encoded(q));
    for (const json::value& entry : page.at("items").as_array()) {
      items.emplace_back(entry.at("item").as_string());
      EXPECT_EQ(entry.at("detail").at("from"), "127.0.0.1");
    }
    return items;
  };
  const auto found = tried("nobody@firm.example");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], found[1]);
  EXPECT_TRUE(found[0].starts_with("unknown-"));
  EXPECT_EQ(tried(found[0]), found);
  EXPECT_EQ(tried("else@firm.example").size(), 1U);
  EXPECT_NE(tried("else@firm.example"), std::vector<std::string>{found[0]});
  EXPECT_TRUE(tried("other@firm.example").empty());
  EXPECT_EQ(tried("hanako"), std::vector<std::string>{"hanako@firm.example"});
  // Guesses are counted for it all the same.
  for (int i = 0; i < 3; ++i) fail("nobody@firm.example");
  EXPECT_EQ(ask(firm.office, nobody, "POST", "/sign-in",
                {{"email", "nobody@firm.example"}, {"password", "x"}}),
            429U);
}

// What the identity provider's page was made to say comes from whoever asks.
TEST(Privacy, AnAddressInAnErrorOfAnIdentityProviderIsNotKept) {
  Office office(
      [](ServerOptions& options) { options.oidc = {"http://127.0.0.1:1", "sekisho", nullptr}; });
  const auto db = office.beside();
  ASSERT_TRUE(set_setting(*db, "strangers.key", "k"));
  Visitor nobody;
  const std::string begun = std::to_string(office.time.time_since_epoch().count() + 60) + ".x";
  nobody.cookie = "sekisho-oidc=" + begun;
  EXPECT_EQ(office
                .ask(nobody, "GET",
                     "/sign-in/oidc/callback?error=denied+to+hanako%40firm.example&state=" +
                         keyed_hash("k", "oidc-state|" + begun))
                .status,
            303U);
  EXPECT_EQ(office.count("audit WHERE action = 'sign-in-failed'"), 1);
  EXPECT_FALSE(all_of(*db).contains("hanako"));
}

/// As often as the server looks, through `most` days.
void pass(Office& office, Database& db, int most) {
  for (int day = 0; day < most; ++day) {
    office.time += days(1);
    ASSERT_TRUE(keep_to_retention(db, office.time));
  }
}

TEST(Privacy, WhoLeftLongAgoIsForgottenByItself) {
  Firm firm;
  const auto db = firm.office.beside();
  firm.office.must(firm.admin, "PUT", "/privacy",
                   {{"findings", 90}, {"incidents", 365}, {"devices", 30}, {"people", 30}});
  EXPECT_EQ(ask(firm.office, firm.admin, "PUT", "/privacy",
                {{"findings", 89}, {"incidents", 365}, {"devices", 30}, {"people", 30}}),
            422U);
  firm.office.must(firm.admin, "PUT", "/people/" + firm.id, firm.leave());
  pass(firm.office, *db, 29);
  EXPECT_TRUE(firm.everything().contains("Hanako"));
  pass(firm.office, *db, 3);
  EXPECT_FALSE(firm.everything().contains("Hanako"));
  EXPECT_TRUE(verify_audit(*db)->intact());
  // A closed report goes after its time, an open one stays.
  EXPECT_EQ(firm.office.count("incident"), 1);
  pass(firm.office, *db, 340);
  EXPECT_EQ(firm.office.count("incident"), 1);
  ASSERT_TRUE(db->execute("UPDATE incident SET state = 'closed'"));
  pass(firm.office, *db, 1);
  EXPECT_EQ(firm.office.count("incident"), 0);
}

// What a list of links still shows of one that ended is there as long as the list remembers it.
TEST(Privacy, ALinkThatEndedIsRememberedForAWhile) {
  Office office;
  Visitor admin = office.administrator();
  const auto db = office.beside();
  ASSERT_TRUE(
      db->execute("INSERT INTO enrolment (secret, created_by, created_at, expires_at) VALUES "
                  "('s', 1, 1, ?)",
                  {value_of(office.time)}));
  pass(office, *db, 29);
  EXPECT_EQ(office.count("enrolment"), 1);
  pass(office, *db, 3);
  EXPECT_EQ(office.count("enrolment"), 0);
}

TEST(Privacy, ASignInIsKeptForAWhileAndItsAddressForLess) {
  Office office;
  Visitor admin = office.administrator();
  const auto db = office.beside();
  ASSERT_TRUE(db->execute("DELETE FROM sign_in"));
  ASSERT_TRUE(
      db->execute("INSERT INTO sign_in (person_id, at, outcome, factor, place, origin, "
                  "agent, device_id) VALUES (1, ?, 'signed_in', 'code', 'console', "
                  "'192.0.2.1', 'Firefox', 0)",
                  {value_of(office.time)}));
  pass(office, *db, 29);
  EXPECT_EQ(office.count("sign_in WHERE origin = '192.0.2.1'"), 1);
  pass(office, *db, 3);
  EXPECT_EQ(office.count("sign_in WHERE origin = '' AND agent = ''"), 1);
  pass(office, *db, 57);
  EXPECT_EQ(office.count("sign_in"), 1);
  pass(office, *db, 3);
  EXPECT_EQ(office.count("sign_in"), 0);
}

// A clock that is years ahead for a while takes nothing that is not over.
TEST(Privacy, AWrongClockForgetsNobody) {
  Firm firm;
  const auto db = firm.office.beside();
  ASSERT_TRUE(keep_to_retention(*db, firm.office.time));
  firm.office.must(firm.admin, "PUT", "/people/" + firm.id, firm.leave());
  const Time right = firm.office.time;
  for (int look = 0; look < 3; ++look)
    ASSERT_TRUE(keep_to_retention(*db, right + days(4000) + days(look)));
  EXPECT_TRUE(firm.everything().contains("Hanako"));
  ASSERT_TRUE(keep_to_retention(*db, right + days(1)));
  EXPECT_TRUE(firm.everything().contains("Hanako"));
}

class Retained : public Databases {};
SEKISHO_BOTH_DATABASES(Retained);

/// What was known at a moment: the newest by when it was seen.
std::map<std::pair<std::string, std::string>, std::int64_t> known(Database& db, Time at) {
  std::map<std::pair<std::string, std::string>, std::int64_t> newest;
  const auto rows = db.query(
      "SELECT subject, check_id, id FROM evidence WHERE observed_at <= ? ORDER BY observed_at, id",
      {value_of(at)});
  for (const Row& row : *rows) newest[{row.text(0), row.text(1)}] = row.integer(2);
  return newest;
}

TEST_P(Retained, WhatWasKnownOnADayWithinTheTimeStaysKnown) {
  const auto db = open();
  std::mt19937 dice(7);  // NOLINT(*-msc51-cpp): the same each time
  const Time start = *parse_time("2024-01-01T00:00:00Z");
  std::vector<Evidence> all;
  for (int i = 0; i < 2500; ++i)
    all.push_back(found(fmt::format("machine:{}", dice() % 9), fmt::format("check-{}", dice() % 7),
                        start + std::chrono::hours(dice() % 21'600), days(1 + dice() % 20),
                        std::to_string(i)));
  ASSERT_TRUE(append_evidence(*db, all));
  const Time now = start + days(900);
  ASSERT_TRUE(set_setting(*db, "retention.findings", "200"));
  std::map<int, std::map<std::pair<std::string, std::string>, std::int64_t>> before;
  for (int day = 705; day <= 900; day += 5) before[day] = known(*db, start + days(day));
  const std::int64_t change = db->query("SELECT MAX(change) FROM evidence")->front().integer(0);
  const std::size_t rows = db->query("SELECT 1 FROM evidence")->size();
  ASSERT_TRUE(keep_to_retention(*db, now));  // notes the day
  EXPECT_EQ(db->query("SELECT 1 FROM evidence")->size(), rows);
  ASSERT_TRUE(keep_to_retention(*db, now + days(1)));
  const std::size_t left = db->query("SELECT 1 FROM evidence")->size();
  EXPECT_LT(left, rows / 2);
  EXPECT_GT(left, rows / 6);
  for (const auto& [day, what] : before) EXPECT_EQ(known(*db, start + days(day)), what) << day;
  EXPECT_GE(db->query("SELECT MAX(change) FROM evidence")->front().integer(0), change);
  // Nothing more on the same day.
  ASSERT_TRUE(keep_to_retention(*db, now + days(1)));
  EXPECT_EQ(db->query("SELECT 1 FROM evidence")->size(), left);
}

}  // namespace
}  // namespace sekisho
