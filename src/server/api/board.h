// SPDX-License-Identifier: Apache-2.0
// How the organisation stands, for all requests at once: one Standing that never changes, and a
// newer one in its place as soon as somebody looks after something was written. Other servers and
// the command line write to the database too.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "assess/ledger.h"
#include "store/store.h"

namespace sekisho {

/// What of the settings decides what applies.
struct Organisation {
  std::string name;
  std::string industry;  // of the deck's survey classes; empty: not said
  std::string size;
  std::vector<const Method*> methods;
  Situations situations;
  Calendar calendar;   // Japan's unless it is said otherwise
  bool ready = false;  // the first steps are done
};
Organisation organisation_of(const Guideline& guideline, const Settings& settings);

/// The setting that says which calendar the organisation goes by.
inline constexpr const char* kZoneSetting = "organisation.zone";
Calendar calendar_of(const Settings& settings);
/// The same, read by itself.
Result<Calendar> calendar_of(Database& db);

class Board {
 public:
  /// Opens a connection of the board's own, so that it only ever sees what was committed.
  using Connect = std::function<Result<std::unique_ptr<Database>>()>;
  Board(const Guideline& guideline, Connect connect, std::function<Time()> clock,
        CloudChecks clouds = {});

  /// How everything stands by all that was committed before, and, as `clock` has it, now. Asks `db`
  /// one small question; who finds that something was written brings the board up to it, and only
  /// those wait who need that too.
  Result<std::shared_ptr<const Standing>> look(Database& db);
  const CloudChecks& clouds() const { return clouds_; }
  /// Reads everything, so that the first to look need not.
  Result<void> load();

 private:
  /// What there was to see in the database.
  struct Marks {
    std::int64_t change = 0;  // of evidence: the last
    std::string devices;      // another value when a device is retired or comes back
    std::string zone;
  };
  struct Seen {
    Marks marks;
    std::shared_ptr<const Standing> standing;

    bool answers(const Marks& wanted, Time now) const {
      return standing != nullptr && marks.change >= wanted.change &&
             marks.devices == wanted.devices && marks.zone == wanted.zone && standing->holds(now);
    }
  };
  static Result<Marks> marks_in(Database& db);
  Seen seen() const;
  Result<std::shared_ptr<const Standing>> refresh(const Marks& wanted);
  Result<Seen> renew(std::unique_ptr<Database> db);
  /// Brings the ledger from `from` (null: from nothing) to what there is now.
  Result<void> take(Database& db, const Marks* from, const Marks& found);

  const Guideline& guideline_;
  const CloudChecks clouds_;
  Connect connect_;
  std::function<Time()> clock_;

  std::mutex refreshing_;         // guards these
  std::unique_ptr<Database> db_;  // null: to be opened
  std::optional<Ledger> ledger_;
  bool partly_ = false;  // the ledger has something of a change, and not all

  mutable std::mutex publishing_;  // guards this, and is held only to copy it
  Seen seen_;
};

}  // namespace sekisho
