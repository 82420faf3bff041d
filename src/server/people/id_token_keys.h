// SPDX-License-Identifier: Apache-2.0
// Public keys as a JWK set names them (RFC 7517), and what they signed: the algorithms with public
// keys of RFC 7518, 3.1 and RFC 8037, over OpenSSL alone. Nothing here knows a shared secret, so
// that no public key can be taken for one (RFC 8725, 3.1).
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/base.h"

namespace sekisho {

/// RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA; and RFC 9864's Ed25519.
bool is_signature_algorithm(std::string_view name);

enum class Signed : std::uint8_t {
  yes,
  no,
  key_unfit,  // it is no key for this algorithm, or not one to rely on
};
/// Whether the key of `jwk` signed `text`. A key fits where its type, its curve and its size do,
/// and neither `use`, `key_ops` nor `alg` says that it is for something else.
Signed signed_by(const boost::json::value& jwk, std::string_view algorithm, std::string_view text,
                 std::string_view signature);

}  // namespace sekisho
