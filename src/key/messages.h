// SPDX-License-Identifier: Apache-2.0
// What is asked of the key and answered, as it stands on the two sockets: wire.h says it for the
// module, draft-miller-ssh-agent for SSH. All that comes from outside is read here, and is of these
// types from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collect/agent/keys.h"
#include "key/wire.h"

namespace sekisho {

/// Of a question, without its length: a sign-in by SSH names a person, a service and two keys.
inline constexpr std::size_t kMostQuestion = 16'384;

/// Questions out of a stream. Whoever sends one that is empty or too long is listened to no more.
class Frames {
 public:
  void add(std::string_view bytes) { waiting_ += bytes; }
  /// The next one that is there whole.
  std::optional<std::string> next();
  bool broken() const { return broken_; }
  /// One has begun and isn't there whole.
  bool begun() const { return !waiting_.empty(); }

 private:
  std::string waiting_;
  bool broken_ = false;
};

/// With its length before it.
std::string framed(std::string_view content);

struct ModuleQuestion {
  key_wire::Ask what = key_wire::Ask::identity;
  std::string digest;  // of a signature: 32 bytes
};
std::optional<ModuleQuestion> read_module_question(std::string_view question);
std::string write_module_answer(key_wire::WireAnswer why);
std::string write_identity(const CertificateParts& parts);
/// `signature`: r and s.
std::string write_module_signature(std::string_view signature);

/// The public key as SSH has it (RFC 5656, 3.1); `point`: 65 bytes.
std::string ssh_key(std::string_view point);

struct SshQuestion {
  enum class What : std::uint8_t { list, sign, other };
  What what = What::other;
  std::string key;   // of a signature
  std::string data;  // what is to be signed
};
/// Whatever isn't exactly one of the two is `other`.
SshQuestion read_ssh_question(std::string_view question);
/// Whether `data` is what a client signs to sign in with `key` (RFC 4252, 7), or with the server's
/// key bound to it (publickey-hostbound-v00@openssh.com), and nothing else.
bool is_ssh_sign_in(std::string_view data, std::string_view key);
std::string write_ssh_failure();
/// `key` empty: there is none.
std::string write_ssh_list(std::string_view key, std::string_view comment);
/// `signature`: r and s.
std::string write_ssh_signature(std::string_view signature);

}  // namespace sekisho
