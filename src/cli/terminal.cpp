#include "cli/terminal.h"

#include <unistd.h>

#include <iostream>

#include <fmt/format.h>

namespace sekisho {

TextStyle text_style(const App& app) { return {app.lang, app.colour, app.columns}; }

std::optional<std::string> ask(std::string_view prompt) {
  fmt::print("{}", prompt);
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return std::string(trim(line));
}

bool interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

}  // namespace sekisho
