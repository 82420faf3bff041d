// SPDX-License-Identifier: Apache-2.0
// Who may do what: every operation as everybody, held against what the documents say of it, by a
// reading of them of the test's own; then whose things one sees where that isn't said by roles.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "office.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;

struct Caller {
  std::string name;
  Visitor visitor;
  std::set<std::string> roles;   // none: nobody, or no longer anybody
  std::string stage;             // of a session: second, enrol, full; empty: a token
  std::set<std::string> scopes;  // of a token
};

struct Route {
  std::string id;
  std::string method;
  std::string path;
  std::set<std::string> roles;
  std::string scope;
  bool body = false;
};

std::vector<Route> routes(Office& office) {
  Visitor nobody;
  const HttpReply reply = office.ask(nobody, "GET", "/openapi.json");
  const json::value document =
      json::parse(reply.body.empty() ? reply.fixed : std::string_view(reply.body));
  std::vector<Route> all;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& [method, operation] : path.value().as_object()) {
      if (method == "parameters") continue;
      Route route{std::string(operation.at("operationId").as_string()),
                  std::string(method),
                  std::string(path.key()),
                  {},
                  method == "get" ? "read" : "manage",
                  operation.as_object().contains("requestBody")};
      for (const json::value& role : operation.at("x-roles").as_array())
        route.roles.emplace(role.as_string());
      if (const auto* scope = operation.as_object().if_contains("x-scope"))
        route.scope = scope->as_string();
      std::ranges::transform(route.method, route.method.begin(), ::toupper);
      for (const auto& [part, value] :
           {std::pair("{id}", "999999"), std::pair("{token}", "none"), std::pair("{kind}", "x")})
        if (const std::size_t at = route.path.find(part); at != std::string::npos)
          route.path.replace(at, std::string(part).size(), value);
      all.push_back(std::move(route));
    }
  return all;
}

/// As the head of api.yaml says it, in words.
bool named(const Route& route, const Caller& caller) {
  if (route.roles.contains("public")) return true;
  if (caller.roles.empty()) return false;
  if (caller.stage == "second" || caller.stage == "enrol") return route.roles.contains("half");
  if (caller.stage.empty() && !caller.scopes.contains(route.scope)) return false;
  if (!caller.stage.empty() && route.roles.contains("half")) return true;
  return route.roles.contains("any") ||
         std::ranges::any_of(caller.roles,
                             [&](const std::string& role) { return route.roles.contains(role); });
}

Visitor with_token(Office& office, Visitor& owner, const char* scope) {
  Visitor script;
  script.token = office
                     .must(owner, "POST", "/me/tokens",
                           {{"name", scope}, {"scopes", json::array{scope}}, {"days", 1}})
                     .at("token")
                     .as_string();
  return script;
}

Visitor half(Office& office, const char* email) {
  Visitor one;
  office.must(one, "POST", "/sign-in", {{"email", email}, {"password", Office::kPassword}});
  office.learn(one);
  return one;
}

Visitor not_enrolled(Office& office, Visitor& admin, const char* email, const char* role) {
  const auto made = office.must(admin, "POST", "/invitations",
                                {{"email", email}, {"name", "N"}, {"roles", json::array{role}}});
  const std::string link(made.at("link").as_string());
  Visitor one;
  office.must(one, "POST", "/invitations/accept",
              {{"token", link.substr(link.find('#') + 1)},
               {"name", "N"},
               {"password", Office::kPassword},
               {"lang", "en"}});
  office.learn(one);
  return one;
}

std::vector<Caller> everybody(Office& office) {
  Visitor admin = office.administrator();
  Visitor no_session;
  no_session.cookie = "sekisho=x";
  no_session.csrf = "x";
  Visitor no_token;
  no_token.token = "sekisho_x";
  std::vector<Caller> all{{"nobody", {}, {}, "", {}},
                          {"a session that is none", no_session, {}, "full", {}},
                          {"a token that is none", no_token, {}, "", {"read"}}};
  for (const char* role : {"executive", "auditor", "teleworker"}) {
    Visitor one = office.newcomer(admin, fmt::format("{}@firm.example", role), {role});
    if (std::string_view(role) != "teleworker")
      for (const char* scope : {"read", "evidence", "manage"})
        all.push_back({fmt::format("{} {}", role, scope),
                       with_token(office, one, scope),
                       {role},
                       "",
                       {scope}});
    all.push_back({role, one, {role}, "full", {}});
  }
  for (const char* scope : {"read", "evidence", "manage"})
    all.push_back({fmt::format("administrator {}", scope),
                   with_token(office, admin, scope),
                   {"administrator"},
                   "",
                   {scope}});
  all.push_back({"two roles",
                 office.newcomer(admin, "two@firm.example", {"auditor", "teleworker"}),
                 {"auditor", "teleworker"},
                 "full",
                 {}});
  all.push_back({"half", half(office, Office::kEmail), {"administrator"}, "second", {}});
  for (const char* role : {"administrator", "teleworker"})
    all.push_back({fmt::format("{} to be", role),
                   not_enrolled(office, admin, fmt::format("{}2@firm.example", role).c_str(), role),
                   {role},
                   "enrol",
                   {}});
  Visitor gone = office.newcomer(admin, "gone@firm.example", {"administrator"});
  const Visitor gone_script = with_token(office, gone, "manage");
  const Visitor gone_half = half(office, "gone@firm.example");
  const std::int64_t id = office.must(gone, "GET", "/me").at("id").as_int64();
  office.must(admin, "PUT", fmt::format("/people/{}", id),
              {{"name", "G"}, {"roles", json::array{"administrator"}}, {"state", "disabled"}});
  all.push_back({"disabled", gone, {}, "full", {}});
  all.push_back({"disabled half", gone_half, {}, "second", {}});
  all.push_back({"disabled token", gone_script, {}, "", {"manage"}});
  all.push_back({"administrator", admin, {"administrator"}, "full", {}});
  return all;
}

TEST(Authorisation, IsAsTheDocumentsSayForEveryOperationAndEverybody) {
  Office office;
  const std::vector<Route> all = routes(office);
  EXPECT_GT(all.size(), 80U);
  // Those that look at the stage of a session themselves, and say so in the same way.
  const std::set<std::string> by_stage{"signInCode", "startTotp",      "confirmTotp",
                                       "addPasskey", "passkeyOptions", "prove"};
  for (Caller& caller : everybody(office)) {
    office.time += std::chrono::seconds(1);  // for the rate limit
    for (const Route& route : all) {
      if (route.id == "signOut") continue;
      Visitor self = caller.visitor;
      const unsigned status =
          office.ask(self, route.method, route.path, route.body ? "{}" : "").status;
      const std::string what = fmt::format("{} as {}: {}", route.id, caller.name, status);
      EXPECT_LT(status, 500U) << what;
      if (named(route, caller)) {
        EXPECT_NE(status, 401U) << what;
        EXPECT_TRUE(status != 403U || by_stage.contains(route.id)) << what;
      } else {
        const bool unknown =
            caller.roles.empty() || caller.stage == "second" || caller.stage == "enrol";
        EXPECT_EQ(status, unknown ? 401U : 403U) << what;
      }
    }
    // The last that a session does.
    Visitor self = caller.visitor;
    const bool may = !caller.roles.empty() && !caller.stage.empty();
    EXPECT_EQ(office.ask(self, "POST", "/sign-out").status, may                    ? 204U
                                                            : caller.roles.empty() ? 401U
                                                                                   : 403U)
        << caller.name;
    EXPECT_EQ(office.ask(caller.visitor, "GET", "/me").status == 200U,
              !caller.roles.empty() && !may && caller.scopes.contains("read"))
        << caller.name;
  }
}

/// The names of what may be asked for in queries, for each operation.
std::map<std::string, std::vector<std::string>> asked_for(Office& office) {
  Visitor nobody;
  const HttpReply reply = office.ask(nobody, "GET", "/openapi.json");
  const json::value document =
      json::parse(reply.body.empty() ? reply.fixed : std::string_view(reply.body));
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& [method, operation] : path.value().as_object()) {
      if (method == "parameters") continue;
      auto& names = all[std::string(operation.at("operationId").as_string())];
      names.emplace_back("x");
      const auto* parameters = operation.as_object().if_contains("parameters");
      if (parameters == nullptr) continue;
      for (const json::value& one : parameters->as_array())
        if (const auto* ref = one.as_object().if_contains("$ref"))
          names.emplace_back(
              std::string_view(ref->as_string()).substr(ref->as_string().rfind('/') + 1));
        else if (one.at("in") == "query")
          names.emplace_back(one.at("name").as_string());
    }
  return all;
}

// What can't be understood would be as if it weren't asked for: everything, for a search.
TEST(Queries, ThatAreNoPlainTextAreRefusedByEveryOperation) {
  Office office;
  Visitor admin = office.administrator();
  const auto names = asked_for(office);
  std::size_t queries = 0;
  for (const Route& route : routes(office)) {
    office.time += std::chrono::seconds(20);
    office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
    if (!route.roles.contains("public") && !route.roles.contains("any") &&
        !route.roles.contains("administrator"))
      continue;
    for (const std::string& name : names.at(route.id))
      for (const char* text : {"%00", "a%00b", "%0A", "%1f", "%7F", "%C2%85", "%E2%80%AE", "%FF",
                               "%ED%A0%80", "%", "%zz", "a&{}=b", "a&x%00"}) {
        const std::string query =
            fmt::format("?{}={}", name, fmt::format(fmt::runtime(text), name));
        EXPECT_EQ(office.ask(admin, route.method, route.path + query).status, 422U)
            << route.id << query;
        ++queries;
      }
  }
  EXPECT_GT(queries, 1500U);
  for (const char* good :
       {"", "?", "?&", "?q=%E9%96%A2%E6%89%80", "?q=a+b&action=", "?q", "?q=%25"})
    EXPECT_EQ(office.ask(admin, "GET", std::string("/audit") + good).status, 200U) << good;
}

/// Two workers with a device each, and one of nobody's.
struct Devices {
  Office office;
  Visitor admin = office.administrator();
  Visitor executive = office.newcomer(admin, "executive@firm.example", {"executive"});
  Visitor auditor = office.newcomer(admin, "auditor@firm.example", {"auditor"});
  Visitor worker = office.newcomer(admin, "worker@firm.example", {"teleworker"});
  Visitor other = office.newcomer(admin, "other@firm.example", {"teleworker"});

  Devices() {
    const auto db = office.beside();
    for (const char* person : {"4", "5", "NULL"})
      if (!db->execute(fmt::format("INSERT INTO device (subject, name, person_id, state, "
                                   "created_at) VALUES ('device:{0}', 'd', {0}, 'active', 0)",
                                   person)))
        throw std::runtime_error("no device");
  }
  unsigned report(Visitor& who, int device) {
    return office
        .ask(who, "POST", "/incidents",
             fmt::format(R"({{"kind":"lost_device","device":{}}})", device))
        .status;
  }
  unsigned change(int device, const char* state, const char* wiped = "") {
    return office
        .ask(admin, "PUT", fmt::format("/devices/{}", device),
             fmt::format(R"({{"name":"d","person":4,"state":"{}","wiped":"{}"}})", state, wiped))
        .status;
  }
  std::string state(int device) const {
    return office.beside()
        ->query("SELECT state FROM device WHERE id = ?", {std::int64_t{device}})
        ->front()
        .text(0);
  }
};

TEST(Authorisation, OneSeesOnesOwnDeviceAndSomeSeeAll) {
  Devices firm;
  for (const char* path : {"/devices/{}", "/devices/{}/history", "/devices/{}/software"})
    for (int device = 1; device <= 3; ++device) {
      const auto seen = [&](Visitor& who) {
        return firm.office.ask(who, "GET", fmt::format(fmt::runtime(path), device)).status;
      };
      EXPECT_EQ(seen(firm.worker), device == 1 ? 200U : 404U) << path << device;
      EXPECT_EQ(seen(firm.other), device == 2 ? 200U : 404U) << path << device;
      for (Visitor* one : {&firm.admin, &firm.executive, &firm.auditor})
        EXPECT_EQ(seen(*one), 200U) << path << device;
    }
}

TEST(Authorisation, OneReportsOnesOwnDeviceAndManagersAll) {
  for (int device = 1; device <= 3; ++device) {
    Devices firm;
    for (const auto& [who, may] :
         {std::pair(&firm.worker, device == 1), std::pair(&firm.other, device == 2),
          std::pair(&firm.auditor, false), std::pair(&firm.executive, true),
          std::pair(&firm.admin, true)}) {
      EXPECT_TRUE(firm.office.beside()->execute("UPDATE device SET state = 'active'"));
      const bool reads = who == &firm.auditor;
      EXPECT_EQ(firm.report(*who, device), may ? 201U : reads ? 403U : 422U) << device;
      EXPECT_EQ(firm.state(device), may ? "lost" : "active") << device;
    }
  }
}

TEST(Authorisation, OneAnswersWhatOneWasGiven) {
  Devices firm;
  std::string check;
  for (const CheckSpec& one : Office::guideline().checks)
    if (one.asked) check = one.id;
  const std::string path = fmt::format("/checks/{}/answers", check);
  const auto answered = [&](Visitor& who, const std::string& more = "") {
    return firm.office.ask(who, "POST", path, R"({"reply":"yes","note":"")" + more + "}").status;
  };
  EXPECT_EQ(answered(firm.worker), 403U);
  EXPECT_EQ(answered(firm.auditor), 403U);
  EXPECT_EQ(answered(firm.executive), 201U);
  firm.office.must(firm.admin, "PUT", fmt::format("/items/{}/assignment", check),
                   {{"person", 4}, {"due", nullptr}});
  EXPECT_EQ(answered(firm.other), 403U);
  // Under whatever name: the witness is a number, and a proof is one's own.
  firm.office.must(firm.worker, "PUT", "/me", {{"name", "Aoki"}, {"lang", "en"}});
  EXPECT_EQ(answered(firm.worker), 201U);
  EXPECT_EQ(firm.office.count("evidence WHERE source = 'person:#4'"), 1);
  EXPECT_EQ(firm.office.count("evidence WHERE source = 'person:Aoki'"), 0);
  EXPECT_TRUE(firm.office.beside()->execute(
      "INSERT INTO attachment (name, type, size, sha256, content, person_id, at) VALUES ('a', '', "
      "1, '', ?, 5, 0), ('b', '', 1, '', ?, 4, 0)",
      {Bytes{"a"}, Bytes{"b"}}));
  EXPECT_EQ(answered(firm.worker, R"(,"attachment":1)"), 422U);
  EXPECT_EQ(answered(firm.worker, R"(,"attachment":2)"), 201U);
}

/// What a stolen session could do for good if it needed nothing else: give or take rights, change
/// what one signs in with, hand out a secret, or say where notices and secrets go.
const std::set<std::string>& wants_proof() {
  static const std::set<std::string> all{"addPasskey",         "changePerson",
                                         "confirmTotp",        "connectCompanyAccount",
                                         "createEnrolment",    "invite",
                                         "erasePerson",        "getPersonData",
                                         "replaceRetention",   "makeToken",
                                         "passkeyOptions",     "removePasskey",
                                         "replaceFeeds",       "replaceNotices",
                                         "resetFactors",       "unlinkCompanyAccount",
                                         "setUpOsquery",       "startTotp",
                                         "showEnrolment",      "showInvitation",
                                         "inviteMany",         "setCompanyAccounts",
                                         "makeDirectoryToken", "saveAccessPolicy",
                                         "restoreAccess",      "setPersonGroups",
                                         "setRiskSignal",      "makeEmergencySeal"};
  return all;
}

/// All else that changes something, and why it wants none.
const std::map<std::string, const char*>& wants_none() {
  constexpr const char* kOwnProof = "what is sent along is the proof";
  constexpr const char* kTakesBack = "takes back, which must be quick, and can be given anew";
  constexpr const char* kWork = "daily work, which the audit log or the history names";
  constexpr const char* kSettled = "sends nothing but to where it is set up";
  static const std::map<std::string, const char*> all{
      {"setUp", kOwnProof},
      {"acceptInvitation", kOwnProof},
      {"signIn", kOwnProof},
      {"signInCode", kOwnProof},
      {"signInPasskeyOptions", kOwnProof},
      {"signInPasskey", kOwnProof},
      {"prove", kOwnProof},
      {"changePassword", kOwnProof},
      {"openEmergencySeal", kOwnProof},
      {"endEmergencySeal", kTakesBack},
      {"signOut", kTakesBack},
      {"endSession", kTakesBack},
      {"endSessions", kTakesBack},
      {"removeToken", kTakesBack},
      {"removeDirectoryToken", kTakesBack},
      {"withdrawInvitation", kTakesBack},
      {"withdrawEnrolment", kTakesBack},
      {"revokeDevice", kTakesBack},
      {"suspendAccess", kTakesBack},
      {"disownSignIn", kTakesBack},
      {"join", "the code of a link that is sent along is the proof, and nothing is changed"},
      {"changeSetup", kWork},
      {"chooseAddress", "out of addresses that the server goes by anyway"},
      {"draftAccessPolicy", "changes nothing; saving what it gives wants one"},
      {"testNotices", kSettled},
      {"renewFeeds", kSettled},
      {"readCloudNow", kSettled},
      {"messageDeviceUser", kSettled},
      {"askDeviceToLook", kWork},
      {"changeMe", "a name and a language; nobody is known by them"},
      {"changeContacts", "nothing is sent to them"},
      {"changeDevice", "a device that lost its certificates stays without"},
      {"setLine", kWork},
      {"replaceOrganisation", kWork},
      {"chooseMethod", "changes nothing"},
      {"replaceSoftware", kWork},
      {"replaceClouds", kWork},
      {"createCloudService", kWork},
      {"changeCloudService", kWork},
      {"removeCloudService", kTakesBack},
      {"confirmDevice", "counts only within minutes of a second factor"},
      {"makeApplicationTicket", "opens what the same session could open anyway"},
      {"forgetClouds", kTakesBack},
      {"importDevices", kWork},
      {"sendEvidence", kWork},
      {"saveDeviceView", kWork},
      {"removeDeviceView", kWork},
      {"createAppliance", kWork},
      {"changeAppliance", kWork},
      {"answerCheck", kWork},
      {"assign", kWork},
      {"remark", kWork},
      {"attach", kWork},
      {"reportIncident", kWork},
      {"reportEmergency", "anybody may: so many an hour, which name and do nothing"},
      {"changeIncident", kWork},
      {"judgeIncident", kWork},
      {"remarkIncident", kWork}};
  return all;
}

// What is read is on pages all the same, in parts: a proof before an export would keep nobody out.
TEST(Authorisation, WhatASessionAloneMayNotDoIsSaidOfEachOperation) {
  Office office;
  Visitor admin = office.administrator();
  office.time += std::chrono::minutes(11);
  std::set<std::string> seen;
  const auto refused = [&](const Route& route) {
    const HttpReply reply =
        office.ask(admin, route.method, route.path, route.body ? "{}" : std::string());
    return reply.body.contains("proof-needed");
  };
  for (const Route& route : routes(office)) {
    if (route.method == "GET") continue;
    seen.insert(route.id);
    const bool wanted = wants_proof().contains(route.id);
    EXPECT_NE(wanted, wants_none().contains(route.id)) << route.id << " stands in one of the lists";
    if (route.id == "signOut" || route.id == "prove") continue;
    EXPECT_EQ(refused(route), wanted) << route.id;
  }
  for (const auto& [id, why] : wants_none()) EXPECT_TRUE(seen.contains(id)) << id;
  for (const std::string& id : wants_proof()) EXPECT_TRUE(seen.contains(id)) << id;
  office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  for (const Route& route : routes(office))
    if (wants_proof().contains(route.id)) {
      EXPECT_FALSE(refused(route)) << route.id;
    }
}

TEST(Authorisation, ATokenMakesNobodyMoreThanATeleworker) {
  Office office;
  Visitor admin = office.administrator();
  Visitor script = with_token(office, admin, "manage");
  office.newcomer(admin, "auditor@firm.example", {"auditor"});
  office.time += hours(1);
  const auto invited = [&](const json::array& roles) {
    return office
        .ask(script, "POST", "/invitations",
             json::serialize(
                 json::object{{"email", "new@firm.example"}, {"name", "New"}, {"roles", roles}}))
        .status;
  };
  const auto changed = [&](const json::array& roles) {
    return office
        .ask(script, "PUT", "/people/2",
             json::serialize(json::object{{"name", "A"}, {"roles", roles}, {"state", "active"}}))
        .status;
  };
  EXPECT_EQ(invited({"teleworker"}), 201U) << "without a proof";
  EXPECT_EQ(changed({"auditor"}), 204U) << "what one is one stays";
  EXPECT_EQ(changed({"teleworker", "auditor"}), 204U);
  for (const char* role : {"administrator", "executive"}) {
    EXPECT_EQ(changed({"auditor", role}), 403U) << role;
    EXPECT_EQ(invited({"teleworker", role}), 403U) << role;
  }
  EXPECT_EQ(invited({"auditor"}), 403U);
  EXPECT_EQ(changed({"teleworker"}), 204U);
  EXPECT_EQ(changed({"auditor"}), 403U) << "no longer";
  EXPECT_EQ(office.count("person WHERE roles = 'teleworker'"), 1);
}

TEST(Authorisation, ALinkOfAClockThatWasAheadIsNoGood) {
  Office office;
  const auto secret_of = [](const std::string& link) { return link.substr(link.find('#') + 1); };
  const auto first = [&] {
    Visitor nobody;
    return office
        .ask(nobody, "POST", "/setup",
             json::serialize(
                 json::object{{"token", secret_of(office.server().setup_link()->value())},
                              {"name", "Aoki"},
                              {"email", Office::kEmail},
                              {"password", Office::kPassword},
                              {"lang", "en"}}))
        .status;
  };
  const Time now = office.time;
  office.time += std::chrono::days(40);
  const std::string link = office.server().setup_link()->value();
  office.time = now;
  Visitor nobody;
  EXPECT_EQ(office
                .ask(nobody, "POST", "/setup",
                     json::serialize(json::object{{"token", secret_of(link)},
                                                  {"name", "Aoki"},
                                                  {"email", Office::kEmail},
                                                  {"password", Office::kPassword},
                                                  {"lang", "en"}}))
                .status,
            403U);
  EXPECT_LT(first(), 300U);

  Visitor admin = half(office, Office::kEmail);
  std::string secret(office.must(admin, "POST", "/me/totp").at("secret").as_string());
  office.must(admin, "POST", "/me/totp/confirm", {{"code", office.code(secret)}});
  office.learn(admin);
  const auto made =
      office.must(admin, "POST", "/invitations",
                  {{"email", "n@firm.example"}, {"name", "N"}, {"roles", json::array{"auditor"}}});
  const auto seen = [&] {
    return office
        .ask(nobody, "GET", "/invitations/" + secret_of(std::string(made.at("link").as_string())))
        .status;
  };
  EXPECT_EQ(seen(), 200U);
  EXPECT_TRUE(office.beside()->execute("UPDATE invitation SET expires_at = expires_at + 3456000"));
  EXPECT_EQ(seen(), 404U);
}

// Every state, and every way out of it.
TEST(Devices, MoveBetweenTheirStatesByTheRules) {
  Devices firm;
  const auto certificate = [&] {
    const auto db = firm.office.beside();
    EXPECT_TRUE(db->execute(
        "INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, "
        "expires_at) SELECT 1, COUNT(*), '', 0, 9999999999 FROM device_certificate"));
    EXPECT_TRUE(db->execute("UPDATE device SET node_key = 'k', node_key_before = 'j'"));
  };
  const auto good = [&] {
    return firm.office.count("device_certificate WHERE device_id = 1 AND revoked_at IS NULL") +
           firm.office.count("device WHERE id = 1 AND (node_key <> '' OR node_key_before <> '')");
  };
  certificate();
  EXPECT_EQ(firm.change(1, "lost"), 204U);
  EXPECT_EQ(firm.office.count("incident"), 1) << "a loss is followed";
  EXPECT_EQ(firm.change(1, "lost"), 204U);
  EXPECT_EQ(firm.office.count("incident"), 1) << "once";
  EXPECT_EQ(firm.change(1, "retired"), 422U) << "not wiped";
  EXPECT_EQ(good(), 2);
  EXPECT_EQ(firm.change(1, "retired", "shredded"), 204U);
  EXPECT_EQ(good(), 0) << "nothing speaks for it any longer";

  EXPECT_EQ(firm.report(firm.worker, 1), 201U) << "whoever had it may still tell of it";
  EXPECT_EQ(firm.state(1), "retired");
  EXPECT_EQ(firm.change(1, "lost"), 409U);
  EXPECT_EQ(firm.state(1), "retired");
  EXPECT_EQ(firm.change(1, "active"), 204U);
  EXPECT_EQ(good(), 0) << "it enrols anew";
  EXPECT_EQ(firm.office.count("device WHERE id = 1 AND wiped_at IS NULL AND wiped_how = ''"), 1);
  EXPECT_EQ(firm.change(1, "retired"), 422U) << "and is wiped anew";
  EXPECT_EQ(firm.report(firm.worker, 1), 201U);
  EXPECT_EQ(firm.state(1), "lost");
  EXPECT_EQ(firm.change(1, "active"), 204U) << "found";
}

}  // namespace
}  // namespace sekisho
