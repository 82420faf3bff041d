// SPDX-License-Identifier: Apache-2.0
// What carries IP on a link, and what carries it in other IP.
#include <algorithm>

#include "collect/observe/decode_parts.h"

namespace sekisho::decoding {
namespace {

/// A tunnel in a tunnel in a tunnel is an attack on whoever reads it.
constexpr int kMostTunnels = 4;
constexpr int kMostLabels = 8;

constexpr std::uint16_t kBridged = 0x6558;  // transparent Ethernet bridging
constexpr std::uint16_t kPpp = 0x880b;
constexpr std::uint16_t kErspan = 0x88be;  // types I and II
constexpr std::uint16_t kErspan3 = 0x22eb;
constexpr std::uint16_t kWccp = 0x883e;

/// draft-foschiano-erspan: type I is a bare frame, the others have a header of their own, which the
/// version at its beginning tells apart. Type I's GRE has no sequence number.
Decoded erspan(Octets rest, bool numbered, Packet& packet, Way way) {
  if (numbered) {
    if (rest.size < 12) return Decoded::cut_short;
    const unsigned version = rest.at[0] >> 4U;
    if (version != 1 && version != 2) return Decoded::malformed;
    std::size_t head = version == 1 ? 8 : 12;
    if (version == 2 && (rest.at[11] & 1U) != 0) head += 8;  // a subheader of the platform
    if (rest.size < head) return Decoded::cut_short;
    rest.skip(head);
  }
  return ethernet(rest, packet, way);
}

/// RFC 2784 and 2890; enhanced GRE (PPTP, RFC 2637) too.
Decoded gre(Octets rest, Packet& packet, Way way) {
  if (rest.size < 4) return Decoded::cut_short;
  const std::uint16_t flags = u16(rest.at);
  const std::uint16_t type = u16(rest.at + 2);
  const unsigned version = flags & 7U;
  const bool numbered = (flags & 0x1000U) != 0;
  std::size_t head = 4;
  if ((flags & 0x8000U) != 0) head += 4;  // checksum
  if ((flags & 0x2000U) != 0) head += 4;  // key
  if (numbered) head += 4;
  if (version == 1 && (flags & 0x0080U) != 0) head += 4;
  if (version > 1 || (flags & 0x4000U) != 0) return Decoded::malformed;  // routing: deprecated
  if (rest.size < head) return Decoded::cut_short;
  rest.skip(head);
  switch (type) {
    case kBridged: return ethernet(rest, packet, way);
    case kPpp: return ppp(rest, packet, way);
    case kErspan: return erspan(rest, numbered, packet, way);
    case kErspan3: return erspan(rest, true, packet, way);
    case kWccp:
      // WCCP 2 puts four bytes before what it redirects, whose first can't be IP's; WCCP 1 none.
      if (rest.size >= 4 && rest.at[0] >> 4U != 4) rest.skip(4);
      return ip4(rest, packet, way);
    default: return network(type, rest, packet, way);
  }
}

/// VXLAN (RFC 7348), and with `generic` its extension that says what is inside
/// (draft-ietf-nvo3-vxlan-gpe).
Decoded vxlan(Octets rest, bool generic, Packet& packet, Way way) {
  if (rest.size < 8) return Decoded::cut_short;
  const std::uint8_t* head = rest.skip(8);
  if ((head[0] & 0x08U) == 0 || head[7] != 0) return Decoded::malformed;
  if (!generic) return ethernet(rest, packet, way);
  switch ((head[0] & 0x04U) != 0 ? head[3] : 3) {
    case 1: return ip4(rest, packet, way);
    case 2: return ip6(rest, packet, way);
    case 3: return ethernet(rest, packet, way);
    case 5: return mpls(rest, packet, way);
    default: return Decoded::not_ip;
  }
}

/// RFC 8926.
Decoded geneve(Octets rest, Packet& packet, Way way) {
  if (rest.size < 8) return Decoded::cut_short;
  const std::size_t head = 8 + std::size_t{rest.at[0] & 0x3fU} * 4;
  const std::uint16_t type = u16(rest.at + 2);
  if (rest.at[0] >> 6U != 0) return Decoded::malformed;
  if (rest.size < head) return Decoded::cut_short;
  rest.skip(head);
  return type == kBridged ? ethernet(rest, packet, way) : network(type, rest, packet, way);
}

/// Whether there is more to look for than the tunnel's own packet; `inside` is what is looked at.
bool enters(const Packet& packet, const Way& way, Packet& inside) {
  if (way.tunnels == kMostTunnels) return false;
  if (way.ends != nullptr && std::ranges::any_of(*way.ends, [&](const Network& one) {
        return one.contains(packet.target);
      }))
    return false;
  inside = Packet{};
  inside.time_ns = packet.time_ns;
  inside.length = packet.length;
  return true;
}

}  // namespace

void look_into(Octets payload, Packet& packet, Way way) {
  Packet inside;
  if (!enters(packet, way, inside)) return;
  const auto carried = [&] {
    switch (packet.protocol) {
      case 4: return ip4(payload, inside, way.deeper());   // RFC 2003
      case 41: return ip6(payload, inside, way.deeper());  // RFC 4213
      case 47: return gre(payload, inside, way.deeper());
      case 97:  // EtherIP (RFC 3378)
        if (payload.size < 2) return Decoded::cut_short;
        payload.skip(2);
        return ethernet(payload, inside, way.deeper());
      case 137: return mpls(payload, inside, way.deeper());  // RFC 4023
      default: return Decoded::not_ip;
    }
  };
  if (carried() == Decoded::packet) packet = inside;
}

void look_into_udp(Octets payload, Packet& packet, Way way) {
  Packet inside;
  if (!enters(packet, way, inside)) return;
  const auto carried = [&] {
    switch (packet.port) {
      case 4789:
      case 8472:  // where Linux had it before there was a number
        return vxlan(payload, false, inside, way.deeper());
      case 4790: return vxlan(payload, true, inside, way.deeper());
      case 6081: return geneve(payload, inside, way.deeper());
      default: return mpls(payload, inside, way.deeper());  // RFC 7510
    }
  };
  if (carried() == Decoded::packet) packet = inside;
}

Decoded ethernet(Octets rest, Packet& packet, Way way) {
  if (rest.size < 14) return Decoded::cut_short;
  return network(u16(rest.skip(14) + 12), rest, packet, way);
}

Decoded llc(Octets rest, Packet& packet, Way way) {
  if (rest.size < 3) return Decoded::cut_short;
  const std::uint8_t* head = rest.skip(3);
  if (head[0] == 0x06 && head[1] == 0x06 && head[2] == 0x03) return ip4(rest, packet, way);
  if (head[0] != 0xaa || head[1] != 0xaa || head[2] != 0x03) return Decoded::not_ip;
  if (rest.size < 5) return Decoded::cut_short;
  const std::uint8_t* snap = rest.skip(5);
  // RFC 1042, and what bridges of Ethernet types write (IEEE 802.1H).
  const std::uint32_t organisation = u32(snap) >> 8U;
  const std::uint16_t type = u16(snap + 3);
  if ((organisation != 0 && organisation != 0x0000f8) || type <= 1500) return Decoded::not_ip;
  return network(type, rest, packet, way);
}

Decoded mpls(Octets rest, Packet& packet, Way way) {
  for (int labels = 0;; ++labels) {
    if (labels == kMostLabels) return Decoded::malformed;
    if (rest.size < 4) return Decoded::cut_short;
    if ((rest.skip(4)[2] & 1U) != 0) break;  // the bottom of the stack (RFC 3032)
  }
  if (rest.size < 1) return Decoded::cut_short;
  // Nothing says what follows but its first four bits (RFC 4928); 0 is a pseudowire's control word,
  // which Ethernet follows most often (RFC 4448).
  if (rest.at[0] >> 4U != 0) return by_version(rest, packet, way);
  if (rest.size < 4) return Decoded::cut_short;
  rest.skip(4);
  return ethernet(rest, packet, way) == Decoded::packet ? Decoded::packet : Decoded::not_ip;
}

Decoded cisco_hdlc(Octets rest, Packet& packet, Way way) {
  if (rest.size < 4) return Decoded::cut_short;
  const std::uint16_t type = u16(rest.skip(4) + 2);
  return type <= 1500 ? Decoded::not_ip : network(type, rest, packet, way);
}

Decoded ppp(Octets rest, Packet& packet, Way way) {
  if (rest.size < 2) return Decoded::cut_short;
  // Who captures PPP on a serial line finds Cisco's own framing there too.
  if ((rest.at[0] == 0x0f || rest.at[0] == 0x8f) && rest.at[1] == 0)
    return cisco_hdlc(rest, packet, way);
  if (rest.at[0] == 0xff && rest.at[1] == 0x03) rest.skip(2);  // HDLC-like framing (RFC 1662)
  if (rest.size < 1) return Decoded::cut_short;
  // Protocol field compression (RFC 1661, 6.5): an odd first octet is all of it.
  std::uint16_t protocol = rest.at[0];
  if ((protocol & 1U) != 0) {
    rest.skip(1);
  } else {
    if (rest.size < 2) return Decoded::cut_short;
    protocol = u16(rest.skip(2));
  }
  if (protocol == 0x21) return ip4(rest, packet, way);
  if (protocol == 0x57) return ip6(rest, packet, way);
  if (protocol == 0x281 || protocol == 0x283) return mpls(rest, packet, way);  // RFC 3032, 4.3
  return Decoded::not_ip;
}

Decoded by_version(Octets rest, Packet& packet, Way way) {
  if (rest.size < 1) return Decoded::cut_short;
  if (rest.at[0] >> 4U == 4) return ip4(rest, packet, way);
  if (rest.at[0] >> 4U == 6) return ip6(rest, packet, way);
  return Decoded::malformed;
}

}  // namespace sekisho::decoding
