// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/sources.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "collect/observe/branchless.h"

namespace sekisho {
namespace {

/// A step to the next address, or over a few that were someone else's.
constexpr std::uint32_t kShortStep = 16;

std::uint64_t bit_of(std::uint64_t value) {
  return std::uint64_t{1} << ((value * 0x9e3779b97f4a7c15ULL) >> 58U);
}

template <typename T>
void count_up(T& counter, std::uint64_t by = 1) {
  counter = static_cast<T>(std::min<std::uint64_t>(std::numeric_limits<T>::max(), counter + by));
}

/// Stops at both ends.
void balance(std::int8_t& counter, int by) {
  counter = static_cast<std::int8_t>(std::clamp(counter + by, -128, 127));
}

}  // namespace

double SourceRecord::linear(std::uint64_t bits) {
  const int empty = 64 - std::popcount(bits);
  return 64 * std::log(64.0 / std::max(empty, 1));
}

Sources::Sources(unsigned bits)
    : mask_((std::uint64_t{1} << bits) / kWays - 1),
      buckets_((std::uint64_t{1} << bits) / kWays),
      records_(std::size_t{1} << bits) {}

[[gnu::always_inline]] inline SourceRecord* Sources::admit(const Address& address,
                                                           std::uint64_t hash,
                                                           std::uint32_t packets) {
  Bucket& bucket = buckets_[hash & mask_];
  const std::uint16_t tag = tag_of(hash);
  const std::size_t way = bucket.quietest();
  const std::uint16_t there = bucket.count(way);
  // Room that nobody has, or that it took with the packet before.
  const auto was = static_cast<std::uint16_t>(bucket.tags >> (16 * way));
  const bool free = there == 0 && (was == 0 || bucket.marked(tag) != 0);
  if (!free && packets == 1) {
    // Whether it is let in can't be foretold: done without a branch.
    dice_ = dice_ * 6364136223846793005ULL + 1442695040888963407ULL;
    const bool in = ((dice_ >> 32U) * (std::uint64_t{there} + 1)) >> 32U == 0;
    bucket.set(way, in ? tag : was, in ? std::uint16_t{0} : there);
    return nullptr;
  }
  if (!free && packets <= there) return nullptr;
  bucket.set(way, tag, 0);
  bucket.count_up(way, packets);
  SourceRecord& record = records_[(hash & mask_) * kWays + way];
  record = {};
  record.address = address;
  return &record;
}

[[gnu::always_inline]] inline SourceRecord* Sources::place(const Address& address,
                                                           std::uint64_t hash,
                                                           std::uint32_t packets) {
  Bucket& bucket = buckets_[hash & mask_];
  for (std::uint64_t known = bucket.known(tag_of(hash)); known != 0; known &= known - 1) {
    const auto way = static_cast<std::size_t>(std::countr_zero(known)) / 16;
    SourceRecord& record = records_[(hash & mask_) * kWays + way];
    if (record.address != address) continue;
    bucket.count_up(way, packets);
    return &record;
  }
  return admit(address, hash, packets);
}

void Sources::add(std::span<const Packet> packets, std::span<const std::uint64_t> hashes) {
  // Which are known can't be foretold: they are sorted without a branch, and the record of each
  // that is known is on its way while the others are looked at.
  std::array<std::uint8_t, kMostAtOnce> known;    // NOLINT(*-member-init): filled below
  std::array<std::uint8_t, kMostAtOnce> unknown;  // NOLINT(*-member-init): filled below
  std::size_t known_count = 0;
  std::size_t unknown_count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::uint64_t ways = buckets_[hashes[i] & mask_].known(tag_of(hashes[i]));
    const std::size_t found = one_if(ways != 0);
    // Of one that is not known always the same place, which costs nothing. (Of 0 the width would
    // be looked for with a branch.)
    const std::size_t way = static_cast<std::size_t>(std::bit_width(ways | 1U)) / 16 - found;
    __builtin_prefetch(&records_[((hashes[i] & mask_) * kWays + way) * found], 1);
    known[known_count] = unknown[unknown_count] = static_cast<std::uint8_t>(i);
    known_count += found;
    unknown_count += 1 - found;
  }
  // One that is let in now may have come before in the same batch.
  for (std::size_t k = 0; k < unknown_count; ++k) {
    const std::size_t i = unknown[k];
    if (buckets_[hashes[i] & mask_].wait_instead(tag_of(hashes[i]))) continue;
    if (SourceRecord* record = place(packets[i].source, hashes[i], 1)) note(*record, packets[i]);
  }
  for (std::size_t k = 0; k < known_count; ++k) {
    const std::size_t i = known[k];
    if (SourceRecord* record = place(packets[i].source, hashes[i], 1)) note(*record, packets[i]);
  }
}

void Sources::note(SourceRecord& record, const Packet& packet) {
  const auto second = static_cast<std::uint32_t>(packet.time_ns / 1'000'000'000);
  const auto target = static_cast<std::uint32_t>(packet.target.low);
  if (record.packets == 0) {
    record.first = record.last = second;
  } else {
    record.first = std::min(record.first, second);
    record.last = std::max(record.last, second);
    if (target != record.last_target && record.steps < 0xffff) {
      ++record.steps;
      if (target - record.last_target <= kShortStep) ++record.upward;
    }
  }
  record.last_target = target;
  count_up(record.packets);
  balance(record.scans, packet.knocks);
  if (packet.tool == record.tool)
    count_up(record.tool_votes);
  else if (record.tool_votes == 0)
    record.tool = packet.tool, record.tool_votes = 1;
  else
    --record.tool_votes;
  record.target_bits |= bit_of(packet.target.low ^ packet.target.high);
  if (!packet.has_ports && packet.port == 0) return;
  const std::uint64_t bit = bit_of(packet.port);
  record.port_bits |= bit;
  const auto end = record.ports.begin() + record.ports_known;
  if (record.ports_known < record.ports.size() &&
      std::find(record.ports.begin(), end, packet.port) == end)
    record.ports[record.ports_known++] = packet.port;
}

void Sources::answered(const Address& address, std::uint64_t hash) {
  const std::size_t bucket = hash & mask_;
  for (std::uint64_t known = buckets_[bucket].known(tag_of(hash)); known != 0; known &= known - 1) {
    const auto way = static_cast<std::size_t>(std::countr_zero(known)) / 16;
    SourceRecord& record = records_[bucket * kWays + way];
    if (record.address == address) return balance(record.scans, -1);
  }
}

void Sources::merge(const Sources& other, const HashKey& key) {
  other.each([&](const SourceRecord& from) {
    SourceRecord* into = place(from.address, hash_of(key, from.address), from.packets);
    if (into == nullptr) return;
    if (into->packets == 0) {
      *into = from;
      return;
    }
    into->first = std::min(into->first, from.first);
    into->last = std::max(into->last, from.last);
    count_up(into->packets, from.packets);
    balance(into->scans, from.scans);
    count_up(into->upward, from.upward);
    count_up(into->steps, from.steps);
    into->port_bits |= from.port_bits;
    into->target_bits |= from.target_bits;
    if (into->tool == from.tool) {
      count_up(into->tool_votes, from.tool_votes);
    } else {
      if (from.tool_votes > into->tool_votes) into->tool = from.tool;
      into->tool_votes = static_cast<std::uint8_t>(std::max(into->tool_votes, from.tool_votes) -
                                                   std::min(into->tool_votes, from.tool_votes));
    }
    for (std::size_t p = 0; p < from.ports_known; ++p) {
      const auto end = into->ports.begin() + into->ports_known;
      if (into->ports_known < into->ports.size() &&
          std::find(into->ports.begin(), end, from.ports[p]) == end)
        into->ports[into->ports_known++] = from.ports[p];
    }
  });
}

std::size_t Sources::size() const {
  std::size_t count = 0;
  each([&](const SourceRecord&) { ++count; });
  return count;
}

}  // namespace sekisho
