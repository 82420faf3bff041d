// SPDX-License-Identifier: Apache-2.0
// Writes a capture like a darknet's: sekisho_darknet FILE PACKETS [MICROSECONDS ADDRESSES]. Frames
// of 60 bytes, sources and ports with heavy tails, one packet every 63 µs to 300,000 addresses
// (NICTER's 500.1 billion of 2020) unless said otherwise. Always the same bytes for the same words:
// the seed is fixed.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

constexpr std::uint64_t kSeed = 2020;

void little32(std::vector<unsigned char>& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<unsigned char>(value >> shift));
}
void big(std::vector<unsigned char>& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<unsigned char>(value >> 8 * i));
}

/// Ranks from 1 to `most` with about 1 / rank^s, by inverting the continuous distribution.
std::uint32_t zipf(double uniform, double s, double most) {
  const double top = std::pow(most, 1 - s);
  return static_cast<std::uint32_t>(std::pow(1 + uniform * (top - 1), 1 / (1 - s)));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) return 2;
  std::FILE* file = std::fopen(argv[1], "wb");
  if (file == nullptr) return 1;
  std::mt19937_64 dice(kSeed);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<unsigned char> out;
  for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 1U})
    little32(out, word);
  const auto packets = std::strtoull(argv[2], nullptr, 10);
  const auto apart = argc == 5 ? std::strtoull(argv[3], nullptr, 10) : 63;
  const auto addresses = argc == 5 ? std::strtoull(argv[4], nullptr, 10) : 300'000;
  for (std::uint64_t i = 0; i < packets; ++i) {
    const std::uint64_t bits = dice();
    const std::uint32_t source = zipf(uniform(dice), 0.9, 4e9) * 2654435761U;
    const std::uint32_t port = zipf(uniform(dice), 1.1, 65536) * 40503U & 0xffffU;
    const std::uint32_t target = (198U << 24U) + static_cast<std::uint32_t>(bits % addresses);
    const bool udp = (bits >> 60U) == 0;
    const std::uint64_t us = i * apart;
    little32(out, static_cast<std::uint32_t>(1'577'836'800 + us / 1'000'000));
    little32(out, static_cast<std::uint32_t>(us % 1'000'000));
    little32(out, 60);
    little32(out, 60);
    big(out, 0, 6);
    big(out, 0, 6);
    big(out, 0x0800, 2);
    big(out, 0x4500, 2);
    big(out, udp ? 46 : 40, 2);
    big(out, bits >> 16U & 0xffffU, 2);
    big(out, 0, 2);
    big(out, 64, 1);
    big(out, udp ? 17 : 6, 1);
    big(out, 0, 2);
    big(out, source, 4);
    big(out, target, 4);
    big(out, 1024 + (bits >> 32U & 0x7fffU), 2);
    big(out, port, 2);
    if (udp) {
      big(out, 26, 2);
      big(out, 0, 2);
      out.insert(out.end(), 18, 0);
    } else {
      big(out, dice(), 4);
      big(out, 0, 4);
      big(out, 0x5002, 2);
      big(out, 1024, 2);
      big(out, 0, 4);
      big(out, 0, 6);
    }
    if (out.size() > (std::size_t{1} << 20U) || i + 1 == packets) {
      if (std::fwrite(out.data(), 1, out.size(), file) != out.size()) return 1;
      out.clear();
    }
  }
  return std::fclose(file) == 0 ? 0 : 1;
}
