// SPDX-License-Identifier: Apache-2.0
// The door of the room to the server: its handlers, by the operations' ids in api.yaml.
#pragma once

#include "server/api/router.h"

namespace sekisho {

void add_newcomers(Handlers& handlers);
void add_sign_in(Handlers& handlers);
void add_oidc(Handlers& handlers);
void add_company_accounts(Handlers& handlers);
void add_proof(Handlers& handlers);
void add_factors(Handlers& handlers);
void add_me(Handlers& handlers);
void add_people(Handlers& handlers);
void add_audit_log(Handlers& handlers);
void add_invitations(Handlers& handlers);
void add_emergency_access(Handlers& handlers);

}  // namespace sekisho
