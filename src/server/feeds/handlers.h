// SPDX-License-Identifier: Apache-2.0
// The room that keeps the lists of the world fresh: its settings, what came of the last renewals,
// and the thread that renews. Its door to the server.
//
// May enter: when to renew, by which way out, and showing it.
// May not enter: what lists say of devices.
#pragma once

#include <stop_token>

#include "server/api/router.h"
#include "store/pool.h"

namespace sekisho {

void add_feeds(Handlers& handlers);

/// Renews lists when they are due, or somebody wants it, until asked to stop. Nobody's request
/// waits for it, and no connection of `pool` is held meanwhile. Does nothing for a server without a
/// folder of lists.
void keep_feeds_new(const ServerOptions& options, Pool& pool, const std::stop_token& quit);

/// Puts lists in use that were written by anybody else (`sekisho feeds update`), until asked to
/// stop.
void read_feeds_again(const ServerOptions& options, const std::stop_token& quit);

}  // namespace sekisho
