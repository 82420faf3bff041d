// SPDX-License-Identifier: Apache-2.0
// How each kind of proxy is told to ask the gate: few lines for its own configuration, in which
// every header that the gate reads is set, and every header that it answers is cleared of what
// clients send.
#pragma once

#include <string>
#include <vector>

#include "server/gate/original.h"

namespace sekisho {

struct ProxiedApplication {
  std::string host;
  std::string upstream;  // where it listens itself: 127.0.0.1:3000
};
/// Of "wiki.example.jp=127.0.0.1:3000" each; no host twice.
Result<std::vector<ProxiedApplication>> read_all_proxied(const std::vector<std::string>& texts);

/// `console`: its host, where it is behind the same HAProxy, whose frontend has the port for both;
/// empty: it isn't. Other kinds keep hosts apart by themselves.
std::string proxy_recipe(ProxyKind kind, const std::vector<ProxiedApplication>& applications,
                         const std::string& gate, const std::string& console);
/// The file beside it that HAProxy loads.
std::string haproxy_lua(const std::string& gate);

}  // namespace sekisho
