// SPDX-License-Identifier: Apache-2.0
// Captures of every kind are counted as a slow reference counts them, which keeps all that it sees.
#include "collect/observe/periods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>

#include "collect/observe/files.h"
#include "collect/observe/summary.h"
#include "frames.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using namespace frames;

constexpr std::uint32_t kNewYear = 1'577'836'800;  // 2020-01-01T00:00:00Z

struct Sent {
  std::uint32_t second = 0;
  std::uint32_t source = 0;
  std::uint32_t target = 0;
  std::uint8_t protocol = 0;
  std::uint16_t port = 0;

  std::size_t length() const { return 14 + 20 + (protocol == kProtocolTcp ? 20 : 8); }
};

/// So few sources and targets that each sketch is exact.
std::vector<Sent> sent_at_random(std::mt19937& dice, std::uint32_t seconds, std::size_t count) {
  std::vector<Sent> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto kind = dice() % 10;
    // In order, as a line has it, but for one packet in a hundred.
    const auto at = static_cast<std::uint32_t>(std::uint64_t{seconds} * i / count);
    all.push_back(
        {kNewYear + (dice() % 100 == 0 ? static_cast<std::uint32_t>(dice() % seconds) : at),
         static_cast<std::uint32_t>(0x01000000 + dice() % 45),
         static_cast<std::uint32_t>(0xc6336400 + dice() % 40),
         kind < 7   ? kProtocolTcp
         : kind < 9 ? kProtocolUdp
                    : kProtocolIcmp,
         static_cast<std::uint16_t>(dice() % 2 == 0 ? dice() % 4 : dice() % 2000)});
  }
  return all;
}

Bytes frame_of(const Sent& one) {
  const Bytes inside = one.protocol == kProtocolTcp   ? tcp({.port = one.port})
                       : one.protocol == kProtocolUdp ? udp(one.port)
                                                      : zeros(8);
  return ethernet(0x0800, ip4(one.protocol, inside, {.source = one.source, .target = one.target}));
}

struct SlowCounts {
  using Port = std::pair<std::uint8_t, std::uint16_t>;
  struct Of {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::set<std::uint32_t> sources;
    std::set<std::uint32_t> targets;
    void add(const Sent& one, std::size_t length) {
      ++packets;
      bytes += length;
      sources.insert(one.source);
      targets.insert(one.target);
    }
  };
  Of all;
  std::map<Port, Of> ports;
  std::map<std::uint8_t, std::uint64_t> protocols;
  void add(const Sent& one) {
    const std::size_t length = one.length();
    all.add(one, length);
    ++protocols[one.protocol];
    if (one.protocol != kProtocolIcmp) ports[{one.protocol, one.port}].add(one, length);
  }
};

void expect_same(const LineSummary& summary, const SlowCounts& reference) {
  EXPECT_EQ(summary.all, (LineTally::Count{reference.all.packets, reference.all.bytes}));
  EXPECT_EQ(summary.sources, static_cast<double>(reference.all.sources.size()));
  EXPECT_EQ(summary.targets, static_cast<double>(reference.all.targets.size()));
  const auto purpose = [&](Purpose one) { return summary.purposes[static_cast<std::size_t>(one)]; };
  const auto protocol = [&](std::uint8_t one) {
    const auto found = reference.protocols.find(one);
    return found == reference.protocols.end() ? 0 : found->second;
  };
  EXPECT_EQ(purpose(Purpose::tcp_scan), protocol(kProtocolTcp));
  EXPECT_EQ(purpose(Purpose::udp), protocol(kProtocolUdp));
  EXPECT_EQ(purpose(Purpose::icmp), protocol(kProtocolIcmp));
  EXPECT_EQ(summary.without_ports, protocol(kProtocolIcmp));
  std::vector<std::pair<SlowCounts::Port, const SlowCounts::Of*>> busiest;
  for (const auto& [port, of] : reference.ports) busiest.emplace_back(port, &of);
  std::ranges::stable_sort(
      busiest, [](const auto& a, const auto& b) { return a.second->packets > b.second->packets; });
  ASSERT_EQ(summary.top.size(), std::min(kTopPorts, busiest.size()));
  std::uint64_t others = reference.all.packets - summary.without_ports;
  for (std::size_t i = 0; i < summary.top.size(); ++i) {
    const PortLine& line = summary.top[i];
    const auto& [port, of] = busiest[i];
    EXPECT_EQ(std::pair(line.protocol, line.port), port);
    EXPECT_EQ(line.count, (LineTally::Count{of->packets, of->bytes}));
    EXPECT_EQ(line.sources, static_cast<double>(of->sources.size()));
    EXPECT_EQ(line.targets, static_cast<double>(of->targets.size()));
    others -= of->packets;
  }
  EXPECT_EQ(summary.other_ports, others);
}

constexpr std::uint64_t kRoom = std::uint64_t{1} << 30U;

struct How {
  std::optional<Period> by;
  unsigned threads = 1;
  std::uint64_t most_hits = 1'000'000;
  std::uint64_t room = kRoom;
  bool sink = false;
};

class Counting : public testing::Test {
 protected:
  void write(const std::vector<Sent>& sent) {
    std::vector<Stamped> stamped;
    for (const Sent& one : sent) stamped.push_back({frame_of(one), one.second, 0});
    const Bytes bytes = pcap(stamped);
    root_.add("/line.pcap", std::string(bytes.begin(), bytes.end()));
  }
  void expect_counted(const std::vector<Sent>& sent, const How& how) {
    Findings findings(kKey, how.by);
    findings.periods.keep_at_most(how.room, how.room);
    std::map<Time, std::vector<std::string>> minutes;
    if (how.sink)
      findings.periods.tell(
          [&](Time minute, const std::string& tally) { minutes[minute].push_back(tally); });
    LineScope scope{
        .key = kKey, .observed = {}, .ours = {}, .portals = {}, .most_hits = how.most_hits};
    const std::atomic<bool> stop = false;
    ASSERT_EQ(observe_files({root_.at("/line.pcap")}, scope, findings, how.threads, {}, stop).read,
              1U);
    findings.periods.close();
    SlowCounts all;
    std::map<Time, SlowCounts> expected;
    std::map<Time, SlowCounts> expected_minutes;
    const Period by = findings.periods.by();
    for (const Sent& one : sent) {
      const Time time(std::chrono::seconds(one.second));
      all.add(one);
      expected[start_of(by, time)].add(one);
      if (how.sink) expected_minutes[start_of(Period::minute, time)].add(one);
    }
    expect_same(summarise(findings.periods.all(), names_), all);
    const auto lines = by_period(findings.periods, names_);
    const std::size_t let_go = findings.periods.let_go();
    EXPECT_EQ(lines.size() + (how.by ? let_go : 0), expected.size());
    EXPECT_TRUE(how.room < kRoom || let_go == 0);
    for (const PeriodLine& line : lines) {
      ASSERT_TRUE(expected.contains(line.start));
      expect_same(line.summary, expected[line.start]);
    }
    ASSERT_EQ(minutes.size(), expected_minutes.size());
    LineTally sum;
    for (const auto& [minute, tallies] : minutes) {
      sum.clear();
      for (const std::string& tally : tallies) ASSERT_TRUE(sum.merge(tally, kKey));
      expect_same(summarise(sum, names_), expected_minutes[minute]);
    }
    EXPECT_EQ(findings.periods.damaged(), 0U);
    EXPECT_EQ(span_of(findings.periods).seen.packets, sent.size());
  }

  static constexpr HashKey kKey{5, 6};
  const LineNames names_ = *built_in_line_names();
  TempRoot root_;
};

TEST_F(Counting, DenseAndSparseIsAsAReferenceCounts) {
  std::mt19937 dice(20);  // NOLINT: the same each time
  for (const std::uint32_t seconds : {10U, 3 * 3600U, 40 * 3600U, 40 * 86'400U, 1200 * 86'400U}) {
    const auto sent = sent_at_random(dice, seconds, 4'000);
    write(sent);
    for (const std::optional<Period> by :
         {std::optional<Period>(), std::optional(Period::minute), std::optional(Period::hour),
          std::optional(Period::day), std::optional(Period::month), std::optional(Period::year)})
      for (const unsigned threads : {1U, 3U})
        for (const std::uint64_t most_hits : {1'000'000U, 100U}) {
          SCOPED_TRACE(testing::Message()
                       << seconds << " s, " << threads << " threads, hits " << most_hits << ", by "
                       << static_cast<int>(by.value_or(Period{9})));
          expect_counted(sent, {.by = by, .threads = threads, .most_hits = most_hits});
        }
    for (const std::uint64_t most_hits : {1'000'000U, 100U})
      expect_counted(sent, {.by = {}, .threads = 3, .most_hits = most_hits, .sink = true});
  }
}

TEST_F(Counting, WhatIsKeptStaysBoundedAndWhatIsLetGoIsCounted) {
  std::mt19937 dice(21);  // NOLINT: the same each time
  for (const std::uint32_t seconds : {3 * 3600U, 40 * 3600U, 40 * 86'400U, 1200 * 86'400U}) {
    const auto sent = sent_at_random(dice, seconds, 4'000);
    write(sent);
    for (const std::optional<Period> by : {std::optional<Period>(), std::optional(Period::minute),
                                           std::optional(Period::hour), std::optional(Period::day)})
      for (const std::uint64_t most_hits : {1'000'000U, 100U})
        for (const std::uint64_t room : {20'000U, 60'000U}) {
          SCOPED_TRACE(testing::Message()
                       << seconds << " s, hits " << most_hits << ", room " << room << ", by "
                       << static_cast<int>(by.value_or(Period{9})));
          expect_counted(sent, {.by = by, .most_hits = most_hits, .room = room});
        }
  }
}

TEST_F(Counting, FewPacketsThatAreDatedFarAwayAreNoPartOfTheSpan) {
  std::mt19937 dice(22);  // NOLINT: the same each time
  const auto span_with = [&](const std::vector<std::uint32_t>& strays,
                             std::size_t packets = 1'000) {
    auto sent = sent_at_random(dice, 20 * 86'400, packets);
    for (const std::uint32_t second : strays)
      sent.insert(sent.begin() + static_cast<std::ptrdiff_t>(dice() % sent.size()),
                  Sent{second, 1, 2, kProtocolTcp, 22});
    write(sent);
    Findings findings(kKey);
    const LineScope scope{.key = kKey, .observed = {}, .ours = {}, .portals = {}};
    const std::atomic<bool> stop = false;
    (void)observe_files({root_.at("/line.pcap")}, scope, findings, 1, {}, stop);
    return span_of(findings.periods);
  };
  const std::uint32_t later = kNewYear + 400 * 86'400;
  for (const auto& strays : {std::vector<std::uint32_t>{4'294'967'295},
                             {0},
                             {0, 5, 4'294'967'295},
                             {later, later + 9}}) {
    const LineSpan span = span_with(strays);
    EXPECT_EQ(span.stray.packets, strays.size());
    EXPECT_EQ(span.seen.packets, 1'000U);
    EXPECT_LE(span.seen.last_ns - span.seen.first_ns, std::int64_t{20} * 86'400 * 1'000'000'000);
  }
  // What is near, and what is many, is part of it: nobody knows which of them is wrong.
  EXPECT_EQ(span_with({kNewYear + 45 * 86'400}).stray.packets, 0U);
  EXPECT_EQ(span_with({later}, 10).stray.packets, 0U);
  EXPECT_EQ(span_with({}).stray.packets, 0U);
}

}  // namespace
}  // namespace sekisho
