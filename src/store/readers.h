// SPDX-License-Identifier: Apache-2.0
// What older readers let pass is closed when a newer version opens the database.
#pragma once

#include <span>

#include "base/base.h"
#include "evidence/readers.h"
#include "store/database.h"

namespace sekisho {

/// Where the database was last opened with older readers than the last of `history`: every pass and
/// every "does not apply" that a collector saw, that still holds, and that the changes since are
/// about, is followed by `unknown` with the reason, in one transaction. What was, stays in the
/// history; what people answered is theirs. Devices that the server itself judges are judged anew
/// instead. Gives how many were closed.
Result<std::int64_t> close_older_readers(Database& db, std::span<const ReadersChange> history,
                                         Time now);

}  // namespace sekisho
