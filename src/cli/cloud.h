#pragma once

#include "cli/app.h"

namespace sekisho {

void add_cloud(CLI::App& cli, Lang lang, Command& chosen);

}  // namespace sekisho
