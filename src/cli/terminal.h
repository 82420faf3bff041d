// SPDX-License-Identifier: Apache-2.0
// The person at the terminal.
#pragma once

#include "cli/app.h"
#include "cli/system.h"
#include "report/report.h"

namespace sekisho {

TextStyle text_style(const App& app);
/// Asks for a line; nothing at its end.
std::optional<std::string> ask(std::string_view prompt);

}  // namespace sekisho
