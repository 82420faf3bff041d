// SPDX-License-Identifier: Apache-2.0
// What the forms of a report share.
#include "report/report.h"

#include <algorithm>

namespace sekisho {

StatusCounts count(const std::vector<Assessed>& list, std::optional<Priority> priority) {
  StatusCounts counts;
  for (const Assessed& assessed : list)
    if (!priority || assessed.requirement->priority() == *priority) ++counts[assessed.status];
  return counts;
}

std::vector<const Assessed*> role_measures(const Report& report, Role role) {
  std::vector<const Assessed*> list;
  for (std::size_t i = 0; i < report.guideline.measures.size(); ++i)
    if (report.guideline.measures[i].role == role) list.push_back(&report.assessment.measures[i]);
  std::ranges::stable_sort(list, {}, [](const Assessed* assessed) {
    const auto urgency = [&] {
      switch (assessed->status) {
        case Status::not_met: return 0;
        case Status::partly_met: return 1;
        case Status::unknown: return 2;
        case Status::met: return 3;
        case Status::not_applicable: break;
      }
      return 4;
    };
    return std::pair(urgency(), assessed->requirement->priority());
  });
  return list;
}

std::size_t open_questions(const Assessment& assessment) {
  return static_cast<std::size_t>(std::ranges::count_if(
      assessment.to_find_out, [](const Action& action) { return action.check->spec->asked; }));
}

}  // namespace sekisho
