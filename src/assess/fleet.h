// SPDX-License-Identifier: Apache-2.0
// Many machines at once: how every check and requirement stands for a whole organisation at one
// moment. A Ledger folds it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "assess/assess.h"
#include "guideline/clouds.h"

namespace sekisho {

/// How many subjects have each verdict, in Verdict's order.
struct Tally {
  std::array<std::uint32_t, 4> counts{};
  /// Machines, among the unknown, on which nobody ever looked: as those of a list of what there is.
  std::uint32_t unseen = 0;
  /// Among the fails: those that were answered "partly", and count as half.
  std::uint32_t partly = 0;

  std::uint32_t of(Verdict verdict) const { return counts.at(static_cast<std::size_t>(verdict)); }
  std::uint32_t& of(Verdict verdict) { return counts.at(static_cast<std::size_t>(verdict)); }
  /// Nothing of it fails but what is half done.
  bool only_partly() const { return partly > 0 && partly == of(Verdict::fail); }
  /// One verdict for all: a fail anywhere fails, an unknown anywhere leaves it unknown.
  Verdict verdict() const;
  /// Subjects that the check applies to.
  std::uint32_t applicable() const {
    return of(Verdict::pass) + of(Verdict::fail) + of(Verdict::unknown);
  }
};

/// What part of a requirement is shown to be so, over its checks and their subjects; the three add
/// up to 1, or to 0 where it is not applicable. A mean over what was looked at: who lists a machine
/// on which nobody looked yet does not make it worse, and what was seen once and is seen no more is
/// unknown. How many were never looked at is told beside it (Tallies::unseen_machines).
struct Share {
  double met = 0;
  double failing = 0;
  double unknown = 0;
};

/// For whoever reads none.
const CloudChecks& no_clouds();

/// The checks of a guideline by their place in its list, those of clouds behind them, and by slot:
/// their place among those of their kind. Machines are looked at; the organisation is asked, and
/// its clouds are read.
struct CheckPlaces {
  explicit CheckPlaces(const Guideline& of, const CloudChecks& read = no_clouds());
  const std::vector<std::uint32_t>& of(bool machine) const { return kinds[machine ? 0 : 1]; }
  /// A cloud's: it doesn't apply until something was seen of it.
  bool of_cloud(std::size_t place) const { return place >= first_cloud; }
  const CheckSpec& spec(std::size_t place) const {
    return of_cloud(place) ? clouds->checks[place - first_cloud] : guideline->checks[place];
  }

  const Guideline* guideline;
  const CloudChecks* clouds;
  std::size_t first_cloud;
  std::vector<bool> organisations;  // not a machine's
  std::vector<std::uint32_t> slots;
  std::array<std::vector<std::uint32_t>, 2> kinds;  // machines', the organisation's: places by slot
  std::unordered_map<std::string_view, std::uint32_t> by_id;
};

/// A subject, and how its checks stand.
struct FleetSubject {
  struct Check {
    std::int64_t id = 0;  // of the evidence; 0 where there was none
    Time valid_until;
    Verdict verdict = Verdict::unknown;
    bool partly = false;
  };
  std::string name;
  bool machine = false;
  bool counts = true;               // not retired
  std::vector<Check> checks;        // of those that concern it, by slot
  Tally tally;                      // of these
  std::optional<Time> valid_until;  // of those that were made, the last to end
};

/// How many subjects have which verdict, for each check.
class Tallies {
 public:
  explicit Tallies(std::shared_ptr<const CheckPlaces> places)
      : places_(std::move(places)), counts_(places_->slots.size()) {}

  const CheckPlaces& places() const { return *places_; }
  /// By place in the guideline's list of checks.
  const Tally& tally(std::size_t check) const { return counts_.at(check); }
  const Tally& tally(std::string_view check) const { return counts_.at(places_->by_id.at(check)); }
  std::size_t machines() const { return machines_; }
  /// Those on which some check that may concern them was never made.
  std::size_t unseen_machines() const { return unseen_machines_; }

  /// Adds a subject's verdicts, or takes them away.
  void count(bool machine, const std::vector<FleetSubject::Check>& checks, bool add);

 private:
  std::shared_ptr<const CheckPlaces> places_;
  std::vector<Tally> counts_;
  std::size_t machines_ = 0;
  std::size_t unseen_machines_ = 0;
};

/// How everything stands now. A copy shares the subjects with what it was copied from, so that it
/// costs little.
class Fleet : public Tallies {
 public:
  using Tallies::Tallies;

  struct CheckStanding {
    Verdict verdict = Verdict::unknown;
    Time valid_until;
    std::int64_t id = 0;  // of the evidence; 0 where there was none
  };
  /// A subject's checks, by place in the guideline's list; empty for a subject never seen.
  std::vector<CheckStanding> standings(const SubjectId& id) const;
  struct MachineCheck {
    const CheckSpec* spec = nullptr;
    CheckStanding now{};
  };
  /// The checks that are a machine's, in the guideline's order; of one never seen all are unknown.
  std::vector<MachineCheck> machine_checks(const SubjectId& id) const;
  /// What they add up to, which is counted once for all who look.
  struct MachineSum {
    Tally tally;
    std::optional<Time> valid_until;  // of what was seen, the last to end
    bool seen = false;                // something of it
  };
  MachineSum machine_sum(const SubjectId& id) const;
  /// The checks that fail on a machine, in the guideline's order.
  std::vector<const CheckSpec*> machine_fails(const SubjectId& id) const;
  /// How a machine's check stands, by its place in the guideline's list.
  Verdict machine_verdict(const SubjectId& id, std::size_t check) const;
  /// The machines that count and have this verdict for a check, at most `most`.
  std::vector<SubjectId> machines_with(std::size_t check, Verdict verdict, std::size_t most) const;

  using Names = std::unordered_map<std::string, std::uint32_t>;
  /// What stands at a place from now on; null for what was not seen yet.
  void put(std::size_t place, std::shared_ptr<const FleetSubject> subject);
  /// Who is at which place.
  void know(std::shared_ptr<const Names> names) { names_ = std::move(names); }

 private:
  /// Null for a subject never seen.
  const FleetSubject* find(const SubjectId& id) const;

  std::shared_ptr<const Names> names_ = std::make_shared<const Names>();
  std::vector<std::shared_ptr<const FleetSubject>> subjects_;
};

/// A requirement's status for the organisation, leaving aside whether it applies.
Status fold(const Tallies& tallies, const Requirement& requirement);
Share share(const Tallies& tallies, const Requirement& requirement);

/// The place of a check in the guideline's list; of a cloud's `CheckPlaces::by_id` knows it.
std::size_t place_of(const Guideline& guideline, const CheckSpec& check);

/// What the whole fleet leaves to do, ordered as `assess` orders it for one machine.
struct FleetAction : Cause {
  FleetAction(const CheckSpec& of, const Tally& counts) : check(&of), tally(counts) {}
  const CheckSpec& spec() const { return *check; }

  const CheckSpec* check;
  Tally tally;
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
DayStanding standing_on(const Guideline& guideline, const Tallies& tallies, Day day);

}  // namespace sekisho
