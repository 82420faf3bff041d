// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml, and its
// jobs.
#pragma once

#include <memory>

#include "server/api/router.h"

namespace sekisho {

void add_organisation(Handlers& handlers);
void add_standing(Handlers& handlers);
void add_my_page(Handlers& handlers);
void add_work(Handlers& handlers);
void add_questions(Handlers& handlers);
void add_emergency(Handlers& handlers);
void add_assignments(Handlers& handlers);
void add_incidents(Handlers& handlers);
void add_reports(Handlers& handlers);

/// The weekly summary, urgent items that began to fail, reports that came in, deadlines for
/// reporting a leak, and questions that wait for somebody.
void run_organisation_jobs(const Shop& shop, Database& db, Time now);

/// While it lives, what a guideline looks like as a whole is kept once it was written.
std::shared_ptr<void> keep_written(const Guideline& guideline);

}  // namespace sekisho
