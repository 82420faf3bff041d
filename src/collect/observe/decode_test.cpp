// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "frames.h"

namespace sekisho {
namespace {

using namespace frames;

struct Outcome {
  Decoded decoded;
  Packet packet;
};
Outcome decoded(const Bytes& frame, std::uint32_t link = 1) {
  // In memory of just its size, so that a sanitizer sees a step too far.
  const std::vector<std::uint8_t> exact(frame);
  Outcome result{};
  result.decoded = decode({exact.data(), static_cast<std::uint32_t>(exact.size()),
                           static_cast<std::uint32_t>(exact.size()), 0, link},
                          result.packet);
  return result;
}

const Bytes kSegment = tcp({.port = 3389});

TEST(Decode, LooksThroughWhatFramesCarryIpIn) {
  const Bytes v4 = ip4(6, kSegment);
  const Bytes v6 = ip6(6, kSegment);
  const Bytes pppoe = number(0x1100, 2) + number(1, 2) + number(v4.size() + 2, 2);
  const std::vector<std::pair<Bytes, std::uint32_t>> frames = {
      {ethernet(0x0800, v4), 1},
      {ethernet(0x86dd, v6), 1},
      {ethernet(0x8100, number(5, 2) + number(0x0800, 2) + v4), 1},
      {ethernet(0x88a8, number(5, 2) + number(0x8100, 2) + number(6, 2) + number(0x86dd, 2) + v6),
       1},
      {ethernet(0x8864, pppoe + number(0x21, 2) + v4), 1},
      {ethernet(0x8864, pppoe + number(0x57, 2) + v6), 1},
      {pppoe + number(0x21, 1) + v4, 51},
      {number(0xff03, 2) + number(0x21, 2) + v4, 9},
      {number(0x21, 1) + v4, 50},
      {v4, 101},
      {v6, 101},
      {v4, 228},
      {v6, 229},
      {number(2, 4, true) + v4, 0},
      {zeros(14) + number(0x0800, 2) + v4, 113},
      {number(0x86dd, 2) + zeros(18) + v6, 276},
      {ethernet(0x0800, ip4(47, number(0x0000, 2) + number(0x0800, 2) + v4)), 1},
      {ethernet(0x0800, ip4(47, number(0xb000, 2) + number(0x0800, 2) + zeros(12) + v4)), 1},
      {ethernet(0x0800, ip4(47, number(0, 2) + number(0x6558, 2) + ethernet(0x0800, v4))), 1},
      {ethernet(0x86dd, ip6(0, number(43, 1) + zeros(7) + number(60, 1) + zeros(7) + number(44, 1) +
                                   zeros(7) + number(6, 1) + zeros(7) + kSegment)),
       1},
      {ethernet(0x86dd, ip6(51, number(6, 1) + number(4, 1) + zeros(22) + kSegment)), 1},
  };
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto result = decoded(frames[i].first, frames[i].second);
    EXPECT_EQ(result.decoded, Decoded::packet) << i;
    EXPECT_EQ(result.packet.port, 3389) << i;
    EXPECT_EQ(result.packet.protocol, 6) << i;
    EXPECT_TRUE(result.packet.has_ports) << i;
  }
}

Bytes gre(std::uint16_t flags, std::uint16_t type, const Bytes& inside) {
  return ip4(47, number(flags, 2) + number(type, 2) + inside, {.source = 0x0a000001});
}
Bytes tunnelled(std::uint16_t port, const Bytes& inside) {
  return ip4(17, udp(port, inside), {.source = 0x0a000001});
}

/// Frames whose innermost packet is `kSegment` in IPv4 from 192.0.2.1, with what carries it.
std::vector<std::tuple<const char*, Bytes, std::uint32_t>> carried() {
  const Bytes v4 = ip4(6, kSegment);
  const Bytes frame = ethernet(0x0800, v4);
  const Bytes snap = number(0xaaaa03, 3) + zeros(3) + number(0x0800, 2) + v4;
  const Bytes labels = number(0x00010000, 4) + number(0x00002100 | 0x100U, 4);
  const Bytes sequence = number(7, 4);
  return {
      {"AH", ethernet(0x0800, ip4(51, number(6, 1) + number(4, 1) + zeros(22) + kSegment)), 1},
      {"IP in IP", ethernet(0x0800, ip4(4, v4, {.source = 0x0a000001})), 1},
      {"6in4, IP in IPv6", ethernet(0x0800, ip4(41, ip6(4, v4))), 1},
      {"EtherIP", ethernet(0x0800, ip4(97, number(0x3000, 2) + frame)), 1},
      {"MPLS", ethernet(0x8847, labels + v4), 1},
      {"MPLS link", labels + v4, 219},
      {"MPLS, pseudowire", ethernet(0x8847, labels + zeros(4) + frame), 1},
      {"MPLS in IP", ethernet(0x0800, ip4(137, labels + v4)), 1},
      {"MPLS in UDP", ethernet(0x0800, tunnelled(6635, labels + v4)), 1},
      {"MPLS in GRE", ethernet(0x0800, gre(0, 0x8847, labels + v4)), 1},
      {"VXLAN",
       ethernet(0x0800, tunnelled(4789, number(0x08000000, 4) + number(0x1200, 4) + frame)), 1},
      {"VXLAN of old", ethernet(0x0800, tunnelled(8472, number(0x08000000, 4) + zeros(4) + frame)),
       1},
      {"VXLAN-GPE", ethernet(0x0800, tunnelled(4790, number(0x0c000001, 4) + zeros(4) + v4)), 1},
      {"GENEVE",
       ethernet(0x0800,
                tunnelled(6081, number(0x0200, 2) + number(0x6558, 2) + zeros(4 + 8) + frame)),
       1},
      {"GENEVE of IP",
       ethernet(0x0800, tunnelled(6081, number(0, 2) + number(0x0800, 2) + zeros(4) + v4)), 1},
      {"ERSPAN I", ethernet(0x0800, gre(0, 0x88be, frame)), 1},
      {"ERSPAN II",
       ethernet(0x0800, gre(0x1000, 0x88be, sequence + number(0x1001, 2) + zeros(6) + frame)), 1},
      {"ERSPAN III",
       ethernet(0x0800, gre(0x1000, 0x22eb, sequence + number(0x2001, 2) + zeros(10) + frame)), 1},
      {"ERSPAN III with more",
       ethernet(0x0800,
                gre(0x1000, 0x22eb,
                    sequence + number(0x2001, 2) + zeros(9) + number(1, 1) + zeros(8) + frame)),
       1},
      {"WCCP 1", ethernet(0x0800, gre(0, 0x883e, v4)), 1},
      {"WCCP 2", ethernet(0x0800, gre(0, 0x883e, number(0x00320000, 4) + v4)), 1},
      {"SNAP", ethernet(static_cast<std::uint16_t>(snap.size()), snap), 1},
      {"LLC", ethernet(static_cast<std::uint16_t>(3 + v4.size()), number(0x060603, 3) + v4), 1},
      {"cooked SNAP", zeros(14) + number(4, 2) + snap, 113},
      {"Cisco HDLC", number(0x0f00, 2) + number(0x0800, 2) + v4, 104},
      {"Cisco HDLC as PPP", number(0x8f00, 2) + number(0x0800, 2) + v4, 50},
  };
}

TEST(Decode, LooksIntoTunnelsAndOldLinks) {
  for (const auto& [name, frame, link] : carried()) {
    const auto result = decoded(frame, link);
    EXPECT_EQ(result.decoded, Decoded::packet) << name;
    EXPECT_EQ(result.packet.port, 3389) << name;
    EXPECT_EQ(address_text(result.packet.source), "192.0.2.1") << name;
    EXPECT_EQ(result.packet.purpose, Purpose::tcp_scan) << name;
    // Cut short anywhere it is the tunnel's own packet, or none.
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const auto less =
          decoded(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)), link);
      EXPECT_FALSE(less.decoded == Decoded::packet && less.packet.protocol == kProtocolTcp)
          << name << size;
    }
  }
}

TEST(Decode, ATunnelWithoutAPacketInItIsAPacketItself) {
  const Bytes arp = ethernet(0x0806, zeros(28));
  for (const Bytes& outer :
       {gre(0, 0, {}), gre(0, 0x6558, arp), gre(0x4000, 0x0800, zeros(40)), gre(0, 0x88be, arp)}) {
    const auto result = decoded(ethernet(0x0800, outer));
    EXPECT_EQ(result.decoded, Decoded::packet);
    EXPECT_EQ(result.packet.protocol, 47);
    EXPECT_EQ(address_text(result.packet.source), "10.0.0.1");
  }
  // Who knocks at a tunnel's port is told by that.
  for (const std::uint16_t port :
       std::initializer_list<std::uint16_t>{4789, 8472, 4790, 6081, 6635})
    for (const Bytes& inside : {Bytes(), zeros(60), number(0x08000000, 4) + zeros(4) + arp}) {
      const auto result = decoded(ethernet(0x0800, tunnelled(port, inside)));
      EXPECT_EQ(result.decoded, Decoded::packet);
      EXPECT_EQ(result.packet.port, port);
      EXPECT_EQ(result.packet.purpose, Purpose::udp);
      EXPECT_EQ(result.packet.payload_length, inside.size());
    }
  // What ends at an observed address is what came there, whatever it says that it carries.
  const std::vector<Network> ends = {*read_network("198.51.100.0/24")};
  const Bytes vxlan = ethernet(0x0800, tunnelled(4789, number(0x08000000, 4) + zeros(4) +
                                                           ethernet(0x0800, ip4(6, kSegment))));
  const auto size = static_cast<std::uint32_t>(vxlan.size());
  Packet packet;
  EXPECT_EQ(decode({vxlan.data(), size, size, 0, 1}, packet, &ends), Decoded::packet);
  EXPECT_EQ(packet.port, 4789);
}

TEST(Decode, NoRecordAddsMoreBytesThanItsPacketHas) {
  const Bytes frame = ethernet(0x0800, ip4(6, kSegment));
  const auto length = [](const Bytes& bytes, std::uint32_t claimed, std::uint32_t captured) {
    Packet packet;
    EXPECT_EQ(decode({bytes.data(), captured, claimed, 0, 1}, packet), Decoded::packet);
    return packet.length;
  };
  const auto whole = static_cast<std::uint32_t>(frame.size());
  EXPECT_EQ(length(frame, whole, whole), whole);
  EXPECT_EQ(length(frame, whole + 4, whole), whole + 4);
  EXPECT_EQ(length(frame, 200'000, whole), whole + 64);
  const Bytes tagged = ethernet(0x8100, number(5, 2) + number(0x86dd, 2) + ip6(6, kSegment));
  const auto more = static_cast<std::uint32_t>(tagged.size());
  EXPECT_EQ(length(tagged, 200'000, more), more + 64);
  // Cut at a snapshot's length it is as long as its packet says.
  const Bytes large = ethernet(0x0800, ip4(6, kSegment + zeros(1000)));
  EXPECT_EQ(length(large, static_cast<std::uint32_t>(large.size()), 60), large.size());
}

TEST(Decode, SaysWhatItCouldNotRead) {
  EXPECT_EQ(decoded(ethernet(0x0806, zeros(28))).decoded, Decoded::not_ip);
  EXPECT_EQ(decoded(kSegment, 105).decoded, Decoded::unknown_link);
  Bytes odd = ethernet(0x0800, ip4(6, kSegment));
  odd[14] = 0x42;
  EXPECT_EQ(decoded(odd).decoded, Decoded::malformed);
  // Four tags and four tunnels are looked through, more are not.
  Bytes tagged = number(0x0800, 2) + ip4(6, kSegment);
  for (int i = 0; i < 5; ++i) tagged = number(0x8100, 2) + zeros(2) + tagged;
  EXPECT_EQ(decoded(zeros(12) + tagged).decoded, Decoded::malformed);
  Bytes tunnels = ip4(6, kSegment);
  for (int i = 0; i < 5; ++i) tunnels = ip4(47, number(0, 2) + number(0x0800, 2) + tunnels);
  EXPECT_EQ(decoded(tunnels, 101).packet.protocol, 47);
}

TEST(Decode, EveryShorterFrameIsCutShortAndNothingElse) {
  const Bytes whole = ethernet(0x0800, ip4(6, kSegment));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(
        decoded(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))).decoded,
        Decoded::cut_short)
        << size;
}

TEST(Decode, WhoKnocksWhereIsSaidHoweverTheHeaderIsCrafted) {
  // nmap -f: the ports, but not the flags, in the first fragment.
  const Bytes beginning(kSegment.begin(), kSegment.begin() + 8);
  const Bytes six = number(6, 1) + zeros(1) + number(1, 2) + zeros(4);
  for (const Bytes& frame : {ethernet(0x0800, ip4(6, beginning, {.fragment = 0x2000})),
                             ethernet(0x86dd, ip6(44, six + beginning))}) {
    const auto tiny = decoded(frame);
    EXPECT_EQ(tiny.decoded, Decoded::packet);
    EXPECT_TRUE(tiny.packet.has_ports);
    EXPECT_EQ(tiny.packet.port, 3389);
    EXPECT_EQ(tiny.packet.purpose, Purpose::tcp_scan);
    EXPECT_EQ(tiny.packet.payload_length, 0U);
  }
  // What is no fragment, and ends there, is none of that.
  EXPECT_EQ(decoded(ethernet(0x0800, ip4(6, beginning))).decoded, Decoded::malformed);
  // A data offset that is too small, or goes past the packet, whatever it is.
  for (unsigned words = 0; words < 16; ++words)
    for (const std::size_t payload : {0U, 7U, 60U}) {
      Bytes segment = kSegment + zeros(payload);
      segment[12] = static_cast<std::uint8_t>(words << 4U);
      const auto crafted = decoded(ethernet(0x0800, ip4(6, segment)));
      EXPECT_EQ(crafted.decoded, Decoded::packet);
      EXPECT_EQ(crafted.packet.port, 3389);
      EXPECT_EQ(crafted.packet.purpose, Purpose::tcp_scan);
      EXPECT_LE(crafted.packet.payload_length, payload);
      EXPECT_LE(crafted.packet.payload_captured, payload);
    }
}

TEST(Decode, LaterFragmentsHaveNoPorts) {
  const auto first = decoded(ethernet(0x0800, ip4(17, udp(53, zeros(16)), {.fragment = 0x2000})));
  EXPECT_TRUE(first.packet.has_ports);
  const auto later = decoded(ethernet(0x0800, ip4(17, zeros(24), {.fragment = 0x2003})));
  EXPECT_EQ(later.decoded, Decoded::packet);
  EXPECT_FALSE(later.packet.has_ports);
  EXPECT_EQ(later.packet.purpose, Purpose::udp);
  const auto six = decoded(
      ethernet(0x86dd, ip6(44, number(6, 1) + zeros(1) + number(8, 2) + zeros(4) + zeros(24))));
  EXPECT_FALSE(six.packet.has_ports);
  EXPECT_EQ(six.packet.protocol, 6);
}

TEST(Decode, TellsScansFromAnswers) {
  const auto purpose = [](std::uint8_t flags) {
    return decoded(ethernet(0x0800, ip4(6, tcp({.flags = flags})))).packet.purpose;
  };
  EXPECT_EQ(purpose(kSyn), Purpose::tcp_scan);
  EXPECT_EQ(purpose(0), Purpose::tcp_scan);
  EXPECT_EQ(purpose(kFin), Purpose::tcp_scan);
  EXPECT_EQ(purpose(0x29), Purpose::tcp_scan);
  // Whatever opens, and whatever acknowledges nothing.
  for (unsigned flags = 0; flags < 256; ++flags)
    if ((flags & kRst) == 0 || (flags & kSyn) != 0) {
      EXPECT_EQ(purpose(static_cast<std::uint8_t>(flags)) == Purpose::tcp_scan, (flags & kAck) == 0)
          << flags;
    }
  EXPECT_EQ(purpose(kSyn | kAck), Purpose::tcp_backscatter);
  EXPECT_EQ(purpose(kRst), Purpose::tcp_backscatter);
  EXPECT_EQ(purpose(kRst | kAck), Purpose::tcp_backscatter);
  EXPECT_EQ(purpose(kAck), Purpose::tcp_other);
  EXPECT_EQ(purpose(kFin | kAck), Purpose::tcp_other);
  EXPECT_EQ(decoded(ethernet(0x0800, ip4(1, zeros(8)))).packet.purpose, Purpose::icmp);
}

TEST(Decode, TakesTheShortWayToTheSame) {
  // Frames with something wrong, or cut short, anywhere: what lies in Ethernet goes the short way
  // where it can; the same as raw IP always goes the long one.
  std::mt19937 dice(1);
  std::size_t packets = 0;
  for (int turn = 0; turn < 200'000; ++turn) {
    const bool udp = dice() % 4 == 0;
    Bytes v4 = udp ? ip4(17, number(1234, 2) + number(53, 2) + number(20, 2) + zeros(14))
                   : ip4(6, tcp({.port = 22}) + zeros(dice() % 8));
    if (dice() % 4 != 0) v4[dice() % v4.size()] = static_cast<std::uint8_t>(dice());
    if (dice() % 4 == 0) v4.resize(dice() % (v4.size() + 8));
    // Raw IP is looked at by the version that it says it has.
    if (v4.empty() || v4[0] >> 4U != 4) continue;
    const auto in_ethernet = decoded(ethernet(0x0800, v4));
    const auto raw = decoded(v4, 228);
    ASSERT_EQ(in_ethernet.decoded, raw.decoded) << turn;
    if (raw.decoded != Decoded::packet) continue;
    ++packets;
    const Packet& a = in_ethernet.packet;
    const Packet& b = raw.packet;
    ASSERT_EQ(std::tuple(a.source, a.target, a.source_port, a.port, a.protocol, a.flags),
              std::tuple(b.source, b.target, b.source_port, b.port, b.protocol, b.flags))
        << turn;
    ASSERT_EQ(std::tuple(a.has_ports, a.purpose, a.tool, a.payload_captured, a.payload_length),
              std::tuple(b.has_ports, b.purpose, b.tool, b.payload_captured, b.payload_length))
        << turn;
  }
  EXPECT_GT(packets, 100'000);
}

TEST(Decode, KnowsTheMarksOfTools) {
  const auto tool = [](const Tcp& segment, const Ip& ip = {}) {
    return decoded(ethernet(0x0800, ip4(6, tcp(segment), ip))).packet.tool;
  };
  const Ip ip;
  EXPECT_EQ(tool({}), Tool::none);
  EXPECT_EQ(tool({.sequence = ip.target}), Tool::mirai);
  EXPECT_EQ(tool({.flags = kSyn | kAck, .sequence = ip.target}), Tool::none);
  EXPECT_EQ(tool({}, {.identification = 54321}), Tool::zmap);
  const std::uint32_t mixed = ip.target ^ 22U ^ 0x12345678U;
  EXPECT_EQ(tool({.sequence = 0x12345678}, {.identification = static_cast<std::uint16_t>(mixed)}),
            Tool::masscan);
  const Bytes mss = {2, 4, 5, 0xb4};
  EXPECT_EQ(tool({.window = 1024, .options = mss}), Tool::nmap);
  EXPECT_EQ(tool({.window = 64240, .options = mss}), Tool::none);
}

TEST(Address, ReadsAndWrites) {
  for (const char* text :
       {"192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "198.51.100.7/32", "::/0"}) {
    const auto network = read_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network_text(*network), text);
  }
  EXPECT_EQ(read_network("10.0.0.1"), (Network{Address::v4(0x0a000001), 128}));
  for (const char* text : {"", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/-1", "2001:db8::/129",
                           "x", "192.0.2.0/24/2", "1.2.3.4.5"})
    EXPECT_FALSE(read_network(text)) << text;
  const auto network = *read_network("192.0.2.0/24");
  EXPECT_TRUE(network.contains(*read_address("192.0.2.255")));
  EXPECT_FALSE(network.contains(*read_address("192.0.3.0")));
  EXPECT_FALSE(network.contains(*read_address("::192.0.2.1")));
  EXPECT_EQ(network.size(), 256);
  EXPECT_TRUE(read_network("0.0.0.0/0")->contains(*read_address("203.0.113.9")));
  EXPECT_FALSE(read_network("0.0.0.0/0")->contains(*read_address("2001:db8::1")));
}

}  // namespace
}  // namespace sekisho
