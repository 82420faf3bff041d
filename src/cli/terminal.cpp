// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <iostream>

#include <fmt/format.h>

namespace sekisho {

TextStyle text_style(const App& app) { return {app.lang, app.colour, app.columns}; }

std::optional<std::string> ask(std::string_view prompt) {
  write_out(prompt);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return std::string(trim(line));
}

}  // namespace sekisho
