// SPDX-License-Identifier: Apache-2.0
// What is typed for the agent on this system.
#pragma once

#include <string>

namespace sekisho {

/// "sekisho-agent" in the small program of Debian's package, else "sekisho agent".
std::string agent_command();

}  // namespace sekisho
