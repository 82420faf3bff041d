// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the check that nobody is signed in without being asked.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Of desktop_checks, in a file of its own.
Finding automatic_login(const Look& look);

}  // namespace sekisho
