// The ID token of an identity provider (OpenID Connect Core 1.0, 2), read and checked in one place.
#pragma once

#include <optional>
#include <string>

#include <boost/json.hpp>

#include "base/base.h"
#include "server/api/options.h"

namespace sekisho {

/// The claims of a token (JWS, compact) that one of the provider's keys (a JWK set) signed. Only
/// public-key algorithms: "none" and shared secrets have no place here (RFC 8725, 3.1).
Result<boost::json::value> verified_claims(const std::string& token,
                                           const boost::json::value& keys);
/// What is wrong with the claims for this sign-in (Core 3.1.3.7); nothing when all holds.
std::optional<std::string> wrong_claims(const boost::json::value& claims, const OidcOptions& oidc,
                                        const std::string& nonce, Time now);

/// An object's member where it is a string; empty otherwise.
std::string text_at(const boost::json::value& value, std::string_view key);

}  // namespace sekisho
