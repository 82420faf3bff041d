// SPDX-License-Identifier: Apache-2.0
#include "store/leftovers.h"

namespace sekisho {

Result<bool> clear_leftovers(Database& db) {
  if (db.kind() != Database::Kind::sqlite) return true;
  // Whoever waits for readers here keeps others from writing.
  if (auto set = db.script("PRAGMA busy_timeout = 0;"); !set) return std::unexpected(set.error());
  const auto done = db.query("PRAGMA wal_checkpoint(TRUNCATE)");
  if (auto back = db.script("PRAGMA busy_timeout = 10000;"); !back)
    return std::unexpected(back.error());
  if (!done)
    return done.error().fault == Fault::unavailable ? Result<bool>(false)
                                                    : std::unexpected(done.error());
  return !done->empty() && done->front().integer(0) == 0;
}

}  // namespace sekisho
