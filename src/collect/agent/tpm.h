// SPDX-License-Identifier: Apache-2.0
// Internal to the room: keys in a TPM 2.0: on Linux by OpenSSL's provider for it (tpm2-openssl), on
// Windows by its Platform Crypto Provider. The TPM is asked for nothing but signatures of its own
// keys; everything else stays with OpenSSL.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

namespace sekisho {

struct TpmKey {
  std::shared_ptr<EVP_PKEY> key;  // a P-256 key whose signatures the TPM makes
  std::string pem;                // what only this TPM can open
};

/// A new key; none where there is no TPM, no provider for it, or no answer. On Linux that is
/// /dev/tpmrm0, or what TPM2OPENSSL_TCTI names.
TpmKey make_tpm_key();
bool is_tpm_key(const std::string& pem);
/// The key of a PEM; none where this machine's TPM cannot open it.
TpmKey open_tpm_key(const std::string& pem);

}  // namespace sekisho
