// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/talks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "collect/observe/attempts.h"

namespace sekisho {
namespace {

using namespace std::string_literals;

/// What becomes of a password in a conversation that is made up.
enum class Fate { refused, accepted, declined };

struct Message {
  bool to_server = false;
  std::string text;
};
using Exchange = std::vector<Message>;

std::string big16(std::size_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value)};
}
std::string big32(std::size_t value) { return big16(value >> 16U) + big16(value & 0xffffU); }
std::string mysql(char number, const std::string& text) {
  return std::string{static_cast<char>(text.size()), 0, 0, number} + text;
}
std::string postgresql(char kind, const std::string& text) {
  return kind + big32(text.size() + 4) + text;
}
std::string ber(char tag, const std::string& text) {
  return std::string{tag, static_cast<char>(text.size())} + text;
}
std::string smb(const std::string& status, char flags, const std::string& text) {
  const std::string head =
      "\xfeSMB\x40\0\1\0"s + status + "\1\0\1\0"s + flags + std::string(47, '\0');
  return big32(head.size() + text.size()) + head + text;
}

/// How each protocol goes, as its description has it: written without a look at the readers.
struct Protocol {
  std::string service;
  Exchange (*opening)();
  Exchange (*attempt)(Fate fate, int number);
  bool once = false;  // a connection takes one password
};

const Protocol kProtocols[] = {
    {"ftp", [] { return Exchange{{false, "220 ready\r\n"}}; },
     [](Fate fate, int number) {
       return Exchange{{true, "USER u" + std::to_string(number) + "\r\n"},
                       {false, "331 Please specify the password.\r\n"},
                       {true, "PASS pass-" + std::to_string(number) + "\r\n"},
                       {false, fate == Fate::refused    ? "530 Login incorrect.\r\n"
                               : fate == Fate::accepted ? "230 Login successful.\r\n"
                                                        : "421 Service not available.\r\n"}};
     }},
    {"pop3", [] { return Exchange{{false, "+OK ready\r\n"}}; },
     [](Fate fate, int number) {
       return Exchange{{true, "USER u\r\n"},
                       {false, "+OK\r\n"},
                       {true, "PASS pass-" + std::to_string(number) + "\r\n"},
                       {false, fate == Fate::refused    ? "-ERR [AUTH] Authentication failed.\r\n"
                               : fate == Fate::accepted ? "+OK Logged in.\r\n"
                                                        : "-ERR [SYS/TEMP] Try again.\r\n"}};
     }},
    // The name and the password at once, as home-made scripts say them.
    {"pop3", [] { return Exchange{{false, "+OK ready\r\n"}}; },
     [](Fate fate, int number) {
       return Exchange{{true, "USER u\r\nPASS pass-" + std::to_string(number) + "\r\n"},
                       {false, fate == Fate::refused    ? "+OK\r\n-ERR wrong\r\n"
                               : fate == Fate::accepted ? "+OK\r\n+OK Logged in.\r\n"
                                                        : "+OK\r\n-ERR [IN-USE] locked\r\n"}};
     }},
    {"imap", [] { return Exchange{{false, "* OK [CAPABILITY IMAP4rev1] ready\r\n"}}; },
     [](Fate fate, int number) {
       const std::string tag = "a" + std::to_string(number);
       return Exchange{{true, "n NOOP\r\n" + tag + " LOGIN u pass\r\n"},
                       {false, "n OK\r\n" + tag +
                                   (fate == Fate::refused
                                        ? " NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"
                                    : fate == Fate::accepted ? " OK\r\n"
                                                             : " NO [UNAVAILABLE] failure\r\n")}};
     }},
    {"smtp",
     [] {
       return Exchange{{false, "220 mx ESMTP\r\n"},
                       {true, "EHLO x\r\n"},
                       {false, "250-mx\r\n250 AUTH LOGIN PLAIN\r\n"}};
     },
     [](Fate fate, int) {
       return Exchange{{true, "AUTH LOGIN\r\n"},
                       {false, "334 VXNlcm5hbWU6\r\n"},
                       {true, "dXNlcg==\r\n"},
                       {false, "334 UGFzc3dvcmQ6\r\n"},
                       {true, "cGFzcw==\r\n"},
                       {false, fate == Fate::refused    ? "535 5.7.8 authentication failed\r\n"
                               : fate == Fate::accepted ? "235 2.7.0 ok\r\n"
                                                        : "454 4.7.0 Temporary failure\r\n"}};
     }},
    {"ldap", [] { return Exchange{}; },
     [](Fate fate, int number) {
       const std::string id = ber(2, std::string(1, static_cast<char>(number + 1)));
       const char code = fate == Fate::refused ? 49 : fate == Fate::accepted ? 0 : 51;
       return Exchange{
           {true, ber(0x30, id + ber(0x60, ber(2, "\3") + ber(4, "cn=a") + ber('\x80', "pass")))},
           {false,
            ber(0x30, id + ber(0x61, ber(10, std::string(1, code)) + ber(4, "") + ber(4, "")))}};
     }},
    {"mysql",
     [] {
       // As long as a letter of PostgreSQL's is a number.
       return Exchange{{false, mysql(0, "\n8.0.36\0"s + std::string(74, 'x'))}};
     },
     [](Fate fate, int) {
       return Exchange{
           {true, mysql(1, "\x85\xa6\x3f\x20\0\0\0\1\x2d"s + std::string(23, '\0') +
                               "worker\0\x14"s + std::string(72, 'x'))},
           {false, fate == Fate::refused ? mysql(2, "\xff\x15\x04#28000Access denied for user x"s)
                   : fate == Fate::accepted ? mysql(2, "\0\0\0\2\0\0\0"s)
                                            : mysql(2, "\xff\x19\x04#42000Unknown database"s)}};
     },
     true},
    {"postgresql",
     [] {
       const std::string startup = "\0\3\0\0user\0u\0\0"s;
       return Exchange{{true, "\0\0\0\x08\x04\xd2\x16\x2f"s},
                       {false, "N"},
                       {true, big32(startup.size() + 4) + startup},
                       {false, postgresql('R', "\0\0\0\5salt"s)}};
     },
     [](Fate fate, int) {
       return Exchange{
           {true, postgresql('p', "md5" + std::string(32, '0') + '\0')},
           {false, fate == Fate::refused    ? postgresql('E', "SFATAL\0VFATAL\0C28P01\0Mno\0\0"s)
                   : fate == Fate::accepted ? postgresql('R', "\0\0\0\0"s)
                                            : postgresql('E', "SFATAL\0C3D000\0Mno\0\0"s)}};
     },
     true},
    {"postgresql",
     [] { return Exchange{{false, postgresql('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s)}}; },
     [](Fate fate, int) {
       return Exchange{
           {true, postgresql('p', "SCRAM-SHA-256\0"s + big32(12) + "n,,n=,r=abcd")},
           {false, postgresql('R', "\0\0\0\x0br=abcd,s=xx,i=4096"s)},
           {true, postgresql('p', "c=biws,r=abcd,p=xyz")},
           {false, fate == Fate::refused ? postgresql('E', "SFATAL\0VFATAL\0C28P01\0Mno\0\0"s)
                   : fate == Fate::accepted
                       ? postgresql('R', "\0\0\0\x0cv=abc"s) + postgresql('R', "\0\0\0\0"s)
                       : postgresql('E', "SFATAL\0C53300\0Mno\0\0"s)}};
     },
     true},
    {"mssql",
     [] {
       const std::string prelogin = "\x12\1\0\x10\0\0\1\0\0\0\x06\0\1\xff\1\0"s;
       return Exchange{{true, prelogin}, {false, "\4\1\0\x10\0\0\1\0\0\0\x06\0\1\xff\1\0"s}};
     },
     [](Fate fate, int) {
       return Exchange{
           {true, "\x10\1\0\x20\0\0\1\0"s + std::string(24, 'x')},
           {false, (fate == Fate::refused    ? "\4\1\0\x20\0\0\1\0\xaa\x10\0\x18\x48\0\0"s
                    : fate == Fate::accepted ? "\4\1\0\x20\0\0\1\0\xad\x10\0\x18\x48\0\0"s
                                             : "\4\1\0\x20\0\0\1\0\xaa\x10\0\x18\x49\0\0"s) +
                       std::string(17, 'x')}};
     },
     true},
    {"http",
     [] {
       return Exchange{{true, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"},
                       {false, "HTTP/1.1 401 no\r\nContent-Length: 3\r\n\r\nno\n"}};
     },
     [](Fate fate, int number) {
       return Exchange{
           {true, "GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5" +
                      std::to_string(number) + "\r\n\r\n"},
           {false, fate == Fate::refused    ? "HTTP/1.1 401 no\r\nContent-Length: 3\r\n\r\nno\n"
                   : fate == Fate::accepted ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
                                            : "HTTP/1.1 503 busy\r\nContent-Length: 0\r\n\r\n"}};
     }},
    {"smb",
     [] {
       return Exchange{{true, big32(36) + "\xfeSMB\x40\0"s + std::string(30, '\0')},
                       {false, big32(36) + "\xfeSMB\x40\0"s + std::string(10, '\0') + "\1" +
                                   std::string(19, '\0')}};
     },
     [](Fate fate, int) {
       const std::string answer =
           "NTLMSSP\0\3\0\0\0"s + std::string(24, '\1') + "\x0a\0\x0a\0"s + std::string(60, 'x');
       const std::string code = fate == Fate::refused    ? "\x6d\0\0\xc0"s
                                : fate == Fate::accepted ? "\0\0\0\0"s
                                                         : "\x5e\0\0\xc0"s;
       return Exchange{{true, smb("\0\0\0\0"s, 0, std::string(24, '\0') + answer)},
                       {false, smb(code, 1, "\x09\0\0\0\0\0\0\0"s)}};
     }},
    {"sip", [] { return Exchange{}; },
     [](Fate fate, int number) {
       const std::string call =
           "Call-ID: c\r\nCSeq: " + std::to_string(number) + " REGISTER\r\nContent-Length: 0\r\n";
       return Exchange{
           {true, "REGISTER sip:x SIP/2.0\r\n" + call + "Authorization: Digest response=\"" +
                      std::to_string(number) + "\"\r\n\r\n"},
           {false, (fate == Fate::refused    ? "SIP/2.0 403 no\r\n"
                    : fate == Fate::accepted ? "SIP/2.0 200 OK\r\n"
                                             : "SIP/2.0 503 busy\r\n") +
                       call + "\r\n"}};
     }},
};

struct Segment {
  bool to_server = false;
  std::uint16_t port = 0;
  std::uint8_t flags = kAck;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::string text;
};

/// A connection of segments, as two honest ends would send it. `cut` says how much of a message is
/// sent at first; 0: one byte after another.
std::vector<Segment> connection(const Exchange& exchange, std::uint16_t port, std::size_t cut,
                                std::mt19937& random) {
  std::vector<Segment> segments;
  std::uint32_t next[2] = {static_cast<std::uint32_t>(random()),
                           static_cast<std::uint32_t>(random())};
  const auto send = [&](bool to_server, std::uint8_t flags, const std::string& text) {
    segments.push_back(
        {to_server, port, flags, next[to_server ? 1 : 0], next[to_server ? 0 : 1], text});
    next[to_server ? 1 : 0] +=
        static_cast<std::uint32_t>(text.size()) + ((flags & kFin) != 0 ? 1U : 0U);
  };
  for (const auto& [to_server, text] : exchange) {
    std::size_t at = std::min(cut, text.size());
    if (at > 0) send(to_server, kAck, text.substr(0, at));
    for (; cut == 0 && at < text.size(); ++at) send(to_server, kAck, text.substr(at, 1));
    if (at < text.size()) send(to_server, kAck, text.substr(at));
  }
  send(true, kAck | kFin, "");
  send(false, kAck | kFin, "");
  return segments;
}

struct Told {
  std::uint32_t attempts = 0;
  std::uint32_t sessions = 0;
  std::string service;
  bool operator==(const Told&) const = default;
};
void PrintTo(const Told& told, std::ostream* out) {
  *out << told.attempts << " refused, " << told.sessions << " accepted of " << told.service;
}

/// What many servers are told of, each of which gets segments of its own.
class Line {
 public:
  /// The number of the server.
  std::uint32_t add(const std::vector<Segment>& segments) {
    ++servers_;
    for (const Segment& one : segments) {
      const Address client = Address::v4(1);
      const Address server = Address::v4(0x0a000000 + servers_);
      Packet packet;
      packet.protocol = kProtocolTcp;
      packet.has_ports = true;
      packet.flags = one.flags;
      packet.source = one.to_server ? client : server;
      packet.target = one.to_server ? server : client;
      packet.source_port = one.to_server ? one.port : 7777;
      packet.port = one.to_server ? 7777 : one.port;
      packet.sequence = one.sequence;
      packet.acknowledged = one.acknowledged;
      packet.time_ns = at_ns_ += 100'000;
      // Of its own, so that reading beyond it is found.
      const std::vector<std::uint8_t> payload(one.text.begin(), one.text.end());
      packet.payload_at = payload.data();
      packet.payload_length = static_cast<std::uint32_t>(payload.size());
      packet.payload_captured = std::min(packet.payload_length, captured);
      if (auto event = login_event(packet, places_, names_))
        attempts_.add({&*event, 1}, payload, names_);
    }
    return servers_;
  }
  std::map<std::uint32_t, Told> told() {
    attempts_.finish(names_);
    std::map<std::uint32_t, Told> all;
    for (const LoginPair& pair : attempts_.pairs()) {
      Told& told = all[pair.server.v4_bits() - 0x0a000000];
      told.attempts += pair.attempts;
      told.sessions += pair.sessions;
      if (pair.attempts + pair.sessions > 0) told.service = names_.logins[pair.service].id;
    }
    return all;
  }
  bool one_direction() const { return attempts_.one_direction(); }
  bool cut_short() const { return attempts_.cut_short(); }

  std::uint32_t captured = UINT32_MAX;  // bytes at most of what is said in a segment

 private:
  const LineNames names_ = *built_in_line_names();
  const LoginPlaces places_{names_};
  Attempts attempts_{{1, 2}};
  std::uint32_t servers_ = 0;
  std::int64_t at_ns_ = 1'600'000'000'000'000'000;
};

Told told_of(const std::vector<Segment>& segments) {
  Line line;
  const std::uint32_t server = line.add(segments);
  return line.told()[server];
}

/// Connections at random, and what is to be told of them: as many as were made of each fate.
std::pair<std::vector<Exchange>, Told> made_up(const Protocol& protocol, std::mt19937& random) {
  std::vector<Exchange> all;
  Told told{0, 0, protocol.service};
  for (int i = 0; i < 4; ++i) {
    Exchange exchange = protocol.opening();
    const int passwords = protocol.once ? 1 : 1 + static_cast<int>(random() % 3);
    for (int k = 0; k < passwords; ++k) {
      // The first always is refused, so that something is told.
      const Fate fate = i == 0 ? Fate::refused : static_cast<Fate>(random() % 3);
      const Exchange attempt = protocol.attempt(fate, i * 4 + k);
      exchange.insert(exchange.end(), attempt.begin(), attempt.end());
      told.attempts += fate == Fate::refused ? 1U : 0U;
      told.sessions += fate == Fate::accepted ? 1U : 0U;
    }
    all.push_back(exchange);
  }
  return {all, told};
}

std::vector<Segment> all_segments(const std::vector<Exchange>& exchanges, std::size_t cut,
                                  std::mt19937& random) {
  std::vector<Segment> all;
  std::uint16_t port = 40'000;
  for (const Exchange& one : exchanges) {
    const auto segments = connection(one, port++, cut, random);
    all.insert(all.end(), segments.begin(), segments.end());
  }
  return all;
}

TEST(TalksOf, ToldIsWhatWasMadeUpHoweverItIsSent) {
  std::mt19937 random(20);  // NOLINT(*-msc51-cpp): the same each time
  constexpr std::size_t kWhole = 100'000;
  constexpr std::size_t kCuts = 150;
  Line line;
  struct Wanted {
    std::string name;
    Told told;
  };
  std::map<std::uint32_t, Wanted> wanted;
  for (const Protocol& protocol : kProtocols)
    for (std::size_t i = 0; i <= kCuts; ++i) {
      const auto [exchanges, due] = made_up(protocol, random);
      const std::vector<Segment> plain = all_segments(exchanges, i == kCuts ? kWhole : i, random);
      const auto add = [&, told = due](const std::vector<Segment>& segments, const char* how,
                                       std::optional<Told> instead = std::nullopt) {
        wanted[line.add(segments)] = {fmt::format("{}, cut at {}, {}", protocol.service, i, how),
                                      instead.value_or(told)};
      };
      add(plain, "plain");
      std::vector<Segment> twice;
      for (const Segment& one : plain) twice.insert(twice.end(), 2, one);
      add(twice, "each frame twice");
      // The copies a little later, as from another mirror.
      std::vector<Segment> later = plain;
      for (std::size_t k = 0; k < plain.size(); ++k)
        later.insert(later.begin() + static_cast<std::ptrdiff_t>(std::min(2 * k + 3, later.size())),
                     plain[k]);
      add(later, "copies later");
      for (const bool to_server : {true, false}) {
        std::vector<Segment> half = plain;
        std::erase_if(half, [&](const Segment& one) { return one.to_server != to_server; });
        add(half, to_server ? "of clients alone" : "of servers alone", Told());
      }
      // Neighbours change places, but for the first: nothing is known before it.
      std::vector<Segment> mixed = plain;
      for (std::size_t k = 1; k + 1 < mixed.size(); k += 1 + random() % 3)
        if (mixed[k - 1].port == mixed[k + 1].port) std::swap(mixed[k], mixed[k + 1]);
      add(mixed, "out of order");
    }
  auto found = line.told();
  std::size_t wrong = 0;
  for (const auto& [server, one] : wanted) {
    if (found[server] == one.told) continue;
    if (++wrong <= 20)
      ADD_FAILURE() << one.name << ": " << testing::PrintToString(found[server]) << " instead of "
                    << testing::PrintToString(one.told);
  }
  EXPECT_EQ(wrong, 0U) << "of " << wanted.size();
}

TEST(TalksOf, OneDirectionIsSaidOnAnyPort) {
  std::mt19937 random(20);  // NOLINT(*-msc51-cpp): the same each time
  for (const Protocol& protocol : kProtocols) {
    std::vector<Exchange> exchanges;
    for (int i = 0; i < 8; ++i) {
      exchanges.push_back(protocol.opening());
      for (int k = 0; k < (protocol.once ? 1 : 3); ++k)
        for (const Message& one : protocol.attempt(Fate::accepted, 3 * i + k))
          exchanges.back().push_back(one);
    }
    std::vector<Segment> segments = all_segments(exchanges, 100'000, random);
    Line both;
    both.add(segments);
    EXPECT_FALSE(both.one_direction()) << protocol.service;
    EXPECT_FALSE(both.cut_short()) << protocol.service;
    Line shortened;
    shortened.captured = 10;
    shortened.add(segments);
    EXPECT_TRUE(shortened.cut_short()) << protocol.service;
    for (const bool lost : {false, true}) {
      std::vector<Segment> left = segments;
      std::erase_if(left, [&](const Segment& one) { return one.to_server == lost; });
      Line half;
      half.add(left);
      EXPECT_TRUE(half.one_direction()) << protocol.service << " " << lost;
    }
  }
  // A server that speaks first and closes is both that there are.
  std::vector<Exchange> busy(30, Exchange{{false, "530 Too many connections\r\n"}});
  Line line;
  line.add(all_segments(busy, 100'000, random));
  EXPECT_FALSE(line.one_direction());
}

TEST(TalksOf, NobodysPasswordIsNoneAndHidesNone) {
  std::mt19937 random(20);  // NOLINT(*-msc51-cpp): the same each time
  const Exchange as_nobody{
      {false, "220 ready\r\n"}, {true, "USER anonymous\r\n"}, {false, "331 pw\r\n"},
      {true, "PASS a@b\r\n"},   {false, "230 ok\r\n"},        {true, "USER admin\r\n"},
      {false, "331 pw\r\n"},    {true, "PASS x\r\n"},         {false, "530 Login incorrect.\r\n"}};
  EXPECT_EQ(told_of(connection(as_nobody, 40'000, 100'000, random)), (Told{1, 0, "ftp"}));
  const std::string basic = "HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n";
  const std::string answer = "\r\nContent-Length: 0\r\n\r\n";
  // A page that asks for no password, shown one, and one that does.
  const Exchange open{{true, "GET / " + basic},      {false, "HTTP/1.1 200 OK" + answer},
                      {true, "GET /no " + basic},    {false, "HTTP/1.1 404 no" + answer},
                      {true, "GET /admin " + basic}, {false, "HTTP/1.1 401 no" + answer},
                      {true, "GET / " + basic},      {false, "HTTP/1.1 302 on" + answer},
                      {true, "GET /admin " + basic}, {false, "HTTP/1.1 200 OK" + answer}};
  EXPECT_EQ(told_of(connection(open, 40'000, 100'000, random)), (Told{1, 1, "http"}));
  const std::string nobody = "NTLMSSP\0\3\0\0\0"s + std::string(60, '\0');
  const std::string named =
      "NTLMSSP\0\3\0\0\0"s + std::string(24, '\1') + "\x0a\0\x0a\0"s + std::string(60, 'x');
  const Exchange null{{true, smb("\0\0\0\0"s, 0, nobody)},
                      {false, smb("\0\0\0\0"s, 1, std::string(8, '\0'))},
                      {true, smb("\0\0\0\0"s, 0, named)},
                      {false, smb("\0\0\0\0"s, 1, "\x09\0\1\0\0\0\0\0"s)},  // as a guest
                      {true, smb("\0\0\0\0"s, 0, named)},
                      {false, smb("\x6d\0\0\xc0"s, 1, std::string(8, '\0'))}};
  EXPECT_EQ(told_of(connection(null, 40'000, 100'000, random)), (Told{1, 0, "smb"}));
}

TEST(TalksOf, ManyAtOnceAreAnsweredInOrder) {
  std::mt19937 random(20);  // NOLINT(*-msc51-cpp): the same each time
  // Before the greeting, as `printf | nc` has it.
  const Exchange early{{true, "USER u\r\nPASS p\r\n"},
                       {false, "+OK ready\r\n+OK\r\n-ERR wrong\r\n"}};
  EXPECT_EQ(told_of(connection(early, 40'000, 100'000, random)), (Told{1, 0, "pop3"}));
  const Exchange tags{{true, "a LOGIN u p\r\nb LOGIN u q\r\nc LOGIN u r\r\n"},
                      {false, "a NO x\r\nb NO x\r\nc OK\r\n"}};
  EXPECT_EQ(told_of(connection(tags, 40'000, 100'000, random)), (Told{2, 1, "imap"}));
  std::string requests = "GET /open HTTP/1.1\r\n\r\n";
  std::string replies = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (int i = 0; i < 5; ++i) {
    requests += "GET /a HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n";
    replies += "HTTP/1.1 401 no\r\nContent-Length: 0\r\n\r\n";
  }
  EXPECT_EQ(told_of(connection({{true, requests}, {false, replies}}, 40'000, 100'000, random)),
            (Told{5, 0, "http"}));
}

TEST(TalksOf, WhatIsKeptIsBounded) {
  Talks talks({1, 2});
  const Talks::Sink nobody = [](const LoginEvent&, std::uint64_t, std::span<const Spoken>) {};
  const std::vector<std::uint8_t> begun(500, 'a');
  LoginEvent event;
  event.payload = event.text_size = static_cast<std::uint16_t>(begun.size());
  event.to_server = true;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    event.client = Address::v4(i);
    event.sequence = 1000;
    talks.add(event, begun, nobody);
    event.sequence = 9000;  // with what is missing before it
    talks.add(event, begun, nobody);
    ASSERT_LE(talks.kept(), Talks::kMostKept + 1000);
  }
  talks.finish(nobody);
  EXPECT_EQ(talks.kept(), 0U);
}

}  // namespace
}  // namespace sekisho
