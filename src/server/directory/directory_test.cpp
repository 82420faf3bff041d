// SPDX-License-Identifier: Apache-2.0
// Who the directory says has left is out at once, and nothing that it says makes anybody more than
// a teleworker: against a whole server without its socket.
#include <gtest/gtest.h>

#include "office.h"
#include "server/directory/handlers.h"

namespace sekisho {
namespace {

namespace json = boost::json;

json::value patch(json::array operations) {
  return json::object{{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}},
                      {"Operations", std::move(operations)}};
}
json::object operation(const char* op, const char* path, const json::value& value) {
  return {{"op", op}, {"path", path}, {"value", value}};
}

/// A server with a directory.
class Firm {
 public:
  Office office;
  Visitor admin = office.administrator();
  std::string token = std::string(
      office.must(admin, "POST", "/directory/tokens", {{"name", "Entra"}}).at("token").as_string());

  HttpReply ask(const std::string& method, const std::string& path,
                const json::value& body = nullptr) {
    HttpRequest request;
    request.method = method;
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.path = "/scim/v2" + path.substr(0, mark);
    request.peer = request.payer = "127.0.0.1";
    request.headers = {{"host", "127.0.0.1"},
                       {"authorization", "Bearer " + token},
                       {"content-type", "application/scim+json"}};
    json::value sent = body;
    if (json::object* object = sent.if_object())
      if (!object->contains("schemas"))
        (*object)["schemas"] = json::array{"urn:ietf:params:scim:schemas:core:2.0:User"};
    if (!sent.is_null()) request.body = json::serialize(sent);
    return office.server().answer(request);
  }
  json::value must(const std::string& method, const std::string& path,
                   const json::value& body = nullptr) {
    const HttpReply reply = ask(method, path, body);
    if (reply.status >= 300)
      throw std::runtime_error(fmt::format("{} {}: {} {}", method, path, reply.status, reply.body));
    return reply.body.empty() ? json::value() : json::parse(reply.body);
  }
  json::value create(const std::string& user, const json::object& more = {}) {
    json::object body{{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:User"}},
                      {"userName", user}};
    for (const auto& [key, value] : more) body[key] = value;
    return must("POST", "/Users", body);
  }
  std::string found(const std::string& filter) {
    const json::value list = must("GET", "/Users?filter=" + percent_encoded(filter));
    return list.at("totalResults").as_int64() == 1
               ? std::string(list.at("Resources").at(0).at("id").as_string())
               : std::string();
  }
  std::string id_of(const std::string& email) { return found("userName eq \"" + email + "\""); }
  json::object person(const std::string& email) {
    const json::value all = office.must(admin, "GET", "/people");
    for (const json::value& one : all.at("items").as_array())
      if (one.at("email").as_string() == email) return one.as_object();
    return {};
  }
};

TEST(Scim, SaysWhatItCan) {
  Firm firm;
  EXPECT_EQ(firm.must("GET", "/ServiceProviderConfig").at("patch").at("supported"),
            json::value(true));
  EXPECT_EQ(firm.must("GET", "/ResourceTypes").at("totalResults"), json::value(2));
  EXPECT_EQ(firm.must("GET", "/ResourceTypes/Group").at("endpoint"), json::value("/Groups"));
  EXPECT_EQ(firm.must("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group").at("name"),
            json::value("Group"));
  EXPECT_EQ(firm.must("GET", "/ResourceTypes/User").at("endpoint"), json::value("/Users"));
  EXPECT_EQ(firm.must("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").at("name"),
            json::value("User"));
  EXPECT_EQ(firm.ask("GET", "/Schemas/x").status, 404U);
  EXPECT_EQ(firm.ask("GET", "/Nothing").status, 404U);
  EXPECT_EQ(firm.ask("POST", "/Schemas").status, 405U);
  EXPECT_EQ(firm.ask("GET", "/Users?filter=x").status, 400U);
  EXPECT_EQ(firm.ask("GET", "/Users?filter=").status, 400U);
  EXPECT_EQ(firm.ask("GET", "/Users?filter=title+eq+%22x%22").status, 400U);
}

TEST(Scim, IsForWhoHasATokenOfItsOwn) {
  Firm firm;
  const std::string good = firm.token;
  for (const std::string& other : {std::string(), std::string("x"), good + "x", good.substr(1)}) {
    firm.token = other;
    const HttpReply reply = firm.ask("GET", "/Users");
    EXPECT_EQ(reply.status, 401U);
    EXPECT_NE(std::ranges::find(reply.headers,
                                std::pair<std::string, std::string>("www-authenticate", "Bearer")),
              reply.headers.end());
  }
  // An API token is none, and this one opens nothing else.
  const std::string api(firm.office
                            .must(firm.admin, "POST", "/me/tokens",
                                  {{"name", "t"}, {"scopes", json::array{"manage"}}, {"days", 1}})
                            .at("token")
                            .as_string());
  firm.token = api;
  EXPECT_EQ(firm.ask("GET", "/Users").status, 401U);
  Visitor program;
  program.token = good;
  EXPECT_EQ(firm.office.ask(program, "GET", "/people").status, 401U);
  program.token = api;
  EXPECT_EQ(firm.office.ask(program, "POST", "/directory/tokens", R"({"name":"x"})").status, 403U);
  firm.token = good;
  EXPECT_EQ(firm.ask("GET", "/Users").status, 200U);
  EXPECT_EQ(firm.office.count("directory_token WHERE secret = '" + good + "'"), 0);
  firm.office.must(firm.admin, "DELETE", "/directory/tokens/1");
  EXPECT_EQ(firm.ask("GET", "/Users").status, 401U);
}

TEST(Scim, SomebodyNewIsATeleworker) {
  Firm firm;
  const json::value made =
      firm.create("W@firm.example", {{"displayName", "鈴木"}, {"externalId", "e-1"}});
  const std::string id(made.at("id").as_string());
  EXPECT_EQ(made.at("userName"), json::value("W@firm.example"));
  EXPECT_EQ(firm.must("GET", "/Users/" + id), made);
  EXPECT_EQ(firm.found(R"(userName eq "w@FIRM.example")"), id);
  EXPECT_EQ(firm.found(R"(externalId eq "e-1")"), id);
  EXPECT_EQ(firm.found(R"(externalId eq "E-1")"), "");
  EXPECT_EQ(firm.found(R"(emails[type eq "work"].value eq "w@firm.example" and active eq true)"),
            id);
  EXPECT_EQ(firm.found(R"(userName eq "w@firm.example" and active eq false)"), "");
  const json::object person = firm.person("w@firm.example");
  EXPECT_EQ(person.at("roles"), (json::array{"teleworker"}));
  EXPECT_EQ(person.at("name"), json::value("鈴木"));
  EXPECT_EQ(firm.ask("POST", "/Users", {{"userName", "w@firm.example"}}).status, 409U);
  EXPECT_EQ(firm.ask("POST", "/Users",
                     {{"userName", "x"},
                      {"emails", json::array{json::object{{"value", "w@firm.example"}}}}})
                .status,
            409U);
  EXPECT_EQ(firm.ask("POST", "/Users", {{"userName", "nobody"}}).status, 400U);
  EXPECT_EQ(firm.ask("GET", "/Users/999").status, 404U);
  EXPECT_EQ(firm.ask("GET", "/Users/x").status, 404U);
  // Who was invited has the roles of the invitation.
  firm.office.must(
      firm.admin, "POST", "/invitations",
      {{"email", "b@firm.example"}, {"name", "B"}, {"roles", json::array{"executive"}}});
  firm.create("b@firm.example");
  EXPECT_EQ(firm.person("b@firm.example").at("roles"), (json::array{"executive"}));
  EXPECT_EQ(firm.office.count("invitation"), 0);
}

TEST(Scim, WhoLeavesIsOutAtOnce) {
  const auto ways = std::to_array<std::pair<const char*, json::value>>({
      {"PATCH", patch({operation("Replace", "active", "False")})},
      {"PATCH", patch({json::object{{"op", "replace"}, {"value", {{"active", false}}}}})},
      {"PUT", json::object{{"userName", "w@firm.example"}, {"active", false}}},
      {"DELETE", nullptr},
  });
  for (const auto& [method, body] : ways) {
    Firm firm;
    Visitor worker =
        firm.office.newcomer(firm.admin, "w@firm.example", {"teleworker", "executive"});
    Visitor program;
    program.token = firm.office
                        .must(worker, "POST", "/me/tokens",
                              {{"name", "t"}, {"scopes", json::array{"read"}}, {"days", 9}})
                        .at("token")
                        .as_string();
    ASSERT_EQ(firm.office.ask(worker, "GET", "/me").status, 200U);
    ASSERT_EQ(firm.office.ask(program, "GET", "/me").status, 200U);
    const std::string id = firm.id_of("w@firm.example");
    firm.must(method, "/Users/" + id, body);
    EXPECT_EQ(firm.office.ask(worker, "GET", "/me").status, 401U) << method;
    EXPECT_EQ(firm.office.ask(program, "GET", "/me").status, 401U) << method;
    EXPECT_EQ(firm.person("w@firm.example").at("state"), json::value("disabled"));
    EXPECT_EQ(firm.office.count("audit WHERE action = 'directory-left' AND actor = 'SCIM Entra' "
                                "AND item = 'w@firm.example'"),
              1);
    EXPECT_EQ(firm.ask("GET", "/Users/" + id).status,
              std::string_view(method) == "DELETE" ? 404U : 200U);
  }
}

TEST(Scim, WhoComesBackIsATeleworkerAndOnlyIfTheDirectoryHadThemLeave) {
  Firm firm;
  firm.office.newcomer(firm.admin, "w@firm.example", {"teleworker", "executive"});
  const std::string id = firm.id_of("w@firm.example");
  const json::value in = patch({operation("replace", "active", true)});
  const json::value out = patch({operation("replace", "active", false)});
  const auto set = [&](const char* state) {
    firm.office.must(firm.admin, "PUT", fmt::format("/people/{}", id),
                     {{"name", "W"}, {"roles", json::array{"executive"}}, {"state", state}});
  };
  firm.must("PATCH", "/Users/" + id, in);
  EXPECT_EQ(firm.person("w@firm.example").at("roles"), (json::array{"executive", "teleworker"}))
      << "nothing new";
  firm.must("PATCH", "/Users/" + id, out);
  EXPECT_EQ(firm.must("PATCH", "/Users/" + id, in).at("active"), json::value(true));
  EXPECT_EQ(firm.person("w@firm.example").at("roles"), (json::array{"teleworker"}));
  // By an administrator here: the directory's full lists don't undo it.
  set("disabled");
  EXPECT_EQ(firm.must("PATCH", "/Users/" + id, in).at("active"), json::value(false));
  set("active");
  firm.must("PATCH", "/Users/" + id, out);
  firm.office.time += std::chrono::hours(1);
  set("active");
  set("disabled");
  EXPECT_EQ(firm.must("PATCH", "/Users/" + id, in).at("active"), json::value(false));
}

TEST(Scim, WhoWasDeletedCanComeAgain) {
  Firm firm;
  firm.create("w@firm.example", {{"externalId", "e-1"}});
  const std::string id = firm.id_of("w@firm.example");
  firm.must("DELETE", "/Users/" + id);
  EXPECT_EQ(firm.ask("DELETE", "/Users/" + id).status, 404U);
  EXPECT_EQ(firm.id_of("w@firm.example"), "");
  const json::value again =
      firm.create("w@firm.example", {{"active", true}, {"externalId", "e-1"}});
  EXPECT_EQ(again.at("active"), json::value(true));
  EXPECT_EQ(again.at("id"), json::value(id));
  EXPECT_EQ(firm.person("w@firm.example").at("state"), json::value("active"));
}

/// Somebody with everything that one can get in with, whom the directory knows as e-1.
struct Worker {
  std::string app;
  std::string id;
  Visitor session;
  Visitor program;
};
Worker worker_with_all_keys(Firm& firm) {
  Worker one;
  one.session =
      firm.office.newcomer(firm.admin, "w@firm.example", {"teleworker", "executive"}, &one.app);
  one.program.token = firm.office
                          .must(one.session, "POST", "/me/tokens",
                                {{"name", "t"}, {"scopes", json::array{"read"}}, {"days", 9}})
                          .at("token")
                          .as_string();
  one.id = firm.id_of("w@firm.example");
  firm.must("PATCH", "/Users/" + one.id, patch({operation("add", "externalId", "e-1")}));
  const auto db = firm.office.beside();
  for (const char* sql : {"UPDATE person SET oidc = 'https://id.example|s' WHERE id = ?",
                          "INSERT INTO passkey (person_id, name, credential, algorithm, "
                          "public_key, counter, created_at) VALUES (?, 'k', 'c', -7, x'00', 0, 0)"})
    EXPECT_TRUE(db->execute(sql, {PersonId(whole_number(one.id))}));
  return one;
}
/// None of it opens anything any more, whoever is there now.
void expect_no_key_works(Firm& firm, Worker& one) {
  Visitor nobody;
  EXPECT_EQ(firm.office
                .ask(nobody, "POST", "/sign-in",
                     json::serialize(json::object{{"email", "w@firm.example"},
                                                  {"password", Office::kPassword}}))
                .status,
            401U);
  EXPECT_EQ(firm.office.ask(one.session, "GET", "/me").status, 401U);
  EXPECT_EQ(firm.office.ask(one.program, "GET", "/me").status, 401U);
  EXPECT_EQ(firm.office.count("passkey WHERE person_id = " + one.id), 0);
  EXPECT_EQ(firm.office.count("person WHERE id = " + one.id +
                              " AND (password IS NOT NULL OR totp IS NOT NULL OR oidc IS NOT NULL "
                              "OR recovery <> '')"),
            0);
}

TEST(Scim, WhoComesBackBringsNoKeysAlong) {
  const json::value in = patch({operation("replace", "active", true)});
  const json::object again{{"externalId", "e-1"}};
  for (const bool deleted : {false, true}) {
    Firm firm;
    Worker one = worker_with_all_keys(firm);
    if (deleted) {
      firm.must("DELETE", "/Users/" + one.id);
      EXPECT_EQ(firm.create("w@firm.example", again).at("id"), json::value(one.id));
    } else {
      firm.must("PATCH", "/Users/" + one.id, patch({operation("replace", "active", false)}));
      firm.must("PATCH", "/Users/" + one.id, in);
    }
    EXPECT_EQ(firm.person("w@firm.example").at("state"), json::value("active"));
    expect_no_key_works(firm, one);
  }
}

TEST(Scim, WhoGetsSomebodysAddressIsSomebodyElse) {
  for (const json::object& other : {json::object{{"externalId", "e-2"}}, json::object{}})
    for (const bool by_change : {false, true}) {
      Firm firm;
      Worker one = worker_with_all_keys(firm);
      firm.must("DELETE", "/Users/" + one.id);
      const json::value made = firm.create(by_change ? "n@firm.example" : "w@firm.example", other);
      const std::string id(made.at("id").as_string());
      if (by_change)
        firm.must(
            "PATCH", "/Users/" + id,
            patch({operation("replace", "userName", "w@firm.example"),
                   operation("replace", R"(emails[type eq "work"].value)", "w@firm.example")}));
      EXPECT_NE(id, one.id);
      EXPECT_EQ(firm.id_of("w@firm.example"), id);
      expect_no_key_works(firm, one);
      EXPECT_EQ(firm.office.count("person WHERE state = 'disabled' AND id = " + one.id), 1);
      EXPECT_EQ(firm.ask("GET", "/Users/" + one.id).status, 404U);
      // What the log says of the address up to then is the other's, taken out and forgotten.
      const auto log_of = [&](const std::string& of) {
        return json::serialize(
            firm.office.must(firm.admin, "POST", "/people/" + of + "/data").at("audit_log"));
      };
      EXPECT_EQ(log_of(id).find("token-made"), std::string::npos);
      EXPECT_NE(log_of(one.id).find("token-made"), std::string::npos);
      firm.office.must(firm.admin, "DELETE", "/people/" + one.id + "/identity");
      EXPECT_EQ(firm.office.count("audit WHERE actor = 'w <w@firm.example>'"), 0);
      EXPECT_EQ(firm.office.must(firm.admin, "GET", "/audit/check").at("intact"),
                json::value(true));
      EXPECT_TRUE(by_change || log_of(id).find("directory-joined") != std::string::npos);
    }
}

TEST(Scim, WhomAnAdministratorDisabledStaysSoUnderANewId) {
  Firm firm;
  Worker one = worker_with_all_keys(firm);
  const auto set = [&](const char* state) {
    firm.office.must(firm.admin, "PUT", "/people/" + one.id,
                     {{"name", "W"}, {"roles", json::array{"executive"}}, {"state", state}});
  };
  set("disabled");
  firm.must("DELETE", "/Users/" + one.id);
  const json::value made = firm.create("w@firm.example", {{"externalId", "e-2"}});
  EXPECT_EQ(made.at("active"), json::value(false));
  EXPECT_NE(made.at("id"), json::value(one.id));
  EXPECT_EQ(firm.must("PATCH", "/Users/" + std::string(made.at("id").as_string()),
                      patch({operation("replace", "active", true)}))
                .at("active"),
            json::value(false));
  // Let in again here, who was deleted there is there again: nobody else gets the address.
  Firm other;
  one = worker_with_all_keys(other);
  other.must("DELETE", "/Users/" + one.id);
  other.office.must(other.admin, "PUT", "/people/" + one.id,
                    {{"name", "W"}, {"roles", json::array{"executive"}}, {"state", "active"}});
  EXPECT_EQ(other.id_of("w@firm.example"), one.id);
  EXPECT_EQ(other.ask("POST", "/Users", {{"userName", "w@firm.example"}}).status, 409U);
}

TEST(Scim, TheLogSaysWhomARefusalWasAboutAndWhatEnded) {
  Firm firm;
  firm.ask("DELETE", "/Users/" + firm.id_of(Office::kEmail));
  EXPECT_EQ(firm.office.count(fmt::format(
                "audit WHERE action = 'directory-refused' AND item = '{}'", Office::kEmail)),
            1);
  Visitor second = firm.office.newcomer(firm.admin, "b@firm.example", {"administrator"});
  firm.office.must(second, "POST", "/invitations",
                   {{"email", "c@firm.example"}, {"name", "C"}, {"roles", {"teleworker"}}});
  firm.must("DELETE", "/Users/" + firm.id_of("b@firm.example"));
  EXPECT_EQ(firm.office.count("audit WHERE action = 'directory-left' AND item = 'b@firm.example' "
                              "AND detail = '{\"withdrawn_invitations\":1}'"),
            1);
}

TEST(Scim, TheLastAdministratorStays) {
  Firm firm;
  const std::string id = firm.id_of(Office::kEmail);
  for (const auto& [method, body] : std::to_array<std::pair<const char*, json::value>>(
           {{"PATCH", patch({operation("replace", "active", false)})}, {"DELETE", nullptr}}))
    EXPECT_EQ(firm.ask(method, "/Users/" + id, body).status, 403U);
  EXPECT_EQ(firm.office.ask(firm.admin, "GET", "/people").status, 200U);
  EXPECT_EQ(firm.office.count("audit WHERE action = 'directory-refused'"), 2);
  // With another one it may be, if they can sign in.
  firm.office.newcomer(firm.admin, "b@firm.example", {"administrator"});
  const auto set = [&](const char* what) {
    return firm.office.beside()->execute(std::string("UPDATE person SET ") + what +
                                         " WHERE email = 'b@firm.example'");
  };
  ASSERT_TRUE(set("totp = NULL"));
  EXPECT_EQ(firm.ask("DELETE", "/Users/" + id).status, 403U);
  EXPECT_EQ(firm.person(Office::kEmail).at("state"), json::value("active"));
  ASSERT_TRUE(set("totp = 'A'"));
  firm.must("DELETE", "/Users/" + id);
  EXPECT_EQ(firm.office.ask(firm.admin, "GET", "/people").status, 401U);
}

/// By the address somebody is known at the first sign-in with the company account.
TEST(Scim, NobodyBecomesAnAdministratorByIt) {
  Firm firm;
  const std::string id = firm.id_of(Office::kEmail);
  for (const json::value& body :
       {patch({operation("replace", R"(emails[type eq "work"].value)", "evil@firm.example")}),
        patch({operation("replace", "emails",
                         json::array{json::object{{"value", "evil@firm.example"}}})})})
    EXPECT_EQ(firm.ask("PATCH", "/Users/" + id, body).status, 403U);
  EXPECT_EQ(firm.ask("PUT", "/Users/" + id,
                     {{"userName", "x"},
                      {"emails", json::array{json::object{{"value", "evil@firm.example"}}}}})
                .status,
            403U);
  EXPECT_FALSE(firm.person(Office::kEmail).empty());
  firm.create("w@firm.example", {{"roles", json::array{json::object{{"value", "administrator"}}}}});
  EXPECT_EQ(firm.person("w@firm.example").at("roles"), (json::array{"teleworker"}));
  const std::string worker = firm.id_of("w@firm.example");
  firm.must("PATCH", "/Users/" + worker,
            patch({operation("replace", R"(emails[type eq "work"].value)", "v@firm.example")}));
  EXPECT_FALSE(firm.person("v@firm.example").empty());
  EXPECT_EQ(firm.ask("PATCH", "/Users/" + worker,
                     patch({operation("replace", "userName", Office::kEmail)}))
                .status,
            409U);
}

TEST(Scim, WhatIsRefusedChangesNothing) {
  Firm firm;
  firm.create("w@firm.example", {{"displayName", "W"}});
  const std::string path = "/Users/" + firm.id_of("w@firm.example");
  const json::value before = firm.must("GET", path);
  for (const json::value& body :
       {patch({operation("replace", "displayName", "X"), operation("replace", "active", "?")}),
        patch({operation("replace", "displayName", "X"),
               operation("replace", "userName", Office::kEmail)}),
        json::value("x")})
    EXPECT_GE(firm.ask("PATCH", path, body).status, 400U);
  EXPECT_EQ(firm.must("GET", path), before);
}

TEST(Scim, ListsAreCutIntoPages) {
  Firm firm;
  for (int i = 0; i < 5; ++i) firm.create(fmt::format("w{}@firm.example", i));
  const json::value page = firm.must("GET", "/Users?startIndex=2&count=3");
  EXPECT_EQ(page.at("totalResults"), json::value(6));
  EXPECT_EQ(page.at("Resources").as_array().size(), 3U);
  EXPECT_EQ(page.at("Resources").at(0).at("userName"), json::value("w0@firm.example"));
  EXPECT_EQ(firm.must("GET", "/Users?count=0").at("Resources").as_array().size(), 0U);
  EXPECT_EQ(firm.must("GET", "/Users?count=-1&startIndex=-7").at("startIndex"), json::value(1));
}

TEST(Scim, PartsOfANameTakeEffect) {
  Firm firm;
  const std::string path =
      "/Users/" +
      std::string(firm.create("w@firm.example", {{"displayName", "W One"}}).at("id").as_string());
  json::value now =
      firm.must("PATCH", path, patch({operation("Replace", "name.familyName", "Sato")}));
  EXPECT_EQ(now.at("displayName"), json::value("W One")) << "one part alone is no name";
  EXPECT_EQ(now.at("name").at("familyName"), json::value("Sato"));
  now = firm.must("PATCH", path, patch({operation("Replace", "name.givenName", "Ichiro")}));
  EXPECT_EQ(now.at("displayName"), json::value("Ichiro Sato"));
  EXPECT_EQ(firm.person("w@firm.example").at("name"), json::value("Ichiro Sato"));
  now = firm.must("PATCH", path,
                  patch({operation("Replace", "displayName", "Sato, I."),
                         operation("Replace", "name.familyName", "Suzuki")}));
  EXPECT_EQ(now.at("displayName"), json::value("Sato, I.")) << "what is shown was said";
  EXPECT_EQ(now.at("name").at("familyName"), json::value("Suzuki"));
  now =
      firm.must("PATCH", path, patch({json::object{{"op", "remove"}, {"path", "name.givenName"}}}));
  EXPECT_FALSE(now.at("name").as_object().contains("givenName"));
  // The whole of one that is too long for a console is its beginning.
  std::string long_name;
  for (int i = 0; i < 150; ++i) long_name += "あ";
  now = firm.must("PATCH", path,
                  patch({operation("replace", "displayName", json::value(long_name))}));
  EXPECT_EQ(now.at("displayName"), json::value(long_name.substr(0, 300)));
}

TEST(Scim, WhatIsNotThereOrNotTheirsToChangeIsSaidSo) {
  Firm firm;
  const std::string path =
      "/Users/" +
      std::string(firm.create("w@firm.example", {{"externalId", "e-1"}}).at("id").as_string());
  const json::value before = firm.must("GET", path);
  for (const auto& [one, type] : std::to_array<std::pair<json::object, const char*>>(
           {{operation("replace", R"(emails[type eq "home"].value)", "x@firm.example"), "noTarget"},
            {operation("add", R"(emails[value eq "other@firm.example"].value)", "x@firm.example"),
             "noTarget"},
            {json::object{{"op", "remove"}, {"path", R"(emails[type eq "home"])"}}, "noTarget"},
            {operation("replace", R"(emails[primary eq false].value)", "x@firm.example"),
             "noTarget"},
            {operation("replace", "id", "9"), "mutability"},
            {operation("replace", "meta.created", "x"), "mutability"},
            {operation("add", "schemas", json::array{"x"}), "mutability"},
            {json::object{{"op", "remove"}, {"path", "id"}}, "mutability"}})) {
    const HttpReply reply = firm.ask("PATCH", path, patch({one}));
    EXPECT_EQ(reply.status, 400U) << json::serialize(one);
    EXPECT_EQ(json::parse(reply.body).at("scimType"), json::value(type)) << json::serialize(one);
  }
  EXPECT_EQ(firm.must("GET", path), before);
  firm.must("PATCH", path,
            patch({operation("replace", R"(emails[value eq "W@firm.example"].value)",
                             "v@firm.example")}));
  EXPECT_EQ(firm.id_of("w@firm.example"), path.substr(7)) << "userName stays";
  // null takes away what may be taken away.
  const json::value none =
      firm.must("PATCH", path, patch({operation("replace", "externalId", nullptr)}));
  EXPECT_FALSE(none.as_object().contains("externalId"));
  // A body says what it is.
  for (const json::value& schemas : {json::value(json::array{}), json::value("x"),
                                     json::value(json::array{"urn:x"}), json::value(nullptr)})
    for (const auto& [method, to] :
         {std::pair{"POST", std::string("/Users")}, {"PUT", path}, {"PATCH", path}}) {
      json::value body = json::object{{"userName", "z@firm.example"}};
      if (std::string_view(method) == "PATCH")
        body = patch({operation("replace", "displayName", "Z")});
      body.as_object()["schemas"] = schemas;
      EXPECT_EQ(firm.ask(method, to, body).status, 400U) << method << json::serialize(schemas);
    }
}

TEST(Scim, AnswersWithWhatIsAskedFor) {
  Firm firm;
  const json::value whole = firm.create("w@firm.example", {{"displayName", "W"}});
  const std::string path = "/Users/" + std::string(whole.at("id").as_string());
  const auto keys = [&](const std::string& query) {
    std::string all;
    const json::value shown = firm.must("GET", path + "?" + query);
    for (const auto& [key, value] : shown.as_object()) all += std::string(key) + " ";
    return all;
  };
  EXPECT_EQ(keys("attributes=userName"), "schemas id userName ");
  EXPECT_EQ(keys("attributes=urn:ietf:params:scim:schemas:core:2.0:User:USERNAME,active"),
            "schemas id userName active ");
  EXPECT_EQ(keys("excludedAttributes=emails,name,id,meta"),
            "schemas id userName displayName active ");
  EXPECT_EQ(firm.must("GET", path + "?attributes=emails.value").at("emails"),
            (json::array{json::object{{"value", "w@firm.example"}}}));
  EXPECT_EQ(firm.must("GET", path + "?excludedAttributes=emails.type").at("emails"),
            (json::array{json::object{{"value", "w@firm.example"}, {"primary", true}}}));
  EXPECT_EQ(firm.must("GET", "/Users?attributes=id").at("Resources").at(0).as_object().size(), 2U);
  EXPECT_EQ(firm.ask("GET", path + "?attributes=a..b").status, 400U);
  EXPECT_EQ(firm.ask("GET", path + "?attributes=name&excludedAttributes=id").status, 400U);
  // When it was changed last.
  EXPECT_EQ(whole.at("meta").at("lastModified"), whole.at("meta").at("created"));
  firm.office.time += std::chrono::hours(1);
  const json::value later =
      firm.must("PATCH", path, patch({operation("replace", "displayName", "V")}));
  EXPECT_NE(later.at("meta").at("lastModified"), later.at("meta").at("created"));
}

TEST(Scim, RefusesInItsOwnForm) {
  Firm firm;
  const auto header = [](const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return std::string();
  };
  EXPECT_EQ(header(firm.ask("DELETE", "/Users"), "allow"), "GET, POST");
  EXPECT_EQ(header(firm.ask("POST", "/Users/1"), "allow"), "GET, PUT, PATCH, DELETE");
  EXPECT_EQ(header(firm.ask("PUT", "/ServiceProviderConfig"), "allow"), "GET");
  for (const char* place : {"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"})
    EXPECT_EQ(firm.ask("GET", std::string(place) + "?filter=id+eq+%22x%22").status, 403U) << place;
  EXPECT_EQ(firm.office.count("audit WHERE action = 'directory-refused'"), 0);
  const HttpReply large =
      firm.ask("POST", "/Users", {{"userName", std::string(kMaxBodyBytes, 'x')}});
  EXPECT_EQ(large.status, 413U);
  for (const HttpReply& reply : {large, firm.ask("GET", ""), firm.ask("GET", "/"),
                                 firm.ask("GET", "/Users/1/x"), firm.ask("GET", "/nothing")}) {
    EXPECT_GE(reply.status, 400U);
    EXPECT_EQ(header(reply, "content-type"), "application/scim+json");
    EXPECT_EQ(json::parse(reply.body).at("schemas"),
              (json::array{"urn:ietf:params:scim:api:messages:2.0:Error"}));
  }
}

json::value group_of(const char* name, const json::array& members,
                     const char* external_id = nullptr) {
  json::array list;
  for (const json::value& id : members) list.emplace_back(json::object{{"value", id}});
  json::object group{{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Group"}},
                     {"displayName", name},
                     {"members", std::move(list)}};
  if (external_id != nullptr) group["externalId"] = external_id;
  return group;
}

/// A firm whose directory's groups give roles.
void let_groups_decide(Firm& firm, const char* from = "directory") {
  firm.office.must(
      firm.admin, "PUT", "/company-accounts",
      {{"trust_email", false},
       {"groups_from", from},
       {"roles_claim", "groups"},
       {"roles", json::array{json::object{{"role", "administrator"}, {"group", "Admins"}},
                             json::object{{"role", "executive"}, {"group", "g-board"}}}}});
}

TEST(ScimGroups, AreKeptAsTheDirectorySaysThem) {
  Firm firm;
  const json::value ann = firm.create("ann@firm.example").at("id");
  const json::value ben = firm.create("ben@firm.example").at("id");
  const json::value made = firm.must("POST", "/Groups", group_of("Sales", {ann}, "g-1"));
  const std::string at = "/Groups/" + std::string(made.at("id").as_string());
  EXPECT_EQ(made.at("members").at(0).at("value"), ann);
  EXPECT_EQ(made.at("meta").at("resourceType"), json::value("Group"));
  const auto ids = [&] {
    json::array list;
    const json::value group = firm.must("GET", at);
    for (const json::value& one : group.at("members").as_array()) list.push_back(one.at("value"));
    return list;
  };
  const auto found = [&](const std::string& filter) {
    return firm.must("GET", "/Groups?excludedAttributes=members&filter=" + percent_encoded(filter));
  };
  EXPECT_EQ(found(R"(displayName eq "sales")").at("totalResults"), json::value(1));
  EXPECT_FALSE(
      found(R"(externalId eq "g-1")").at("Resources").at(0).as_object().contains("members"));
  const std::string id(made.at("id").as_string());
  const std::string whose(ben.as_string());
  const std::string inside = R"(id eq ")" + id + R"(" and members eq ")" + whose + R"(")";
  EXPECT_EQ(found(inside).at("totalResults"), json::value(0));
  EXPECT_EQ(
      firm.ask("PATCH", at,
               patch({operation("Add", "members", json::array{json::object{{"value", ben}}})}))
          .status,
      204U);
  EXPECT_EQ(ids(), (json::array{ann, ben}));
  EXPECT_EQ(found(inside).at("totalResults"), json::value(1));
  firm.must("PATCH", at,
            patch({json::object{
                {"op", "remove"},
                {"path", "members[value eq \"" + std::string(ann.as_string()) + "\"]"}}}));
  EXPECT_EQ(ids(), (json::array{ben}));
  // Whoever is deleted is in none; an unknown member, or a name that is there, changes nothing.
  EXPECT_EQ(firm.ask("PUT", at, group_of("Sales", {ann, "999"})).status, 400U);
  firm.must("POST", "/Groups", group_of("Other", {}));
  EXPECT_EQ(firm.ask("POST", "/Groups", group_of("SALES", {})).status, 409U);
  EXPECT_EQ(firm.ask("PUT", at, group_of("other", {})).status, 409U);
  EXPECT_EQ(ids(), (json::array{ben}));
  firm.must("DELETE", "/Users/" + whose);
  EXPECT_EQ(ids(), json::array());
  firm.must("DELETE", at);
  EXPECT_EQ(firm.ask("GET", at).status, 404U);
  EXPECT_EQ(firm.ask("PATCH", at, patch({operation("replace", "displayName", "x")})).status, 404U);
}

TEST(ScimGroups, GiveAndTakeRolesAtOnceWhereAnAdministratorSaidSo) {
  Firm firm;
  const json::value ann = firm.create("ann@firm.example").at("id");
  const json::value ben = firm.create("ben@firm.example").at("id");
  const auto roles = [&](const char* email) { return firm.person(email).at("roles"); };
  const json::value made = firm.must("POST", "/Groups", group_of("Admins", {ann}));
  const std::string at = "/Groups/" + std::string(made.at("id").as_string());
  const json::value plain = json::array{"teleworker"};
  let_groups_decide(firm, "sign_in");
  firm.must("PUT", at, group_of("Admins", {ann, ben}));
  EXPECT_EQ(roles("ann@firm.example"), plain) << "groups of the sign-in decide";
  let_groups_decide(firm);
  EXPECT_EQ(roles("ann@firm.example"), (json::array{"administrator", "teleworker"}));
  firm.must("PATCH", at,
            patch({operation("remove", "members", json::array{json::object{{"value", ann}}})}));
  EXPECT_EQ(roles("ann@firm.example"), plain);
  EXPECT_EQ(roles("ben@firm.example"), (json::array{"administrator", "teleworker"}));
  // By the directory's own id as well; and a group that is renamed gives nothing more.
  firm.must("POST", "/Groups", group_of("板", {ann}, "g-board"));
  EXPECT_EQ(roles("ann@firm.example"), (json::array{"executive", "teleworker"}));
  firm.must("PATCH", at, patch({operation("Replace", "displayName", "Former")}));
  EXPECT_EQ(roles("ben@firm.example"), plain);
  firm.must("PATCH", at, patch({operation("Replace", "displayName", "Admins")}));
  firm.must("DELETE", at);
  EXPECT_EQ(roles("ben@firm.example"), plain);
  EXPECT_EQ(firm.office.count("audit WHERE action = 'roles-by-groups' AND actor LIKE 'SCIM %'"), 5);
  EXPECT_EQ(firm.office.count("audit WHERE action = 'roles-by-groups'"), 7);
  // Whoever comes back to a group that gives a role has it again.
  firm.must("PATCH", "/Users/" + std::string(ann.as_string()),
            patch({operation("replace", "active", false)}));
  firm.must("PATCH", "/Users/" + std::string(ann.as_string()),
            patch({operation("replace", "active", true)}));
  EXPECT_EQ(roles("ann@firm.example"), (json::array{"executive", "teleworker"}));
  // The administrator whom the directory doesn't know stays one.
  EXPECT_EQ(firm.office.count("person WHERE roles LIKE '%administrator%'"), 1);
}

/// An account that is only for a code is nobody's whom a directory could move or remove.
TEST(Scim, DoesNotSeeWhatIsSealedForAnEmergency) {
  Firm firm;
  firm.office.must(firm.admin, "POST", "/emergency-seals",
                   {{"email", "key@firm.example"}, {"name", "封筒"}});
  const auto rows = firm.must("GET", "/Users").at("totalResults").as_int64();
  EXPECT_EQ(rows, 1);
  EXPECT_EQ(firm.id_of("key@firm.example"), "");
  EXPECT_EQ(firm.ask("PATCH", "/Users/2", patch({operation("replace", "active", false)})).status,
            404U);
  EXPECT_EQ(firm.ask("POST", "/Users", {{"userName", "key@firm.example"}}).status, 409U);
  // Nor is it told of what nobody would read, or chased as one who never signed in.
  const json::value totals = firm.office.must(firm.admin, "GET", "/people").at("totals");
  EXPECT_EQ(totals.at("all"), json::value(2));
  EXPECT_EQ(totals.at("never"), json::value(0));
}

}  // namespace
}  // namespace sekisho
