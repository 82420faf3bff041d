// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what NVD says, gathered.
#pragma once

#include "collect/inventory/judgement.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {

/// What NVD says of one of several names, each weakness once: open by one is open.
void add_matches(const Weaknesses& weaknesses, const Installed& installed,
                 ComponentJudgement& judgement);

}  // namespace sekisho
