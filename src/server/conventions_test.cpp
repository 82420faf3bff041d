// SPDX-License-Identifier: Apache-2.0
// What holds of all operations alike, whoever adds one: names in a query that mean nothing, codes
// for programs, the methods that a path has, and what must not be done twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "databases.h"
#include "office.h"
#include "operations.h"
#include "server/api/once.h"
#include "server/http/problem.h"
#include "server/http/sealed.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string header_of(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers)
    if (key == name) return value;
  return {};
}

class Conventions : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    office_ = std::make_unique<Office>([&](ServerOptions& options) {
      options.database = where();
      options.agents.on = true;
      options.agents.port = 0;
    });
    admin_ = office_->administrator();
    Visitor nobody;
    document_ = json::parse(office_->ask(nobody, "GET", "/openapi.json").fixed);
  }
  HttpReply ask(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& key = {}) {
    office_->time += std::chrono::seconds(1);  // not too many at once
    std::vector<std::pair<std::string, std::string>> headers;
    if (!key.empty()) headers.emplace_back("idempotency-key", key);
    if (body == "bytes") headers.emplace_back("content-type", "application/octet-stream");
    Visitor as_it_was = admin_;
    HttpReply reply = office_->ask(admin_, method, path, body, std::move(headers));
    admin_ = as_it_was;
    return reply;
  }
  /// Now and then: it takes its time.
  void prove() {
    if (office_->time - proved_ < std::chrono::minutes(8)) return;
    office_->must(admin_, "POST", "/me/proof", {{"password", Office::kPassword}});
    proved_ = office_->time;
  }

  std::unique_ptr<Office> office_;
  Visitor admin_;
  Time proved_;
  json::value document_;
};
SEKISHO_BOTH_DATABASES(Conventions);

std::string code_in(const HttpReply& reply) {
  return std::string(json::parse(reply.body).at("code").as_string());
}

TEST_P(Conventions, NoOperationTakesANameThatItDoesNotKnow) {
  std::size_t asked = 0;
  for (const Called& call : all_calls(document_)) {
    if (call.id == "finishOidc") continue;  // providers add names of their own
    ++asked;
    prove();
    const std::string path = filled(call.path, "1");
    for (const std::string& query : {std::string("nonsense=1"), std::string("limi%74s="),
                                     std::string("limit=1&Nonsense"), std::string("%3Cb%3E=x")}) {
      const HttpReply reply = ask(call.method, path + "?" + query, call.body);
      ASSERT_EQ(reply.status, 422U) << call.id << " " << query << " " << reply.body;
      const bool all_known = query.starts_with("limit=1&");
      EXPECT_EQ(code_in(reply), "unknown-parameter") << call.id;
      const std::string title(json::parse(reply.body).at("title").as_string());
      const bool names = title.contains("nonsense") || title.contains("limits") ||
                         title.contains("<b>") || (all_known && title.contains("limit"));
      EXPECT_TRUE(names || title.contains("Nonsense")) << call.id << title;
    }
  }
  EXPECT_GT(asked, 100U);
}

TEST_P(Conventions, EveryNameThatIsDocumentedIsTaken) {
  for (const auto& [path, entry] : document_.at("paths").as_object()) {
    const auto* get = entry.as_object().if_contains("get");
    if (get == nullptr || !get->as_object().contains("parameters")) continue;
    for (const json::value& given : get->at("parameters").as_array()) {
      const auto* ref = given.as_object().if_contains("$ref");
      const json::value& one =
          ref == nullptr ? given
                         : document_.at_pointer(std::string_view(ref->as_string()).substr(1));
      if (one.at("in").as_string() != "query") continue;
      const HttpReply reply =
          ask("GET", filled(path, "1") + "?" + std::string(one.at("name").as_string()) + "=1");
      EXPECT_FALSE(reply.body.contains("unknown-parameter")) << path << reply.body;
    }
  }
}

TEST_P(Conventions, EveryProblemHasACodeForPrograms) {
  std::map<std::string, std::size_t> codes;
  Visitor nobody;
  for (const Called& call : all_calls(document_))
    for (const char* body : {"", "{}", "[", "{\"x\":1}"})
      for (Visitor* who : {&admin_, &nobody}) {
        office_->time += std::chrono::seconds(1);
        Visitor as_it_was = *who;
        const HttpReply reply = office_->ask(*who, call.method, filled(call.path, "77"),
                                             call.method == "GET" ? "" : body);
        *who = as_it_was;
        if (reply.status < 400) continue;
        const json::value problem = json::parse(reply.body);
        const std::string code(problem.at("code").as_string());
        EXPECT_FALSE(code.empty());
        EXPECT_TRUE(std::ranges::all_of(code, [](char c) { return c == '-' || std::islower(c); }))
            << code;
        EXPECT_EQ(code, reply.note.code);
        EXPECT_EQ(problem.at("status").as_int64(), reply.status);
        ++codes[code];
      }
  for (const char* code : {"not-signed-in", "not-found", "invalid"})
    EXPECT_GT(codes[code], 0U) << code;
}

TEST_P(Conventions, APathSaysWhichMethodsItHas) {
  for (const auto& [path, entry] : document_.at("paths").as_object()) {
    std::set<std::string> wanted;
    for (const auto& [method, operation] : entry.as_object()) {
      if (method == "parameters") continue;
      std::string name(method);
      std::ranges::transform(name, name.begin(), ::toupper);
      wanted.insert(name);
      if (name == "GET") wanted.insert("HEAD");
    }
    const HttpReply reply = ask("PATCH", filled(path, "1"));
    EXPECT_EQ(reply.status, 405U) << path;
    std::set<std::string> told;
    const std::string allow = header_of(reply, "allow");
    for (const std::string_view one : split(allow, ',')) told.emplace(trim(one));
    // A path with words stands where one with a parameter would take it too.
    EXPECT_TRUE(std::ranges::includes(told, wanted)) << path << header_of(reply, "allow");
    EXPECT_EQ(told.contains("HEAD"), told.contains("GET")) << path;
  }
}

TEST_P(Conventions, AListSaysWhereItGoesOn) {
  for (int i = 0; i < 5; ++i)
    ASSERT_EQ(ask("POST", "/items/ask-SK-admin-B2/remarks", R"({"text":"x"})").status, 201U);
  std::string path = "/audit?limit=2&q=";
  std::set<std::int64_t> seen;
  std::size_t pages = 0;
  while (!path.empty()) {
    ASSERT_LT(++pages, 50U);
    const HttpReply reply = ask("GET", path);
    ASSERT_EQ(reply.status, 200U) << path << reply.body;
    const json::value body = json::parse(reply.body);
    for (const json::value& one : body.at("items").as_array())
      EXPECT_TRUE(seen.insert(one.at("id").as_int64()).second);
    const std::string link = header_of(reply, "link");
    EXPECT_EQ(link.empty(), body.at("next").is_null());
    constexpr std::string_view kEnd = R"(>; rel="next")";
    path.clear();
    if (link.empty()) break;
    ASSERT_TRUE(link.starts_with("</api/v1/audit?limit=2&q=&after=") && link.ends_with(kEnd))
        << link;
    path = link.substr(8, link.size() - 8 - kEnd.size());
  }
  EXPECT_GT(pages, 3U);
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), office_->count("audit"));
  // What was asked for goes into a header: it can't end it.
  const std::string link =
      header_of(ask("GET", "/audit?limit=1&action=%61nswered&q=%3E%3B%0A"), "link");
  EXPECT_EQ(link.find_first_of("\r\n"), std::string::npos);
}

TEST_P(Conventions, EveryListIsTheSamePageByPageAsWhole) {
  for (int i = 0; i < 3; ++i) {
    prove();
    const std::string one =
        fmt::format(R"({{"email":"n{}@firm.example","name":"N","roles":["teleworker"]}})", i);
    ASSERT_EQ(ask("POST", "/invitations", one).status, 201U);
    ASSERT_EQ(ask("POST", "/enrolments", R"({"person":null})").status, 201U);
  }
  std::set<std::string> with_several;
  for (const auto& [path, entry] : document_.at("paths").as_object()) {
    const auto* get = entry.as_object().if_contains("get");
    if (get == nullptr || path.contains('{') || !get->as_object().contains("parameters")) continue;
    const std::string parameters = json::serialize(get->at("parameters"));
    if (!parameters.contains("limit") || !parameters.contains("parameters/after")) continue;
    const HttpReply all = ask("GET", std::string(path) + "?limit=100");
    ASSERT_EQ(all.status, 200U) << path << all.body;
    const json::value whole = json::parse(all.body);
    json::array by_one;
    for (json::value next = 0; !next.is_null();) {
      const HttpReply reply =
          ask("GET", fmt::format("{}?limit=1&after={}", path, json::value_to<std::int64_t>(next)));
      ASSERT_EQ(reply.status, 200U) << path << reply.body;
      const json::value page = json::parse(reply.body);
      for (const json::value& one : page.at("items").as_array()) by_one.push_back(one);
      ASSERT_LE(by_one.size(), whole.at("items").as_array().size()) << path;
      next = page.at("next");
    }
    EXPECT_EQ(json::serialize(by_one), json::serialize(whole.at("items"))) << path;
    if (by_one.size() > 1) with_several.emplace(path);
  }
  for (const char* path : {"/invitations", "/enrolments", "/audit"})
    EXPECT_TRUE(with_several.contains(path)) << path;
}

/// All that stands in the database but for what notes that somebody came, and what is kept of keys.
std::string standing_in(Office& office) {
  const auto db = office.beside();
  std::string all;
  for (const char* table : {"remark", "incident", "invitation", "enrolment", "device_view", "token",
                            "device", "answer", "audit", "person", "evidence", "passkey"}) {
    const auto rows = db->query(fmt::format("SELECT COUNT(*) FROM {}", table));
    all += fmt::format("{} {}\n", table, rows->front().integer(0));
  }
  return all;
}

constexpr const char* kKey = "0f8fad5b-d9cb-469f-a165-70867728950e";

struct Made {
  const char* path;
  const char* body;
};
constexpr std::array kMakes{
    Made{"/items/ask-SK-admin-B2/remarks", R"({"text":"said"})"},
    Made{"/incidents", R"({"kind":"suspicious_mail","text":"x"})"},
    Made{"/invitations", R"({"email":"n@firm.example","name":"N","roles":["teleworker"]})"},
    Made{"/enrolments", R"({"person":null})"},
    Made{"/device-views", R"({"name":"w","query":"a=b"})"},
    Made{"/me/tokens", R"({"name":"t","scopes":["read"],"days":1})"},
    Made{"/checks/ask-SK-admin-B2/answers", R"({"reply":"yes"})"},
    Made{
        "/appliances",
        R"({"name":"second","kind":"fortigate","model":"","version":"2","reused":true,"confirmed":false})"}};

TEST_P(Conventions, WhatIsSentTwiceWithOneKeyIsDoneOnce) {
  int number = 0;
  for (const Made& made : kMakes) {
    prove();
    const std::string key = fmt::format("{}-{}", kKey, ++number);
    const HttpReply first = ask("POST", made.path, made.body, key);
    ASSERT_LT(first.status, 300U) << made.path << first.body;
    EXPECT_EQ(header_of(first, "idempotency-replayed"), "");
    const std::string after = standing_in(*office_);
    for (int i = 0; i < 2; ++i) {
      const HttpReply again = ask("POST", made.path, made.body, key);
      EXPECT_EQ(again.status, first.status);
      EXPECT_EQ(again.body, first.body);
      EXPECT_EQ(header_of(again, "content-type"), header_of(first, "content-type"));
      EXPECT_EQ(header_of(again, "idempotency-replayed"), "true");
    }
    EXPECT_EQ(standing_in(*office_), after) << made.path;
    // Another body, or another path: something else was meant.
    const HttpReply other = ask("POST", made.path, std::string(made.body) + " ", key);
    EXPECT_EQ(other.status, 422U);
    EXPECT_EQ(code_in(other), "idempotency-key-reused");
    EXPECT_EQ(standing_in(*office_), after) << made.path;
  }
  // What is kept gives no secret away, and is forgotten after a day.
  const auto db = office_->beside();
  const auto all = db->query("SELECT name, reply FROM kept_reply");
  ASSERT_EQ(all->size(), kMakes.size());
  for (const Row& row : *all) {
    EXPECT_FALSE(row.text(0).contains(kKey));
    EXPECT_FALSE(row.text(1).contains("sekisho_"));
    EXPECT_EQ(unsealed("another key of 16 signs", row.text(1)), std::nullopt);
  }
  ASSERT_TRUE(office_->beside()->execute(
      "UPDATE session SET expires_at = expires_at + ?, seen_at = seen_at + ?",
      {std::chrono::seconds(Once::kKept).count(), std::chrono::seconds(Once::kKept).count()}));
  office_->time += Once::kKept;
  prove();
  const std::string before = standing_in(*office_);
  const HttpReply new_day = ask("POST", kMakes[0].path, kMakes[0].body, fmt::format("{}-1", kKey));
  EXPECT_LT(new_day.status, 300U) << new_day.body;
  EXPECT_EQ(header_of(new_day, "idempotency-replayed"), "");
  EXPECT_NE(standing_in(*office_), before);
  EXPECT_EQ(office_->count("kept_reply"), 1);
}

TEST_P(Conventions, AKeyIsOnesOwnAndARefusalKeepsNothing) {
  Visitor other = office_->newcomer(admin_, "o@firm.example", {"administrator"});
  const Made& made = kMakes[0];
  ASSERT_EQ(ask("POST", made.path, made.body, kKey).status, 201U);
  const HttpReply theirs =
      office_->ask(other, "POST", made.path, made.body, {{"idempotency-key", kKey}});
  EXPECT_EQ(theirs.status, 201U);
  EXPECT_EQ(header_of(theirs, "idempotency-replayed"), "");
  // Refused, then mended and sent again with the same key.
  const std::string second = std::string(kKey) + "-2";
  EXPECT_EQ(ask("POST", made.path, R"({"text":""})", second).status, 422U);
  EXPECT_EQ(ask("POST", made.path, made.body, second).status, 201U);
  for (const char* bad : {"short", "with a space in it and long", "0123456789abcdef\x7f"})
    EXPECT_EQ(code_in(ask("POST", made.path, made.body, bad)), "idempotency-key-wrong");
  Visitor nobody;
  const HttpReply anonymous = office_->ask(
      nobody, "POST", "/sign-in", R"({"email":"a","password":"b"})", {{"idempotency-key", kKey}});
  EXPECT_EQ(code_in(anonymous), "idempotency-key-not-taken");
}

TEST_P(Conventions, EveryOperationOfSomebodySignedInThatMakesSomethingTakesAKey) {
  std::size_t takes = 0;
  for (const Called& call : all_calls(document_)) {
    if (call.method != "POST") continue;
    const json::value& operation = document_.at("paths").at(call.path).at("post");
    bool named = false;
    if (const auto* parameters = operation.as_object().if_contains("parameters"))
      for (const json::value& one : parameters->as_array())
        named = named || (one.as_object().contains("name") &&
                          one.at("name").as_string() == "Idempotency-Key");
    prove();
    const HttpReply reply = ask("POST", filled(call.path, "1"), call.body, "short");
    EXPECT_EQ(reply.status, 422U) << call.id << reply.body;
    EXPECT_EQ(code_in(reply), named ? "idempotency-key-wrong" : "idempotency-key-not-taken")
        << call.id;
    takes += named ? 1 : 0;
  }
  EXPECT_GT(takes, 20U);
}

TEST_P(Conventions, TwoAtOnceWithOneKeyDoItOnce) {
  const Made& made = kMakes[1];
  for (int round = 0; round < 10; ++round) {
    office_->time += std::chrono::minutes(1);
    const std::string key = fmt::format("{}-{}", kKey, round);
    const std::int64_t before = office_->count("incident");
    std::atomic<int> done = 0;
    {
      std::vector<std::jthread> both;
      for (int i = 0; i < 4; ++i)
        both.emplace_back([&] {
          Visitor one = admin_;
          const HttpReply reply =
              office_->ask(one, "POST", made.path, made.body, {{"idempotency-key", key}});
          if (reply.status < 300) ++done;
          EXPECT_TRUE(reply.status < 300 || reply.status == 409) << reply.body;
        });
    }
    EXPECT_GE(done, 1);
    EXPECT_EQ(office_->count("incident"), before + 1);
  }
}

TEST_P(Conventions, WhatIsKeptOfOnePersonIsBounded) {
  for (std::int64_t i = 0; i < Once::kMost + 20; ++i)
    ASSERT_EQ(ask("POST", kMakes[0].path, kMakes[0].body, fmt::format("{}-{}", kKey, i)).status,
              201U);
  EXPECT_LE(office_->count("kept_reply"), Once::kMost + 1);
  EXPECT_GE(office_->count("kept_reply"), Once::kMost - 1);
}

}  // namespace
}  // namespace sekisho
