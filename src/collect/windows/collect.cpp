// One machine's checks as evidence, for a report of it alone.
#include <algorithm>

#include "collect/inventory/inventory.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

constexpr const char* kSource = "collector:host";

Evidence evidence_of(WindowsFinding one, const CheckSpec& spec, const SubjectId& subject,
                     Time now) {
  const Time until = std::min(now + spec.valid_for, one.finding.holds_until);
  return {subject, spec.id, judgement_of(std::move(one.finding)), now, until, kSource};
}

}  // namespace

SubjectId windows_subject(const WindowsFacts& facts) {
  return {"host:" + (facts.computer.empty() ? "windows" : printable(facts.computer, 255))};
}

WindowsLook collect_windows(const WindowsFacts& facts, const Guideline& guideline,
                            const Feeds& feeds, const SubjectId& subject, Time now) {
  WindowsLook look;
  std::vector<WindowsFinding> findings = judge_windows(facts, guideline, feeds, now);
  for (const CheckSpec& spec : guideline.checks) {
    if (spec.asked || !spec.concerns("windows")) continue;
    const auto found = std::ranges::find(findings, spec.id, &WindowsFinding::check);
    if (found == findings.end()) {
      look.evidence.push_back(evidence_of({spec.id,
                                           unknown("Windows では、この項目はまだ調べられません",
                                                   "this is not looked at on Windows yet"),
                                           false},
                                          spec, subject, now));
      continue;
    }
    if (found->unread) look.unread.push_back(spec.id);
    look.evidence.push_back(evidence_of(std::move(*found), spec, subject, now));
  }
  std::ranges::move(unconcerned_evidence(guideline, subject, "windows", now, kSource),
                    std::back_inserter(look.evidence));
  return look;
}

}  // namespace sekisho
