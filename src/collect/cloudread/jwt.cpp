// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/crypto.h"
#include "collect/cloudread/session.h"

namespace sekisho {
namespace {

namespace json = boost::json;

template <auto Free>
struct Frees {
  template <typename T>
  void operator()(T* owned) const {
    Free(owned);
  }
};
using OwnedBio = std::unique_ptr<BIO, Frees<BIO_free_all>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, Frees<EVP_PKEY_free>>;
using OwnedCertificate = std::unique_ptr<X509, Frees<X509_free>>;
using OwnedContext = std::unique_ptr<EVP_MD_CTX, Frees<EVP_MD_CTX_free>>;

OwnedBio reader_of(const std::string& text) {
  return OwnedBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Nobody is there to be asked for a passphrase.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*of*/) { return -1; }

}  // namespace

Result<std::string> signed_jwt(const std::string& pem, json::object header,
                               const json::object& claims) {
  const OwnedBio bio = reader_of(pem);
  const OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA)
    return failure("鍵が読めません（パスフレーズのない RSA の PEM にしてください）。",
                   "the key can't be read (it must be RSA in PEM, without a passphrase).");
  header["alg"] = "RS256";
  header["typ"] = "JWT";
  const std::string text =
      base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
  const OwnedContext context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_size(key.get())), '\0');
  std::size_t size = signature.size();
  const auto bytes = [](auto* at) { return reinterpret_cast<unsigned char*>(at); };
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytes(signature.data()), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
    return failure("署名できません。", "it can't be signed.");
  signature.resize(size);
  return text + "." + base64url(signature);
}

Result<std::string> certificate_print(const std::string& pem) {
  const OwnedBio bio = reader_of(pem);
  const OwnedCertificate certificate(PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr));
  unsigned char* der = nullptr;
  const int size = certificate == nullptr ? -1 : i2d_X509(certificate.get(), &der);
  if (size <= 0) return failure("証明書が読めません。", "the certificate can't be read.");
  const std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  CRYPTO_free(der, "", 0);  // OPENSSL_free writes the path of this file into the program
  return base64url(sha256(bytes));
}

}  // namespace sekisho
