// SPDX-License-Identifier: Apache-2.0
// Internal to the room: where enforcers of other machines come to, over mutual TLS, and which of
// them may.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

#include "server/enforcers/register.h"
#include "server/enforcers/stream.h"

namespace sekisho {

/// What is asked of whoever keeps the records and the authority.
struct RemoteEnforcers {
  std::string address;
  unsigned short port = 0;  // 0: any free one
  /// What is shown to them, anew each time, and whose certificates they may show.
  std::function<Result<TlsIdentity>()> identity;
  std::function<Result<EnforcerRegister>()> registered;
  /// For the one that has shown this certificate.
  std::function<Result<TellCertificate>(const std::string& shown, const AskToRenew& asked)> renew;
  /// It came with this certificate.
  std::function<void(const std::string& shown)> came;
  std::function<void(const Text&, const Error&)> complain;
};

class RemoteDoor {
 public:
  static Result<std::unique_ptr<RemoteDoor>> open(RemoteEnforcers with);
  ~RemoteDoor();
  RemoteDoor(const RemoteDoor&) = delete;
  RemoteDoor& operator=(const RemoteDoor&) = delete;

  unsigned short port() const { return port_; }
  struct Guest {
    int socket = -1;  // -1: nobody came
    std::string from{};
  };
  Guest accept(std::chrono::milliseconds wait) const;
  std::shared_ptr<SSL_CTX> tls() const;
  /// Whose certificate it is, as far as is known; nobody's where it was revoked or has ended.
  std::optional<RegisteredEnforcer> whose(const std::string& fingerprint) const;
  /// Whether that was heard of late: without it nobody new is let in.
  bool knows() const;

  /// The next certificate for who has shown this one; known here when it is returned.
  Result<TellCertificate> renew(const std::string& shown, const AskToRenew& asked);
  /// It came with this one: what it had before is worth nothing, from now on.
  void came(const std::string& shown);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  RemoteDoor(RemoteEnforcers with, int socket, unsigned short port);
  Result<void> look_at_certificates();
  bool look_at_register();
  void look_after(const std::stop_token& quit);

  RemoteEnforcers with_;
  int socket_;
  unsigned short port_;
  mutable std::mutex mutex_;  // guards these
  std::shared_ptr<SSL_CTX> tls_;
  std::shared_ptr<const EnforcerRegister> register_ = std::make_shared<EnforcerRegister>();
  Moment heard_{};
  Moment made_{};
  bool complained_ = false;
  std::jthread thread_;  // the last: it uses what stands above
};

}  // namespace sekisho
