// SPDX-License-Identifier: Apache-2.0
// sekisho cloud read.
#pragma once

#include <filesystem>

#include "cli/app.h"

namespace sekisho {

/// Where credentials of services lie, a file a service, for this command and for the server.
std::filesystem::path clouds_folder(const App& app);

void add_cloud_read(CLI::App& cloud, Lang lang, Command& chosen);

}  // namespace sekisho
