// SPDX-License-Identifier: Apache-2.0
// The request that a proxy asks about, and where it comes from. Each kind of proxy names it in one
// way of its own, and no other is read: what else says so may have been written by anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/access/desk.h"
#include "server/http/address.h"
#include "server/http/http.h"

namespace sekisho {

enum class ProxyKind : std::uint8_t { nginx, caddy, haproxy };
std::optional<ProxyKind> proxy_kind_named(std::string_view name);

/// A client's end of a connection to the proxy.
struct ClientEnd {
  IpAddress address;
  unsigned short port = 0;
  bool operator==(const ClientEnd&) const = default;
};

}  // namespace sekisho

template <>
struct std::hash<sekisho::ClientEnd> {
  std::size_t operator()(const sekisho::ClientEnd& end) const noexcept {
    const auto& bytes = end.address.bytes;
    return std::hash<std::string_view>()(
               {reinterpret_cast<const char*>(bytes.data()), bytes.size()}) ^
           (std::size_t{end.port} * 0x9e3779b97f4a7c15U);
  }
};

namespace sekisho {

struct OriginalRequest {
  std::string host;  // in its one form: small letters, no port, no dot at its end
  std::string method;
  std::string path;   // as it came; begins with '/'
  std::string query;  // as it came
  std::optional<ClientEnd> from;
  std::optional<KeyDigest> certificate;  // that the client has shown to the proxy, with its key
};

/// Nothing where the proxy doesn't name it as its recipe does, or it can't be understood.
std::optional<OriginalRequest> original_request(ProxyKind kind, const HttpRequest& request);

/// A path as it is compared: decoded once, in small letters.
struct PathReading {
  std::string text;
  /// Two readers may take it for different paths: it has segments of dots, empty ones, parameters,
  /// or separators and escapes that are hidden.
  bool doubtful = false;
};
/// Nothing for what no server should be asked: control characters, backslashes, broken escapes.
std::optional<PathReading> read_asked_path(std::string_view raw);

/// The one form of a host as a browser names it; nothing when it is none.
std::optional<std::string> canonical_host(std::string_view authority);

/// Whether this is a place on a site that a browser can be sent back to: a path and a query that
/// nobody can read as another site's.
bool is_way_back(std::string_view target);

/// The SHA-256 of a certificate: of 64 hexadecimal digits, or of PEM as nginx escapes it.
std::optional<KeyDigest> certificate_digest(ProxyKind kind, std::string_view value);

}  // namespace sekisho
