// Roles that follow from the groups of the identity provider.
#pragma once

#include <string>
#include <vector>

#include "server/people/oidc_rules.h"

namespace sekisho {

/// The roles of somebody with `had` who is in `groups`: a role that a group gives is theirs exactly
/// while they are in such a group, others stay. Whoever has none left is a teleworker.
std::string roles_by_groups(const CompanyRules& rules, const std::string& had,
                            const std::vector<std::string>& groups);

/// Gives the person the roles that follow, in the transaction that is open, and notes it. The last
/// administrator stays one.
Result<void> follow_groups(Call& call, PersonId person, const CompanyRules& rules,
                           const std::vector<std::string>& groups);

}  // namespace sekisho
