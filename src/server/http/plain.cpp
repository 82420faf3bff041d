// SPDX-License-Identifier: Apache-2.0
#include "server/http/plain.h"

namespace sekisho {

std::optional<HttpRequest> plain_request(const RequestHead& head,
                                         std::vector<std::pair<std::string, std::string>> fields,
                                         const IpAddress& peer, const Fronts& fronts) {
  HttpRequest out;
  auto path = plain_path(head.raw_path);
  if (!path || !path->starts_with('/')) return std::nullopt;
  out.method = head.method == "HEAD" ? "GET" : head.method;
  out.path = std::move(*path);
  out.query = head.query;
  out.headers = std::move(fields);
  // What an absolute target names counts, and Host doesn't.
  std::erase_if(out.headers, [](const auto& field) { return field.first == "host"; });
  out.headers.emplace_back("host", head.host);
  out.body_follows = head.has_body();
  std::vector<std::string_view> forwarded;
  std::vector<std::string_view> protocol;
  for (const auto& [name, value] : out.headers) {
    if (name == "x-forwarded-for") forwarded.push_back(value);
    if (name == "x-forwarded-proto") protocol.push_back(value);
  }
  Client client = client_of(peer, fronts, forwarded, protocol);
  out.peer = std::move(client.address);
  out.payer = std::move(client.key);
  out.browser_tls = client.tls;
  return out;
}

}  // namespace sekisho
