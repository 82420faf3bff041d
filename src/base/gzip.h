// SPDX-License-Identifier: Apache-2.0
// gzip (RFC 1952), bounded on the way out.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

/// `level` 1 (fast) to 9 (small). Empty when memory is out.
std::string gzip(std::string_view text, int level);
/// The text again, or nothing when it isn't whole or would be larger than `most` bytes.
std::optional<std::string> gunzip(std::string_view bytes, std::size_t most);

}  // namespace sekisho
