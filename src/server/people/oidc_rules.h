// SPDX-License-Identifier: Apache-2.0
// What administrators decide about company accounts: whether the provider's addresses count without
// its word for each, and which of its groups give which role.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "server/api/call.h"

namespace sekisho {

struct CompanyRules {
  /// Holds for the issuer that it was said of, and for no other that comes after it.
  bool trust_email = false;
  /// The directory's groups (SCIM) give roles, at once; else those of the sign-in.
  bool by_directory = false;
  std::string roles_claim = "groups";
  std::vector<std::pair<std::string, std::string>> roles{};  // a role, and a group that gives it
};
Result<CompanyRules> company_rules(Database& db, const std::string& issuer);

/// One tenant of Entra ID, which never says of an address that it verified it: only its own people
/// get in. "common", "organizations" and "consumers" (also by its number) are not one firm's.
bool is_entra_tenant(std::string_view issuer);

}  // namespace sekisho
