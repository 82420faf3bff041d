// SPDX-License-Identifier: Apache-2.0
// What a frame says, as far as counting needs it: addresses, protocol, ports, the kind of TCP
// segment, and which scanner's mark it bears. Payload is pointed at, never kept.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collect/observe/address.h"
#include "collect/observe/capture.h"

namespace sekisho {

/// What a packet is for. A scan opens connections; backscatter is what a victim of forged sources
/// answers to them (Moore et al. 2001).
enum class Purpose : std::uint8_t { tcp_scan, tcp_backscatter, tcp_other, udp, icmp, other };
inline constexpr std::size_t kPurposes = 6;

/// The programs that mark their packets.
enum class Tool : std::uint8_t { none, mirai, zmap, masscan, nmap };
inline constexpr std::size_t kTools = 5;
inline constexpr std::array<std::string_view, kTools> kToolIds = {"none", "mirai", "zmap",
                                                                  "masscan", "nmap"};

/// What a packet says of its sender's manners: whether it asks for something, or is in a
/// conversation. `begins`: it asks, if nothing was said between these two before; `replies`: it
/// answers, if it was asked.
enum class Manner : std::uint8_t { neither, knocks, begins, replies, talks };

/// Bits of Packet::flags (RFC 9293, 3.1).
inline constexpr std::uint8_t kFin = 1;
inline constexpr std::uint8_t kSyn = 2;
inline constexpr std::uint8_t kRst = 4;
inline constexpr std::uint8_t kAck = 16;

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmp6 = 58;
inline constexpr std::uint8_t kProtocolDccp = 33;
inline constexpr std::uint8_t kProtocolSctp = 132;
inline constexpr std::uint8_t kProtocolUdpLite = 136;

struct Packet {
  Address source;
  Address target;
  std::int64_t time_ns = 0;
  std::uint32_t length = 0;  // of the frame on the line, bytes
  std::uint16_t source_port = 0;
  std::uint16_t port = 0;  // destination; meaningful with `has_ports`; else 0, but of SCTP, DCCP
  std::uint8_t protocol = 0;
  std::uint8_t flags = 0;
  bool has_ports = false;  // of TCP or UDP, which are counted by port
  Purpose purpose = Purpose::other;
  Tool tool = Tool::none;
  Manner manner = Manner::neither;
  std::int8_t knocks = 0;  // 1: asks somebody it has nothing to do with; -1: is in a conversation.
                           // Said by Conversations, not by the frame alone.
  std::uint32_t payload_captured = 0;  // bytes at `payload_at`
  std::uint32_t payload_length = 0;    // what was sent of it
  // Of TCP.
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  const std::uint8_t* payload_at = nullptr;
  std::span<const std::uint8_t> payload() const { return {payload_at, payload_captured}; }
};

enum class Decoded : std::uint8_t {
  packet,
  not_ip,     // ARP and the like
  cut_short,  // the frame ended before its headers did
  malformed,  // its headers contradict each other
  unknown_link,
};

/// Looks through Ethernet, LLC and SNAP, 802.1Q and 802.1ad tags, MPLS, Linux cooked v1 and v2, raw
/// IP, BSD loopback, PPP, PPPoE, Cisco HDLC, IPv6 extension headers, authentication headers, and
/// tunnels: GRE (with Ethernet, PPP, ERSPAN, WCCP), IP in IP, EtherIP, VXLAN, GENEVE; but for what
/// is sent to one of `ends`, where a tunnel's own packet is what came. So it is where no packet is
/// inside. Of fragments only the first has ports. Where it gives anything but Decoded::packet,
/// `packet` holds nothing of use.
Decoded decode(const Record& record, Packet& packet, const std::vector<Network>* ends = nullptr);

}  // namespace sekisho
