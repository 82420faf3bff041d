// Many machines at once: the standing of every check and requirement for a whole organisation, kept
// up as evidence comes in, instead of folded anew from the start each time.
#pragma once

#include <array>
#include <cstdint>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "assess/assess.h"

namespace sekisho {

/// How many subjects have each verdict, in Verdict's order.
struct Tally {
  std::array<std::uint32_t, 4> counts{};

  std::uint32_t of(Verdict verdict) const { return counts.at(static_cast<std::size_t>(verdict)); }
  std::uint32_t& of(Verdict verdict) { return counts.at(static_cast<std::size_t>(verdict)); }
  /// One verdict for all: a fail anywhere fails, an unknown anywhere leaves it unknown.
  Verdict verdict() const;
  /// Subjects that the check applies to.
  std::uint32_t applicable() const {
    return of(Verdict::pass) + of(Verdict::fail) + of(Verdict::unknown);
  }
};

/// What part of a requirement is shown to be so, over its checks and their subjects; the three add
/// up to 1, or to 0 where it is not applicable.
struct Share {
  double met = 0;
  double failing = 0;
  double unknown = 0;
};

/// The newest evidence of each check for each subject. Times only move forward.
class Fleet {
 public:
  explicit Fleet(const Guideline& guideline);

  /// A machine counts from when its first evidence came, and every check of a machine that nobody
  /// looked at is unknown. Evidence older than what is there is left out. `id` names the record.
  void add(const Evidence& evidence, std::int64_t id = 0);
  /// A machine that is retired no longer counts.
  void remove(const SubjectId& id);
  void restore(const SubjectId& id);
  /// What has run out by `now` becomes unknown.
  void advance(Time now);

  /// By place in the guideline's list of checks.
  const Tally& tally(std::size_t check) const { return tallies_.at(check); }
  const Tally& tally(std::string_view check) const { return tallies_.at(check_places_.at(check)); }
  std::size_t machines() const { return machines_; }

  struct Standing {
    Verdict verdict = Verdict::unknown;
    Time valid_until;
    std::int64_t id = 0;  // of the evidence; 0 where there was none
  };
  /// A subject's checks, by place in the guideline's list; empty for a subject never seen.
  std::vector<Standing> standings(const SubjectId& id) const;
  /// The machines with this verdict for a check, at most `most`.
  std::vector<SubjectId> machines_with(std::size_t check, Verdict verdict, std::size_t most) const;

 private:
  /// A Standing in 16 bytes: a large fleet is mostly these.
  struct Kept {
    std::int64_t id = 0;
    std::uint32_t valid_until = 0;  // seconds since 1970, until 2106
    Verdict verdict = Verdict::unknown;
  };
  struct Subject {
    std::string name;
    bool machine = false;
    bool counts = true;
    std::uint32_t looked_at =
        0;                   // when the one entry of `expiries_` that counts falls due; 0: none
    std::vector<Kept> kept;  // of the checks that concern it, by slot
  };
  /// When to look at a subject again: something of it may have run out.
  struct Expiry {
    std::uint32_t at = 0;
    std::uint32_t subject = 0;
    bool operator>(const Expiry& other) const { return at > other.at; }
  };
  Subject& subject(const std::string& name);
  /// Adds or takes away a subject's verdicts from the tallies.
  void count(const Subject& subject, bool add);
  void expire(std::uint32_t place);
  /// Machines are looked at, the organisation is asked.
  bool concerns(const Subject& subject, std::size_t check) const {
    return subject.machine != asked_[check];
  }

  std::vector<bool> asked_;
  std::vector<std::uint32_t> slots_;                  // of each check, among those of its kind
  std::array<std::vector<std::uint32_t>, 2> checks_;  // looked at, asked: by slot
  std::unordered_map<std::string_view, std::uint32_t> check_places_;
  std::unordered_map<std::string, std::uint32_t> subject_places_;
  std::vector<Subject> subjects_;
  std::vector<Tally> tallies_;
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;
  std::size_t machines_ = 0;
  Time now_;
};

/// A requirement's status for the organisation, leaving aside whether it applies.
Status fold(const Fleet& fleet, const Requirement& requirement);
Share share(const Fleet& fleet, const Requirement& requirement);

/// The place of a check in the guideline's list.
std::size_t place_of(const Guideline& guideline, const CheckSpec& check);

/// What the whole fleet leaves to do, ordered as `assess` orders it for one machine.
struct FleetAction {
  const CheckSpec* check = nullptr;
  Tally tally;
  Priority priority = Priority::none;
  Degree importance = Degree::low;
  Degree difficulty = Degree::high;
  std::vector<const Requirement*> serves;
};
std::vector<FleetAction> actions(const Guideline& guideline, const Fleet& fleet, Verdict wanted,
                                 const std::vector<const Method*>& methods,
                                 const Situations& situations);

/// The whole organisation as one assessment: a machine's check has the worst verdict among the
/// machines and says how many have which; `answers` are what people said.
Assessment assess(const Guideline& guideline, const Fleet& fleet,
                  const std::vector<Evidence>& answers, Scope scope);

/// How everything stood at the end of a day.
struct DayStanding {
  Day day;
  std::vector<Share> handbook;  // in the guideline's order
  std::vector<Share> measures;
  std::vector<Status> handbook_status;
  std::vector<Status> measures_status;
  std::size_t machines = 0;
};
DayStanding standing_on(const Guideline& guideline, const Fleet& fleet, Day day);

}  // namespace sekisho
