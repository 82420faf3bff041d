#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sekisho {

/// Why a file gave no content. `special` is a FIFO, socket, device or directory: never waited for.
enum class FileProblem : std::uint8_t { missing, denied, special, too_large, unreadable };

/// The whole content of a regular file of at most `max_bytes`. Never blocks on a FIFO.
std::expected<std::string, FileProblem> read_regular_file(const std::filesystem::path& path,
                                                          std::size_t max_bytes);

/// The same for a file that a person named, with an error to show them.
Result<std::string> read_input_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes `content` beside `path` with `mode` and renames it there, so that `path` is at every
/// moment either the old content or the new.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   unsigned mode = 0644);

}  // namespace sekisho
