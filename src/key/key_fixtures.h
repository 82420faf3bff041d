// SPDX-License-Identifier: Apache-2.0
// For tests: an access key as a server would have certified it, and what signatures are held
// against.
#pragma once

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "collect/agent/access_key.h"
#include "key/messages.h"

namespace sekisho {

inline const Time kKeyStart = *parse_time("2026-11-24T09:00:00Z");

inline AccessKey new_access_key(Time now) {
  static const Authority authority = *Authority::make(kKeyStart);
  KeyPair key = *KeyPair::make();
  Certificate certificate = *authority.certify_access(key.request(), "00112233aabbccdd", now);
  return {std::move(key), std::move(certificate)};
}

/// By OpenSSL, apart from how it was made. `public_key`: SubjectPublicKeyInfo; `signature`: r and
/// s.
inline bool digest_signature_holds(const std::string& public_key, const std::string& digest,
                                   const std::string& signature) {
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  if (signature.size() != 64) return false;
  const unsigned char* at = bytes(public_key);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size()));
  ECDSA_SIG* both = ECDSA_SIG_new();
  ECDSA_SIG_set0(both, BN_bin2bn(bytes(signature), 32, nullptr),
                 BN_bin2bn(bytes(signature) + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(both, &der);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
  EVP_PKEY_verify_init(context);
  const bool holds = EVP_PKEY_verify(context, der, static_cast<std::size_t>(size), bytes(digest),
                                     digest.size()) == 1;
  EVP_PKEY_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(both);
  EVP_PKEY_free(key);
  return holds;
}

/// SSH's question for a signature: of a sign-in, or of other data.
inline std::string ssh_question(const AccessKey& access, const std::string& data = "") {
  const std::string own = ssh_key(parts_of(access.certificate)->point);
  const std::string sign_in = framed(std::string(32, 's')) + '\x32' + framed("aoki") +
                              framed("ssh-connection") + framed("publickey") + '\1' +
                              framed("ecdsa-sha2-nistp256") + framed(own);
  return '\x0d' + framed(own) + framed(data.empty() ? sign_in : data) + std::string(4, '\0');
}

/// A folder that is gone with it.
struct KeyFolder {
  std::filesystem::path path;
  KeyFolder() {
    std::string name = std::filesystem::temp_directory_path() / "sekisho-key.XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~KeyFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;
  KeyFolder(KeyFolder&&) = delete;
  KeyFolder& operator=(KeyFolder&&) = delete;
};

}  // namespace sekisho
