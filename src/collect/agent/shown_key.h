// SPDX-License-Identifier: Apache-2.0
// Internal to the room: a P-256 key that OpenSSL takes for one of its own, while something else,
// which alone holds the private half, makes its signatures.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <openssl/ec.h>

namespace sekisho {

/// The signature of a digest; the caller frees it. Null where none could be made.
using SignDigest = std::function<ECDSA_SIG*(std::span<const unsigned char> digest)>;

/// `public_key`: SubjectPublicKeyInfo, DER. Null where it is none, or where what `sign` makes
/// doesn't hold by it.
std::shared_ptr<EVP_PKEY> shown_key(const std::string& public_key, SignDigest sign);

}  // namespace sekisho
