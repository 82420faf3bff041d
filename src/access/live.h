// SPDX-License-Identifier: Apache-2.0
// Who is in: sessions of access as they live from one snapshot to the next. Each stands on a
// decision that is made again whenever there is another snapshot, and as time goes by; what is no
// longer allowed is cut at once.
//
// A session begins in two steps. enter() decides, and opens nothing yet; opened() makes it live if
// what is so *then* allows it. publish() puts another snapshot in force before it looks at any
// session, so none that was decided before a change can come to life after it.
//
// May be used by any number of threads. Knows no clock: each call says what time it is.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "access/risk_board.h"

namespace sekisho {

/// Who is where in snapshots of one line, in which nobody changes their place.
class LivePlaces {
 public:
  void reserve(std::size_t people, std::size_t devices);
  void put(LivePerson person, PersonSlot slot);
  void put(LiveDevice device, DeviceSlot slot);
  /// No slot where it isn't there.
  PersonSlot at(LivePerson person) const;
  DeviceSlot at(LiveDevice device) const;

 private:
  FlatTable<PersonSlot> people_;
  FlatTable<DeviceSlot> devices_;
};

/// A snapshot, and who is where in it.
struct LiveView {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const LivePlaces> places = std::make_shared<LivePlaces>();

  PersonSlot at(LivePerson person) const;
  DeviceSlot at(std::optional<LiveDevice> device) const;
};

/// Both clocks: the wall's, by which evidence runs out and which may be set, and the steady one, by
/// which it is told how long nothing was heard.
struct LiveMoment {
  Time now;
  std::chrono::steady_clock::time_point tick;
};

/// Who came in where.
struct LiveEntry {
  std::string enforcer;
  ResourceId resource;
  LivePerson person{};
  std::optional<LiveDevice> device{};
  FactorsShown shown{};
  Time until = Time::min();
  std::optional<ClientAddress> from{};
  RiskValue place{};      // the same address, as the board of risks knows it
  RiskSignals signs{};    // what its beginning showed
  bool unsealed = false;  // as of AccessContext
  /// Of the person, when it began; another count, and it is over.
  std::optional<std::uint32_t> keys_ended{};
};

struct LiveSession {
  SessionToken token;
  LiveEntry entry;
  std::string handle;  // what the enforcer would cut by
  Time since;
  std::uint64_t number = 0;  // of all that ever became live here, in their order
};

/// A decision, and what it was made by: its rule and its words are that view's.
struct LiveDecision {
  AccessDecision decision;
  std::shared_ptr<const LiveView> by;  // null where there is none yet
  RiskSignals signs{};                 // that its risk was made of

  const AccessRule* rule(const ResourceId& resource) const;
  Text words(const ResourceId& resource) const;
};

class LiveSessions {
 public:
  struct Cut {
    LiveSession session;
    LiveDecision why;
  };
  /// How long a token may wait to be opened.
  static constexpr std::chrono::seconds kOpenedWithin{60};
  /// Of sessions and of tokens that wait, together; who comes after them isn't let in.
  static constexpr std::size_t kMost = std::size_t{1} << 20U;

  /// For how long a view may be relied upon without anything heard.
  struct Bounds {
    std::chrono::milliseconds answers;  // to let somebody in, or a request through
    std::chrono::milliseconds keeps;    // to let what is live stay
  };
  /// In which country an address is; nothing where that isn't known.
  using CountryOf = std::function<std::optional<CountryCode>(const ClientAddress&)>;
  /// `cut` is called from whatever thread finds it, under no lock; `country_of` from many at once.
  LiveSessions(Bounds bounds, std::function<void(const Cut&)> cut, CountryOf country_of = {});

  /// Nothing was written of late: the view is as good as new.
  void heard(std::chrono::steady_clock::time_point at);
  /// Puts what speaks against whom in force; where it is another than before, all that is live is
  /// decided anew by it.
  void publish(std::shared_ptr<const RiskBoard> risks, const LiveMoment& moment);
  /// Puts `view`, read at `read`, in force and decides all that is live anew by it. With `risks`:
  /// these as well, at once.
  void publish(std::shared_ptr<const LiveView> view, const LiveMoment& read,
               std::shared_ptr<const RiskBoard> risks = nullptr);
  /// Decides all that is live anew: time alone may have ended it.
  void sweep(const LiveMoment& moment);

  struct Entered {
    LiveDecision made;
    std::optional<SessionToken> token{};
  };
  Entered enter(const LiveEntry& entry, const LiveMoment& moment);
  /// What enter() would answer; nothing begins.
  LiveDecision look(const LiveEntry& entry, const LiveMoment& moment) const;
  /// False: it is forgotten, or refused now, or was never given to this enforcer.
  bool opened(std::string_view enforcer, const SessionToken& token, std::string handle,
              const LiveMoment& moment);
  /// What was given to another enforcer stays.
  void closed(std::string_view enforcer, const SessionToken& token);

  struct Asked {
    LiveDecision made;
    std::optional<LiveEntry> entry{};  // none: nothing like it is live
  };
  /// One request of a live session, which comes from this device and address.
  Asked ask(const SessionToken& token, std::optional<LiveDevice> device,
            std::optional<ClientAddress> from, const LiveMoment& moment) const;

  std::vector<LiveSession> live() const;
  /// How often somebody came or went: while it is the same, so is live().
  std::uint64_t changes() const;
  std::size_t size() const;
  /// The view in force; null before the first.
  std::shared_ptr<const LiveView> view() const;

 private:
  struct TokenHash {
    std::size_t operator()(const SessionToken& token) const;
    std::array<unsigned char, 16> secret;
  };
  struct Held {
    LiveSession session;
    bool live = false;
    std::chrono::steady_clock::time_point forgotten{};  // while it waits to be opened
  };

  /// Under the lock, whichever.
  LiveDecision decide_now(const LiveEntry& entry, const LiveMoment& moment,
                          std::chrono::milliseconds bound) const;
  const Held* held(const SessionToken& token) const;
  void let_go(const SessionToken& token);
  /// Of the places from `from` on, at most `count`: what must go.
  std::vector<SessionToken> ending(std::size_t from, std::size_t count,
                                   const LiveMoment& moment) const;

  Bounds bounds_;
  std::function<void(const Cut&)> cut_;
  CountryOf country_of_;

  mutable std::shared_mutex mutex_;  // guards all below
  std::shared_ptr<const LiveView> view_;
  std::shared_ptr<const RiskBoard> risks_;  // never null
  std::chrono::steady_clock::time_point heard_{};
  std::unordered_map<SessionToken, std::size_t, TokenHash> places_;
  std::vector<std::optional<Held>> held_;
  std::vector<std::size_t> free_;
  std::size_t live_ = 0;
  std::uint64_t came_ = 0;
  std::uint64_t went_ = 0;
};

}  // namespace sekisho
