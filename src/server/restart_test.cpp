// SPDX-License-Identifier: Apache-2.0
// A server that was started anew, and those who were signed in: they are known by what they show
// before anything is looked up, and wait for no stranger.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <set>
#include <thread>

#include "faulty_database.h"
#include "loopback.h"
#include "office.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// A firm with a server that has ended.
struct Closed {
  Closed() {
    Office office([this](ServerOptions& options) { options.database = where; });
    time = office.time;
    admin = office.administrator();
    script.token = office
                       .must(admin, "POST", "/me/tokens",
                             {{"name", "s"}, {"scopes", json::array{"read"}}, {"days", 3}})
                       .at("token")
                       .as_string();
  }
  TempRoot root;
  std::string where = root.at("/office.db").string();
  Time time;
  Visitor admin;
  Visitor script;
};

std::string shown_by(const Visitor& who) {
  return who.token.empty() ? fmt::format("Cookie: {}; {}\r\n", who.cookie, who.browser)
                           : fmt::format("Authorization: Bearer {}\r\n", who.token);
}

/// However busy the machine is.
bool is_answered(const Asking& one) {
  for (int i = 0; i < 6000; ++i) {
    if (one.answered()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(Restart, WhoIsSignedInWaitsForNoStranger) {
  Closed firm;
  std::atomic<int> held = 0;
  std::latch go(1);
  FaultPlan plan;
  // What is looked up for the page that strangers see, and for no other: they stand still on it.
  plan.heard = [&](std::string_view sql, const Values&) {
    if (sql != "SELECT 1 FROM person LIMIT 1") return;
    ++held;
    go.wait();
  };
  Office office([&](ServerOptions& options) {
    options.database = firm.where;
    options.connect = faulty(plan);
    options.clock = [&firm] { return firm.time; };
  });
  std::jthread running([&] { EXPECT_TRUE(office.server().run([] {})); });
  ServerOptions there;
  office.server().keep_ports(there);
  const auto port = there.listen.port;
  std::vector<std::unique_ptr<Asking>> strangers;
  for (int i = 0; i < 5; ++i)
    strangers.push_back(std::make_unique<Asking>(port, "/api/v1/state", ""));
  while (held < 2) std::this_thread::yield();
  for (const Visitor* who : {&firm.admin, &firm.script}) {
    const Asking asking(port, "/api/v1/people", shown_by(*who));
    EXPECT_TRUE(is_answered(asking));
    if (asking.answered()) {
      EXPECT_EQ(status_of(asking.reply()), 200U);
    }
  }
  EXPECT_EQ(held, 2);
  go.count_down();
  for (const auto& one : strangers) EXPECT_EQ(status_of(one->reply()), 200U);
  office.server().stop();
}

TEST(Restart, NobodyIsIntroducedWhoIsNotIn) {
  Closed firm;
  const auto db = *connect_database(firm.where);
  const auto hash = [](const Visitor& who) {
    return secret_hash(who.token.empty() ? who.cookie.substr(who.cookie.find('=') + 1) : who.token);
  };
  const auto introduced = [&](Time now) {
    std::vector<std::string> all;
    const auto found = signed_in(*db, now);
    EXPECT_TRUE(found);
    for (const HttpIntroduction& one : *found) {
      EXPECT_EQ(one.owner, "person 1");
      all.push_back(one.hash);
    }
    return all;
  };
  using Hashes = std::vector<std::string>;
  const Hashes both{hash(firm.admin), hash(firm.script)};
  EXPECT_EQ(std::set(both.begin(), both.end()), [&] {
    const auto all = introduced(firm.time);
    return std::set(all.begin(), all.end());
  }());
  // The session has stood idle, the token has run out.
  EXPECT_EQ(introduced(firm.time + std::chrono::hours(3)), Hashes{hash(firm.script)});
  EXPECT_EQ(introduced(firm.time + std::chrono::days(4)), Hashes{});
  EXPECT_EQ(introduced(firm.time - std::chrono::days(4)), Hashes{hash(firm.script)});
  for (const char* change : {"UPDATE session SET stage = 'second'", "DELETE FROM session"}) {
    ASSERT_TRUE(db->execute(change));
    EXPECT_EQ(introduced(firm.time), Hashes{hash(firm.script)}) << change;
  }
  ASSERT_TRUE(db->execute("UPDATE person SET state = 'disabled'"));
  EXPECT_EQ(introduced(firm.time), Hashes{});
}

// Nor does the first page after a sign-in wait behind strangers.
TEST(Restart, AWholeSignInIntroducesItsSession) {
  Office office;
  Visitor admin = office.administrator();
  office.time += std::chrono::minutes(5);
  Visitor again;
  const json::object credentials{{"email", Office::kEmail}, {"password", Office::kPassword}};
  EXPECT_TRUE(
      office.ask(again, "POST", "/sign-in", json::serialize(credentials)).let_in.hash.empty());
  office.learn(again);
  EXPECT_TRUE(
      office.ask(again, "POST", "/sign-in/code", R"({"code":"000000"})").let_in.hash.empty());
  const HttpReply whole =
      office.ask(again, "POST", "/sign-in/code",
                 json::serialize(json::object{{"code", office.code(office.secret)}}));
  EXPECT_EQ(whole.let_in.owner, "person 1");
  EXPECT_EQ(whole.let_in.hash, secret_hash(again.cookie.substr(again.cookie.find('=') + 1)));
}

}  // namespace
}  // namespace sekisho
