#include "collect/observe/periods.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sekisho {
namespace {

/// Of the file in which periods are that are over.
constexpr std::size_t kMostKeptBytes = std::size_t{1} << 30U;

/// How many of the shortest periods are open in memory.
constexpr std::size_t kOpen = 3;

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

Periods::Periods(const HashKey& key) : key_(key), open_(kOpen) {}

void Periods::add(Period period, Time start, LineTally& tally) {
  if (tally.empty()) return;
  Open& open = open_[static_cast<std::size_t>(period)];
  if (open.start && *open.start != start) close(period);
  open.start = start;
  if (open.tally.empty())
    std::swap(open.tally, tally);
  else
    open.tally.merge(tally);
  tally.clear();
}

void Periods::close(Period period) {
  Open& open = open_[static_cast<std::size_t>(period)];
  if (!open.start) return;
  const Time start = *std::exchange(open.start, std::nullopt);
  const auto longer = static_cast<Period>(static_cast<std::size_t>(period) + 1);
  {
    const std::string part = open.tally.encode(key_);
    if (sink_) sink_(period, start, part);
    if (sink_ && period == Period::day) sink_(longer, start_of(longer, start), part);
    if (!kept_.contains({period, start})) {
      keep(period, start, part);
    } else {
      LineTally late;
      (void)late.merge(part, key_);
      keep_with(period, start, late);
    }
  }
  if (period == Period::day) {
    LineTally sum;  // so that its room is given back
    std::swap(sum, open.tally);
    keep_with(longer, start_of(longer, start), sum);
  } else {
    add(longer, start_of(longer, start), open.tally);
    open.tally.clear();
  }
}

void Periods::close() {
  for (const Period period : {Period::minute, Period::hour, Period::day}) close(period);
}

/// Adds to `tally` what is kept of the period, and keeps that.
void Periods::keep_with(Period period, Time start, LineTally& tally) {
  if (const auto kept = kept_.find({period, start}); kept != kept_.end())
    add_kept(kept->second, tally);
  keep(period, start, tally.encode(key_));
}

void Periods::add_kept(const Spill::Place& kept, LineTally& into) const {
  const auto bytes = spill_.get(kept);
  if (!bytes || !into.merge(*bytes, key_)) ++damaged_;
}

void Periods::keep(Period period, Time start, const std::string& whole) {
  Spill::Place& kept = kept_[{period, start}];
  spill_.drop(kept);
  kept_bytes_ += whole.size() - kept.size;
  kept = spill_.put(whole);
  // Hours go first, then days; months are few.
  for (auto oldest = kept_.begin(); kept_bytes_ > kMostKeptBytes && oldest != kept_.end() &&
                                    oldest->first.first < Period::month;) {
    kept_bytes_ -= oldest->second.size;
    spill_.drop(oldest->second);
    oldest = kept_.erase(oldest);
    ++let_go_;
  }
}

std::vector<Time> Periods::starts(Period period) const {
  std::set<Time> starts;
  const Period kept = std::min(period, Period::month);
  for (auto it = kept_.lower_bound({kept, Time::min()});
       it != kept_.end() && it->first.first == kept; ++it)
    starts.insert(start_of(period, it->first.second));
  for (std::size_t i = 0; i < open_.size() && i <= static_cast<std::size_t>(period); ++i)
    if (open_[i].start) starts.insert(start_of(period, *open_[i].start));
  return {starts.begin(), starts.end()};
}

void Periods::read(Period period, Time start, LineTally& into) const {
  // A year is the sum of its months.
  const Period kept = std::min(period, Period::month);
  for (auto it = kept_.lower_bound({kept, start});
       it != kept_.end() && it->first.first == kept && start_of(period, it->first.second) == start;
       ++it)
    add_kept(it->second, into);
  // What is open in shorter periods has not come up to this one yet.
  for (std::size_t i = 0; i < open_.size() && i <= static_cast<std::size_t>(period); ++i)
    if (open_[i].start && start_of(period, *open_[i].start) == start) into.merge(open_[i].tally);
}

const LineTally& Periods::all(LineTally& room) const {
  const auto is_open = [](const Open& one) { return one.start.has_value(); };
  if (kept_.lower_bound({Period::month, Time::min()}) == kept_.end() &&
      std::ranges::count_if(open_, is_open) == 1)
    return std::ranges::find_if(open_, is_open)->tally;
  for (const Time start : starts(Period::year)) read(Period::year, start, room);
  return room;
}

}  // namespace sekisho
