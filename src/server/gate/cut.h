// SPDX-License-Identifier: Apache-2.0
// Ends connections that are open already. A proxy asks about a request once; what it let through (a
// websocket, a long answer) goes on until somebody ends it.
#pragma once

#include <unordered_set>

#include "base/base.h"
#include "server/gate/original.h"

namespace sekisho {

/// Has the kernel end every TCP connection of this machine whose other end is one of these
/// (SOCK_DESTROY: CAP_NET_ADMIN, a kernel with CONFIG_INET_DIAG_DESTROY, the network namespace of
/// the proxy); how many. An error where it may not, or can't.
Result<std::size_t> end_connections(const std::unordered_set<ClientEnd>& ends);

/// The other ends of all TCP connections of this machine that still carry something. Anybody may
/// ask.
Result<std::unordered_set<ClientEnd>> open_connections();

/// Whether it could, tried on a socket of our own.
Result<void> may_end_connections();

}  // namespace sekisho
