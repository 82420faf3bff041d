// SPDX-License-Identifier: Apache-2.0
// Passkeys (W3C Web Authentication Level 2), the server's side: what an authenticator sends is
// checked here, in one place, by libfido2.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"

namespace sekisho {

/// What both ceremonies are held against.
struct PasskeyExpectation {
  std::string challenge;  // base64url, as it was sent
  std::string origin;     // https://host[:port]
  std::string host;       // the relying party's id
};

struct Passkey {
  std::string credential;  // base64url
  int algorithm = 0;       // COSE: -7 ES256, -8 EdDSA, -257 RS256
  std::string public_key;  // as libfido2 has it
  std::uint32_t counter = 0;
};

/// Registration (7.1). The attestation isn't looked at: any authenticator will do.
Result<Passkey> register_passkey(const PasskeyExpectation& expected, std::string_view client_data,
                                 std::string_view attestation_object);
/// Authentication (7.2), with the user verified. Gives the authenticator's new counter; a counter
/// that doesn't rise is a copied key.
Result<std::uint32_t> verify_passkey(const PasskeyExpectation& expected, const Passkey& passkey,
                                     std::string_view client_data,
                                     std::string_view authenticator_data,
                                     std::string_view signature);

}  // namespace sekisho
