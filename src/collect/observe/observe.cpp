// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/observe.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sekisho {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
/// Until 2200: what lies beyond is a broken clock or a broken file.
constexpr std::int64_t kLatest = std::int64_t{7'258'118'400} * kSecondNs;

bool any_contains(const std::vector<Network>& networks, const Address& address) {
  return std::ranges::any_of(networks, [&](const Network& one) { return one.contains(address); });
}

/// All but what asks for a connection, and what carries too little to be SIP.
bool may_be_login(const Packet& packet) {
  if (packet.protocol == kProtocolTcp) return (packet.flags & (kSyn | kAck)) != kSyn;
  return packet.protocol == kProtocolUdp && packet.payload_captured > 0;
}

}  // namespace

void FrameCounts::operator+=(const FrameCounts& other) {
  frames += other.frames;
  counted += other.counted;
  elsewhere += other.elsewhere;
  filtered += other.filtered;
  scanners += other.scanners;
  not_ip += other.not_ip;
  cut_short += other.cut_short;
  malformed += other.malformed;
  unknown_link += other.unknown_link;
  unknown_type = std::max(unknown_type, other.unknown_type);
  outgoing += other.outgoing;
}

Observer::Observer(const LineScope& scope, Findings& findings)
    : scope_(scope), findings_(findings) {
  if (scope_.names != nullptr)
    login_places_.emplace(*scope_.names, scope_.portals, scope_.login_ports);
}

void Findings::take(std::uint64_t piece, PieceFound found, const LineNames* names) {
  const std::scoped_lock lock(mutex);
  early_[piece] = std::move(found);
  for (auto next = early_.begin(); next != early_.end() && next->first == next_piece_;
       next = early_.erase(next), ++next_piece_) {
    if (names != nullptr) attempts.add(next->second.logins, next->second.said, *names);
    std::span<const Hit> hits(next->second.hits);
    for (const HitRun& run : next->second.runs) {
      const std::size_t count = std::min<std::size_t>(run.stretch.packets, hits.size());
      periods.add(run, hits.first(count));
      hits = hits.subspan(count);
    }
  }
}

void Observer::take(std::span<const Record> records, std::uint64_t piece) {
  for (std::size_t at = 0; at < records.size(); at += kBatch)
    take_batch(records.subspan(at, std::min(kBatch, records.size() - at)));
  PieceFound found = put();
  found.logins = std::exchange(logins_, {});
  found.said = std::exchange(said_, {});
  findings_.take(piece, std::move(found), scope_.names);
  if (!many_ && grain_hits_ > scope_.most_hits) begin_tally();
}

PieceFound Observer::put() {
  PieceFound found;
  if (!many_) end_grain();
  if (hits_.empty()) return found;
  Spill::Place place = findings_.periods.put(hits_);
  std::span<const Hit> left(hits_);
  for (const auto& [grain, stretch] : std::exchange(runs_, {})) {
    const auto hits = left.first(stretch.packets);
    found.runs.push_back({grain, stretch, place, Periods::sum_of(hits)});
    place.offset += hits.size_bytes();
    left = left.subspan(hits.size());
  }
  if (findings_.periods.has_sink()) found.hits = hits_;
  hits_.clear();
  return found;
}

void Observer::begin_tally() {
  const std::scoped_lock lock(findings_.mutex);
  findings_.periods.add_to_all(tally_);
  many_ = true;
}

void Observer::look_for_login(const Packet& packet) {
  auto event = login_event(packet, *login_places_, *scope_.names);
  if (!event) return;
  // With networks given, only what is done to them, or by one's own.
  const bool concerns = (scope_.observed.empty() && scope_.ours.empty()) ||
                        any_contains(scope_.observed, event->server) ||
                        any_contains(scope_.ours, event->server) ||
                        any_contains(scope_.ours, event->client);
  if (!concerns) return;
  event->text_at = static_cast<std::uint32_t>(said_.size());
  const auto text = packet.payload().first(event->text_size);
  said_.insert(said_.end(), text.begin(), text.end());
  logins_.push_back(*event);
}

void Observer::note_ours(const Packet& packet) {
  if (any_contains(scope_.ours, packet.source))
    ours_.add({&packet, 1}, std::array{hash_of(scope_.key, packet.source)});
  if (any_contains(scope_.ours, packet.target)) {
    Packet turned = packet;
    std::swap(turned.source, turned.target);
    answered_.add({&turned, 1}, std::array{hash_of(scope_.key, turned.source)});
  }
}

void Observer::place(Packet& packet) {
  if (!findings_.conversations.place(packet)) return;
  const std::uint64_t hash = hash_of(scope_.key, packet.target);
  sources_.answered(packet.target, hash);
  if (any_contains(scope_.ours, packet.target)) ours_.answered(packet.target, hash);
}

void Observer::take_outgoing(const Record& record) {
  ++frames_.outgoing;
  Packet packet;
  if (decode(record, packet, &scope_.observed) != Decoded::packet) return;
  place(packet);
  if (login_places_) look_for_login(packet);
  if (!scope_.ours.empty()) note_ours(packet);
}

void Observer::take_batch(std::span<const Record> records) {
  const bool logins = scope_.names != nullptr;
  const bool any_ours = !scope_.ours.empty();
  const bool filters = scope_.filter.by_packet();
  const bool all = scope_.observed.empty();
  const std::vector<Network>* ends = all ? nullptr : &scope_.observed;
  std::size_t at_hand = 0;
  for (const Record& record : records) {
    if (record.outgoing) {
      take_outgoing(record);
      continue;
    }
    ++frames_.frames;
    if (scope_.filter.frames && !scope_.filter.frames->passes(record)) {
      ++frames_.filtered;
      continue;
    }
    Packet& packet = packets_[at_hand];
    switch (decode(record, packet, ends)) {
      case Decoded::packet: break;
      case Decoded::not_ip: ++frames_.not_ip; continue;
      case Decoded::cut_short: ++frames_.cut_short; continue;
      case Decoded::malformed: ++frames_.malformed; continue;
      default:
        ++frames_.unknown_link;
        frames_.unknown_type = record.link;
        continue;
    }
    if (packet.time_ns < 0 || packet.time_ns > kLatest) {
      ++frames_.malformed;
      continue;
    }
    place(packet);
    if (logins && may_be_login(packet)) look_for_login(packet);
    if (any_ours) note_ours(packet);
    if (!all && !any_contains(scope_.observed, packet.target)) {
      ++frames_.elsewhere;
      continue;
    }
    if (filters && !scope_.filter.passes(packet, scope_.names)) {
      ++frames_.filtered;
      continue;
    }
    if (static_cast<std::uint64_t>(packet.time_ns - start_ns_) >= length_ns_) {
      count(at_hand);
      begin_grain(packet.time_ns);
      packets_[0] = packet;
      at_hand = 0;
    }
    tally_.prefetch(packet);
    source_bits_[at_hand] = packet.source.v4_bits();
    target_bits_[at_hand] = packet.target.v4_bits();
    not_v4_ |= packet.source.high | packet.target.high | (packet.source.low >> 32U ^ 0xffffU) |
               (packet.target.low >> 32U ^ 0xffffU);
    stretch_.add(packet.time_ns);
    ++at_hand;
  }
  count(at_hand);
}

void Observer::count(std::size_t count) {
  const std::span<const Packet> packets(packets_.data(), count);
  std::array<std::uint64_t, kBatch> source_room;  // NOLINT(*-member-init): filled below
  std::array<std::uint64_t, kBatch> target_room;  // NOLINT(*-member-init): filled below
  const std::span<std::uint64_t> sources(source_room.data(), count);
  const std::span<std::uint64_t> targets(target_room.data(), count);
  hash_v4(scope_.key, {source_bits_.data(), count}, sources);
  hash_v4(scope_.key, {target_bits_.data(), count}, targets);
  if (std::exchange(not_v4_, 0) != 0)
    for (std::size_t i = 0; i < count; ++i) {
      if (!packets[i].source.is_v4()) sources[i] = hash_of(scope_.key, packets[i].source);
      if (!packets[i].target.is_v4()) targets[i] = hash_of(scope_.key, packets[i].target);
    }
  for (const std::uint64_t hash : sources) sources_.prefetch(hash);
  std::array<Hit, kBatch> hit_room;  // NOLINT(*-member-init): filled below
  const std::span<Hit> hits(hit_room.data(), count);
  for (std::size_t i = 0; i < count; ++i) hits[i] = hit_of(packets[i], sources[i], targets[i]);
  tally_.add(hits);
  if (!many_) {
    hits_.insert(hits_.end(), hits.begin(), hits.end());
    grain_hits_ += count;
  }
  sources_.add(packets, sources);
  if (scope_.names != nullptr)
    for (const Packet& packet : packets)
      frames_.scanners += scope_.names->scanner(packet.source) != nullptr ? 1U : 0U;
  frames_.counted += count;
}

void Observer::begin_grain(std::int64_t time_ns) {
  end_grain();
  grain_hits_ = 0;
  const Period grain = findings_.periods.grain();
  grain_ = start_of(grain, Time(std::chrono::seconds(time_ns / kSecondNs)));
  const auto length = step_from(grain, grain_, 1) - grain_;
  start_ns_ = grain_.time_since_epoch().count() * kSecondNs;
  length_ns_ = static_cast<std::uint64_t>(length.count()) * kSecondNs;
}

void Observer::end_grain() {
  const Stretch stretch = std::exchange(stretch_, {});
  if (stretch.packets == 0) return;
  if (!many_) {
    runs_.emplace_back(grain_, stretch);
    return;
  }
  const std::scoped_lock lock(findings_.mutex);
  findings_.periods.add(grain_, stretch, tally_);
  many_ = stretch.packets > scope_.most_hits / 4;
}

void Observer::hand_over() {
  end_grain();
  length_ns_ = 0;
  many_ = false;
  const std::scoped_lock lock(findings_.mutex);
  findings_.periods.add_to_all(tally_);
  const auto give = [&](Sources& own, std::optional<Sources>& all, unsigned bits) {
    if (all)
      all->merge(own, scope_.key);
    else
      all = std::move(own);
    own = Sources(bits);
  };
  give(sources_, findings_.sources, kSourceBits);
  give(ours_, findings_.ours, kOurBits);
  give(answered_, findings_.answered, kOurBits);
  findings_.frames += frames_;
  frames_ = {};
}

}  // namespace sekisho
