// SPDX-License-Identifier: Apache-2.0
// All of a database into another: a backup, its restoring, and the move to another kind.
#pragma once

#include <filesystem>

#include "store/database.h"

namespace sekisho {

/// The tables of this version, in the order in which they are copied: one that others point to
/// comes first.
Result<std::vector<std::string>> table_names(Database& database);

/// Copies everything of `from` into `to`, whose tables must be of the same version and empty. Ids
/// are kept. Gives the number of rows.
Result<std::size_t> copy_database(Database& from, Database& to);

/// Writes the state of one moment to a new SQLite file while the database is in use, sealed with a
/// checksum over all that it holds.
Result<void> backup_database(Database& from, const std::filesystem::path& to);

/// Notes when a backup of the database at `where` was made; with SQLite beside the file, to which
/// nobody writes but its server.
Result<void> note_backup(Database& database, const std::string& where, Time at);
/// When it was last noted; nothing where it never was.
Result<std::optional<Time>> last_backup(Database& database, const std::string& where);

/// Fills the empty database `to` from a backup, which isn't changed by it, and says so in the audit
/// log: what was acknowledged after the backup is not in it. One that is damaged, or was changed
/// since it was written, is refused, and nothing is done.
Result<std::size_t> restore_database(const std::filesystem::path& from, Database& to, Time now);

}  // namespace sekisho
