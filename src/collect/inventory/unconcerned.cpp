// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/inventory.h"

namespace sekisho {

std::vector<Evidence> unconcerned_evidence(const Guideline& guideline, const SubjectId& subject,
                                           std::string_view platform, Time observed_at,
                                           const std::string& source) {
  std::vector<Evidence> list;
  if (platform.empty()) return list;
  for (const CheckSpec& check : guideline.checks)
    if (!check.asked && !check.concerns(platform))
      list.push_back({subject, check.id,
                      Judgement::without_basis(
                          Verdict::not_applicable,
                          {"この OS にはない項目です", "there is no such thing on this system"}),
                      observed_at, observed_at + check.valid_for, source});
  return list;
}

}  // namespace sekisho
