// SPDX-License-Identifier: Apache-2.0
// For tests: frames and captures written by hand, byte by byte.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "collect/observe/observe.h"

namespace sekisho::frames {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
inline Bytes number(std::uint64_t value, unsigned bytes, bool little = false) {
  Bytes out(bytes);
  for (unsigned i = 0; i < bytes; ++i)
    out[little ? i : bytes - 1 - i] = static_cast<std::uint8_t>(value >> 8 * i);
  return out;
}
inline Bytes zeros(std::size_t count) { return Bytes(count); }

struct Tcp {
  std::uint16_t source = 40000;
  std::uint16_t port = 22;
  std::uint8_t flags = kSyn;
  std::uint32_t sequence = 1;
  std::uint16_t window = 5840;
  Bytes options = {};
};
inline Bytes tcp(const Tcp& one) {
  return number(one.source, 2) + number(one.port, 2) + number(one.sequence, 4) + zeros(4) +
         number((5 + one.options.size() / 4) << 4U, 1) + number(one.flags, 1) +
         number(one.window, 2) + zeros(4) + one.options;
}
inline Bytes udp(std::uint16_t port, const Bytes& payload = {}) {
  return number(5353, 2) + number(port, 2) + number(8 + payload.size(), 2) + zeros(2) + payload;
}
struct Ip {
  std::uint32_t source = 0xc0000201;
  std::uint32_t target = 0xc6336401;
  std::uint16_t identification = 0;
  std::uint16_t fragment = 0;
};
inline Bytes ip4(std::uint8_t protocol, const Bytes& inside, const Ip& ip = {}) {
  return number(0x4500, 2) + number(20 + inside.size(), 2) + number(ip.identification, 2) +
         number(ip.fragment, 2) + number(64, 1) + number(protocol, 1) + zeros(2) +
         number(ip.source, 4) + number(ip.target, 4) + inside;
}
/// From 2001:db8::1 to 2001:db8::2.
inline Bytes ip6(std::uint8_t next, const Bytes& inside) {
  return number(0x60000000, 4) + number(inside.size(), 2) + number(next, 1) + number(64, 1) +
         number(0x20010db8, 4) + zeros(11) + number(1, 1) + number(0x20010db8, 4) + zeros(11) +
         number(2, 1) + inside;
}
inline Bytes ethernet(std::uint16_t type, const Bytes& inside) {
  return zeros(12) + number(type, 2) + inside;
}

struct Stamped {
  Bytes frame;
  std::uint32_t second = 0;
  std::uint32_t fraction = 0;
};
inline Bytes pcap(const std::vector<Stamped>& frames, std::uint32_t link = 1,
                  std::uint32_t magic = 0xa1b2c3d4, bool little = true) {
  Bytes out = number(magic, 4, little) + number(2, 2, little) + number(4, 2, little) + zeros(8) +
              number(65535, 4, little) + number(link, 4, little);
  for (const Stamped& one : frames)
    out = std::move(out) + number(one.second, 4, little) + number(one.fraction, 4, little) +
          number(one.frame.size(), 4, little) + number(one.frame.size(), 4, little) + one.frame;
  return out;
}
inline Bytes block(std::uint32_t type, Bytes body, bool little = true) {
  body.resize((body.size() + 3) / 4 * 4);
  const Bytes length = number(12 + body.size(), 4, little);
  return number(type, 4, little) + length + body + length;
}
inline Bytes section(bool little = true) {
  return block(0x0a0d0d0a,
               number(0x1a2b3c4d, 4, little) + number(1, 2, little) + zeros(2) +
                   number(~std::uint64_t{0}, 8, little),
               little);
}
inline Bytes interface(std::uint16_t link, const Bytes& options = {}, bool little = true) {
  return block(1, number(link, 2, little) + zeros(2) + number(65535, 4, little) + options, little);
}
inline Bytes enhanced(const Bytes& frame, std::uint64_t time, std::uint32_t number_of = 0,
                      bool little = true) {
  return block(6,
               number(number_of, 4, little) + number(time >> 32U, 4, little) +
                   number(time & 0xffffffffU, 4, little) + number(frame.size(), 4, little) +
                   number(frame.size(), 4, little) + frame,
               little);
}

}  // namespace sekisho::frames
