// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_client.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/people/openssl_owned.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kGood{5};
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free>>;

struct Way {
  std::string algorithm;
  const char* digest = nullptr;
  std::size_t bytes = 0;  // of either number of an ECDSA signature
};

/// What a key can sign by; the first is what most take.
std::vector<Way> ways_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA: return {{"RS256", "SHA256"}, {"PS256", "SHA256"}};
    case EVP_PKEY_EC:
      switch (EVP_PKEY_get_bits(key)) {
        case 256: return {{"ES256", "SHA256", 32}};
        case 384: return {{"ES384", "SHA384", 48}};
        case 521: return {{"ES512", "SHA512", 66}};
        default: return {};
      }
    case EVP_PKEY_ED25519: return {{"EdDSA"}};
    default: return {};
  }
}

/// Nobody is there to type a password.
int no_password(char* /*to*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Memory memory_of(const std::string& pem) {
  return Memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

/// RFC 7518, 3.4: side by side, each as long as the curve's numbers.
std::string side_by_side(const std::string& der, std::size_t bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const EcdsaPair pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!pair) return {};
  std::string out(2 * bytes, '\0');
  auto* into = reinterpret_cast<unsigned char*>(out.data());
  const int size = static_cast<int>(bytes);
  if (BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), into, size) != size ||
      BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), into + bytes, size) != size)
    return {};
  return out;
}

std::string signature_of(EVP_PKEY* key, const Way& way, const std::string& text) {
  const EvpDigest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;  // the digest's
  if (EVP_DigestSignInit_ex(digest.get(), &context, way.digest, nullptr, nullptr, key, nullptr) !=
      1)
    return {};
  if (way.algorithm == "PS256" &&
      (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) != 1))
    return {};
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSign(digest.get(), nullptr, &size, bytes, text.size()) != 1) return {};
  std::string out(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                     text.size()) != 1)
    return {};
  out.resize(size);
  return way.bytes == 0 ? out : side_by_side(out, way.bytes);
}

/// Which certificate the provider knows the key by, where one stands in the file.
void name_certificate(const std::string& pem, json::object& header) {
  const Memory memory = memory_of(pem);
  const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, no_password, nullptr));
  for (const auto& [name, digest] :
       {std::pair{"x5t", EVP_sha1()}, std::pair{"x5t#S256", EVP_sha256()}}) {
    std::string print(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    if (certificate && X509_digest(certificate.get(), digest,
                                   reinterpret_cast<unsigned char*>(print.data()), &size) == 1)
      header[name] = base64url(std::string_view(print).substr(0, size));
  }
  ERR_clear_error();
}

bool takes(const std::vector<std::string>& said, std::string_view one) {
  return std::ranges::find(said, one) != said.end();
}

Result<void> no_way(const Provider& provider, std::string_view wanted) {
  const std::string ways = printable(join(provider.client_methods, ", "), 200);
  return failure(fmt::format("認証基盤が {} を受け付けません（受け付けるもの: {}）", wanted, ways),
                 fmt::format("the provider does not take {} (it takes {})", wanted, ways));
}

}  // namespace

Result<std::string> client_assertion(const std::string& pem, const std::string& client_id,
                                     const std::string& audience,
                                     const std::vector<std::string>& accepted, Time now) {
  const Memory memory = memory_of(pem);
  const EvpKey key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, nullptr));
  const auto ways = key ? ways_of(key.get()) : std::vector<Way>();
  ERR_clear_error();
  if (ways.empty())
    return failure(
        "--oidc-secret-file を鍵として読めません（暗号化されていない PEM、RSA か EC か "
        "Ed25519）",
        "--oidc-secret-file can't be read as a key (PEM without a password; RSA, EC or "
        "Ed25519)");
  const auto way = std::ranges::find_if(
      ways, [&](const Way& one) { return accepted.empty() || takes(accepted, one.algorithm); });
  if (way == ways.end())
    return failure("認証基盤が、この種類の鍵の署名を受け付けません",
                   "the provider does not take signatures by this kind of key");
  json::object header{{"alg", way->algorithm}, {"typ", "JWT"}};
  name_certificate(pem, header);
  const auto seconds = now.time_since_epoch().count();
  const json::object claims{{"iss", client_id},
                            {"sub", client_id},
                            {"aud", audience},
                            {"jti", random_token(16)},
                            {"iat", seconds},
                            {"nbf", seconds},
                            {"exp", seconds + std::chrono::seconds(kGood).count()}};
  const std::string text =
      base64url(json::serialize(header)) + "." + base64url(json::serialize(claims));
  const std::string signature = signature_of(key.get(), *way, text);
  if (signature.empty()) return failure("署名できません", "the key can't sign");
  return text + "." + base64url(signature);
}

Result<void> show_client(const OidcOptions& oidc, const Provider& provider, Time now,
                         TokenRequest& request) {
  const auto& said = provider.client_methods;
  const std::string id = percent_encoded(oidc.client_id);
  const std::string kept = oidc.client_secret();
  if (kept.starts_with("-----BEGIN ")) {
    if (!said.empty() && !takes(said, "private_key_jwt"))
      return no_way(provider, "private_key_jwt");
    const auto text =
        client_assertion(kept, oidc.client_id, provider.token, provider.client_algorithms, now);
    if (!text) return std::unexpected(text.error());
    request.body += fmt::format("&client_id={}&client_assertion_type={}&client_assertion={}", id,
                                percent_encoded(kAssertionType), *text);
    return {};
  }
  const std::string secret = percent_encoded(kept);
  if (secret.empty())
    request.body += "&client_id=" + id;
  else if (said.empty() || takes(said, "client_secret_basic"))  // RFC 6749, 2.3.1
    request.headers.push_back("Authorization: Basic " + base64(id + ":" + secret));
  else if (takes(said, "client_secret_post"))
    request.body += "&client_id=" + id + "&client_secret=" + secret;
  else
    return no_way(provider, "client_secret_basic, client_secret_post");
  return {};
}

}  // namespace sekisho
