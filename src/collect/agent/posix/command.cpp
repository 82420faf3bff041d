// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/command.h"

#include <cerrno>
#include <string_view>

namespace sekisho {

std::string agent_command() {
  const bool small = std::string_view(::program_invocation_short_name) == "sekisho-agent";
  return small ? "sekisho-agent" : "sekisho agent";
}

}  // namespace sekisho
