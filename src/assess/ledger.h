// SPDX-License-Identifier: Apache-2.0
// All that was seen, and from it how everything stands at any moment and stood on each day before:
// a pure function of (sightings, who is retired, now), in whatever order these came and wherever
// the clock was in between.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <queue>

#include "assess/fleet.h"
#include "evidence/sighting.h"

namespace sekisho {

/// The end of each day since the first evidence, oldest first, today last.
class Days {
 public:
  std::size_t size() const { return list_.size(); }
  const DayStanding& operator[](std::size_t i) const { return *list_.at(i); }
  const DayStanding& back() const { return *list_.back(); }
  /// The day that was so many days before today, or the first there is.
  const DayStanding& before(std::size_t days) const {
    return *list_[list_.size() > days ? list_.size() - 1 - days : 0];
  }
  void add(std::shared_ptr<const DayStanding> day) { list_.push_back(std::move(day)); }

 private:
  std::vector<std::shared_ptr<const DayStanding>> list_;
};

/// How everything stands. Never changes, so that any number of readers may share one.
class Standing {
 public:
  Standing(const Guideline& guideline, Calendar calendar, Fleet fleet, Days days, Time at,
           Time until)
      : guideline_(guideline),
        calendar_(calendar),
        fleet_(std::move(fleet)),
        days_(std::move(days)),
        at_(at),
        until_(until) {}

  const Guideline& guideline() const { return guideline_; }
  const CloudChecks& clouds() const { return *fleet_.places().clouds; }
  const Calendar& calendar() const { return calendar_; }
  const Fleet& fleet() const { return fleet_; }
  const Days& days() const { return days_; }
  /// Whether it is how things stand at `now` as well, if nothing was written meanwhile.
  bool holds(Time now) const { return at_ <= now && now < until_; }

 private:
  const Guideline& guideline_;
  Calendar calendar_;
  Fleet fleet_;
  Days days_;
  Time at_;
  Time until_;
};

class Ledger {
 public:
  /// `guideline` and `clouds` must outlive the ledger and what it gives.
  explicit Ledger(const Guideline& guideline, const CloudChecks& clouds = no_clouds());

  /// A sighting that is new, or that has moved on.
  void take(const SubjectId& subject, std::string_view check, const Sighting& written);
  /// All machines that are retired: each counts until it was.
  void retire(std::map<std::string, Time, std::less<>> retired);
  void set_calendar(Calendar calendar);

  std::shared_ptr<const Standing> settle(Time now);

 private:
  static constexpr std::chrono::days kRemembered{400};
  static constexpr Time kNever = Time::max();

  /// A sighting and the slot of its check.
  struct Row {
    [[no_unique_address]] Sighting seen;
    std::uint32_t slot = 0;
  };
  struct Book {
    std::string name;
    bool machine = false;
    bool changed = false;   // its place is in `changed_`
    Time retired = kNever;  // when it ceased to count
    Time wake = kNever;     // of its one entry in `wakes_` that counts
    std::vector<Row> rows;  // by id
  };
  /// A subject as it stands at a moment, in `checks_`.
  struct Look {
    bool begun = false;   // something of it had been seen
    Time until = kNever;  // it stays so until then
  };
  struct Ended {
    Tallies tallies;
    std::shared_ptr<const DayStanding> shown;  // null: to be made
  };
  struct Wake {
    Time at;
    std::uint32_t place = 0;
    bool operator>(const Wake& other) const { return at > other.at; }
  };

  Book& book(const std::string& name);
  void mark(Book& book);
  Look look(const Book& book, Time at);
  /// Adds a subject to the days from `from` until before `to`, or takes it away.
  void count(const Book& book, Day from, Day to, bool add);
  void begin(Day today);
  void go_on(Day today);
  /// Brings one subject up to `now`.
  void refresh(std::uint32_t place, Time now);
  Days shown(Time now);

  const Guideline& guideline_;
  Calendar calendar_;
  std::shared_ptr<const CheckPlaces> places_;
  Fleet::Names names_;
  bool named_ = false;  // `fleet_` knows all of `names_`
  std::deque<Book> books_;
  std::map<std::string, Time, std::less<>> retired_;
  std::vector<std::uint32_t> changed_;
  std::priority_queue<Wake, std::vector<Wake>, std::greater<>> wakes_;
  Fleet fleet_;
  std::deque<Ended> ended_;   // the days before `today_`, one after another
  std::optional<Day> today_;  // nothing before the first settle()
  Time at_;
  Time first_ = kNever;  // of all that was seen
  // Used anew in each look, so that it costs no memory.
  std::vector<const Sighting*> newest_;
  std::vector<FleetSubject::Check> checks_;
};

}  // namespace sekisho
