#include "server/api/jobs.h"

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

}  // namespace sekisho
