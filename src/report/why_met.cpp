// SPDX-License-Identifier: Apache-2.0
#include "report/why_met.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace sekisho {
namespace {

using From = Compared::Source;

/// One check of it: on how many devices within how many days, or which answer of which day.
Text why_met(const CheckState& check, const Calendar& calendar) {
  Text line;
  for (Compared one : check.evidence->basis().list()) {
    const bool devices = one.source == From::devices;
    if (!devices && one.source != From::person) continue;
    if (!devices) one.place.clear();
    Text said = words(one);
    if (devices) {
      const auto days = check.spec->valid_for.count();
      const std::string today = format_day(calendar.day(check.evidence->observed_at));
      said.ja += fmt::format("（{} 現在、{} 日以内の結果）", today, days);
      said.en += fmt::format(" (as of {}, by results of the last {} days)", today, days);
    }
    line.ja += (line.ja.empty() ? "" : "、") + said.ja;
    line.en += (line.en.empty() ? "" : "; ") + said.en;
  }
  return line;
}

bool passes(const CheckState* check) {
  return check->evidence && check->verdict() == Verdict::pass;
}

}  // namespace

Text why_met(const Assessed& assessed, const Calendar& calendar) {
  Text all;
  if (assessed.status != Status::met) return all;
  for (const CheckState* check : assessed.checks) {
    if (!passes(check)) continue;
    const Text line = why_met(*check, calendar);
    if (line.en.empty()) continue;
    all.ja += fmt::format("{}{}: {}", all.ja.empty() ? "" : "。", check->spec->title.ja, line.ja);
    all.en += fmt::format("{}{}: {}", all.en.empty() ? "" : ". ", check->spec->title.en, line.en);
  }
  return all;
}

Grounds grounds(const Assessment& assessment) {
  Grounds sum;
  std::set<const CheckState*> counted;
  for (const Assessed& assessed : assessment.measures) {
    if (assessed.status != Status::met) continue;
    ++sum.met;
    for (const CheckState* check : assessed.checks) {
      if (!passes(check) || !counted.insert(check).second) continue;
      ++(check->spec->asked ? sum.answered : sum.seen);
      for (const Compared& one : check->evidence->basis().list())
        if (one.source == From::person && one.day)
          sum.oldest_answer = std::min(sum.oldest_answer.value_or(*one.day), *one.day);
    }
  }
  return sum;
}

}  // namespace sekisho
