// A key of the provider could be given to OpenSSL as it is, but then either the provider is
// preferred for everything, or OpenSSL's own ECDSA is tried first, with the public half alone. So
// the key is shown to OpenSSL as one of its own whose signing asks the TPM (EC_KEY_METHOD:
// deprecated, and in OpenSSL 3 still the way of PKCS #11's modules).
#define OPENSSL_SUPPRESS_DEPRECATED
#include "collect/agent/tpm.h"

#include <array>
#include <cstdlib>
#include <filesystem>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

namespace sekisho {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using Context =
    std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* c) { EVP_PKEY_CTX_free(c); })>;
using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;

constexpr const char* kProvider = "provider=tpm2";
constexpr std::string_view kHeading = "-----BEGIN TSS2 PRIVATE KEY-----";

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

void forget(void* /*parent*/, void* key, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*number*/,
            void* /*pointer*/) {
  EVP_PKEY_free(static_cast<EVP_PKEY*>(key));
}

/// Where an EC_KEY keeps the key of the TPM that signs for it.
int place() {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, forget);
  return index;
}

const EVP_MD* digest_of(int bytes) {
  return bytes == 32   ? EVP_sha256()
         : bytes == 48 ? EVP_sha384()
         : bytes == 64 ? EVP_sha512()
                       : nullptr;
}

ECDSA_SIG* sign_by_tpm(const unsigned char* digest, int size, const BIGNUM* /*kinv*/,
                       const BIGNUM* /*r*/, EC_KEY* shown) {
  auto* key = static_cast<EVP_PKEY*>(EC_KEY_get_ex_data(shown, place()));
  const Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, kProvider));
  std::array<unsigned char, 128> der{};
  std::size_t bytes = der.size();
  if (!context || EVP_PKEY_sign_init(context.get()) <= 0 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), digest_of(size)) <= 0 ||
      EVP_PKEY_sign(context.get(), der.data(), &bytes, digest, static_cast<std::size_t>(size)) <= 0)
    return nullptr;
  const unsigned char* at = der.data();
  return d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes));
}

const EC_KEY_METHOD* method() {
  static const EC_KEY_METHOD* made = [] {
    EC_KEY_METHOD* own = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned*, const BIGNUM*,
                const BIGNUM*, EC_KEY*) = nullptr;
    int (*setup)(EC_KEY*, BN_CTX*, BIGNUM**, BIGNUM**) = nullptr;
    EC_KEY_METHOD_get_sign(own, &sign, &setup, nullptr);
    EC_KEY_METHOD_set_sign(own, sign, setup, sign_by_tpm);
    return own;
  }();
  return made;
}

/// The public half as OpenSSL's own kind of key, whose signatures `key` makes.
std::shared_ptr<EVP_PKEY> shown(Key key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> held(
      der);
  const unsigned char* at = der;
  const std::unique_ptr<EC_KEY, decltype([](EC_KEY* k) { EC_KEY_free(k); })> half(
      size <= 0 ? nullptr : d2i_EC_PUBKEY(nullptr, &at, size));
  Key out(EVP_PKEY_new());
  if (!half || !out || EC_KEY_set_method(half.get(), method()) != 1 ||
      EC_KEY_set_ex_data(half.get(), place(), key.get()) != 1)
    return nullptr;
  (void)key.release();  // the EC_KEY's now
  if (EVP_PKEY_set1_EC_KEY(out.get(), half.get()) != 1) return nullptr;
  return {out.release(), [](EVP_PKEY* k) { EVP_PKEY_free(k); }};
}

}  // namespace

TpmKey make_tpm_key() {
  TpmKey made;
  Key key(tpm_at_hand() ? EVP_PKEY_Q_keygen(nullptr, kProvider, "EC", "P-256") : nullptr);
  const Bio bio(BIO_new(BIO_s_mem()));
  if (key && bio &&
      PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    made.pem.assign(text, static_cast<std::size_t>(size));
    made.key = shown(std::move(key));
  }
  ERR_clear_error();
  return made;
}

bool is_tpm_key(const std::string& pem) { return pem.starts_with(kHeading); }

TpmKey open_tpm_key(const std::string& pem) {
  TpmKey opened;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(tpm_at_hand()
              ? PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr, nullptr, nullptr, kProvider)
              : nullptr);
  if (key) opened = {shown(std::move(key)), pem};
  ERR_clear_error();
  return opened;
}

}  // namespace sekisho
