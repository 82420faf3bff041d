// SPDX-License-Identifier: Apache-2.0
// What an agent can tell the person at its device: what isn't open to them there, for reasons of
// the device or of a suspension.
#pragma once

#include "collect/agent/report.h"
#include "server/access/live_desk.h"

namespace sekisho {

/// In the order of the policy; nothing of what isn't for this person anyway.
std::vector<ClosedHere> closed_here(const LiveDesk& desk, PersonId person, DeviceId device);

}  // namespace sekisho
