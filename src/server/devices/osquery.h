// SPDX-License-Identifier: Apache-2.0
// An osqueryd's server: its TLS plugins enrol, take their queries and bring the rows here, on the
// listener of the agents.
#pragma once

#include "guideline/guideline.h"
#include "server/api/options.h"
#include "server/http/http.h"
#include "store/store.h"

namespace sekisho {

/// Answers a request for /osquery/…
HttpReply answer_osquery(const HttpRequest& request, Database& db, const Guideline& guideline,
                         const ServerOptions& options);

/// The setting that holds the hash of the secret with which nodes enrol.
inline constexpr const char* kOsquerySecret = "osquery.secret";
/// Whose number it is who made it, and knows it.
inline constexpr const char* kOsqueryMaker = "osquery.secret_by";

}  // namespace sekisho
