// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.h"

namespace sekisho {

void add_service(CLI::App& cli, Lang lang, Command& chosen);

}  // namespace sekisho
