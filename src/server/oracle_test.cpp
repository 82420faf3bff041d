// SPDX-License-Identifier: Apache-2.0
// The server held to what must be true of every operation, whoever calls it and whatever fails in
// it: no 500, nothing half done, nothing left open, no change without its entry in the audit log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "databases.h"
#include "faulty_database.h"
#include "office.h"
#include "operations.h"
#include "server/api/condition.h"
#include "server/people/seals.h"
#include "store/audit.h"
#include "store/copy.h"
#include "store/store.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Tables that a request may write to without changing anything that people keep.
constexpr std::array<std::string_view, 6> kBookkeeping{"session", "guess", "pending",
                                                       "job",     "audit", "sign_in"};
/// Changes that are one's own, and not told of in the audit log.
constexpr std::array<std::string_view, 3> kPrivate{"changeMe", "saveDeviceView",
                                                   "removeDeviceView"};

/// An organisation with one person of each role, signed in, and something of each kind.
class Oracle : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    office_ = std::make_unique<Office>([&](ServerOptions& options) {
      options.database = where();
      options.connect = faulty(plan_);
      options.agents.on = true;
      options.agents.port = 0;
      options.tell = [&](const Text& text) { told_.push_back(text.en); };
    });
    outside_ = std::move(*connect_database(where()));
    tables_ = *table_names(*outside_);
    must("INSERT INTO setting (name, value) VALUES ('organisation.name', 'A')");
    people();
    things();
    document_ = json::parse(ask(nobody_, "GET", "/openapi.json").fixed);
  }

  void must(std::string_view sql, const Values& values = {}) {
    stamp_ = "none";  // one's own changes are not in data_version
    const auto done = outside_->query(sql, values);
    ASSERT_TRUE(done) << sql << done.error().describe(Lang::en);
  }

  void people() {
    for (const char* role : {"administrator", "executive", "teleworker", "auditor"}) {
      must(
          "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
          "VALUES (?, ?, ?, 'en', 'active', 0, '', 1)",
          {fmt::format("{}@firm.example", role), std::string(role), std::string(role)});
      visitors_.emplace_back(role, Visitor()).second.cookie =
          fmt::format("sekisho=secret-of-{}", role);
    }
    // Something to be reset.
    must("UPDATE person SET totp = 'x', recovery = 'y' WHERE id = 4");
    let_in();
    for (auto& [role, visitor] : visitors_) office_->learn(visitor);
    for (const char* scope : {"read", "evidence", "manage"})
      visitors_.emplace_back(scope, Visitor()).second.token = fmt::format("token-{}", scope);
    visitors_.emplace_back("nobody", Visitor());
  }

  /// All sessions and tokens are good again, whatever was done with them.
  void let_in() {
    auto change = outside_->begin_change();
    std::int64_t id = 0;
    for (const char* role : {"administrator", "executive", "teleworker", "auditor"}) {
      ++id;
      must("UPDATE person SET state = 'active', roles = ? WHERE id = ?", {std::string(role), id});
      must(
          "INSERT INTO session (person_id, secret, stage, created_at, seen_at, expires_at, "
          "proved_at, peer, agent) VALUES (?, ?, 'full', 1, 3900000000, ?, ?, '', '') ON CONFLICT "
          "(secret) DO UPDATE SET stage = 'full', person_id = excluded.person_id, proved_at = "
          "excluded.proved_at",
          {id, secret_hash(fmt::format("secret-of-{}", role)),
           value_of(office_->time + std::chrono::hours(12)), value_of(office_->time)});
    }
    for (const char* scope : {"read", "evidence", "manage"})
      must(
          "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at, used_at) "
          "VALUES (1, ?, ?, ?, 1, ?, 3900000000) ON CONFLICT (secret) DO NOTHING",
          {std::string(scope), secret_hash(fmt::format("token-{}", scope)), std::string(scope),
           value_of(office_->time + std::chrono::days(30))});
    ASSERT_TRUE(change->commit());
  }

  void things() {
    Visitor& admin = visitors_.front().second;
    office_->must(admin, "POST", "/appliances",
                  {{"name", "vpn"},
                   {"kind", "fortigate"},
                   {"model", ""},
                   {"version", "1"},
                   {"reused", false},
                   {"confirmed", true}});
    office_->must(admin, "POST", "/incidents", {{"kind", "suspicious_mail"}, {"text", "x"}});
    office_->must(admin, "POST", "/invitations",
                  {{"email", "new@firm.example"}, {"name", "New"}, {"roles", {"teleworker"}}});
    office_->must(admin, "POST", "/device-views", {{"name", "v"}, {"query", "state=lost"}});
    office_->must(admin, "POST", "/enrolments", {{"person", 3}});
    must(
        "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
        "created_at) VALUES (1, 'k', 'x', -7, ?, 0, 0), (1, 'l', 'y', -7, ?, 0, 0)",
        {Bytes{"k"}, Bytes{"l"}});
    must(
        "INSERT INTO invitation (secret, salt, email, name, roles, created_by, created_at, "
        "expires_at) VALUES (?, '', 'invited@firm.example', 'N', 'teleworker', 1, 1, ?)",
        {secret_hash("invited"), value_of(office_->time + std::chrono::hours(24))});
  }

  HttpReply ask(Visitor& visitor, const std::string& method, const std::string& path,
                std::string body = {}, Headers headers = {}) {
    office_->time += std::chrono::seconds(1);  // not too many at once
    if (path.ends_with("/software") || path.contains("/import") || path.contains("/attachments"))
      headers.emplace_back("content-type", "application/octet-stream");
    Visitor as_it_was = visitor;
    HttpReply reply = office_->ask(visitor, method, path, std::move(body), std::move(headers));
    visitor = as_it_was;
    return reply;
  }

  /// Everything that people keep, as one text. In SQLite nothing is read anew before somebody has
  /// committed something.
  const std::string& kept() {
    std::string stamp = postgres() ? "" : outside_->query("PRAGMA data_version")->front().text(0);
    if (!postgres() && stamp == stamp_) return kept_;
    stamp_ = std::move(stamp);
    std::string sql;
    for (const std::string& table : tables_) {
      if (std::ranges::find(kBookkeeping, table) != kBookkeeping.end()) continue;
      if (!postgres()) {
        sql = "SELECT * FROM " + table;
        kept_of_[table] = rows_of(sql);
        continue;
      }
      sql += fmt::format(
          "{} SELECT '{}', md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t",
          sql.empty() ? "" : " UNION ALL", table, table);
    }
    if (postgres()) kept_of_[""] = rows_of(sql + " ORDER BY 1");
    kept_.clear();
    for (const auto& [table, rows] : kept_of_) kept_ += table + "\n" + rows;
    return kept_;
  }
  std::string rows_of(const std::string& sql) {
    std::string all;
    EXPECT_TRUE(outside_->each(sql, {}, [&](const Row& row) {
      for (std::size_t i = 0; i < row.size(); ++i) all += "|" + row.text(i);
      all += "\n";
      return true;
    }));
    return all;
  }
  std::int64_t entries() {
    return outside_->query("SELECT COUNT(*) FROM audit")->front().integer(0);
  }
  /// Nobody holds the turn to write.
  bool turn_is_free() {
    return outside_->write([] { return Result<void>(); }).has_value();
  }

  Visitor& as(std::string_view who) {
    return std::ranges::find(visitors_, who, [](const auto& one) { return one.first; })->second;
  }

  FaultPlan plan_;
  std::unique_ptr<Office> office_;
  std::unique_ptr<Database> outside_;
  std::vector<std::pair<std::string, Visitor>> visitors_;
  Visitor nobody_;
  std::vector<std::string> told_;
  std::vector<std::string> tables_;
  std::string stamp_ = "none";
  std::string kept_;
  std::map<std::string, std::string> kept_of_;
  json::value document_;
};
SEKISHO_BOTH_DATABASES(Oracle);

TEST_P(Oracle, NoOperationFailsInsideOrLeavesAnythingOpen) {
  const std::array<Headers, 12> kinds{{{},
                                       {{"if-match", "x"}},
                                       {{"if-match", "\"x\""}},
                                       {{"if-match", "*"}},
                                       {{"if-match", "W/\"x\", \"y.z\""}, {"if-match", ","}},
                                       {{"if-none-match", "*"}},
                                       {{"if-none-match", "\"x\""}},
                                       {{"if-none-match", "\""}, {"if-match", "*"}},
                                       {{"range", "bytes=0-1"}, {"if-range", "\"x\""}},
                                       {{"expect", "100-continue"}},
                                       {{"content-type", "text/plain"}},
                                       {{"content-type", ""}, {"accept-encoding", "gzip"}}}};
  const std::array<std::string, 8> hostile{
      "", "{}", "[", "null", "{\"a", "\"\"", "{\"name\":\"\xFF\"}", std::string(5000, '[')};
  const std::array<std::string_view, 5> names{"1", "0", "99999999999999999999", "x", "accept"};
  std::mt19937 random(7);
  const auto calls = all_calls(document_);
  std::size_t number = 0;
  std::vector<std::string> remarks;
  for (const Called& call : calls)
    for (auto& [role, visitor] : visitors_)
      for (const Headers& headers : kinds) {
        // A sample of them; PostgreSQL takes its share.
        if (random() % (postgres() ? 10 : 2) != 0) continue;
        const std::string path = filled(call.path, names.at(random() % 3 == 0 ? random() % 5 : 0));
        std::string body = random() % 2 == 0 ? call.body : hostile.at(random() % hostile.size());
        if (call.method == "GET" || call.method == "DELETE") body.clear();
        const auto reply = ask(visitor, call.method, path, body, headers);
        ASSERT_NE(reply.status, 500U) << call.id << " by " << role << ": " << body << reply.body;
        ASSERT_NE(reply.status, 0U);
        if (headers.empty() || reply.status >= 400 || call.method == "GET") {
          if (++number % 40 != 0) continue;
        }
        ASSERT_TRUE(turn_is_free()) << call.id << " by " << role;
        let_in();
        if (number % 40 == 0) {
          const std::string text = fmt::format("remark {}", number);
          const auto said = ask(as("administrator"), "POST", "/items/ask-SK-admin-B2/remarks",
                                json::serialize(json::object{{"text", text}}));
          ASSERT_EQ(said.status, 201U) << said.body;
          remarks.push_back(text);
        }
      }
  office_.reset();
  const auto again = connect_database(where());
  std::set<std::string> there;
  const auto said = (*again)->query("SELECT text FROM remark");
  for (const Row& row : *said) there.insert(row.text(0));
  for (const std::string& text : remarks) EXPECT_TRUE(there.contains(text)) << text;
  EXPECT_TRUE(verify_audit(**again)->intact());
}

/// Changes that succeed, by whom.
struct Change {
  std::string id;
  std::string method;
  std::string path;
  std::string body;
  std::string before = {};  // what there has to be for it, as a statement
  std::string_view who = "administrator";
};
constexpr const char* kAccessPolicy = R"(
policy: {name: {ja: 方針, en: mine}, about: test}
resources:
  - {id: console, name: c, kind: application, sensitivity: middle, who: {roles: [administrator]}, device: registered, own_devices: false, evidence: 1 day, second_factor: none, measures: ["8-3"]}
)";

constexpr const char* kCloudService =
    R"({"name":"Chat","provider":"","settings":["zoom"],"in_use":true,"users":"","owner":null,"grade":"","theirs":"","ours":"","certificates":[],"reviewed_on":null,"review_on":null})";
constexpr const char* kOtherCloudService =
    "INSERT INTO cloud_service (id, version, name, provider, settings, in_use, users, grade, "
    "theirs, ours, certificates, reviewed_on, review_on, reminded_of) VALUES (90, 1, 'Files', '', "
    "'[]', 1, '', '', '', '', '[]', '', '', '') ON CONFLICT (id) DO NOTHING";

std::string sealed_code() {
  return "INSERT INTO emergency_seal (id, person_id, code, hours, sealed_at, opened_from, reason) "
         "VALUES (90, 1, '" +
         seal_digest("CODE") + "', 4, 1, '', '') ON CONFLICT (id) DO NOTHING";
}

std::vector<Change> changes() {
  return {
      {"changeMe", "PUT", "/me", R"({"name":"Aoki","lang":"ja"})"},
      {"replaceOrganisation", "PUT", "/organisation",
       R"({"name":"B","industry":"services","size":"from_30","methods":["vpn"],"situations":{},"ready":true})"},
      {"changeDevice", "PUT", "/devices/1",
       R"({"name":"renamed","person":3,"state":"lost","extended_support":true})"},
      {"replaceSoftware", "PUT", "/devices/1/software",
       R"({"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[{"type":"library","name":"a","version":"1"}]})"},
      {"createAppliance", "POST", "/appliances",
       R"({"name":"second","kind":"fortigate","model":"","version":"2","reused":true,"confirmed":false})"},
      {"changeAppliance", "PUT", "/appliances/1",
       R"({"model":"","version":"9","reused":true,"confirmed":true})"},
      {"answerCheck", "POST", "/checks/ask-SK-admin-B2/answers", R"({"reply":"yes"})"},
      {"assign", "PUT", "/items/ask-SK-admin-B2/assignment", R"({"person":2,"due":"2027-03-31"})"},
      {"remark", "POST", "/items/ask-SK-admin-B2/remarks", R"({"text":"said"})"},
      {"reportIncident", "POST", "/incidents", R"({"kind":"lost_device","device":1})"},
      {"changeIncident", "PUT", "/incidents/1", R"({"state":"closed","done":[1,2]})"},
      {"judgeIncident", "PUT", "/incidents/1/duty",
       R"({"known":null,"answers":{"many":"yes"},"preliminary":null,"final":null})"},
      {"changeContacts", "PUT", "/contacts", R"({"police":"110"})"},
      {"remarkIncident", "POST", "/incidents/1/remarks", R"({"text":"said"})"},
      {"changePerson", "PUT", "/people/4",
       R"({"name":"Other","roles":["executive"],"state":"disabled"})"},
      {"invite", "POST", "/invitations",
       R"({"email":"n@firm.example","name":"N","roles":["teleworker"]})"},
      {"withdrawInvitation", "DELETE", "/invitations/1", ""},
      {"createEnrolment", "POST", "/enrolments", R"({"person":3})"},
      {"changeSetup", "PUT", "/setup-state", R"({"people":40,"devices":42,"away":true})"},
      {"withdrawEnrolment", "DELETE", "/enrolments/1", ""},
      {"resetFactors", "DELETE", "/people/4/factors", ""},
      {"setLine", "PUT", "/line", R"({"ours":["192.0.2.0/24"],"portals":[],"hours_kept":31})"},
      {"replaceNotices", "PUT", "/notices",
       R"({"smtp":{"url":"","from":"","user":""},"hooks":[]})"},
      {"saveDeviceView", "POST", "/device-views", R"({"name":"w","query":"a=b"})"},
      {"removeDeviceView", "DELETE", "/device-views/1", ""},
      {"makeToken", "POST", "/me/tokens", R"({"name":"t","scopes":["read"],"days":1})"},
      {"removeToken", "DELETE", "/me/tokens/9", "",
       "INSERT INTO token (id, person_id, name, secret, scopes, created_at, expires_at) VALUES (9, "
       "1, 'u', 'u', 'read', 1, 3900000000)"},
      {"removePasskey", "DELETE", "/me/passkeys/1", ""},
      {"changePassword", "POST", "/me/password",
       R"({"current":"long enough 1","password":"quite another 2"})",
       "UPDATE person SET password = '" + hash_password("long enough 1") + "' WHERE id = 1"},
      {"acceptInvitation", "POST", "/invitations/accept",
       R"({"token":"invited","name":"N","password":"quite another 2","lang":"en"})", "", "nobody"},
      {"inviteMany", "POST", "/invitations/import", "A <a@firm.example>\nB <b@firm.example>\n"},
      {"setCompanyAccounts", "PUT", "/company-accounts",
       R"({"trust_email":true,"roles_claim":"groups","roles":[]})"},
      {"unlinkCompanyAccount", "DELETE", "/people/4/company-account", "",
       "UPDATE person SET oidc = 'https://id.example|s' WHERE id = 4"},
      {"saveAccessPolicy", "PUT", "/access/policy",
       json::serialize(json::object{{"text", kAccessPolicy}})},
      {"suspendAccess", "POST", "/access/suspensions", R"({"person":3,"reason":"r"})"},
      {"restoreAccess", "DELETE", "/access/suspensions/90", "",
       "INSERT INTO access_suspension (id, person_id, reason, begun_at, begun_by) VALUES (90, 2, "
       "'r', 1, 1)"},
      {"setPersonGroups", "PUT", "/people/3/groups", R"({"groups":["a","b"]})"},
      {"forgetClouds", "DELETE", "/clouds", "",
       "INSERT INTO cloud_reading (person_id, taken_at, made_at, uses, emergency, result) VALUES "
       "(1, 1, 1, '[]', '[]', '[]')"},
      {"createCloudService", "POST", "/cloud-services", kCloudService},
      {"changeCloudService", "PUT", "/cloud-services/90", kCloudService, kOtherCloudService},
      {"removeCloudService", "DELETE", "/cloud-services/90", "", kOtherCloudService},
      {"makeEmergencySeal", "POST", "/emergency-seals",
       R"({"email":"key@firm.example","name":"K","hours":2})"},
      {"endEmergencySeal", "DELETE", "/emergency-seals/90", "", sealed_code()},
      {"openEmergencySeal", "POST", "/emergency-seals/open", R"({"code":"CODE","reason":"r"})",
       "UPDATE emergency_seal SET ended_at = NULL", "nobody"},
      {"setRiskSignal", "PUT", "/access/risk/signals/new_network", R"({"silenced":true})"},
      {"disownSignIn", "POST", "/me/sign-ins/90/disowned", "",
       "INSERT INTO sign_in (id, person_id, at, outcome, factor, place, origin, agent, device_id) "
       "VALUES (90, 1, 1790000000, 'signed_in', 'password', 'console', '', '', 0)"},
      {"importDevices", "POST", "/devices/import",
       "Name,OS,OS version,Serial number\npc-7,Windows,10.0.26100.1,S7\n"},
      {"revokeDevice", "DELETE", "/devices/1/certificates", "",
       "INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at) "
       "VALUES (1, 'f', 'k', 1, 3900000000)"},
      {"askDeviceToLook", "POST", "/devices/1/look", "",
       "UPDATE device SET machine = 'm' WHERE id = 1"},
      {"setUpOsquery", "POST", "/osquery", ""},
      {"makeDirectoryToken", "POST", "/directory/tokens", R"({"name":"d"})"},
      {"removeDirectoryToken", "DELETE", "/directory/tokens/90", "",
       "INSERT INTO directory_token (id, name, secret, created_by, created_at) VALUES (90, 'd', "
       "'d', 1, 1)"},
      {"replaceFeeds", "PUT", "/feeds",
       R"({"daily":false,"proxy":"","proxy_user":"","mirror":""})"},
      {"attach", "POST", "/attachments?name=a.txt", "bytes"},
      {"reportEmergency", "POST", "/emergency", R"({"caller":"Aoki","callback":"090","text":"x"})",
       "", "nobody"},
      {"replaceRetention", "PUT", "/privacy",
       R"({"findings":365,"incidents":400,"devices":90,"people":90})"},
      {"erasePerson", "DELETE", "/people/4/identity", "",
       "UPDATE person SET state = 'disabled' WHERE id = 4"},
  };
}

/// Operations that change something and of which not each statement is failed here.
const std::map<std::string_view, std::string_view> kNotStruck{
    {"replaceClouds", "takes an export of a cloud whole; one statement and its entry"},
    {"messageDeviceUser", "an email to who uses a device, where there is a server for it"},
    {"showEnrolment", "changes nothing but the log"},
    {"showInvitation", "changes nothing but the log"},
    {"getPersonData", "changes nothing but the log"},
    {"join", "changes nothing"},
    {"chooseMethod", "changes nothing"},
    {"draftAccessPolicy", "changes nothing"},
    {"testNotices", "changes nothing"},
    {"renewFeeds", "wakes a job"},
    {"readCloudNow", "wakes a job, where there is a credential"},
    {"chooseAddress", "wants a server that others reach; one setting and its entry"},
    {"sendEvidence", "appends what is its own record"},
    {"makeApplicationTicket", "of a gate, which is off"},
    {"confirmDevice", "wants a second factor that was shown a moment ago"},
    {"setUp", "while nobody is there"},
    {"connectCompanyAccount", "leads to an identity provider"},
    {"confirmTotp", "wants the code of an app, once"},
    {"addPasskey", "wants an authenticator"},
    {"startTotp", "begins what is not kept yet"},
    {"passkeyOptions", "begins what is not kept yet"},
    {"signIn", "sessions alone"},
    {"signInCode", "sessions alone"},
    {"signInPasskeyOptions", "sessions alone"},
    {"signInPasskey", "sessions alone"},
    {"signOut", "sessions alone"},
    {"prove", "sessions alone"},
    {"endSession", "sessions alone"},
    {"endSessions", "sessions alone"},
};

TEST_P(Oracle, OfEachOperationThatChangesEachStatementIsFailedOrItIsSaidWhyNot) {
  std::set<std::string_view> struck;
  const std::vector<Change> all = changes();
  for (const Change& change : all) struck.insert(change.id);
  std::set<std::string> there;
  for (const Called& call : all_calls(document_)) {
    there.insert(call.id);
    if (call.method == "GET") continue;
    EXPECT_NE(struck.contains(call.id), kNotStruck.contains(call.id)) << call.id;
  }
  for (const auto& [id, why] : kNotStruck) EXPECT_TRUE(there.contains(std::string(id))) << id;
}

TEST_P(Oracle, WhereverItFailsNothingHalfIsKeptAndNothingIsUntold) {
  for (const auto& [id, method, path, body, first, who] : changes()) {
    if (!first.empty()) must(first);
    Visitor& admin = as(who);
    for (std::size_t statement = 1; statement < 400; ++statement) {
      must("DELETE FROM guess");  // a try that was struck counts as one
      const std::string before = kept();
      const std::int64_t told = entries();
      plan_.fail_next(statement,
                      statement % 2 == 0 ? FaultPlan::How::fails : FaultPlan::How::throws);
      const auto reply = ask(admin, method, path, body);
      const bool struck = plan_.struck;
      plan_.calm();
      const bool same = kept() == before;
      const std::string what =
          fmt::format("{} statement {}: {} {}", id, statement, reply.status, reply.body);
      ASSERT_TRUE(turn_is_free()) << what;
      if (reply.status >= 300) {
        ASSERT_TRUE(same) << what;
        ASSERT_EQ(entries(), told) << what;
      } else if (std::ranges::find(kPrivate, id) == kPrivate.end() && !same) {
        ASSERT_GT(entries(), told) << what;
      }
      // It is made, also where what follows upon it was struck.
      if (!same) break;
      EXPECT_TRUE(struck) << what << " is no change that succeeds";
      if (!struck) break;
    }
    let_in();
  }
  EXPECT_TRUE(verify_audit(*outside_)->intact());
}

TEST_P(Oracle, WhatIsThrownIsToldToTheOperatorByItsNumberAndToNobodyElse) {
  Visitor& admin = as("administrator");
  for (std::size_t statement = 1;; ++statement) {
    plan_.fail_next(statement, FaultPlan::How::throws);
    told_.clear();
    const auto reply = ask(admin, "GET", "/invitations");
    const bool struck = plan_.struck;
    plan_.calm();
    if (!struck) break;
    ASSERT_EQ(reply.status, 500U);
    EXPECT_THAT(reply.body, testing::Not(testing::HasSubstr("a fault of the test")));
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_THAT(told_.front(), testing::HasSubstr("listInvitations: "));
    EXPECT_THAT(told_.front(), testing::HasSubstr("a fault of the test"));
    const std::string number = told_.front().substr(1, told_.front().find(']') - 1);
    EXPECT_EQ(number.size(), 8U);
    EXPECT_THAT(reply.body, testing::HasSubstr(number));
  }
}

/// What somebody else changes, of each kind that has a version.
const std::map<std::string, std::string, std::less<>> kMeanwhile{
    {"me", "UPDATE person SET name = 'Other' WHERE id = 1"},
    {"organisation", "UPDATE setting SET value = 'Other' WHERE name = 'organisation.name'"},
    {"device", "UPDATE device SET team = 'Other' WHERE id = 1"},
    {"software",
     "INSERT INTO software (device_id, name, version, cpe, purl) VALUES (1, 'o', '1', '', '')"},
    {"line", "INSERT INTO setting (name, value) VALUES ('line.portals', '203.0.113.5:443')"},
    {"incident", "UPDATE incident SET done = '7' WHERE id = 1"},
    {"incidents",
     "INSERT INTO incident (kind, case_number, person_id, at, state, text, done) VALUES "
     "('lost_device', 1, 1, 1, 'open', '', '')"},
    {"contacts", "INSERT INTO setting (name, value) VALUES ('contact.police', '110')"},
    {"notices", "INSERT INTO setting (name, value) VALUES ('smtp.from', 'o@firm.example')"},
    {"invitations",
     "INSERT INTO invitation (secret, email, name, roles, created_at, expires_at) VALUES ('o', "
     "'o', "
     "'o', 'teleworker', 1, 4000000000)"},
    {"enrolments",
     "INSERT INTO enrolment (secret, created_by, created_at, expires_at) VALUES ('o', 1, 1, "
     "4000000000)"},
    {"setup", "INSERT INTO setting (name, value) VALUES ('setup.people', '7')"},
    {"tokens",
     "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at) VALUES (1, 'o', "
     "'o', 'read', 1, 4000000000)"},
    {"answer",
     "INSERT INTO evidence (subject, check_id, verdict, first_at, observed_at, valid_until, "
     "source, "
     "detail_ja, detail_en, change) VALUES ('organisation', 'ask-SK-admin-B2', 'fail', 1, 1, 2, "
     "'person:#1', 'o', 'o', 1000000)"},
    {"assignment",
     "INSERT INTO assignment (item, person_id, due, at) VALUES ('ask-SK-admin-B2', 4, "
     "'2027-01-01', 1) "
     "ON CONFLICT (item) DO UPDATE SET due = '2027-01-01'"},
    {"device-views", "INSERT INTO device_view (person_id, name, query) VALUES (1, 'Other', 'x=y')"},
    {"feeds", "INSERT INTO setting (name, value) VALUES ('feeds.mirror', 'https://other.example')"},
    {"privacy", "INSERT INTO setting (name, value) VALUES ('retention.people', '91')"},
    {"access-policy",
     std::string("INSERT INTO access_policy (text, saved_by, saved_at) VALUES ('") + kAccessPolicy +
         "', 1, 1)"},
    {"clouds",
     "INSERT INTO cloud_reading (person_id, taken_at, made_at, uses, emergency, result) VALUES "
     "(1, 2, 2, '[]', '[]', '[]')"},
    {"cloud-service", "UPDATE cloud_service SET version = version + 1 WHERE id = 90"},
};

TEST_P(Oracle, AChangeThatSomebodyElseCameBeforeIsRefusedWheneverTheyCame) {
  std::set<std::string> seen;
  for (const auto& [id, method, path, body, first_of_all, who] : changes()) {
    if (!first_of_all.empty()) must(first_of_all);
    Visitor& admin = as(who);
    std::string version;
    const std::string verb = lower(method);
    for (const auto& [known, entry] : document_.at("paths").as_object())
      if (const auto* operation = entry.as_object().if_contains(verb))
        if (operation->at("operationId").as_string() == id)
          if (const auto* named = operation->as_object().if_contains("x-version"))
            version = named->as_string();
    if (version.empty()) {
      const std::string before = kept();
      EXPECT_EQ(ask(admin, method, path, body, {{"if-match", "*"}}).status, 412U) << id;
      EXPECT_EQ(kept(), before) << id;
      continue;
    }
    seen.insert(version);
    const auto tag = [&] {
      const auto reply = ask(admin, "GET", path);
      for (const auto& [name, value] : reply.headers)
        if (name == "etag") return value;
      ADD_FAILURE() << id << reply.status << reply.body;
      return std::string();
    };
    const auto put = [&](const Headers& headers) {
      return ask(admin, method, path, body, headers).status;
    };
    const std::string first = tag();
    EXPECT_EQ(first, tag()) << id;
    const std::string before = kept();
    EXPECT_EQ(put({{"if-match", "\"x\""}}), 412U) << id;
    EXPECT_EQ(put({{"if-match", "W/" + first}}), 412U) << id;
    EXPECT_EQ(put({{"if-match", first.substr(1)}}), 412U) << id;
    EXPECT_EQ(put({{"if-none-match", "*"}}), 412U) << id;
    EXPECT_EQ(put({{"if-none-match", "\"x\", W/" + first}}), 412U) << id;
    EXPECT_EQ(kept(), before) << id;
    // Between the look and the change.
    plan_.before_change = [&, sql = kMeanwhile.at(version)] { must(sql); };
    EXPECT_EQ(put({{"if-match", first}}), 412U) << id;
    EXPECT_TRUE(plan_.before_change == nullptr) << id << " made no change";
    plan_.before_change = nullptr;
    EXPECT_NE(tag(), first) << id;
    EXPECT_EQ(put({{"if-match", first}}), 412U) << id;
    const std::string others = kept();
    EXPECT_EQ(others.empty(), false);
    EXPECT_LT(put({{"if-match", "\"x\", " + tag()}, {"if-none-match", "\"y\""}}), 300U) << id;
    if (!first_of_all.empty()) must(first_of_all);
    EXPECT_LT(put({{"if-match", "*"}}), 300U) << id;
    ASSERT_TRUE(turn_is_free());
  }
  for (const auto& [version, sql] : kMeanwhile) EXPECT_TRUE(seen.contains(version)) << version;
}

TEST_P(Oracle, NobodyLearnsOrChangesAnythingByACondition) {
  const std::string before = kept();
  for (const auto& [id, method, path, body, first, who] : changes()) {
    if (who == "nobody") continue;  // whom it is for
    const auto plain = ask(nobody_, method, path, body).status;
    EXPECT_EQ(ask(nobody_, method, path, body, {{"if-match", "*"}}).status, plain) << id;
  }
  // The one that took the database with it.
  EXPECT_EQ(ask(nobody_, "POST", "/invitations/accept", "{}", {{"if-match", "x"}}).status, 412U);
  EXPECT_EQ(kept(), before);
  EXPECT_TRUE(turn_is_free());
}

TEST_P(Oracle, EachColumnOfADeviceIsAPersonsOrItsOwn) {
  // What devices, lists of software and jobs write; all else is in the version.
  const std::set<std::string> its_own{"id",
                                      "looks_asked",
                                      "subject",
                                      "created_at",
                                      "system_id",
                                      "system_version",
                                      "system_name",
                                      "machine",
                                      "seen_at",
                                      "sequence",
                                      "turn",
                                      "last_turn",
                                      "retired_at",
                                      "erased",
                                      "copied_at",
                                      "link",
                                      "anew_at",
                                      "listed_at",
                                      "node_key",
                                      "node_key_before",
                                      "platform",
                                      "look",
                                      "told_at",
                                      "software_at",
                                      "software_version",
                                      "software_stamp",
                                      "software_exploited",
                                      "software_grave",
                                      "tpm"};
  const std::string_view sql = versioned("device")->sql;
  const auto columns = outside_->query(
      postgres() ? "SELECT column_name::text FROM information_schema.columns WHERE table_schema = "
                   "current_schema() AND table_name = 'device'"
                 : "SELECT name FROM pragma_table_info('device')");
  for (const Row& row : *columns) {
    const std::string column = row.text(0);
    EXPECT_TRUE(its_own.contains(column) || sql.find(column) != std::string_view::npos)
        << column << " is new: add it to the version (condition.cpp), or here";
  }
}

TEST(EntityTags, AreReadWholeOrNotAtAll) {
  EXPECT_TRUE(read_entity_tags(" * ").any);
  const auto two = read_entity_tags("\"a\" ,, W/\"b,c\"");
  ASSERT_EQ(two.tags.size(), 2U);
  EXPECT_EQ(two.tags[1].text, "b,c");
  EXPECT_TRUE(two.tags[1].weak);
  for (const char* text :
       {"", ",", "a", "\"a", "\"a\" \"b\"", "w/\"a\"", "W/ \"a\"", "*, \"a\"", "\"a b\"", "\"a\"b"})
    EXPECT_FALSE(read_entity_tags(text).readable) << text;
}

}  // namespace
}  // namespace sekisho
