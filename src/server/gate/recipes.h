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
/// Of "wiki.example.jp=127.0.0.1:3000"; the second part may be left out.
Result<ProxiedApplication> read_proxied(std::string_view text);

std::string proxy_recipe(ProxyKind kind, const std::vector<ProxiedApplication>& applications,
                         const std::string& gate);
/// The file beside it that HAProxy loads.
std::string haproxy_lua(const std::string& gate);

}  // namespace sekisho
