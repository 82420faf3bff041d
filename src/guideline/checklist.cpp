// SPDX-License-Identifier: Apache-2.0
#include "guideline/checklist.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// What the method settles by itself outweighs an answer given for all methods.
std::optional<bool> settled(const Situation& situation, const Method* method,
                            const Situations& answers) {
  if (method != nullptr)
    if (const auto found = situation.by_method.find(method->id); found != situation.by_method.end())
      return found->second;
  if (const auto found = answers.find(situation.id); found != answers.end()) return found->second;
  return std::nullopt;
}

Applicability by_condition(const Guideline& guideline, const std::optional<Condition>& condition,
                           const Method* method, const Situations& answers) {
  if (!condition) return {};
  const Situation* situation = guideline.situation(condition->situation);
  if (situation == nullptr) return {};
  const auto value = settled(*situation, method, answers);
  const Text& wanted = condition->value ? situation->when_true : situation->when_false;
  if (!value)
    return {true,
            {fmt::format("「{}」かどうか未回答のため、入れています", wanted.ja),
             fmt::format("kept, since it is not answered whether {}", wanted.en)}};
  if (*value == condition->value) return {};
  const Text& actual = *value ? situation->when_true : situation->when_false;
  return {
      false,
      {fmt::format("{}ため、対象外です", actual.ja), fmt::format("left out, since {}", actual.en)}};
}

}  // namespace

Applicability applicability(const Guideline& guideline, const HandbookItem& item,
                            const Method* method, const Situations& situations) {
  return by_condition(guideline, item.condition, method, situations);
}

Applicability applicability(const Guideline& guideline, const Measure& measure,
                            const Method* method, const Situations& situations) {
  if (method != nullptr && std::ranges::find(measure.methods, method->id) == measure.methods.end())
    return {false,
            {fmt::format("{}では不要です", method->name.ja),
             fmt::format("not needed with the method {}", method->name.en)}};
  return by_condition(guideline, measure.condition, method, situations);
}

std::vector<ChecklistEntry> handbook_checklist(const Guideline& guideline, const Method* method,
                                               const Situations& situations) {
  std::vector<ChecklistEntry> list;
  for (const HandbookItem& item : guideline.handbook)
    list.push_back({&item, applicability(guideline, item, method, situations)});
  std::ranges::stable_sort(list, {}, [](const ChecklistEntry& entry) {
    return std::pair(!entry.applicability.applies, entry.item->stated);
  });
  return list;
}

}  // namespace sekisho
