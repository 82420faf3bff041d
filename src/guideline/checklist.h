// SPDX-License-Identifier: Apache-2.0
// Which requirements hold for a method and a situation, in what order, and why others don't.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "guideline/guideline.h"

namespace sekisho {

/// Answers to the situations, by id. What isn't in here is not known yet.
using Situations = std::map<std::string, bool>;

/// Whether a requirement holds, and why it does not. Where its condition isn't known yet it holds,
/// to be on the safe side, and `reason` says what was assumed.
struct Applicability {
  bool applies = true;
  Text reason;
};

Applicability applicability(const Guideline& guideline, const HandbookItem& item,
                            const Method* method, const Situations& situations);
Applicability applicability(const Guideline& guideline, const Measure& measure,
                            const Method* method, const Situations& situations);

/// A measure or a handbook item holds if it holds for any of the methods in use (none: any method).
template <typename T>
Applicability applicability(const Guideline& guideline, const T& requirement,
                            const std::vector<const Method*>& methods,
                            const Situations& situations) {
  Applicability result = applicability(guideline, requirement,
                                       methods.empty() ? nullptr : methods.front(), situations);
  for (std::size_t i = 1; i < methods.size() && !result.applies; ++i)
    result = applicability(guideline, requirement, methods[i], situations);
  return result;
}

struct ChecklistEntry {
  const HandbookItem* item = nullptr;
  Applicability applicability;
};

/// All of the handbook's items: those that hold come first, ◎ before ○, each in the handbook's
/// order, then those that don't hold, with the reason.
std::vector<ChecklistEntry> handbook_checklist(const Guideline& guideline, const Method* method,
                                               const Situations& situations);

}  // namespace sekisho
