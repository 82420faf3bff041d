// What a frame says, as far as counting needs it: addresses, protocol, ports, the kind of TCP
// segment, and which scanner's mark it bears. Payload is pointed at, never kept.
#pragma once

#include <cstdint>
#include <span>

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

/// Bits of Packet::flags (RFC 9293, 3.1).
inline constexpr std::uint8_t kFin = 1;
inline constexpr std::uint8_t kSyn = 2;
inline constexpr std::uint8_t kRst = 4;
inline constexpr std::uint8_t kAck = 16;

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmp6 = 58;

struct Packet {
  Address source;
  Address target;
  std::int64_t time_ns = 0;
  std::uint32_t length = 0;  // of the frame on the line, bytes
  std::uint16_t source_port = 0;
  std::uint16_t port = 0;  // destination; meaningful with `has_ports`
  std::uint8_t protocol = 0;
  std::uint8_t flags = 0;
  bool has_ports = false;
  Purpose purpose = Purpose::other;
  Tool tool = Tool::none;
  std::uint32_t payload_captured = 0;  // bytes at `payload_at`
  std::uint32_t payload_length = 0;    // what was sent of it
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

/// Looks through Ethernet, 802.1Q and 802.1ad tags, Linux cooked v1 and v2, raw IP, BSD loopback,
/// PPP, PPPoE, GRE and IPv6 extension headers. Of fragments only the first has ports. Where it
/// gives anything but Decoded::packet, `packet` holds nothing of use.
Decoded decode(const Record& record, Packet& packet);

}  // namespace sekisho
