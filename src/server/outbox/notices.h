// SPDX-License-Identifier: Apache-2.0
// Where notices go: the organisation's mail server and webhooks, as its settings hold them.
#pragma once

#include "server/outbox/mail.h"

namespace sekisho {

std::vector<Hook> hooks_of(const Settings& settings);
/// What JSON is signed with; empty before there was a webhook.
std::string hook_secret(const Settings& settings);

}  // namespace sekisho
