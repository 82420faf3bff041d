// SPDX-License-Identifier: Apache-2.0
// What is read or made at the start and runs out or is replaced while the server runs.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "server/api/options.h"
#include "server/devices/agents.h"
#include "server/http/watched.h"

namespace sekisho {

/// A certificate for agents is renewed this long before it ends.
inline constexpr std::chrono::days kRenewedBefore{30};

class Renewals {
 public:
  explicit Renewals(const ServerOptions& options);

  /// What agents were shown at the start.
  void shown_to_agents(const Agents::Shown& shown) { shown_ = shown; }
  /// Looks at each; `all` reads them even if nothing seems to have changed (SIGHUP). What can't be
  /// had leaves the old in use, and is told.
  void look(bool all, HttpServer& console, Agents* agents, HttpServer* agents_http);

 private:
  void look_at_tls(bool all, HttpServer& console);
  void look_at_secrets(bool all);
  bool authorities_changed(Agents& agents);
  void look_at_agents(Agents& agents, HttpServer& http);
  /// Once for each reason, until it is done.
  void tell(const Text& what, const Error& why);
  void done(const Text& what) { told_.erase(what.en); }

  const ServerOptions& options_;
  std::mutex mutex_;
  WatchedFiles tls_;
  std::map<std::string, std::string> told_;  // what can't be had now, and why
  std::optional<Agents::Shown> shown_;
  std::optional<Time> authorities_at_;  // when they were last looked at
};

}  // namespace sekisho
