// SPDX-License-Identifier: Apache-2.0
// What stands under /.well-known (RFC 8615) for programs and researchers.
#pragma once

#include <optional>

#include "server/api/options.h"

namespace sekisho {

/// security.txt (RFC 9116), where a contact is set, and the way to change a password; nothing when
/// something else is asked.
std::optional<HttpReply> well_known(const HttpRequest& request, const ServerOptions& options);

}  // namespace sekisho
