// SPDX-License-Identifier: Apache-2.0
// Started by a double click: checks this machine, and shows the report in the browser.
#pragma once

#include "cli/app.h"

namespace sekisho {

/// Whether the console is ours alone, and closes with us: nobody typed a command into it.
bool by_double_click();

int check_for_a_visitor(const App& app);

}  // namespace sekisho
