// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/command.h"

namespace sekisho {

std::string agent_command() { return "sekisho agent"; }

}  // namespace sekisho
