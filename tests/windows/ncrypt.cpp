// SPDX-License-Identifier: Apache-2.0
// Takes the place of Windows' ncrypt.dll in a test: wine has no Platform Crypto Provider and no
// ECDSA keys in any. Of the functions that the agent calls it does what Microsoft's reference says
// (CNG: Key Storage Functions), and refuses what a TPM refuses: a signature of anything but 32
// bytes, and a key that another machine made. Its keys are files in C:\platform-keys.
#include <windows.h>
// These need windows.h before them.
#include <bcrypt.h>
#include <ncrypt.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace {

namespace fs = std::filesystem;

constexpr DWORD kCoordinate = 32;
const fs::path kKeys = R"(C:\platform-keys)";

struct Object {
  EVP_PKEY* key = nullptr;  // of a key that is finalized
  std::wstring name;        // of a key
};

Object* object(NCRYPT_HANDLE handle) {
  return reinterpret_cast<Object*>(handle);  // NOLINT(performance-no-int-to-ptr): handles are
}
NCRYPT_HANDLE handle(Object* made) { return reinterpret_cast<NCRYPT_HANDLE>(made); }

}  // namespace

extern "C" {

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptOpenStorageProvider(NCRYPT_PROV_HANDLE* into,
                                                                       LPCWSTR name, DWORD flags) {
  if (std::wstring(name) != MS_PLATFORM_CRYPTO_PROVIDER || flags != 0) return NTE_INVALID_PARAMETER;
  // A machine without a TPM.
  if (!fs::exists(kKeys)) return NTE_PROV_TYPE_NOT_DEF;
  *into = handle(new Object);
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptCreatePersistedKey(NCRYPT_PROV_HANDLE provider,
                                                                      NCRYPT_KEY_HANDLE* into,
                                                                      LPCWSTR algorithm,
                                                                      LPCWSTR name, DWORD kind,
                                                                      DWORD flags) {
  if (provider == 0 || std::wstring(algorithm) != BCRYPT_ECDSA_P256_ALGORITHM || kind != 0 ||
      flags != NCRYPT_MACHINE_KEY_FLAG)
    return NTE_INVALID_PARAMETER;
  if (fs::exists(kKeys / name)) return NTE_EXISTS;
  *into = handle(new Object{nullptr, name});
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptFinalizeKey(NCRYPT_KEY_HANDLE key, DWORD) {
  Object& made = *object(key);
  made.key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  std::FILE* file = std::fopen((kKeys / made.name).string().c_str(), "wb");
  if (file == nullptr) return NTE_FAIL;
  PEM_write_PrivateKey(file, made.key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptOpenKey(NCRYPT_PROV_HANDLE provider,
                                                           NCRYPT_KEY_HANDLE* into, LPCWSTR name,
                                                           DWORD kind, DWORD flags) {
  if (provider == 0 || kind != 0 || (flags & NCRYPT_MACHINE_KEY_FLAG) == 0)
    return NTE_INVALID_PARAMETER;
  std::FILE* file = std::fopen((kKeys / name).string().c_str(), "rb");
  if (file == nullptr) return NTE_BAD_KEYSET;
  EVP_PKEY* key = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  *into = handle(new Object{key, name});
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptExportKey(NCRYPT_KEY_HANDLE key,
                                                             NCRYPT_KEY_HANDLE, LPCWSTR form,
                                                             NCryptBufferDesc*, PBYTE into,
                                                             DWORD room, DWORD* size, DWORD) {
  // What is private leaves a TPM in no form.
  if (std::wstring(form) != BCRYPT_ECCPUBLIC_BLOB) return NTE_NOT_SUPPORTED;
  std::array<unsigned char, 1 + 2 * kCoordinate> point{};
  std::size_t bytes = 0;
  EVP_PKEY_get_octet_string_param(object(key)->key, OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                  point.size(), &bytes);
  const BCRYPT_ECCKEY_BLOB head{BCRYPT_ECDSA_PUBLIC_P256_MAGIC, kCoordinate};
  *size = sizeof(head) + 2 * kCoordinate;
  if (into == nullptr) return ERROR_SUCCESS;
  if (room < *size) return NTE_BUFFER_TOO_SMALL;
  std::memcpy(into, &head, sizeof(head));
  std::memcpy(into + sizeof(head), point.data() + 1, 2 * kCoordinate);
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptSignHash(NCRYPT_KEY_HANDLE key, VOID* padding,
                                                            PBYTE digest, DWORD digest_size,
                                                            PBYTE into, DWORD room, DWORD* size,
                                                            DWORD) {
  if (padding != nullptr || digest_size != kCoordinate) return NTE_INVALID_PARAMETER;
  *size = 2 * kCoordinate;
  if (into == nullptr) return ERROR_SUCCESS;
  if (room < *size) return NTE_BUFFER_TOO_SMALL;
  std::array<unsigned char, 128> der{};
  std::size_t bytes = der.size();
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(object(key)->key, nullptr);
  const bool made = EVP_PKEY_sign_init(context) == 1 &&
                    EVP_PKEY_sign(context, der.data(), &bytes, digest, digest_size) == 1;
  EVP_PKEY_CTX_free(context);
  if (!made) return NTE_FAIL;
  const unsigned char* at = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(bytes));
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), into, kCoordinate);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), into + kCoordinate, kCoordinate);
  ECDSA_SIG_free(signature);
  return ERROR_SUCCESS;
}

__declspec(dllexport) SECURITY_STATUS WINAPI NCryptFreeObject(NCRYPT_HANDLE freed) {
  EVP_PKEY_free(object(freed)->key);
  delete object(freed);
  return ERROR_SUCCESS;
}

}  // extern "C"
