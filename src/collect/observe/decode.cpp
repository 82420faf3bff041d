// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/decode.h"

#include <algorithm>

#include "collect/observe/decode_parts.h"

namespace sekisho::decoding {
namespace {

constexpr int kMostTags = 4;
constexpr int kMostExtensions = 8;
constexpr std::uint8_t kAuthentication = 51;  // RFC 4302

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
  // Opening, however it is dressed, and the probes that no honest stack sends: what opens nothing
  // and refuses nothing acknowledges something (RFC 9293, 3.1).
  if ((flags & kAck) == 0 && ((flags & kSyn) != 0 || (flags & kRst) == 0)) return Purpose::tcp_scan;
  return (flags & (kSyn | kRst)) != 0 ? Purpose::tcp_backscatter : Purpose::tcp_other;
}

/// What comes with data belongs to something; who only acknowledges may be looking for a filter.
Manner manner_of_tcp(Purpose purpose, std::uint32_t payload) {
  switch (purpose) {
    case Purpose::tcp_scan: return Manner::knocks;
    case Purpose::tcp_other: return payload == 0 ? Manner::begins : Manner::talks;
    default: return Manner::neither;
  }
}

/// Traceroute counts ports up from here; nobody looks for services there.
bool traces(std::uint16_t port) { return port >= 33434 && port < 33434 + 90; }

/// TCP's first 20 bytes are there; `length` is of header and payload. Where the header says that it
/// is shorter than it can be or longer than all there is, as crafted ones do, it is what it can be:
/// who knocks where is still said.
inline void tcp_segment(const std::uint8_t* tcp, std::size_t captured, std::uint32_t length,
                        std::uint16_t identification, Packet& packet) {
  const std::uint32_t head = std::clamp<std::uint32_t>(tcp[12] / 16U * 4, 20, length);
  packet.source_port = u16(tcp);
  packet.port = u16(tcp + 2);
  packet.sequence = u32(tcp + 4);
  packet.acknowledged = u32(tcp + 8);
  packet.flags = tcp[13];
  packet.has_ports = true;
  packet.purpose = purpose_of_tcp(packet.flags);
  packet.tool = tool_of(packet, identification, tcp, captured);
  const std::size_t seen = std::min<std::size_t>(head, captured);
  packet.payload_length = length - head;
  packet.payload_at = tcp + seen;
  packet.payload_captured = static_cast<std::uint32_t>(captured - seen);
  packet.manner = manner_of_tcp(packet.purpose, packet.payload_length);
}

/// UDP's header of 8 bytes, all of which is there.
inline void udp_datagram(const std::uint8_t* udp, std::size_t captured, std::uint32_t length,
                         Packet& packet) {
  packet.source_port = u16(udp);
  packet.port = u16(udp + 2);
  packet.has_ports = true;
  packet.purpose = Purpose::udp;
  packet.tool = Tool::none;
  packet.manner = traces(packet.port) ? Manner::neither : Manner::begins;
  packet.payload_length = length - 8;
  packet.payload_at = udp + 8;
  packet.payload_captured = static_cast<std::uint32_t>(captured) - 8;
}

/// SCTP's ports, and the first chunk (RFC 9260, 3): who scans sends the beginning of an association
/// (nmap -sY) or the end of its beginning (-sZ).
void sctp(Octets rest, std::uint32_t length, Packet& packet) {
  packet.purpose = Purpose::other;
  if (rest.size < 4 || length < 4) return;
  packet.source_port = u16(rest.at);
  packet.port = u16(rest.at + 2);
  if (rest.size < 13 || length < 13) return;
  switch (rest.at[12]) {
    case 1: packet.manner = Manner::knocks; break;   // INIT
    case 10: packet.manner = Manner::begins; break;  // COOKIE ECHO
    case 2:                                          // INIT ACK
    case 6: break;                                   // ABORT
    default: packet.manner = Manner::talks;
  }
}

/// DCCP's and UDP-Lite's ports; of the first a request opens (RFC 4340, 5.1).
void other_ports(Octets rest, std::uint32_t length, Packet& packet) {
  packet.purpose = Purpose::other;
  if (rest.size < 9 || length < 9) return;
  packet.source_port = u16(rest.at);
  packet.port = u16(rest.at + 2);
  constexpr unsigned kRequest = 0;
  const unsigned type = rest.at[8] >> 1U & 15U;
  packet.manner =
      packet.protocol == kProtocolUdpLite || type == kRequest ? Manner::begins : Manner::talks;
}

/// Requests that are answered: echo, and with ICMP of IPv4 the time and the mask (nmap -PE -PP
/// -PM).
void icmp(Octets rest, Packet& packet) {
  packet.purpose = Purpose::icmp;
  if (rest.size < 1) return;
  const std::uint8_t type = rest.at[0];
  const bool four = packet.protocol == kProtocolIcmp;
  if (four ? type == 8 || type == 13 || type == 17 : type == 128) packet.manner = Manner::begins;
  if (four ? type == 0 || type == 14 || type == 18 : type == 129) packet.manner = Manner::replies;
}

/// From the transport's header on; `length` is what the network's header says of it.
Decoded transport(Octets rest, std::uint32_t length, std::uint16_t identification, Packet& packet,
                  Way way) {
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
      if (udp_tunnel(packet.port))
        look_into_udp({rest.at + 8, rest.size - 8, rest.frame, rest.captured}, packet, way);
      return Decoded::packet;
    case kProtocolIcmp:
    case kProtocolIcmp6: icmp(rest, packet); return Decoded::packet;
    case kProtocolSctp: sctp(rest, length, packet); return Decoded::packet;
    case kProtocolDccp:
    case kProtocolUdpLite: other_ports(rest, length, packet); return Decoded::packet;
    default:
      packet.purpose = Purpose::other;
      look_into(rest, packet, way);
      return Decoded::packet;
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
bool tiny_fragment(Octets rest, std::uint32_t length, Packet& packet) {
  if (packet.protocol != kProtocolTcp || length < 4 || length >= 20 || rest.size < 4) return false;
  packet.source_port = u16(rest.at);
  packet.port = u16(rest.at + 2);
  packet.has_ports = true;
  packet.purpose = Purpose::tcp_scan;
  packet.manner = Manner::knocks;
  return true;
}

/// Past IPv4's authentication headers.
Decoded past_authentication(Octets& rest, std::uint32_t& length, Packet& packet) {
  for (int i = 0; packet.protocol == kAuthentication; ++i) {
    if (i == kMostExtensions) return Decoded::malformed;
    if (rest.size < 8) return Decoded::cut_short;
    const std::size_t head = (std::size_t{rest.at[1]} + 2) * 4;
    if (head > length) return Decoded::malformed;
    if (rest.size < head) return Decoded::cut_short;
    packet.protocol = rest.skip(head)[0];
    length -= static_cast<std::uint32_t>(head);
  }
  return Decoded::packet;
}

/// A record may claim any length; the packet in it says how long it is. Behind it there may be some
/// bytes more (a checksum, padding, what a switch adds): as many as are there, or a few.
std::uint32_t believed(std::uint32_t claimed, std::uint32_t captured, std::size_t packet_ends) {
  constexpr std::size_t kTrailer = 64;
  return std::min(claimed, std::max(captured, static_cast<std::uint32_t>(packet_ends + kTrailer)));
}

}  // namespace

Decoded ip4(Octets rest, Packet& packet, Way way) {
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
  if (way.tunnels == 0 && u16(ip + 2) != 0)
    packet.length =
        believed(packet.length, rest.captured, static_cast<std::size_t>(ip - rest.frame) + total);
  const std::uint16_t fragment = u16(ip + 6);
  if ((fragment & 0x1fffU) != 0) return later_fragment(packet);
  auto length = static_cast<std::uint32_t>(total - head);
  if ((fragment & 0x2000U) != 0 && tiny_fragment(rest, length, packet)) return Decoded::packet;
  if (const Decoded past = past_authentication(rest, length, packet); past != Decoded::packet)
    return past;
  return transport(rest, length, u16(ip + 4), packet, way);
}

Decoded ip6(Octets rest, Packet& packet, Way way) {
  if (rest.size < 40) return Decoded::cut_short;
  const std::uint8_t* ip = rest.skip(40);
  if (ip[0] >> 4U != 6) return Decoded::malformed;
  packet.source = {u64(ip + 8), u64(ip + 16)};
  packet.target = {u64(ip + 24), u64(ip + 32)};
  std::uint32_t length = u16(ip + 4);
  if (length == 0)
    length = static_cast<std::uint32_t>(rest.size);
  else if (way.tunnels == 0)
    packet.length = believed(packet.length, rest.captured,
                             static_cast<std::size_t>(ip - rest.frame) + 40 + length);
  rest.size = std::min<std::size_t>(rest.size, length);
  std::uint8_t next = ip[6];
  bool more_fragments = false;
  for (int i = 0; i < kMostExtensions; ++i) {
    packet.protocol = next;
    std::size_t head = 0;
    if (next == 0 || next == 43 || next == 60 || next == 135) {  // RFC 8200, 4.3 to 4.6; mobility
      if (rest.size < 8) return Decoded::cut_short;
      head = (std::size_t{rest.at[1]} + 1) * 8;
    } else if (next == kAuthentication) {
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
      return transport(rest, length, 0, packet, way);
    }
    if (head > length) return Decoded::malformed;
    if (rest.size < head) return Decoded::cut_short;
    next = rest.skip(head)[0];
    length -= static_cast<std::uint32_t>(head);
  }
  return Decoded::malformed;
}

Decoded network(std::uint16_t type, Octets rest, Packet& packet, Way way) {
  for (int tags = 0; type == 0x8100 || type == 0x88a8 || type == 0x9100; ++tags) {
    if (tags == kMostTags) return Decoded::malformed;
    if (rest.size < 4) return Decoded::cut_short;
    type = u16(rest.skip(4) + 2);
  }
  if (type == kIp4) return ip4(rest, packet, way);
  if (type == kIp6) return ip6(rest, packet, way);
  if (type == kPppoeSession) {  // RFC 2516
    if (rest.size < 6) return Decoded::cut_short;
    if (rest.at[0] != 0x11 || rest.at[1] != 0) return Decoded::malformed;
    rest.skip(6);
    return ppp(rest, packet, way);
  }
  if (type == 0x8847 || type == 0x8848) return mpls(rest, packet, way);
  if (type > 1500) return Decoded::not_ip;
  rest.size = std::min<std::size_t>(rest.size, type);  // Ethernet pads short frames
  return llc(rest, packet, way);
}

namespace {

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
  packet.length = believed(record.length, record.captured, kFrame + total);
  if (packet.protocol == kProtocolTcp && captured >= kHead + 20) {
    tcp_segment(ip + kHead, captured - kHead, total - kHead, u16(ip + 4), packet);
    return true;
  }
  if (packet.protocol != kProtocolUdp || captured < kHead + 8 || udp_tunnel(u16(ip + kHead + 2)))
    return false;
  packet.flags = 0;
  udp_datagram(ip + kHead, captured - kHead, total - kHead, packet);
  return true;
}

Decoded by_link(std::uint32_t link, Octets rest, Packet& packet, Way way) {
  const auto cooked = [&](std::uint16_t type) {
    constexpr std::uint16_t kLlc = 4;  // ETH_P_802_2
    return type == kLlc ? llc(rest, packet, way) : network(type, rest, packet, way);
  };
  switch (link) {
    case 1:  // LINKTYPE_ETHERNET
      return ethernet(rest, packet, way);
    case 0:    // LINKTYPE_NULL: a family in the byte order of whoever captured
    case 108:  // LINKTYPE_LOOP
      if (rest.size < 4) return Decoded::cut_short;
      rest.skip(4);
      return by_version(rest, packet, way);
    case 12:  // LINKTYPE_RAW, as some systems number it
    case 14:
    case 101:  // LINKTYPE_RAW
    case 228:  // LINKTYPE_IPV4
    case 229:  // LINKTYPE_IPV6
      return by_version(rest, packet, way);
    case 9:   // LINKTYPE_PPP
    case 50:  // LINKTYPE_PPP_HDLC
      return ppp(rest, packet, way);
    case 51:  // LINKTYPE_PPP_ETHER: from the PPPoE header on
      return network(kPppoeSession, rest, packet, way);
    case 104:  // LINKTYPE_C_HDLC
      return cisco_hdlc(rest, packet, way);
    case 113:  // LINKTYPE_LINUX_SLL
      if (rest.size < 16) return Decoded::cut_short;
      return cooked(u16(rest.skip(16) + 14));
    case 219:  // LINKTYPE_MPLS
      return mpls(rest, packet, way);
    case 276:  // LINKTYPE_LINUX_SLL2
      if (rest.size < 20) return Decoded::cut_short;
      return cooked(u16(rest.skip(20)));
    default: return Decoded::unknown_link;
  }
}

}  // namespace
}  // namespace sekisho::decoding

namespace sekisho {

Decoded decode(const Record& record, Packet& packet, const std::vector<Network>* ends) {
  packet.time_ns = record.time_ns;
  if (decoding::usual(record, packet)) return Decoded::packet;
  packet.length = record.length;
  packet.source_port = packet.port = 0;
  packet.flags = 0;
  packet.has_ports = false;
  packet.tool = Tool::none;
  packet.manner = Manner::neither;
  packet.payload_captured = packet.payload_length = 0;
  packet.payload_at = nullptr;
  return decoding::by_link(
      record.link, {record.data, record.captured, record.data, record.captured}, packet, {0, ends});
}

}  // namespace sekisho
