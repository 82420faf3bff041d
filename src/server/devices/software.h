// SPDX-License-Identifier: Apache-2.0
// Software of devices: what an SBOM lists, or a device's own agent.
#pragma once

#include "collect/inventory/software.h"
#include "server/api/call.h"

namespace sekisho {

/// Takes the place of the list before, inside the write that is open. `version` is the content
/// version of what an agent sent; empty for a list that was given by hand.
Result<void> keep_software(Database& db, DeviceId device, const std::vector<Component>& list,
                           const std::string& version, Time at);

/// Judges the software of all devices anew where the feeds are others than it was judged by, and
/// that of devices that do not speak for themselves in any case, as evidence: what an SBOM said
/// holds for 90 days. An agent's own evidence takes it up with its next report.
Result<void> judge_software(const Shop& shop, Database& db, Time now);
/// The same for one device with an agent, inside the write that is open.
Result<void> judge_own_software(Database& db, const Guideline& guideline, const Feeds& feeds,
                                DeviceId device);

}  // namespace sekisho
