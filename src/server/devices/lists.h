// SPDX-License-Identifier: Apache-2.0
// Devices that a list of the organisation's knows of, and that don't speak for themselves.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// Judges the systems of listed devices anew, by the feeds and the day: support ends by itself.
/// What a list said holds for 90 days.
Result<void> judge_lists(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
