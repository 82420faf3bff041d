// SPDX-License-Identifier: Apache-2.0
// By OpenSSL's provider for TPMs (tpm2-openssl).
#include "collect/agent/tpm.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "collect/agent/shown_key.h"

namespace sekisho {
namespace {

using LoadedKey = std::shared_ptr<EVP_PKEY>;
using TpmContext =
    std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* c) { EVP_PKEY_CTX_free(c); })>;
using PemText = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;

constexpr const char* kProvider = "provider=tpm2";
constexpr std::string_view kTpmHeading = "-----BEGIN TSS2 PRIVATE KEY-----";

bool tpm_at_hand() {
  static const bool loaded = [] {
    std::error_code ignored;
    const bool there =
        std::getenv("TPM2OPENSSL_TCTI") != nullptr ||  // NOLINT(concurrency-mt-unsafe): only read
        std::filesystem::exists("/dev/tpmrm0", ignored);
    // Another provider once loaded, OpenSSL's own is no longer taken for granted.
    return there && OSSL_PROVIDER_load(nullptr, "default") != nullptr &&
           OSSL_PROVIDER_load(nullptr, "tpm2") != nullptr;
  }();
  return loaded;
}

LoadedKey held(EVP_PKEY* key) {
  return key == nullptr ? nullptr : LoadedKey(key, [](EVP_PKEY* k) { EVP_PKEY_free(k); });
}

const EVP_MD* digest_of(std::size_t bytes) {
  return bytes == 32   ? EVP_sha256()
         : bytes == 48 ? EVP_sha384()
         : bytes == 64 ? EVP_sha512()
                       : nullptr;
}

std::shared_ptr<EVP_PKEY> shown(const LoadedKey& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) return nullptr;
  const std::string public_key(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  CRYPTO_free(der, "", 0);  // OPENSSL_free writes the path of this file into the program
  return shown_key(public_key, [key](std::span<const unsigned char> digest) -> ECDSA_SIG* {
    const TpmContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), kProvider));
    std::array<unsigned char, 128> signature{};
    std::size_t bytes = signature.size();
    if (!context || EVP_PKEY_sign_init(context.get()) <= 0 ||
        EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(digest.size())) <= 0 ||
        EVP_PKEY_sign(context.get(), signature.data(), &bytes, digest.data(), digest.size()) <= 0)
      return nullptr;
    const unsigned char* at = signature.data();
    return d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes));
  });
}

}  // namespace

TpmKey make_tpm_key() {
  TpmKey made;
  const LoadedKey key =
      held(tpm_at_hand() ? EVP_PKEY_Q_keygen(nullptr, kProvider, "EC", "P-256") : nullptr);
  const PemText bio(BIO_new(BIO_s_mem()));
  if (key && bio &&
      PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    made = {shown(key), std::string(text, static_cast<std::size_t>(size))};
  }
  ERR_clear_error();
  return made;
}

bool is_tpm_key(const std::string& pem) { return pem.starts_with(kTpmHeading); }

TpmKey open_tpm_key(const std::string& pem) {
  TpmKey opened;
  const PemText bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const LoadedKey key = held(tpm_at_hand() ? PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr,
                                                                        nullptr, nullptr, kProvider)
                                           : nullptr);
  if (key) opened = {shown(key), pem};
  ERR_clear_error();
  return opened;
}

}  // namespace sekisho
