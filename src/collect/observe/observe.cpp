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

}  // namespace

void FrameCounts::operator+=(const FrameCounts& other) {
  frames += other.frames;
  counted += other.counted;
  elsewhere += other.elsewhere;
  not_ip += other.not_ip;
  cut_short += other.cut_short;
  malformed += other.malformed;
  unknown_link += other.unknown_link;
}

Observer::Observer(const LineScope& scope, Findings& findings)
    : scope_(scope),
      findings_(findings),
      grain_ns_((scope.grain == Period::minute ? 60 : 3600) * kSecondNs) {
  if (scope_.names != nullptr) login_places_.emplace(*scope_.names, scope_.portals);
}

void Findings::take(std::uint64_t piece, std::vector<LoginEvent> events, const LineNames& names) {
  const std::scoped_lock lock(mutex);
  early_[piece] = std::move(events);
  for (auto next = early_.begin(); next != early_.end() && next->first == next_piece_;
       next = early_.erase(next), ++next_piece_)
    attempts.add(next->second, names);
}

void Observer::take(std::span<const Record> records, std::uint64_t piece) {
  for (std::size_t at = 0; at < records.size(); at += kBatch)
    take_batch(records.subspan(at, std::min(kBatch, records.size() - at)));
  if (scope_.names != nullptr) findings_.take(piece, std::exchange(logins_, {}), *scope_.names);
}

void Observer::look_for_login(const Packet& packet) {
  auto event = login_event(packet, *login_places_, *scope_.names);
  if (!event) return;
  // With networks given, only what is done to them, or by one's own.
  const bool concerns = (scope_.observed.empty() && scope_.ours.empty()) ||
                        any_contains(scope_.observed, event->server) ||
                        any_contains(scope_.ours, event->server) ||
                        any_contains(scope_.ours, event->client);
  if (concerns) logins_.push_back(*event);
}

bool Observer::concerns_us(const Packet& packet) {
  if (any_contains(scope_.ours, packet.source))
    ours_.add({&packet, 1}, std::array{hash_of(scope_.key, packet.source)});
  if (any_contains(scope_.ours, packet.target)) {
    Packet turned = packet;
    std::swap(turned.source, turned.target);
    answered_.add({&turned, 1}, std::array{hash_of(scope_.key, turned.source)});
  }
  return scope_.observed.empty() || any_contains(scope_.observed, packet.target);
}

void Observer::take_batch(std::span<const Record> records) {
  frames_.frames += records.size();
  const bool logins = scope_.names != nullptr;
  const bool all = scope_.ours.empty() && scope_.observed.empty();
  std::size_t at_hand = 0;
  for (const Record& record : records) {
    Packet& packet = packets_[at_hand];
    switch (decode(record, packet)) {
      case Decoded::packet: break;
      case Decoded::not_ip: ++frames_.not_ip; continue;
      case Decoded::cut_short: ++frames_.cut_short; continue;
      case Decoded::malformed: ++frames_.malformed; continue;
      default: ++frames_.unknown_link; continue;
    }
    if (packet.time_ns < 0 || packet.time_ns > kLatest) {
      ++frames_.malformed;
      continue;
    }
    if (logins && packet.protocol == kProtocolTcp && (packet.flags & (kSyn | kAck)) != kSyn)
      look_for_login(packet);
    if (!all && !concerns_us(packet)) {
      ++frames_.elsewhere;
      continue;
    }
    const std::int64_t into = packet.time_ns - start_ns_;
    if (start_ns_ < 0 || into < 0 || into >= grain_ns_) {
      count(at_hand);
      close_grain();
      start_ns_ = packet.time_ns / grain_ns_ * grain_ns_;
      packets_[0] = packet;
      at_hand = 0;
    }
    tally_.prefetch(packet);
    source_bits_[at_hand] = packet.source.v4_bits();
    target_bits_[at_hand] = packet.target.v4_bits();
    not_v4_ |= packet.source.high | packet.target.high | (packet.source.low >> 32U ^ 0xffffU) |
               (packet.target.low >> 32U ^ 0xffffU);
    first_ns_ = std::min(first_ns_, packet.time_ns);
    last_ns_ = std::max(last_ns_, packet.time_ns);
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
  tally_.add(packets, sources, targets);
  sources_.add(packets, sources);
  frames_.counted += count;
}

void Observer::close_grain() {
  if (tally_.empty()) return;
  const std::scoped_lock lock(findings_.mutex);
  findings_.periods.add(scope_.grain, Time(std::chrono::seconds(start_ns_ / kSecondNs)), tally_);
}

void Observer::hand_over() {
  close_grain();
  start_ns_ = -1;
  const std::scoped_lock lock(findings_.mutex);
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
  findings_.first_ns = std::min(findings_.first_ns, first_ns_);
  findings_.last_ns = std::max(findings_.last_ns, last_ns_);
  frames_ = {};
}

}  // namespace sekisho
