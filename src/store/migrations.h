// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the steps from each version of the tables to the next. How many there are
// concerns also who reads a database without migrating it.
#pragma once

#include <cstddef>
#include <string>

#include "store/database.h"

namespace sekisho {

std::size_t migration_count();
/// The SQL that leads from version `step` to `step` + 1.
std::string migration(std::size_t step, Database::Kind kind);

}  // namespace sekisho
