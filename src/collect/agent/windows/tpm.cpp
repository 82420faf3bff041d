// SPDX-License-Identifier: Apache-2.0
// By Windows' Platform Crypto Provider (Microsoft's reference of CNG: Key Storage Functions). It
// keeps the key under a name, for this machine and not for a person: who enrols is not the service
// that reports.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "collect/agent/tpm.h"

#include <windows.h>
// These need windows.h before them.
#include <bcrypt.h>
#include <ncrypt.h>

#include <array>
#include <cstring>
#include <vector>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/base.h"
#include "base/crypto.h"
#include "collect/agent/shown_key.h"

namespace sekisho {
namespace {

constexpr std::string_view kHeading = "-----BEGIN SEKISHO PLATFORM KEY-----\n";
constexpr std::string_view kFooting = "\n-----END SEKISHO PLATFORM KEY-----\n";
constexpr std::size_t kCoordinate = 32;  // bytes, of P-256

/// A provider or a key.
class Handle {
 public:
  Handle() = default;
  ~Handle() {
    if (handle_ != 0) ::NCryptFreeObject(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  NCRYPT_HANDLE* into() { return &handle_; }
  NCRYPT_HANDLE get() const { return handle_; }

 private:
  NCRYPT_HANDLE handle_ = 0;
};

bool done(SECURITY_STATUS status) { return status == ERROR_SUCCESS; }

/// SubjectPublicKeyInfo (RFC 5480, 2); empty where it can't be had.
std::string public_half(NCRYPT_HANDLE key) {
  std::array<BYTE, sizeof(BCRYPT_ECCKEY_BLOB) + 2 * kCoordinate> blob{};
  DWORD size = 0;
  BCRYPT_ECCKEY_BLOB head{};
  if (!done(::NCryptExportKey(key, 0, BCRYPT_ECCPUBLIC_BLOB, nullptr, blob.data(),
                              static_cast<DWORD>(blob.size()), &size, 0)) ||
      size != blob.size())
    return {};
  std::memcpy(&head, blob.data(), sizeof(head));
  if (head.dwMagic != BCRYPT_ECDSA_PUBLIC_P256_MAGIC || head.cbKey != kCoordinate) return {};
  // id-ecPublicKey, prime256v1, an uncompressed point.
  constexpr std::array<unsigned char, 27> kPrefix{
      0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
      0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  std::string der(kPrefix.begin(), kPrefix.end());
  der.append(blob.begin() + sizeof(head), blob.end());
  return der;
}

ECDSA_SIG* signature(NCRYPT_HANDLE key, std::span<const unsigned char> digest) {
  // ECDSA takes as many bits of a digest as the curve has (FIPS 186-5, 6.4.1).
  std::vector<BYTE> given(digest.begin(), digest.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                               digest.size(), kCoordinate)));
  std::array<BYTE, 2 * kCoordinate> both{};  // r, s (IEEE P1363)
  DWORD size = 0;
  if (!done(::NCryptSignHash(key, nullptr, given.data(), static_cast<DWORD>(given.size()),
                             both.data(), static_cast<DWORD>(both.size()), &size,
                             NCRYPT_SILENT_FLAG)) ||
      size != both.size())
    return nullptr;
  ECDSA_SIG* made = ECDSA_SIG_new();
  ECDSA_SIG_set0(made, BN_bin2bn(both.data(), kCoordinate, nullptr),
                 BN_bin2bn(both.data() + kCoordinate, kCoordinate, nullptr));
  return made;
}

std::shared_ptr<EVP_PKEY> shown(std::shared_ptr<Handle> key) {
  const std::string public_key = public_half(key->get());
  return shown_key(public_key, [key = std::move(key)](std::span<const unsigned char> digest) {
    return signature(key->get(), digest);
  });
}

std::wstring name_in_provider(std::string_view name) { return {name.begin(), name.end()}; }

}  // namespace

TpmKey make_tpm_key() {
  const std::string name = "Sekisho " + hex(random_bytes(8));
  Handle provider;
  const auto key = std::make_shared<Handle>();
  if (!done(::NCryptOpenStorageProvider(provider.into(), MS_PLATFORM_CRYPTO_PROVIDER, 0)) ||
      !done(::NCryptCreatePersistedKey(provider.get(), key->into(), BCRYPT_ECDSA_P256_ALGORITHM,
                                       name_in_provider(name).c_str(), 0,
                                       NCRYPT_MACHINE_KEY_FLAG)) ||
      !done(::NCryptFinalizeKey(key->get(), NCRYPT_SILENT_FLAG)))
    return {};
  TpmKey made{shown(key), std::string(kHeading) + name + std::string(kFooting)};
  ERR_clear_error();
  return made.key ? made : TpmKey{};
}

bool is_tpm_key(const std::string& pem) { return pem.starts_with(kHeading); }

TpmKey open_tpm_key(const std::string& pem) {
  std::string_view name = pem;
  name.remove_prefix(kHeading.size());
  name = name.substr(0, name.find('\n'));
  Handle provider;
  const auto key = std::make_shared<Handle>();
  if (!done(::NCryptOpenStorageProvider(provider.into(), MS_PLATFORM_CRYPTO_PROVIDER, 0)) ||
      !done(::NCryptOpenKey(provider.get(), key->into(), name_in_provider(name).c_str(), 0,
                            NCRYPT_MACHINE_KEY_FLAG | NCRYPT_SILENT_FLAG)))
    return {};
  TpmKey opened{shown(key), pem};
  ERR_clear_error();
  return opened.key ? opened : TpmKey{};
}

}  // namespace sekisho
