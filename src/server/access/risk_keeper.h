// SPDX-License-Identifier: Apache-2.0
// The risk of impersonation, from the history of sign-ins as it is in the database: kept in memory,
// and brought up to it by what came since. Others ask while it learns.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>

#include "access/live.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

class Geo;
struct LineFound;

/// Where addresses are: without files that say so, nowhere.
class Whereabouts {
 public:
  Whereabouts();
  ~Whereabouts();
  Whereabouts(Whereabouts&&) noexcept;
  Whereabouts& operator=(Whereabouts&&) noexcept;
  Whereabouts(const Whereabouts&) = delete;
  Whereabouts& operator=(const Whereabouts&) = delete;
  /// What can't be read is left out, and said.
  static Whereabouts open(const std::vector<std::string>& files,
                          const std::function<void(const Text&)>& say);
  /// Those of the organisation's own: who comes from one may be anywhere.
  void set_own(std::vector<NetworkRange> own) { own_ = std::move(own); }
  SignInOrigin of(const std::optional<ClientAddress>& address) const;
  /// By the files alone, which stay as they were opened: by many threads at once.
  std::optional<CountryCode> country(const ClientAddress& address) const;
  /// Whether there is a file by which that can be known.
  bool known() const;

 private:
  std::unique_ptr<Geo> geo_;
  std::vector<NetworkRange> own_;
};

/// What is so of people and devices, as the desk knows it.
struct KnownStandings {
  std::vector<RiskPerson> lost;
  std::vector<RiskDevice> worse;
};

class RiskKeeper {
 public:
  /// Of sign-ins at most so many are read at the start, the latest.
  static constexpr std::int64_t kMostRead = 500'000;

  explicit RiskKeeper(Whereabouts whereabouts) : whereabouts_(std::move(whereabouts)) {}

  /// `anew`: what may have been silenced, disowned or set since. Whether there was anything new.
  Result<bool> update(Database& database, const Policy& policy, const Calendar& calendar, bool anew,
                      Time now);
  /// What sensors found at the line, where that is known.
  void take(const std::vector<LineFound>& found, Time now);

  const Whereabouts& whereabouts() const { return whereabouts_; }
  std::shared_ptr<const RiskBoard> board(const KnownStandings& standings, Time now) const;
  /// What an attempt to come in itself shows, as far as it wasn't answered. `agent` may be empty.
  RiskSignals begins(const LiveEntry& entry, std::string_view agent, Time now) const;
  /// All that is seen of a person who comes from where they signed in last, as AssessedRisk has it.
  AssessedRisk assess(RiskPerson person, std::optional<LiveDevice> device,
                      const std::optional<ClientAddress>& from, const RiskBoard& board,
                      Time now) const;

 private:
  /// With the lock held to write.
  void learn(const SignIn& one, Time now);
  /// What is set besides the sign-ins themselves.
  struct Set {
    RiskSignals silenced;
    std::int64_t disowned = 0;  // so many sign-ins
  };
  static Result<Set> read_set(Database& database);
  Result<std::vector<SignIn>> sign_ins_since(Database& database, std::int64_t id) const;
  SignIn sign_in_of(const Row& row) const;
  std::vector<RiskValue> sprayed(Time now) const;

  mutable std::shared_mutex mutex_;  // guards all below
  Whereabouts whereabouts_;
  RiskHistory history_;
  std::optional<std::int64_t> reached_;  // of sign_in, the last that was learnt
  std::int64_t disowned_ = 0;
  std::map<RiskPerson, Time> touched_;  // until when there may be something to say of somebody
  std::deque<RiskBeginning> begun_;     // within kVouched
  std::set<RiskValue> shared_;          // addresses that many use
  std::vector<std::pair<RiskValue, LineDoubt>> line_;
  RiskSignals silenced_;
};

/// Those that are silenced for all of the organisation.
Result<RiskSignals> silenced_signals(Database& database);

}  // namespace sekisho
