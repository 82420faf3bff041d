// SPDX-License-Identifier: Apache-2.0
// Who gets in, who stays in, and what it takes to change that: against a whole server without its
// socket, at times that the test sets. Each test names what somebody could gain if it failed.
#include "server/people/people.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "office.h"
#include "server/people/guess.h"
#include "server/people/id_token.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

json::object credentials(const std::string& email, const char* password = Office::kPassword) {
  return {{"email", email}, {"password", password}};
}
unsigned post(Office& office, Visitor& who, const std::string& path, const json::value& body) {
  return office.ask(who, "POST", path, json::serialize(body)).status;
}
unsigned sign_in(Office& office, Visitor& who, const std::string& email = Office::kEmail,
                 const char* password = Office::kPassword) {
  return post(office, who, "/sign-in", credentials(email, password));
}
/// With password and code, as its owner does.
void sign_in_wholly(Office& office, Visitor& who, const std::string& email,
                    const std::string& app) {
  office.must(who, "POST", "/sign-in", credentials(email));
  office.learn(who);
  office.must(who, "POST", "/sign-in/code", {{"code", office.code(app)}});
  office.learn(who);
}
unsigned read(Office& office, Visitor& who) { return office.ask(who, "GET", "/me/page").status; }

std::string token_of(const json::value& made) {
  const std::string link(made.at("link").as_string());
  return link.substr(link.find('#') + 1);
}
json::object first_administrator(const std::string& link, const std::string& email) {
  return {{"token", link.substr(link.find('#') + 1)},
          {"name", "Aoki"},
          {"email", email},
          {"password", Office::kPassword},
          {"lang", "en"}};
}
json::object newcomer(const std::string& token) {
  return {{"token", token}, {"name", "New"}, {"password", Office::kPassword}, {"lang", "en"}};
}
json::value invite(Office& office, Visitor& admin, const std::string& email) {
  return office.must(admin, "POST", "/invitations",
                     {{"email", email}, {"name", "New"}, {"roles", json::array{"teleworker"}}});
}

/// Runs `what` on as many threads at once; how many of them gave `status`.
template <typename What>
int at_once(int threads, unsigned status, What what) {
  std::atomic<int> gave{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      if (what(i) == status) ++gave;
    });
  go = true;
  for (std::thread& one : all) one.join();
  return gave;
}

// Setup and invitations.

TEST(Newcomers, TwoSetupLinksMakeOneAdministrator) {
  for (int round = 0; round < 4; ++round) {
    Office office;
    const std::array links{office.server().setup_link()->value(),
                           office.server().setup_link()->value()};
    EXPECT_EQ(at_once(2, 200,
                      [&](int i) {
                        Visitor one;
                        return post(office, one, "/setup",
                                    first_administrator(links.at(static_cast<std::size_t>(i)),
                                                        fmt::format("a{}@firm.example", i)));
                      }),
              1);
    EXPECT_EQ(office.count("person"), 1);
  }
}

TEST(Newcomers, AnInvitationIsUsedOnceAlsoByManyAtOnce) {
  Office office;
  Visitor admin = office.administrator();
  const std::string token = token_of(invite(office, admin, "new@firm.example"));
  EXPECT_EQ(at_once(4, 200,
                    [&](int) {
                      Visitor one;
                      return post(office, one, "/invitations/accept", newcomer(token));
                    }),
            1);
  Visitor late;
  EXPECT_EQ(post(office, late, "/invitations/accept", newcomer(token)), 404U);
  EXPECT_EQ(office.count("person"), 2);
}

TEST(Newcomers, AnInvitationRunsOut) {
  Office office;
  Visitor admin = office.administrator();
  const std::string token = token_of(invite(office, admin, "new@firm.example"));
  office.time += hours(24 * 7) - seconds(1);
  Visitor one;
  EXPECT_EQ(office.ask(one, "GET", "/invitations/" + token).status, 200U);
  office.time += seconds(1);
  EXPECT_EQ(office.ask(one, "GET", "/invitations/" + token).status, 404U);
  EXPECT_EQ(post(office, one, "/invitations/accept", newcomer(token)), 404U);
  EXPECT_EQ(office.count("person"), 1);
}

// Whatever fails on the way: there is the link, or there is the person.
TEST(Newcomers, NoLinkIsLostHalfWay) {
  for (const char* table : {"person", "session", "audit"}) {
    Office office;
    const std::string link = office.server().setup_link()->value();
    const std::string trap = fmt::format(
        "CREATE TRIGGER trap BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'trap'); END;", table);
    const auto db = office.beside();
    ASSERT_TRUE(db->script(trap));
    Visitor one;
    EXPECT_EQ(post(office, one, "/setup", first_administrator(link, "a@firm.example")) / 100, 5U);
    EXPECT_EQ(office.count("person"), 0) << table;
    ASSERT_TRUE(db->script("DROP TRIGGER trap"));
    EXPECT_EQ(post(office, one, "/setup", first_administrator(link, "a@firm.example")), 200U)
        << table;

    office.learn(one);
    const std::string secret(office.must(one, "POST", "/me/totp").at("secret").as_string());
    office.must(one, "POST", "/me/totp/confirm", {{"code", office.code(secret)}});
    office.learn(one);
    const std::string token = token_of(invite(office, one, "new@firm.example"));
    ASSERT_TRUE(db->script(trap));
    Visitor two;
    EXPECT_EQ(post(office, two, "/invitations/accept", newcomer(token)) / 100, 5U);
    EXPECT_EQ(office.count("person"), 1) << table;
    ASSERT_TRUE(db->script("DROP TRIGGER trap"));
    EXPECT_EQ(post(office, two, "/invitations/accept", newcomer(token)), 200U) << table;
  }
}

TEST(Newcomers, ANameOfWideSpacesIsNone) {
  Office office;
  Visitor admin = office.administrator();
  const auto named = [&](const char* name) {
    return post(
        office, admin, "/invitations",
        {{"email", "a@firm.example"}, {"name", name}, {"roles", json::array{"teleworker"}}});
  };
  for (const char* none : {"", " ", "　", " 　 　\t"}) EXPECT_EQ(named(none), 422U) << none;
  EXPECT_EQ(named("　青井　葵　"), 201U);
  EXPECT_EQ(office.beside()->query("SELECT name FROM invitation")->front().text(0), "青井　葵");
}

TEST(Newcomers, WhoIsThereIsNotInvited) {
  Office office;
  Visitor admin = office.administrator();
  const auto asked = [&](const char* email, const char* name = "New") {
    return post(office, admin, "/invitations",
                {{"email", email}, {"name", name}, {"roles", json::array{"teleworker"}}});
  };
  EXPECT_EQ(asked("ADMIN@firm.example"), 409U);
  for (const char* wrong :
       {"a@b@firm.example", "@firm.example", "a@firm", "a b@firm.example", "a@firm.example.",
        "a\xE2\x80\xAE@firm.example", "\xD0\xB0@firm.example", "a\n@firm.example", "firm.example"})
    EXPECT_EQ(asked(wrong), 422U) << wrong;
  // Turned around, invisible, of two lines, or an address that is not theirs.
  for (const char* wrong :
       {"a\xE2\x80\xAE"
        "b",
        "a\xE2\x80\x8B"
        "b",
        "a\xC2\x85"
        "b",
        "a\nb", "a\xC2\xAD", "\xE3\x85\xA4", "Aoki <admin@firm.example>", "a@b"})
    EXPECT_EQ(asked("new@firm.example", wrong), 422U) << wrong;
  EXPECT_EQ(asked("new@firm.example", "葛\xF3\xA0\x84\x80城 花子"), 201U) << "as names are written";
}

TEST(Newcomers, WhoNoLongerAdministratesHasInvitedNobody) {
  Office office;
  Visitor admin = office.administrator();
  Visitor second = office.newcomer(admin, "b@firm.example", {"administrator"});
  const std::string token = token_of(invite(office, second, "friend@firm.example"));
  office.must(admin, "PUT", "/people/2",
              {{"name", "B"}, {"roles", json::array{"teleworker"}}, {"state", "active"}});
  Visitor one;
  EXPECT_EQ(post(office, one, "/invitations/accept", newcomer(token)), 404U);
}

// Guesses.

TEST(Guesses, AreCountedBeforeTheyAreChecked) {
  Office office;
  office.administrator();
  const auto before = passwords_compared();
  EXPECT_EQ(at_once(30, 401,
                    [&](int) {
                      Visitor thief;
                      return sign_in(office, thief, Office::kEmail, "wrong password!");
                    }),
            5);
  EXPECT_EQ(passwords_compared() - before, 5U);
}

TEST(Guesses, OnePersonHasOneName) {
  Office office;
  Visitor admin = office.administrator();
  (void)office.newcomer(admin, "aoi@firm.example", {"teleworker"});
  // However the address is typed it is one account, and one count.
  const std::array typed{"aoi@firm.example",    "AOI@Firm.Example",
                         " aoi@firm.example ",  "ａｏｉ＠ｆｉｒｍ．ｅｘａｍｐｌｅ",
                         "ＡＯＩ@firm.example", "aoi@FIRM.example"};
  std::size_t tried = 0;
  for (const char* one : typed) {
    Visitor thief;
    thief.peer = fmt::format("198.51.100.{}", ++tried);
    EXPECT_EQ(sign_in(office, thief, one, "wrong password!"), tried < 6 ? 401U : 429U) << one;
  }
  EXPECT_EQ(office.count("sign_in WHERE person_id = 2 AND outcome = 'password_refused'"), 5);
  office.time += hours(1);
  Visitor owner;
  EXPECT_EQ(sign_in(office, owner, "ＡＯＩ＠firm.example"), 200U);
  EXPECT_EQ(read(office, admin), 200U);
  // Nobody becomes a second person by another spelling.
  office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  for (const char* one : typed)
    EXPECT_EQ(post(office, admin, "/invitations",
                   {{"email", one}, {"name", "A"}, {"roles", json::array{"administrator"}}}),
              409U)
        << one;
  for (const char* other : {"aoi@evil@firm.example", "aoi@firm.example.evil", "xaoi@firm.example",
                            "aoi+x@firm.example", "aoi@firm.example\t", "аoi@firm.example"}) {
    Visitor stranger;
    const unsigned status = sign_in(office, stranger, other);
    EXPECT_TRUE(status == (std::string_view(other).ends_with('\t') ? 200U : 401U) || status == 422U)
        << other << status;
    office.time += minutes(5);
  }
  // Who leaves takes their number with them: nobody comes by what was theirs.
  const auto db = office.beside();
  ASSERT_TRUE(db->execute("DELETE FROM access_confirmation"));
  office.must(admin, "PUT", "/people/2",
              {{"name", "A"}, {"roles", json::array{"teleworker"}}, {"state", "disabled"}});
  office.must(admin, "DELETE", "/people/2/identity");
  (void)office.newcomer(admin, "aoi@firm.example", {"teleworker"});
  EXPECT_EQ(db->query("SELECT id FROM person WHERE email = 'aoi@firm.example'")->front().integer(0),
            3);
}

TEST(Guesses, CostAsMuchForAccountsThatAreNotThere) {
  Office office;
  office.administrator();
  for (const char* email : {Office::kEmail, "nobody@firm.example"}) {
    const auto before = passwords_compared();
    Visitor one;
    EXPECT_EQ(sign_in(office, one, email, "wrong password!"), 401U);
    EXPECT_EQ(passwords_compared() - before, 1U) << email;
  }
}

TEST(Guesses, OfStrangersDoNotLockTheOwnersBrowser) {
  Office office;
  Visitor owner = office.administrator();
  owner.cookie.clear();
  Visitor thief;
  thief.peer = "198.51.100.7";
  for (int i = 0; i < 5; ++i) sign_in(office, thief, Office::kEmail, "wrong password!");
  Visitor elsewhere;
  EXPECT_EQ(sign_in(office, elsewhere), 429U);
  EXPECT_EQ(sign_in(office, owner), 200U);
  // The cookie is good for its person alone, and its own guesses count.
  Visitor other = owner;
  other.cookie.clear();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in(office, other, "x@firm.example", "y"), 401U);
  EXPECT_EQ(sign_in(office, other, "x@firm.example", "y"), 429U);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(sign_in(office, other, Office::kEmail, "wrong password!"), 401U);
  EXPECT_EQ(sign_in(office, other), 429U);
}

TEST(Guesses, ARightPasswordAloneForgivesNothing) {
  Office office;
  office.administrator();
  Visitor one;
  for (int i = 0; i < 4; ++i) sign_in(office, one, Office::kEmail, "wrong password!");
  for (int i = 0; i < 3; ++i) {
    Visitor owner;
    EXPECT_EQ(sign_in(office, owner), 200U) << "nor does it count as a failure";
  }
  EXPECT_EQ(sign_in(office, one, Office::kEmail, "wrong password!"), 401U);
  EXPECT_EQ(sign_in(office, one), 429U);
}

TEST(Guesses, OfAnAddressAreForgivenByAWholeSignIn) {
  Office office;
  office.administrator();
  office.time += minutes(5);
  const auto db = office.beside();
  const auto count = [&](const std::string& failures) {
    ASSERT_TRUE(
        db->execute("INSERT INTO guess (name, failures, last_at, locked_until) VALUES "
                    "('address|127.0.0.1', " +
                        failures + ", ?, 0)",
                    {value_of(office.time)}));
  };
  count("40");
  Visitor stranger;
  EXPECT_EQ(sign_in(office, stranger, "nobody@firm.example"), 401U) << "the 41st";
  EXPECT_EQ(sign_in(office, stranger, "else@firm.example"), 429U);
  ASSERT_TRUE(db->execute("DELETE FROM guess"));
  count("39");
  Visitor owner;
  sign_in_wholly(office, owner, Office::kEmail, office.secret);
  EXPECT_EQ(office.count("guess WHERE name = 'address|127.0.0.1'"), 0);
}

TEST(Guesses, ALockOfAClockThatWasAheadIsNone) {
  Office office;
  const auto db = office.beside();
  const Counts counts{{"account|x"}};
  const Time ahead = office.time + hours(24 * 400);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(*take_guess(*db, counts, ahead));
  EXPECT_FALSE(*take_guess(*db, counts, ahead));
  EXPECT_TRUE(*take_guess(*db, counts, office.time));
}

// Second factors and sessions.

TEST(SignIn, OneCodeOpensOneOfManySessionsAtOnce) {
  Office office;
  office.administrator();
  office.time += minutes(5);
  std::array<Visitor, 4> half;
  for (Visitor& one : half) {
    ASSERT_EQ(sign_in(office, one), 200U);
    office.learn(one);
  }
  EXPECT_EQ(at_once(4, 200,
                    [&](int i) {
                      return post(office, half.at(static_cast<std::size_t>(i)), "/sign-in/code",
                                  {{"code", office.code(office.secret)}});
                    }),
            1);
}

TEST(SignIn, ACodeInFullWidthDigitsIsTheSame) {
  Office office;
  office.administrator();
  office.time += minutes(5);
  Visitor half;
  ASSERT_EQ(sign_in(office, half), 200U);
  office.learn(half);
  std::string wide;
  for (const char digit : office.code(office.secret))
    wide += std::string("\xEF\xBC") + static_cast<char>(digit - '0' + '\x90');
  EXPECT_EQ(post(office, half, "/sign-in/code", {{"code", wide}}), 200U);
}

TEST(SignIn, ACodeIsForItsStageAlone) {
  Office office;
  Visitor admin = office.administrator();
  office.time += minutes(5);
  EXPECT_EQ(post(office, admin, "/sign-in/code", {{"code", office.code(office.secret)}}), 403U);
  Visitor half;
  ASSERT_EQ(sign_in(office, half), 200U);
  office.learn(half);
  for (const char* path : {"/me/totp", "/me/passkeys/options"})
    EXPECT_EQ(office.ask(half, "POST", path).status, 403U) << "no way round the second factor";
  EXPECT_EQ(post(office, half, "/me/proof", {{"password", Office::kPassword}}), 403U);
}

TEST(SignIn, AHalfSessionEndsWithItsStep) {
  Office office;
  office.administrator();
  office.time += minutes(5);
  Visitor owner;
  ASSERT_EQ(sign_in(office, owner), 200U);
  office.learn(owner);
  Visitor before = owner;
  office.must(owner, "POST", "/sign-in/code", {{"code", office.code(office.secret)}});
  EXPECT_EQ(office.ask(before, "GET", "/me").status, 401U);
  office.learn(owner);
  EXPECT_EQ(read(office, owner), 200U);
}

TEST(SignIn, TheDisabledAreOutAtOnce) {
  Office office;
  Visitor admin = office.administrator();
  std::string app;
  Visitor person = office.newcomer(admin, "b@firm.example", {"executive"}, &app);
  Visitor script;
  script.token = office
                     .must(person, "POST", "/me/tokens",
                           {{"name", "s"}, {"scopes", json::array{"read"}}, {"days", 30}})
                     .at("token")
                     .as_string();
  Visitor half;
  ASSERT_EQ(sign_in(office, half, "b@firm.example"), 200U);
  const auto turn = [&](const char* state) {
    office.must(admin, "PUT", "/people/2",
                {{"name", "B"}, {"roles", json::array{"executive"}}, {"state", state}});
  };
  turn("disabled");
  for (Visitor* one : {&person, &script, &half})
    EXPECT_EQ(office.ask(*one, "GET", "/me").status, 401U);
  Visitor again;
  EXPECT_EQ(sign_in(office, again, "b@firm.example"), 401U);
  turn("active");
  for (Visitor* one : {&person, &script, &half})
    EXPECT_EQ(office.ask(*one, "GET", "/me").status, 401U) << "for good";
}

TEST(People, ATokenLetsNobodyInAgainWithMoreThanATeleworkersRole) {
  Office office;
  Visitor admin = office.administrator();
  office.newcomer(admin, "b@firm.example", {"executive"});
  Visitor script;
  script.token = office
                     .must(admin, "POST", "/me/tokens",
                           {{"name", "m"}, {"scopes", json::array{"manage"}}, {"days", 1}})
                     .at("token")
                     .as_string();
  const auto put = [&](const char* name, const char* role, const char* state) {
    const json::object body{{"name", name}, {"roles", json::array{role}}, {"state", state}};
    return office.ask(script, "PUT", "/people/2", json::serialize(body)).status;
  };
  EXPECT_EQ(put("B", "executive", "disabled"), 204U);
  EXPECT_EQ(put("Baba", "executive", "disabled"), 204U);
  EXPECT_EQ(put("Baba", "executive", "active"), 403U);
  EXPECT_EQ(put("Baba", "administrator", "disabled"), 403U);
  EXPECT_EQ(put("Baba", "teleworker", "active"), 204U);
}

TEST(SignIn, SessionsOfAClockThatWasAheadDoNotLast) {
  Office office;
  Visitor admin = office.administrator();
  ASSERT_TRUE(office.beside()->execute(
      "UPDATE session SET expires_at = ?, seen_at = ?",
      {value_of(office.time + hours(13)), value_of(office.time + hours(1))}));
  EXPECT_EQ(read(office, admin), 401U);
}

TEST(Factors, AResetLeavesNothing) {
  Office office;
  Visitor admin = office.administrator();
  std::string app;
  Visitor person = office.newcomer(admin, "b@firm.example", {"executive"}, &app);
  const std::string secret(office
                               .must(person, "POST", "/me/tokens",
                                     {{"name", "s"}, {"scopes", json::array{"read"}}, {"days", 3}})
                               .at("token")
                               .as_string());
  ASSERT_TRUE(office.beside()->execute(
      "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
      "created_at) VALUES (2, 'k', 'x', -7, ?, 0, 0)",
      {Bytes{"k"}}));
  office.must(admin, "DELETE", "/people/2/factors");
  EXPECT_EQ(office.count("passkey"), 0);
  EXPECT_EQ(office.count("session WHERE person_id = 2"), 0);
  EXPECT_EQ(office.count("token"), 0);
  EXPECT_EQ(office.count("browser WHERE person_id = 2"), 0);
  EXPECT_EQ(office.count("person WHERE id = 2 AND totp IS NULL AND recovery = ''"), 1);
  // Who is in by a device's key as well.
  EXPECT_EQ(office.count("person WHERE id = 2 AND keys_ended = 1"), 1);
  Visitor again;
  EXPECT_EQ(office.must(again, "POST", "/sign-in", credentials("b@firm.example")).at("stage"),
            "enrol");
}

TEST(Factors, TheLastOneStays) {
  Office office;
  Visitor admin = office.administrator();
  const auto db = office.beside();
  ASSERT_TRUE(db->execute(
      "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
      "created_at) VALUES (1, 'k', 'x', -7, ?, 0, 0), (1, 'l', 'y', -7, ?, 0, 0)",
      {Bytes{"k"}, Bytes{"l"}}));
  ASSERT_TRUE(db->execute("UPDATE person SET totp = NULL"));
  EXPECT_EQ(
      at_once(2, 204,
              [&](int i) {
                Visitor self = admin;
                return office.ask(self, "DELETE", fmt::format("/me/passkeys/{}", i + 1)).status;
              }),
      1);
  EXPECT_EQ(office.count("passkey"), 1);
}

// What changes an account.

TEST(Proof, ASessionAloneChangesNoAccountAfterAWhile) {
  Office office;
  Visitor admin = office.administrator();
  office.time += minutes(11);
  const json::object token{{"name", "s"}, {"scopes", json::array{"read"}}, {"days", 30}};
  const HttpReply refused = office.ask(admin, "POST", "/me/tokens", json::serialize(token));
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(json::parse(refused.body).at("type"), "proof-needed");
  for (const char* path : {"/me/totp", "/me/passkeys/options"})
    EXPECT_EQ(office.ask(admin, "POST", path).status, 403U) << path;
  EXPECT_EQ(office.ask(admin, "DELETE", "/people/1/factors").status, 403U);
  EXPECT_EQ(office.ask(admin, "DELETE", "/me/passkeys/1").status, 403U);
  EXPECT_EQ(read(office, admin), 200U) << "all else goes on";
  for (const json::object& proof :
       {json::object{{"password", "wrong password!"}}, json::object{{"code", "000000"}}})
    EXPECT_EQ(post(office, admin, "/me/proof", proof), 422U);
  EXPECT_EQ(post(office, admin, "/me/tokens", token), 403U);
  EXPECT_EQ(post(office, admin, "/me/proof",
                 {{"password", Office::kPassword}, {"code", office.code(office.secret)}}),
            422U)
      << "one of them";
  for (const bool by_code : {false, true}) {
    const json::object proof = by_code ? json::object{{"code", office.code(office.secret)}}
                                       : json::object{{"password", Office::kPassword}};
    EXPECT_EQ(post(office, admin, "/me/tokens", token), 403U);
    EXPECT_EQ(post(office, admin, "/me/proof", proof), 204U);
    EXPECT_EQ(post(office, admin, "/me/tokens", token), 201U);
    office.time += minutes(10);
    EXPECT_EQ(post(office, admin, "/me/tokens", token), 201U);
    office.time += seconds(1);
  }
}

TEST(Proof, IsNotGuessed) {
  Office office;
  Visitor admin = office.administrator();
  EXPECT_EQ(at_once(12, 422,
                    [&](int) {
                      Visitor self = admin;
                      return post(office, self, "/me/proof", {{"password", "wrong password!"}});
                    }),
            5);
  EXPECT_EQ(post(office, admin, "/me/proof", {{"password", Office::kPassword}}), 429U);
}

TEST(Proof, ANewAuthenticatorEndsOtherSessionsAndIsToldByMail) {
  Office office;
  Visitor admin = office.administrator();
  office.time += minutes(5);
  Visitor other;
  sign_in_wholly(office, other, Office::kEmail, office.secret);
  ASSERT_TRUE(office.beside()->execute(
      "INSERT INTO setting (name, value) VALUES ('smtp.url', 'smtp://127.0.0.1:1'), ('smtp.from', "
      "'s@firm.example')"));
  const std::string secret(office.must(admin, "POST", "/me/totp").at("secret").as_string());
  office.must(admin, "POST", "/me/totp/confirm", {{"code", office.code(secret)}});
  office.learn(admin);
  EXPECT_EQ(read(office, admin), 200U);
  EXPECT_EQ(read(office, other), 401U);
  EXPECT_EQ(office.count("outbox WHERE way = 'mail' AND target = 'admin@firm.example' AND event = "
                         "'account-changed'"),
            1);
  office.must(admin, "POST", "/me/tokens",
              {{"name", "s"}, {"scopes", json::array{"read"}}, {"days", 30}});
  office.must(admin, "POST", "/me/password",
              {{"current", Office::kPassword}, {"password", "another long phrase"}});
  EXPECT_EQ(office.count("outbox WHERE event = 'account-changed'"), 3);
}

TEST(Proof, APasswordThatIsChangedTakesAllWithItThatItOpened) {
  Office office;
  Visitor admin = office.administrator();
  office.time += minutes(5);
  Visitor other;
  sign_in_wholly(office, other, Office::kEmail, office.secret);
  Visitor script;
  script.token = office
                     .must(other, "POST", "/me/tokens",
                           {{"name", "s"}, {"scopes", json::array{"manage"}}, {"days", 30}})
                     .at("token")
                     .as_string();
  EXPECT_EQ(post(office, admin, "/me/password",
                 {{"current", "wrong password!"}, {"password", "another long phrase"}}),
            422U);
  EXPECT_EQ(office.ask(script, "GET", "/me").status, 403U) << "of another scope, but known";
  office.must(admin, "POST", "/me/password",
              {{"current", Office::kPassword}, {"password", "another long phrase"}});
  EXPECT_EQ(read(office, admin), 200U);
  EXPECT_EQ(read(office, other), 401U);
  EXPECT_EQ(office.ask(script, "GET", "/me").status, 401U);
  EXPECT_EQ(office.count("token"), 0);
  Visitor again;
  EXPECT_EQ(sign_in(office, again), 401U);
}

TEST(Proof, ANewNameStandsInTheLog) {
  Office office;
  Visitor admin = office.administrator();
  Visitor person = office.newcomer(admin, "b@firm.example", {"teleworker"});
  office.must(person, "PUT", "/me", {{"name", "Aoki"}, {"lang", "en"}});
  EXPECT_EQ(office.count("audit WHERE action = 'renamed' AND item = 'b@firm.example' AND actor "
                         "LIKE '%<b@firm.example>' AND detail LIKE '%\"to\":\"Aoki\"%'"),
            1);
  office.must(admin, "PUT", "/people/2",
              {{"name", "Baba"}, {"roles", json::array{"teleworker"}}, {"state", "active"}});
  EXPECT_EQ(office.count("audit WHERE action = 'person-changed' AND detail LIKE '%Aoki%Baba%'"), 1);
}

TEST(People, WhatIsNotThereIsNotRemoved) {
  Office office;
  Visitor admin = office.administrator();
  const std::int64_t before = office.count("audit");
  for (const char* path :
       {"/people/x/sessions", "/people/999/sessions", "/people/999/factors", "/enrolments/x",
        "/enrolments/999", "/invitations/x", "/invitations/999", "/me/sessions/999",
        "/me/tokens/999", "/me/passkeys/999", "/device-views/999", "/devices/999/certificates"})
    EXPECT_EQ(office.ask(admin, "DELETE", path).status, 404U) << path;
  EXPECT_EQ(office.count("audit"), before);
}

/// What an administrator asks for person `id`, who has shown their password for it.
unsigned change_of(Office& office, Visitor& admin, int id, const char* role, const char* state) {
  office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  const json::object change{{"name", "A"}, {"roles", json::array{role}}, {"state", state}};
  return office.ask(admin, "PUT", fmt::format("/people/{}", id), json::serialize(change)).status;
}
unsigned take_factors_of(Office& office, Visitor& admin, int id) {
  office.must(admin, "POST", "/me/proof", {{"password", Office::kPassword}});
  return office.ask(admin, "DELETE", fmt::format("/people/{}/factors", id)).status;
}

TEST(People, TheLastAdministratorStays) {
  Office office;
  Visitor admin = office.administrator();
  EXPECT_EQ(change_of(office, admin, 1, "executive", "active"), 409U);
  EXPECT_EQ(change_of(office, admin, 1, "administrator", "disabled"), 409U);
  EXPECT_EQ(take_factors_of(office, admin, 1), 409U);
  EXPECT_EQ(change_of(office, admin, 1, "administrator", "active"), 204U);
}

// Another one counts only with all that it takes to get in.
TEST(People, AnAdministratorWhoCannotSignInIsNone) {
  struct Case {
    const char* has;
    bool counts;
    const char* issuer = "";
  };
  constexpr const char* kPasskey =
      "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
      "created_at) VALUES (2, 'k', 'x', -7, X'6B', 0, 0)";
  constexpr const char* kLinked = "UPDATE person SET oidc = 'https://a.example|7' WHERE id = 2";
  for (const Case& one : {Case{"SELECT 1", false}, Case{kPasskey, true},
                          Case{"UPDATE person SET totp = 'A' WHERE id = 2", true},
                          Case{"UPDATE person SET totp = 'A', password = NULL WHERE id = 2", false},
                          Case{kLinked, false}, Case{kLinked, true, "https://a.example"},
                          Case{kLinked, false, "https://a"}, Case{kLinked, false, "https://b"}}) {
    Office office([&](ServerOptions& options) { options.oidc.issuer = one.issuer; });
    Visitor admin = office.administrator();
    (void)office.newcomer(admin, "b@firm.example", {"administrator"});
    ASSERT_EQ(take_factors_of(office, admin, 2), 204U);
    const auto has = office.beside()->query(one.has);
    ASSERT_TRUE(has) << one.has << has.error().describe(Lang::en);
    EXPECT_EQ(change_of(office, admin, 1, "teleworker", "active"), one.counts ? 204U : 409U)
        << one.has << one.issuer;
  }
}

/// Three people who change each other at random; whether somebody still administrates is seen by
/// their signing in.
class Palace {
 public:
  Palace() {
    visitors_[0] = office.administrator();
    apps_[0] = office.secret;
    for (std::size_t i = 1; i < visitors_.size(); ++i)
      visitors_[i] = office.newcomer(visitors_[0], email(i),
                                     {i == 2 ? "teleworker" : "administrator"}, &apps_[i]);
  }
  /// Signs in where the session has ended.
  bool administrates(std::size_t i) {
    Visitor& one = visitors_[i];
    if (office.ask(one, "GET", "/people").status == 200) return true;
    Visitor anew;
    if (sign_in(office, anew, email(i)) != 200) return false;
    office.learn(anew);
    post(office, anew, "/sign-in/code", {{"code", office.code(apps_[i])}});
    if (office.ask(anew, "GET", "/people").status != 200) return false;
    office.learn(anew);
    one = anew;
    return true;
  }
  /// Any of them, none of whom is the last.
  std::vector<std::size_t> administrators() {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < visitors_.size(); ++i)
      if (administrates(i)) all.push_back(i);
    return all;
  }
  void set_up_again(std::size_t i) {
    Visitor one;
    if (sign_in(office, one, email(i)) != 200) return;
    office.learn(one);
    const HttpReply begun = office.ask(one, "POST", "/me/totp");
    if (begun.status != 200) return;
    apps_[i] = json::parse(begun.body).at("secret").as_string();
    post(office, one, "/me/totp/confirm", {{"code", office.code(apps_[i])}});
    office.learn(one);
    visitors_[i] = one;
  }
  unsigned change(std::size_t by, std::size_t whom, unsigned what) {
    const int id = static_cast<int>(whom) + 1;
    Visitor& admin = visitors_[by];
    switch (what) {
      case 0: return change_of(office, admin, id, "administrator", "active");
      case 1: return change_of(office, admin, id, "administrator", "disabled");
      case 2: return change_of(office, admin, id, "executive", "active");
      case 3: return take_factors_of(office, admin, id);
      case 4: return set_up_again(whom), 0U;
      default: return office.ask(admin, "DELETE", fmt::format("/people/{}/identity", id)).status;
    }
  }

  Office office;

 private:
  static std::string email(std::size_t i) {
    return i == 0 ? Office::kEmail : fmt::format("p{}@firm.example", i);
  }
  std::array<Visitor, 3> visitors_;
  std::array<std::string, 3> apps_;
};

TEST(People, SomebodyAlwaysRemainsWhoCanSignInAndAdministrate) {
  std::map<unsigned, int> answers;
  for (const unsigned seed : {1U, 2U}) {
    Palace palace;
    std::mt19937 dice(seed);  // NOLINT(*-msc51-cpp): the same each time
    for (int step = 0; step < 16; ++step) {
      palace.office.time += minutes(61);  // what was locked for guesses is open
      const auto all = palace.administrators();
      ASSERT_FALSE(all.empty()) << seed << " " << step;
      // Whoever is forgotten does not come back: not before the end.
      const auto what = static_cast<unsigned>(dice() % (step > 13 ? 6 : 5));
      const std::size_t by = all[dice() % all.size()];
      ++answers[palace.change(by, dice() % 3, what)];
    }
  }
  EXPECT_GT(answers[204], 0);
  EXPECT_GT(answers[409], 0);
  EXPECT_EQ(answers[500], 0);
}

// Strangers.

/// Everything that the database holds, table by table.
std::map<std::string, std::int64_t> sizes(const Office& office) {
  std::map<std::string, std::int64_t> all;
  for (const char* table : {"evidence", "setting", "person", "passkey", "session", "invitation",
                            "token", "guess", "pending", "browser", "audit", "outbox", "device"})
    all[table] = office.count(table);
  return all;
}

TEST(Strangers, LeaveNothingBehind) {
  Office office(
      [](ServerOptions& options) { options.oidc = {"http://127.0.0.1:1", "sekisho", nullptr}; });
  Visitor admin = office.administrator();
  Visitor nobody;
  office.must(nobody, "POST", "/sign-in/passkey/options");  // makes the key
  const auto before = sizes(office);
  for (int i = 0; i < 30; ++i) {
    office.must(nobody, "POST", "/sign-in/passkey/options");
    EXPECT_EQ(
        office.ask(nobody, "GET", fmt::format("/sign-in/oidc/callback?code=x&state={}", i)).status,
        303U);
    EXPECT_EQ(post(office, nobody, "/setup", first_administrator("#x", "x@firm.example")), 409U);
    EXPECT_EQ(post(office, nobody, "/invitations/accept", newcomer(fmt::format("{}", i))), 404U);
  }
  EXPECT_EQ(sizes(office), before);
}

TEST(Strangers, FillTheLogByABoundedNumberOfLinesAnHour) {
  // Where nobody answers.
  Office office(
      [](ServerOptions& options) { options.oidc = {"http://127.0.0.1:1", "sekisho", nullptr}; });
  Visitor nobody;
  const auto tries = [&](int count) {
    for (int i = 0; i < count; ++i) {
      office.time += seconds(i % 5 == 0 ? 1 : 0);  // not more than the rate that is let in
      EXPECT_EQ(office.ask(nobody, "GET", "/sign-in/oidc").status, 303U);
    }
  };
  tries(250);
  EXPECT_EQ(office.count("audit"), 200);
  office.time += hours(1);
  tries(5);
  EXPECT_EQ(office.count("audit"), 205);
}

TEST(Strangers, NamesThatTheyTypeAreForgottenBeyondABound) {
  Office office;
  office.administrator();
  const auto db = office.beside();
  ASSERT_TRUE(db->execute(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20500) INSERT "
      "INTO guess (name, failures, last_at, locked_until) SELECT 'account|' || i, 1, ? + i, 0 FROM "
      "n",
      {value_of(office.time - hours(10))}));
  ASSERT_TRUE(*take_guess(*db, {{"account|x"}}, office.time));
  EXPECT_EQ(office.count("guess"), 20'000);
  EXPECT_EQ(office.count("guess WHERE name IN ('account|x', 'account|20500')"), 2);
}

// Parts.

TEST(Challenge, SaysItselfUntilWhenItIsGoodAndByWhatKey) {
  const Time now = *parse_time("2026-11-24T00:00:00Z");
  const std::string good = make_challenge("key", now + minutes(5));
  EXPECT_LE(good.size(), 100U);
  EXPECT_TRUE(challenge_holds("key", good, now));
  EXPECT_TRUE(challenge_holds("key", good, now + minutes(5) - seconds(1)));
  EXPECT_FALSE(challenge_holds("key", good, now + minutes(5)));
  EXPECT_FALSE(challenge_holds("another", good, now));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(challenge_holds("key", changed, now)) << i;
  }
  for (const std::string& none : {std::string(), good + "AAAA", good.substr(0, 32), good + "="})
    EXPECT_FALSE(challenge_holds("key", none, now));
}

TEST(RecoveryCodes, UseAllLettersAndAreKnownHoweverTheyAreTyped) {
  std::set<char> letters;
  for (int i = 0; i < 500; ++i)
    for (const char c : new_recovery_code()) letters.insert(c);
  EXPECT_EQ(letters.size(), 33U) << "32 and the hyphen";
  EXPECT_EQ(recovery_hash("01abc-defgh"), recovery_hash(" OLABC defgh"));
  EXPECT_NE(recovery_hash("01abc-defgh"), recovery_hash("01abc-defgj"));
}

TEST(Provider, NamesAddressesThatMayBeGoneTo) {
  const std::string issuer = "https://id.example";
  const auto with = [&](const char* key, const std::string& value) {
    json::object document{{"issuer", issuer},
                          {"authorization_endpoint", "https://id.example/a?b=c"},
                          {"token_endpoint", "https://token.example/t"},
                          {"jwks_uri", "https://id.example/k"}};
    document[key] = value;
    return read_provider(document, issuer).has_value();
  };
  EXPECT_TRUE(with("issuer", issuer));
  EXPECT_FALSE(with("issuer", "https://id.example/"));
  for (const char* key : {"authorization_endpoint", "token_endpoint", "jwks_uri"})
    for (const char* wrong :
         {"", "javascript:alert(1)", "http://id.example/a", "http://127.0.0.1/a",
          "https://id.example/a\r\nset-cookie: x=y", "https://id.example/\xC2\x85",
          "https://id.example/a b", "https://me@id.example/", "https://id.example/a#b",
          "https://id.example/\"", "file:///etc/passwd", "//id.example/a", "https://"})
      EXPECT_FALSE(with(key, wrong)) << key << ' ' << wrong;
}

}  // namespace
}  // namespace sekisho
