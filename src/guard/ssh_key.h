// SPDX-License-Identifier: Apache-2.0
// Keys of devices as SSH has them. Only ecdsa-sha2-nistp256 (RFC 5656), which devices' keys are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// The SubjectPublicKeyInfo (DER) of a public key as SSH writes it (RFC 4253, 6.6).
std::optional<std::string> public_key_of_ssh(std::string_view blob);
/// And the other way.
std::optional<std::string> ssh_of_public_key(std::string_view public_key);
/// "ecdsa-sha2-nistp256 AAAA…" of such a blob.
std::string ssh_key_line(std::string_view blob);

/// The key that somebody came in by, of sshd's SSH_AUTH_INFO_0 (a line for each method). None where
/// no key was used, or several: then it isn't clear on which device they are.
std::optional<std::string> key_used(std::string_view auth_info);

}  // namespace sekisho
