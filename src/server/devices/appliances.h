// SPDX-License-Identifier: Apache-2.0
// Network gear that somebody entered: VPN devices and routers, judged by their firmware's version.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// Judges all appliances anew, by the feeds and the day.
Result<void> judge_appliances(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
