// SPDX-License-Identifier: Apache-2.0
// What the files that read frames share: bytes in network order, and the ways from one header to
// the next. For decode.cpp and encapsulation.cpp alone.
#pragma once

#include <cstring>
#include <vector>

#include "collect/observe/decode.h"

namespace sekisho::decoding {

inline constexpr std::uint16_t kIp4 = 0x0800;
inline constexpr std::uint16_t kIp6 = 0x86dd;
inline constexpr std::uint16_t kPppoeSession = 0x8864;

inline std::uint16_t u16(const std::uint8_t* at) {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint32_t u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint64_t u64(const std::uint8_t* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

/// What is left of a frame.
struct Octets {
  const std::uint8_t* at = nullptr;
  std::size_t size = 0;
  const std::uint8_t* frame = nullptr;  // where the frame begins
  std::uint32_t captured = 0;           // all of it
  const std::uint8_t* skip(std::size_t count) {
    const std::uint8_t* was = at;
    at += count;
    size -= count;
    return was;
  }
};

/// How a packet was reached.
struct Way {
  int tunnels = 0;
  const std::vector<Network>* ends = nullptr;  // where tunnels are not looked into
  Way deeper() const { return {tunnels + 1, ends}; }
};

/// From a header on whose kind is known.
Decoded ip4(Octets rest, Packet& packet, Way way);
Decoded ip6(Octets rest, Packet& packet, Way way);
/// By what an Ethernet type says; what is no more than 1,500 is a length (IEEE 802.3).
Decoded network(std::uint16_t type, Octets rest, Packet& packet, Way way);
Decoded ethernet(Octets rest, Packet& packet, Way way);
Decoded ppp(Octets rest, Packet& packet, Way way);
Decoded cisco_hdlc(Octets rest, Packet& packet, Way way);
/// IEEE 802.2, with SNAP or without.
Decoded llc(Octets rest, Packet& packet, Way way);
Decoded mpls(Octets rest, Packet& packet, Way way);
Decoded by_version(Octets rest, Packet& packet, Way way);

/// Whether packets to this UDP port may be a tunnel's.
inline bool udp_tunnel(std::uint16_t port) {
  return port == 4789 || port == 8472 || port == 4790 || port == 6081 || port == 6635;
}
/// What a tunnel over UDP, or over IP by the number of a protocol, carries: `packet` becomes that
/// where it is a packet that can be read, and stays the tunnel's own where it is not. A packet that
/// ends at one of `way.ends` is its own too: what it carries says whatever its sender wants.
void look_into_udp(Octets payload, Packet& packet, Way way);
void look_into(Octets payload, Packet& packet, Way way);

}  // namespace sekisho::decoding
