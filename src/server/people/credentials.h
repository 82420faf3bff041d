// SPDX-License-Identifier: Apache-2.0
// All that a person gets in with.
#pragma once

#include "base/base.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// Ends it: password, second factors, recovery codes, passkeys, the link to the company account,
/// sessions, API tokens, the standing of browsers and codes for emergencies. Whoever is there next
/// under the address shows anew who they are. In the transaction that is open.
Result<void> take_all_keys(Database& db, PersonId person, Time now);

}  // namespace sekisho
