// SPDX-License-Identifier: Apache-2.0
#include "server/people/id_token_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/crypto.h"
#include "server/people/id_token.h"
#include "server/people/openssl_owned.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

constexpr int kLeastBits = 2048;  // RFC 7518, 3.3
constexpr int kMostBits = 8192;
constexpr std::size_t kLongestExponent = 8;  // bytes

enum class Kind : std::uint8_t { rsa, pss, ec, ed };
struct Algorithm {
  std::string_view name;
  Kind kind;
  const char* digest;
  std::string_view curve{};  // as a JWK names it, and OpenSSL as well
  std::size_t bytes = 0;     // of a coordinate, and of either number of a signature
};
constexpr std::array<Algorithm, 11> kAlgorithms{{
    {"RS256", Kind::rsa, "SHA256"},
    {"RS384", Kind::rsa, "SHA384"},
    {"RS512", Kind::rsa, "SHA512"},
    {"PS256", Kind::pss, "SHA256"},
    {"PS384", Kind::pss, "SHA384"},
    {"PS512", Kind::pss, "SHA512"},
    {"ES256", Kind::ec, "SHA256", "P-256", 32},
    {"ES384", Kind::ec, "SHA384", "P-384", 48},
    {"ES512", Kind::ec, "SHA512", "P-521", 66},
    {"EdDSA", Kind::ed, nullptr},
    {"Ed25519", Kind::ed, nullptr},
}};

const Algorithm* algorithm_of(std::string_view name) {
  const auto* const found = std::ranges::find(kAlgorithms, name, &Algorithm::name);
  return found == kAlgorithms.end() ? nullptr : found;
}

/// A member as bytes; empty where it isn't base64url, or is longer than any that is used.
std::string number_at(const json::value& jwk, std::string_view name) {
  const std::string text = text_at(jwk, name);
  if (text.empty() || text.size() > 2 * kMostBits / 8 || text.ends_with('=')) return {};
  return from_base64url(text).value_or("");
}

EvpKey key_from(const char* type, const OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(const_cast<OSSL_PARAM_BLD*>(builder)));
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return EvpKey(key);
}

/// RFC 7518, 6.3.1.
EvpKey rsa_key(const json::value& jwk) {
  const std::string n = number_at(jwk, "n");
  const std::string e = number_at(jwk, "e");
  if (n.empty() || e.empty() || e.size() > kLongestExponent) return nullptr;
  const Number modulus(BN_bin2bn(bytes_of(n), static_cast<int>(n.size()), nullptr));
  const Number exponent(BN_bin2bn(bytes_of(e), static_cast<int>(e.size()), nullptr));
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastBits || bits > kMostBits || BN_is_odd(modulus.get()) == 0 ||
      BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) != 0)
    return nullptr;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  return key_from("RSA", builder.get());
}

/// RFC 7518, 6.2.1. OpenSSL takes no point that isn't on the curve.
EvpKey ec_key(const json::value& jwk, const Algorithm& algorithm) {
  const std::string x = number_at(jwk, "x");
  const std::string y = number_at(jwk, "y");
  if (text_at(jwk, "crv") != algorithm.curve || x.size() != algorithm.bytes ||
      y.size() != algorithm.bytes)
    return nullptr;
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                      algorithm.curve.data(), algorithm.curve.size()) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1)
    return nullptr;
  return key_from("EC", builder.get());
}

bool is_for(const json::value& jwk, std::string_view algorithm) {
  const json::object& members = jwk.get_object();
  for (const auto& [name, wanted] :
       {std::pair<std::string_view, std::string_view>{"use", "sig"}, {"alg", algorithm}})
    if (members.contains(name) && text_at(jwk, name) != wanted) return false;
  const json::value* uses = members.if_contains("key_ops");
  return uses == nullptr ||
         (uses->is_array() && std::ranges::any_of(uses->get_array(), [](auto& u) {
            return u.is_string() && u.get_string() == "verify";
          }));
}

/// The two numbers as DER, as OpenSSL reads them (RFC 7518, 3.4 has them side by side).
std::string as_der(std::string_view signature, const Algorithm& algorithm) {
  const auto number = [&](std::size_t from) {
    return BN_bin2bn(bytes_of(signature.substr(from)), static_cast<int>(algorithm.bytes), nullptr);
  };
  const EcdsaPair pair(ECDSA_SIG_new());
  if (!pair || ECDSA_SIG_set0(pair.get(), number(0), number(algorithm.bytes)) != 1) return {};
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  CRYPTO_free(der, "", 0);  // OPENSSL_free writes the path of this file into the program
  return out;
}

/// For RSASSA-PSS the salt is as long as the digest (RFC 7518, 3.5).
bool set_padding(EVP_PKEY_CTX* context, Kind kind) {
  return kind != Kind::pss ||
         (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

bool verifies(EVP_PKEY* key, const Algorithm& algorithm, std::string_view text,
              std::string_view signature) {
  const EvpDigest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;  // the digest's
  return EVP_DigestVerifyInit_ex(digest.get(), &context, algorithm.digest, nullptr, nullptr, key,
                                 nullptr) == 1 &&
         set_padding(context, algorithm.kind) &&
         EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

Signed verified(const json::value& jwk, const Algorithm& algorithm, std::string_view text,
                std::string_view signature) {
  const std::string type = text_at(jwk, "kty");
  if (algorithm.kind == Kind::ed) {
    if (type != "OKP" || text_at(jwk, "crv") != "Ed25519") return Signed::key_unfit;
    const std::string x = text_at(jwk, "x");
    if (number_at(jwk, "x").size() != 32) return Signed::key_unfit;
    return signature_valid(x, text, base64url(signature)) ? Signed::yes : Signed::no;
  }
  const bool ec = algorithm.kind == Kind::ec;
  if (type != (ec ? "EC" : "RSA")) return Signed::key_unfit;
  const EvpKey key = ec ? ec_key(jwk, algorithm) : rsa_key(jwk);
  if (!key) return Signed::key_unfit;
  // One form for each signature: no shorter one, and nothing in front of it or behind.
  const auto wanted =
      ec ? 2 * algorithm.bytes : static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
  if (signature.size() != wanted) return Signed::no;
  const std::string der = ec ? as_der(signature, algorithm) : std::string(signature);
  return verifies(key.get(), algorithm, text, der) ? Signed::yes : Signed::no;
}

}  // namespace

bool is_signature_algorithm(std::string_view name) { return algorithm_of(name) != nullptr; }

Signed signed_by(const json::value& jwk, std::string_view algorithm, std::string_view text,
                 std::string_view signature) {
  const Algorithm* known = algorithm_of(algorithm);
  if (known == nullptr || !jwk.is_object() || !is_for(jwk, algorithm)) return Signed::key_unfit;
  const Signed found = verified(jwk, *known, text, signature);
  ERR_clear_error();  // what failed here is nothing to who uses OpenSSL next
  return found;
}

}  // namespace sekisho
