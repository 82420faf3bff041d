// SPDX-License-Identifier: Apache-2.0
// How this server shows an identity provider who it is (OpenID Connect Core 1.0, 9; RFC 7523):
// client_secret_basic, client_secret_post, private_key_jwt, or PKCE alone.
#pragma once

#include <string>
#include <vector>

#include "base/base.h"
#include "server/api/options.h"
#include "server/people/id_token.h"

namespace sekisho {

/// What goes to the token endpoint.
struct TokenRequest {
  std::string body;  // a form
  std::vector<std::string> headers;
};
/// Adds who asks, by the secret, or by the key (PEM) that lies in its place, in a way that the
/// provider says it takes; an error names the ways where there is none.
Result<void> show_client(const OidcOptions& oidc, const Provider& provider, Time now,
                         TokenRequest& request);

/// A text that says who asks, signed with the key of `pem` (RFC 7523, 3): by one of `accepted`
/// algorithms, by the key's own where it is empty. A certificate beside the key is named in it, as
/// Entra ID wants it.
Result<std::string> client_assertion(const std::string& pem, const std::string& client_id,
                                     const std::string& audience,
                                     const std::vector<std::string>& accepted, Time now);

}  // namespace sekisho
