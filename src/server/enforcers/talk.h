// SPDX-License-Identifier: Apache-2.0
// Internal to the room: one connection of one that enforces.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "server/enforcers/channel.h"
#include "server/enforcers/enforcers.h"

namespace sekisho {

/// One of another machine, by the certificate that it has shown.
struct RemoteEnd {
  RemoteDoor* door = nullptr;  // null: it is of this machine
  std::string certificate{};
};

class EnforcerTalk {
 public:
  EnforcerTalk(const EnforcerOptions& options, AccessDesk& desk,
               std::shared_ptr<LineChannel> channel, RemoteEnd remote = {});

  /// Waits for the hello; nothing where none came that can be taken.
  std::optional<EnforcerId> greet();
  /// Until the connection ends.
  void serve();

 private:
  using Moment = std::chrono::steady_clock::time_point;
  using TokenBytes = std::array<unsigned char, SessionToken::kBytes>;

  void take(const HelloToServer& message);
  void take(const AskToEnter& message);
  void take(const AskForKeys& message);
  void take(const SayOpened& message);
  void take(const SayClosed& message);
  void take(const SayHeld& message);
  void take(const SayAllHeld& message);
  void take(const SayCutDone& message);
  void take(const SayAlive& message);
  void take(const AskToRenew& message);

  /// Whether it may ask about this.
  bool may_ask(const ResourceId& resource) const;
  /// Ends it where its certificate is worth nothing any more, with all that it holds.
  void look_at_certificate();

  void tell(const FromServer& message) { channel_->send(line_of(message)); }
  void fault(const Text& why);
  void fault_of_length();
  void log(Severity severity, std::string event,
           std::vector<std::pair<std::string, std::string>> fields = {}) const;
  void say_what_is_late();

  /// Cuts on their way: shared with the desk's threads.
  struct Cuts;

  const EnforcerOptions& options_;
  AccessDesk& desk_;
  std::shared_ptr<LineChannel> channel_;
  RemoteEnd remote_;
  std::optional<EnforcerId> enforcer_;
  std::shared_ptr<Cuts> cuts_;
  std::shared_ptr<void> subscription_;
  /// What this connection has named as in; until all was said.
  std::set<TokenBytes> named_;
  bool all_held_ = false;
  bool over_ = false;
};

}  // namespace sekisho
