// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/observe.h"
#include "collect/observe/spill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <random>
#include <set>

#include "collect/observe/files.h"
#include "collect/observe/pseudonym.h"
#include "collect/observe/summary.h"
#include "frames.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using namespace frames;

constexpr std::uint32_t kStart = 1'577'836'800;  // 2020-01-01T00:00:00Z

/// Counts frames as if they came from a capture, in batches of `at_once`.
void count(const LineScope& scope, Findings& findings, const std::vector<Stamped>& stamped,
           std::size_t at_once = 300) {
  const Bytes bytes = pcap(stamped);
  CaptureReader reader(memory_source(bytes));
  ASSERT_TRUE(reader.start());
  Observer observer(scope, findings);
  std::vector<Record> records(at_once);
  std::uint64_t pieces = 0;
  while (const std::size_t got = reader.next(records))
    observer.take({records.data(), got}, pieces++);
  observer.hand_over();
}

Stamped knock(std::uint32_t source, std::uint32_t target, std::uint16_t port, std::uint32_t second,
              Tcp segment = {}) {
  segment.port = port;
  return {ethernet(0x0800, ip4(6, tcp(segment), {.source = source, .target = target})),
          kStart + second, 0};
}

class Observing : public testing::Test {
 protected:
  const LineNames names_ = *built_in_line_names();
  LineScope scope_{.key = {1, 2}, .observed = {}, .ours = {}, .portals = {}};
};

TEST_F(Observing, FillsHoursDaysMonthsAndYearsInWhateverOrder) {
  std::vector<Stamped> stamped;
  for (std::uint32_t hour = 0; hour < 24 * 70; hour += 5)
    for (std::uint32_t i = 0; i < 1 + hour % 3; ++i)
      stamped.push_back(knock(i, hour, 22, hour * 3600 + i));
  auto mixed = stamped;
  std::ranges::reverse(mixed);
  std::ranges::rotate(mixed, mixed.begin() + 100);
  for (const Period period : {Period::hour, Period::day, Period::month, Period::year}) {
    Findings in_order(scope_.key, period);
    count(scope_, in_order, stamped);
    Findings out_of_order(scope_.key, period);
    count(scope_, out_of_order, mixed, 3);
    const auto a = by_period(in_order.periods, names_);
    const auto b = by_period(out_of_order.periods, names_);
    ASSERT_EQ(a.size(), b.size());
    std::uint64_t packets = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].start, b[i].start);
      EXPECT_EQ(a[i].summary.all, b[i].summary.all);
      EXPECT_EQ(a[i].summary.targets, b[i].summary.targets);
      packets += a[i].summary.all.packets;
    }
    EXPECT_EQ(packets, stamped.size());
    EXPECT_EQ(out_of_order.periods.all().encode(scope_.key),
              in_order.periods.all().encode(scope_.key));
  }
  // Unless one is chosen, it is the longest that there are three of.
  Findings findings(scope_.key);
  count(scope_, findings, mixed);
  EXPECT_EQ(findings.periods.by(), Period::month);
  EXPECT_EQ(findings.periods.seen().size(), 3U);
}

TEST_F(Observing, TellsASinkOfMinutesInPartsThatAddUp) {
  std::vector<Stamped> stamped;
  for (std::uint32_t second = 0; second < 3 * 86'400; second += 97)
    stamped.push_back(knock(second, second % 7, 445, second));
  std::ranges::rotate(stamped, stamped.begin() + 1000);
  Findings findings(scope_.key);
  LineTally told;
  findings.periods.tell([&](Time minute, const std::string& encoded) {
    EXPECT_EQ(minute, start_of(Period::minute, minute));
    ASSERT_TRUE(told.merge(encoded, scope_.key));
  });
  count(scope_, findings, stamped);
  findings.periods.close();
  EXPECT_EQ(told.all().packets, stamped.size());
  EXPECT_EQ(told.encode(scope_.key), findings.periods.all().encode(scope_.key));
}

TEST_F(Observing, OnALineThatIsUsedOnlyWhatBehavesLikeAScannerIsToldOf) {
  scope_.ours = {*read_network("203.0.113.0/24")};
  Findings findings(scope_.key);
  std::vector<Stamped> line;
  const auto tcp_packet = [&](std::uint32_t from, std::uint32_t to, std::uint8_t flags) {
    line.push_back(knock(from, to, 443, 0, {.flags = flags}));
  };
  for (std::uint32_t i = 0; i < 200; ++i) {
    // One who works opens connections to many, and is answered.
    tcp_packet(0xcb007105, 0x08080800 + i, kSyn);
    tcp_packet(0x08080800 + i, 0xcb007105, kSyn | kAck);
    for (int k = 0; k < 3; ++k) tcp_packet(0xcb007105, 0x08080800 + i, kAck);
    // One who knocks everywhere, and is answered here and there.
    tcp_packet(0xcb007106, 0x09090900 + i, kSyn);
    if (i % 10 == 0) tcp_packet(0x09090900 + i, 0xcb007106, kSyn | kAck);
  }
  // One who tries the same server again and again.
  for (int i = 0; i < 200; ++i) tcp_packet(0xcb007107, 0x0a0a0a0a, kSyn);
  tcp_packet(0x0a0a0a0a, 0xcb007107, kRst | kAck);
  // One to whom nothing ever comes back.
  tcp_packet(0xcb007108, 0x0b0b0b0b, kSyn);
  count(scope_, findings, line);
  std::vector<std::string> told;
  for (const SourceLine& one : summarise(findings, names_, Geo()).ours)
    told.push_back(address_text(one.record.address));
  EXPECT_EQ(told, (std::vector<std::string>{"203.0.113.6", "203.0.113.8"}));
}

TEST_F(Observing, AddressesThatEndAlikeAreNotTheSame) {
  Findings findings(scope_.key);
  std::vector<Stamped> line;
  for (int i = 0; i < 20; ++i) {
    Bytes packet = ip6(6, tcp({.port = 22}));
    packet[8 + 5] = static_cast<Bytes::value_type>(i);       // of the source
    packet[24 + 5] = static_cast<Bytes::value_type>(i / 2);  // of the target
    line.push_back({ethernet(0x86dd, packet), kStart, 0});
  }
  // Beside it what is IPv4, and ends in the same four bytes.
  line.push_back(knock(0x00000001, 0x00000002, 22, 0));
  count(scope_, findings, line);
  const LineTally& all = findings.periods.all();
  EXPECT_EQ(all.sources(), 21);
  EXPECT_EQ(all.targets(), 11);
  EXPECT_EQ(findings.sources->size(), 21U);
}

TEST_F(Observing, CountsOnlyTheObservedNetworksAndTellsOfOnesOwn) {
  scope_.observed = {*read_network("198.51.100.0/24")};
  scope_.ours = {*read_network("203.0.113.0/24")};
  Findings findings(scope_.key);
  count(scope_, findings,
        {knock(0x01020304, 0xc6336401, 22, 0),
         knock(0x01020304, 0xc6336402, 22, 10),
         knock(0x01020304, 0x08080808, 22, 20),
         knock(0xcb007105, 0xc6336407, 445, 30),
         {ethernet(0x0806, zeros(28)), kStart, 0},
         {zeros(10), kStart, 0}});
  EXPECT_EQ(findings.frames.counted, 3U);
  EXPECT_EQ(findings.frames.elsewhere, 1U);
  EXPECT_EQ(findings.frames.not_ip, 1U);
  EXPECT_EQ(findings.frames.cut_short, 1U);
  EXPECT_EQ(findings.frames.frames, 6U);
  const auto sources = summarise(findings, names_, Geo());
  ASSERT_EQ(sources.ours.size(), 1U);
  EXPECT_EQ(address_text(sources.ours[0].record.address), "203.0.113.5");
  const auto all = summarise(findings.periods.all(), names_);
  const auto pace = pace_of(span_of(findings.periods), all, scope_);
  ASSERT_TRUE(pace);
  EXPECT_TRUE(pace->addresses_known);
  // 3 packets in 30 seconds at 256 addresses
  EXPECT_NEAR(pace->seconds_between, 30.0 * 256 / 3, 1e-6);
  EXPECT_NEAR(pace->per_address_and_year, 3.0 / 256 / 30 * 365.2425 * 86'400, 1e-3);
}

TEST_F(Observing, TheTopAndTheRestAddUp) {
  std::vector<Stamped> stamped;
  for (std::uint32_t port = 1; port <= 100; ++port)
    for (std::uint32_t i = 0; i < port; ++i)
      stamped.push_back(knock(i, 1, static_cast<std::uint16_t>(port), i));
  stamped.push_back({ethernet(0x0800, ip4(1, zeros(8))), kStart, 0});
  Findings findings(scope_.key);
  count(scope_, findings, stamped);
  const auto all = summarise(findings.periods.all(), names_);
  ASSERT_EQ(all.top.size(), kTopPorts);
  EXPECT_EQ(all.top[0].port, 100);
  std::uint64_t sum = all.other_ports + all.without_ports;
  for (const PortLine& port : all.top) sum += port.count.packets;
  EXPECT_EQ(sum, all.all.packets);
  EXPECT_EQ(all.without_ports, 1U);
}

TEST_F(Observing, FindsWhoSweepsInOrderWithWhatAndTogether) {
  std::vector<Stamped> stamped;
  for (std::uint32_t i = 0; i < 40; ++i)
    stamped.push_back(knock(0x05050505, 0xc6336400 + i, 23, i, {.sequence = 0xc6336400 + i}));
  // A campaign: thirty sources, the same three ports, within a few minutes.
  for (std::uint32_t source = 0; source < 30; ++source)
    for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{8080}, std::uint16_t{8443}})
      stamped.push_back(knock(0x09000000 + source * 977, port * 7919U + source, port, source * 10));
  // Ten others that came hours later are none.
  for (std::uint32_t source = 0; source < 10; ++source)
    for (const std::uint16_t port : {std::uint16_t{80}, std::uint16_t{8080}, std::uint16_t{8443}})
      stamped.push_back(knock(0x0a000000 + source * 977, port * 7919U, port, 20'000 + source * 10));
  stamped.push_back(knock(0xa28e7d09, 1, 443, 5));  // 162.142.125.9
  Findings findings(scope_.key);
  count(scope_, findings, stamped);
  const auto sources = summarise(findings, names_, Geo());
  ASSERT_FALSE(sources.top.empty());
  EXPECT_EQ(address_text(sources.top[0].record.address), "5.5.5.5");
  EXPECT_EQ(sources.top[0].record.tool, Tool::mirai);
  EXPECT_TRUE(sources.top[0].record.in_order());
  ASSERT_EQ(sources.campaigns.size(), 1U);
  EXPECT_EQ(sources.campaigns[0].sources, 30U);
  EXPECT_THAT(sources.campaigns[0].ports, testing::ElementsAre(80, 8080, 8443));
  ASSERT_EQ(sources.scanners.size(), 1U);
  EXPECT_EQ(sources.scanners[0].first->name, "Censys");
  EXPECT_EQ(sources.packets, stamped.size());
}

/// One packet of a made-up line: from and to, by number of host, and what it is.
struct Knocker {
  std::uint32_t from;
  std::uint32_t to;
  std::uint8_t protocol;
  Bytes segment;
};

Bytes datagram(std::uint16_t from, std::uint16_t to) {
  return number(from, 2) + number(to, 2) + number(8, 2) + zeros(2);
}
Bytes association(std::uint16_t to, std::uint8_t chunk) {
  return number(40000, 2) + number(to, 2) + zeros(8) + number(chunk, 1) + zeros(19);
}

constexpr std::uint32_t kOne = 0xc0000200;    // 192.0.2.0
constexpr std::uint32_t kOther = 0xc6336400;  // 198.51.100.0

/// Whether 192.0.2.0 is told of as a scanner, by as many observers.
bool told_of(LineScope scope, const std::vector<Knocker>& said, std::size_t observers) {
  scope.ours = {{Address::v4(kOne), 128}};
  std::vector<Stamped> stamped;
  std::uint32_t second = kStart;
  for (const Knocker& one : said)
    stamped.push_back(
        {ethernet(0x0800, ip4(one.protocol, one.segment, {.source = one.from, .target = one.to})),
         second++ / 8, 0});
  Findings findings(scope.key);
  const Bytes bytes = pcap(stamped);
  CaptureReader reader(memory_source(bytes));
  EXPECT_TRUE(reader.start());
  std::vector<std::unique_ptr<Observer>> all;
  for (std::size_t i = 0; i < observers; ++i)
    all.push_back(std::make_unique<Observer>(scope, findings));
  std::vector<Record> records(10);
  std::uint64_t pieces = 0;
  while (const std::size_t got = reader.next(records)) {
    all[pieces % observers]->take({records.data(), got}, pieces);
    ++pieces;
  }
  for (const auto& one : all) one->hand_over();
  const auto names = built_in_line_names();
  const auto found = summarise(findings, *names, Geo());
  return std::ranges::any_of(found.ours, [](const SourceLine& one) {
    return one.record.address.v4_bits() == kOne && one.record.like_scanner();
  });
}

TEST_F(Observing, EveryScanIsAScan) {
  using Probe = std::function<Knocker(std::uint32_t)>;
  const auto port = [](std::uint32_t i) { return static_cast<std::uint16_t>(1000 + i); };
  const auto flags = [&](std::uint8_t bits) {
    return [=](std::uint32_t i) {
      return Knocker{kOne, kOther + 1, 6, tcp({.port = port(i), .flags = bits})};
    };
  };
  const std::vector<std::pair<const char*, Probe>> scans = {
      {"SYN", flags(kSyn)},
      {"SYN FIN", flags(kSyn | kFin)},
      {"FIN", flags(kFin)},
      {"none", flags(0)},
      {"Xmas", flags(0x29)},
      {"PSH", flags(8)},
      {"SYN RST", flags(kSyn | kRst)},
      {"ACK", flags(kAck)},
      {"Maimon", flags(kFin | kAck)},
      {"UDP, ports",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + 1, 17, datagram(40000, port(i))}; }},
      {"UDP, hosts",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + i, 17, datagram(40000, 161)}; }},
      {"echo",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + i, 1, number(8, 1) + zeros(7)}; }},
      {"time",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + i, 1, number(13, 1) + zeros(7)}; }},
      {"INIT",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + 1, 132, association(port(i), 1)}; }},
      {"DCCP",
       [&](std::uint32_t i) {
         return Knocker{kOne, kOther + 1, 33, datagram(40000, port(i)) + zeros(8)};
       }},
      {"UDP-Lite",
       [&](std::uint32_t i) {
         return Knocker{kOne, kOther + 1, 136, datagram(40000, port(i)) + zeros(8)};
       }},
      {"COOKIE ECHO",
       [&](std::uint32_t i) { return Knocker{kOne, kOther + 1, 132, association(port(i), 10)}; }},
  };
  for (const auto& [name, probe] : scans) {
    std::vector<Knocker> said;
    for (std::uint32_t i = 0; i < 200; ++i) {
      said.push_back(probe(i));
      // What a closed port answers is no conversation.
      if (said.back().protocol == 6 && i % 2 == 0)
        said.push_back({said.back().to, kOne, 6,
                        tcp({.source = port(i), .port = 40000, .flags = kRst | kAck})});
    }
    for (const std::size_t observers : {1U, 2U, 3U})
      EXPECT_TRUE(told_of(scope_, said, observers)) << name << observers;
  }
}

/// What a filter lets through, packet by packet, told by what the frames were made from.
TEST_F(Observing, OnlyWhatWasAskedForIsCounted) {
  scope_.names = &names_;
  struct Made {
    std::uint32_t source;
    std::uint16_t port;
    bool udp;
    bool zmap;
  };
  std::mt19937 dice(3);
  std::vector<Made> made;
  std::vector<Stamped> stamped;
  constexpr std::uint32_t kCensys = 0xa28e7d05;  // 162.142.125.5
  for (std::uint32_t i = 0; i < 3000; ++i) {
    Made one{dice() % 5 == 0 ? kCensys : kOne + static_cast<std::uint32_t>(dice() % 8),
             static_cast<std::uint16_t>(20 + dice() % 6), dice() % 3 == 0, false};
    one.zmap = !one.udp && dice() % 4 == 0;
    made.push_back(one);
    const Ip ip{.source = one.source,
                .target = kOther,
                .identification = static_cast<std::uint16_t>(one.zmap ? 54321 : 0)};
    stamped.push_back({ethernet(0x0800, one.udp ? ip4(17, datagram(40000, one.port), ip)
                                                : ip4(6, tcp({.port = one.port}), ip)),
                       kStart + i, 0});
  }
  const auto agrees = [&](LineFilter filter, const std::function<bool(const Made&)>& wanted) {
    LineScope scope = scope_;
    scope.filter = std::move(filter);
    Findings findings(scope.key);
    count(scope, findings, stamped);
    const auto expected = static_cast<std::uint64_t>(std::ranges::count_if(made, wanted));
    EXPECT_EQ(findings.frames.counted, expected);
    EXPECT_EQ(findings.periods.all().all().packets, expected);
    EXPECT_EQ(findings.frames.filtered, made.size() - expected);
    EXPECT_EQ(findings.frames.scanners,
              static_cast<std::uint64_t>(std::ranges::count_if(
                  made, [&](const Made& one) { return wanted(one) && one.source == kCensys; })));
  };
  const auto with = [](auto&& set) {
    LineFilter filter;
    set(filter);
    return filter;
  };
  agrees({}, [](const Made&) { return true; });
  agrees(with([](LineFilter& one) { one.ports = {*read_port("22"), *read_port("24/udp")}; }),
         [](const Made& one) { return one.port == 22 || (one.port == 24 && one.udp); });
  agrees(with([](LineFilter& one) { one.sources = {*read_network("192.0.2.4/31")}; }),
         [](const Made& one) { return one.source == kOne + 4 || one.source == kOne + 5; });
  agrees(with([](LineFilter& one) { one.tool = Tool::zmap; }),
         [](const Made& one) { return one.zmap; });
  agrees(with([](LineFilter& one) { one.without_scanners = true; }),
         [](const Made& one) { return one.source != kCensys; });
  agrees(with([](LineFilter& one) {
           one.frames = *FrameFilter::read("udp and src net 192.0.2.0/24 and not port 23");
         }),
         [](const Made& one) { return one.udp && one.source != kCensys && one.port != 23; });
  EXPECT_FALSE(FrameFilter::read("udp and and"));
  for (const char* text : {"", "x", "65536", "22/icmp", "-1", "22/"})
    EXPECT_FALSE(read_port(text)) << text;
}

TEST_F(Observing, WhatRoseIsToldAgainstThePeriodBefore) {
  std::vector<Stamped> stamped;
  const auto some = [&](std::uint32_t hour, std::uint16_t port, std::uint32_t packets) {
    for (std::uint32_t i = 0; i < packets; ++i)
      stamped.push_back(knock(kOne + i, kOther, port, hour * 3600 + i));
  };
  for (std::uint32_t hour = 0; hour < 3; ++hour) some(hour, 22, 100);
  some(0, 23, 30);
  some(1, 23, 90);
  some(1, 5555, 50);
  some(1, 81, 5);
  Findings findings(scope_.key, Period::hour);
  count(scope_, findings, stamped);
  const auto periods = by_period(findings.periods, names_);
  const Risen risen = risen_in(periods);
  ASSERT_EQ(risen.period, &periods[1]);
  ASSERT_EQ(risen.ports.size(), 2U);
  EXPECT_EQ(risen.ports[0].port->port, 23);
  EXPECT_EQ(risen.ports[0].port->before, 30U);
  EXPECT_DOUBLE_EQ(*risen.ports[0].growth, 2);
  EXPECT_EQ(risen.ports[1].port->port, 5555);
  EXPECT_FALSE(risen.ports[1].growth);
}

TEST_F(Observing, WhoWorksIsNoScanner) {
  std::mt19937 dice(5);
  const auto port = [&] { return static_cast<std::uint16_t>(32768 + dice() % 28000); };
  std::vector<std::pair<const char*, std::vector<Knocker>>> days(6);
  for (std::uint32_t i = 0; i < 400; ++i) {
    const std::uint32_t host = kOther + i % 250;
    const auto both = [&](std::vector<Knocker>& day, std::uint8_t protocol, const Bytes& there,
                          const Bytes& back) {
      day.push_back({kOne, host, protocol, there});
      day.push_back({host, kOne, protocol, back});
    };
    const std::uint16_t from = port();
    // Somebody who resolves names asks many servers, once each.
    days[0].first = "resolver";
    both(days[0].second, 17, datagram(from, 53), datagram(53, from));
    days[1].first = "pings";
    both(days[1].second, 1, number(8, 1) + zeros(7), number(0, 1) + zeros(7));
    // QUIC: several packets each way, of some connections at a time.
    days[2].first = "QUIC";
    for (std::uint16_t k = 0; k < 4; ++k)
      both(days[2].second, 17, datagram(static_cast<std::uint16_t>(50000 + i / 4), 443),
           datagram(443, static_cast<std::uint16_t>(50000 + i / 4)));
    // A capture that begins in the middle of downloads: nothing but acknowledgements.
    days[3].first = "acknowledgements";
    for (int k = 0; k < 3; ++k)
      days[3].second.push_back({kOne, host, 6,
                                tcp({.source = static_cast<std::uint16_t>(40000 + i % 250),
                                     .port = 443,
                                     .flags = kAck})});
    days[4].first = "traceroute";
    days[4].second.push_back(
        {kOne, kOther, 17, datagram(from, static_cast<std::uint16_t>(33434 + i % 90))});
    days[5].first = "answers of a server";
    days[5].second.push_back({host, kOne, 17, datagram(from, 53)});
    days[5].second.push_back({kOne, host, 17, datagram(53, from)});
  }
  for (const auto& [name, day] : days)
    for (const std::size_t observers : {1U, 2U, 3U})
      EXPECT_FALSE(told_of(scope_, day, observers)) << name << observers;
}

TEST(SourcesOf, KeepTheBusyOnesInMemoryThatDoesNotGrow) {
  Sources sources(8);
  const HashKey key{3, 4};
  const auto add = [&](std::uint32_t address) {
    Packet packet;
    packet.source = Address::v4(address);
    sources.add({&packet, 1}, std::array{hash_of(key, packet.source)});
  };
  // Fifty busy ones among a hundred thousand that come once.
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    add(0x0a000000 + i);
    add(0x01000000 + i % 50);
  }
  EXPECT_LE(sources.size(), 256U);
  std::size_t busy = 0;
  sources.each([&](const SourceRecord& record) {
    if (record.address.v4_bits() >> 24U == 1 && record.packets > 1500) ++busy;
    EXPECT_LE(record.packets, 2000U);
  });
  EXPECT_EQ(busy, 50U);
}

TEST_F(Observing, ManyThreadsAndFilesGiveTheSame) {
  scope_.names = &names_;
  const TempRoot folder;
  std::vector<Stamped> all;
  for (std::uint32_t file = 0; file < 3; ++file) {
    std::vector<Stamped> stamped;
    for (std::uint32_t i = 0; i < 20'000; ++i)
      stamped.push_back(
          knock(i % 900, i, static_cast<std::uint16_t>(i % 700), file * 3000 + i / 5));
    const Bytes bytes = pcap(stamped);
    std::ofstream(folder.path() / ("line.pcap" + std::to_string(file)), std::ios::binary)
        .write(static_cast<const char*>(static_cast<const void*>(bytes.data())),
               static_cast<std::streamsize>(bytes.size()));
  }
  std::ofstream(folder.path() / "notes.txt") << "no capture";
  const auto files = list_captures({folder.path()});
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3U);
  std::string expected;
  for (const unsigned threads : {1U, 4U}) {
    Findings findings(scope_.key);
    const std::atomic<bool> stop = false;
    const auto read = observe_files(*files, scope_, findings, threads, {}, stop);
    EXPECT_EQ(read.read, 3U);
    EXPECT_TRUE(read.short_files.empty());
    EXPECT_TRUE(read.refused.empty());
    const std::string encoded = findings.periods.all().encode(scope_.key);
    if (expected.empty()) expected = encoded;
    EXPECT_EQ(encoded, expected);
    EXPECT_EQ(findings.frames.counted, 60'000U);
    std::uint64_t hours = 0;
    for (const PeriodLine& hour : by_period(findings.periods, names_))
      hours += hour.summary.all.packets;
    EXPECT_EQ(hours, 60'000U);
  }
  folder.add("/empty/");
  EXPECT_FALSE(list_captures({folder.path() / "empty"}));
}

TEST(LineNamesFile, RefusesWhatIsWrongWithItsPlace) {
  const auto error = [](std::string_view yaml) {
    const auto read = read_line_names("line.yaml", yaml);
    return read ? std::string() : read.error().describe(Lang::en);
  };
  const std::string head = "services: {tcp: {22: SSH}, udp: {}}\n";
  EXPECT_EQ(error(head + "groups: []\nlogins: []\nscanners: []\n"), "");
  EXPECT_THAT(
      error(head +
            "groups: []\nlogins: []\nscanners:\n  - {name: A, page: B, networks: [1.2.3.4/8]}\n"),
      testing::HasSubstr("this is not a network."));
  for (const char* other : {"192.0.2.0/25", "192.0.2.64/26", "192.0.0.0/16", "192.0.2.0/24"})
    EXPECT_THAT(error(head +
                      "groups: []\nlogins: []\nscanners:\n  - {name: A, page: B, networks: "
                      "[192.0.2.0/24]}\n  - {name: C, page: D, networks: [" +
                      other + "]}\n"),
                testing::HasSubstr("this overlaps with another network."))
        << other;
  EXPECT_THAT(error("services: {tcp: {99999: X}, udp: {}}\ngroups: []\nlogins: []\nscanners: []\n"),
              testing::HasSubstr("a port is 0 to 65535."));
  EXPECT_THAT(
      error(head + "groups:\n  - {id: a, ja: a, en: a, tcp: [1], udp: []}\n  - {id: b, ja: b, "
                   "en: b, tcp: [1], udp: []}\nlogins: []\nscanners: []\n"),
      testing::HasSubstr("this port is in another group too."));
}

TEST(PseudonymsOf, AreThoseOfThePapersSample) {
  // Key and addresses of the sample that Crypto-PAn 1.0 comes with.
  const PseudonymKey key = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                            22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                            101, 39, 98,  87,  76, 45,  42,  132, 34,  2};
  const Pseudonyms pseudonyms(key);
  for (const auto& [original, expected] : {std::pair("128.11.68.132", "135.242.180.132"),
                                           {"129.118.74.4", "134.136.186.123"},
                                           {"130.132.252.244", "133.68.164.234"},
                                           {"141.223.7.43", "141.167.8.160"},
                                           {"152.163.225.39", "151.140.114.167"},
                                           {"156.29.3.236", "147.225.12.42"},
                                           {"10.0.1.128", "117.15.1.129"}})
    EXPECT_EQ(address_text(pseudonyms.of(*read_address(original))), expected);
  // What shares its first bits still does, in IPv6 too.
  const Address a = pseudonyms.of(*read_address("2001:db8:1::1"));
  const Address b = pseudonyms.of(*read_address("2001:db8:1::2"));
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.low, b.low);
  EXPECT_NE(a.high, read_address("2001:db8:1::1")->high);
}

TEST(Spill, GivesBackWhatWasPutOrNothing) {
  Spill spill;
  const std::vector<std::uint8_t> bytes(10'000, 1);
  const auto one = spill.put(bytes);
  auto two = spill.put(std::vector<std::uint8_t>(5'000, 2));
  std::vector<std::uint8_t> back(bytes.size());
  EXPECT_TRUE(spill.get(one, back));
  EXPECT_EQ(back, bytes);
  two.offset += 1;
  EXPECT_FALSE(spill.get(two, std::span(back).first(5'000))) << "beyond the end";
}

}  // namespace
}  // namespace sekisho
