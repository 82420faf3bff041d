// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frames.h"

namespace sekisho {
namespace {

class AttemptsOf : public testing::Test {
 protected:
  /// A connection to SSH: opened, greeted, so many bytes each way, closed.
  void connection(std::uint32_t client, std::int64_t second, std::uint32_t up, std::uint32_t down,
                  std::int64_t lasts = 2, bool greets = true, std::uint32_t server = 0xc6336401) {
    const auto port = static_cast<std::uint16_t>(30'000 + next_++ % 30'000);
    std::int64_t step = 0;  // in the order in which they are made
    std::array<std::uint32_t, 2> next{1'000, 70'000};
    const auto event = [&](bool to_server, std::int64_t at, std::uint8_t flags,
                           std::uint32_t payload, std::uint16_t text = 0) {
      LoginEvent one;
      one.client = Address::v4(client);
      one.server = Address::v4(server);
      one.client_port = port;
      one.server_port = 22;
      one.time_ns = (1'600'000'000 + at) * 1'000'000'000 + step++;
      one.flags = flags;
      one.payload = payload;
      one.service = 1;
      one.to_server = to_server;
      one.sequence = next[to_server ? 1 : 0];
      one.acknowledged = next[to_server ? 0 : 1];
      one.text_size = text;
      next[to_server ? 1 : 0] += payload + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
      events_.push_back(one);
    };
    event(false, second, kSyn | kAck, 0);
    // As SSH has it: names, keys, the service, a password.
    for (std::uint32_t turn = 0; turn < turns_; ++turn) {
      const bool key = turn > 3 && turn <= 3 + keys_;
      event(true, second, kAck, up / turns_ + (key ? 80 : 0),
            greets && turn == 0 ? static_cast<std::uint16_t>(greeting_.size()) : std::uint16_t{0});
      const bool refused = refuses_ && turn >= 3 && turn + goes_on_ < turns_;
      event(false, second, kAck, down / turns_ + (refused ? 0 : turn));
    }
    event(true, second + lasts, kFin | kAck, 0);
    event(false, second + lasts, kFin | kAck, 0);
  }
  std::vector<Attack> attacks() {
    std::ranges::stable_sort(events_, {}, &LoginEvent::time_ns);
    attempts_.add(events_, greeting_, names_);
    attempts_.finish(names_);
    events_.clear();
    return find_attacks(attempts_);
  }

  const LineNames names_ = *built_in_line_names();
  Attempts attempts_{{1, 2}};
  const std::vector<std::uint8_t> greeting_{'S', 'S', 'H', '-', '2', '.', '0', '-', 'x', '\n'};
  std::vector<LoginEvent> events_;
  unsigned next_ = 0;
  std::uint32_t turns_ = 4;
  bool refuses_ = false;       // the same answer from the fourth on
  std::uint32_t keys_ = 0;     // of the questions after the fourth, the first
  std::uint32_t goes_on_ = 0;  // of the last ones, answered in other ways
};

constexpr std::uint32_t kStranger = 0xcb007101;

TEST_F(AttemptsOf, OneWhoTriesManyIsAnAttackWithItsPeak) {
  for (int i = 0; i < 40; ++i) connection(kStranger, i * 3600, 1500, 2500);
  for (int i = 0; i < 60; ++i) connection(kStranger, 200'000 + i * 5, 1500, 2500);
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].attempts, 100U);
  EXPECT_EQ(found[0].at_peak, 60U);
  EXPECT_EQ(found[0].peak, Time(std::chrono::seconds(1'600'200'000)));
  EXPECT_FALSE(found[0].distributed);
  EXPECT_FALSE(found[0].slow);
}

TEST_F(AttemptsOf, SlowOnesAreFoundByTheirLikeness) {
  for (int i = 0; i < 40; ++i)
    connection(kStranger, i * 1200, 1500, 2500U + static_cast<std::uint32_t>(i % 3 * 40));
  // Somebody whose connections differ does work of a kind.
  for (int i = 0; i < 40; ++i)
    connection(kStranger + 1, i * 1200, 1500, static_cast<std::uint32_t>(i % 2 * 5000 + 500));
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].slow);
  EXPECT_EQ(found[0].clients[0], Address::v4(kStranger));
}

TEST_F(AttemptsOf, ManyWhoTryAFewEachAreOneAttack) {
  for (std::uint32_t client = 0; client < 20; ++client)
    for (int i = 0; i < 3; ++i)
      connection(kStranger + client, std::int64_t{client} * 90 + i * 7, 1500,
                 2500 + client % 5 * 60);
  // Seven of another kind, at another server, are too few.
  for (std::uint32_t client = 0; client < 7; ++client)
    for (int i = 0; i < 5; ++i)
      connection(0x08000001 + client, i * 700, 1500, 3000, 2, true, 0xc6336402);
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].distributed);
  EXPECT_EQ(found[0].clients.size(), 20U);
  EXPECT_EQ(found[0].attempts, 60U);
}

TEST_F(AttemptsOf, WorkProbesAndMistypingAreNone) {
  // A backup each minute: much is sent.
  for (int i = 0; i < 60; ++i) connection(kStranger, i * 60, 50'000, 4000);
  // A monitor that only looks whether the door is there.
  for (int i = 0; i < 500; ++i) connection(kStranger + 1, i * 20, 21, 1000);
  for (int i = 0; i < 500; ++i) connection(kStranger + 2, i * 20, 3000, 1000, 2, false);
  // A person who mistyped three times and then worked for an hour.
  for (int i = 0; i < 3; ++i) connection(kStranger + 3, i * 20, 1500, 2500);
  connection(kStranger + 3, 80, 3000, 4000, 3600);
  // A script that runs many short commands, beside sessions of the same person.
  for (int i = 0; i < 30; ++i) connection(kStranger + 4, i * 10, 3000, 3500);
  for (int i = 0; i < 5; ++i) connection(kStranger + 4, i * 100, 30'000, 40'000);
  EXPECT_TRUE(attacks().empty());
}

TEST_F(AttemptsOf, WithoutAnAnswerThereIsNoConnection) {
  for (int i = 0; i < 100; ++i) connection(kStranger, i, 1500, 2500);
  std::erase_if(events_, [](const LoginEvent& one) { return (one.flags & kSyn) != 0; });
  EXPECT_TRUE(attacks().empty());
  EXPECT_TRUE(attempts_.pairs().empty());
}

TEST_F(AttemptsOf, WhoOnlyLooksTriesNothing) {
  turns_ = 2;  // ssh-keyscan: it hears the server's key and goes
  for (int i = 0; i < 60; ++i) connection(kStranger, i * 5, 2400, 2500);
  EXPECT_TRUE(attacks().empty());
  EXPECT_EQ(attempts_.pairs().at(0).probes, 60U);
}

TEST_F(AttemptsOf, SeveralGuessesInOneConnectionAreSeveral) {
  turns_ = 15;  // six passwords, as a server takes them
  for (int i = 0; i < 2; ++i) connection(kStranger, i * 5, 2200, 2600);
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].attempts, 12U);
}

TEST_F(AttemptsOf, TheSameAnswerAgainAndAgainIsARefusalEach) {
  turns_ = 8;  // three for the keys, one that asks what there is, four passwords
  refuses_ = true;
  for (int i = 0; i < 3; ++i) connection(kStranger, i * 5, 1600, 2600);
  // As long, and answered in many ways: somebody works.
  refuses_ = false;
  for (int i = 0; i < 3; ++i) connection(kStranger + 1, i * 5, 1600, 2600);
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].attempts, 12U);
}

TEST_F(AttemptsOf, KeysThatAreOfferedAreNoPasswords) {
  refuses_ = true;
  // Five keys and nothing else; five of which the last is taken, and work; two and three passwords.
  turns_ = 9;
  keys_ = 5;
  for (int i = 0; i < 10; ++i) connection(kStranger, i * 5, 1600, 2600);
  turns_ = 12;
  goes_on_ = 4;
  for (int i = 0; i < 10; ++i) connection(kStranger + 1, i * 5, 2000, 3600);
  EXPECT_TRUE(attacks().empty());
  EXPECT_EQ(attempts_.pairs().at(0).probes, 10U);
  EXPECT_EQ(attempts_.pairs().at(1).sessions, 10U);
  turns_ = 9;
  keys_ = 2;
  goes_on_ = 0;
  for (int i = 0; i < 4; ++i) connection(kStranger + 2, i * 5, 1600, 2600);
  const auto found = attacks();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].attempts, 12U);
}

TEST_F(AttemptsOf, OneDirectionAloneIsSaidToBeOne) {
  for (const std::optional<bool> lost :
       {std::optional<bool>(), std::optional(true), std::optional(false)}) {
    attempts_ = Attempts({1, 2});
    for (int i = 0; i < 30; ++i) connection(kStranger, i * 5, 1500, 2500);
    std::erase_if(events_, [&](const LoginEvent& one) { return one.to_server == lost; });
    EXPECT_EQ(attacks().empty(), lost.has_value());
    EXPECT_EQ(attempts_.one_direction(), lost.has_value());
  }
  // Too little to say so.
  attempts_ = Attempts({1, 2});
  connection(kStranger, 0, 1500, 2500);
  std::erase_if(events_, [](const LoginEvent& one) { return one.to_server; });
  (void)attacks();
  EXPECT_FALSE(attempts_.one_direction());
}

TEST_F(AttemptsOf, CapturesOutOfTimeOrderHideNothing) {
  // A day later: two connections that were answered. Then what came before: so many that were
  // answered and never ended that none can be added, and an hour after them somebody who tries.
  std::vector<LoginEvent> later;
  connection(kStranger + 1, 86'400, 1500, 2500);
  std::swap(later, events_);
  for (std::uint32_t i = 0; i < 66'000; ++i) {
    connection(0x0a000000 + i, i / 100, 1500, 2500);
    events_.resize(events_.size() - 4);
  }
  for (int i = 0; i < 40; ++i) connection(kStranger, 3600 + 2 * i, 1500, 2500);
  std::ranges::stable_sort(events_, {}, &LoginEvent::time_ns);
  attempts_.add(later, greeting_, names_);
  attempts_.add(events_, greeting_, names_);
  attempts_.finish(names_);
  const auto found = find_attacks(attempts_);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].attempts, 40U);
}

TEST_F(AttemptsOf, WhatCannotBeLookedAtIsCounted) {
  for (std::uint32_t i = 0; i < 70'000; ++i) {
    connection(0x0a000000 + i, 1, 1500, 2500);
    events_.resize(events_.size() - 4);
  }
  attempts_.add(events_, greeting_, names_);
  EXPECT_EQ(attempts_.ignored(), 70'000U - 65'536U);
}

TEST_F(AttemptsOf, MemoryIsBoundedAndTheBusyStay) {
  for (int i = 0; i < 20; ++i) connection(kStranger, i, 1500, 2500);
  for (std::uint32_t client = 0; client < 40'000; ++client)
    connection(0x0a000000 + client, 100 + client / 100, 1500, 2500);
  const auto found = attacks();
  EXPECT_LE(attempts_.pairs().size(), 16'384U);
  EXPECT_TRUE(std::ranges::any_of(
      found, [](const Attack& one) { return one.clients[0] == Address::v4(kStranger); }));
}

TEST(LoginEventOf, KnowsItsServiceSideAndGreeting) {
  using namespace frames;
  const LineNames names = *built_in_line_names();
  const Portal portal{Address::v4(Ip{}.target), 443};
  const LoginPlaces places(names, {&portal, 1});
  const auto event = [&](Tcp segment, const Bytes& payload) {
    const Bytes frame = ethernet(0x0800, ip4(6, tcp(segment) + payload));
    Packet packet;
    EXPECT_EQ(decode({frame.data(), static_cast<std::uint32_t>(frame.size()),
                      static_cast<std::uint32_t>(frame.size()), 0, 1},
                     packet),
              Decoded::packet);
    return login_event(packet, places, names);
  };
  const auto speech = [](const Bytes& payload) { return said_over_tcp(payload, true).said.speech; };
  const auto bytes = [](std::string_view text) { return Bytes(text.begin(), text.end()); };
  const auto ssh = event({.port = 22, .flags = kAck}, bytes("SSH-2.0-Go\r\n"));
  ASSERT_TRUE(ssh);
  EXPECT_TRUE(ssh->to_server);
  EXPECT_EQ(ssh->text_size, 12U);
  EXPECT_EQ(names.logins[ssh->service].id, "ssh");
  EXPECT_EQ(ssh->payload, 12U);
  const Bytes request = number(0x03000013, 4) + number(0x0ee0, 2) + zeros(13);
  EXPECT_EQ(names.logins[event({.port = 3389, .flags = kAck}, request)->service].id, "rdp");
  EXPECT_EQ(speech(request), Speech::rdp);
  const Bytes hello = number(0x1603010200, 5) + number(1, 1) + zeros(20);
  EXPECT_EQ(speech(hello), Speech::tls);
  EXPECT_EQ(speech(number(64, 4) + number(0xfe, 1) + bytes("SMB") + zeros(60)), Speech::smb);
  EXPECT_FALSE(event({.source = 22, .port = 50'000, .flags = kAck}, bytes("SSH-2.0-x"))->to_server);
  EXPECT_FALSE(event({.port = 22}, {}));
  EXPECT_FALSE(event({.port = 80, .flags = kAck}, {}));
  // On 443 only what is said to be a VPN's portal.
  const auto portal_event = event({.port = 443, .flags = kAck}, hello);
  ASSERT_TRUE(portal_event);
  EXPECT_TRUE(portal_event->to_server);
  EXPECT_EQ(names.logins[portal_event->service].id, "vpn");
  EXPECT_FALSE(event({.source = 443, .port = 50'000, .flags = kAck}, {})) << "of another address";
  // Elsewhere what is said is passed on, from whom the lower port tells.
  const auto other = event({.source = 902, .port = 50'000, .flags = kAck}, bytes("SSH-2.0-x\r\n"));
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->to_server);
  EXPECT_EQ(other->service, LoginEvent::kAnyService);
  // A port of one's own.
  const auto own = read_login_port("telnet:8023", names);
  ASSERT_TRUE(own);
  const LoginPlaces with(names, {}, {&*own, 1});
  EXPECT_EQ(names.logins[with.at({}, 8023) - 1U].id, "telnet");
  for (const char* wrong :
       {"", "telnet", "telnet:", "telnet:0", "telnet:65536", "gopher:70", ":23"})
    EXPECT_FALSE(read_login_port(wrong, names)) << wrong;
}

/// Passwords and answers, as packets of one connection.
class AnswersOf : public testing::Test {
 protected:
  void say(std::string_view text, bool to_server, std::uint16_t port = 50'000) {
    Packet packet;
    packet.protocol = kProtocolTcp;
    packet.has_ports = true;
    packet.flags = kAck;
    packet.source = Address::v4(to_server ? 0xcb007101 : 0xc6336401);
    packet.target = Address::v4(to_server ? 0xc6336401 : 0xcb007101);
    packet.source_port = to_server ? port : 7777;
    packet.port = to_server ? 7777 : port;
    packet.time_ns = (1'600'000'000 + second_) * 1'000'000'000;
    std::array<std::uint32_t, 2>& next = next_[port];
    packet.sequence = next[to_server ? 1 : 0];
    packet.acknowledged = next[to_server ? 0 : 1];
    next[to_server ? 1 : 0] += static_cast<std::uint32_t>(text.size());
    packet.payload_at = reinterpret_cast<const std::uint8_t*>(text.data());  // NOLINT: as bytes
    packet.payload_captured = packet.payload_length = static_cast<std::uint32_t>(text.size());
    if (const auto event = login_event(packet, places_, names_))
      attempts_.add({&*event, 1}, packet.payload(), names_);
  }
  /// How many attempts, and of what.
  std::pair<std::string, std::uint32_t> told() {
    attempts_.finish(names_);
    if (attempts_.pairs().empty()) return {"", 0};
    const LoginPair& pair = attempts_.pairs().front();
    return {names_.logins[pair.service].id, pair.attempts};
  }

  const LineNames names_ = *built_in_line_names();
  const LoginPlaces places_{names_};
  Attempts attempts_{{1, 2}};
  std::map<std::uint16_t, std::array<std::uint32_t, 2>> next_;
  std::int64_t second_ = 0;
};

TEST_F(AnswersOf, EachPasswordThatIsRefusedIsOneOnAnyPort) {
  for (int i = 0; i < 12; ++i, ++second_) {
    say("USER worker\r\n", true);
    say("+OK\r\n", false);
    say("PASS wrong\r\n", true);
    say("-ERR [AUTH] Authentication failed.\r\n", false);
  }
  EXPECT_EQ(told(), std::pair(std::string("pop3"), 12U));
  EXPECT_EQ(find_attacks(attempts_).size(), 1U);
}

TEST_F(AnswersOf, WhatTheAnswerSaysTellsTheProtocol) {
  say("PASS wrong\r\n", true);
  say("530 Login incorrect.\r\n", false);
  EXPECT_EQ(told(), std::pair(std::string("ftp"), 1U));
}

TEST_F(AnswersOf, WhoIsLetInOftenIsNoAttacker) {
  for (int i = 0; i < 30; ++i, ++second_) {
    say("a1 LOGIN worker x\r\n", true);
    say(i % 2 == 0 ? "a1 NO failed\r\n" : "* CAPABILITY IMAP4rev1\r\na1 OK Logged in\r\n", false);
  }
  EXPECT_EQ(told(), std::pair(std::string("imap"), 15U));
  EXPECT_TRUE(find_attacks(attempts_).empty());
}

TEST_F(AnswersOf, NoAnswerToNoPasswordCounts) {
  for (int i = 0; i < 30; ++i, ++second_) {
    say("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true);
    say("HTTP/1.1 401 Unauthorized\r\n\r\n", false);
    say("GET / HTTP/1.1\r\nAuthorization: Bearer a.b\r\n\r\n", true);
    say("HTTP/1.1 401 Unauthorized\r\n\r\n", false);
  }
  EXPECT_EQ(told().second, 0U);
}

TEST_F(AnswersOf, ServerThatClosesInsteadOfAnsweringRefused) {
  for (std::uint16_t i = 0; i < 12; ++i)
    say("GET / HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n", true, 40'000 + i);
  // Which it is nobody knows where no answer ever told it.
  EXPECT_EQ(told(), std::pair(std::string(), 0U));
}

TEST(PortalOf, IsAnAddressWithAPort) {
  const Address v4 = Address::v4(0xcb007105);
  const Address v6 = *read_address("2001:db8::5");
  EXPECT_EQ(read_portal("203.0.113.5"), (Portal{v4, 443}));
  EXPECT_EQ(read_portal("203.0.113.5:8443"), (Portal{v4, 8443}));
  EXPECT_EQ(read_portal("2001:db8::5"), (Portal{v6, 443}));
  EXPECT_EQ(read_portal("[2001:db8::5]"), (Portal{v6, 443}));
  EXPECT_EQ(read_portal("[2001:db8::5]:8443"), (Portal{v6, 8443}));
  for (const char* wrong : {"", ":", "203.0.113.5:", "203.0.113.5:0", "203.0.113.5:65536",
                            "203.0.113.5:x", "vpn.example", "[203.0.113", "203.0.113.0/24"})
    EXPECT_FALSE(read_portal(wrong)) << wrong;
}

}  // namespace
}  // namespace sekisho
