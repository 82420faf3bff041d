// SPDX-License-Identifier: Apache-2.0
// A key of a provider could be given to OpenSSL as it is, but then either the provider is preferred
// for everything, or OpenSSL's own ECDSA is tried first, with the public half alone. So the key is
// shown to OpenSSL as one of its own whose signing asks elsewhere (EC_KEY_METHOD: deprecated, and
// in OpenSSL 3 still the way of PKCS #11's modules).
#include "collect/agent/shown_key.h"

#include <array>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace sekisho {
namespace {

void forget(void* /*parent*/, void* sign, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*number*/,
            void* /*pointer*/) {
  delete static_cast<SignDigest*>(sign);  // NOLINT(cppcoreguidelines-owning-memory): the EC_KEY's
}

/// Where an EC_KEY keeps what signs for it.
int place() {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, forget);
  return index;
}

ECDSA_SIG* sign_elsewhere(const unsigned char* digest, int size, const BIGNUM* /*kinv*/,
                          const BIGNUM* /*r*/, EC_KEY* shown) {
  const auto* sign = static_cast<const SignDigest*>(EC_KEY_get_ex_data(shown, place()));
  return (*sign)({digest, static_cast<std::size_t>(size)});
}

const EC_KEY_METHOD* method() {
  static const EC_KEY_METHOD* made = [] {
    EC_KEY_METHOD* own = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned*, const BIGNUM*,
                const BIGNUM*, EC_KEY*) = nullptr;
    int (*setup)(EC_KEY*, BN_CTX*, BIGNUM**, BIGNUM**) = nullptr;
    EC_KEY_METHOD_get_sign(own, &sign, &setup, nullptr);
    EC_KEY_METHOD_set_sign(own, sign, setup, sign_elsewhere);
    return own;
  }();
  return made;
}

bool signs(EC_KEY* key) {
  constexpr std::array<unsigned char, 32> kDigest{1};
  const std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG* s) { ECDSA_SIG_free(s); })> signature(
      ECDSA_do_sign(kDigest.data(), kDigest.size(), key));
  return signature && ECDSA_do_verify(kDigest.data(), kDigest.size(), signature.get(), key) == 1;
}

}  // namespace

std::shared_ptr<EVP_PKEY> shown_key(const std::string& public_key, SignDigest sign) {
  const auto* at = reinterpret_cast<const unsigned char*>(public_key.data());
  const std::unique_ptr<EC_KEY, decltype([](EC_KEY* k) { EC_KEY_free(k); })> half(
      d2i_EC_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
  std::shared_ptr<EVP_PKEY> out(EVP_PKEY_new(), [](EVP_PKEY* k) { EVP_PKEY_free(k); });
  auto held = std::make_unique<SignDigest>(std::move(sign));
  if (!half || !out || EC_KEY_set_method(half.get(), method()) != 1 ||
      EC_KEY_set_ex_data(half.get(), place(), held.get()) != 1)
    return nullptr;
  (void)held.release();  // the EC_KEY's now
  if (!signs(half.get()) || EVP_PKEY_set1_EC_KEY(out.get(), half.get()) != 1) return nullptr;
  return out;
}

}  // namespace sekisho

#pragma GCC diagnostic pop
