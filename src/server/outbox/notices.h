// What is told to people by mail and webhooks.
#pragma once

#include "server/api/call.h"

namespace sekisho {

/// Sends by all ways that are set up; what fails is written down, without the addresses.
void tell(Database& db, const ServerOptions& options, Time now, std::string_view event,
          const Text& subject, const Text& body);

}  // namespace sekisho
