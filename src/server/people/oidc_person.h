// SPDX-License-Identifier: Apache-2.0
// Who a company account belongs to here: known by subject, by an address that counts, or invited.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/people/oidc_ask.h"
#include "server/people/oidc_claims.h"
#include "server/people/oidc_rules.h"

namespace sekisho {

/// What is known of whoever has been at the provider.
struct AccountHolder {
  std::string subject;  // with the issuer: nobody else's anywhere
  SaidAddress address;
  CompanyRules rules;
  std::optional<std::vector<std::string>> groups;  // none: they decide nothing
};
/// The ID token may say less than userinfo (Core 5.4), which is asked for what is needed.
Result<AccountHolder> newcomer_of(Call& call, const CompanyAccount& account);
/// The address of whom an account is about, for the log: the person's who is linked to it, else
/// what the provider says, whether it counts or not.
Result<std::string> whom(Call& call, const CompanyAccount& account);

/// Why somebody can't sign in: what the page tells them and the operator's log names, and what the
/// administrator reads.
struct Refusal {
  std::string page = "company-failed";
  Text why;
  std::string email{};
};
/// The person; or why there is none.
Result<PersonId> person_of(Call& call, const AccountHolder& one, std::optional<Refusal>& refusal);
/// Links the account with somebody who is signed in and asked for it.
Result<void> connect_person(Call& call, const AccountHolder& one, PersonId person,
                            std::optional<Refusal>& refusal);

/// Whether what is kept of somebody's link is of this issuer. One of another, from before the
/// organisation moved, counts as none.
bool linked_by(const std::string& issuer, const std::string& kept);
/// The same as a condition on `person`.
std::string linked_sql(const std::string& issuer);

}  // namespace sekisho
