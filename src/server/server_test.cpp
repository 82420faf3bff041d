// SPDX-License-Identifier: Apache-2.0
// The server without its socket, at times that the test sets: what runs out, locks and is refused.
// What browsers and programs meet is in tests/e2e.
#include "server/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "office.h"
#include "store/audit.h"

namespace sekisho {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

boost::json::object credentials(const char* password = Office::kPassword) {
  return {{"email", Office::kEmail}, {"password", password}};
}
unsigned sign_in(Office& office, Visitor& visitor, const char* password = Office::kPassword) {
  return office.ask(visitor, "POST", "/sign-in", boost::json::serialize(credentials(password)))
      .status;
}
unsigned read(Office& office, Visitor& visitor) {
  return office.ask(visitor, "GET", "/home").status;
}

TEST(Server, TheSetupLinkWorksOnceAndForADay) {
  Office office;
  const std::string link = office.server().setup_link()->value();
  const boost::json::object first{{"token", link.substr(link.find('#') + 1)},
                                  {"name", "Aoki"},
                                  {"email", Office::kEmail},
                                  {"password", Office::kPassword},
                                  {"lang", "en"}};
  Visitor late;
  office.time += hours(25);
  EXPECT_EQ(office.ask(late, "POST", "/setup", boost::json::serialize(first)).status, 403U);
  Visitor admin = office.administrator();
  EXPECT_EQ(read(office, admin), 200U);
  EXPECT_EQ(*office.server().setup_link(), std::nullopt);
  EXPECT_EQ(office.ask(late, "POST", "/setup", boost::json::serialize(first)).status, 409U);
}

TEST(Server, SessionsRunOutWhenIdleAndInTheEnd) {
  Office office;
  Visitor admin = office.administrator();
  for (int i = 0; i < 11; ++i) {
    office.time += hours(1);
    EXPECT_EQ(read(office, admin), 200U) << i;
  }
  office.time += hours(1) + seconds(1);
  EXPECT_EQ(read(office, admin), 401U) << "after twelve hours";

  office.time += hours(24);
  Visitor again;
  ASSERT_EQ(sign_in(office, again), 200U);
  office.learn(again);
  office.must(again, "POST", "/sign-in/code", {{"code", office.code(office.secret)}});
  EXPECT_EQ(read(office, again), 200U);
  office.time += hours(2) + seconds(1);
  EXPECT_EQ(read(office, again), 401U) << "idle for two hours";
}

TEST(Server, ACodeIsTakenOnceAndHalfASessionReadsNothing) {
  Office office;
  office.administrator();
  office.time += minutes(5);
  const std::string code = office.code(office.secret);
  Visitor first;
  ASSERT_EQ(sign_in(office, first), 200U);
  EXPECT_EQ(read(office, first), 401U);
  office.learn(first);
  office.must(first, "POST", "/sign-in/code", {{"code", code}});
  EXPECT_EQ(read(office, first), 200U);
  Visitor second;
  ASSERT_EQ(sign_in(office, second), 200U);
  office.learn(second);
  EXPECT_EQ(office
                .ask(second, "POST", "/sign-in/code",
                     boost::json::serialize(boost::json::object{{"code", code}}))
                .status,
            401U)
      << "someone looked over the shoulder";
}

TEST(Server, GuessingLocksTheAccountForLongerEachTime) {
  Office office;
  office.administrator();
  Visitor thief;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in(office, thief, "wrong password!"), 401U) << i;
  EXPECT_EQ(sign_in(office, thief), 429U) << "locked, even for the right one";
  office.time += seconds(29);
  EXPECT_EQ(sign_in(office, thief), 429U);
  office.time += seconds(2);
  EXPECT_EQ(sign_in(office, thief, "wrong password!"), 401U);
  office.time += seconds(59);
  EXPECT_EQ(sign_in(office, thief), 429U) << "twice as long";
  office.time += seconds(2);
  Visitor owner;
  ASSERT_EQ(sign_in(office, owner), 200U);
  office.learn(owner);
  office.must(owner, "POST", "/sign-in/code", {{"code", office.code(office.secret)}});
  for (int i = 0; i < 4; ++i) sign_in(office, thief, "wrong password!");
  Visitor again;
  EXPECT_EQ(sign_in(office, again), 200U) << "a whole sign-in begins the count anew";
}

TEST(Server, ChangesNeedTheTokenOfThePageAndComeFromHere) {
  Office office;
  Visitor admin = office.administrator();
  const std::string body = R"({"name":"B","lang":"en"})";
  Visitor forged = admin;
  forged.csrf = "";
  EXPECT_EQ(office.ask(forged, "PUT", "/me", body).status, 403U);
  forged.csrf = std::string(admin.csrf.size(), 'A');
  EXPECT_EQ(office.ask(forged, "PUT", "/me", body).status, 403U);
  EXPECT_EQ(office.ask(admin, "PUT", "/me", body, {{"sec-fetch-site", "cross-site"}}).status, 403U);
  EXPECT_EQ(office.ask(admin, "PUT", "/me", body, {{"sec-fetch-site", "same-site"}}).status, 403U);
  EXPECT_EQ(office.ask(admin, "PUT", "/me", body, {{"origin", "https://evil.example"}}).status,
            403U);
  EXPECT_EQ(office.ask(admin, "PUT", "/me", body, {{"content-type", "text/plain"}}).status, 415U);
  EXPECT_EQ(office.must(admin, "GET", "/me").at("name"), "Aoki") << "nothing of it was done";
  EXPECT_EQ(office.ask(admin, "PUT", "/me", body).status, 204U);
}

TEST(Server, TheDayIsTheOrganisations) {
  Office office;
  office.time = *parse_time("2026-11-26T23:30:00Z");  // 08:30 on the 27th in Japan
  Visitor admin = office.administrator();
  const std::string item = Office::guideline().measures.front().ascii;
  ASSERT_TRUE(office.beside()->execute(
      "INSERT INTO assignment (item, due, at) VALUES (?, '2026-11-26', 0)", {item}));
  const auto overdue = [&] { return office.must(admin, "GET", "/home").at("overdue").as_int64(); };
  const auto today = [&] {
    return office.must(admin, "GET", "/history")
        .at("series")
        .at(0)
        .at("points")
        .as_array()
        .back()
        .at("day");
  };
  EXPECT_EQ(overdue(), 1);
  EXPECT_EQ(today(), "2026-11-27");
  const HttpReply report = office.ask(admin, "GET", "/reports/executive?format=html");
  const std::map<std::string, std::string> headers(report.headers.begin(), report.headers.end());
  EXPECT_NE(headers.at("content-disposition").find("2026-11-27"), std::string::npos);
  EXPECT_NE(report.body.find("2026-11-27 08:30 UTC+09:00"), std::string::npos);

  boost::json::object organisation{{"name", "Firm"},   {"industry", ""},
                                   {"size", ""},       {"methods", boost::json::array()},
                                   {"zone", "+09:10"}, {"situations", boost::json::object()},
                                   {"ready", true}};
  EXPECT_EQ(office.ask(admin, "PUT", "/organisation", boost::json::serialize(organisation)).status,
            422U);
  organisation["zone"] = "+00:00";
  office.must(admin, "PUT", "/organisation", organisation);
  EXPECT_EQ(overdue(), 0);
  EXPECT_EQ(today(), "2026-11-26");
  organisation.erase("zone");
  office.must(admin, "PUT", "/organisation", organisation);
  EXPECT_EQ(office.must(admin, "GET", "/organisation").at("zone"), "+00:00") << "kept";
}

TEST(Server, AnswersToItsOwnNameOnly) {
  Office office;
  Visitor visitor;
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "", "[::2]"}) {
    HttpRequest request{"GET", "/api/v1/state", "", {{"host", host}}, "", "127.0.0.1", ""};
    EXPECT_EQ(office.server().answer(request).status, 421U) << host;
  }
  for (const char* host : {"127.0.0.1:8480", "localhost", "[::1]:8480"}) {
    HttpRequest request{"GET", "/api/v1/state", "", {{"host", host}}, "", "127.0.0.1", ""};
    EXPECT_EQ(office.server().answer(request).status, 200U) << host;
  }
}

TEST(Server, EveryReplyIsProtected) {
  Office office;
  for (const char* path : {"/", "/api/v1/state", "/api/v1/none", "/assets/none.js", "/x"}) {
    const HttpReply reply =
        office.server().answer({"GET", path, "", {{"host", "localhost"}}, "", "127.0.0.1", ""});
    std::map<std::string, std::string> headers(reply.headers.begin(), reply.headers.end());
    EXPECT_NE(headers["content-security-policy"].find("default-src 'none'"), std::string::npos)
        << path;
    EXPECT_EQ(headers["content-security-policy"].find("unsafe"), std::string::npos);
    EXPECT_EQ(headers["x-content-type-options"], "nosniff");
    EXPECT_EQ(headers["x-frame-options"], "DENY");
  }
}

TEST(Server, RefusesToListenBeyondThisMachineWithoutTls) {
  const TempRoot root;
  ServerOptions options;
  options.listen.address = "0.0.0.0";
  options.listen.port = 0;
  options.database = root.at("/s.db").string();
  EXPECT_FALSE(Server::open(Office::guideline(), options));
  EXPECT_FALSE(std::filesystem::exists(options.database)) << "nothing was made";
  options.insecure = true;
  EXPECT_TRUE(Server::open(Office::guideline(), options));
}

TEST(Server, TokensCarryTheirScopeAndRunOut) {
  Office office;
  Visitor admin = office.administrator();
  const auto made =
      office.must(admin, "POST", "/me/tokens",
                  {{"name", "script"}, {"scopes", boost::json::array{"read"}}, {"days", 30}});
  Visitor script;
  script.token = made.at("token").as_string();
  EXPECT_EQ(read(office, script), 200U);
  EXPECT_EQ(office.ask(script, "POST", "/invitations", "{}").status, 403U);
  EXPECT_EQ(office.ask(script, "POST", "/me/tokens", "{}").status, 403U)
      << "no token makes another";
  office.time += hours(24 * 30) + seconds(1);
  EXPECT_EQ(read(office, script), 401U);
}

TEST(Server, ReadersAndWritersAtOnceSeeWholeStates) {
  Office office;
  Visitor admin = office.administrator();
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  std::string check;
  for (const CheckSpec& one : Office::guideline().checks)
    if (!one.asked) check = one.id;
  for (int number = 0; number < 4; ++number)
    threads.emplace_back([&, number] {
      Visitor self = admin;
      for (int i = 0; i < 25; ++i) {
        const std::string body = fmt::format(
            R"({{"machine":"m{}","records":[{{"check":"{}","verdict":"pass","observed_at":"2026-11-23T00:00:{:02}Z","detail":{{"ja":"あ","en":"a"}}}}]}})",
            number, check, i);
        if (office.ask(self, "POST", "/evidence", body).status != 202) ++failures;
        for (const char* path : {"/home", "/devices", "/checklist"})
          if (office.ask(self, "GET", path).status != 200) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(office.must(admin, "GET", "/devices").at("items").as_array().size(), 4U);
  const auto database = connect_database(office.database());
  EXPECT_TRUE(verify_audit(**database)->intact());
}

}  // namespace
}  // namespace sekisho
