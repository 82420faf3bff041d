// Serving the console, for `serve` and `demo`.
#pragma once

#include "cli/app.h"
#include "server/api/options.h"

namespace sekisho {

/// Opens the console and serves until a signal.
int serve(const App& app, const Guideline& guideline, ServerOptions options,
          const std::function<void()>& tick);

}  // namespace sekisho
