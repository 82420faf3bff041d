// SPDX-License-Identifier: Apache-2.0
// The least that a counter of captures must do: sekisho_bare ports|sources FILE. Walks the records
// of a little-endian pcap of Ethernet and IPv4 without looking at anything else, and counts
// destination ports, or ports and different sources.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const bool sources = std::string_view(argv[1]) == "sources";
  const int file = ::open(argv[2], O_RDONLY | O_CLOEXEC);
  if (file < 0) return 1;
  static std::array<std::uint64_t, 65536> ports;
  constexpr std::size_t kSlots = std::size_t{1} << 25U;
  std::vector<std::uint32_t> seen(sources ? kSlots : 0);
  std::vector<std::uint8_t> buffer(262'144);
  std::size_t at = 24;
  std::size_t filled = 0;
  std::uint64_t packets = 0;
  std::uint64_t different = 0;
  while (true) {
    if (filled > at) std::memmove(buffer.data(), buffer.data() + at, filled - at);
    const std::size_t left = filled > at ? filled - at : 0;
    const std::size_t skip = at > filled ? at - filled : 0;
    const ssize_t got = ::read(file, buffer.data() + left, buffer.size() - left);
    if (got <= 0) break;
    filled = left + static_cast<std::size_t>(got);
    at = skip;
    while (filled - at >= 16) {
      std::uint32_t captured = 0;
      std::memcpy(&captured, &buffer[at + 8], sizeof captured);
      if (captured < 38 || filled - at < 16 + captured) break;
      const std::uint8_t* frame = &buffer[at + 16];
      ++ports[static_cast<std::size_t>(frame[36] << 8 | frame[37])];
      if (sources) {
        std::uint32_t source = 0;
        std::memcpy(&source, frame + 26, sizeof source);
        std::size_t slot = (source * 2654435761U) >> 7U;
        while (seen[slot] != 0 && seen[slot] != source) slot = (slot + 1) % kSlots;
        different += seen[slot] == 0 ? 1U : 0U;
        seen[slot] = source;
      }
      ++packets;
      at += 16 + captured;
    }
  }
  ::close(file);
  std::printf("%llu packets, port 23: %llu, sources: %llu\n",
              static_cast<unsigned long long>(packets), static_cast<unsigned long long>(ports[23]),
              static_cast<unsigned long long>(different));
  return 0;
}
