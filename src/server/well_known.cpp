// SPDX-License-Identifier: Apache-2.0
#include "server/well_known.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

/// It says until when it can be believed; who reads it asks for it then and there.
constexpr std::chrono::days kBelieved{30};

}  // namespace

std::optional<HttpReply> well_known(const HttpRequest& request, const ServerOptions& options) {
  if (request.method != "GET") return std::nullopt;
  if (request.path == "/.well-known/change-password")
    return HttpReply{302, {{"location", "/account"}, {"cache-control", "no-store"}}, ""};
  if (request.path != "/.well-known/security.txt" || options.security_contact.empty())
    return std::nullopt;
  const std::string canonical =
      options.public_url.empty()
          ? std::string()
          : fmt::format("Canonical: {}/.well-known/security.txt\n", options.public_url);
  return HttpReply{
      200,
      {{"content-type", "text/plain; charset=utf-8"}, {"cache-control", "no-cache"}},
      fmt::format("Contact: {}\nExpires: {}\nPreferred-Languages: ja, en\n{}",
                  options.security_contact, format_time(options.clock() + kBelieved), canonical)};
}

}  // namespace sekisho
