// SPDX-License-Identifier: Apache-2.0
// What it takes to put right what an action is about, as Sekisho judges it.
#pragma once

#include "assess/fleet.h"

namespace sekisho {

/// Not the difficulty that makes an item ◎ or ○, which is of one step and easy for all that is ◎:
/// more where something has to be bought or moved first, and where many devices need it.
Degree effort_of(const FleetAction& action);

}  // namespace sekisho
