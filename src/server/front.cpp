// SPDX-License-Identifier: Apache-2.0
#include "server/front.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {

Result<Front> Front::make(ServerOptions& options) {
  Front front;
  front.options_ = &options;
  if (options.public_url.empty()) return front;
  auto site = read_site(options.public_url);
  if (!site) {
    Error wrong = site.error();
    wrong.message = {"--public-url: " + wrong.message.ja, "--public-url: " + wrong.message.en};
    return std::unexpected(std::move(wrong));
  }
  if (!site->tls && !options.listen.tls_cert.empty())
    return failure("--tls-cert を付けるなら、--public-url は https:// で始めてください。",
                   "with --tls-cert, begin --public-url with https://.",
                   printable(options.public_url, 80));
  options.public_url = site->url();
  front.site_ = std::move(*site);
  return front;
}

Fronts Front::fronts() const {
  const bool behind_something =
      !options_->public_url.empty() || !is_loopback(options_->listen.address);
  return {options_->trusted_proxies, options_->trusted_proxies.empty() &&
                                         options_->listen.tls_cert.empty() && behind_something};
}

/// A page of another name that points at this address (DNS rebinding) gets nothing.
bool Front::host_known(const HttpRequest& request) const {
  const std::string_view host = request.header("host");
  if (site_ && site_->is_named_by(host)) return true;
  const auto named = read_authority(host);
  if (!named) return false;
  std::string_view name = named->host;
  if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
  // Of our own TLS people know all addresses; otherwise only what listens there goes by that name.
  if (is_loopback(name)) return is_loopback(options_->listen.address) || options_->own_authority;
  if (!options_->public_url.empty()) return false;
  return name == lower(options_->listen.address) ||
         std::ranges::any_of(options_->hosts,
                             [&](const std::string& known) { return name == lower(known); });
}

std::optional<HttpReply> Front::refusal(const HttpRequest& request) const {
  const auto plain_text = [](unsigned status, const char* text) {
    return HttpReply{status, {{"content-type", "text/plain; charset=utf-8"}}, text};
  };
  if (!host_known(request))
    return plain_text(421, "This server does not go by that name. Set --public-url.\n");
  // The proxy says that the browser came in the clear: a cookie must not go that way.
  if (site_ && site_->tls && request.browser_tls == false) {
    if (request.method != "GET") return plain_text(403, "Use https.\n");
    HttpReply reply = plain_text(308, "Use https.\n");
    reply.headers.emplace_back("location", options_->public_url +
                                               percent_encoded_path(request.path) +
                                               (request.query.empty() ? "" : "?" + request.query));
    return reply;
  }
  return std::nullopt;
}

bool Front::from_elsewhere(const HttpRequest& request, const std::string& origin) {
  const std::string_view site = request.header("sec-fetch-site");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  const std::string_view from = request.header("origin");
  return !from.empty() && from != origin;
}

void Front::protect(HttpReply& reply) const {
  const auto add = [&](const char* name, const char* value) {
    for (const auto& [there, with] : reply.headers)
      if (there == name) return;
    reply.headers.emplace_back(name, value);
  };
  add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  add("x-content-type-options", "nosniff");
  add("referrer-policy", "no-referrer");
  add("x-frame-options", "DENY");
  add("cross-origin-opener-policy", "same-origin");
  add("cross-origin-resource-policy", "same-origin");
  add("permissions-policy",
      "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), "
      "publickey-credentials-create=(self)");
  if (options_->browser_has_tls()) add("strict-transport-security", "max-age=31536000");
}

}  // namespace sekisho
