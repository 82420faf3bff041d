// What older readers let pass is closed when a newer version opens the database.
#pragma once

#include "base/base.h"
#include "store/database.h"

namespace sekisho {

/// Where the database was last opened with older readers than `readers` (evidence/readers.h): every
/// pass and every "does not apply" that a collector saw and that still holds is followed by
/// `unknown` with the reason, in one transaction. What was, stays in the history; what people
/// answered is theirs. Devices that the server itself judges are judged anew instead. Gives how
/// many were closed.
Result<std::int64_t> close_older_readers(Database& db, std::int64_t readers, Time now);

}  // namespace sekisho
