#include "store/audit.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace sekisho {
namespace {

/// Each field with its length before it, so that no two entries give the same text.
std::string entry_hash(std::string_view previous, std::int64_t at, std::string_view actor,
                       std::string_view action, std::string_view item, std::string_view detail) {
  const std::string moment = std::to_string(at);
  std::string text;
  for (const std::string_view field :
       {previous, std::string_view(moment), actor, action, item, detail})
    text += fmt::format("{}:{}", field.size(), field);
  return hex(sha256(text));
}

}  // namespace

Result<void> append_audit(Database& database, Time at, std::string_view actor,
                          std::string_view action, std::string_view item, std::string_view detail) {
  return database.write([&]() -> Result<void> {
    const auto last = database.query("SELECT hash FROM audit ORDER BY id DESC LIMIT 1");
    if (!last) return std::unexpected(last.error());
    const std::string previous = last->empty() ? "" : last->front().text(0);
    const std::int64_t seconds = at.time_since_epoch().count();
    return database.execute(
        "INSERT INTO audit (at, actor, action, item, detail, previous, hash) VALUES (?, ?, ?, ?, "
        "?, ?, ?)",
        {seconds, std::string(actor), std::string(action), std::string(item), std::string(detail),
         previous, entry_hash(previous, seconds, actor, action, item, detail)});
  });
}

Result<AuditCheck> verify_audit(Database& database) {
  AuditCheck check;
  std::string previous;
  const auto done = database.each(
      "SELECT id, at, actor, action, item, detail, previous, hash FROM audit ORDER BY id", {},
      [&](const Row& row) {
        ++check.entries;
        const std::string expected = entry_hash(previous, row.integer(1), row.text(2), row.text(3),
                                                row.text(4), row.text(5));
        if (row.text(6) != previous || row.text(7) != expected) check.first_broken = row.integer(0);
        previous = row.text(7);
        return !check.first_broken;
      });
  if (!done) return std::unexpected(done.error());
  check.last_hash = previous;
  const auto people = database.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return std::unexpected(people.error());
  check.missing = check.entries == 0 && !people->empty();
  return check;
}

}  // namespace sekisho
