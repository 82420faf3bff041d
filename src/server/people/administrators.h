// SPDX-License-Identifier: Apache-2.0
// Somebody has to remain who can manage the others, and get in to do so.
#pragma once

#include <functional>

#include "server/api/call.h"

namespace sekisho {

/// Of `person p`, in a statement: an administrator who is switched on.
inline constexpr std::string_view kAdministratorInUse =
    "p.state = 'active' AND ' ' || p.roles || ' ' LIKE '% administrator %'";

/// Makes `change` inside the write that is open, and says whether an administrator is left who can
/// sign in: who is switched on, not suspended, and has all that it takes, a second factor too where
/// one is demanded. Where there was none before it may not get worse. Whatever switches somebody
/// off, takes a role or a factor from them goes through here, and takes the change back on "no".
/// Who is erased was switched off before.
Result<bool> stays_administrated(Call& call, const std::function<Result<void>()>& change);

}  // namespace sekisho
