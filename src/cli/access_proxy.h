// SPDX-License-Identifier: Apache-2.0
// `sekisho access proxy`.
#pragma once

#include "cli/app.h"

namespace sekisho {

void add_access_proxy(CLI::App& access, Lang lang, Command& chosen);

}  // namespace sekisho
