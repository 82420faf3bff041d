// What the server does by itself, and when. Of several servers one does each.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// True for the one caller that may do it now; `state` is what the last one left.
bool take_job(Database& db, const std::string& name, Time now, Time next, std::string& state);

/// Does one job. Whatever is thrown in it is told to the operator and ends there: the others have
/// their turn.
void do_job(const ServerOptions& options, std::string_view name, const std::function<void()>& job);

}  // namespace sekisho
