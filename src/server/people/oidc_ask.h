// SPDX-License-Identifier: Apache-2.0
// What this server asks of an identity provider itself: discovery, tokens, keys and userinfo.
#pragma once

#include <string>

#include <boost/json.hpp>

#include "server/api/call.h"
#include "server/people/id_token.h"

namespace sekisho {

/// A document of a provider: how `elsewhere` of a Shop asks.
Result<boost::json::value> ask_provider(const std::string& url);

/// OpenID Connect Discovery 1.0, 4.
Result<Provider> provider_of(const Shop& shop);

/// What a browser came back with, and what the sign-in was begun with.
struct Returned {
  std::string code;
  std::string redirect_uri;
  std::string verifier;  // RFC 7636, 4.1
  std::string nonce;
};
/// The claims of an ID token, all of it checked, and what userinfo is asked with.
struct CompanyAccount {
  boost::json::value claims;
  std::string access_token;
  Provider provider;
};
Result<CompanyAccount> account_of(const Shop& shop, const Returned& returned, Time now);

/// What userinfo says of the same person (Core 5.3): JSON, or a token that the provider signed.
/// null where it has no such place.
Result<boost::json::value> userinfo_of(const Shop& shop, const CompanyAccount& account);

}  // namespace sekisho
