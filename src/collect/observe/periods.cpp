// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/periods.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>
#include <utility>

namespace sekisho {
namespace {

/// There is something to see in as many periods; then they are the longest that are shown.
constexpr std::size_t kEnough = 3;
/// Tallies of one period; then they are made one.
constexpr std::size_t kMostTallies = 16;
/// Of what may be kept, the share that is condensed at least.
constexpr std::uint64_t kWorth = 64;
/// Hits that are looked at together.
constexpr std::size_t kHits = 8192;

/// Of any bytes, quickly: what the disk spoils shows, whoever spoils it on purpose is not expected.
std::uint64_t sum_of_bytes(std::string_view bytes) {
  std::uint64_t sum = bytes.size();
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(8, bytes.size()))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<std::size_t>(8, bytes.size()));
    sum = (std::rotl(sum, 5) ^ word) * 0x9e3779b97f4a7c15ULL;
  }
  return sum;
}

// Periods are UTC's, so that the tallies of sensors anywhere are of the same hours and days.
std::chrono::year_month_day date_of(Time time) {
  return std::chrono::year_month_day(Calendar::utc().day(time));
}

}  // namespace

Time start_of(Period period, Time time) {
  using namespace std::chrono;
  switch (period) {
    case Period::minute: return floor<minutes>(time);
    case Period::hour: return floor<hours>(time);
    case Period::day: return floor<days>(time);
    case Period::month: return sys_days(date_of(time).year() / date_of(time).month() / 1);
    default: return sys_days(date_of(time).year() / 1 / 1);
  }
}

Time step_from(Period period, Time start, int steps) {
  using namespace std::chrono;
  const year_month_day date = date_of(start);
  switch (period) {
    case Period::minute: return start + minutes(steps);
    case Period::hour: return start + hours(steps);
    case Period::day: return start + days(steps);
    case Period::month: return sys_days((date.year() / date.month() + months(steps)) / 1);
    default: return sys_days((date.year() + years(steps)) / 1 / 1);
  }
}

Time year_before(Period period, Time start) {
  if (period < Period::month) return start - std::chrono::weeks(52);
  return step_from(period, start, period == Period::month ? -12 : -1);
}

Periods::Periods(const HashKey& key, std::optional<Period> by)
    : key_(key), chosen_(by.has_value()), by_(by.value_or(Period::hour)), grain_(by_.load()) {}

void Periods::tell(Sink sink) {
  sink_ = std::move(sink);
  minute_ = std::make_unique<LineTally>();
  grain_ = Period::minute;
}

/// Adds up, in any order, so that hits that come to lie behind others are one part with them.
std::uint64_t Periods::sum_of(std::span<const Hit> hits) {
  std::uint64_t sum = 0;
  for (const Hit& hit : hits) {
    const std::uint64_t rest = std::uint64_t{hit.what} << 32U | hit.bytes;
    std::uint64_t one = hit.source * 0x9e3779b97f4a7c15ULL ^ std::rotl(hit.target, 32);
    one = one * 0xbf58476d1ce4e5b9ULL ^ rest;
    sum += one * 0x94d049bb133111ebULL ^ one >> 29U;
  }
  return sum;
}

Periods::Kept& Periods::period_of(Time grain, const Stretch& stretch) {
  const Time start = start_of(by_, grain);
  auto found = kept_.find(start);
  if (found == kept_.end()) {
    kept_.try_emplace(start);
    lengthen();
    found = kept_.find(start_of(by_, grain));
  }
  found->second.stretch += stretch;
  return found->second;
}

void Periods::add(const HitRun& run, std::span<const Hit> hits) {
  Kept& kept = period_of(run.grain, run.stretch);
  const std::uint64_t size = run.stretch.packets * sizeof(Hit);
  if (!kept.let_go) {
    Part* last = kept.parts.empty() ? nullptr : &kept.parts.back();
    if (last != nullptr && last->hits && last->place.in_memory == run.place.in_memory &&
        last->place.offset + last->size == run.place.offset) {
      last->size += size;
      last->sum += run.sum;
      kept_bytes_ += size;
    } else {
      keep(kept, {run.place, size, run.sum, true});
    }
    bound();
  } else {
    spill_.drop(run.place, size);
  }
  if (!minute_) return;
  if (!minute_->empty() && minute_start_ != run.grain) close();
  minute_start_ = run.grain;
  minute_->add(hits);
}

void Periods::add(Time grain, const Stretch& stretch, LineTally& tally) {
  if (tally.empty()) return;
  const std::string encoded = tally.encode(key_);
  if (sink_) sink_(grain, encoded);
  if (Kept& kept = period_of(grain, stretch); !kept.let_go) {
    keep(kept, {spill_.put({reinterpret_cast<const std::uint8_t*>(encoded.data()),  // NOLINT
                            encoded.size()}),
                encoded.size(), sum_of_bytes(encoded), false});
    if (std::ranges::count(kept.parts, false, &Part::hits) > std::ptrdiff_t{kMostTallies})
      condense(kept);
    bound();
  }
  add_to_all(tally);
}

void Periods::add_to_all(LineTally& tally) {
  if (all_.empty())
    std::swap(all_, tally);
  else
    all_.merge(tally);
  tally.clear();
}

void Periods::close() {
  if (!minute_ || minute_->empty()) return;
  sink_(minute_start_, minute_->encode(key_));
  minute_->clear();
}

void Periods::keep(Kept& kept, const Part& part) {
  kept.parts.push_back(part);
  kept_bytes_ += part.size;
}

void Periods::drop(Kept& kept) {
  for (const Part& part : kept.parts) {
    spill_.drop(part.place, part.size);
    kept_bytes_ -= part.size;
  }
  kept.parts = {};
}

/// Goes over to longer periods once there are enough of them: nobody will look at shorter ones.
void Periods::lengthen() {
  while (!chosen_ && by_ < Period::year) {
    const auto longer = static_cast<Period>(static_cast<std::size_t>(by_.load()) + 1);
    std::set<Time> starts;
    for (const auto& [start, kept] : kept_) starts.insert(start_of(longer, start));
    if (starts.size() < kEnough) return;
    lengthen_to(longer);
  }
}

void Periods::lengthen_to(Period longer) {
  std::map<Time, Kept> all;
  for (auto& [start, kept] : kept_) {
    Kept& into = all[start_of(longer, start)];
    into.stretch += kept.stretch;
    into.let_go = into.let_go || kept.let_go;
    into.parts.insert(into.parts.end(), kept.parts.begin(), kept.parts.end());
  }
  kept_ = std::move(all);
  by_ = longer;
  if (!minute_) grain_ = longer;
}

/// What many packets are kept in is made smaller first, oldest first; then details are let go.
void Periods::bound() {
  if (kept_bytes_ <= most()) return;
  // Some more than must be, so that it is not looked for with each packet.
  const auto too_much = [&] { return kept_bytes_ > most() / 8 * 7; };
  for (auto& [start, kept] : kept_) {
    if (!too_much()) return;
    if (worth_condensing(kept)) condense(kept);
  }
  while (too_much() && !chosen_ && by_ < Period::month) {
    let_go_ += kept_.size();
    lengthen_to(static_cast<Period>(static_cast<std::size_t>(by_.load()) + 1));
    for (auto& [start, kept] : kept_)
      if (worth_condensing(kept)) condense(kept);
  }
  for (auto& [start, kept] : kept_) {
    if (!too_much() || by_ >= Period::month) return;
    if (std::exchange(kept.let_go, true)) continue;
    drop(kept);
    ++let_go_;
  }
}

/// Whether all but the largest tally of it is so much that room is won for the time it takes.
bool Periods::worth_condensing(const Kept& kept) const {
  std::uint64_t all = 0;
  std::uint64_t tally = 0;
  for (const Part& part : kept.parts) {
    all += part.size;
    if (!part.hits) tally = std::max(tally, part.size);
  }
  return all - tally >= most() / kWorth;
}

void Periods::condense(Kept& kept) {
  LineTally sum;
  read(kept, sum);
  drop(kept);
  const std::string encoded = sum.encode(key_);
  keep(kept, {spill_.put({reinterpret_cast<const std::uint8_t*>(encoded.data()),
                          encoded.size()}),  // NOLINT
              encoded.size(), sum_of_bytes(encoded), false});
}

std::vector<Periods::Seen> Periods::seen() const {
  std::vector<Seen> all;
  for (const auto& [start, kept] : kept_) all.push_back({start, kept.stretch, !kept.let_go});
  return all;
}

bool Periods::has_hits_alone(Time start) const {
  const auto found = kept_.find(start);
  return found != kept_.end() &&
         std::ranges::all_of(found->second.parts, [](const Part& part) { return part.hits; });
}

void Periods::each_hit(const Part& part,
                       const std::function<void(std::span<const Hit>)>& take) const {
  std::vector<Hit> hits(std::min<std::uint64_t>(part.size / sizeof(Hit), kHits));
  std::uint64_t sum = 0;
  for (std::uint64_t done = 0; done < part.size;) {
    const std::span<Hit> some = std::span(hits).first(
        std::min<std::uint64_t>(hits.size(), (part.size - done) / sizeof(Hit)));
    const auto bytes =
        std::span(reinterpret_cast<std::uint8_t*>(some.data()), some.size_bytes());  // NOLINT
    if (!spill_.get({part.place.offset + done, part.place.in_memory}, bytes)) break;
    sum += sum_of(some);
    take(some);
    done += some.size_bytes();
  }
  if (sum != part.sum) ++damaged_;
}

void Periods::each_hit(Time start, const std::function<void(std::span<const Hit>)>& take) const {
  if (const auto found = kept_.find(start); found != kept_.end())
    for (const Part& part : found->second.parts)
      if (part.hits) each_hit(part, take);
}

void Periods::read(const Kept& kept, LineTally& into) const {
  for (const Part& part : kept.parts) {
    if (part.hits) {
      each_hit(part, [&](std::span<const Hit> hits) { into.add(hits); });
      continue;
    }
    std::string bytes(part.size, '\0');
    if (!spill_.get(part.place,
                    {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}) ||  // NOLINT
        sum_of_bytes(bytes) != part.sum ||
        !into.merge(bytes, key_))
      ++damaged_;
  }
}

void Periods::read(Time start, LineTally& into) const {
  if (const auto found = kept_.find(start); found != kept_.end()) read(found->second, into);
}

}  // namespace sekisho
