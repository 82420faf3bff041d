// Who somebody is to an application, from the server's records.
#pragma once

#include <string>

#include "server/gate/insiders.h"
#include "store/database.h"

namespace sekisho {

/// The groups of a person, by commas. One whose name could be taken for two, or that can't stand in
/// a header, isn't said.
std::string groups_for_headers(Database& db, PersonId person);

}  // namespace sekisho
