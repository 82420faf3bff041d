// SPDX-License-Identifier: Apache-2.0
// Internal to the module: asking the agent. Each question is a connection of its own, so that
// nothing is shared over threads or a fork, and ends in time whatever the other end does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "key/wire.h"

namespace sekisho::pkcs11 {

struct ModuleBytes {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
};

/// What the agent says of the key: the parts point into `answer`, so it is never copied.
struct KeyIdentity {
  enum Part : std::uint8_t { certificate, subject, issuer, serial, point, id, device };

  KeyIdentity() = default;
  KeyIdentity(const KeyIdentity&) = delete;
  KeyIdentity& operator=(const KeyIdentity&) = delete;
  KeyIdentity(KeyIdentity&&) = delete;
  KeyIdentity& operator=(KeyIdentity&&) = delete;
  ~KeyIdentity() = default;

  std::array<std::uint8_t, key_wire::kMostAnswer> answer{};
  std::array<ModuleBytes, key_wire::kIdentityParts> parts{};
  std::array<std::uint8_t, 2 + key_wire::kPointBytes> wrapped_point{};  // as an OCTET STRING (DER)
};

/// In milliseconds. A signature of a TPM takes some tenths of a second; whose key it is is known at
/// once.
inline constexpr int kIdentityPatience = 1000;
inline constexpr int kSignaturePatience = 5000;

/// False where no agent answers as it should.
bool ask_identity(KeyIdentity& identity);

enum class Signature : std::uint8_t { yes, refused, unreachable };
Signature ask_signature(const std::array<std::uint8_t, key_wire::kDigestBytes>& digest,
                        std::array<std::uint8_t, key_wire::kSignatureBytes>& signature);

}  // namespace sekisho::pkcs11
