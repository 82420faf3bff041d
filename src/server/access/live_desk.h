// SPDX-License-Identifier: Apache-2.0
// The desk of the running server: it keeps what decisions stand on in memory, follows what is
// committed to the database by whomever, and cuts what is no longer allowed. While it can't follow
// it lets nobody in, and after a while nobody stay.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "access/live.h"
#include "server/access/access_log.h"
#include "server/access/desk.h"
#include "server/access/facts.h"
#include "server/access/live_roll.h"
#include "server/access/risk_keeper.h"
#include "server/api/options.h"
#include "server/people/sign_in_history.h"

namespace sekisho {

class LiveDesk final : public AccessDesk {
 public:
  /// Both outlive it.
  LiveDesk(const Guideline& guideline, const ServerOptions& options);
  ~LiveDesk() override;
  LiveDesk(const LiveDesk&) = delete;
  LiveDesk& operator=(const LiveDesk&) = delete;

  /// All that was committed before is in force when it returns, on what is live too; false where
  /// it couldn't be read. Whoever acknowledges a change calls it first.
  bool catch_up();
  /// The same, soon, by a thread of the desk's.
  void nudge();
  /// Ends what time alone has ended.
  void sweep();
  /// Keeps what was decided and cut since the last time.
  bool write_log();
  /// Follows the database and sweeps by itself until it is gone.
  void begin();
  /// `told` is called when how it stands with devices may have changed, with which, or with none
  /// for all: from a thread of the desk's or of whoever catches up, so it waits for nothing. Before
  /// begin().
  void on_news(std::function<void(const std::vector<DeviceId>&)> told) { news_ = std::move(told); }
  /// Begins to end: no cut is told any more when it returns.
  void end();

  std::optional<PersonId> person_of(std::string_view email) const override;
  std::optional<DeviceId> device_of_certificate(const KeyDigest& sha256) const override;
  std::optional<DeviceId> device_of_key(const KeyDigest& sha256) const override;
  std::vector<DeviceId> devices_of(PersonId person) const override;
  FactorsShown shown_on(PersonId person, DeviceId device) const override;
  AccessVerdict enter(const AccessEntry& entry) override;
  AccessVerdict look(const AccessEntry& entry) const override;
  bool opened(const EnforcerId& enforcer, const SessionToken& token, std::string handle) override;
  void closed(const EnforcerId& enforcer, const SessionToken& token) override;
  AccessVerdict ask(const SessionToken& token, std::optional<DeviceId> device,
                    std::optional<ClientAddress> from) override;
  std::shared_ptr<void> on_cut(const EnforcerId& enforcer,
                               std::function<bool(const Cut&)> cut) override;
  std::vector<Cut> live(const EnforcerId& enforcer) const override;

  /// Whether it can be told from which country somebody comes.
  bool knows_countries() const { return risks_.whereabouts().known(); }
  std::optional<CountryCode> country_of(const ClientAddress& address) const {
    return risks_.whereabouts().country(address);
  }
  /// All that is live here, of whichever enforcer.
  std::vector<LiveSession> live() const { return sessions_.live(); }
  /// Who is in by whichever enforcer, at the other servers of the database as well.
  Result<std::vector<WhoIsIn>> who_is_in(Database& database) const;
  /// What decisions are made by now; null before the first.
  std::shared_ptr<const LiveView> view() const { return sessions_.view(); }

  /// What speaks against a person who comes from where they signed in last, with each of their
  /// devices.
  AssessedRisk risk_of(PersonId person) const;

 private:
  using Tick = std::chrono::steady_clock::time_point;
  /// What came in, or was refused, as the history of sign-ins will have it.
  struct Visit {
    PersonId person;
    SignInNote note;
  };
  static constexpr std::size_t kMostVisits = 4096;

  /// Who is told of an enforcer's cuts; deaf once its owner let go of it.
  struct Listener {
    std::recursive_mutex mutex;  // whoever is told may let go
    std::function<bool(const Cut&)> cut;
  };

  LiveMoment moment() const;
  std::shared_ptr<const AccessDirectory> directory() const;
  Result<void> update();
  Result<void> update_risks(const LiveMoment& read);
  Result<void> update_line(const LiveMoment& read);
  std::shared_ptr<const RiskBoard> risk_board(Time now) const;
  LiveEntry begun(const AccessEntry& entry, Time now) const;
  void note_visit(std::string_view outcome, const LiveEntry& entry, std::string_view agent,
                  Time now);
  Result<void> write_visits(Database& database);
  Result<void> write_roll(Database& database);
  void tell(const LiveSessions::Cut& cut);
  void tell_news(const AccessFacts::Touched& whom) const;
  void complain(const Error& error);
  void follow(const std::stop_token& quit);
  void listen(const std::stop_token& quit);
  /// Until asked to end, now and then.
  static void look_after(const std::stop_token& quit, std::chrono::milliseconds every,
                         const std::function<void()>& look);

  const ServerOptions& options_;
  std::function<void(const std::vector<DeviceId>&)> news_;  // may be none
  AccessLog log_;
  RiskKeeper risks_;
  LiveSessions sessions_;

  std::mutex updating_;           // guards these
  std::unique_ptr<Database> db_;  // null: to be opened
  AccessFacts facts_;
  Time made_at_ = Time::max();  // of the view in force
  std::optional<Tick> line_asked_;
  std::optional<Tick> line_read_;
  std::pair<std::int64_t, std::int64_t> pieces_{};  // of the line, when it was read
  bool unseen_ = false;                             // something changed that no view shows yet
  bool risk_news_ = true;                           // the same of what the risk is told by
  bool complained_ = false;

  mutable std::mutex sharing_;  // guards these, and is held only to copy
  KnownStandings standings_;
  std::vector<Visit> visits_;  // to be written
  std::shared_ptr<const AccessDirectory> directory_;
  std::multimap<std::string, std::weak_ptr<Listener>> listeners_;

  std::mutex writing_;                // guards these
  std::unique_ptr<Database> log_db_;  // null: to be opened
  LiveRoll roll_;

  std::mutex waking_;
  std::condition_variable_any woken_;
  bool nudged_ = false;
  std::jthread follower_;  // these are the first to go
  std::jthread listener_;  // of PostgreSQL
  std::jthread sweeper_;
  std::jthread logger_;
};

}  // namespace sekisho
