// SPDX-License-Identifier: Apache-2.0
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

WindowsLook collect_recorded_windows(const WindowsFacts& facts, const Guideline& guideline,
                                     const Feeds& feeds, const SubjectId& subject, Time now) {
  constexpr std::chrono::minutes kClocksDiffer{10};
  WindowsLook look = collect_windows(facts, guideline, feeds, subject, now);
  const auto& made = facts.recorded_at;
  for (Evidence& one : look.evidence) {
    const CheckSpec* spec = guideline.check(one.check);
    if (spec == nullptr || !spec->concerns("windows")) continue;
    if (made && *made <= now + kClocksDiffer) {
      one.observed_at = std::min(*made, now);
      one.valid_until = std::min(one.valid_until, one.observed_at + spec->valid_for);
    } else if (one.verdict() == Verdict::pass || one.verdict() == Verdict::not_applicable) {
      one.judgement = judgement_of(
          made ? unknown("記録の日時が先の日時です。記録した PC の時計を確かめてください",
                         "the recording is of a time that lies ahead: see that the clock of its PC "
                         "is right")
               : unknown("いつの記録か分かりません。今のバージョンの sekisho.exe facts で記録し直し"
                         "てください",
                         "the recording does not say of when it is: record it anew with this "
                         "version's sekisho.exe facts"));
    }
  }
  return look;
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
