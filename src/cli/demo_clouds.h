// SPDX-License-Identifier: Apache-2.0
// The demo's cloud services: a register, and two readings a week apart, the second of which found
// that something had turned bad.
#pragma once

#include "guideline/clouds.h"
#include "guideline/guideline.h"
#include "store/id.h"
#include "store/store.h"

namespace sekisho {

/// Inside the write that is open. `by` had them read and is responsible for some.
Result<void> demo_clouds(const Guideline& guideline, Database& db, PersonId by, Day today,
                         Time now);

}  // namespace sekisho
