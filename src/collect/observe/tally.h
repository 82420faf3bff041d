// SPDX-License-Identifier: Apache-2.0
// What came in a stretch of time: packets, bytes and how many different sources and targets, in all
// and for each protocol and destination port. Tallies merge: in any order, across files, sensors
// and machines, to the same numbers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "collect/observe/hash.h"
#include "collect/observe/hit.h"
#include "collect/observe/reserved.h"
#include "collect/observe/sketch.h"

namespace sekisho {

/// Of a port: 48 exactly, then 256 registers, standard error 6.5 %. Of the upper half of hashes.
using PortSketch = Sketch<8, std::uint32_t>;
/// The first few of a port lie beside its counts, in one cache line: many ports never see more.
inline constexpr std::uint16_t kFew = 5;
/// Of all: 1,536 exactly, then 16,384 registers, standard error 0.81 %.
using WholeSketch = Sketch<14, std::uint64_t>;

class WireReader;

class LineTally {
 public:
  LineTally();

  void add(std::span<const Hit> hits);
  /// Fetches what `add` will look at first.
  void prefetch(const Packet& packet) const {
    __builtin_prefetch(&cells_[port_cell(packet.protocol, packet.port)], 1);
  }
  void merge(const LineTally& other);
  void clear();

  /// In the form that docs/observe-format.md describes; `key` is told by a hash of it.
  std::string encode(const HashKey& key) const;
  /// The same in parts of about `most` bytes, which add up to it in any order.
  std::vector<std::string> encode_in_parts(const HashKey& key, std::size_t most) const;
  /// Merges what encode() gave. Refuses what is damaged, or of another key, and changes nothing.
  Result<void> merge(std::string_view encoded, const HashKey& key);

  struct Count {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    bool operator==(const Count&) const = default;
  };
  struct Port {
    std::uint8_t protocol = 0;  // 6 or 17
    std::uint16_t port = 0;
    Count count;
  };

  const Count& all() const { return all_; }
  double sources() const { return WholeSketch::count(sources_.get(), sources_state_); }
  double targets() const { return WholeSketch::count(targets_.get(), targets_state_); }
  const std::array<Count, 256>& protocols() const { return protocols_; }
  const std::array<std::uint64_t, kPurposes>& purposes() const { return purposes_; }
  const std::array<std::uint64_t, kTools>& tools() const { return tools_; }
  /// Busier ones first.
  static bool busier(const Port& a, const Port& b) {
    if (a.count.packets != b.count.packets) return a.count.packets > b.count.packets;
    return std::pair(a.protocol, a.port) < std::pair(b.protocol, b.port);
  }
  /// The ports that were sent to: the `top` with the most packets first, the others in any order.
  std::vector<Port> ports(std::size_t top) const;
  /// How many different sources sent to a port, and to how many different targets; an estimate
  /// above PortSketch::kMostExact.
  double sources(const Port& port) const { return count(cell(port).sources); }
  double targets(const Port& port) const { return count(cell(port).targets); }
  std::uint64_t packets(std::uint8_t protocol, std::uint16_t port) const {
    return cells_[port_cell(protocol, port)].packets;
  }
  bool empty() const { return all_.packets == 0; }
  /// What PortSketch has of a hash. Never 0, which is an empty place of it.
  static std::uint32_t upper(std::uint64_t hash) {
    return std::max<std::uint32_t>(static_cast<std::uint32_t>(hash >> 32U), 1);
  }

 private:
  static constexpr std::uint32_t kCells = kPortCells;
  /// Up to kFew hashes, or, with more, the number of the block that PortSketch has them in.
  struct Few {
    std::array<std::uint32_t, kFew> hashes;
    std::uint16_t state;
  };
  struct alignas(64) Cell {
    std::uint64_t packets;
    std::uint64_t bytes;
    Few sources;
    Few targets;
  };
  static_assert(sizeof(Cell) == 64);
  const Cell& cell(const Port& port) const { return cells_[port_cell(port.protocol, port.port)]; }
  Cell& use(std::uint32_t number);
  std::uint8_t* block(const Few& few) const {
    return blocks_.get() + std::size_t{few.hashes[0]} * PortSketch::kBytes;
  }
  static constexpr std::size_t kMostAtOnce = 256;
  void add_batch(std::span<const Hit> hits);
  void add(Cell& cell, Few Cell::* side, std::uint32_t hash);
  void spill(Cell& cell, Few Cell::* side);
  /// A block for one side, all zero. Those of a port lie beside each other: whoever sends to it
  /// looks at both.
  std::uint32_t new_block(const Cell& cell, Few Cell::* side);
  /// Those of a port that has no registers.
  void hashes_of(const Few& few, std::vector<std::uint32_t>& into) const;
  /// How long a port is at most when it is encoded.
  static std::size_t most_bytes(const Cell& cell);
  /// Reads the sources or targets of the ports that are used.
  bool read_side(WireReader& in, Few Cell::* side);
  std::string encode(const HashKey& key, bool whole, std::span<const std::uint32_t> cells) const;
  void merge(Cell& cell, Few Cell::* side, const LineTally& other, const Few& from);
  double count(const Few& few) const {
    return few.state <= kFew ? few.state : PortSketch::count(block(few), few.state);
  }

  Count all_;
  std::array<Count, 256> protocols_{};
  std::array<std::uint64_t, kPurposes> purposes_{};
  std::array<std::uint64_t, kTools> tools_{};
  Reserved<std::uint8_t> sources_;
  Reserved<std::uint8_t> targets_;
  std::uint16_t sources_state_ = 0;
  std::uint16_t targets_state_ = 0;
  Reserved<Cell> cells_;
  Reserved<std::uint8_t> blocks_;
  std::uint32_t blocks_used_ = 0;     // always even
  std::uint32_t blocks_touched_ = 0;  // what lies beyond was never written to
  std::vector<std::uint32_t> used_;   // cells that count something
};

}  // namespace sekisho
