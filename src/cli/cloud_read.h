// sekisho cloud read.
#pragma once

#include "cli/app.h"

namespace sekisho {

void add_cloud_read(CLI::App& cloud, Lang lang, Command& chosen);

}  // namespace sekisho
