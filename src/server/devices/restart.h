// SPDX-License-Identifier: Apache-2.0
// Commands of this very server, to be pasted into a shell on its machine: one that starts it again
// so that others get to it, with all that it was started with but for where it listens, and one
// that backs up its records. Never with a secret: where one stood there are stars.
#pragma once

#include <string>
#include <vector>

#include "server/api/options.h"

namespace sekisho {

/// The words that this program was started with; first how a shell finds it: its name where that is
/// enough, else its whole path.
std::vector<std::string> arguments_of_this_program();
/// As which user a server runs, as far as commands have to say it.
struct RunBy {
  std::string user;    // of a service, as whom nobody signs in; empty: whoever started it
  std::string folder;  // which that user may write to
};
RunBy run_by();
/// Whichever user pastes it into a shell, in whatever folder that is.
std::string backup_command(const std::vector<std::string>& arguments, const ServerOptions& options,
                           const RunBy& by);
/// A service is started again by what keeps it, from its settings.
std::string restart_command(const std::vector<std::string>& arguments, const ServerOptions& options,
                            const RunBy& by = {});

}  // namespace sekisho
