// SPDX-License-Identifier: Apache-2.0
// Answers one question, of somebody of whom the kernel says who they are.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "collect/agent/access_key.h"
#include "key/askers.h"
#include "key/messages.h"

namespace sekisho {

/// How many signatures there were; what they were for isn't known, or isn't kept.
struct KeyUse {
  std::uint64_t module = 0;
  std::uint64_t ssh = 0;
  std::uint64_t refused = 0;

  bool operator==(const KeyUse&) const = default;
};

class Signer {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  /// Gives the key as it is now, or nothing where it is still the one whose certificate has this
  /// fingerprint. It is asked at most once a second.
  using Load = std::function<Result<std::optional<AccessKey>>(const std::string& fingerprint)>;
  Signer(Askers askers, Load load) : askers_(std::move(askers)), load_(std::move(load)) {}

  bool may_ask(uid_t user) const { return askers_.may_ask(user); }
  /// The answers, without their lengths.
  std::string answer_module(uid_t user, std::string_view question, Time now, Steady moment);
  std::string answer_ssh(uid_t user, std::string_view question, Time now, Steady moment);

  const KeyUse& use() const { return use_; }

 private:
  struct Loaded {
    AccessKey key;
    CertificateParts parts;
  };
  /// A person's browser opens some dozens of connections at once, and then few.
  struct Allowance {
    double left = 0;
    Steady since;
  };
  /// None while there is none whose certificate holds.
  const Loaded* loaded(Time now, Steady moment);
  bool too_many(uid_t user, Steady moment);
  std::string refused(key_wire::WireAnswer why);
  std::string module_signature(uid_t user, const std::string& digest, const Loaded& key,
                               Steady moment);
  std::string ssh_signature(uid_t user, const SshQuestion& question, const Loaded& key,
                            Steady moment);

  Askers askers_;
  Load load_;
  std::optional<Loaded> loaded_;
  std::optional<Steady> looked_at_;
  std::map<uid_t, Allowance> allowances_;
  KeyUse use_;
};

}  // namespace sekisho
