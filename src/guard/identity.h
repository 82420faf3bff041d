// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what a guard shows to servers on other machines, in one file for root
// alone, and how it gets the next.
#pragma once

#include "collect/agent/keys.h"
#include "server/http/tls.h"

namespace sekisho {

class GuardIdentity {
 public:
  /// Key, certificate and authorities, PEM, one after the other in `file`.
  static Result<GuardIdentity> read(const std::filesystem::path& file);
  /// What a server gave for `key`. Refused where it is of another key.
  static Result<GuardIdentity> of(const KeyPair& key, const std::string& certificate,
                                  const std::string& authorities);
  /// At every moment the file is the old or the new one.
  Result<void> keep(const std::filesystem::path& file) const;

  const TlsIdentity& tls() const { return tls_; }
  /// Whether the next is to be asked for.
  bool is_due(Time now) const;

 private:
  GuardIdentity(TlsIdentity tls, Time until) : tls_(std::move(tls)), until_(until) {}
  TlsIdentity tls_;
  Time until_;
};

}  // namespace sekisho
