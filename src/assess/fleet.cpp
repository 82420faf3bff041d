#include "assess/fleet.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace sekisho {

Verdict Tally::verdict() const {
  if (of(Verdict::fail) > 0) return Verdict::fail;
  if (of(Verdict::unknown) > 0) return Verdict::unknown;
  if (of(Verdict::pass) > 0) return Verdict::pass;
  return of(Verdict::not_applicable) > 0 ? Verdict::not_applicable : Verdict::unknown;
}

namespace {

/// Whole seconds as they are kept; what lies outside is cut to the ends.
std::uint32_t kept_seconds(Time time) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, UINT32_MAX));
}

}  // namespace

Fleet::Fleet(const Guideline& guideline) : tallies_(guideline.checks.size()) {
  for (std::size_t i = 0; i < guideline.checks.size(); ++i) {
    const bool asked = guideline.checks[i].asked;
    auto& kind = checks_.at(asked ? 1 : 0);
    asked_.push_back(asked);
    slots_.push_back(static_cast<std::uint32_t>(kind.size()));
    kind.push_back(static_cast<std::uint32_t>(i));
    check_places_.emplace(guideline.checks[i].id, static_cast<std::uint32_t>(i));
  }
  subject(kOrganisation.value);
}

Fleet::Subject& Fleet::subject(const std::string& name) {
  const auto [found, added] =
      subject_places_.try_emplace(name, static_cast<std::uint32_t>(subjects_.size()));
  if (added) {
    Subject fresh{name, name != kOrganisation.value, true, 0, {}};
    fresh.kept.resize(checks_.at(fresh.machine ? 0 : 1).size());
    if (fresh.machine) ++machines_;
    count(fresh, true);
    subjects_.push_back(std::move(fresh));
  }
  return subjects_[found->second];
}

void Fleet::count(const Subject& subject, bool add) {
  const auto& checks = checks_.at(subject.machine ? 0 : 1);
  for (std::size_t slot = 0; slot < checks.size(); ++slot) {
    std::uint32_t& number = tallies_[checks[slot]].of(subject.kept[slot].verdict);
    number = add ? number + 1 : number - 1;
  }
}

void Fleet::add(const Evidence& evidence, std::int64_t id) {
  const auto place = check_places_.find(evidence.check);
  if (place == check_places_.end()) return;  // a check of another version, or of an older overlay
  Subject& subject = this->subject(evidence.subject.value);
  if (!concerns(subject, place->second)) return;
  Kept& kept = subject.kept[slots_[place->second]];
  if (kept.id != 0 && id < kept.id) return;
  const bool holds = evidence.valid_until > now_;
  const Verdict verdict = holds ? evidence.verdict : Verdict::unknown;
  if (subject.counts) {
    --tallies_[place->second].of(kept.verdict);
    ++tallies_[place->second].of(verdict);
  }
  kept = {id, kept_seconds(evidence.valid_until), verdict};
  if (holds && (subject.looked_at == 0 || kept.valid_until < subject.looked_at)) {
    subject.looked_at = kept.valid_until;
    expiries_.push({kept.valid_until, subject_places_.at(evidence.subject.value)});
  }
}

void Fleet::remove(const SubjectId& id) {
  const auto found = subject_places_.find(id.value);
  if (found == subject_places_.end() || !subjects_[found->second].counts) return;
  Subject& subject = subjects_[found->second];
  count(subject, false);
  subject.counts = false;
  if (subject.machine) --machines_;
}

void Fleet::restore(const SubjectId& id) {
  const auto found = subject_places_.find(id.value);
  if (found == subject_places_.end() || subjects_[found->second].counts) return;
  Subject& subject = subjects_[found->second];
  subject.counts = true;
  count(subject, true);
  if (subject.machine) ++machines_;
}

void Fleet::advance(Time now) {
  now_ = std::max(now_, now);
  while (!expiries_.empty() && expiries_.top().at <= kept_seconds(now_)) {
    const Expiry due = expiries_.top();
    expiries_.pop();
    // Another entry came before this one and counts instead.
    if (subjects_[due.subject].looked_at == due.at) expire(due.subject);
  }
}

void Fleet::expire(std::uint32_t place) {
  Subject& subject = subjects_[place];
  const auto& checks = checks_.at(subject.machine ? 0 : 1);
  const std::uint32_t seconds = kept_seconds(now_);
  std::uint32_t next = 0;
  for (std::size_t slot = 0; slot < checks.size(); ++slot) {
    Kept& kept = subject.kept[slot];
    if (kept.verdict == Verdict::unknown) continue;
    if (kept.valid_until > seconds) {
      next = next == 0 ? kept.valid_until : std::min(next, kept.valid_until);
      continue;
    }
    if (subject.counts) {
      --tallies_[checks[slot]].of(kept.verdict);
      ++tallies_[checks[slot]].of(Verdict::unknown);
    }
    kept.verdict = Verdict::unknown;
  }
  subject.looked_at = next;
  if (next != 0) expiries_.push({next, place});
}

std::vector<Fleet::Standing> Fleet::standings(const SubjectId& id) const {
  const auto found = subject_places_.find(id.value);
  if (found == subject_places_.end()) return {};
  const Subject& subject = subjects_[found->second];
  const auto& checks = checks_.at(subject.machine ? 0 : 1);
  std::vector<Standing> list(tallies_.size());
  for (std::size_t slot = 0; slot < checks.size(); ++slot) {
    const Kept& kept = subject.kept[slot];
    list[checks[slot]] = {kept.verdict, Time(std::chrono::seconds(kept.valid_until)), kept.id};
  }
  return list;
}

std::vector<SubjectId> Fleet::machines_with(std::size_t check, Verdict verdict,
                                            std::size_t most) const {
  std::vector<SubjectId> found;
  for (const Subject& subject : subjects_) {
    if (found.size() == most) break;
    if (subject.counts && concerns(subject, check) &&
        subject.kept[slots_[check]].verdict == verdict)
      found.push_back({subject.name});
  }
  return found;
}

std::size_t place_of(const Guideline& guideline, const CheckSpec& check) {
  return static_cast<std::size_t>(&check - guideline.checks.data());
}

Status fold(const Fleet& fleet, const Requirement& requirement) {
  std::vector<Verdict> verdicts;
  for (const std::string& id : requirement.checks) {
    const Tally& tally = fleet.tally(id);
    for (const Verdict verdict :
         {Verdict::pass, Verdict::fail, Verdict::not_applicable, Verdict::unknown})
      if (tally.of(verdict) > 0) verdicts.push_back(verdict);
    if (tally.applicable() + tally.of(Verdict::not_applicable) == 0)
      verdicts.push_back(Verdict::unknown);  // no machine yet
  }
  return fold(verdicts);
}

Share share(const Fleet& fleet, const Requirement& requirement) {
  Share sum;
  double checks = 0;
  for (const std::string& id : requirement.checks) {
    const Tally& tally = fleet.tally(id);
    const double all = tally.applicable();
    if (all > 0) {
      sum.met += tally.of(Verdict::pass) / all;
      sum.failing += tally.of(Verdict::fail) / all;
      sum.unknown += tally.of(Verdict::unknown) / all;
    } else if (tally.of(Verdict::not_applicable) == 0) {
      sum.unknown += 1;
    } else {
      continue;
    }
    ++checks;
  }
  if (checks > 0) {
    sum.met /= checks;
    sum.failing /= checks;
    sum.unknown /= checks;
  }
  return sum;
}

std::vector<FleetAction> actions(const Guideline& guideline, const Fleet& fleet, Verdict wanted,
                                 const std::vector<const Method*>& methods,
                                 const Situations& situations) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<FleetAction> list;
  for (std::size_t i = 0; i < guideline.checks.size(); ++i) {
    if (fleet.tally(i).verdict() != wanted) continue;
    places.emplace(guideline.checks[i].id, list.size());
    list.push_back(
        {&guideline.checks[i], fleet.tally(i), Priority::none, Degree::low, Degree::high, {}});
  }
  const auto serve = [&](const auto& requirement) {
    if (!applicability(guideline, requirement, methods, situations).applies) return;
    for (const std::string& id : requirement.checks) {
      const auto found = places.find(id);
      if (found == places.end()) continue;
      FleetAction& action = list[found->second];
      action.serves.push_back(&requirement);
      action.priority = std::min(action.priority, requirement.priority());
      action.importance = std::max(action.importance, requirement.importance);
      action.difficulty = std::min(action.difficulty, requirement.difficulty);
    }
  };
  for (const HandbookItem& item : guideline.handbook) serve(item);
  for (const Measure& measure : guideline.measures) serve(measure);
  std::erase_if(list, [](const FleetAction& action) { return action.serves.empty(); });
  std::ranges::stable_sort(list, {}, [](const FleetAction& action) {
    return std::tuple(action.priority, -static_cast<int>(action.importance), action.difficulty,
                      -static_cast<std::ptrdiff_t>(action.serves.size()));
  });
  return list;
}

namespace {

Evidence summed_up(const CheckSpec& spec, const Tally& tally, const Scope& scope) {
  const auto counts = [&](Verdict verdict) { return tally.of(verdict); };
  return {kOrganisation,
          spec.id,
          tally.verdict(),
          scope.now,
          scope.now + spec.valid_for,
          "collector:fleet",
          {fmt::format("良い {} 台・要対応 {} 台・不明 {} 台", counts(Verdict::pass),
                       counts(Verdict::fail), counts(Verdict::unknown)),
           fmt::format("{} good, {} to mend, {} unknown", counts(Verdict::pass),
                       counts(Verdict::fail), counts(Verdict::unknown))}};
}

}  // namespace

Assessment assess(const Guideline& guideline, const Fleet& fleet,
                  const std::vector<Evidence>& answers, Scope scope) {
  std::vector<Evidence> evidence = answers;
  for (std::size_t i = 0; i < guideline.checks.size(); ++i)
    if (!guideline.checks[i].asked)
      evidence.push_back(summed_up(guideline.checks[i], fleet.tally(i), scope));
  Assessment assessment = assess(guideline, evidence, std::move(scope));
  // Some machines good and some not is partly met, which one summed-up verdict can't say.
  for (auto* list : {&assessment.handbook, &assessment.measures})
    for (Assessed& assessed : *list)
      if (assessed.applicability.applies) assessed.status = fold(fleet, *assessed.requirement);
  return assessment;
}

DayStanding standing_on(const Guideline& guideline, const Fleet& fleet, Day day) {
  DayStanding standing{day, {}, {}, {}, {}, fleet.machines()};
  for (const HandbookItem& item : guideline.handbook) {
    standing.handbook.push_back(share(fleet, item));
    standing.handbook_status.push_back(fold(fleet, item));
  }
  for (const Measure& measure : guideline.measures) {
    standing.measures.push_back(share(fleet, measure));
    standing.measures_status.push_back(fold(fleet, measure));
  }
  return standing;
}

}  // namespace sekisho
