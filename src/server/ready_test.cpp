// SPDX-License-Identifier: Apache-2.0
// Answers that are ready are those that would be made anew: for every role, whatever is written in
// between, by whomever; and nothing of one person is in them.
#include "server/api/ready.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "databases.h"
#include "faulty_database.h"
#include "office.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// A firm with somebody of each role and several of one, all signed in for good.
class Ready : public Databases {
 protected:
  void SetUp() override {
    Databases::SetUp();
    if (IsSkipped()) return;
    office_ = std::make_unique<Office>([&](ServerOptions& options) {
      options.database = where();
      options.connect = faulty(plan_);
    });
    outside_ = std::move(*connect_database(where()));
    for (const char* roles :
         {"administrator", "executive", "teleworker", "auditor", "executive", "auditor executive"})
      person(roles);
  }

  void must(std::string_view sql, const Values& values = {}) {
    const auto done = outside_->query(sql, values);
    ASSERT_TRUE(done) << sql << done.error().describe(Lang::en);
  }

  void person(const char* roles) {
    const std::size_t number = visitors_.size() + 1;
    must(
        "INSERT INTO person (email, name, roles, lang, state, totp_step, recovery, created_at) "
        "VALUES (?, ?, ?, ?, 'active', 0, '', 1)",
        {fmt::format("secret{}@firm.example", number), fmt::format("Secretname {}", number),
         std::string(roles), std::string(number % 2 == 0 ? "ja" : "en")});
    visitors_.emplace_back().cookie = fmt::format("sekisho=secret-{}", number);
    sign_in(number);
  }
  void sign_in(std::size_t number) {
    must(
        "INSERT INTO session (person_id, secret, stage, created_at, seen_at, expires_at, "
        "proved_at, "
        "peer, agent) VALUES (?, ?, 'full', 1, ?, ?, ?, '', '') ON CONFLICT (secret) DO UPDATE SET "
        "seen_at = excluded.seen_at, expires_at = excluded.expires_at, stage = 'full'",
        {static_cast<std::int64_t>(number), secret_hash(fmt::format("secret-{}", number)),
         value_of(office_->time), value_of(office_->time + std::chrono::hours(12)),
         value_of(office_->time)});
  }

  /// As it comes, held against what is made anew for the same request.
  void read(Visitor& visitor, const std::string& path, const Headers& headers) {
    Visitor same = visitor;
    // The first may have to be made; it is held against what is made anew as well.
    const HttpReply first = office_->ask(same, "GET", path, {}, headers);
    const std::size_t ran = plan_.ran;
    const HttpReply ready = office_->ask(same, "GET", path, {}, headers);
    // One statement asks whether something has changed.
    if (plan_.ran - ran <= 1 && ready.status == 200) ++hits_;
    Headers anew = headers;
    anew.emplace_back("cache-control", "no-cache");
    const HttpReply made = office_->ask(same, "GET", path, {}, anew);
    ASSERT_EQ(first.status, made.status) << path;
    ASSERT_EQ(body(first), body(made)) << path;
    ASSERT_EQ(ready.status, made.status) << path;
    ASSERT_EQ(body(ready), body(made)) << path;
    ASSERT_EQ(headers_of(ready), headers_of(made)) << path;
    ASSERT_EQ(ready.owner, made.owner) << path;
    ++statuses_[ready.status];
  }
  static const std::string& body(const HttpReply& reply) { return reply.body; }
  /// Without what is each refusal's own.
  static Headers headers_of(const HttpReply& reply) {
    Headers headers = reply.headers;
    std::erase_if(headers, [](const auto& header) { return header.first == "x-request-id"; });
    return headers;
  }

  /// What a person, an agent, an operator or another server may write, of all kinds.
  void write(std::mt19937& random) {
    const auto some = [&](std::int64_t most) {
      return static_cast<std::int64_t>(random() % static_cast<unsigned>(most)) + 1;
    };
    const std::string word = fmt::format("w{}", random() % 1000);
    switch (random() % 12) {
      case 0:
        return must(
            "INSERT INTO setting (name, value) VALUES ('organisation.name', ?) ON CONFLICT "
            "(name) DO UPDATE SET value = excluded.value",
            {word});
      case 1:
        return must(
            "INSERT INTO setting (name, value) VALUES ('methods', ?) ON CONFLICT (name) DO "
            "UPDATE SET value = excluded.value",
            {std::string(random() % 2 == 0 ? "vpn cloud" : "vdi")});
      case 2:
        return must(
            "INSERT INTO device (subject, name, state, created_at, team) VALUES (?, ?, "
            "'active', 1, ?) ON CONFLICT (subject) DO UPDATE SET name = excluded.name || 'x'",
            {"host:" + word, word, word});
      case 3: return must("UPDATE device SET state = 'lost' WHERE id = ?", {some(5)});
      case 4:
        return must(
            "INSERT INTO assignment (item, person_id, due, at) VALUES ('ask-SK-admin-B2', ?, "
            "?, 1) ON CONFLICT (item) DO UPDATE SET person_id = excluded.person_id, due = "
            "excluded.due",
            {some(6), fmt::format("2026-12-{:02}", some(28))});
      case 5:
        return must(
            "INSERT INTO incident (kind, case_number, device_id, person_id, at, state, text, "
            "done) VALUES ('suspicious_mail', 6, NULL, 1, 1, 'open', '', '0')");
      case 6: return must("UPDATE person SET name = ? WHERE id = ?", {word, some(6)});
      case 7:
        return must("UPDATE person SET roles = ? WHERE id = ?",
                    {std::string(random() % 2 == 0 ? "teleworker" : "executive"), some(6)});
      case 8:
        return must("UPDATE person SET state = ? WHERE id = ?",
                    {std::string(random() % 2 == 0 ? "disabled" : "active"), some(6)});
      case 9: return must("DELETE FROM session WHERE person_id = ?", {some(6)});
      case 10: return sign_in(static_cast<std::size_t>(some(6)));
      default: break;
    }
    // By way of the server itself.
    office_->ask(visitors_[0], "POST", "/checks/ask-SK-admin-B2/answers",
                 fmt::format(R"({{"reply":"{}"}})", random() % 2 == 0 ? "yes" : "no"));
  }

  FaultPlan plan_;
  std::unique_ptr<Office> office_;
  std::unique_ptr<Database> outside_;
  std::vector<Visitor> visitors_;
  std::size_t hits_ = 0;
  std::map<unsigned, std::size_t> statuses_;
};
SEKISHO_BOTH_DATABASES(Ready);

TEST_P(Ready, EachIsWhatIsMadeAnewWhateverIsWrittenAndWhoeverReads) {
  constexpr std::array<const char*, 9> kPaths{"/home",
                                              "/devices",
                                              "/devices?limit=2",
                                              "/devices?only=failing",
                                              "/checklist",
                                              "/checklist?role=executive",
                                              "/checklist?role=nobody",
                                              "/history",
                                              "/history?by=role"};
  const std::array<Headers, 6> kinds{{{},
                                      {{"accept-encoding", "gzip"}},
                                      {{"accept-language", "ja"}},
                                      {{"accept-language", "en"}, {"accept-encoding", "gzip"}},
                                      {{"if-none-match", "\"x\""}},
                                      {{"if-match", "\"x\""}}}};
  std::mt19937 random(11);
  Visitor nobody;
  std::size_t reads = 0;
  for (int step = 0; step < (postgres() ? 120 : 400); ++step) {
    ASSERT_NO_FATAL_FAILURE(write(random));
    if (random() % 8 == 0)
      for (std::size_t i = 1; i <= visitors_.size(); ++i) {
        must("UPDATE person SET state = 'active' WHERE id = ?", {static_cast<std::int64_t>(i)});
        sign_in(i);
      }
    if (random() % 4 == 0)
      office_->time += std::array{std::chrono::seconds(1), std::chrono::seconds(59),
                                  std::chrono::seconds(86'400)}[random() % 3];
    for (int again = 0; again < 6; ++again, ++reads) {
      const std::size_t who = random() % (visitors_.size() + 1);
      ASSERT_NO_FATAL_FAILURE(read(who == visitors_.size() ? nobody : visitors_[who],
                                   kPaths.at(random() % (again < 3 ? 2 : kPaths.size())),
                                   kinds.at(random() % (again < 3 ? 2 : kinds.size()))))
          << "step " << step << " by " << who;
    }
  }
  // It was no test of answers made anew alone, nor of one kind.
  EXPECT_GT(hits_, reads / 5);
  for (const unsigned status : {200U, 401U, 403U, 412U, 422U}) EXPECT_GT(statuses_[status], 0U);
}

TEST_P(Ready, WhoeverMayNoLongerReadIsRefusedAtOnce) {
  Visitor& boss = visitors_[1];
  const auto status = [&] { return office_->ask(boss, "GET", "/home").status; };
  EXPECT_EQ(status(), 200U);
  EXPECT_EQ(status(), 200U);
  must("UPDATE person SET roles = 'teleworker' WHERE id = 2");
  EXPECT_EQ(status(), 403U);
  must("UPDATE person SET roles = 'executive' WHERE id = 2");
  EXPECT_EQ(status(), 200U);
  must("UPDATE person SET state = 'disabled' WHERE id = 2");
  EXPECT_EQ(status(), 401U);
  must("UPDATE person SET state = 'active' WHERE id = 2");
  EXPECT_EQ(status(), 200U);
  must("DELETE FROM session WHERE person_id = 2");
  EXPECT_EQ(status(), 401U);
  // Nothing was written when a session ends by itself.
  sign_in(2);
  EXPECT_EQ(status(), 200U);
  office_->time += std::chrono::hours(13);
  EXPECT_EQ(status(), 401U);
}

TEST_P(Ready, SameAnswerSaysSoAndNoMore) {
  Visitor& boss = visitors_[1];
  const HttpReply whole = office_->ask(boss, "GET", "/checklist");
  ASSERT_EQ(whole.status, 200U);
  const auto tag = std::ranges::find(whole.headers, "etag", [](const auto& field) {
                     return field.first;
                   })->second;
  const std::size_t ran = plan_.ran;
  const HttpReply same = office_->ask(boss, "GET", "/checklist", {}, {{"if-none-match", tag}});
  EXPECT_EQ(same.status, 304U);
  EXPECT_EQ(body(same), "");
  // Nothing was written meanwhile: nothing is made.
  EXPECT_LE(plan_.ran - ran, 1U);
}

/// What a handler is told of who asks, and by what request.
Outcome tell_all(Call& call) {
  json::array headers;
  for (const auto& [name, value] : call.request.headers) headers.emplace_back(name + "=" + value);
  json::array roles;
  for (const std::string& role : call.who.roles) roles.emplace_back(role);
  return reply_json(json::object{{"person", fmt::format("{}", call.who.person)},
                                 {"session", fmt::format("{}", call.who.session)},
                                 {"token", fmt::format("{}", call.who.token)},
                                 {"name", call.who.name + call.who.email + call.who.secret},
                                 {"stage", call.who.stage},
                                 {"scopes", call.who.scopes.size()},
                                 {"lang", call.who.lang == Lang::ja ? "ja" : "en"},
                                 {"peer", call.request.peer + call.request.payer},
                                 {"certificate", call.request.peer_certificate},
                                 {"body", call.request.body},
                                 {"headers", std::move(headers)},
                                 {"roles", std::move(roles)},
                                 {"query", call.request.query}});
}

/// Answers for somebody, at a moment of the test's.
class ReadyByRoles : public testing::Test {
 protected:
  std::string answer(const Identity& who, const std::string& query = {},
                     const Headers& headers = {}) {
    HttpRequest request;
    request.method = "GET";
    request.path = "/api/v1/home";
    request.query = query;
    request.headers = headers;
    request.headers.emplace_back("cookie", "sekisho=" + who.secret);
    request.peer = request.payer = request.peer_certificate = who.secret;
    const Call call{shop_, request, *db_, who, {}, moment_.now};
    if (auto there = ready_reply(ready_, moment_, request, operation_, who, who.lang))
      return there->body;
    ++made_;
    return answer_and_keep(ready_, moment_, call, operation_).body;
  }
  static Identity who(std::int64_t id, std::set<std::string, std::less<>> roles,
                      Lang lang = Lang::en) {
    Identity one;
    one.person = PersonId(id);
    one.session = SessionId(id);
    one.token = TokenId(id);
    one.name = fmt::format("Secretname {}", id);
    one.email = fmt::format("secret{}@firm.example", id);
    one.secret = fmt::format("secret-{}", id);
    one.stage = "full";
    one.roles = std::move(roles);
    one.scopes = {"read"};
    one.lang = lang;
    return one;
  }

  Office office_;
  std::unique_ptr<Database> db_ = office_.beside();
  ServerOptions options_;
  Board board_{Office::guideline(), [this] { return connect_database(office_.database()); },
               [this] { return office_.time; }};
  KeptAnswers elsewhere_{[](const std::string&) { return Result<json::value>(nullptr); },
                         [] { return std::chrono::steady_clock::time_point(); }};
  Shop shop_{Office::guideline(), options_, board_, elsewhere_};
  ReadyAnswers ready_{[this] { return connect_database(office_.database()); }};
  ReadyAnswers::Moment moment_{"1", office_.time};
  Operation operation_ = [] {
    Operation one;
    one.id = "getHome";
    one.queries = {"a", "q"};
    one.method = "GET";
    one.handler = tell_all;
    return one;
  }();
  int made_ = 0;
};

TEST_F(ReadyByRoles, NothingOfOnePersonIsInWhatAnotherGets) {
  const std::string first = answer(who(1, {"executive"}));
  EXPECT_THAT(first, testing::Not(testing::HasSubstr("ecret")));
  EXPECT_EQ(answer(who(2, {"executive"})), first);
  EXPECT_EQ(made_, 1);
}

TEST_F(ReadyByRoles, WhatAnAnswerDependsOnMakesAnother) {
  std::set<std::string> all{answer(who(1, {"executive"}))};
  all.insert(answer(who(1, {"auditor"})));
  all.insert(answer(who(1, {"auditor", "executive"})));
  all.insert(answer(who(1, {"executive"}, Lang::ja)));
  all.insert(answer(who(1, {"executive"}), "a=1"));
  all.insert(answer(who(1, {"executive"}), "a=1 2"));
  all.insert(answer(who(1, {"executive"}), {}, {{"accept-encoding", "gzip"}}));
  EXPECT_EQ(all.size(), 7U);
  EXPECT_EQ(made_, 7);
  for (int i = 0; i < 2; ++i) (void)answer(who(1, {"executive"}), "a=1");
  EXPECT_EQ(made_, 7);
  moment_.now += std::chrono::seconds(1);
  (void)answer(who(1, {"executive"}));
  moment_.data = "2";
  (void)answer(who(1, {"executive"}));
  EXPECT_EQ(made_, 9);
}

TEST_F(ReadyByRoles, HoldsSoMuchAndNoMore) {
  for (std::size_t i = 0; i < 2 * ReadyAnswers::kMostAnswers; ++i)
    (void)answer(who(1, {"executive"}), fmt::format("q={}", i));
  made_ = 0;
  for (std::size_t i = 0; i < 2 * ReadyAnswers::kMostAnswers; ++i)
    (void)answer(who(1, {"executive"}), fmt::format("q={}", i));
  EXPECT_EQ(made_, static_cast<int>(ReadyAnswers::kMostAnswers));
  ReadyAnswers large([this] { return connect_database(office_.database()); });
  for (int i = 0; i < 40; ++i)
    (void)large.keep(moment_, std::to_string(i),
                     HttpReply{200, {}, std::string(std::size_t{1} << 20U, 'x')});
  EXPECT_LE(large.bytes(), ReadyAnswers::kMostBytes);
  EXPECT_GT(large.bytes(), ReadyAnswers::kMostBytes / 2);
  for (std::size_t i = 0; i < 2 * ReadyAnswers::kMostPeople; ++i)
    large.keep(moment_, std::to_string(i), who(1, {"executive"}));
  EXPECT_EQ(large.who(moment_, std::to_string(ReadyAnswers::kMostPeople + 1)), nullptr);
  EXPECT_NE(large.who(moment_, "1"), nullptr);
  // Another moment lets go of all of it.
  const ReadyAnswers::Moment next{"2", moment_.now};
  (void)large.keep(next, "a", HttpReply{200, {}, "a"});
  EXPECT_EQ(large.bytes(), 1U);
  EXPECT_EQ(large.who(moment_, "1"), nullptr);
}

TEST_F(ReadyByRoles, EveryCommitOfAnybodyIsAnotherMoment) {
  const auto first = ready_.moment(office_.time);
  ASSERT_TRUE(first);
  EXPECT_EQ(ready_.moment(office_.time), first);
  std::set<std::string> seen{first->data};
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(
        db_->execute("INSERT INTO setting (name, value) VALUES (?, '')", {fmt::format("x{}", i)}));
    EXPECT_TRUE(seen.insert(ready_.moment(office_.time)->data).second);
  }
  EXPECT_EQ(ready_.moment_at_once(office_.time), ready_.moment(office_.time));
  // A change that is taken back is none; one under way is none yet.
  const auto before = ready_.moment(office_.time);
  {
    auto change = db_->begin_change();
    ASSERT_TRUE(db_->execute("INSERT INTO setting (name, value) VALUES ('y', '')"));
    EXPECT_EQ(ready_.moment(office_.time), before);
  }
  EXPECT_EQ(ready_.moment(office_.time), before);
}

TEST_F(ReadyByRoles, WhatWouldHaveToBeWaitedForIsNotThereAtOnce) {
  EXPECT_FALSE(ready_.moment_at_once(office_.time)) << "nothing is open yet";
  ASSERT_TRUE(ready_.moment(office_.time));
  EXPECT_TRUE(ready_.moment_at_once(office_.time));
}

}  // namespace
}  // namespace sekisho
