// SPDX-License-Identifier: Apache-2.0
// guideline: what must be true. The seven methods, Sekisho's measures, the handbook's 32 items,
// threats, incident cases and the rest of data/, read and validated into types that can't be
// invalid; the checklist for a method and a situation; the choice of a method.
//
// May enter: content of the guideline and pure functions over it.
// May not enter: evidence, machines, pages, files other than data/ and an organisation's overlay.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/document.h"
#include "base/result.h"
#include "base/text.h"

namespace sekisho {

enum class Role : std::uint8_t { executive, administrator, teleworker };
enum class Pillar : std::uint8_t { rules, people, technology };
enum class Trait : std::uint8_t { reproduction, congestion, cost, effort, control };
/// A method's mark for a trait, best first.
enum class Grade : std::uint8_t { S, A, B, C, D };
/// How important or how difficult something is.
enum class Degree : std::uint8_t { low, middle, high };
enum class Level : std::uint8_t { basic, advanced };
/// must is ◎, should is ○, none is left out of the handbook's checklists.
enum class Priority : std::uint8_t { must, should, none };
/// Who says so: the ministry's deck, its guideline itself (as others hand it down, or as an
/// organisation that holds it types it in), its handbook, or this project, which is never put in
/// the ministry's mouth.
enum class Source : std::uint8_t { deck, guideline, handbook, project };
/// How sure we are that the source says so: read there, read in the 4th edition, inferred,
/// general knowledge, or written by this project.
enum class Confidence : std::uint8_t { seen, seen_v4, inferred, general, own };

inline constexpr std::size_t kTraits = 5;

/// The deck's matrix for the guideline: low and middle difficulty are basic, high is advanced.
Level level_of(Degree importance, Degree difficulty);
/// The deck's matrix for the handbook.
Priority priority_of(Degree importance, Degree difficulty);

std::string_view symbol(Priority priority);  // ◎ ○ ―
std::string_view name(Priority priority);    // must, should, none
std::string_view name(Level level);
std::string_view name(Role role);
std::string_view name(Pillar pillar);
std::string_view name(Trait trait);
std::string_view name(Grade grade);
std::string_view name(Degree degree);
std::string_view name(Source source);
std::string_view name(Confidence confidence);
Text label(Level level);
Text label(Degree degree);
Text label(Source source);

std::optional<Role> role_named(std::string_view name);
std::optional<Level> level_named(std::string_view name);
std::optional<Priority> priority_named(std::string_view name);

/// Where a statement comes from.
struct Provenance {
  Source source = Source::project;
  Confidence confidence = Confidence::own;
};

/// Something told in a title and a text, with where it comes from.
struct Point {
  std::string id;
  Text title;
  Text text;
  Provenance from;
};

struct GradeReason {
  Grade grade = Grade::D;
  Text reason;
};

struct Method {
  std::string id;
  int number = 0;
  Text name;
  Text definition;
  Text intended_use;
  std::vector<Text> typical;
  std::vector<Point> derived;
  std::vector<Point> cautions;
  std::array<GradeReason, kTraits> grades;

  const GradeReason& grade(Trait trait) const { return grades.at(static_cast<std::size_t>(trait)); }
};

struct TraitInfo {
  Trait trait = Trait::reproduction;
  Text name;
};

struct Category {
  char letter = 'A';
  Text name;
  Text description;
};

struct RoleInfo {
  Role role = Role::executive;
  Text name;
  std::string prefix;        // of measure ids: 経営者, 管理者, 勤務者
  std::string ascii_prefix;  // exec, admin, worker
  std::vector<Text> duties;
};

struct PillarInfo {
  Pillar pillar = Pillar::rules;
  Text name;
  std::vector<Text> points;
};

struct Threat {
  std::string id;
  Text name;
  Text text;
  Provenance from;
};

/// One thing to do: words, or a command that is the same in every language.
struct Step {
  Text text;
  std::string command;  // empty for words
  /// The kinds of Linux that it is for (names of linux_kind); empty: any.
  std::vector<std::string> kinds;
};

/// The kind of Linux by os-release's ID and ID_LIKE: debian, fedora, suse, arch, alpine, or other.
std::string_view linux_kind(std::string_view id, std::string_view id_like);
/// The steps for a kind of Linux. Where only others have theirs, a sentence says so instead.
std::vector<Step> steps_on(const std::vector<Step>& steps, std::string_view kind);

/// Something that can be observed on a machine, or asked of a person.
struct CheckSpec {
  std::string id;
  bool asked = false;  // a person answers; else a collector looks
  Text title;          // the question, when it is asked
  /// What a question asks for at once, where that is more than one thing: some of it may be true.
  std::vector<Text> parts;
  Text why;
  std::vector<Step> fix;
  std::vector<Step> fix_windows;  // instead of `fix` on Windows; empty: its words without commands
  std::vector<Step> fix_darwin;   // the same on macOS
  std::vector<std::string> threats;
  std::chrono::days valid_for{1};
  /// Where there is such a thing at all (windows, darwin, linux, mobile, appliance); empty:
  /// everywhere.
  std::vector<std::string> platforms;
  std::vector<Step> fix_on(std::string_view platform) const;
  bool concerns(std::string_view platform) const {
    return platforms.empty() || std::ranges::find(platforms, platform) != platforms.end();
  }
  /// The same looked at by osquery: a query by platform (windows, darwin, linux) that gives one row
  /// with `verdict`, and the fact in `ja` and `en`.
  std::map<std::string, std::string, std::less<>> osquery;
};

/// Where a measure or a handbook item holds: only if the situation `id` is `value`.
struct Condition {
  std::string situation;
  bool value = true;
};

/// What measures and the handbook's 32 items have in common: a demand whose status is folded from
/// checks.
struct Requirement {
  std::string id;     // SK-admin-B3, or 管理者C-2 where the ministry's number is known; 5-4
  std::string ascii;  // SK-admin-B3, admin-C-2, 5-4
  Text text;
  char category = 'A';
  Degree importance = Degree::low;
  Degree difficulty = Degree::low;
  std::vector<std::string> threats;
  std::vector<std::string> checks;
  std::optional<Condition> condition;
  Provenance from;
  /// Whether the handbook gives the same priority: ◎ and ○ are its marks. Else it is our judgement.
  bool priority_stated = true;

  Priority priority() const { return priority_of(importance, difficulty); }
  Level level() const { return level_of(importance, difficulty); }
};

struct Measure : Requirement {
  std::vector<std::string> former;  // ids before ours had a form of their own; still understood
  Role role = Role::administrator;
  Pillar pillar = Pillar::technology;
  std::vector<std::string> methods;  // ids; all seven unless the entry names fewer
  std::vector<Step> steps;
  std::vector<std::string> handbook;  // items that it carries out
};

struct HandbookItem : Requirement {
  Priority stated = Priority::none;
  Text category_name;                 // the handbook's own name of the group
  Text not_applicable_when;           // empty where the source gives no exclusion
  Text why;                           // what happens without it
  std::vector<std::string> measures;  // ids, derived from the measures' `handbook`
};

struct Incident {
  int number = 0;
  Text title;
  Text happened;
  Text lesson;
  std::vector<std::string> threats;
  std::vector<std::string> measures;
  Provenance from;
  Provenance mapping;  // of `measures`
};

/// One step of a response. What is done is kept by its number, which never changes; the order may.
struct ResponseStep {
  int number = 0;
  Text text;
};

/// What to do when something of a kind is reported, and the case that it is most like.
struct Response {
  std::string id;
  Text title;
  int incident = 0;
  std::vector<ResponseStep> steps;
  std::vector<Text> reporter;  // for who reports: what to do now
  Text hear;                   // when they will hear, and from whom
  Provenance from;
};

/// Somebody to call in an incident: an organisation fills in the number.
struct Contact {
  std::string id;
  Text name;
  Text when;  // what to call them for
};

/// A text that others wrote, and where it can be read.
struct Reference {
  Text text;
  std::string url;
};

/// A question whose answer decides whether a leak must be reported to the authority.
struct DutyQuestion {
  enum class Kind : std::uint8_t {
    leak,       // whether there was or may have been a leak of personal data at all
    duty,       // one of the cases with a duty to report
    ill,        // such a case, by somebody of ill intent: the final report has longer
    exempt,     // lifts the duty
    entrusted,  // may be reported to the one who entrusted the data instead
  };
  std::string id;
  Kind kind = Kind::duty;
  Text text;
  Text help;
};

/// The law's duty to report leaks of personal data, and its clocks, in days from when it was known.
struct Duty {
  Text text;  // who reports what to whom
  Text persons;
  Text entruster;
  int preliminary_from = 0;  // "promptly": as the authority reads it, from 3
  int preliminary = 0;       // to 5 days
  int final_days = 0;
  int final_ill = 0;  // where somebody of ill intent did it
  std::vector<DutyQuestion> questions;
  std::vector<Reference> basis;

  const DutyQuestion* question(std::string_view id) const;
};

/// A number that decides a verdict, the same on every platform, and why it is this one.
struct Limit {
  std::string id;
  std::int64_t value = 0;
  Text name;
  Text basis;
  std::string url;  // empty where no document says so
};

/// One class of firms in the deck's survey: how many answered, and how many used an operating
/// system past its support.
struct SurveyClass {
  std::string id;
  Text name;
  int n = 0;
  int out_of_support = 0;
};

struct Survey {
  Provenance from;
  SurveyClass all;
  std::vector<SurveyClass> industries;
  std::vector<SurveyClass> sizes;
};

struct Term {
  std::string id;
  Text term;
  Text text;
  std::vector<std::string> also;  // other spellings of it in texts
};

/// Something about how an organisation teleworks that decides which items apply.
struct Situation {
  std::string id;
  Text question;
  Text when_true;
  Text when_false;
  std::map<std::string, bool> by_method;  // what a method settles by itself
};

/// What choosing an option does to the methods. Each has a reason to show.
struct Effect {
  std::optional<std::pair<Trait, Grade>> at_least;  // rules out methods graded worse
  std::vector<std::string> rules_out;               // method ids
  std::vector<std::pair<Trait, int>> weights;       // adds weight × grade (S 4 … D 0) to the score
  std::optional<Condition> situation;               // settles a situation
  Text reason;
};

struct Option {
  std::string id;
  Text label;
  Effect effect;
  std::vector<std::string> splits;  // ids of options that both hold: mixed use
};

struct Question {
  std::string id;
  Text text;
  Text help;
  std::vector<Option> options;

  const Option* option(std::string_view option_id) const;
};

/// A node of the flowchart: a question with an edge for each option, or a leaf that names a method.
struct FlowNode {
  std::string id;
  std::string question;                     // empty for a leaf
  std::map<std::string, std::string> next;  // option id → node id
  std::string method;                       // empty for a question
};

struct Flowchart {
  Provenance from;
  std::vector<Question> questions;
  std::vector<FlowNode> nodes;  // the first is the root

  const Question* question(std::string_view id) const;
  const FlowNode* node(std::string_view id) const;
};

/// How a maker writes the versions of one kind of thing; collect/vuln's Scheme reads by it.
struct VersionForms {
  std::string example;                           // "7.4.3"
  std::vector<std::string> forms, lines, aside;  // see VersionWriting
  std::vector<std::string> editions;             // words that tell editions with fixes of their own
  bool in_name = false;                          // a program's name says it, not its version
};

/// What NVD calls a program.
struct ProgramProduct {
  std::string vendor, product;
  std::string edition;  // CPE's sw_edition: "-" for none; empty where NVD tells none apart
  std::string when;     // only of programs with this in their name, and then no other
};

/// Software that is watched for end of support and known exploited weaknesses.
struct Software {
  std::string id;
  Text name;
  std::string group;                  // vpn, remote_desktop, browser, office, base
  std::vector<std::string> packages;  // dpkg package names; a trailing * matches any rest
  std::vector<std::string> files;     // a path whose presence shows it where no package does
  std::vector<std::string>
      makers;                  // parts of Maintainer that mark the maker's own package; "*" any
  std::string eol_product;     // of the end-of-life feed; empty where it has none
  bool dated_by_name = false;  // its release is the year in a program's name, not its version
  /// Its maker's program renews it without anybody's doing: by whose support dates it shows when it
  /// no longer does; "itself": by its own, if any. Empty: it doesn't.
  std::string renews;
  std::vector<std::pair<std::string, std::string>> exploited_as;  // vendor, product of the KEV feed
  std::vector<std::string> programs;  // names in Windows' list of programs; * as above
  std::vector<ProgramProduct> cpe;    // NVD's names of it, for Windows
  VersionForms versions;              // without forms: as makers commonly write them

  /// NVD's names of the program that Windows calls so.
  std::vector<ProgramProduct> cpe_of(std::string_view program) const;
};
/// The software that Windows lists under this name; null where it isn't watched.
const Software* software_of_program(const std::vector<Software>& software, std::string_view name);

/// A kind of network gear (VPN device, router) that an organisation can enter, and what feeds call
/// it.
struct Appliance {
  /// Of a kind whose weaknesses are told by model.
  struct Models {
    std::string example;                                   // as people write one: "WSR-1166DHP4"
    std::vector<std::pair<std::string, std::string>> cpe;  // vendor, and product with {} for it
    std::string exploited_vendor;       // of the KEV feed, whose products name models; may be empty
    std::vector<std::string> prefixes;  // that people write before one: "Aterm", "PA-"

    /// A model as people write it ("Archer AX21(JP) v3", "WSR-2533DHP3/NBK"), as feeds do: first
    /// without a hardware version, then with it.
    std::vector<std::string> spellings(std::string_view given) const;
  };

  std::string id;
  Text name;
  bool vpn = false;         // an entrance from the internet into the office
  std::string system;       // its firmware's name: "FortiOS"
  std::string eol_product;  // of the end-of-life feed; empty where it has none
  std::vector<std::pair<std::string, std::string>> cpe;           // vendor, product
  std::vector<std::pair<std::string, std::string>> exploited_as;  // vendor, product of the KEV feed
  std::vector<std::string> signs;  // what it says of itself on the network, without case
  std::optional<Models> models;
  VersionForms versions;
  Text look_under;  // where it shows its version; empty where that isn't known for sure

  /// Its names in NVD: those of this model, as people write it, where the kind has models and one
  /// is given.
  std::vector<std::pair<std::string, std::string>> cpe_of(std::string_view model) const;
};

/// An operating system that /etc/os-release names, and its feed.
struct OperatingSystem {
  std::string id;           // os-release's ID
  std::string eol_product;  // of the end-of-life feed
  Text name;
  /// Security updates after the regular end come by themselves; else they need a contract.
  bool extended_is_free = false;
};

struct Guideline {
  std::vector<TraitInfo> traits;
  std::vector<Method> methods;
  std::vector<Category> categories;
  std::vector<RoleInfo> roles;
  std::vector<PillarInfo> pillars;
  std::vector<Threat> threats;
  std::vector<Measure> measures;
  std::vector<HandbookItem> handbook;
  std::vector<Incident> incidents;
  std::vector<Response> responses;
  std::vector<Contact> contacts;
  Duty duty;
  std::vector<Limit> limits;
  Survey survey;
  std::vector<Point> cloud_benefits;
  std::vector<Point> cloud_cautions;
  std::vector<Point> perimeter;
  std::vector<Point> zero_trust;
  std::vector<Point> wifi_users;
  std::vector<Point> wifi_providers;
  std::vector<Term> glossary;
  std::vector<CheckSpec> checks;
  std::vector<Situation> situations;
  std::vector<Software> software;
  std::vector<Appliance> appliances;
  std::vector<Text> own_devices;  // rules for devices of those who use them (BYOD)
  std::vector<OperatingSystem> systems;
  Flowchart flowchart;
  Text notice;       // whose work this is and what is ours
  Text wifi_notice;  // the same of the points on Wi-Fi, which stem from other documents
  Text overlay;      // the name of an organisation's overlay; empty without one

  const Method* method(std::string_view id) const;  // by id, or by number "1" to "7"
  const Category& category(char letter) const;
  const RoleInfo& role(Role role) const;
  const Threat* threat(std::string_view id) const;
  /// By any name that it has (SK-admin-B3, 管理者C-2, admin-C-2), then by a former one; in any
  /// case.
  const Measure* measure(std::string_view id) const;
  const HandbookItem* handbook_item(std::string_view id) const;
  const CheckSpec* check(std::string_view id) const;  // a question also by its measure's former id
  const Limit* limit(std::string_view id) const;
  const Appliance* appliance(std::string_view id) const;
  const Situation* situation(std::string_view id) const;
  const Incident* incident(int number) const;
  const Response* response(std::string_view id) const;
};

/// Reads and cross-checks a whole guideline (all sections in one document). What is wrong is
/// appended to `problems`; the guideline may be used only when nothing was.
Guideline read_guideline(const Document& document, std::vector<Error>& problems);
/// The same, refused at the first problem, with the steps of a kind of Linux.
Result<Guideline> load_guideline(const Document& document, std::string_view kind = "debian");

/// Adds the lists of `more` to those of `base`. An entry whose key is there already is an error.
void add_document(Document& base, const Document& more, std::vector<Error>& problems);
/// Of each measure that had another id: the former one, as people and as programs write it, with
/// the one of now.
std::vector<std::pair<std::string, std::string>> former_ids(const Document& document);
/// A form to fill in by who holds the ministry's text: every measure, with room for the ministry's
/// number and words. What stays empty in it changes nothing.
std::string import_template(const Guideline& guideline);
/// Lays an organisation's own document over `base`: an entry whose key is there changes the fields
/// that it names and keeps the others; a new one is added; a section named under `replace` is
/// emptied first.
void overlay_document(Document& base, const Document& overlay, std::vector<Error>& problems);

}  // namespace sekisho
