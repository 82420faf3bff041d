// SPDX-License-Identifier: Apache-2.0
// Where those ask who enforce decisions: the gate of web applications, PAM, a VPN. May this person
// come in with this device; and of who is in, who must be out now. Answered from memory.
//
// A session of access begins in two steps. enter() decides and hands out a token, which opens
// nothing yet; opened() makes it live, unless what it stood on has changed meanwhile so that it
// would be refused. So nothing that was decided before a suspension comes to life after it.
#pragma once

#include <functional>
#include <memory>

#include "access/access.h"
#include "store/id.h"

namespace sekisho {

/// The name of one that enforces: "gate", "ssh-db1". Small letters, digits and hyphens, at most 64.
class EnforcerId {
 public:
  static std::optional<EnforcerId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const EnforcerId&) const = default;

 private:
  explicit EnforcerId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// Who wants in where, as far as the one that enforces has proof of it.
struct AccessEntry {
  EnforcerId enforcer;
  ResourceId resource;
  PersonId person;
  std::optional<DeviceId> device{};  // none: no device was proven
  FactorsShown shown{};
  Time until{};  // it never lasts longer than this
  std::optional<ClientAddress> from{};
  std::string agent{};    // what a browser says of itself; empty: none was asked
  bool unsealed = false;  // it comes from a session that a code for emergencies opened
};

struct AccessVerdict {
  AccessDecision decision;
  Text words{};                         // for the person: each reason, and what to do
  std::optional<SessionToken> token{};  // where it is allowed
};

/// A SHA-256.
using KeyDigest = std::array<unsigned char, 32>;

class AccessDesk {
 public:
  virtual ~AccessDesk() = default;

  /// Nobody where nobody in use has this address (case doesn't count).
  virtual std::optional<PersonId> person_of(std::string_view email) const = 0;
  /// By the SHA-256 of its certificate's DER: one that is valid now and not revoked.
  virtual std::optional<DeviceId> device_of_certificate(const KeyDigest& sha256) const = 0;
  /// By the SHA-256 of its key's SubjectPublicKeyInfo (DER), of such a certificate.
  virtual std::optional<DeviceId> device_of_key(const KeyDigest& sha256) const = 0;
  /// Those of a person's registered devices, for whoever must say which keys may come.
  virtual std::vector<DeviceId> devices_of(PersonId person) const = 0;

  /// What they have shown in the console for use on this device, where it can't be shown itself.
  virtual FactorsShown shown_on(PersonId person, DeviceId device) const = 0;

  /// The first step. A token that isn't opened within a minute is forgotten.
  virtual AccessVerdict enter(const AccessEntry& entry) = 0;
  /// What enter() would answer now: nothing begins, and nothing is written down. For a portal, and
  /// for pages that explain.
  virtual AccessVerdict look(const AccessEntry& entry) const = 0;
  /// The second. `handle` is the enforcer's own name for what it would cut. False: it was
  /// forgotten, would be refused now, or was given to another enforcer; whoever asked lets nobody
  /// in.
  virtual bool opened(const EnforcerId& enforcer, const SessionToken& token,
                      std::string handle) = 0;
  /// It ended by itself. What was given to another enforcer stays.
  virtual void closed(const EnforcerId& enforcer, const SessionToken& token) = 0;

  /// For each request of a live session; what isn't live is denied. `device` is that which was
  /// proven for this request: another than the session's is denied.
  virtual AccessVerdict ask(const SessionToken& token, std::optional<DeviceId> device,
                            std::optional<ClientAddress> from) = 0;

  /// A session that must be out now, and why, in words for the person.
  struct Cut {
    SessionToken token;
    std::string handle;
    Text why;
  };
  /// Called with each of an enforcer's sessions that is no longer allowed, from a thread of the
  /// desk's: waits for nothing. False: nothing more is let in, but what is open can't be ended. It
  /// is told no more once what is returned here is gone.
  virtual std::shared_ptr<void> on_cut(const EnforcerId& enforcer,
                                       std::function<bool(const Cut&)> cut) = 0;
  /// What is live of an enforcer's, to compare with after a break.
  virtual std::vector<Cut> live(const EnforcerId& enforcer) const = 0;
};

}  // namespace sekisho
