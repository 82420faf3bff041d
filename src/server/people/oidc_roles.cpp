#include "server/people/oidc_roles.h"

#include <algorithm>

#include "server/people/administrators.h"
#include "server/people/people.h"

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
                           const std::vector<std::string>& groups) {
  const auto rows = call.db.query("SELECT roles, email FROM person WHERE id = ?", {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return {};
  const std::string had = rows->front().text(0);
  std::string roles = roles_by_groups(rules, had, groups);
  if (roles == had) return {};
  boost::json::object detail{{"how", "oidc"}, {"from", had}};
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
  return audit(call, "roles-by-groups", rows->front().text(1), std::move(detail));
}

}  // namespace sekisho
