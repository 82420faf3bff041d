// SPDX-License-Identifier: Apache-2.0
#include "server/people/credentials.h"

#include "server/people/identity.h"
#include "server/people/seals.h"

namespace sekisho {

Result<void> take_all_keys(Database& db, PersonId person, Time now) {
  if (auto ended = end_all_of(db, person); !ended) return ended;
  if (auto ended = end_seals_of(db, person, {}, now); !ended) return ended;
  for (const char* sql :
       {"UPDATE person SET password = NULL, totp = NULL, recovery = '', oidc = NULL WHERE id = ?",
        "DELETE FROM passkey WHERE person_id = ?"})
    if (auto gone = db.execute(sql, {person}); !gone) return gone;
  return {};
}

}  // namespace sekisho
