// SPDX-License-Identifier: Apache-2.0
// assess: the newest valid evidence folded over the guideline. A pure function of (guideline,
// evidence, now): the status of each requirement, and what to fix first.
//
// May enter: arithmetic over the guideline and evidence.
// May not enter: clocks, files, collectors, pages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.h"
#include "guideline/checklist.h"
#include "guideline/guideline.h"

namespace sekisho {

enum class Status : std::uint8_t { met, partly_met, not_met, not_applicable, unknown };

std::string_view name(Status status);
Text label(Status status);

/// What is assessed, and when.
struct Scope {
  SubjectId subject;
  std::vector<const Method*> methods;  // those in use; none for any
  Situations situations;
  Time now;
  Calendar calendar = {};  // NOLINT(*-redundant-member-init): else all must name it; for days shown

  /// The one method in use; null when there are none or several.
  const Method* method() const { return methods.size() == 1 ? methods.front() : nullptr; }
};

/// A check with what was seen last, where that still holds; else it is unknown.
struct CheckState {
  const CheckSpec* spec = nullptr;
  std::optional<Evidence> evidence;
  bool expired = false;  // there was evidence, but the time of the newest is over

  Verdict verdict() const { return evidence ? evidence->verdict() : Verdict::unknown; }
};

struct Assessed {
  const Requirement* requirement = nullptr;
  Status status = Status::unknown;
  Applicability applicability;
  std::vector<const CheckState*> checks;

  /// It applies, and at least one of its checks failed.
  bool failing() const { return status == Status::not_met || status == Status::partly_met; }
};

/// What something to do serves, and so how urgent it is: the best among what it serves.
struct Cause {
  Priority priority = Priority::none;
  Degree importance = Degree::low;
  Degree difficulty = Degree::high;
  std::vector<const Requirement*> serves;
};

/// Something to do: a check that failed, or that nothing is known of.
struct Action : Cause {
  explicit Action(const CheckState& of) : check(&of) {}
  const CheckSpec& spec() const { return *check->spec; }

  const CheckState* check;
};

struct Assessment {
  Assessment() = default;
  // What is assessed points into `checks`, which survives a move and not a copy.
  Assessment(const Assessment&) = delete;
  Assessment& operator=(const Assessment&) = delete;
  Assessment(Assessment&&) = default;
  Assessment& operator=(Assessment&&) = default;
  ~Assessment() = default;

  Scope scope;
  std::vector<CheckState> checks;   // in the guideline's order
  std::vector<Assessed> handbook;   // in the handbook's order
  std::vector<Assessed> measures;   // in the guideline's order
  std::vector<Action> to_fix;       // failed: by priority, importance, ease
  std::vector<Action> to_find_out;  // unknown, in the same order

  /// Some ◎ item that applies is failing.
  bool must_failing() const;
  const CheckState* check(std::string_view id) const;
};

Assessment assess(const Guideline& guideline, const std::vector<Evidence>& evidence, Scope scope);

/// The status that the verdicts of its checks give a requirement: a fail beside a pass is partly
/// met, and anything unknown keeps the rest from being called met.
Status fold(const std::vector<Verdict>& verdicts);

}  // namespace sekisho
