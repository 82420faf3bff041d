// SPDX-License-Identifier: Apache-2.0
// The ID token of an identity provider (OpenID Connect Core 1.0, 2), read and checked in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/base.h"
#include "server/api/options.h"

namespace sekisho {

/// Where a provider is asked and what it takes, as its discovery document says (OpenID Connect
/// Discovery 1.0, 3).
struct Provider {
  std::string authorization;
  std::string token;
  std::string keys;
  std::string userinfo;  // empty: it has none
  /// How clients show who they are, and by what signatures; empty: it doesn't say.
  std::vector<std::string> client_methods;
  std::vector<std::string> client_algorithms;
  bool names_itself = false;  // in what comes back with the browser (RFC 9207)
};
/// Whether an issuer can be one firm's provider at all (Discovery, 2: no query, no fragment; https,
/// or http on this machine), in words for whoever starts the server. Empty is none.
Result<void> may_be_issuer(const std::string& issuer);

/// The document must name the issuer itself, and addresses a browser and this server may be sent
/// to: https, or http on this machine where the issuer is there as well.
Result<Provider> read_provider(const boost::json::value& document, const std::string& issuer);

/// The claims of a token (JWS, compact) that one of the provider's keys (a JWK set) signed. Only
/// public-key algorithms: "none" and shared secrets have no place here (RFC 8725, 3.1). A header
/// that says that something in it must be understood ("crit") is refused: nothing of it is known
/// here (RFC 7515, 4.1.11). What the header says of keys but their name counts for nothing.
Result<boost::json::value> verified_claims(const std::string& token,
                                           const boost::json::value& keys);
/// The name of the key that a token says it was signed with; empty where it names none.
std::string key_named_by(const std::string& token);
/// Whether it could be one: three parts.
bool is_token(std::string_view text);
/// What is wrong with the claims for this sign-in (Core 3.1.3.7); nothing when all holds.
std::optional<Text> wrong_claims(const boost::json::value& claims, const OidcOptions& oidc,
                                 const std::string& nonce, Time now);
/// Whether they come from the provider, and are meant for this server.
std::optional<Text> wrong_parties(const boost::json::value& claims, const OidcOptions& oidc);

/// An object's member where it is a string; empty otherwise.
std::string text_at(const boost::json::value& value, std::string_view key);

}  // namespace sekisho
