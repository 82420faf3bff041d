// SPDX-License-Identifier: Apache-2.0
// Browsers in which somebody was wholly signed in before (guess.h says what for).
#pragma once

#include "server/api/options.h"
#include "server/http/http.h"
#include "store/database.h"

namespace sekisho {

/// Whose browser asks, by the cookie of a whole sign-in before: "browser 7"; empty for another.
Result<std::string> known_browser(Database& db, const ServerOptions& options,
                                  const HttpRequest& request, Time now);

}  // namespace sekisho
