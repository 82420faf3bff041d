// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the two kinds of database.
#pragma once

#include <chrono>
#include <filesystem>

#include "store/connection.h"

namespace sekisho {

/// The file at `path`, made with mode 0600 when it isn't there.
Result<std::unique_ptr<Connection>> open_sqlite_file(const std::filesystem::path& path);
/// A file that is only read, and not changed in any byte.
Result<std::unique_ptr<Connection>> read_sqlite_file(const std::filesystem::path& path);
/// A connection by its address (libpq's URI form), which is closed when the server says nothing for
/// `silence`: longer than a statement may take by the server's own clock.
Result<std::unique_ptr<Connection>> open_postgres(
    const std::string& address, std::chrono::milliseconds silence = std::chrono::seconds(70));

}  // namespace sekisho
