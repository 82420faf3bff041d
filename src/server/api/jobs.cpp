#include "server/api/jobs.h"

#include <fmt/format.h>

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

void do_job(const ServerOptions& options, std::string_view name, const std::function<void()>& job) {
  const auto tell = [&](std::string_view what) {
    if (!options.tell) return;
    const std::string reason = printable(what, 200);
    options.tell({fmt::format("定期の仕事 {} が失敗しました: {}", name, reason),
                  fmt::format("the job {} failed: {}", name, reason)});
  };
  try {
    job();
  } catch (const std::exception& thrown) {
    tell(thrown.what());
  } catch (...) {
    tell("unknown");
  }
}

}  // namespace sekisho
