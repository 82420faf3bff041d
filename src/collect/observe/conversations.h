// SPDX-License-Identifier: Apache-2.0
// Who talks with whom, as far as it is needed to tell who knocks: of the newest 262,144 pairs of
// ends, from which side something was sent. Shared by all observers; what two of them do at once to
// one entry may be lost, as may a pair that another takes the place of.
#pragma once

#include <atomic>
#include <memory>

#include "collect/observe/decode.h"
#include "collect/observe/hash.h"

namespace sekisho {

class Conversations {
 public:
  explicit Conversations(const HashKey& key)
      : key_(key), entries_(std::make_unique<std::atomic<std::uint16_t>[]>(kEntries)) {}

  /// Says whether a packet knocks, in it; and whether it is the first answer to what its target
  /// asked, whose knock was none then.
  bool place(Packet& packet) {
    switch (packet.manner) {
      case Manner::knocks: packet.knocks = 1; return false;
      case Manner::talks: packet.knocks = -1; return false;
      case Manner::begins:
      case Manner::replies: return among(packet);
      default: packet.knocks = 0; return false;
    }
  }

 private:
  static constexpr std::size_t kEntries = std::size_t{1} << 18U;
  static constexpr std::uint16_t kSides = 3;

  bool among(Packet& packet) {
    const std::uint64_t source = end(packet.source, packet.source_port);
    const std::uint64_t target = end(packet.target, packet.port);
    // The same from both sides.
    const std::uint64_t both = folded(source + target, (source ^ target) + packet.protocol);
    std::atomic<std::uint16_t>& entry = entries_[both % kEntries];
    const auto tag = static_cast<std::uint16_t>(both >> 48U | 4U) & ~kSides;
    const std::uint16_t side = source < target ? 1 : 2;
    const std::uint16_t was = entry.load(std::memory_order_relaxed);
    const bool known = (was & ~kSides) == tag;
    const std::uint16_t seen = known ? was & kSides : 0;
    if (seen != kSides)
      entry.store(static_cast<std::uint16_t>(tag | seen | side), std::memory_order_relaxed);
    packet.knocks = 0;
    if (seen != 0)
      packet.knocks = -1;
    else if (packet.manner == Manner::begins)
      packet.knocks = 1;
    return seen != 0 && seen != kSides && seen != side;
  }
  std::uint64_t end(const Address& address, std::uint16_t port) const {
    return folded(address.low ^ key_.first, (address.high + port) ^ key_.second);
  }

  HashKey key_;
  std::unique_ptr<std::atomic<std::uint16_t>[]> entries_;  // NOLINT(*-avoid-c-arrays)
};

}  // namespace sekisho
