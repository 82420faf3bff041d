// SPDX-License-Identifier: Apache-2.0
// One packet as it is counted.
#pragma once

#include <cstdint>

#include "collect/observe/decode.h"

namespace sekisho {

/// TCP ports, then UDP ports.
inline constexpr std::uint32_t kPortCells = 2 * 65536;
inline std::uint32_t port_cell(std::uint8_t protocol, std::uint16_t port) {
  return (protocol == kProtocolUdp ? 65536U : 0U) + port;
}

/// 24 bytes: what a period that sees few packets is kept in.
struct Hit {
  std::uint64_t source = 0;  // the hash of its address
  std::uint64_t target = 0;
  std::uint32_t bytes = 0;
  std::uint32_t what = 0;  // from the lowest bit: cell 17, protocol 8, purpose 3, tool 3, ports 1

  std::uint32_t cell() const { return what % kPortCells; }
  std::uint8_t protocol() const { return static_cast<std::uint8_t>(what >> 17U); }
  std::size_t purpose() const { return what >> 25U & 7U; }
  std::size_t tool() const { return what >> 28U & 7U; }
  bool has_ports() const { return what >> 31U != 0; }
};
static_assert(sizeof(Hit) == 24 && kPurposes <= 8 && kTools <= 8);

inline Hit hit_of(const Packet& packet, std::uint64_t source, std::uint64_t target) {
  return {source, target, packet.length,
          port_cell(packet.protocol, packet.port) | std::uint32_t{packet.protocol} << 17U |
              static_cast<std::uint32_t>(packet.purpose) << 25U |
              static_cast<std::uint32_t>(packet.tool) << 28U |
              static_cast<std::uint32_t>(packet.has_ports) << 31U};
}

}  // namespace sekisho
