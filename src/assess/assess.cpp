// SPDX-License-Identifier: Apache-2.0
#include "assess/assess.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "assess/actions.h"
#include "assess/clouds.h"
#include "assess/counts_until.h"
#include "evidence/partly.h"
#include "evidence/sighting.h"

namespace sekisho {
namespace {

constexpr std::array<std::pair<std::string_view, Text (*)()>, 5> kStatuses{
    {{"met", [] { return Text{"できている", "met"}; }},
     {"partly_met", [] { return Text{"一部", "partly met"}; }},
     {"not_met", [] { return Text{"できていない", "not met"}; }},
     {"not_applicable", [] { return Text{"対象外", "not applicable"}; }},
     {"unknown", [] { return Text{"未確認", "not known"}; }}}};

/// Evidence about the subject itself, or about the organisation that it belongs to.
bool concerns(const Evidence& evidence, const Scope& scope) {
  return evidence.subject == scope.subject || evidence.subject == kOrganisation;
}

std::vector<CheckState> newest(const Guideline& guideline, const CloudChecks& clouds,
                               const std::vector<Evidence>& evidence, const Scope& scope) {
  std::unordered_map<std::string_view, Sighting> seen;  // its id is the place in the list
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    const Evidence& record = evidence[i];
    const CheckSpec* spec = guideline.check(record.check);
    // A cloud is the organisation's, whoever else says something of it.
    if (spec == nullptr && record.subject == kOrganisation) spec = clouds.check(record.check);
    if (spec == nullptr) continue;
    const Sighting sighting{static_cast<std::int64_t>(i), record.observed_at, record.observed_at,
                            counts_until(*spec, record.observed_at, record.valid_until),
                            record.verdict()};
    if (!concerns(record, scope) || !sighting.begun(scope.now)) continue;
    const auto [last, first] = seen.try_emplace(record.check, sighting);
    if (!first && supersedes(sighting, last->second, scope.now)) last->second = sighting;
  }
  std::vector<CheckState> states;
  states.reserve(guideline.checks.size() + clouds.checks.size());
  const auto add = [&](const CheckSpec& spec) {
    CheckState state{&spec, std::nullopt, false};
    if (const auto found = seen.find(spec.id); found != seen.end()) {
      state.expired = scope.now >= found->second.valid_until;
      if (!state.expired) {
        state.evidence = evidence[static_cast<std::size_t>(found->second.id)];
        state.evidence->valid_until = found->second.valid_until;
      }
    }
    states.push_back(std::move(state));
  };
  for (const CheckSpec& spec : guideline.checks) add(spec);
  for (const CheckSpec& spec : clouds.checks)
    if (seen.contains(spec.id)) add(spec);
  return states;
}

template <typename T>
std::vector<Assessed> assess_all(const Guideline& guideline, const CloudChecks& clouds,
                                 const std::vector<T>& requirements, const Assessment& assessment) {
  std::vector<Assessed> list;
  list.reserve(requirements.size());
  for (const T& requirement : requirements) {
    Assessed assessed;
    assessed.requirement = &requirement;
    assessed.applicability = applicability(guideline, requirement, assessment.scope.methods,
                                           assessment.scope.situations);
    std::vector<Verdict> verdicts;
    const auto take = [&](const CheckState* check) {
      if (check == nullptr) return;  // of a cloud that was never read
      assessed.checks.push_back(check);
      verdicts.push_back(check->verdict());
      if (said_partly(check->evidence)) verdicts.push_back(Verdict::pass);  // of its other half
    };
    for (const std::string& id : requirement.checks) take(assessment.check(id));
    for (const std::string& id : clouds.of(requirement)) take(assessment.check(id));
    assessed.status = assessed.applicability.applies ? fold(verdicts) : Status::not_applicable;
    list.push_back(std::move(assessed));
  }
  return list;
}

std::vector<Action> gather(const Assessment& assessment, const CloudChecks& clouds,
                           Verdict wanted) {
  std::vector<Action> actions;
  for (const CheckState& check : assessment.checks)
    if (check.verdict() == wanted) actions.emplace_back(check);
  std::vector<const Requirement*> applying;
  for (const auto* list : {&assessment.handbook, &assessment.measures})
    for (const Assessed& assessed : *list)
      if (assessed.applicability.applies) applying.push_back(assessed.requirement);
  return in_order(std::move(actions), applying, &clouds);
}

}  // namespace

std::string_view name(Status status) {
  return kStatuses.at(static_cast<std::size_t>(status)).first;
}
Text label(Status status) { return kStatuses.at(static_cast<std::size_t>(status)).second(); }

Status fold(const std::vector<Verdict>& verdicts) {
  const auto has = [&](Verdict verdict) {
    return std::ranges::find(verdicts, verdict) != verdicts.end();
  };
  if (has(Verdict::fail)) return has(Verdict::pass) ? Status::partly_met : Status::not_met;
  if (has(Verdict::unknown) || verdicts.empty()) return Status::unknown;
  return has(Verdict::pass) ? Status::met : Status::not_applicable;
}

const CheckState* Assessment::check(std::string_view id) const {
  const auto found =
      std::ranges::find_if(checks, [id](const CheckState& state) { return state.spec->id == id; });
  return found == checks.end() ? nullptr : &*found;
}

bool Assessment::must_failing() const {
  return std::ranges::any_of(handbook, [](const Assessed& assessed) {
    return assessed.requirement->priority() == Priority::must && assessed.failing();
  });
}

Assessment assess(const Guideline& guideline, const std::vector<Evidence>& evidence, Scope scope) {
  return assess(guideline, CloudChecks{}, evidence, std::move(scope));
}

Assessment assess(const Guideline& guideline, const CloudChecks& clouds,
                  const std::vector<Evidence>& evidence, Scope scope) {
  Assessment assessment;
  assessment.scope = std::move(scope);
  assessment.checks = newest(guideline, clouds, evidence, assessment.scope);
  assessment.handbook = assess_all(guideline, clouds, guideline.handbook, assessment);
  assessment.measures = assess_all(guideline, clouds, guideline.measures, assessment);
  assessment.to_fix = gather(assessment, clouds, Verdict::fail);
  assessment.to_find_out = gather(assessment, clouds, Verdict::unknown);
  return assessment;
}

}  // namespace sekisho
