// SPDX-License-Identifier: Apache-2.0
// A report with a signature at its end, checked without the server that made it.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"
#include "server/http/secrets.h"
#include "store/store.h"

namespace sekisho {

/// The organisation's key, made when it is first needed.
Result<SigningKey> organisation_key(Database& db);

/// HTML or PDF and, in a comment at its end, the Ed25519 signature of everything before it.
std::string signed_file(std::string file, const SigningKey& key);

struct SignedBy {
  std::string public_key;   // base64url
  std::string fingerprint;  // of the key, to compare by another way: ABCD-EFGH-…
};
std::string fingerprint(const std::string& public_key);
/// Who signed it; an error when there is no signature, or when something was changed.
Result<SignedBy> verify_signed(std::string_view text);

}  // namespace sekisho
