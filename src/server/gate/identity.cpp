// SPDX-License-Identifier: Apache-2.0
#include "server/gate/identity.h"

#include <fmt/format.h>

#include "server/people/identity.h"

namespace sekisho {
namespace {

using Groups = std::unordered_map<std::int64_t, std::string>;

/// By commas, of each person who has such a session.
Result<Groups> groups_of(Database& db, const Values& sessions) {
  Groups groups;
  const auto rows = db.query(
      fmt::format("SELECT person_id, name FROM person_group WHERE person_id IN (SELECT person_id "
                  "FROM session WHERE id IN ({})) ORDER BY name",
                  question_marks(sessions.size())),
      sessions);
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows) {
    const std::string name = row.text(1);
    if (name.find(',') != std::string::npos || !is_plain_line(name)) continue;
    std::string& all = groups[row.integer(0)];
    all += (all.empty() ? "" : ",") + name;
  }
  return groups;
}

}  // namespace

std::string question_marks(std::size_t count) {
  std::string out = "?";
  for (std::size_t at = 1; at < count; ++at) out += ", ?";
  return out;
}

Result<std::unordered_map<std::int64_t, AppIdentity>> identities_of(Database& db,
                                                                    const Values& sessions,
                                                                    Time now) {
  auto groups = groups_of(db, sessions);
  if (!groups) return std::unexpected(groups.error());
  Values values = sessions;
  values.insert(values.end(),
                {value_of(now), latest_end(now, kSessionLasts), value_of(now - kSessionIdle)});
  const auto rows = db.query(
      fmt::format("SELECT s.id, p.id, p.email, p.name FROM session s JOIN person p ON p.id "
                  "= s.person_id WHERE s.id IN ({}) AND s.stage = 'full' AND s.expires_at "
                  "> ? AND s.expires_at <= ? AND s.seen_at > ? AND p.state = 'active'",
                  question_marks(sessions.size())),
      values);
  if (!rows) return std::unexpected(rows.error());
  std::unordered_map<std::int64_t, AppIdentity> out;
  for (const Row& row : *rows)
    out.emplace(row.integer(0), AppIdentity{row.text(2), row.text(3), (*groups)[row.integer(1)]});
  return out;
}

}  // namespace sekisho
