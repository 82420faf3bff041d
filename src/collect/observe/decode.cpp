#include "collect/observe/decode.h"

#include <algorithm>
#include <cstring>

namespace sekisho {
namespace {

/// A tunnel in a tunnel in a tunnel is an attack on whoever reads it.
constexpr int kMostTunnels = 4;
constexpr int kMostTags = 4;
constexpr int kMostExtensions = 8;

constexpr std::uint16_t kIp4 = 0x0800;
constexpr std::uint16_t kIp6 = 0x86dd;
constexpr std::uint16_t kBridged = 0x6558;  // transparent Ethernet bridging, over GRE
constexpr std::uint16_t kPppoeSession = 0x8864;
constexpr std::uint16_t kPpp = 0x880b;

std::uint16_t u16(const std::uint8_t* at) {
  std::uint16_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
std::uint32_t u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}
std::uint64_t u64(const std::uint8_t* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap64(value);
}

/// What is left of a frame, and what was on the line beyond what was captured.
struct Bytes {
  const std::uint8_t* at = nullptr;
  std::size_t size = 0;
  const std::uint8_t* skip(std::size_t count) {
    const std::uint8_t* was = at;
    at += count;
    size -= count;
    return was;
  }
};

Decoded network(std::uint16_t type, Bytes rest, Packet& packet, int tunnels);

Decoded ethernet(Bytes rest, Packet& packet, int tunnels) {
  if (rest.size < 14) return Decoded::cut_short;
  return network(u16(rest.skip(14) + 12), rest, packet, tunnels);
}

Decoded ppp(Bytes rest, Packet& packet, int tunnels) {
  if (rest.size < 2) return Decoded::cut_short;
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
  if (protocol == 0x21) return network(kIp4, rest, packet, tunnels);
  if (protocol == 0x57) return network(kIp6, rest, packet, tunnels);
  return Decoded::not_ip;
}

/// RFC 2784 and 2890; enhanced GRE (PPTP, RFC 2637) too.
Decoded gre(Bytes rest, Packet& packet, int tunnels) {
  if (rest.size < 4) return Decoded::cut_short;
  const std::uint16_t flags = u16(rest.at);
  const std::uint16_t type = u16(rest.at + 2);
  const unsigned version = flags & 7U;
  std::size_t head = 4;
  if ((flags & 0x8000U) != 0) head += 4;  // checksum
  if ((flags & 0x2000U) != 0) head += 4;  // key
  if ((flags & 0x1000U) != 0) head += 4;  // sequence number
  if (version == 1 && (flags & 0x0080U) != 0) head += 4;
  if (version > 1 || (flags & 0x4000U) != 0) return Decoded::malformed;  // routing: deprecated
  if (rest.size < head) return Decoded::cut_short;
  rest.skip(head);
  if (tunnels == kMostTunnels) return Decoded::malformed;
  if (type == kBridged) return ethernet(rest, packet, tunnels + 1);
  if (type == kPpp) return ppp(rest, packet, tunnels + 1);
  return network(type, rest, packet, tunnels + 1);
}

/// The marks that scanners leave in the headers of their connection requests.
/// Mirai: the sequence number is the target's address (Antonakakis et al. 2017). ZMap: the IP
/// identification 54321. Masscan: identification = address xor port xor sequence number, folded
/// (Durumeric et al. 2014). Nmap: a window of whole KiB up to 4 and the one option MSS 1460.
Tool tool_of(const Packet& packet, std::uint16_t identification, const std::uint8_t* tcp,
             std::size_t size) {
  if ((packet.flags & 0x3fU) != kSyn) return Tool::none;
  const std::uint32_t target = packet.target.v4_bits();
  if (packet.target.is_v4()) {
    const std::uint32_t sequence = u32(tcp + 4);
    if (sequence == target) return Tool::mirai;
    if (identification == 54321) return Tool::zmap;
    const std::uint32_t mixed = target ^ packet.port ^ sequence;
    if (identification == (mixed & 0xffffU) ||
        identification == ((mixed ^ (mixed >> 16U)) & 0xffffU))
      return Tool::masscan;
  }
  const std::uint16_t window = u16(tcp + 14);
  if (size >= 24 && tcp[12] >> 4U == 6 && u32(tcp + 20) == 0x020405b4 && window % 1024 == 0 &&
      window >= 1024 && window <= 4096)
    return Tool::nmap;
  return Tool::none;
}

Purpose purpose_of_tcp(std::uint8_t flags) {
  flags &= 0x3fU;
  // Opening, and the probes that no honest stack sends: none, FIN alone, FIN PSH URG (xmas).
  if (flags == kSyn || flags == 0 || flags == kFin || flags == 0x29) return Purpose::tcp_scan;
  if ((flags & (kSyn | kAck)) == (kSyn | kAck) || (flags & kRst) != 0)
    return Purpose::tcp_backscatter;
  return Purpose::tcp_other;
}

/// TCP's first 20 bytes are there; `length` is of header and payload. Where the header says that it
/// is shorter than it can be or longer than all there is, as crafted ones do, it is what it can be:
/// who knocks where is still said.
inline void tcp_segment(const std::uint8_t* tcp, std::size_t captured, std::uint32_t length,
                        std::uint16_t identification, Packet& packet) {
  const std::uint32_t head = std::clamp<std::uint32_t>(tcp[12] / 16U * 4, 20, length);
  packet.source_port = u16(tcp);
  packet.port = u16(tcp + 2);
  packet.flags = tcp[13];
  packet.has_ports = true;
  packet.purpose = purpose_of_tcp(packet.flags);
  packet.tool = tool_of(packet, identification, tcp, captured);
  const std::size_t seen = std::min<std::size_t>(head, captured);
  packet.payload_length = length - head;
  packet.payload_at = tcp + seen;
  packet.payload_captured = static_cast<std::uint32_t>(captured - seen);
}

/// UDP's header of 8 bytes, all of which is there.
inline void udp_datagram(const std::uint8_t* udp, std::size_t captured, std::uint32_t length,
                         Packet& packet) {
  packet.source_port = u16(udp);
  packet.port = u16(udp + 2);
  packet.has_ports = true;
  packet.purpose = Purpose::udp;
  packet.tool = Tool::none;
  packet.payload_length = length - 8;
  packet.payload_at = udp + 8;
  packet.payload_captured = static_cast<std::uint32_t>(captured) - 8;
}

/// From the transport's header on; `length` is what the network's header says of it.
Decoded transport(Bytes rest, std::uint32_t length, std::uint16_t identification, Packet& packet,
                  int tunnels) {
  switch (packet.protocol) {
    case kProtocolTcp:
      if (length < 20) return Decoded::malformed;
      if (rest.size < 20) return Decoded::cut_short;
      tcp_segment(rest.at, std::min<std::size_t>(rest.size, length), length, identification,
                  packet);
      return Decoded::packet;
    case kProtocolUdp:
      if (length < 8) return Decoded::malformed;
      if (rest.size < 8) return Decoded::cut_short;
      udp_datagram(rest.at, std::min<std::size_t>(rest.size, length), length, packet);
      return Decoded::packet;
    case kProtocolIcmp:
    case kProtocolIcmp6: packet.purpose = Purpose::icmp; return Decoded::packet;
    case 47: return gre(rest, packet, tunnels);
    default: packet.purpose = Purpose::other; return Decoded::packet;
  }
}

/// A later fragment: what it belongs to is known, its ports are not.
Decoded later_fragment(Packet& packet) {
  packet.purpose = packet.protocol == kProtocolTcp   ? Purpose::tcp_other
                   : packet.protocol == kProtocolUdp ? Purpose::udp
                   : packet.protocol == kProtocolIcmp || packet.protocol == kProtocolIcmp6
                       ? Purpose::icmp
                       : Purpose::other;
  return Decoded::packet;
}

/// A first fragment that ends between TCP's ports and its flags: no honest stack sends such
/// (RFC 1858), who scans past a filter does (nmap -f).
bool tiny_fragment(Bytes rest, std::uint32_t length, Packet& packet) {
  if (packet.protocol != kProtocolTcp || length < 4 || length >= 20 || rest.size < 4) return false;
  packet.source_port = u16(rest.at);
  packet.port = u16(rest.at + 2);
  packet.has_ports = true;
  packet.purpose = Purpose::tcp_scan;
  return true;
}

Decoded ip4(Bytes rest, Packet& packet, int tunnels) {
  if (rest.size < 20) return Decoded::cut_short;
  const std::uint8_t* ip = rest.at;
  const std::size_t head = std::size_t{ip[0] & 15U} * 4;
  // 0 stands for "as long as it is" where the card cuts large segments itself (TSO).
  const std::size_t total = u16(ip + 2) == 0 ? std::max<std::size_t>(rest.size, head) : u16(ip + 2);
  if (ip[0] >> 4U != 4 || head < 20 || total < head) return Decoded::malformed;
  if (rest.size < head) return Decoded::cut_short;
  packet.source = Address::v4(u32(ip + 12));
  packet.target = Address::v4(u32(ip + 16));
  packet.protocol = ip[9];
  rest.size = std::min(rest.size, total);  // Ethernet pads short frames
  rest.skip(head);
  const std::uint16_t fragment = u16(ip + 6);
  if ((fragment & 0x1fffU) != 0) return later_fragment(packet);
  const auto length = static_cast<std::uint32_t>(total - head);
  if ((fragment & 0x2000U) != 0 && tiny_fragment(rest, length, packet)) return Decoded::packet;
  return transport(rest, length, u16(ip + 4), packet, tunnels);
}

Decoded ip6(Bytes rest, Packet& packet, int tunnels) {
  if (rest.size < 40) return Decoded::cut_short;
  const std::uint8_t* ip = rest.skip(40);
  if (ip[0] >> 4U != 6) return Decoded::malformed;
  packet.source = {u64(ip + 8), u64(ip + 16)};
  packet.target = {u64(ip + 24), u64(ip + 32)};
  std::uint32_t length = u16(ip + 4);
  if (length == 0) length = static_cast<std::uint32_t>(rest.size);
  rest.size = std::min<std::size_t>(rest.size, length);
  std::uint8_t next = ip[6];
  bool more_fragments = false;
  for (int i = 0; i < kMostExtensions; ++i) {
    packet.protocol = next;
    std::size_t head = 0;
    if (next == 0 || next == 43 || next == 60 || next == 135) {  // RFC 8200, 4.3 to 4.6; mobility
      if (rest.size < 8) return Decoded::cut_short;
      head = (std::size_t{rest.at[1]} + 1) * 8;
    } else if (next == 51) {  // authentication header (RFC 4302)
      if (rest.size < 8) return Decoded::cut_short;
      head = (std::size_t{rest.at[1]} + 2) * 4;
    } else if (next == 44) {  // fragment (RFC 8200, 4.5)
      if (rest.size < 8) return Decoded::cut_short;
      head = 8;
      if ((u16(rest.at + 2) & 0xfff8U) != 0) {
        packet.protocol = rest.at[0];
        return later_fragment(packet);
      }
      more_fragments = (rest.at[3] & 1U) != 0;
    } else {
      if (more_fragments && tiny_fragment(rest, length, packet)) return Decoded::packet;
      return transport(rest, length, 0, packet, tunnels);
    }
    if (head > length) return Decoded::malformed;
    if (rest.size < head) return Decoded::cut_short;
    next = rest.skip(head)[0];
    length -= static_cast<std::uint32_t>(head);
  }
  return Decoded::malformed;
}

Decoded network(std::uint16_t type, Bytes rest, Packet& packet, int tunnels) {
  for (int tags = 0; type == 0x8100 || type == 0x88a8 || type == 0x9100; ++tags) {
    if (tags == kMostTags) return Decoded::malformed;
    if (rest.size < 4) return Decoded::cut_short;
    type = u16(rest.skip(4) + 2);
  }
  if (type == kIp4) return ip4(rest, packet, tunnels);
  if (type == kIp6) return ip6(rest, packet, tunnels);
  if (type == kPppoeSession) {  // RFC 2516
    if (rest.size < 6) return Decoded::cut_short;
    if (rest.at[0] != 0x11 || rest.at[1] != 0) return Decoded::malformed;
    rest.skip(6);
    return ppp(rest, packet, tunnels);
  }
  return Decoded::not_ip;
}

/// What nearly all frames are, straight on: TCP or UDP in IPv4 without options in Ethernet, as
/// far as the transport's header all there and in one piece. False where it is anything else.
bool usual(const Record& record, Packet& packet) {
  constexpr std::uint32_t kFrame = 14;
  constexpr std::uint32_t kHead = 20;
  if (record.link != 1 || record.captured < kFrame + kHead + 20) return false;
  const std::uint8_t* ip = record.data + kFrame;
  if (u16(ip - 2) != kIp4 || ip[0] != 0x45 || (u16(ip + 6) & 0x1fffU) != 0) return false;
  const std::uint32_t total = u16(ip + 2);
  const std::uint32_t captured = std::min(record.captured - kFrame, total);
  packet.source = Address::v4(u32(ip + 12));
  packet.target = Address::v4(u32(ip + 16));
  packet.protocol = ip[9];
  if (packet.protocol == kProtocolTcp && captured >= kHead + 20) {
    tcp_segment(ip + kHead, captured - kHead, total - kHead, u16(ip + 4), packet);
    return true;
  }
  if (packet.protocol != kProtocolUdp || captured < kHead + 8) return false;
  packet.flags = 0;
  udp_datagram(ip + kHead, captured - kHead, total - kHead, packet);
  return true;
}

Decoded by_version(Bytes rest, Packet& packet) {
  if (rest.size < 1) return Decoded::cut_short;
  if (rest.at[0] >> 4U == 4) return ip4(rest, packet, 0);
  if (rest.at[0] >> 4U == 6) return ip6(rest, packet, 0);
  return Decoded::malformed;
}

}  // namespace

Decoded decode(const Record& record, Packet& packet) {
  packet.time_ns = record.time_ns;
  packet.length = record.length;
  if (usual(record, packet)) return Decoded::packet;
  packet.source_port = packet.port = 0;
  packet.flags = 0;
  packet.has_ports = false;
  packet.tool = Tool::none;
  packet.payload_captured = packet.payload_length = 0;
  packet.payload_at = nullptr;
  Bytes rest{record.data, record.captured};
  switch (record.link) {
    case 1:  // LINKTYPE_ETHERNET
      return ethernet(rest, packet, 0);
    case 0:    // LINKTYPE_NULL: a family in the byte order of whoever captured
    case 108:  // LINKTYPE_LOOP
      if (rest.size < 4) return Decoded::cut_short;
      rest.skip(4);
      return by_version(rest, packet);
    case 12:  // LINKTYPE_RAW, as some systems number it
    case 14:
    case 101:  // LINKTYPE_RAW
    case 228:  // LINKTYPE_IPV4
    case 229:  // LINKTYPE_IPV6
      return by_version(rest, packet);
    case 9:   // LINKTYPE_PPP
    case 50:  // LINKTYPE_PPP_HDLC
      return ppp(rest, packet, 0);
    case 51:  // LINKTYPE_PPP_ETHER: from the PPPoE header on
      return network(kPppoeSession, rest, packet, 0);
    case 113:  // LINKTYPE_LINUX_SLL
      if (rest.size < 16) return Decoded::cut_short;
      return network(u16(rest.skip(16) + 14), rest, packet, 0);
    case 276:  // LINKTYPE_LINUX_SLL2
      if (rest.size < 20) return Decoded::cut_short;
      return network(u16(rest.skip(20)), rest, packet, 0);
    default: return Decoded::unknown_link;
  }
}

}  // namespace sekisho
