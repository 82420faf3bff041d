// SPDX-License-Identifier: Apache-2.0
// Writes a capture of one shape: sekisho_shapes SHAPE FILE PACKETS. ipv6 and vlan: knocks as in a
// darknet; used: short conversations with SSH, RDP, HTTPS and SMB, as on a firm's line; fragments:
// datagrams in three parts; large: 1,500 bytes each. A packet every 10 µs, always the same bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>
#include <vector>

namespace {

class Frames {
 public:
  explicit Frames(std::string_view shape) : shape_(shape) {}

  /// The next frame.
  const std::vector<unsigned char>& next() {
    out_.clear();
    bits_ = dice_();
    big(0, 12);
    if (shape_ == "vlan") big(0x8100000aU, 4);
    if (shape_ == "ipv6")
      ipv6();
    else if (shape_ == "used")
      used();
    else if (shape_ == "fragments")
      fragment();
    else if (shape_ == "large")
      ipv4(6, 0, 1480, 0x0a000000U | (bits_ & 0xffffU), kOurs | (bits_ >> 16U & 0xffU), 50'000,
           (bits_ >> 24U & 1U) != 0 ? 443 : 50'001, 0x10);
    else
      ipv4(6, 0, 20, static_cast<std::uint32_t>(bits_), kOurs | (bits_ >> 32U & 0xffU), 40'000, 23,
           2);
    ++at_;
    return out_;
  }

 private:
  static constexpr std::uint32_t kOurs = 0xc6336400U;

  void big(std::uint64_t value, unsigned bytes) {
    for (unsigned i = bytes; i-- > 0;)
      out_.push_back(i < 8 ? static_cast<unsigned char>(value >> 8 * i) : 0);
  }
  void transport(std::uint8_t protocol, std::size_t bytes, std::uint16_t from, std::uint16_t to,
                 std::uint8_t flags) {
    const std::size_t end = out_.size() + bytes;
    big(from, 2);
    big(to, 2);
    if (protocol == 6) {
      big(bits_, 4);
      big(0, 4);
      big(0x50, 1);
      big(flags, 1);
      big(1024, 2);
      big(0, 4);
    } else {
      big(bytes, 2);
      big(0, 2);
    }
    out_.resize(end, 0x17);
  }
  /// `place` is that of a fragment, with its bit for more.
  void ipv4(std::uint8_t protocol, std::uint16_t place, std::size_t bytes, std::uint64_t source,
            std::uint64_t target, std::uint16_t from, std::uint16_t to, std::uint8_t flags) {
    big(0x08004500U, 4);
    big(20 + bytes, 2);
    big(bits_ & 0xffffU, 2);
    big(place, 2);
    big(64, 1);
    big(protocol, 1);
    big(0, 2);
    big(source, 4);
    big(target, 4);
    transport(protocol, bytes, from, to, flags);
  }
  void ipv6() {
    big(0x86dd60000000U, 6);
    big(20, 2);
    big(0x0640, 2);
    big(0x20010db800000000U | (bits_ & 0xffffffffU), 8);
    big(at_, 8);
    big(0x20010db800010000U, 8);
    big(bits_ >> 56U, 8);
    transport(6, 20, 40'000, 23, 2);
  }
  /// Eight packets: opened, three with payload, closed.
  void used() {
    constexpr std::uint16_t kPorts[] = {22, 3389, 443, 445};
    const std::uint64_t id = at_ / 8 * 0x9e3779b97f4a7c15U;
    const std::uint64_t step = at_ % 8;
    const std::uint64_t client = 0x0b000000U | (id >> 20U & 0x3fffffU);
    const std::uint64_t server = kOurs | (id >> 50U & 0xffU);
    const auto port = static_cast<std::uint16_t>(1024 + (id >> 8U) % 60'000);
    const std::uint16_t service = kPorts[id >> 62U];
    const bool up = step == 0 || step == 2 || step == 3 || step == 5 || step == 6;
    const std::uint8_t flags = step == 0 ? 2 : step == 1 ? 0x12 : step >= 6 ? 0x11 : 0x18;
    ipv4(6, 0, step >= 3 && step < 6 ? 80 : 20, up ? client : server, up ? server : client,
         up ? port : service, up ? service : port, flags);
  }
  void fragment() {
    const std::uint64_t part = at_ % 3;
    bits_ = at_ / 3 * 0x9e3779b97f4a7c15U;
    const auto place = static_cast<std::uint16_t>(part * 185 | (part < 2 ? 0x2000U : 0U));
    ipv4(17, place, part < 2 ? 1480 : 500, 0x0a000000U | (bits_ >> 40U & 0xfffffU), kOurs, 40'000,
         53, 0);
  }

  std::string_view shape_;
  std::vector<unsigned char> out_;
  std::mt19937_64 dice_{2020};
  std::uint64_t bits_ = 0;
  std::uint64_t at_ = 0;
};

void little32(std::FILE* file, std::uint64_t value) {
  const unsigned char bytes[] = {
      static_cast<unsigned char>(value), static_cast<unsigned char>(value >> 8U),
      static_cast<unsigned char>(value >> 16U), static_cast<unsigned char>(value >> 24U)};
  std::fwrite(bytes, 1, sizeof(bytes), file);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::FILE* file = std::fopen(argv[2], "wb");
  if (file == nullptr) return 1;
  for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 1U})
    little32(file, word);
  Frames frames(argv[1]);
  const auto packets = std::strtoull(argv[3], nullptr, 10);
  for (std::uint64_t i = 0; i < packets; ++i) {
    const auto& frame = frames.next();
    little32(file, 1'577'836'800 + i / 100'000);
    little32(file, i % 100'000 * 10);
    little32(file, frame.size());
    little32(file, frame.size());
    if (std::fwrite(frame.data(), 1, frame.size(), file) != frame.size()) return 1;
  }
  return std::fclose(file) == 0 ? 0 : 1;
}
