// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/tally.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <boost/sort/spreadsort/integer_sort.hpp>

#include "collect/observe/branchless.h"
#include "collect/observe/wire.h"

namespace sekisho {
namespace {

constexpr std::string_view kMagic = "SKT2";

}  // namespace

LineTally::LineTally()
    : sources_(WholeSketch::kBytes),
      targets_(WholeSketch::kBytes),
      cells_(kCells),
      // Two for each cell, and two that none has.
      blocks_((std::size_t{kCells} + 1) * 2 * PortSketch::kBytes) {}

LineTally::Cell& LineTally::use(std::uint32_t number) {
  Cell& cell = cells_[number];
  if (cell.packets == 0) used_.push_back(number);
  return cell;
}

std::uint32_t LineTally::new_block(const Cell& cell, Few Cell::* side) {
  const bool of_sources = side == &Cell::sources;
  const Few& other = of_sources ? cell.targets : cell.sources;
  if (other.state > kFew) return other.hashes[0] ^ 1U;
  blocks_used_ += 2;
  // After clear() they hold what an earlier stretch left there.
  if (blocks_used_ <= blocks_touched_)
    std::memset(blocks_.get() + std::size_t{blocks_used_} * PortSketch::kBytes, 0,
                2 * PortSketch::kBytes);
  else
    blocks_touched_ = blocks_used_;
  return blocks_used_ + (of_sources ? 0 : 1);
}

void LineTally::spill(Cell& cell, Few Cell::* side) {
  Few& few = cell.*side;
  const Few was = few;
  few.hashes[0] = new_block(cell, side);
  few.state = 0;
  for (const std::uint32_t hash : was.hashes) PortSketch::add(block(few), few.state, hash);
}

void LineTally::add(Cell& cell, Few Cell::* side, std::uint32_t hash) {
  Few& few = cell.*side;
  if (few.state <= kFew) {
    // What is not used of it is 0, which is no hash.
    std::size_t known = 0;
    for (const std::uint32_t one : few.hashes) known |= one_if(one == hash);
    if (few.state < kFew) {
      few.hashes[few.state] = known != 0 ? 0 : hash;
      few.state = static_cast<std::uint16_t>(few.state + 1 - known);
      return;
    }
    if (known != 0) return;
    spill(cell, side);
  }
  PortSketch::add(block(few), few.state, hash);
}

void LineTally::merge(Cell& cell, Few Cell::* side, const LineTally& other, const Few& from) {
  Few& few = cell.*side;
  if (from.state <= kFew) {
    for (std::uint16_t i = 0; i < from.state; ++i) add(cell, side, from.hashes[i]);
    return;
  }
  if (few.state < kFew) {
    const Few was = few;
    few.hashes[0] = new_block(cell, side);
    few.state = from.state;
    std::memcpy(block(few), other.block(from), PortSketch::kBytes);
    for (std::uint16_t i = 0; i < was.state; ++i)
      PortSketch::add(block(few), few.state, was.hashes[i]);
    return;
  }
  if (few.state == kFew) spill(cell, side);
  PortSketch::merge(block(few), few.state, other.block(from), from.state);
}

void LineTally::add(std::span<const Hit> hits) {
  for (; hits.size() > kMostAtOnce; hits = hits.subspan(kMostAtOnce))
    add_batch(hits.first(kMostAtOnce));
  add_batch(hits);
}

void LineTally::add_batch(std::span<const Hit> hits) {
  // Ports that many knock at and ports that few do need different work, and which comes next can't
  // be foretold: they are sorted without a branch.
  std::array<std::uint8_t, kMostAtOnce> many;  // NOLINT(*-member-init): filled below
  std::array<std::uint8_t, kMostAtOnce> some;  // NOLINT(*-member-init): filled below
  std::array<std::uint8_t, kMostAtOnce> few;   // NOLINT(*-member-init): filled below
  std::size_t many_count = 0;
  std::size_t some_count = 0;
  std::size_t few_count = 0;
  std::uint8_t* const blocks = blocks_.get();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    const Hit& one = hits[i];
    bytes += one.bytes;
    ++protocols_[one.protocol()].packets;
    protocols_[one.protocol()].bytes += one.bytes;
    ++purposes_[one.purpose()];
    ++tools_[one.tool()];
    if (!one.has_ports()) continue;
    Cell& cell = use(one.cell());
    ++cell.packets;
    cell.bytes += one.bytes;
    const std::size_t dense =
        one_if((cell.sources.state & cell.targets.state) == PortSketch::kDense);
    const std::size_t has_sources = one_if(cell.sources.state > kFew);
    const std::size_t has_targets = one_if(cell.targets.state > kFew);
    const std::size_t exact = (has_sources & has_targets) - dense;
    many[many_count] = some[some_count] = few[few_count] = static_cast<std::uint8_t>(i);
    many_count += dense;
    some_count += exact;
    few_count += 1 - dense - exact;
    const std::size_t source = cell.sources.hashes[0] * has_sources;
    const std::size_t target = cell.targets.hashes[0] * has_targets;
    __builtin_prefetch(blocks + source * PortSketch::kBytes + (one.source >> 56U), 1);
    __builtin_prefetch(blocks + target * PortSketch::kBytes + (one.target >> 56U), 1);
  }
  all_.packets += hits.size();
  all_.bytes += bytes;
  for (const Hit& one : hits) {
    WholeSketch::add(sources_.get(), sources_state_, one.source);
    WholeSketch::add(targets_.get(), targets_state_, one.target);
  }
  for (std::size_t k = 0; k < few_count; ++k) {
    const Hit& one = hits[few[k]];
    Cell& cell = cells_[one.cell()];
    add(cell, &Cell::sources, upper(one.source));
    add(cell, &Cell::targets, upper(one.target));
  }
  for (std::size_t k = 0; k < some_count; ++k) {
    const Hit& one = hits[some[k]];
    Cell& cell = cells_[one.cell()];
    PortSketch::add(block(cell.sources), cell.sources.state, upper(one.source));
    PortSketch::add(block(cell.targets), cell.targets.state, upper(one.target));
  }
  for (std::size_t k = 0; k < many_count; ++k) {
    const Hit& one = hits[many[k]];
    const Cell& cell = cells_[one.cell()];
    PortSketch::note(block(cell.sources), upper(one.source));
    PortSketch::note(block(cell.targets), upper(one.target));
  }
}

void LineTally::merge(const LineTally& other) {
  all_.packets += other.all_.packets;
  all_.bytes += other.all_.bytes;
  for (std::size_t i = 0; i < protocols_.size(); ++i) {
    protocols_[i].packets += other.protocols_[i].packets;
    protocols_[i].bytes += other.protocols_[i].bytes;
  }
  for (std::size_t i = 0; i < kPurposes; ++i) purposes_[i] += other.purposes_[i];
  for (std::size_t i = 0; i < kTools; ++i) tools_[i] += other.tools_[i];
  WholeSketch::merge(sources_.get(), sources_state_, other.sources_.get(), other.sources_state_);
  WholeSketch::merge(targets_.get(), targets_state_, other.targets_.get(), other.targets_state_);
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < other.used_.size(); ++i) {
    if (i + kAhead < other.used_.size()) {
      __builtin_prefetch(&other.cells_[other.used_[i + kAhead]]);
      __builtin_prefetch(&cells_[other.used_[i + kAhead]], 1);
    }
    const Cell& from = other.cells_[other.used_[i]];
    Cell& into = use(other.used_[i]);
    into.packets += from.packets;
    into.bytes += from.bytes;
    merge(into, &Cell::sources, other, from.sources);
    merge(into, &Cell::targets, other, from.targets);
  }
}

void LineTally::clear() {
  all_ = {};
  protocols_ = {};
  purposes_ = {};
  tools_ = {};
  std::memset(sources_.get(), 0, WholeSketch::kBytes);
  std::memset(targets_.get(), 0, WholeSketch::kBytes);
  sources_state_ = targets_state_ = 0;
  for (const std::uint32_t cell : used_) cells_[cell] = {};
  used_.clear();
  blocks_used_ = 0;
}

std::vector<LineTally::Port> LineTally::ports(std::size_t top) const {
  std::vector<Port> ports;
  ports.reserve(used_.size());
  for (const std::uint32_t number : used_) {
    const Cell& cell = cells_[number];
    ports.push_back({number < 65536 ? kProtocolTcp : kProtocolUdp,
                     static_cast<std::uint16_t>(number % 65536),
                     {cell.packets, cell.bytes}});
  }
  const auto end = ports.begin() + static_cast<std::ptrdiff_t>(std::min(top, ports.size()));
  std::ranges::partial_sort(ports, end, busier);
  return ports;
}

void LineTally::hashes_of(const Few& few, std::vector<std::uint32_t>& into) const {
  if (few.state <= kFew) {
    into.insert(into.end(), few.hashes.begin(), few.hashes.begin() + few.state);
    return;
  }
  for (std::size_t slot = 0; slot < PortSketch::kSlots; ++slot)
    if (const std::uint32_t hash = PortSketch::at(block(few), slot); hash != 0)
      into.push_back(hash);
}

std::size_t LineTally::most_bytes(const Cell& cell) {
  std::size_t bytes = 3 + 8 + 8;
  for (const Few* few : {&cell.sources, &cell.targets})
    bytes +=
        1 + (few->state == PortSketch::kDense ? PortSketch::kBytes : few->state * std::size_t{9});
  return bytes;
}

std::string LineTally::encode(const HashKey& key) const {
  std::vector<std::uint32_t> used = used_;
  std::ranges::sort(used);
  return encode(key, true, used);
}

std::vector<std::string> LineTally::encode_in_parts(const HashKey& key, std::size_t most) const {
  std::vector<std::uint32_t> used = used_;
  std::ranges::sort(used);
  std::vector<std::string> parts;
  std::span<const std::uint32_t> left(used);
  do {
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < left.size() && (count == 0 || bytes < most); ++count)
      bytes += most_bytes(cells_[left[count]]);
    parts.push_back(encode(key, parts.empty(), left.first(count)));
    left = left.subspan(count);
  } while (!left.empty());
  return parts;
}

std::string LineTally::encode(const HashKey& key, bool whole,
                              std::span<const std::uint32_t> cells) const {
  static const LineTally none;
  const LineTally& head = whole ? *this : none;
  WireWriter out;
  // Large ones are not copied while they grow; what is not used of it costs nothing.
  std::size_t most = 2 * WholeSketch::kBytes + 16'384;
  for (const std::uint32_t number : cells) most += most_bytes(cells_[number]);
  out.reserve(most);
  out.raw(kMagic);
  out.fixed64(key_mark(key));
  const auto count = [&](const Count& one) {
    out.number(one.packets);
    out.number(one.bytes);
  };
  // A part has the packets of its ports, the first one those without a port as well.
  Count all = head.all_;
  for (const std::uint32_t number : head.used_) {
    all.packets -= cells_[number].packets;
    all.bytes -= cells_[number].bytes;
  }
  for (const std::uint32_t number : cells) {
    all.packets += cells_[number].packets;
    all.bytes += cells_[number].bytes;
  }
  count(all);
  std::uint64_t protocols = 0;
  for (const Count& one : head.protocols_) protocols += one.packets > 0 ? 1U : 0U;
  out.number(protocols);
  for (std::size_t i = 0; i < head.protocols_.size(); ++i) {
    if (head.protocols_[i].packets == 0) continue;
    out.number(i);
    count(head.protocols_[i]);
  }
  for (const std::uint64_t one : head.purposes_) out.number(one);
  for (const std::uint64_t one : head.tools_) out.number(one);
  out.sketch<WholeSketch>(head.sources_.get(), head.sources_state_);
  out.sketch<WholeSketch>(head.targets_.get(), head.targets_state_);
  // Like beside like, so that it packs well.
  out.number(cells.size());
  std::uint32_t before = 0;
  for (const std::uint32_t number : cells) out.number(number - std::exchange(before, number));
  for (const std::uint32_t number : cells) out.number(cells_[number].packets);
  for (const std::uint32_t number : cells) out.number(cells_[number].bytes);
  for (Few Cell::* side : {&Cell::sources, &Cell::targets}) {
    // All hashes, each with its place among all; sorted they are a dictionary.
    std::vector<std::uint64_t> placed;
    std::vector<std::uint32_t> hashes;
    for (const std::uint32_t number : cells) {
      const Few& few = cells_[number].*side;
      out.number(few.state == PortSketch::kDense ? PortSketch::kMostExact + 1U : few.state);
      if (few.state != PortSketch::kDense) hashes_of(few, hashes);
    }
    placed.reserve(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i)
      placed.push_back(std::uint64_t{hashes[i]} << 32U | i);
    // A month has millions.
    boost::sort::spreadsort::integer_sort(placed.begin(), placed.end());
    std::vector<std::uint32_t> dictionary;
    for (const std::uint64_t one : placed) {
      const auto hash = static_cast<std::uint32_t>(one >> 32U);
      if (dictionary.empty() || dictionary.back() != hash) dictionary.push_back(hash);
      hashes[static_cast<std::uint32_t>(one)] = static_cast<std::uint32_t>(dictionary.size() - 1);
    }
    out.number(dictionary.size());
    before = 0;
    for (const std::uint32_t hash : dictionary) out.number(hash - std::exchange(before, hash));
    auto at = hashes.begin();
    for (const std::uint32_t number : cells) {
      const Few& few = cells_[number].*side;
      if (few.state == PortSketch::kDense) continue;
      const auto end = at + few.state;
      std::sort(at, end);
      for (before = 0; at != end; ++at) out.number(*at - std::exchange(before, *at));
    }
    for (const std::uint32_t number : cells)
      if (const Few& few = cells_[number].*side; few.state == PortSketch::kDense)
        out.registers<PortSketch>(block(few));
  }
  return std::move(out).text();
}

bool LineTally::read_side(WireReader& in, Few Cell::* side) {
  std::vector<std::uint8_t> sizes;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < used_.size(); ++i) {
    const std::uint64_t size = in.number(PortSketch::kMostExact + 1U);
    sizes.push_back(static_cast<std::uint8_t>(size));
    all += size > PortSketch::kMostExact ? 0 : size;
  }
  std::vector<std::uint32_t> dictionary;
  const std::uint64_t different = in.number(all);
  for (std::uint64_t i = 0, hash = 0; i < different; ++i) {
    hash += in.number(UINT32_MAX);
    if (!in.good() || hash > UINT32_MAX || (dictionary.empty() ? 0 : dictionary.back()) >= hash)
      return false;
    dictionary.push_back(static_cast<std::uint32_t>(hash));
  }
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (sizes[i] > PortSketch::kMostExact) continue;
    Cell& cell = cells_[used_[i]];
    std::uint64_t at = 0;
    for (std::uint8_t k = 0; k < sizes[i]; ++k) {
      const std::uint64_t step = in.number(kMostCounted);
      at += step;
      if (!in.good() || at >= dictionary.size() || (step == 0 && k > 0)) return false;
      add(cell, side, dictionary[at]);
    }
  }
  for (std::size_t i = 0; i < used_.size(); ++i) {
    if (sizes[i] <= PortSketch::kMostExact) continue;
    Cell& cell = cells_[used_[i]];
    Few& few = cell.*side;
    few.hashes[0] = new_block(cell, side);
    few.state = PortSketch::kDense;
    in.registers<PortSketch>(block(few));
  }
  return in.good();
}

Result<void> LineTally::merge(std::string_view encoded, const HashKey& key) {
  const auto damaged = [] {
    return failure("集計のデータが壊れています。", "the data of the tally is damaged.");
  };
  WireReader in(encoded);
  if (in.raw(kMagic.size()) != kMagic) return damaged();
  if (in.fixed64() != key_mark(key))
    return failure("別の鍵で作られた集計は合わせられません。",
                   "a tally made with another key can't be merged.");
  // Room that a thread keeps, for many are read one after another: the system fills memory with
  // zeros before it gives it. In small pages, as most ports of a tally that is read see nothing.
  static thread_local LineTally read = [] {
    LineTally made;
    ::madvise(made.cells_.get(), kCells * sizeof(Cell), MADV_NOHUGEPAGE);
    ::madvise(made.blocks_.get(), std::size_t{kCells} * 2 * PortSketch::kBytes, MADV_NOHUGEPAGE);
    return made;
  }();
  read.clear();
  const auto count = [&](Count& one) {
    one.packets = in.number(kMostCounted);
    one.bytes = in.number(kMostCounted);
  };
  count(read.all_);
  const std::uint64_t protocols = in.number(256);
  for (std::uint64_t i = 0; i < protocols; ++i) count(read.protocols_[in.number(255)]);
  for (std::uint64_t& one : read.purposes_) one = in.number(kMostCounted);
  for (std::uint64_t& one : read.tools_) one = in.number(kMostCounted);
  in.sketch<WholeSketch>(read.sources_.get(), read.sources_state_);
  in.sketch<WholeSketch>(read.targets_.get(), read.targets_state_);
  const std::uint64_t used = in.number(kCells);
  std::uint64_t number = 0;
  for (std::uint64_t i = 0; i < used; ++i) {
    const std::uint64_t step = in.number(kCells);
    number += step;
    if (!in.good() || number >= kCells || (step == 0 && i > 0)) return damaged();
    read.used_.push_back(static_cast<std::uint32_t>(number));
  }
  for (const std::uint32_t cell : read.used_) {
    read.cells_[cell].packets = in.number(kMostCounted);
    if (read.cells_[cell].packets == 0) return damaged();
  }
  for (const std::uint32_t cell : read.used_) read.cells_[cell].bytes = in.number(kMostCounted);
  for (Few Cell::* side : {&Cell::sources, &Cell::targets})
    if (!read.read_side(in, side)) return damaged();
  if (!in.good() || !in.at_end()) return damaged();
  merge(read);
  return {};
}

}  // namespace sekisho
