// What is told by itself, and when.
#pragma once

#include "server/call.h"

namespace sekisho {

/// What is due: the weekly summary, urgent items that began to fail, reports that came in. Of
/// several servers one does each; what fails to be sent shows in the audit log.
void run_jobs(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
