// SPDX-License-Identifier: Apache-2.0
// Passwords and one-time codes: thin over libsodium and OpenSSL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/base.h"
#include "base/crypto.h"

namespace sekisho {

/// HMAC-SHA-256, as base64url.
std::string keyed_hash(std::string_view key, std::string_view text);
/// Argon2id with libsodium's "interactive" bounds (64 MiB, RFC 9106).
std::string hash_password(std::string_view password);
bool password_matches(const std::string& hash, std::string_view password);
/// How many passwords were compared so far: what each sign-in costs, told without a clock.
std::uint64_t passwords_compared();
/// Does the work of a check for an account that isn't there, so that time doesn't tell.
void waste_password_time(std::string_view password);
/// What is wrong with a new password; nothing when it will do. NIST SP 800-63B: length counts,
/// composition doesn't; what everyone uses and what is in the name or address is refused.
std::optional<Text> password_problem(std::string_view password, std::string_view email,
                                     std::string_view name);

/// A new secret for time-based codes, 160 bits as base32 (RFC 4648, 6).
std::string new_totp_secret();
/// The code of a time step (RFC 6238: SHA-1, 30 s, 6 digits).
std::string totp_code(std::string_view secret, std::int64_t step);
/// The time step whose code this is, at most one step off `now` and after `last_step`; nothing when
/// it is none.
std::optional<std::int64_t> totp_step(std::string_view secret, std::string_view code, Time now,
                                      std::int64_t last_step);
/// otpauth:// for an authenticator app.
std::string totp_uri(std::string_view secret, std::string_view account);

}  // namespace sekisho
