// SPDX-License-Identifier: Apache-2.0
// The room that knows what is kept of people and for how long: says it, lets go of what is over,
// gives a person what is kept of them, and forgets who left. Its door to the server.
//
// May enter: how long each kind of record is kept, and what of it is whose.
// May not enter: what records mean.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_privacy(Handlers& handlers);

/// Once a day lets go of what is over.
void run_privacy_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
