// SPDX-License-Identifier: Apache-2.0
// Accounts and what is asked of them, by the network management functions.
#pragma once

#include "collect/windows/facts.h"

namespace sekisho {

void read_accounts(WindowsFacts& facts);
void read_shares(WindowsFacts& facts);
/// What the audit policy records.
void read_audit_policy(WindowsFacts& facts);

}  // namespace sekisho
