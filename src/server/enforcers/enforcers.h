// SPDX-License-Identifier: Apache-2.0
// server/enforcers: the server's end of the protocol of those who enforce
// (docs/access-protocol.md): PAM on an SSH server, a VPN. They ask, and are told at once whom to
// cut.
//
// May enter: the protocol, sockets and TLS, who may speak as an enforcer.
// May not enter: how it is decided, and what becomes of sessions (AccessDesk).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "server/enforcers/message.h"
#include "server/enforcers/remote.h"
#include "server/http/journal.h"

namespace sekisho {

struct EnforcerOptions {
  /// A Unix socket, for root and the server's own user; empty: none.
  std::filesystem::path socket;
  std::optional<RemoteEnforcers> remote{};  // of other machines
  std::shared_ptr<Journal> journal;         // may be none
  /// The keys of a device whose certificates are valid now: SubjectPublicKeyInfo (DER).
  std::function<std::vector<std::string>(DeviceId)> keys_of;
  /// The console's address, where a second factor is shown; may be none.
  std::function<std::string()> confirm_at{};
  std::function<Time()> clock = [] { return now(); };
};

/// No session over one that enforces lasts longer.
inline constexpr std::chrono::hours kLongestEnforced{12};

class Enforcers {
 public:
  /// Serves until it is gone. `desk` outlives it.
  static Result<std::unique_ptr<Enforcers>> listen(EnforcerOptions options, AccessDesk& desk);
  ~Enforcers();
  Enforcers(const Enforcers&) = delete;
  Enforcers& operator=(const Enforcers&) = delete;

  /// Where those of other machines come to; 0: nowhere.
  unsigned short port() const;

 private:
  struct Impl;
  explicit Enforcers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
