// SPDX-License-Identifier: Apache-2.0
// The law's clocks over an open report: whether a leak must be reported to the authority, and by
// when. Pure: what was said, and the days that follow from it. What isn't known is never taken as
// no.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/document.h"
#include "base/time.h"
#include "guideline/guideline.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

enum class Said : std::uint8_t { unknown, yes, no };

/// What people said of an incident; nothing at all to begin with.
struct DutyAnswers {
  std::optional<Day> known;               // when it was known; none: the day of the report
  std::map<std::string, Said> questions;  // by the questions of the guideline's duty
  std::optional<Day> preliminary;         // when the preliminary report went out
  std::optional<Day> final_report;        // when the final one did
};

/// due: one of the law's cases holds. unknown: the clock may be running. free: no report is needed.
enum class DutyState : std::uint8_t { due, unknown, free };

struct DutyClock {
  DutyState state = DutyState::unknown;
  bool entrusted = false;  // to the one who entrusted the data instead
  Day known;
  Day preliminary_from;
  Day preliminary;
  Day final_report;
};

DutyClock duty_clock(const Duty& duty, const DutyAnswers& answers, Day reported);

/// A report that is due or may be, and wasn't made: the earlier of the two.
struct Deadline {
  bool preliminary = true;
  bool certain = false;  // else it is unknown whether there is a duty
  Day day;
};
std::optional<Deadline> next_deadline(const DutyClock& clock, const DutyAnswers& answers);

/// The next deadline of each open report, the soonest first.
struct OpenDeadline {
  IncidentId incident;
  std::string kind;
  Deadline deadline;
};
Result<std::vector<OpenDeadline>> open_deadlines(Database& db, const Duty& duty,
                                                 const Calendar& calendar);

/// As it is kept, and as it comes in.
std::string kept_text(const DutyAnswers& answers);
DutyAnswers answers_kept(const std::string& text);
DutyAnswers read_duty_answers(const Node& node);
/// Why these can't be: a question that nobody asks, a day that has not come.
std::optional<Text> impossible(const DutyAnswers& answers, const Duty& duty, Day today);

/// Each in words: what is due, of which report, and whether that is certain.
std::vector<std::pair<Day, Text>> deadline_lines(const Guideline& guideline,
                                                 const std::vector<OpenDeadline>& open);

boost::json::object duty_json(const Duty& duty, const DutyAnswers& answers, const DutyClock& clock);

}  // namespace sekisho
