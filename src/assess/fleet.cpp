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

Fleet::Fleet(const Guideline& guideline) : tallies_(guideline.checks.size()) {
  for (std::size_t i = 0; i < guideline.checks.size(); ++i) {
    asked_.push_back(guideline.checks[i].asked);
    check_places_.emplace(guideline.checks[i].id, static_cast<std::uint32_t>(i));
  }
  subject(kOrganisation.value);
}

Fleet::Subject& Fleet::subject(const std::string& name) {
  const auto [found, added] =
      subject_places_.try_emplace(name, static_cast<std::uint32_t>(subjects_.size()));
  if (added) {
    Subject fresh{name, name != kOrganisation.value, true, {}};
    fresh.standings.resize(tallies_.size());
    if (fresh.machine) ++machines_;
    count(fresh, true);
    subjects_.push_back(std::move(fresh));
  }
  return subjects_[found->second];
}

void Fleet::count(const Subject& subject, bool add) {
  for (std::size_t check = 0; check < tallies_.size(); ++check) {
    if (!concerns(subject, check)) continue;
    std::uint32_t& number = tallies_[check].of(subject.standings[check].verdict);
    number = add ? number + 1 : number - 1;
  }
}

void Fleet::add(const Evidence& evidence, std::int64_t id) {
  const auto place = check_places_.find(evidence.check);
  if (place == check_places_.end()) return;  // a check of another version, or of an older overlay
  Subject& subject = this->subject(evidence.subject.value);
  Standing& standing = subject.standings[place->second];
  if (standing.id != 0 && id < standing.id) return;
  const bool holds = evidence.valid_until > now_;
  const Verdict verdict = holds ? evidence.verdict : Verdict::unknown;
  if (subject.counts && concerns(subject, place->second)) {
    --tallies_[place->second].of(standing.verdict);
    ++tallies_[place->second].of(verdict);
  }
  standing = {verdict, evidence.valid_until, id};
  if (holds)
    expiries_.push(
        {evidence.valid_until, subject_places_.at(evidence.subject.value), place->second});
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
  while (!expiries_.empty() && expiries_.top().at <= now_) {
    const Expiry next = expiries_.top();
    expiries_.pop();
    Subject& subject = subjects_[next.subject];
    Standing& standing = subject.standings[next.check];
    // Seen again since: another entry says when that runs out.
    if (standing.valid_until > now_ || standing.verdict == Verdict::unknown) continue;
    if (subject.counts && concerns(subject, next.check)) {
      --tallies_[next.check].of(standing.verdict);
      ++tallies_[next.check].of(Verdict::unknown);
    }
    standing.verdict = Verdict::unknown;
  }
}

std::vector<Fleet::Standing> Fleet::standings(const SubjectId& id) const {
  const auto found = subject_places_.find(id.value);
  return found == subject_places_.end() ? std::vector<Standing>()
                                        : subjects_[found->second].standings;
}

std::vector<SubjectId> Fleet::machines_with(std::size_t check, Verdict verdict,
                                            std::size_t most) const {
  std::vector<SubjectId> found;
  for (const Subject& subject : subjects_) {
    if (found.size() == most) break;
    if (subject.counts && concerns(subject, check) && subject.standings[check].verdict == verdict)
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
