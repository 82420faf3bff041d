// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml, and its
// jobs.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_line(Handlers& handlers);
void add_line_risk(Handlers& handlers);

/// Tells of one's own addresses that send to the line, each once, at once.
void run_line_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
