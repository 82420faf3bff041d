// Who sent: a profile for each source, in memory that does not grow. When it is full, a new source
// takes the place of a quiet one with a probability that falls with what that one sent (randomised
// admission, Ben Basat et al. 2017), and has a profile from its second packet on: the busy ones
// stay, and those that come once cost little.
#pragma once

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
  std::uint8_t scans = 0;                // packets that open connections; stops at its top
  std::array<std::uint16_t, 4> ports{};  // the first different ones
  std::uint64_t port_bits = 0;           // linear counting (Whang et al. 1990), 64 cells
  std::uint64_t target_bits = 0;         // the same
  std::uint32_t last_target = 0;
  std::uint16_t upward = 0;  // steps to the next few addresses
  std::uint16_t steps = 0;   // steps to another address

  /// About how many different ones there were; 64 cells tell no more than some 250.
  double different_ports() const { return linear(port_bits); }
  double different_targets() const { return linear(target_bits); }
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
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&ways_[bucket(hash)], 1); }
  /// At most kMostAtOnce packets, and the hashes of their sources.
  void add(std::span<const Packet> packets, std::span<const std::uint64_t> hashes);
  static constexpr std::size_t kMostAtOnce = 256;
  void merge(const Sources& other, const HashKey& key);

  /// All that are followed.
  template <typename Do>
  void each(const Do& visit) const {
    for (std::size_t i = 0; i < ways_.size(); ++i)
      if (ways_[i].packets != 0) visit(records_[i]);
  }
  std::size_t size() const;

 private:
  static constexpr std::size_t kWays = 4;
  static std::uint16_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint16_t>((hash >> 32U) | 1U);
  }
  std::size_t bucket(std::uint64_t hash) const { return (hash & mask_) * kWays; }
  static void note(SourceRecord& record, const Packet& packet);
  /// Where the source is or was let in; nothing when it was not.
  SourceRecord* place(const Address& address, std::uint64_t hash, std::uint32_t packets);

  std::uint64_t mask_;
  /// What is needed to find a record, apart from it so that a bucket is a quarter of a cache line.
  struct Way {
    std::uint16_t tag = 0;      // 0: nobody there
    std::uint16_t packets = 0;  // as in the record; stops at its top. 0: taken, no record yet
  };
  static bool hits(const Way& way, std::uint16_t tag) {
    // Without a branch.
    return static_cast<unsigned>(way.tag == tag) * way.packets != 0;
  }
  std::vector<Way> ways_;
  Reserved<SourceRecord> records_;
  std::uint64_t dice_ = 0x9e3779b97f4a7c15ULL;
};

}  // namespace sekisho
