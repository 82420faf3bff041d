// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what tells of a person or of a device that is gone, let go of.
#pragma once

#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// Inside the write that is open: a device that was given up, or whose person took it with them.
/// What it is called, what was found on it and what was installed go; a number stays.
Result<void> forget_device(Database& db, DeviceId device, Time now);

/// Inside the write that is open: a person who is switched off. Everything by which they signed in
/// goes, their own devices with all that was found on them, and their name and address everywhere.
/// What they answered, reported and did stays under a number, in the audit log as well.
Result<void> forget_person(Database& db, PersonId person, std::string_view actor, Time now);

}  // namespace sekisho
