// SPDX-License-Identifier: Apache-2.0
#include "server/api/jobs.h"

#include <fmt/format.h>

namespace sekisho {

Result<MaybeState> job_state(Database& db, const std::string& name) {
  const auto rows = db.query("SELECT due_at, state FROM job WHERE name = ?", {name});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return JobState{rows->front().time(0), rows->front().text(1)};
}

Result<void> move_job(Database& db, const std::string& name, const MaybeState& before,
                      const JobState& after, const std::function<Result<void>()>& act) {
  return db.write([&]() -> Result<void> {
    const auto kept = job_state(db, name);
    if (!kept) return std::unexpected(kept.error());
    if (*kept != before) return {};  // another server was first
    if (auto done = act(); !done) return done;
    return db.execute(
        "INSERT INTO job (name, due_at, state) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "due_at = excluded.due_at, state = excluded.state",
        {name, value_of(after.due), after.seen});
  });
}

void do_job(const ServerOptions& options, std::string_view name,
            const std::function<Result<void>()>& job) {
  const auto tell = [&](std::string_view what) {
    const std::string reason = printable(what, 200);
    options.worked(name, false);
    options.log({Severity::error, "job-failed", {{"job", std::string(name)}, {"reason", reason}}},
                {fmt::format("定期の仕事 {} が失敗しました: {}", name, reason),
                 fmt::format("the job {} failed: {}", name, reason)});
  };
  try {
    if (const auto done = job(); !done)
      tell(done.error().describe(Lang::en));
    else
      options.worked(name, true);
  } catch (const std::exception& thrown) {
    tell(thrown.what());
  } catch (...) {
    tell("unknown");
  }
}

}  // namespace sekisho
