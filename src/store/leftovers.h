// SPDX-License-Identifier: Apache-2.0
// What is left of deleted rows: names that somebody had taken away are to be gone, and not only out
// of sight.
#pragma once

#include "store/database.h"

namespace sekisho {

/// What was deleted stands in a SQLite file's log (-wal) until the log is written back and cut off:
/// does both. (In the file itself deleted content is overwritten at once.) Whoever reads or writes
/// meanwhile isn't waited for: then another time does it. PostgreSQL's log is its operator's
/// affair. Not inside a transaction.
Result<void> clear_leftovers(Database& db);

}  // namespace sekisho
