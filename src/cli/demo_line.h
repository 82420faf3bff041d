// SPDX-License-Identifier: Apache-2.0
// What a sensor at the demo's line saw: made up, like all of the demo.
#pragma once

#include <random>

#include "guideline/guideline.h"
#include "store/database.h"

namespace sekisho {

/// What scanners send in our days, with remote desktops on the rise, for the last of `days` days.
Result<void> demo_line(const Guideline& guideline, Database& db, unsigned days,
                       std::mt19937& random);

}  // namespace sekisho
