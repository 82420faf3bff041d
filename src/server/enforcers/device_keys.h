// SPDX-License-Identifier: Apache-2.0
// The keys of devices as the authority has certified them.
#pragma once

#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// SubjectPublicKeyInfo (DER) of each certificate that is valid now; none where they can't be read.
std::vector<std::string> keys_of_device(Database& db, DeviceId device, Time now);

}  // namespace sekisho
