// SPDX-License-Identifier: Apache-2.0
// Internal to the room: a SQLite file from outside. Closing any descriptor of a file drops all
// locks that the process holds on it (POSIX), and with them SQLite's: so no file that SQLite may
// have open is ever opened beside it. https://sqlite.org/howtocorrupt.html, 2.2
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/base.h"

namespace sekisho {

/// Makes the file with mode 0600 when it isn't there, so that it is never readable by others, not
/// for a moment; takes others' rights away from one that is. A link is refused.
Result<void> prepare_file(const std::filesystem::path& path);
/// What a file is, whatever its name: device and number. None where it isn't there, or where the
/// system keeps an open file in its place by itself.
using FileIdentity = std::optional<std::pair<std::uint64_t, std::uint64_t>>;
FileIdentity identity_of(const std::filesystem::path& path);

/// The files that this program has open under one path: the database and its log (-wal), which
/// SQLite keeps as long as somebody has them open. All connections to the path share one, so that
/// none opens another file than those before it.
class OpenFiles {
 public:
  /// What the others have; none while nobody has anything open there.
  static std::shared_ptr<OpenFiles> at(const std::filesystem::path& path);
  /// Of a connection that has just opened both: what lies there now, or what the others have.
  static std::shared_ptr<OpenFiles> opened(const std::filesystem::path& path);

  /// Whether both still lie in their place.
  bool in_place() const;

 private:
  explicit OpenFiles(const std::filesystem::path& path);
  std::filesystem::path path_, log_;
  FileIdentity file_is_, log_is_;
};

/// Whether a regular file is there.
Result<void> find_file(const std::filesystem::path& path);

}  // namespace sekisho
