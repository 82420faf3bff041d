// SPDX-License-Identifier: Apache-2.0
// What the hits of a period come to: the same as their tally, of which only the busiest ports have
// sketches. Quicker where there are few hits, and most ports see next to nothing.
#pragma once

#include <array>
#include <vector>

#include "collect/observe/periods.h"

namespace sekisho {

class HitCounts {
 public:
  HitCounts();
  /// Counts a period anew; the `top` busiest ports have sources and targets.
  void count(const Periods& periods, Time start, std::size_t top);

  // As LineTally has them.
  const LineTally::Count& all() const { return all_; }
  double sources() const { return whole_.count(0); }
  double targets() const { return whole_.count(1); }
  const std::array<std::uint64_t, kPurposes>& purposes() const { return purposes_; }
  const std::array<std::uint64_t, kTools>& tools() const { return tools_; }
  const std::vector<LineTally::Port>& ports(std::size_t /*top*/) const { return ports_; }
  double sources(const LineTally::Port& port) const { return of_port(port, 0); }
  double targets(const LineTally::Port& port) const { return of_port(port, 1); }
  std::uint64_t packets(std::uint8_t protocol, std::uint16_t port) const {
    return cells_[port_cell(protocol, port)].packets;
  }

 private:
  /// Pairs of sketches, of sources and of targets.
  template <typename Sketch, typename Hash>
  struct Sketches {
    std::vector<std::uint8_t> blocks;
    std::vector<std::uint16_t> states;
    void reset(std::size_t pairs) {
      blocks.assign(pairs * 2 * Sketch::kBytes, 0);
      states.assign(pairs * 2, 0);
    }
    void add(std::size_t i, Hash hash) {
      Sketch::add(&blocks[i * Sketch::kBytes], states[i], hash);
    }
    double count(std::size_t i) const {
      return Sketch::count(&blocks[i * Sketch::kBytes], states[i]);
    }
  };
  void add(const Hit& hit);
  double of_port(const LineTally::Port& port, std::size_t side) const {
    return of_ports_.count(std::size_t{shown_[port_cell(port.protocol, port.port)]} * 2 + side);
  }

  LineTally::Count all_;
  std::array<std::uint64_t, kPurposes> purposes_{};
  std::array<std::uint64_t, kTools> tools_{};
  std::vector<LineTally::Count> cells_;
  std::vector<std::uint32_t> used_;
  std::vector<LineTally::Port> ports_;
  std::vector<std::uint8_t> shown_;  // of each cell, which of the sketches are its; 0: none
  Sketches<WholeSketch, std::uint64_t> whole_;
  Sketches<PortSketch, std::uint32_t> of_ports_;
};

}  // namespace sekisho
