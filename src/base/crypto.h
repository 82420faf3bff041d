// SPDX-License-Identifier: Apache-2.0
// Random secrets, digests, text forms of bytes and Ed25519: over OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// From the system's generator.
std::string random_bytes(std::size_t count);
/// `bytes` from the system's generator, as base64url without padding (RFC 4648, 5).
std::string random_token(std::size_t bytes = 32);
std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);
std::string base64(std::string_view bytes);
std::string hex(std::string_view bytes);
/// 32 bytes.
std::string sha256(std::string_view text);
/// What is kept of a secret that has 256 random bits: hexadecimal SHA-256.
std::string secret_hash(std::string_view secret);
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// An Ed25519 key pair (RFC 8032), both as base64url: seed and public key.
struct SigningKey {
  std::string seed;
  std::string public_key;
};
SigningKey new_signing_key();
std::string sign(const std::string& seed, std::string_view message);
bool signature_valid(const std::string& public_key, std::string_view message,
                     std::string_view signature);

}  // namespace sekisho
