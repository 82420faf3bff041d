// Software of devices that an SBOM lists.
#pragma once

#include "server/call.h"

namespace sekisho {

/// Judges the software of devices that do not speak for themselves anew, by the feeds. What an SBOM
/// said holds for 90 days.
Result<void> judge_software(const Shop& shop, Database& db, Time now);

}  // namespace sekisho
