// SPDX-License-Identifier: Apache-2.0
// Who somebody is to an application, from the server's records.
#pragma once

#include <string>
#include <unordered_map>

#include "server/gate/insiders.h"
#include "store/database.h"

namespace sekisho {

/// Of sessions of the console (ids) those that last, each with who it is. A group whose name could
/// be taken for two, or that can't stand in a header, isn't said.
Result<std::unordered_map<std::int64_t, AppIdentity>> identities_of(Database& db,
                                                                    const Values& sessions,
                                                                    Time now);

/// "?, ?, ?"
std::string question_marks(std::size_t count);

}  // namespace sekisho
