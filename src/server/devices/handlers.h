// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml, and its
// jobs.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_devices(Handlers& handlers);
void add_enrolments(Handlers& handlers);
void add_lists(Handlers& handlers);
void add_appliances(Handlers& handlers);
void add_software(Handlers& handlers);
void add_device_care(Handlers& handlers);
void add_reach(Handlers& handlers);
void add_setup(Handlers& handlers);

/// Judges devices that say nothing themselves anew; tells of gear that attacks can open.
void run_device_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
