// SPDX-License-Identifier: Apache-2.0
// Who is inside through the gate: what a session of access is to it beside what the desk knows. Any
// number of threads.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/gate/applications.h"
#include "server/gate/open_ends.h"

namespace sekisho {

/// Who somebody is to an application.
struct AppIdentity {
  std::string email;
  std::string name;
  std::string groups;  // by commas
  bool operator==(const AppIdentity&) const = default;
};

struct Insider {
  SessionToken token;
  const Application* application = nullptr;
  SessionId session;  // of the console, which it came from and ends with
  PersonId person;
  std::optional<DeviceId> device{};
  Time until;
};

class Insiders {
 public:
  /// How many connections one session may have open at once; another is refused.
  static constexpr std::size_t kMostEnds = 1024;

  /// What a program before this one let through and nobody ended is cut first.
  explicit Insiders(OpenEnds ends);

  void add(const Insider& insider, AppIdentity identity);

  enum class Refused : std::uint8_t {
    not_inside,  // no such session is at this application
    too_many,    // connections: what isn't remembered couldn't be ended
  };
  /// What a request needs.
  std::expected<std::shared_ptr<const AppIdentity>, Refused> asked(
      const SessionToken& token, const Application& at, const std::optional<ClientEnd>& from);
  std::optional<Insider> find(const SessionToken& token) const;
  /// Whether connections that it let through may be open still.
  bool has_open(const SessionToken& token) const;
  /// Takes it out; its connections are to be cut, but for this one.
  void remove(const SessionToken& token, const std::optional<ClientEnd>& but = {});
  /// All of them.
  void remove_all();

  /// A connection that was let through.
  struct OpenEnd {
    ClientEnd end;
    OpenEnds::Slot slot = 0;
    bool missed = false;  // when it was last looked for
  };
  /// What is to be cut, to be handed back either way.
  std::vector<OpenEnd> take_leaving();
  void were_cut(const std::vector<OpenEnd>& ends);
  void go_on(const std::vector<OpenEnd>& ends);
  /// Forgets what was twice not among what is open on this machine.
  void forget_gone(const std::unordered_set<ClientEnd>& open);
  /// Whether somebody came near a bound since this was last asked.
  bool was_crowded() { return crowded_.exchange(false); }
  bool is_crowded() const { return crowded_; }

  struct Standing {
    Insider insider;
    bool used = false;  // since it was last looked at
  };
  /// All of them; from now on none was used.
  std::vector<Standing> look();
  void set_identity(const SessionToken& token, const AppIdentity& identity);
  std::size_t size() const;

 private:
  /// Of random bits of our own: nobody outside can choose what meets.
  struct Hash {
    std::size_t operator()(const SessionToken& token) const;
  };
  struct Entry {
    Insider insider;
    std::shared_ptr<const AppIdentity> identity;
    std::vector<OpenEnd> ends;
    bool used = true;
  };
  bool note(Entry& entry, const ClientEnd& from);
  void leave(Entry& entry, const std::optional<ClientEnd>& but);

  mutable std::mutex mutex_;
  OpenEnds ends_;
  std::vector<OpenEnd> leaving_;
  std::atomic<bool> crowded_ = false;
  std::unordered_map<SessionToken, Entry, Hash> entries_;
};

}  // namespace sekisho
