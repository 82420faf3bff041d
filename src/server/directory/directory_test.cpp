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
    if (!body.is_null()) request.body = json::serialize(body);
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
  EXPECT_EQ(firm.must("GET", "/ResourceTypes").at("totalResults"), json::value(1));
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
  firm.create("w@firm.example");
  const std::string id = firm.id_of("w@firm.example");
  firm.must("DELETE", "/Users/" + id);
  EXPECT_EQ(firm.ask("DELETE", "/Users/" + id).status, 404U);
  EXPECT_EQ(firm.id_of("w@firm.example"), "");
  const json::value again = firm.create("w@firm.example", {{"active", true}});
  EXPECT_EQ(again.at("active"), json::value(true));
  EXPECT_EQ(firm.person("w@firm.example").at("state"), json::value("active"));
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

}  // namespace
}  // namespace sekisho
