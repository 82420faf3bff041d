// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what is told by notice. No notice names a person.
#pragma once

#include "server/clouds/reading.h"

namespace sekisho {

/// Settings that were good in the reading before and are bad in this one; nothing where there are
/// none. Inside the write that is open.
Result<void> tell_what_turned_bad(Database& db, const KeptReading& reading, Time now);

/// Once for each day of review that comes within two weeks, to whoever is responsible.
Result<void> remind_of_reviews(Database& db, Time now);

/// Once, when what was read of a service in use says nothing any more.
Result<void> remind_of_old_readings(Database& db, Time now);

}  // namespace sekisho
