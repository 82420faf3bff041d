// SPDX-License-Identifier: Apache-2.0
// Who sent: a profile for each source, in memory that does not grow. When it is full, a new source
// takes the place of a quiet one with a probability that falls with what that one sent (randomised
// admission, Ben Basat et al. 2017), and has a profile from its second packet on: the busy ones
// stay, and those that come once cost little.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "collect/observe/decode.h"
#include "collect/observe/hash.h"
#include "collect/observe/reserved.h"

namespace sekisho {

/// 64 bytes: one cache line.
struct alignas(64) SourceRecord {
  Address address;
  std::uint32_t first = 0;  // seconds since 1970
  std::uint32_t last = 0;
  std::uint32_t packets = 0;  // since it is followed; stops at its top
  Tool tool = Tool::none;     // of most packets (Boyer, Moore 1981)
  std::uint8_t tool_votes = 0;
  std::uint8_t ports_known = 0;          // of `ports`
  std::int8_t scans = 0;                 // packets that knock, less those in conversations
  std::array<std::uint16_t, 4> ports{};  // the first different ones
  std::uint64_t port_bits = 0;           // linear counting (Whang et al. 1990), 64 cells
  std::uint64_t target_bits = 0;         // the same
  std::uint32_t last_target = 0;
  std::uint16_t upward = 0;  // steps to the next few addresses
  std::uint16_t steps = 0;   // steps to another address

  /// About how many different ones there were; 64 cells tell no more than some 250.
  double different_ports() const { return linear(port_bits); }
  double different_targets() const { return linear(target_bits); }
  /// Whether it knocks here and there without getting in, or bears a tool's mark: what machines of
  /// people who work don't do.
  bool like_scanner() const {
    constexpr double kDifferent = 16;
    return (tool != Tool::none && tool_votes >= 3) ||
           (scans >= 64 && (different_targets() >= kDifferent || different_ports() >= kDifferent));
  }
  /// Whether it goes through addresses in order.
  bool in_order() const { return steps >= 8 && upward * 4 >= steps * 3; }
  static double linear(std::uint64_t bits);
};
static_assert(sizeof(SourceRecord) == 64);

class Sources {
 public:
  /// Room for 2^bits sources.
  explicit Sources(unsigned bits);

  /// Fetches what `add` will look at first.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&buckets_[hash & mask_], 1); }
  /// At most kMostAtOnce packets, and the hashes of their sources.
  void add(std::span<const Packet> packets, std::span<const std::uint64_t> hashes);
  static constexpr std::size_t kMostAtOnce = 256;
  /// What a source knocked at has answered: it was none.
  void answered(const Address& address, std::uint64_t hash);
  void merge(const Sources& other, const HashKey& key);

  /// All that are followed.
  template <typename Do>
  void each(const Do& visit) const {
    for (std::size_t i = 0; i < buckets_.size() * kWays; ++i)
      if (buckets_[i / kWays].count(i % kWays) != 0) visit(records_[i]);
  }
  std::size_t size() const;

 private:
  static constexpr std::size_t kWays = 4;
  /// What is needed to find a record, apart from the records: a quarter of a cache line. Of each
  /// way 16 bits, the first lowest, so that all four are looked at at once.
  struct Bucket {
    std::uint64_t tags = 0;     // 0: nobody there
    std::uint64_t packets = 0;  // as in the record; stops at its top. 0: taken, no record yet

    /// The top bit of each way that has a record and this tag.
    std::uint64_t known(std::uint16_t tag) const { return marked(tag) & ~zero(packets); }
    /// The top bit of each way that has this tag.
    std::uint64_t marked(std::uint16_t tag) const { return zero(tags ^ tag * kEach); }
    std::uint16_t count(std::size_t way) const {
      return static_cast<std::uint16_t>(packets >> (16 * way));
    }
    void set(std::size_t way, std::uint16_t tag, std::uint16_t count) {
      const std::uint64_t others = ~(std::uint64_t{0xffff} << (16 * way));
      tags = (tags & others) | std::uint64_t{tag} << (16 * way);
      packets = (packets & others) | std::uint64_t{count} << (16 * way);
    }
    void count_up(std::size_t way, std::uint32_t by) {
      const std::uint64_t room = 0xffffU - count(way);
      packets += std::min<std::uint64_t>(by, room) << (16 * way);
    }
    /// What most newcomers find: one way waits for somebody to come again, and now waits for them.
    /// False where it is not that simple; nothing is changed then.
    bool wait_instead(std::uint16_t tag) {
      const std::uint64_t waiting = zero(packets);
      const std::uint64_t lowest = (waiting & (~waiting + 1)) >> 15U;
      const std::uint64_t way = lowest * 0xffff;
      if ((tags & way) == 0 || marked(tag) != 0) return false;
      tags = (tags & ~way) | lowest * tag;
      return true;
    }
    /// The one with the fewest packets.
    std::size_t quietest() const {
      std::uint64_t least = packets % 0x10000 * kWays;
      for (std::size_t way = 1; way < kWays; ++way)
        least = std::min(least, (packets >> (16 * way)) % 0x10000 * kWays + way);
      return least % kWays;
    }

   private:
    static constexpr std::uint64_t kEach = 0x0001'0001'0001'0001;
    /// The top bit of each 16 that are all zero.
    static std::uint64_t zero(std::uint64_t bits) {
      return ~(((bits & 0x7fff * kEach) + 0x7fff * kEach) | bits) & 0x8000 * kEach;
    }
  };
  static std::uint16_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint16_t>((hash >> 32U) | 1U);
  }
  static void note(SourceRecord& record, const Packet& packet);
  /// Where a source that has no record was let in; nothing when it was not.
  SourceRecord* admit(const Address& address, std::uint64_t hash, std::uint32_t packets);
  /// Where the source is or was let in; nothing when it was not.
  SourceRecord* place(const Address& address, std::uint64_t hash, std::uint32_t packets);

  std::uint64_t mask_;
  std::vector<Bucket> buckets_;
  Reserved<SourceRecord> records_;  // kWays of each bucket
  std::uint64_t dice_ = 0x9e3779b97f4a7c15ULL;
};

}  // namespace sekisho
