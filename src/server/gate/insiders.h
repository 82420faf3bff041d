// Who is inside through the gate: what a session of access is to it beside what the desk knows. Any
// number of threads.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "server/gate/applications.h"

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
  /// How many connections of one session are remembered; the oldest is forgotten first.
  static constexpr std::size_t kMostEnds = 64;

  void add(const Insider& insider, AppIdentity identity);

  /// What a request needs: nothing where no such session is at this application.
  std::shared_ptr<const AppIdentity> asked(const SessionToken& token, const Application& at,
                                           const std::optional<ClientEnd>& from);
  std::optional<Insider> find(const SessionToken& token) const;
  /// Takes it out, and gives its connections.
  std::vector<ClientEnd> remove(const SessionToken& token);

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
  struct Same {
    bool operator()(const SessionToken& a, const SessionToken& b) const;
  };
  struct Entry {
    Insider insider;
    std::shared_ptr<const AppIdentity> identity;
    std::vector<ClientEnd> ends;
    std::size_t next = 0;
    bool used = true;
  };
  mutable std::mutex mutex_;
  std::unordered_map<SessionToken, Entry, Hash, Same> entries_;
};

}  // namespace sekisho
