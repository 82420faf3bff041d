// SPDX-License-Identifier: Apache-2.0
// The gate against a desk that says what the test says, with a database of its own.
#include "server/gate/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include <fmt/format.h>

#include "base/crypto.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Says what it is told to; who is in is who was let in.
class ToldDesk final : public AccessDesk {
 public:
  AccessDecision says{AccessAnswer::allow, {}};
  bool opens = true;
  std::vector<AccessEntry> entries;
  std::map<std::string, std::optional<DeviceId>> in;  // token, device
  std::function<bool(const Cut&)> cut;

  static std::string text(const SessionToken& token) {
    return {token.bytes().begin(), token.bytes().end()};
  }
  AccessVerdict verdict() const { return {says, {"<b>理由</b>", "<b>reason</b>"}, {}}; }

  std::optional<PersonId> person_of(std::string_view) const override { return {}; }
  std::optional<DeviceId> device_of_certificate(const KeyDigest& sha256) const override {
    return sha256[0] == 1 ? std::optional(DeviceId(sha256[1])) : std::nullopt;
  }
  std::optional<DeviceId> device_of_key(const KeyDigest&) const override { return {}; }
  std::vector<DeviceId> devices_of(PersonId) const override { return {}; }
  FactorsShown shown_on(PersonId, DeviceId) const override { return {}; }
  AccessVerdict look(const AccessEntry&) const override { return verdict(); }
  AccessVerdict enter(const AccessEntry& entry) override {
    entries.push_back(entry);
    AccessVerdict out = verdict();
    if (says.answer != AccessAnswer::allow) return out;
    out.token = SessionToken::of_bytes(random_bytes(32));
    return out;
  }
  bool opened(const EnforcerId&, const SessionToken& token, std::string) override {
    if (opens) in[text(token)] = entries.back().device;
    return opens;
  }
  void closed(const EnforcerId&, const SessionToken& token) override { in.erase(text(token)); }
  AccessVerdict ask(const SessionToken& token, std::optional<DeviceId> device,
                    std::optional<ClientAddress>) override {
    const auto found = in.find(text(token));
    if (found == in.end())
      return {{AccessAnswer::deny, {{AccessReasonCode::session_unknown}}}, {}, {}};
    if (found->second != device)
      return {{AccessAnswer::deny, {{AccessReasonCode::device_unknown}}}, {}, {}};
    return verdict();
  }
  std::shared_ptr<void> on_cut(const EnforcerId&, std::function<bool(const Cut&)> told) override {
    cut = std::move(told);
    return std::make_shared<int>(0);
  }
  std::vector<Cut> live(const EnforcerId&) const override { return {}; }
};

class GateTest : public testing::Test {
 protected:
  GateTest()
      : pool_([this] { return open_database(root_.at("/g.db").string()); }),
        gate_({*Applications::read({"wiki.example.jp=wiki=Wiki", "crm.example.jp=crm"}),
               [] { return std::string("https://sekisho.example.jp"); },
               {},
               [this]() -> Result<void> {
                 if (may_cut_) return {};
                 return failure("切れません", "cannot cut");
               }},
              options_, desk_, pool_) {}

  void SetUp() override {
    options_.clock = [this] { return now_; };
    sql("INSERT INTO person (id, email, name, roles, state, lang, totp_step, recovery, created_at) "
        "VALUES (7, "
        "'aoi@example.jp', '葵', 'teleworker', 'active', 'ja', 0, '', 0)");
    begin_session();
  }
  Database& db() {
    if (!lease_) lease_ = std::move(*pool_.take());
    return **lease_;
  }
  void sql(const std::string& text) {
    const auto done = db().script(text);
    ASSERT_TRUE(done) << done.error().describe(Lang::en);
  }
  void begin_session() {
    sql(
        fmt::format("INSERT INTO session (id, person_id, secret, stage, created_at, seen_at, "
                    "expires_at, proved_at, peer, agent) VALUES (3, 7, 's', 'full', {0}, {0}, {1}, "
                    "{0}, '', '')",
                    now_.time_since_epoch().count(), (now_ + kLasts).time_since_epoch().count()));
  }

  struct Asked {
    std::string host = "wiki.example.jp";
    std::string target = "/page?x=1";
    std::string cookie{};
    std::string method = "GET";
    std::string certificate{};
    std::string client = "192.0.2.1:5000";
    std::vector<std::pair<std::string, std::string>> also{};
  };
  HttpReply send(const Asked& what, std::string path) {
    HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.headers = {{"x-forwarded-uri", what.target},
                       {"x-forwarded-method", what.method},
                       {"x-forwarded-host", what.host},
                       {"x-sekisho-client", what.client},
                       {"x-sekisho-certificate", what.certificate},
                       {"accept", "text/html"}};
    if (!what.cookie.empty()) request.headers.emplace_back("cookie", what.cookie);
    for (const auto& one : what.also) request.headers.push_back(one);
    auto reply = gate_.at_once(request);
    return reply ? std::move(*reply) : gate_.answer(request);
  }
  HttpReply ask(const Asked& what) { return send(what, "/caddy"); }

  static std::string header(const HttpReply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return "none";
  }
  static std::string set_cookie(const HttpReply& reply) {
    const std::string all = header(reply, "set-cookie");
    return all.substr(0, all.find(';'));
  }
  std::string ticket(const std::string& begin, const std::string& back = "/page?x=1",
                     const char* resource = "wiki") {
    const std::string value = begin.substr(begin.find('=') + 1);
    const auto made = make_ticket(
        db(), {*ResourceId::parse(resource), SessionId(3), browser_mark(value), back}, now_);
    EXPECT_TRUE(made);
    return "/.sekisho/enter?ticket=" + *made;
  }
  /// The cookie of a browser that has begun.
  std::string begin() { return set_cookie(ask({})); }
  /// That of one that is inside.
  std::string come_in(const std::string& certificate = {}) {
    const std::string begun = begin();
    return set_cookie(ask({.target = ticket(begun), .cookie = begun, .certificate = certificate}));
  }

  static constexpr std::chrono::hours kLasts{12};
  TempRoot root_;
  Time now_ = *parse_time("2026-11-24T00:00:00Z");
  bool may_cut_ = true;
  ServerOptions options_;
  ToldDesk desk_;
  Pool pool_;
  std::unique_ptr<Pool::Lease> lease_;
  Gate gate_;
};

TEST_F(GateTest, WhoHasNoSessionIsSentToSignInAndComesBack) {
  const HttpReply first = ask({});
  EXPECT_EQ(first.status, 303);
  EXPECT_THAT(header(first, "location"),
              HasSubstr("https://sekisho.example.jp/enter?app=wiki&browser="));
  EXPECT_THAT(header(first, "location"), HasSubstr("&back=%2Fpage%3Fx%3D1"));
  EXPECT_THAT(header(first, "set-cookie"), HasSubstr("; Secure; HttpOnly; SameSite=Lax"));
  const std::string begun = set_cookie(first);
  const HttpReply entered = ask({.target = ticket(begun), .cookie = begun});
  EXPECT_EQ(entered.status, 303) << entered.body;
  EXPECT_EQ(header(entered, "location"), "/page?x=1");
  const std::string cookie = set_cookie(entered);
  EXPECT_TRUE(cookie.starts_with("__Host-sekisho-wiki="));
  const HttpReply open = ask({.cookie = "a=1; " + cookie + "; " + begun});
  EXPECT_EQ(open.status, 204);
  EXPECT_EQ(header(open, "remote-user"), "aoi@example.jp");
  EXPECT_EQ(header(open, "remote-name"), "葵");
  EXPECT_EQ(header(open, "remote-groups"), "");
  EXPECT_EQ(header(open, "x-sekisho-cookie"), "a=1");
}

TEST_F(GateTest, ProgramsAreNotSentToAPage) {
  EXPECT_EQ(ask({.method = "POST"}).status, 401);
  EXPECT_EQ(ask({.also = {{"sec-fetch-mode", "cors"}}}).status, 401);
}

TEST_F(GateTest, ATicketIsBoundAndGoodOnce) {
  const std::string begun = begin();
  const std::string target = ticket(begun);
  EXPECT_EQ(ask({.target = target, .cookie = begin()}).status, 409);  // another browser, used up
  EXPECT_EQ(ask({.target = target, .cookie = begun}).status, 409);
  EXPECT_EQ(ask({.host = "crm.example.jp", .target = ticket(begun), .cookie = begun}).status, 409);
  EXPECT_EQ(ask({.target = ticket(begun)}).status, 409);
  const std::string late = ticket(begun);
  now_ += kTicketLasts;
  EXPECT_EQ(ask({.target = late, .cookie = begun}).status, 409);
  for (const char* evil : {"//evil.example", "/\\evil", "/.sekisho/out"})
    EXPECT_EQ(ask({.target = ticket(begun, evil), .cookie = begun}).status, 409) << evil;
  EXPECT_TRUE(desk_.entries.empty());
  const std::string good = ticket(begun);
  EXPECT_EQ(ask({.target = good, .cookie = begun}).status, 303);
  EXPECT_EQ(ask({.target = good, .cookie = begun}).status, 409);
}

TEST_F(GateTest, ACookieOfOneApplicationIsNothingAtAnother) {
  const std::string cookie = come_in();
  ASSERT_EQ(ask({.cookie = cookie}).status, 204);
  EXPECT_EQ(ask({.host = "crm.example.jp", .cookie = cookie}).status, 303);
  const std::string renamed = "__Host-sekisho-crm" + cookie.substr(cookie.find('='));
  EXPECT_EQ(ask({.host = "crm.example.jp", .cookie = renamed}).status, 303);
}

TEST_F(GateTest, ADeviceIsThatOfEachRequest) {
  const std::string mine = "0105" + std::string(60, '0');
  const std::string other = "0106" + std::string(60, '0');
  const std::string cookie = come_in(mine);
  EXPECT_EQ(desk_.entries.back().device, DeviceId(5));
  EXPECT_EQ(ask({.cookie = cookie, .certificate = mine}).status, 204);
  for (const std::string& wrong : {other, std::string(), std::string(64, '0')})
    EXPECT_EQ(ask({.cookie = cookie, .certificate = wrong}).status, 403) << wrong;
}

TEST_F(GateTest, WhatTheDeskDeniesIsExplainedAndEscaped) {
  const std::string begun = begin();
  desk_.says = {AccessAnswer::deny, {{AccessReasonCode::measure_failing}}};
  const HttpReply denied = ask({.target = ticket(begun), .cookie = begun});
  EXPECT_EQ(denied.status, 403);
  EXPECT_THAT(denied.body, HasSubstr("&lt;b&gt;reason&lt;/b&gt;"));
  EXPECT_THAT(denied.body, Not(HasSubstr("<b>")));
  EXPECT_EQ(header(denied, "set-cookie"), "none");
}

TEST_F(GateTest, AStepUpGoesByTheConsole) {
  const std::string begun = begin();
  desk_.says = {AccessAnswer::step_up, {{AccessReasonCode::passkey_due}}};
  const HttpReply asked = ask({.target = ticket(begun), .cookie = begun});
  EXPECT_EQ(asked.status, 303);
  EXPECT_THAT(header(asked, "location"), HasSubstr("&back=%2Fpage%3Fx%3D1&show=passkey"));
  desk_.says = {AccessAnswer::allow, {}};
  const std::string cookie = come_in();
  desk_.says = {AccessAnswer::step_up, {{AccessReasonCode::second_factor_due}}};
  EXPECT_THAT(header(ask({.cookie = cookie}), "location"), HasSubstr("&show=factor"));
}

TEST_F(GateTest, WhoWasDecidedBeforeASuspensionIsNotBorn) {
  desk_.opens = false;
  const std::string begun = begin();
  const HttpReply refused = ask({.target = ticket(begun), .cookie = begun});
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(header(refused, "set-cookie"), "none");
}

TEST_F(GateTest, ComingInAgainEndsWhatWasBefore) {
  const std::string first = come_in();
  const std::string begun = begin();
  const std::string second =
      set_cookie(ask({.target = ticket(begun), .cookie = begun + "; " + first}));
  EXPECT_NE(first, second);
  EXPECT_EQ(ask({.cookie = first}).status, 303);
  EXPECT_EQ(ask({.cookie = second}).status, 204);
}

TEST_F(GateTest, ItEndsWithTheSessionOfTheConsole) {
  const std::string cookie = come_in();
  ASSERT_TRUE(gate_.look_after_insiders(db()));
  ASSERT_EQ(ask({.cookie = cookie}).status, 204);
  sql("UPDATE person SET email = 'aoi2@example.jp', name = 'Aoi' WHERE id = 7");
  ASSERT_TRUE(gate_.look_after_insiders(db()));
  EXPECT_EQ(header(ask({.cookie = cookie}), "remote-email"), "aoi2@example.jp");
  sql("DELETE FROM session");
  ASSERT_TRUE(gate_.look_after_insiders(db()));
  EXPECT_EQ(ask({.cookie = cookie}).status, 303);
  EXPECT_TRUE(desk_.in.empty());
}

TEST_F(GateTest, WhereTheKernelRefusesNothingIsSaidToBeCut) {
  std::stop_source stopped;
  stopped.request_stop();
  const auto cut = [&](const std::string& cookie) {
    const auto token = SessionToken::parse(cookie.substr(cookie.find('=') + 1));
    return desk_.cut({token.value(), "h", {}});
  };
  may_cut_ = false;
  gate_.keep(stopped.get_token());
  EXPECT_TRUE(cut(come_in()));  // nothing is open that could go on
  const std::string cookie = come_in();
  ASSERT_EQ(ask({.cookie = cookie}).status, 204);
  EXPECT_FALSE(cut(cookie));
}

TEST_F(GateTest, AtWorkInAnApplicationKeepsTheConsole) {
  const std::string cookie = come_in();
  for (int quarter = 0; quarter < 16; ++quarter) {  // four hours
    now_ += std::chrono::minutes(15);
    ASSERT_EQ(ask({.cookie = cookie}).status, 204) << quarter;
    ASSERT_TRUE(gate_.look_after_insiders(db()));
  }
  now_ += std::chrono::hours(3);  // nobody at work
  ASSERT_TRUE(gate_.look_after_insiders(db()));
  EXPECT_EQ(ask({.cookie = cookie}).status, 303);
}

TEST_F(GateTest, SigningOutEndsItHere) {
  const std::string cookie = come_in();
  const Asked from_elsewhere{.target = "/.sekisho/out",
                             .cookie = cookie,
                             .method = "POST",
                             .also = {{"sec-fetch-site", "cross-site"}}};
  EXPECT_EQ(ask(from_elsewhere).status, 403);
  EXPECT_EQ(ask({.cookie = cookie}).status, 204);
  const HttpReply out = ask({.target = "/.sekisho/out",
                             .cookie = cookie,
                             .method = "POST",
                             .also = {{"origin", "https://wiki.example.jp"}}});
  EXPECT_EQ(out.status, 200);
  EXPECT_THAT(header(out, "set-cookie"), HasSubstr("__Host-sekisho-wiki=; "));
  EXPECT_EQ(ask({.cookie = cookie}).status, 303);
}

TEST_F(GateTest, WhatCannotBeRememberedIsNotLetThrough) {
  const std::string cookie = come_in();
  const auto from = [](std::size_t count) {
    return fmt::format("192.0.2.{}:{}", 1 + count / 60000, 1000 + count % 60000);
  };
  for (std::size_t count = 0; count < Insiders::kMostEnds; ++count)
    ASSERT_EQ(ask({.cookie = cookie, .client = from(count)}).status, 204) << count;
  const HttpReply refused = ask({.cookie = cookie, .client = from(Insiders::kMostEnds)});
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("too many connections"));
  EXPECT_EQ(ask({.cookie = cookie, .client = from(5)}).status, 204);
}

class InsidersTest : public ::testing::Test {
 protected:
  static ClientEnd end(unsigned short port) { return {*read_ip("192.0.2.1"), port}; }
  static std::vector<unsigned short> ports(const std::vector<Insiders::OpenEnd>& ends) {
    std::vector<unsigned short> out;
    for (const auto& one : ends) out.push_back(one.end.port);
    return out;
  }
  void come_in() {
    insiders_.add({token_, &application_, SessionId(1), PersonId(1), {}, Time{}}, {});
    for (unsigned short port = 1; port <= 3; ++port)
      ASSERT_TRUE(insiders_.asked(token_, application_, end(port)));
  }
  std::shared_ptr<const Applications> applications_ = *Applications::read({"wiki.example.jp=wiki"});
  const Application& application_ = applications_->all().front();
  SessionToken token_ = *SessionToken::of_bytes(std::string(SessionToken::kBytes, 't'));
  Insiders insiders_{OpenEnds()};
};

TEST_F(InsidersTest, WhatWentByItselfIsForgottenAtTheSecondLook) {
  come_in();
  insiders_.forget_gone({end(1), end(2)});  // 3 is left out once alone
  insiders_.forget_gone({end(1), end(3)});
  insiders_.forget_gone({end(1), end(3)});
  insiders_.remove(token_);
  EXPECT_THAT(ports(insiders_.take_leaving()), testing::UnorderedElementsAre(1, 3));
}

TEST_F(InsidersTest, WhatCouldNotBeCutIsTriedUntilItIsGone) {
  come_in();
  insiders_.remove(token_, end(2));
  insiders_.go_on(insiders_.take_leaving());
  EXPECT_THAT(ports(insiders_.take_leaving()), testing::UnorderedElementsAre(1, 3));
  EXPECT_THAT(ports(insiders_.take_leaving()), testing::IsEmpty());
}

TEST_F(GateTest, UnknownHostsAndDoubtfulPathsAreNobodys) {
  const std::string cookie = come_in();
  EXPECT_EQ(ask({.host = "other.example.jp", .cookie = cookie}).status, 403);
  EXPECT_EQ(ask({.target = "/a%00", .cookie = cookie}).status, 400);
  EXPECT_EQ(send({.cookie = cookie}, "/nginx").status, 403);  // its headers aren't there
  EXPECT_EQ(send({.cookie = cookie}, "/elsewhere").status, 404);
}

}  // namespace
}  // namespace sekisho
