// SPDX-License-Identifier: Apache-2.0
// collect/attest: a person's answer to what no machine can see, as evidence.
//
// May enter: questions, answers, who gave them and until when they hold.
// May not enter: storing, asking in a terminal, scores.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evidence/evidence.h"
#include "guideline/guideline.h"

namespace sekisho {

struct Answer {
  std::string question;      // a check's id
  std::string reply;         // yes, no, not_applicable; partly, where a question has parts
  std::string by;            // who says so
  std::string note;          // may be empty
  std::optional<Day> until;  // the last day it holds; else as long as the question says
  /// Which of the question's parts are true, from 0; some but not all, with `partly` alone.
  std::vector<std::size_t> parts = {};
};

/// Evidence of the organisation. An error when the question isn't one, the reply isn't possible, or
/// the day has passed in `calendar`.
Result<Evidence> attest(const Guideline& guideline, const Answer& answer, Time now,
                        const Calendar& calendar);

}  // namespace sekisho
