// SPDX-License-Identifier: Apache-2.0
// The command that starts this server again so that others get to it: with all that it was started
// with, but for where it listens. Never with a secret: where one stood there are stars.
#pragma once

#include <string>
#include <vector>

#include "server/api/options.h"

namespace sekisho {

/// The words that this program was started with, its own name first.
std::vector<std::string> arguments_of_this_program();
/// To be pasted into a shell.
std::string restart_command(const std::vector<std::string>& arguments,
                            const ServerOptions& options);

}  // namespace sekisho
