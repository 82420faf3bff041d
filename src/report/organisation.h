// SPDX-License-Identifier: Apache-2.0
// Reports about a whole organisation: for executives, for a business partner, as tables and as
// OSCAL.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assess/fleet.h"
#include "report/report.h"

namespace sekisho {

/// Who sees to something, and by when ("2027-03-31"); either may be empty.
struct Owner {
  std::string person;
  std::string due;
};

/// What waits for whoever leads: at most three, with what each is about.
struct Decision {
  enum class Wants : std::uint8_t {
    word,   // a decision that only they can take
    owner,  // nobody has it
    push,   // who has it is late
  };
  const CheckSpec* check = nullptr;
  Wants wants = Wants::word;
  Degree effort = Degree::low;
  Priority priority = Priority::none;
  const Incident* like = nullptr;  // the case that shows what happens; may be none
  Owner owner;
  std::optional<Day> since;  // from when on it has not held, as far back as is known
};
inline constexpr std::size_t kMostDecisions = 3;

/// What a degree of effort comes to, as Sekisho judges it.
Text effort_words(Degree effort);
/// What is asked of them.
Text words(Decision::Wants wants);

struct OrganisationReport {
  const Guideline& guideline;
  const Assessment& assessment;  // of the organisation
  std::string name;
  std::size_t machines = 0;  // registered and not retired
  std::size_t silent = 0;    // of these, of which nothing was ever heard
  std::size_t unseen = 0;    // of the others, on which some check was never made
  Share all;                 // over the measures that apply
  Share week_ago;
  std::vector<std::pair<Text, Share>> pillars;
  std::vector<std::pair<Day, double>> met_by_day;  // oldest first
  std::map<std::string, Owner> owners;             // by a check's or requirement's id
  std::string version;
  std::vector<std::pair<Day, Text>> deadlines = {};  // the law's, of open incidents; soonest first
  std::vector<Decision> decisions = {};
  std::vector<std::string> platforms = {};     // of devices that there are; the commonest first
  std::map<std::string, Degree> efforts = {};  // by a check's id, on the devices that fail it
};

/// One A4 page: how safe, better or worse, what to fix first, who has it.
std::string executive_html(const OrganisationReport& report, Lang lang);
/// About ten pages: how everything stands, what to do by whom and when; then an appendix.
std::string administrator_html(const OrganisationReport& report, Lang lang);
/// What a business partner may see: status of each item, without machines, names or details.
std::string partner_html(const OrganisationReport& report, Lang lang);
/// Comma-separated (RFC 4180) with a byte order mark, which spreadsheets need for Japanese.
std::string report_csv(const OrganisationReport& report, Lang lang);
/// Office Open XML workbook: checklist, measures, what to fix.
Result<std::string> report_xlsx(const OrganisationReport& report, Lang lang);

/// OSCAL 1.2.1: the guideline as a catalog, what applies as a profile, what to fix as a plan of
/// action and milestones. (report_oscal gives the assessment results.)
std::string oscal_catalog(const OrganisationReport& report);
std::string oscal_profile(const OrganisationReport& report);
std::string oscal_poam(const OrganisationReport& report);
/// What each is called as a file, so that the profile finds the catalog beside it: `format` is
/// "catalog", "profile", "assessment-results" or "poam".
std::string oscal_file_name(const OrganisationReport& report, std::string_view format);

}  // namespace sekisho
