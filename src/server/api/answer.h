// SPDX-License-Identifier: Apache-2.0
// From a call to its reply: conditions, what went wrong, and what is thrown.
#pragma once

#include <functional>

#include "server/api/router.h"

namespace sekisho {

HttpReply problem_reply(const Problem& problem, Lang lang);

/// A fault of ours. The operator is told all of it under a number; whoever asked is given the
/// number and no more. `doing` names what was done, never a path, which may hold a secret.
HttpReply failed(const ServerOptions& options, Problem problem, std::string_view doing, Lang lang);

/// Runs `work`; no exception passes. What was open on a database is rolled back by then.
HttpReply guarded(const ServerOptions& options, std::string_view doing, Lang lang,
                  const std::function<HttpReply()>& work);

/// Runs the operation for whoever may call it. What it is made to depend on is decided by the
/// version of what is changed, inside the change itself (docs/decisions/0016-conditions.md).
HttpReply answer_call(Call& call, const Operation& operation);

}  // namespace sekisho
