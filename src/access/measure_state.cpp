// SPDX-License-Identifier: Apache-2.0
#include "access/measure_state.h"

#include <algorithm>

#include "assess/counts_until.h"

namespace sekisho {
namespace {

bool good(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::not_applicable;
}

/// One check: what it says now, and the time in which it last was good.
struct CheckPast {
  Verdict verdict = Verdict::unknown;
  Time known_until{};
  Time seen{};
  Time good_from = Time::max();  // later than good_until: never
  Time good_until = Time::min();
};

const Sighting* newest_of(std::span<const Sighting> all, Time now, bool good_only) {
  const Sighting* newest = nullptr;
  for (const Sighting& one : all)
    if (one.begun(now) && (!good_only || good(one.verdict)) &&
        (newest == nullptr || supersedes(one, *newest, now)))
      newest = &one;
  return newest;
}

CheckPast past_of(std::span<const Sighting> all, Time now) {
  CheckPast past;
  const Sighting* newest = newest_of(all, now, false);
  if (newest == nullptr) return past;
  past.verdict = newest->shows(now);
  past.known_until = newest->valid_until;
  const Sighting* last = newest_of(all, now, true);
  if (last == nullptr) return past;
  past.seen = std::min(last->observed_at, now);
  past.good_from = last->first_at;
  past.good_until = last->valid_until;
  // Whatever was seen after it was not good, and ended it.
  for (const Sighting& one : all)
    if (one.begun(now) && supersedes(one, *last, now))
      past.good_until = std::min(past.good_until, one.first_at);
  return past;
}

}  // namespace

MeasureState MeasureState::excused() {
  MeasureState state = met(Time::max(), Time::max());
  state.kind_ = Kind::excused;
  return state;
}

MeasureState MeasureState::met(Time seen, Time until) {
  MeasureState state = unknown(std::pair(seen, until));
  state.kind_ = Kind::met;
  return state;
}

MeasureState MeasureState::failing(Time until, std::optional<std::pair<Time, Time>> met_before) {
  MeasureState state = unknown(met_before);
  state.kind_ = Kind::failing;
  state.known_until_ = Second(until);
  return state;
}

MeasureState MeasureState::unknown(std::optional<std::pair<Time, Time>> met_before) {
  MeasureState state;
  if (!met_before) return state;
  state.seen_ = Second(met_before->first);
  state.met_until_ = Second(met_before->second);
  return state;
}

MeasureState MeasureState::as_of(Time now) const {
  MeasureState state = *this;
  const bool is_met = kind_ == Kind::met || kind_ == Kind::excused;
  if (!is_met && met_until_.time() > now) state.met_until_ = Second(now);
  if (const Time seen = seen_.time(); seen > now && seen != Time::max()) state.seen_ = Second(now);
  return state;
}

MeasureState measure_state(std::span<const CheckSightings> checks, Time now) {
  std::vector<Verdict> verdicts;
  Time seen = Time::max();
  Time from = Time::min();
  Time until = Time::max();
  Time failing_until = Time::min();
  for (const CheckSightings& check : checks) {
    const CheckPast past = past_of(check.all, now);
    verdicts.push_back(past.verdict);
    if (past.verdict == Verdict::fail) failing_until = std::max(failing_until, past.known_until);
    if (!check.asked) seen = std::min(seen, past.seen);
    from = std::max(from, past.good_from);
    until = std::min(until, past.good_until);
  }
  std::optional<std::pair<Time, Time>> met;
  // All at one time: checks that were good one after the other never made the measure met.
  if (!checks.empty() && from < until) met = std::pair(seen, until);
  switch (fold(verdicts)) {
    case Status::met:
    case Status::not_applicable:
      return met && now < met->second ? MeasureState::met(met->first, met->second)
                                      : MeasureState::unknown();
    case Status::partly_met:
    case Status::not_met: return MeasureState::failing(failing_until, met);
    case Status::unknown: return MeasureState::unknown(met);
  }
  return MeasureState::unknown();
}

AccessEvidence::AccessEvidence(const Policy& policy, const std::vector<const Method*>& methods,
                               const Situations& situations) {
  const Guideline& guideline = policy.guideline();
  for (const Requirement* one : policy.measures()) {
    Wanted wanted;
    for (const std::string& id : one->checks) {
      const CheckSpec* spec = guideline.check(id);
      wanted.known = wanted.known && spec != nullptr;
      if (spec == nullptr) continue;
      const auto [place, first] = places_.emplace(spec->id, checks_.size());
      if (first) checks_.push_back(spec);
      wanted.checks.push_back(place->second);
    }
    const auto applies = [&](const auto& of) {
      return applicability(guideline, of, methods, situations).applies;
    };
    const Measure* measure = guideline.measure(one->id);
    const HandbookItem* item = guideline.handbook_item(one->id);
    wanted.excused = measure == one ? !applies(*measure) : item == one && !applies(*item);
    wanted_.push_back(std::move(wanted));
  }
}

void AccessEvidence::take(const SubjectId& subject, std::string_view check,
                          const Sighting& sighting) {
  const auto place = places_.find(check);
  if (place == places_.end()) return;
  auto& seen = seen_.try_emplace(subject.value, checks_.size()).first->second[place->second];
  auto at = std::ranges::lower_bound(seen, sighting.id, {}, &Sighting::id);
  if (at == seen.end() || at->id != sighting.id)
    at = seen.insert(at, sighting);
  else
    *at = sighting;  // the same row, whose end has moved on
  at->valid_until =
      counts_until(*checks_[place->second], sighting.observed_at, sighting.valid_until);
}

std::vector<MeasureState> AccessEvidence::states(const SubjectId& device, Time now) const {
  const auto of = [&](const std::string& name) {
    const auto found = seen_.find(name);
    return found == seen_.end() ? nullptr : &found->second;
  };
  const Seen* own = of(device.value);
  const Seen* shared = of(kOrganisation.value);
  std::vector<MeasureState> states;
  for (const Wanted& wanted : wanted_) {
    if (wanted.excused || !wanted.known) {
      states.push_back(wanted.excused ? MeasureState::excused() : MeasureState());
      continue;
    }
    std::vector<std::vector<Sighting>> both;
    for (const std::size_t place : wanted.checks) {
      auto& all = both.emplace_back();
      for (const Seen* seen : {own, shared})
        if (seen != nullptr) all.insert(all.end(), (*seen)[place].begin(), (*seen)[place].end());
    }
    std::vector<CheckSightings> checks;
    for (std::size_t i = 0; i < both.size(); ++i)
      checks.push_back({both[i], checks_[wanted.checks[i]]->asked});
    states.push_back(measure_state(checks, now));
  }
  return states;
}

}  // namespace sekisho
