// SPDX-License-Identifier: Apache-2.0
#include "server/api/addresses.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/http/address.h"

namespace sekisho {
namespace {

std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

/// Of "https://host:port", as it stands in a URL.
std::string host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("//") + 2));
  const std::size_t end = url.starts_with('[') ? url.find(']') + 1 : url.find_first_of(":/");
  return std::string(url.substr(0, end));
}

bool is_any(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

std::string_view bare(std::string_view host) {
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

bool is_loopback(std::string_view address) {
  if (address == "localhost") return true;
  // A whole address: 127.0.0.1.example.com is somebody's name.
  const auto ip = read_ip(address);
  constexpr unsigned kLoopback = 127;
  return ip && (ip->is_v4() ? ip->bytes[12] == kLoopback : ip->text() == "::1");
}

std::vector<std::string> reached_at(const ServerOptions& options) {
  if (!options.public_url.empty()) {
    if (is_loopback(bare(host_of(options.public_url)))) return {};
    return {options.public_url};
  }
  if (is_loopback(options.listen.address)) return {};
  std::vector<std::string> hosts = options.hosts;
  if (!is_any(options.listen.address)) hosts = {options.listen.address};
  std::vector<std::string> all;
  for (const std::string& host : hosts)
    all.push_back(fmt::format("{}://{}:{}", options.browser_has_tls() ? "https" : "http",
                              in_url(host), options.listen.port));
  return all;
}

Result<std::string> people_address(const Call& call) {
  const auto all = reached_at(call.shop.options);
  const auto kept = settings(call.db);
  if (!kept) return std::unexpected(kept.error());
  const auto chosen = kept->find(kChosenAddress);
  if (chosen != kept->end() && std::ranges::find(all, chosen->second) != all.end())
    return chosen->second;
  // Whoever asks by an address that others can use means that one.
  std::string origin = call.origin();
  if (all.empty() || std::ranges::find(all, origin) != all.end()) return origin;
  return is_loopback(bare(host_of(origin))) ? all.front() : origin;
}

std::string devices_address(const ServerOptions& options, const std::string& people) {
  if (!options.agents.url.empty()) return options.agents.url;
  const bool any = is_any(options.agents.address);
  return fmt::format("https://{}:{}", any ? host_of(people) : in_url(options.agents.address),
                     options.agents.port);
}

}  // namespace sekisho
