// SPDX-License-Identifier: Apache-2.0
// report: an assessment, and the guideline itself, as something a person or a program reads.
//
// May enter: turning an assessment into text, HTML, JSON and OSCAL; words on pages.
// May not enter: collecting anything, judging anything, writing files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "assess/assess.h"
#include "guideline/checklist.h"
#include "guideline/choose.h"
#include "guideline/clouds.h"

namespace sekisho {

/// A feed that verdicts leaned on.
struct FeedDate {
  Text name;
  Day as_of;
  bool stale = false;
};

struct Report {
  const Guideline& guideline;
  const Assessment& assessment;
  std::vector<FeedDate> feeds;
  std::string version;        // of Sekisho
  std::vector<Text> remarks;  // of the look itself: how it was looked at, what was not seen for it
  std::string_view kind;      // of system, as load_guideline takes it
};

struct TextStyle {
  Lang lang = Lang::ja;
  bool colour = false;
  std::size_t columns = 100;
};

/// What a terminal shows; with `role`, that role's page instead of the overview.
std::string report_text(const Report& report, const TextStyle& style,
                        std::optional<Role> role = {});
/// What verdicts rest on: of one check, or of all that pass.
std::string report_basis(const Report& report, const TextStyle& style, std::string_view check);
/// One page without outside requests or scripts, for screens, in light and dark, and A4 paper.
std::string report_html(const Report& report, Lang lang);
/// docs/report.schema.json describes it.
std::string report_json(const Report& report);
/// OSCAL 1.2.1 assessment results (NIST).
std::string report_oscal(const Report& report);

/// What to fix first, at most this many.
inline constexpr std::size_t kFirstActions = 5;

/// How many requirements have each status.
using StatusCounts = std::map<Status, std::size_t>;
StatusCounts count(const std::vector<Assessed>& list, std::optional<Priority> priority = {});

/// The measures of a role: failing first, then unknown, then the rest; must before should.
std::vector<const Assessed*> role_measures(const Report& report, Role role);

/// The questions of the guideline that nobody has answered yet, or whose answer has expired.
std::size_t open_questions(const Assessment& assessment);

struct GuidelineFilter {
  const Method* method = nullptr;
  std::optional<Role> role;
  std::optional<char> category;
  std::optional<Level> level;
  std::optional<Priority> priority;
  Situations situations;
  const Measure* measure = nullptr;  // this one alone, whatever else is asked for
};

/// A part of the guideline (methods, measures, checklist, incidents, threats, cloud, zero-trust,
/// wifi, glossary), as text or as JSON; an error when there is no such part.
Result<std::string> guideline_text(const Guideline& guideline, std::string_view part,
                                   const GuidelineFilter& filter, const TextStyle& style);
Result<std::string> guideline_json(const Guideline& guideline, std::string_view part,
                                   const GuidelineFilter& filter);

/// The whole guideline as one JSON text, for the console.
std::string guideline_whole(const Guideline& guideline, const CloudChecks& clouds);

std::string choice_text(const Guideline& guideline, const Choice& choice, const TextStyle& style);
std::string choice_json(const Guideline& guideline, const Choice& choice);

}  // namespace sekisho
