// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_roles.h"

#include <algorithm>

#include "server/people/administrators.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

bool holds(const std::string& roles, std::string_view role) {
  const auto held = words(roles);
  return std::ranges::find(held, role) != held.end();
}

}  // namespace

std::string roles_by_groups(const CompanyRules& rules, const std::string& had,
                            const std::vector<std::string>& groups) {
  std::string roles;
  for (const std::string_view role : kPersonRoles) {
    bool given_by_groups = false;
    bool in_one = false;
    for (const auto& [of, group] : rules.roles) {
      if (of != role) continue;
      given_by_groups = true;
      in_one = in_one || std::ranges::find(groups, group) != groups.end();
    }
    if (given_by_groups ? in_one : holds(had, role))
      roles += (roles.empty() ? "" : " ") + std::string(role);
  }
  return roles.empty() ? "teleworker" : roles;
}

Result<void> follow_groups(Call& call, PersonId person, const CompanyRules& rules,
                           const std::vector<std::string>& groups, const std::string& directory) {
  const auto rows =
      call.db.query("SELECT roles, email FROM person WHERE id = ? AND state = 'active'", {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return {};
  const std::string had = rows->front().text(0);
  std::string roles = roles_by_groups(rules, had, groups);
  if (roles == had) return {};
  boost::json::object detail{{"how", directory.empty() ? "oidc" : "directory"}, {"from", had}};
  const auto set = [&] {
    return call.db.execute("UPDATE person SET roles = ? WHERE id = ?", {roles, person});
  };
  const auto remains = stays_administrated(call, set);
  if (!remains) return std::unexpected(remains.error());
  if (!*remains) {
    roles = "administrator " + roles;
    if (auto kept = set(); !kept || roles == had) return kept;
    detail["kept"] = "the last administrator";
  }
  detail["roles"] = roles;
  if (const auto ended = end_what_was_lost(call, person, {"", roles, "active"}); !ended)
    return std::unexpected(ended.error());
  if (directory.empty() || call.who.person)
    return audit(call, "roles-by-groups", rows->front().text(1), std::move(detail));
  return append_audit(call.db, call.now, directory, "roles-by-groups", rows->front().text(1),
                      boost::json::serialize(detail));
}

Result<void> follow_directory(Call& call, PersonId person, const CompanyRules& rules,
                              const std::string& directory) {
  if (!rules.by_directory || rules.roles.empty()) return {};
  const auto rows = call.db.query(
      "SELECT g.name, g.external_id FROM directory_member m JOIN directory_group g ON g.id = "
      "m.group_id WHERE m.person_id = ?",
      {person});
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> groups;
  for (const Row& row : *rows)
    for (const std::size_t column : {0U, 1U})
      if (!row.text(column).empty()) groups.push_back(row.text(column));
  return follow_groups(call, person, rules, groups, directory);
}

Result<void> all_follow_directory(Call& call, const CompanyRules& rules) {
  if (!rules.by_directory) return {};
  const auto rows = call.db.query(
      "SELECT person_id FROM directory_person WHERE hidden = 0 UNION SELECT person_id FROM "
      "directory_member",
      {});
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows)
    if (auto followed = follow_directory(call, row.id<PersonId>(0), rules, "SCIM"); !followed)
      return followed;
  return {};
}

}  // namespace sekisho
