#include "collect/observe/sources.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

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

}  // namespace

double SourceRecord::linear(std::uint64_t bits) {
  const int empty = 64 - std::popcount(bits);
  return 64 * std::log(64.0 / std::max(empty, 1));
}

Sources::Sources(unsigned bits)
    : mask_((std::uint64_t{1} << bits) / kWays - 1),
      ways_(std::size_t{1} << bits),
      records_(std::size_t{1} << bits) {}

SourceRecord* Sources::place(const Address& address, std::uint64_t hash, std::uint32_t packets) {
  const std::size_t at = bucket(hash);
  const std::uint16_t tag = tag_of(hash);
  std::size_t place = at;
  bool known = false;
  for (std::size_t i = at; i < at + kWays; ++i) {
    if (ways_[i].tag == tag) {
      if (ways_[i].packets > 0 && records_[i].address == address) {
        count_up(ways_[i].packets, packets);
        return &records_[i];
      }
      known = known || ways_[i].packets == 0;
    }
    if (ways_[i].packets < ways_[place].packets) place = i;
  }
  Way& way = ways_[place];
  // Room that nobody has, or that it took with the packet before.
  const bool free = way.tag == 0 || (known && way.packets == 0);
  if (!free && packets == 1) {
    dice_ = dice_ * 6364136223846793005ULL + 1442695040888963407ULL;
    if (((dice_ >> 32U) * (std::uint64_t{way.packets} + 1)) >> 32U == 0) way = {tag, 0};
    return nullptr;
  }
  if (!free && packets <= way.packets) return nullptr;
  way = {tag, 0};
  count_up(way.packets, packets);
  SourceRecord& record = records_[place];
  record = {};
  record.address = address;
  return &record;
}

void Sources::add(std::span<const Packet> packets, std::span<const std::uint64_t> hashes) {
  // Which are known can't be foretold: they are sorted without a branch, and the record of each
  // that is known is on its way while the others are looked at.
  std::array<std::uint8_t, kMostAtOnce> known;    // NOLINT(*-member-init): filled below
  std::array<std::uint8_t, kMostAtOnce> unknown;  // NOLINT(*-member-init): filled below
  std::array<std::uint32_t, kMostAtOnce> places;  // NOLINT(*-member-init): filled below
  std::size_t known_count = 0;
  std::size_t unknown_count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const std::size_t at = bucket(hashes[i]);
    const std::uint16_t tag = tag_of(hashes[i]);
    std::size_t way = kWays;
    for (std::size_t w = 0; w < kWays; ++w) way = hits(ways_[at + w], tag) ? w : way;
    places[i] = static_cast<std::uint32_t>(at + way % kWays);
    __builtin_prefetch(&records_[places[i]], 1);
    known[known_count] = unknown[unknown_count] = static_cast<std::uint8_t>(i);
    known_count += way < kWays ? 1U : 0U;
    unknown_count += way < kWays ? 0U : 1U;
  }
  for (std::size_t k = 0; k < unknown_count; ++k) {
    const std::size_t i = unknown[k];
    if (SourceRecord* record = place(packets[i].source, hashes[i], 1)) note(*record, packets[i]);
  }
  for (std::size_t k = 0; k < known_count; ++k) {
    const std::size_t i = known[k];
    SourceRecord* record = &records_[places[i]];
    // It may have had to make room just now, or be another's with the same tag.
    if (record->address == packets[i].source && ways_[places[i]].packets > 0)
      count_up(ways_[places[i]].packets);
    else
      record = place(packets[i].source, hashes[i], 1);
    if (record != nullptr) note(*record, packets[i]);
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
  if (packet.purpose == Purpose::tcp_scan) count_up(record.scans);
  if (packet.tool == record.tool)
    count_up(record.tool_votes);
  else if (record.tool_votes == 0)
    record.tool = packet.tool, record.tool_votes = 1;
  else
    --record.tool_votes;
  record.target_bits |= bit_of(packet.target.low ^ packet.target.high);
  if (!packet.has_ports) return;
  const std::uint64_t bit = bit_of(packet.port);
  record.port_bits |= bit;
  const auto end = record.ports.begin() + record.ports_known;
  if (record.ports_known < record.ports.size() &&
      std::find(record.ports.begin(), end, packet.port) == end)
    record.ports[record.ports_known++] = packet.port;
}

void Sources::merge(const Sources& other, const HashKey& key) {
  for (std::size_t i = 0; i < other.ways_.size(); ++i) {
    if (other.ways_[i].packets == 0) continue;
    const SourceRecord& from = other.records_[i];
    SourceRecord* into = place(from.address, hash_of(key, from.address), from.packets);
    if (into == nullptr) continue;
    if (into->packets == 0) {
      *into = from;
      continue;
    }
    into->first = std::min(into->first, from.first);
    into->last = std::max(into->last, from.last);
    count_up(into->packets, from.packets);
    count_up(into->scans, from.scans);
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
  }
}

std::size_t Sources::size() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(ways_, [](const Way& way) { return way.packets != 0; }));
}

}  // namespace sekisho
