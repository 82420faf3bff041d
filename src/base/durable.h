// SPDX-License-Identifier: Apache-2.0
// What whoever keeps things over a power cut needs beside write_file_atomically, which is durable
// when it returns: after an error its file is what it was, or what it was to be.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace sekisho {

/// Gives a file another name in the same file system, in place of what has it; durable when it
/// returns.
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// What a file's name ends in until it is renamed into place.
inline constexpr std::string_view kBeingWritten = ".new";
/// Removes what write_file_atomically left in `folder` when the power went or the process was
/// killed: what ends so and is older than an hour.
void remove_leftovers(const std::filesystem::path& folder);

}  // namespace sekisho
