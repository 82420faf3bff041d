// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
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
/// moment, and after a loss of power, either the old content or the new. On Windows the folder's
/// rights hold instead of `mode`.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   unsigned mode = 0644);

/// Makes what was made, renamed or removed in a folder last through a loss of power.
Result<void> sync_folder(const std::filesystem::path& folder);

/// Makes a folder that only its owner (on Windows: the system and administrators) may enter.
Result<void> make_private_folder(const std::filesystem::path& folder);

/// What make_private_folder says when it cannot.
std::unexpected<Error> folder_not_made(const std::filesystem::path& folder);

/// Held by one process at a time, until it ends or lets go.
class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  /// False where another process has it, or the file cannot be made.
  bool held() const { return held_ != nullptr; }

 private:
  struct Held;
  std::unique_ptr<Held> held_;
};

}  // namespace sekisho
