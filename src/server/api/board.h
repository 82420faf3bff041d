// The standing of the organisation, kept in memory and caught up with the database before each
// look: other servers and the command line write there too.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "assess/fleet.h"
#include "store/store.h"

namespace sekisho {

/// What of the settings decides what applies.
struct Organisation {
  std::string name;
  std::string industry;  // of the deck's survey classes; empty: not said
  std::string size;
  std::vector<const Method*> methods;
  Situations situations;
  bool ready = false;  // the first steps are done
};
Organisation organisation_of(const Guideline& guideline, const Settings& settings);

class Board {
 public:
  explicit Board(const Guideline& guideline) : guideline_(guideline), fleet_(guideline) {}

  /// Looks at the board as it is at `now`.
  template <typename Look>
  auto look(Database& db, Time now, Look look) -> std::expected<decltype(look(*this)), Error> {
    if (auto done = catch_up(db, now); !done) return std::unexpected(done.error());
    const std::shared_lock lock(mutex_);
    return look(*this);
  }

  const Fleet& fleet() const { return fleet_; }
  /// The end of each day since the first evidence, oldest first, today last.
  const std::vector<DayStanding>& days() const { return days_; }
  const Guideline& guideline() const { return guideline_; }

 private:
  Result<void> catch_up(Database& db, Time now);
  Result<bool> is_current(Database& db, Time now);
  /// Adds evidence in the order in which it was seen, noting each day that ends on the way.
  void take(std::vector<KeptEvidence> fresh, Time now);
  void end_days_before(Day day);

  const Guideline& guideline_;
  std::shared_mutex mutex_;
  Fleet fleet_;
  std::vector<DayStanding> days_;
  std::int64_t change_ = 0;
  std::string devices_;  // rises when a device is retired or comes back
  std::vector<SubjectId> retired_;
  Time now_;
};

}  // namespace sekisho
