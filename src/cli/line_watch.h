// SPDX-License-Identifier: Apache-2.0
// Counts what comes in at an interface, until Ctrl-C or until there is something else to do.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cli/app.h"
#include "collect/observe/observe.h"

namespace sekisho {

class LineReporter;

struct LineWatch {
  std::string interface;
  std::chrono::seconds time{0};    // 0: until `stop` says so
  std::chrono::seconds every{60};  // between two reports
};

struct LineWatched {
  std::uint64_t dropped = 0;     // frames that the kernel had no room for
  std::chrono::seconds dark{0};  // while the interface was down or gone
};

/// Tells at once when the interface goes down or away and when it is back, and counts on. Whatever
/// had come when `stop` said so is counted.
Result<LineWatched> watch_line(const App& app, const LineWatch& what, const LineScope& scope,
                               Findings& findings, LineReporter* reporter,
                               const std::function<bool()>& stop);

}  // namespace sekisho
