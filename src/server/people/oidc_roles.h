// SPDX-License-Identifier: Apache-2.0
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
/// administrator stays one. `directory`: whose groups these are; empty: those of their sign-in.
Result<void> follow_groups(Call& call, PersonId person, const CompanyRules& rules,
                           const std::vector<std::string>& groups,
                           const std::string& directory = "");
/// The same by the groups that the directory sent (SCIM), by their names or its ids for them; does
/// nothing where these don't decide.
Result<void> follow_directory(Call& call, PersonId person, const CompanyRules& rules,
                              const std::string& directory);
/// For everybody whom the directory knows.
Result<void> all_follow_directory(Call& call, const CompanyRules& rules);

}  // namespace sekisho
