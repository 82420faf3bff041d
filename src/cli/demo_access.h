// SPDX-License-Identifier: Apache-2.0
// Access in the demo: a policy, groups, what was decided in the last weeks by the evidence of the
// made-up devices, somebody suspended, and who is in now.
#pragma once

#include <string>
#include <vector>

#include "guideline/guideline.h"
#include "store/database.h"

namespace sekisho {

class LiveDesk;

/// Once everything else is there.
Result<void> demo_access(const Guideline& guideline, Database& database, Time now);

/// The web applications that the demo's gate knows, as `serve --gate-app` takes them.
std::vector<std::string> demo_applications();

/// Lets those of the demo in who may come in now, some of them.
void demo_sessions(const Guideline& guideline, Database& database, LiveDesk& desk, Time now);

}  // namespace sekisho
