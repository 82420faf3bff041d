// SPDX-License-Identifier: Apache-2.0
// Internal to the room: all that is kept of one person.
#pragma once

#include <boost/json.hpp>

#include "store/database.h"
#include "store/id.h"

namespace sekisho {

/// Every record that is a person's, by kind; none of a secret, of whose hash neither. Empty where
/// there is no such person. Of a kind with very many the newest, with how many there are.
Result<boost::json::object> kept_of(Database& db, PersonId person, Time now);

}  // namespace sekisho
