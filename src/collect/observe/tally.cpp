#include "collect/observe/tally.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "collect/observe/branchless.h"
#include "collect/observe/wire.h"

namespace sekisho {
namespace {

/// Two for each cell, and one that none has.
constexpr std::size_t kBlockBytes = (std::size_t{65536} * 4 + 1) * PortSketch::kBytes;

constexpr std::string_view kMagic = "SKT1";

}  // namespace

LineTally::LineTally()
    : sources_(WholeSketch::kBytes),
      targets_(WholeSketch::kBytes),
      cells_(kCells),
      blocks_(kBlockBytes) {}

LineTally::Cell& LineTally::use(std::uint32_t number) {
  Cell& cell = cells_[number];
  if (cell.packets == 0) used_.push_back(number);
  return cell;
}

void LineTally::spill(Few& few) {
  const Few was = few;
  few.hashes[0] = ++blocks_used_;
  // After clear() it holds what an earlier stretch left there.
  std::memset(block(few), 0, PortSketch::kBytes);
  few.state = 0;
  for (const std::uint64_t hash : was.hashes) PortSketch::add(block(few), few.state, hash);
}

void LineTally::add(Few& few, std::uint64_t hash) {
  if (few.state <= kFew) {
    if (hash == 0) hash = 1;
    for (std::uint16_t i = 0; i < few.state; ++i)
      if (few.hashes[i] == hash) return;
    if (few.state < kFew) {
      few.hashes[few.state++] = hash;
      return;
    }
    spill(few);
  }
  PortSketch::add(block(few), few.state, hash);
}

void LineTally::merge(Few& few, const LineTally& other, const Few& from) {
  if (from.state <= kFew) {
    for (std::uint16_t i = 0; i < from.state; ++i) add(few, from.hashes[i]);
    return;
  }
  if (few.state < kFew) {
    const Few was = few;
    few.hashes[0] = ++blocks_used_;
    few.state = from.state;
    std::memcpy(block(few), other.block(from), PortSketch::kBytes);
    for (std::uint16_t i = 0; i < was.state; ++i)
      PortSketch::add(block(few), few.state, was.hashes[i]);
    return;
  }
  if (few.state == kFew) spill(few);
  PortSketch::merge(block(few), few.state, other.block(from), from.state);
}

void LineTally::add(std::span<const Packet> packets, std::span<const std::uint64_t> sources,
                    std::span<const std::uint64_t> targets) {
  // Ports that many knock at and ports that few do need different work, and which comes next can't
  // be foretold: they are sorted without a branch.
  std::array<std::uint8_t, kMostAtOnce> many;  // NOLINT(*-member-init): filled below
  std::array<std::uint8_t, kMostAtOnce> few;   // NOLINT(*-member-init): filled below
  std::size_t many_count = 0;
  std::size_t few_count = 0;
  Cell* const cells = cells_.get();
  std::uint8_t* const blocks = blocks_.get();
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const Packet& one = packets[i];
    bytes += one.length;
    ++protocols_[one.protocol].packets;
    protocols_[one.protocol].bytes += one.length;
    ++purposes_[static_cast<std::size_t>(one.purpose)];
    ++tools_[static_cast<std::size_t>(one.tool)];
    if (!one.has_ports) continue;
    const std::uint32_t number = cell_of(one);
    Cell& cell = cells[number];
    if (cell.packets == 0) used_.push_back(number);
    ++cell.packets;
    cell.bytes += one.length;
    const std::size_t dense =
        one_if((cell.sources.state & cell.targets.state) == PortSketch::kDense);
    many[many_count] = few[few_count] = static_cast<std::uint8_t>(i);
    many_count += dense;
    few_count += 1 - dense;
    const std::uint64_t source = cell.sources.hashes[0] * one_if(cell.sources.state > kFew);
    const std::uint64_t target = cell.targets.hashes[0] * one_if(cell.targets.state > kFew);
    __builtin_prefetch(blocks + source * PortSketch::kBytes + (sources[i] >> 56U), 1);
    __builtin_prefetch(blocks + target * PortSketch::kBytes + (targets[i] >> 56U), 1);
  }
  all_.packets += packets.size();
  all_.bytes += bytes;
  WholeSketch::add(sources_.get(), sources_state_, sources);
  WholeSketch::add(targets_.get(), targets_state_, targets);
  for (std::size_t k = 0; k < few_count; ++k) {
    const std::size_t i = few[k];
    Cell& cell = cells[cell_of(packets[i])];
    add(cell.sources, sources[i]);
    add(cell.targets, targets[i]);
  }
  for (std::size_t k = 0; k < many_count; ++k) {
    const std::size_t i = many[k];
    const Cell& cell = cells[cell_of(packets[i])];
    PortSketch::note(blocks + cell.sources.hashes[0] * PortSketch::kBytes, sources[i]);
    PortSketch::note(blocks + cell.targets.hashes[0] * PortSketch::kBytes, targets[i]);
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
    merge(into.sources, other, from.sources);
    merge(into.targets, other, from.targets);
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

std::vector<LineTally::Port> LineTally::ports() const {
  std::vector<Port> ports;
  ports.reserve(used_.size());
  for (const std::uint32_t number : used_) {
    const Cell& cell = cells_[number];
    ports.push_back({number < 65536 ? kProtocolTcp : kProtocolUdp,
                     static_cast<std::uint16_t>(number % 65536),
                     {cell.packets, cell.bytes}});
  }
  std::ranges::sort(ports, [](const Port& a, const Port& b) {
    if (a.count.packets != b.count.packets) return a.count.packets > b.count.packets;
    return std::pair(a.protocol, a.port) < std::pair(b.protocol, b.port);
  });
  return ports;
}

std::string LineTally::encode(const HashKey& key) const {
  WireWriter out;
  out.raw(kMagic);
  out.fixed64(key_mark(key));
  const auto count = [&](const Count& one) {
    out.number(one.packets);
    out.number(one.bytes);
  };
  count(all_);
  std::uint64_t protocols = 0;
  for (const Count& one : protocols_) protocols += one.packets > 0 ? 1U : 0U;
  out.number(protocols);
  for (std::size_t i = 0; i < protocols_.size(); ++i) {
    if (protocols_[i].packets == 0) continue;
    out.number(i);
    count(protocols_[i]);
  }
  for (const std::uint64_t one : purposes_) out.number(one);
  for (const std::uint64_t one : tools_) out.number(one);
  out.sketch<WholeSketch>(sources_.get(), sources_state_);
  out.sketch<WholeSketch>(targets_.get(), targets_state_);
  std::vector<std::uint32_t> used = used_;
  std::ranges::sort(used);
  out.number(used.size());
  std::uint32_t before = 0;
  for (const std::uint32_t number : used) {
    const Cell& cell = cells_[number];
    out.number(number - before);
    before = number;
    count({cell.packets, cell.bytes});
    for (const Few* few : {&cell.sources, &cell.targets}) {
      if (few->state <= kFew)
        out.hashes({few->hashes.begin(), few->hashes.begin() + few->state});
      else
        out.sketch<PortSketch>(block(*few), few->state);
    }
  }
  return std::move(out).text();
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
  LineTally read;
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
  for (std::uint64_t i = 0; i < used && in.good(); ++i) {
    const std::uint64_t step = in.number(kCells);
    number += step;
    if (number >= kCells || (step == 0 && i > 0)) return damaged();
    Cell& cell = read.use(static_cast<std::uint32_t>(number));
    Count counted;
    count(counted);
    if (counted.packets == 0) return damaged();
    cell.packets = counted.packets;
    cell.bytes = counted.bytes;
    for (Few* few : {&cell.sources, &cell.targets}) {
      // Read into a block of its own, which is given back when there were few.
      const std::uint64_t block = ++read.blocks_used_;
      few->hashes[0] = block;
      in.sketch<PortSketch>(read.block(*few), few->state);
      if (few->state > kFew) continue;
      std::uint8_t* at = read.block(*few);
      std::uint16_t found = 0;
      few->hashes = {};
      for (std::size_t slot = 0; slot < PortSketch::kSlots && found < few->state; ++slot)
        if (const std::uint64_t hash = PortSketch::at(at, slot); hash != 0)
          few->hashes[found++] = hash;
      std::memset(at, 0, PortSketch::kBytes);
      --read.blocks_used_;
    }
  }
  if (!in.good() || !in.at_end()) return damaged();
  merge(read);
  return {};
}

}  // namespace sekisho
