// SPDX-License-Identifier: Apache-2.0
#include "cli/agent.h"

namespace sekisho {

void add_agent_key(CLI::App& /*agent*/, Lang /*lang*/, Command& /*chosen*/) {}

}  // namespace sekisho
