// What the server does by itself, and when. Of several servers one does each.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// True for the one caller that may do it now; `state` is what the last one left.
bool take_job(Database& db, const std::string& name, Time now, Time next, std::string& state);

}  // namespace sekisho
