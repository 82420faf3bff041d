// SPDX-License-Identifier: Apache-2.0
// Serving the console, for `serve` and `demo`.
#pragma once

#include "cli/app.h"
#include "server/api/options.h"
#include "server/server.h"

namespace sekisho {

/// From here on SIGHUP ends nothing: it waits until the server takes it. To be called before there
/// are threads.
void hold_hangups();

/// Lines on standard error, by a journal that lasts as long as `options`.
void set_journal(const App& app, ServerOptions& options, bool json);

/// Gives what is there to be judged by now, where that has changed; else null.
using NewerGuideline = std::function<std::shared_ptr<const Guideline>()>;

/// Opens the console and serves until a signal. Where `newer` gives one, it is opened anew by that,
/// in the same place: whoever is signed in stays so. `guideline` is the one in use. `opened` is
/// called once, before anybody is answered.
int serve(const App& app, std::shared_ptr<const Guideline>& guideline, ServerOptions options,
          const std::function<void()>& tick, const NewerGuideline& newer = {},
          const std::function<void(Server&)>& opened = {});

}  // namespace sekisho
