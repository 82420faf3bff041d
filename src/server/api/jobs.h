// SPDX-License-Identifier: Apache-2.0
// What the server does by itself. A job looks as often as it likes and writes only when something
// is new: what it remembers moves on in the same transaction as what follows from it, so that of
// several servers one acts, and none moves on without acting.
#pragma once

#include "server/api/call.h"

namespace sekisho {

struct JobState {
  Time due;          // for jobs that go by the calendar
  std::string seen;  // for those that go by what they see
  bool operator==(const JobState&) const = default;
};
/// Nothing: it never looked.
using MaybeState = std::optional<JobState>;

Result<MaybeState> job_state(Database& db, const std::string& name);

/// In one transaction: where the state is still `before`, runs `act` and makes it `after`.
Result<void> move_job(Database& db, const std::string& name, const MaybeState& before,
                      const JobState& after, const std::function<Result<void>()>& act);

/// Does one job. Its failure, and whatever is thrown in it, is told to the operator and ends there:
/// the others have their turn.
void do_job(const ServerOptions& options, std::string_view name,
            const std::function<Result<void>()>& job);

}  // namespace sekisho
