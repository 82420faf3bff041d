#include "server/gate/identity.h"

namespace sekisho {

std::string groups_for_headers(Database& db, PersonId person) {
  const auto rows =
      db.query("SELECT name FROM person_group WHERE person_id = ? ORDER BY name", {person});
  std::string out;
  if (!rows) return out;
  for (const Row& row : *rows) {
    const std::string name = row.text(0);
    if (name.find(',') != std::string::npos || !is_plain_line(name)) continue;
    if (!out.empty()) out += ',';
    out += name;
  }
  return out;
}

}  // namespace sekisho
