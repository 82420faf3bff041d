#include "collect/observe/observe.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sekisho {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Until 2200: what lies beyond is a broken clock or a broken file.
constexpr std::int64_t kLatest = std::int64_t{7'258'118'400} * kSecond;

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
      grain_ns_((scope.grain == Period::minute ? 60 : 3600) * kSecond),
      packets_(kBatch),
      counted_(kBatch),
      addresses_(2 * kBatch),
      hashes_(2 * kBatch) {
  if (scope_.names != nullptr) login_ports_ = login_ports(*scope_.names);
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
  auto event = login_event(packet, login_ports_, *scope_.names);
  if (!event) return;
  // With networks given, only what is done to them, or by one's own.
  const bool concerns = (scope_.observed.empty() && scope_.ours.empty()) ||
                        any_contains(scope_.observed, event->server) ||
                        any_contains(scope_.ours, event->server) ||
                        any_contains(scope_.ours, event->client);
  if (concerns) logins_.push_back(*event);
}

void Observer::take_batch(std::span<const Record> records) {
  frames_.frames += records.size();
  for (const Record& record : records) {
    Packet& packet = packets_[pending_];
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
    if (scope_.names != nullptr && packet.protocol == kProtocolTcp &&
        (packet.flags & (kSyn | kAck)) != kSyn)
      look_for_login(packet);
    if (!scope_.ours.empty() && any_contains(scope_.ours, packet.source))
      ours_.add({&packet, 1}, std::array{hash_of(scope_.key, packet.source)});
    if (!scope_.observed.empty() && !any_contains(scope_.observed, packet.target)) {
      ++frames_.elsewhere;
      continue;
    }
    const std::int64_t into = packet.time_ns - start_ns_;
    if (start_ns_ < 0 || into < 0 || into >= grain_ns_) {
      const Packet first = packet;
      close_grain();
      start_ns_ = first.time_ns / grain_ns_ * grain_ns_;
      packets_[0] = first;
    }
    tally_.prefetch(LineTally::cell_of(packets_[pending_]));
    ++pending_;
  }
  count_pending();
}

void Observer::count_pending() {
  for (std::size_t i = 0; i < pending_; ++i) {
    addresses_[i] = packets_[i].source;
    addresses_[pending_ + i] = packets_[i].target;
  }
  const std::span<std::uint64_t> hashes(hashes_.data(), pending_ * 2);
  hash_all(scope_.key, {addresses_.data(), pending_ * 2}, hashes);
  for (std::size_t i = 0; i < pending_; ++i) {
    const Packet& packet = packets_[i];
    sources_.prefetch(hashes[i]);
    counted_[i] = {hashes[i],       hashes[pending_ + i], packet.length, LineTally::cell_of(packet),
                   packet.protocol, packet.purpose,       packet.tool};
    first_ns_ = std::min(first_ns_, packet.time_ns);
    last_ns_ = std::max(last_ns_, packet.time_ns);
  }
  tally_.add({counted_.data(), pending_});
  sources_.add({packets_.data(), pending_}, hashes.first(pending_));
  frames_.counted += pending_;
  pending_ = 0;
}

void Observer::close_grain() {
  count_pending();
  if (tally_.empty()) return;
  const std::scoped_lock lock(findings_.mutex);
  findings_.periods.add(scope_.grain, Time(std::chrono::seconds(start_ns_ / kSecond)), tally_);
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
  findings_.frames += frames_;
  findings_.first_ns = std::min(findings_.first_ns, first_ns_);
  findings_.last_ns = std::max(findings_.last_ns, last_ns_);
  frames_ = {};
}

}  // namespace sekisho
