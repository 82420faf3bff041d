// SPDX-License-Identifier: Apache-2.0
// Bytes that only whoever has a secret can read, and nobody can change unseen: over libsodium.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// `text` under `secret`, which can't be guessed, as base64url.
std::string sealed(std::string_view secret, std::string_view text);
/// Nothing when it wasn't sealed under this secret, or was changed.
std::optional<std::string> unsealed(std::string_view secret, std::string_view text);

}  // namespace sekisho
