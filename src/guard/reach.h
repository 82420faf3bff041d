// SPDX-License-Identifier: Apache-2.0
// Internal to the room: a connection to one of Sekisho's servers, here or on another machine.
#pragma once

#include "guard/settings.h"
#include "server/enforcers/stream.h"

namespace sekisho {

/// Null where nobody answers by then, or isn't who it should be. `identity` is read anew each time:
/// whoever puts another there need not start anything anew.
std::unique_ptr<Stream> reach(const ServerPlace& place, const std::filesystem::path& identity,
                              std::chrono::milliseconds within);

}  // namespace sekisho
