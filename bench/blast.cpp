// SPDX-License-Identifier: Apache-2.0
// Sends the frames of a capture (pcap, little endian, microseconds) over and over as fast as one
// processor can: sekisho_blast INTERFACE FILE SECONDS. Prints how many were sent.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

int main(int count, char** words) {
  if (count != 4) return 2;
  std::ifstream file(words[2], std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)),
                                std::istreambuf_iterator<char>());
  std::vector<iovec> frames;
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + at + 8, sizeof length);
    at += 16;
    if (length > bytes.size() - at) break;
    frames.push_back({const_cast<char*>(bytes.data() + at), length});
    at += length;
  }
  const int fd = ::socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(ETH_P_ALL);
  to.sll_ifindex = static_cast<int>(::if_nametoindex(words[1]));
  const int yes = 1;
  if (frames.empty() || fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) != 0)
    return 1;
  constexpr unsigned kAtOnce = 512;
  std::vector<mmsghdr> batch(kAtOnce);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(words[3]));
  std::uint64_t sent = 0;
  for (std::size_t next = 0; std::chrono::steady_clock::now() < end;) {
    for (unsigned i = 0; i < kAtOnce; ++i) {
      batch[i] = {};
      batch[i].msg_hdr.msg_iov = &frames[(next + i) % frames.size()];
      batch[i].msg_hdr.msg_iovlen = 1;
    }
    const int done = ::sendmmsg(fd, batch.data(), kAtOnce, 0);
    if (done <= 0) continue;
    sent += static_cast<std::uint64_t>(done);
    next = (next + static_cast<std::size_t>(done)) % frames.size();
  }
  ::close(fd);
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
  return 0;
}
