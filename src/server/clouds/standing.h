// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what the register and the last reading say, as evidence of the
// organisation. Nothing of it names a person: evidence stays, and more see it than a reading.
#pragma once

#include "server/clouds/reading.h"
#include "server/clouds/register.h"

namespace sekisho {

/// What is known of clouds, to be judged.
struct CloudsKnown {
  std::vector<CloudEntry> entries;
  std::optional<KeptReading> reading;
};

/// A record a check, all of them seen `now`:
/// - a check of settings is the worst over the services in use that it looks at. Those in use that
///   were never read are told once, as `cloud-settings-read`; beside one that was read they leave
///   the check unknown.
/// - the register's own: trust, boundary, grades.
std::vector<Evidence> cloud_standing(const CloudChecks& checks, const CloudsKnown& known, Day today,
                                     Time now);

/// Keeps that inside the write that is open; nothing for whoever never used a cloud here.
Result<void> judge_clouds(const CloudChecks& checks, Database& db, Time now);

}  // namespace sekisho
