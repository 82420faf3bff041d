// Each operation of the API once, and how the database carries out every statement on the way:
// none reads a whole table that grows, on either kind of database.
#include <gtest/gtest.h>

#include <map>

#include "databases.h"
#include "office.h"
#include "statements.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What has to read all of a table, by a part of its text, and why it may.
const std::map<std::string, std::string, std::less<>> kWhole{
    {"FROM setting", "a handful of named values"},
    {"SELECT 1 FROM person LIMIT 1", "the first row tells"},
    {"FROM assignment a LEFT JOIN person", "one row a question"},
    {"FROM line_sensor", "one row a sensor at the line"},
    {"SELECT DISTINCT team FROM device", "all names of teams: 10,000 devices in a millisecond"},
    {"FROM device WHERE state <> 'retired' AND appliance = ''", "the survey of all devices"},
    {"FROM device WHERE state <> 'retired' AND listed_at", "all that a list named, once an hour"},
    {"FROM device WHERE appliance <> ''", "all network gear, once an hour"},
    {"WHERE d.appliance <> ''", "the same"},
    {"FROM device WHERE software_at", "all lists of software, when a feed was renewed"},
    {"FROM audit ORDER BY id", "the whole chain is verified"},
    {"FROM invitation", "open invitations run out"},
    {"FROM enrolment", "open enrolments run out"},
    {"lower(d.name) LIKE", "a search in names"},
    {"roles LIKE '%administrator%'", "stops at the first; asked when somebody's roles change"},
    {"DELETE FROM pending", "what was begun and not ended, minutes long"},
    {"DELETE FROM guess", "failed guesses of a day"},
    {"DELETE FROM session", "sessions run out"},
};
bool may_read_all(std::string_view sql) {
  return std::ranges::any_of(
      kWhole, [&](const auto& one) { return sql.find(one.first) != std::string_view::npos; });
}

struct Asked {
  const char* operation;
  std::string path;
  json::value body = nullptr;
};

/// In an order in which each finds what it needs.
std::vector<Asked> all_operations() {
  const Guideline& guideline = Office::guideline();
  std::string asked;
  std::string looked_at;
  for (const CheckSpec& check : guideline.checks) (check.asked ? asked : looked_at) = check.id;
  const std::string item = guideline.measures.front().ascii;
  const json::array roles{"administrator"};
  return {
      {"GET", "/state"},
      {"GET", "/me"},
      {"PUT", "/me", {{"name", "青木"}, {"lang", "ja"}}},
      {"GET", "/me/page"},
      {"GET", "/me/sessions"},
      {"DELETE", "/me/sessions/99"},
      {"POST", "/me/passkeys/options"},
      {"POST",
       "/me/passkeys",
       {{"name", "k"}, {"client_data", "e30"}, {"attestation_object", "oA"}}},
      {"GET", "/me/passkeys"},
      {"DELETE", "/me/passkeys/99"},
      {"POST", "/me/tokens", {{"name", "t"}, {"scopes", {"read"}}, {"days", 3}}},
      {"GET", "/me/tokens"},
      {"DELETE", "/me/tokens/1"},
      {"GET", "/guideline"},
      {"GET", "/organisation"},
      {"PUT",
       "/organisation",
       {{"name", "関所商店"},
        {"industry", ""},
        {"size", ""},
        {"methods", {"vpn"}},
        {"situations", json::object()},
        {"ready", true}}},
      {"POST", "/choice", json::object()},
      {"GET", "/methods/vpn/difference"},
      {"POST",
       "/evidence",
       {{"machine", "pc-1"},
        {"records",
         {{{"check", looked_at},
           {"verdict", "fail"},
           {"observed_at", "2026-11-23T22:00:00Z"},
           {"detail", {{"ja", "あ"}, {"en", "a"}}}}}}}},
      {"GET", "/devices"},
      {"GET", "/devices?state=active&team=a&kind=own&only=failing"},
      {"GET", "/devices?only=stale&q=pc"},
      {"GET", "/devices/1"},
      {"PUT", "/devices/1", {{"name", "PC 1"}, {"person", 1}, {"state", "active"}}},
      {"GET", "/devices/1/software"},
      {"PUT", "/devices/1/software",
       R"({"bomFormat":"CycloneDX","components":[{"type":"library",)"
       R"("name":"a","version":"1","purl":"pkg:npm/a@1"}]})"},
      {"GET", "/devices/1/software?only=open"},
      {"GET", "/devices/1/history"},
      {"POST", "/devices/1/message", json::object()},
      {"GET", "/device-views"},
      {"POST", "/device-views", {{"name", "v"}, {"query", "only=failing"}}},
      {"DELETE", "/device-views/1"},
      {"POST",
       "/appliances",
       {{"name", "VPN"},
        {"kind", "fortigate"},
        {"model", ""},
        {"version", "7.4.1"},
        {"reused", false},
        {"confirmed", true}}},
      {"PUT",
       "/appliances/2",
       {{"model", ""}, {"version", "7.4.2"}, {"reused", false}, {"confirmed", true}}},
      {"POST", "/devices/import?try=no", "name,os,version\nPC-7,Windows 11 Pro,10.0.26200\n"},
      {"GET", "/survey"},
      {"POST", "/enrolments", {{"person", 1}}},
      {"GET", "/enrolments"},
      {"DELETE", "/enrolments/1"},
      {"POST", "/osquery"},
      {"DELETE", "/devices/1/certificates"},
      {"GET", "/home"},
      {"GET", "/history?by=category"},
      {"GET", "/checklist"},
      {"GET", "/measures"},
      {"GET", "/requirements/" + item},
      {"GET", "/actions"},
      {"POST", "/attachments?name=a.pdf", "bytes"},
      {"GET", "/attachments/1"},
      {"POST",
       "/checks/" + asked + "/answers",
       {{"reply", "yes"}, {"note", "済"}, {"attachment", 1}}},
      {"GET", "/checks/" + asked},
      {"GET", "/checks/" + looked_at},
      {"PUT", "/items/" + item + "/assignment", {{"person", 1}, {"due", "2027-02-28"}}},
      {"POST", "/items/" + item + "/remarks", {{"text", "済"}}},
      {"GET", "/cases"},
      {"POST", "/incidents", {{"kind", "lost_device"}, {"text", "電車"}, {"device", 1}}},
      {"GET", "/incidents"},
      {"GET", "/incidents/1"},
      {"PUT", "/incidents/1", {{"state", "closed"}, {"done", {0}}}},
      {"POST", "/incidents/1/remarks", {{"text", "済"}}},
      {"GET", "/reports/administrator?format=html"},
      {"GET", "/reports/oscal?format=poam"},
      {"GET", "/report-key"},
      {"GET", "/line"},
      {"PUT", "/line", {{"ours", {"192.0.2.1"}}, {"portals", json::array()}, {"hours_kept", 24}}},
      {"GET", "/line/now"},
      {"GET", "/line/risk?address=192.0.2.7"},
      {"GET", "/notices"},
      {"PUT",
       "/notices",
       {{"smtp", {{"url", ""}, {"from", ""}, {"user", ""}, {"password", nullptr}}},
        {"hooks", json::array()}}},
      {"POST", "/notices/test"},
      {"POST",
       "/invitations",
       {{"email", "b@firm.example"}, {"name", "花"}, {"roles", {"teleworker"}}}},
      {"GET", "/invitations"},
      {"GET", "/invitations/x"},
      {"POST",
       "/invitations/accept",
       {{"token", "x"}, {"name", "花"}, {"password", "correct horse battery"}, {"lang", "ja"}}},
      {"DELETE", "/invitations/1"},
      {"GET", "/people"},
      {"PUT", "/people/1", {{"name", "A"}, {"roles", roles}, {"state", "active"}}},
      {"DELETE", "/people/99/sessions"},
      {"DELETE", "/people/99/factors"},
      {"GET", "/audit"},
      {"GET", "/audit/check"},
      {"POST",
       "/me/password",
       {{"current", Office::kPassword}, {"password", "another horse battery"}}},
      {"POST", "/me/totp"},
      {"POST", "/me/totp/confirm", {{"code", "000000"}}},
      {"POST", "/sign-in", {{"email", "nobody@firm.example"}, {"password", "wrong password!"}}},
      {"POST", "/sign-in/code", {{"code", "000000"}}},
      {"POST", "/sign-in/passkey/options"},
      {"POST",
       "/sign-in/passkey",
       {{"challenge", "YQ"},
        {"credential", "YQ"},
        {"client_data", "e30"},
        {"authenticator_data", "YQ"},
        {"signature", "YQ"}}},
      {"GET", "/sign-in/oidc"},
      {"GET", "/sign-in/oidc/callback?code=a&state=b"},
      {"POST",
       "/setup",
       {{"token", "x"},
        {"name", "A"},
        {"email", "a@firm.example"},
        {"password", "correct horse battery"},
        {"lang", "en"}}},
      {"POST", "/sign-out"},
  };
}

/// "/devices/1?x=y" is asked of "/devices/{id}".
bool is_of(std::string_view path, std::string_view pattern) {
  path = path.substr(0, path.find('?'));
  const auto next = [](std::string_view& rest) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end);
    return part;
  };
  while (!path.empty() && !pattern.empty()) {
    const std::string_view wanted = next(pattern);
    if (const std::string_view part = next(path); part != wanted && !wanted.starts_with('{'))
      return false;
  }
  return path.empty() && pattern.empty();
}

/// All statements of all operations, and of the server's own jobs.
const std::set<std::string>& statements(Statements& noted, Office& office) {
  static std::set<std::string> all;
  Visitor admin = office.administrator();
  noted.take();  // what made the tables
  for (const Asked& one : all_operations()) {
    const bool bytes = one.body.is_string();
    const HttpReply reply =
        office.ask(admin, one.operation, one.path,
                   bytes                ? std::string(one.body.get_string())
                   : one.body.is_null() ? ""
                                        : json::serialize(one.body),
                   {{"content-type", bytes ? "application/octet-stream" : "application/json"}});
    EXPECT_LT(reply.status, 500U) << one.operation << " " << one.path << reply.body;
    EXPECT_NE(reply.status, 422U) << one.operation << " " << one.path << reply.body;
    EXPECT_NE(reply.status, 405U) << one.operation << " " << one.path;
  }
  EXPECT_TRUE(office.server().run([&office] { office.server().stop(); }));
  all = noted.take();
  return all;
}

using Queries = Databases;
SEKISHO_BOTH_DATABASES(Queries);

TEST_P(Queries, NoneReadsAWholeTableThatGrows) {
  Statements noted;
  Office office;
  const auto& all = statements(noted, office);
  EXPECT_GT(all.size(), 150U);
  if (!postgres()) {
    for (const std::string& sql : all)
      for (const std::string& step : Statements::plan(office.database(), sql))
        if (step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW" && !may_read_all(sql))
          ADD_FAILURE() << step << ": " << sql;
    return;
  }
  // Whatever the tables hold: a whole one is read only where there is no other way.
  const auto db = open();
  ASSERT_TRUE(db->script("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan"));
  int number = 0;
  for (const std::string& sql : all) {
    std::string text;
    int values = 0;
    for (const char c : sql) text += c == '?' ? fmt::format("${}", ++values) : std::string(1, c);
    const std::string name = fmt::format("s{}", ++number);
    const auto prepared = db->script("PREPARE " + name + " AS " + text);
    ASSERT_TRUE(prepared) << prepared.error().describe(Lang::en) << sql;
    std::string nulls;
    for (int i = 0; i < values; ++i) nulls += i == 0 ? "(NULL" : ", NULL";
    const auto plan = db->query("EXPLAIN EXECUTE " + name + nulls + (values > 0 ? ")" : ""));
    ASSERT_TRUE(plan) << plan.error().describe(Lang::en) << sql;
    for (const Row& step : *plan)
      if (step.text(0).find("Seq Scan on") != std::string::npos && !may_read_all(sql))
        ADD_FAILURE() << step.text(0) << ": " << sql;
  }
}

TEST(Operations, EachIsAmongThoseThatAreAsked) {
  Office office;
  Visitor nobody;
  const json::value document =
      json::parse(std::string(office.ask(nobody, "GET", "/openapi.json").fixed));
  const auto asked = all_operations();
  for (const auto& [path, operations] : document.at("paths").as_object())
    for (const auto& [method, operation] : operations.as_object()) {
      std::string verb(method);
      for (char& c : verb) c = static_cast<char>(std::toupper(c));
      EXPECT_TRUE(std::ranges::any_of(asked,
                                      [&](const Asked& one) {
                                        return one.operation == verb &&
                                               is_of(one.path, std::string_view(path));
                                      }))
          << verb << " " << std::string_view(path);
    }
}

}  // namespace
}  // namespace sekisho
