// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_access_policy(Handlers& handlers);
void add_suspensions(Handlers& handlers);
void add_groups(Handlers& handlers);
void add_confirmations(Handlers& handlers);
void add_access_list(Handlers& handlers);
void add_live_list(Handlers& handlers);
void add_timeline(Handlers& handlers);
void add_risks(Handlers& handlers);

}  // namespace sekisho
