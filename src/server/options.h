// How a server is set up.
#pragma once

#include <functional>
#include <string>

#include "base/base.h"
#include "server/http.h"

namespace sekisho {

/// The organisation's identity provider (OpenID Connect Core 1.0).
struct OidcOptions {
  std::string issuer;
  std::string client_id;
  std::string client_secret;  // may be empty: PKCE protects a public client
};

struct ServerOptions {
  ListenOptions listen;
  std::string database;    // a file's path or postgres://…
  std::string public_url;  // https://sekisho.example.jp; empty: what the browser says, on loopback
  bool insecure = false;   // beyond loopback without TLS, because the user said so
  bool demo = false;
  OidcOptions oidc;
  std::string version;
  /// Tells the operator something, in the terminal.
  std::function<void(const Text&)> tell;
  std::function<Time()> clock = [] { return now(); };
};

}  // namespace sekisho
