// SPDX-License-Identifier: Apache-2.0
// Persons as the API reads and writes them.
#pragma once

#include "guideline/roles.h"
#include "server/api/fields.h"
#include "server/api/router.h"
#include "server/people/withdrawals.h"

namespace sekisho {

std::string read_password(const Node& node);
std::string read_lang(const Node& node);
/// base64url
std::string read_bytes(const Node& node);
/// Roles by spaces, each known and none twice.
std::string read_roles(const Node& node);
boost::json::array roles_json(const std::string& roles);

struct NewPerson {
  std::string email;
  std::string name;
  std::string roles;
  std::string lang;
  std::string password_hash;  // empty: none
  std::string oidc;           // empty: none
};
Result<PersonId> add_person(Database& db, const NewPerson& person, Time now);

/// Roles as they are kept, in words: 経営者、監査者.
Text role_words(const std::string& roles);

/// What a person is to be.
struct PersonChange {
  std::string name;
  std::string roles;
  std::string state;  // active, disabled
};
/// Ends what a person could do with what they no longer are: get in by what they hold, or let
/// others in by what they made while they might.
Result<Withdrawn> end_what_was_lost(Call& call, PersonId person, const PersonChange& change);

/// Ten characters of 5 bits each (Crockford's base 32: nothing that looks alike), in two groups.
std::string new_recovery_code();
/// What is kept of one, however it is typed.
std::string recovery_hash(std::string_view code);
/// The relying party's id: the host that the person sees, without a port.
std::string relying_party(const Call& call);

/// A token that leaked makes nobody an administrator: whoever comes in by it gets no role but the
/// teleworker's.
bool may_give(const Call& call, const std::string& roles, const std::string& had);
Problem not_by_token();

}  // namespace sekisho
