#include "server/api/jobs.h"

namespace sekisho {

bool take_job(Database& db, const std::string& name, Time now, Time next, std::string& state) {
  bool mine = false;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query("SELECT due_at, state FROM job WHERE name = ?", {name});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
      return db.execute("INSERT INTO job (name, due_at, state) VALUES (?, ?, '-')",
                        {name, value_of(next)});
    state = rows->front().text(1);
    if (rows->front().time(0) > now) return {};
    mine = true;
    return db.execute("UPDATE job SET due_at = ? WHERE name = ?", {value_of(next), name});
  });
  return done.has_value() && mine;
}

}  // namespace sekisho
