// SPDX-License-Identifier: Apache-2.0
#include "assess/fleet.h"

#include <algorithm>

#include <fmt/format.h>

#include "assess/actions.h"
#include "assess/clouds.h"
#include "evidence/partly.h"

namespace sekisho {

Verdict Tally::verdict() const {
  if (of(Verdict::fail) > 0) return Verdict::fail;
  if (of(Verdict::unknown) > 0) return Verdict::unknown;
  if (of(Verdict::pass) > 0) return Verdict::pass;
  return of(Verdict::not_applicable) > 0 ? Verdict::not_applicable : Verdict::unknown;
}

const CloudChecks& no_clouds() {
  static const CloudChecks none;
  return none;
}

CheckPlaces::CheckPlaces(const Guideline& of, const CloudChecks& read)
    : guideline(&of), clouds(&read), first_cloud(of.checks.size()) {
  for (std::uint32_t i = 0; i < of.checks.size() + read.checks.size(); ++i) {
    organisations.push_back(of_cloud(i) || spec(i).asked);
    auto& kind = kinds[organisations.back() ? 1 : 0];
    slots.push_back(static_cast<std::uint32_t>(kind.size()));
    kind.push_back(i);
    by_id.emplace(spec(i).id, i);
  }
}

void Tallies::count(bool machine, const std::vector<FleetSubject::Check>& checks, bool add) {
  const auto& places = places_->of(machine);
  const auto change = [add](auto& number) { number = add ? number + 1 : number - 1; };
  bool unseen = false;
  for (std::size_t slot = 0; slot < places.size(); ++slot) {
    Tally& tally = counts_[places[slot]];
    change(tally.of(checks[slot].verdict));
    if (checks[slot].partly) change(tally.partly);
    if (!machine || checks[slot].id != 0) continue;
    change(tally.unseen);
    unseen = true;
  }
  if (!machine) return;
  change(machines_);
  if (unseen) change(unseen_machines_);
}

void Fleet::put(std::size_t place, std::shared_ptr<const FleetSubject> subject) {
  if (place >= subjects_.size()) subjects_.resize(place + 1);
  const auto& before = subjects_[place];
  if (before != nullptr && before->counts) count(before->machine, before->checks, false);
  if (subject != nullptr && subject->counts) count(subject->machine, subject->checks, true);
  subjects_[place] = std::move(subject);
}

const FleetSubject* Fleet::find(const SubjectId& id) const {
  const auto found = names_->find(id.value);
  return found == names_->end() ? nullptr : subjects_[found->second].get();
}

std::vector<Fleet::CheckStanding> Fleet::standings(const SubjectId& id) const {
  const FleetSubject* subject = find(id);
  if (subject == nullptr) return {};
  std::vector<CheckStanding> list(places().slots.size());
  const auto& checks = places().of(subject->machine);
  for (std::size_t slot = 0; slot < checks.size(); ++slot) {
    const FleetSubject::Check& check = subject->checks[slot];
    list[checks[slot]] = {check.verdict, check.valid_until, check.id};
  }
  return list;
}

std::vector<Fleet::MachineCheck> Fleet::machine_checks(const SubjectId& id) const {
  const auto all = standings(id);
  std::vector<MachineCheck> list;
  for (const std::uint32_t place : places().of(true))
    list.push_back({&places().spec(place), all.empty() ? CheckStanding() : all[place]});
  return list;
}

Fleet::MachineSum Fleet::machine_sum(const SubjectId& id) const {
  if (const FleetSubject* subject = find(id)) return {subject->tally, subject->valid_until, true};
  MachineSum none;
  none.tally.of(Verdict::unknown) = static_cast<std::uint32_t>(places().of(true).size());
  return none;
}

std::vector<const CheckSpec*> Fleet::machine_fails(const SubjectId& id) const {
  const FleetSubject* subject = find(id);
  if (subject == nullptr) return {};
  std::vector<const CheckSpec*> list;
  list.reserve(subject->tally.of(Verdict::fail));
  const auto& checks = places().of(true);
  for (std::size_t slot = 0; slot < checks.size(); ++slot)
    if (subject->checks[slot].verdict == Verdict::fail)
      list.push_back(&places().spec(checks[slot]));
  return list;
}

Verdict Fleet::machine_verdict(const SubjectId& id, std::size_t check) const {
  const FleetSubject* subject = find(id);
  return subject == nullptr ? Verdict::unknown : subject->checks[places().slots[check]].verdict;
}

std::vector<SubjectId> Fleet::machines_with(std::size_t check, Verdict verdict,
                                            std::size_t most) const {
  std::vector<SubjectId> found;
  for (const auto& subject : subjects_) {
    if (found.size() == most) break;
    if (subject != nullptr && subject->counts &&
        subject->machine != places().organisations[check] &&
        subject->checks[places().slots[check]].verdict == verdict)
      found.push_back({subject->name});
  }
  return found;
}

std::size_t place_of(const Guideline& guideline, const CheckSpec& check) {
  return static_cast<std::size_t>(&check - guideline.checks.data());
}

namespace {

/// Each check of a requirement, those of clouds too.
template <typename Take>
void each_check(const Tallies& tallies, const Requirement& requirement, Take take) {
  for (const std::string& id : requirement.checks) take(tallies.tally(id));
  for (const std::string& id : tallies.places().clouds->of(requirement)) take(tallies.tally(id));
}

}  // namespace

Status fold(const Tallies& tallies, const Requirement& requirement) {
  std::vector<Verdict> verdicts;
  each_check(tallies, requirement, [&](const Tally& tally) {
    for (const Verdict verdict :
         {Verdict::pass, Verdict::fail, Verdict::not_applicable, Verdict::unknown})
      if (tally.of(verdict) > 0) verdicts.push_back(verdict);
    if (tally.partly > 0) verdicts.push_back(Verdict::pass);  // of its other half
    if (tally.applicable() + tally.of(Verdict::not_applicable) == 0)
      verdicts.push_back(Verdict::unknown);  // no machine yet
  });
  return fold(verdicts);
}

Share share(const Tallies& tallies, const Requirement& requirement) {
  Share sum;
  double checks = 0;
  each_check(tallies, requirement, [&](const Tally& tally) {
    const double seen = tally.applicable() - tally.unseen;
    if (seen > 0) {
      const double half = kPartlyIsWorth * tally.partly;
      sum.met += (tally.of(Verdict::pass) + half) / seen;
      sum.failing += (tally.of(Verdict::fail) - half) / seen;
      sum.unknown += (tally.of(Verdict::unknown) - tally.unseen) / seen;
    } else if (tally.of(Verdict::not_applicable) == 0) {
      sum.unknown += 1;
    } else {
      return;
    }
    ++checks;
  });
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
  std::vector<FleetAction> list;
  const CheckPlaces& places = fleet.places();
  for (std::size_t i = 0; i < places.slots.size(); ++i)
    if (fleet.tally(i).verdict() == wanted) list.emplace_back(places.spec(i), fleet.tally(i));
  std::vector<const Requirement*> applying;
  const auto apply = [&](const auto& requirement) {
    if (applicability(guideline, requirement, methods, situations).applies)
      applying.push_back(&requirement);
  };
  for (const HandbookItem& item : guideline.handbook) apply(item);
  for (const Measure& measure : guideline.measures) apply(measure);
  return in_order(std::move(list), applying, places.clouds);
}

namespace {

Evidence summed_up(const CheckSpec& spec, const Tally& tally, const Scope& scope) {
  const auto counts = [&](Verdict verdict) { return tally.of(verdict); };
  return {kOrganisation,
          spec.id,
          {tally.verdict(),
           {fmt::format("問題なし {} 台・要対応 {} 台・不明 {} 台", counts(Verdict::pass),
                        counts(Verdict::fail), counts(Verdict::unknown)),
            fmt::format("{} good, {} to mend, {} unknown", counts(Verdict::pass),
                        counts(Verdict::fail), counts(Verdict::unknown))},
           Compared{.source = Compared::Source::devices,
                    .seen = fmt::format("{} / {}", counts(Verdict::pass), tally.applicable())}},
          scope.now,
          scope.now + spec.valid_for,
          "collector:fleet"};
}

}  // namespace

Assessment assess(const Guideline& guideline, const Fleet& fleet,
                  const std::vector<Evidence>& answers, Scope scope) {
  std::vector<Evidence> evidence = answers;
  for (std::size_t i = 0; i < guideline.checks.size(); ++i)
    if (!guideline.checks[i].asked)
      evidence.push_back(summed_up(guideline.checks[i], fleet.tally(i), scope));
  Assessment assessment = assess(guideline, *fleet.places().clouds, evidence, std::move(scope));
  // Some machines good and some not is partly met, which one summed-up verdict can't say.
  for (auto* list : {&assessment.handbook, &assessment.measures})
    for (Assessed& assessed : *list)
      if (assessed.applicability.applies) assessed.status = fold(fleet, *assessed.requirement);
  return assessment;
}

DayStanding standing_on(const Guideline& guideline, const Tallies& tallies, Day day) {
  DayStanding standing{day, {}, {}, {}, {}, tallies.machines()};
  for (const HandbookItem& item : guideline.handbook) {
    standing.handbook.push_back(share(tallies, item));
    standing.handbook_status.push_back(fold(tallies, item));
  }
  for (const Measure& measure : guideline.measures) {
    standing.measures.push_back(share(tallies, measure));
    standing.measures_status.push_back(fold(tallies, measure));
  }
  return standing;
}

}  // namespace sekisho
