// SPDX-License-Identifier: Apache-2.0
// What a program begins and ends with, on every system but Windows.
#pragma once

#include <string>

#include "cli/program.h"

namespace sekisho {

/// The notices of what is compiled in.
std::string own_licences();

/// Runs the program with main()'s arguments, and ends the process with its exit status. `licences`
/// is what --licences shows; `add` adds the subcommands.
[[noreturn]] void main_of(int argc, char** argv, const Program& program, std::string (*licences)(),
                          void (*add)(CLI::App&, Lang, Command&));

}  // namespace sekisho
