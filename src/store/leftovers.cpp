// SPDX-License-Identifier: Apache-2.0
#include "store/leftovers.h"

namespace sekisho {

Result<void> clear_leftovers(Database& db) {
  if (db.kind() != Database::Kind::sqlite) return {};
  // Whoever waits for readers here keeps others from writing.
  auto done = db.script(
      "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = 10000;");
  if (!done) (void)db.script("PRAGMA busy_timeout = 10000;");
  return done;
}

}  // namespace sekisho
