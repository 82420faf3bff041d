// SPDX-License-Identifier: Apache-2.0
// Accounts that were made for a code of emergency access and are entered by nothing else.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sekisho {

/// Of a row of `person` by this name, as a condition in a statement: nobody reads its mail or
/// answers for it, and no directory or provider knows it.
inline std::string only_sealed(std::string_view person) {
  return fmt::format(
      "({0}.password IS NULL AND {0}.totp IS NULL AND {0}.oidc IS NULL AND EXISTS (SELECT 1 FROM "
      "emergency_seal s WHERE s.person_id = {0}.id) AND NOT EXISTS (SELECT 1 FROM passkey k WHERE "
      "k.person_id = {0}.id) AND NOT EXISTS (SELECT 1 FROM directory_person y WHERE y.person_id = "
      "{0}.id))",
      person);
}

}  // namespace sekisho
