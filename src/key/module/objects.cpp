// SPDX-License-Identifier: Apache-2.0
#include "key/module/objects.h"

#include <cstring>

namespace sekisho::pkcs11 {
namespace {

constexpr CK_BBOOL kYes = CK_TRUE;
constexpr CK_BBOOL kNo = CK_FALSE;
constexpr CK_ULONG kCertificateClass = CKO_CERTIFICATE;
constexpr CK_ULONG kPrivateClass = CKO_PRIVATE_KEY;
constexpr CK_ULONG kPublicClass = CKO_PUBLIC_KEY;
constexpr CK_ULONG kX509 = CKC_X_509;
constexpr CK_ULONG kEc = CKK_EC;
constexpr CK_ULONG kCategory = 0;  // unspecified
constexpr CK_ULONG kNoMechanism = kUnavailable;
constexpr std::array<std::uint8_t, 10> kP256{0x06, 0x08, 0x2A, 0x86, 0x48,
                                             0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::array<std::uint8_t, 7> kLabel{'S', 'e', 'k', 'i', 's', 'h', 'o'};

ModuleBytes bytes(const void* value, std::size_t size) {
  return {static_cast<const std::uint8_t*>(value), size};
}
template <typename Value>
ModuleBytes of(const Value& value) {
  return bytes(&value, sizeof value);
}
ModuleBytes yes_or_no(bool value) { return of(value ? kYes : kNo); }

/// The value of an attribute; no data: the object has no such. A size of 0 with data is empty.
ModuleBytes common(const KeyIdentity& identity, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_CLASS:
      return of(object == kCertificate  ? kCertificateClass
                : object == kPrivateKey ? kPrivateClass
                                        : kPublicClass);
    case CKA_TOKEN: return yes_or_no(true);
    case CKA_PRIVATE:  // seen without a PIN: the agent says who may use it
    case CKA_MODIFIABLE:
    case CKA_COPYABLE: return yes_or_no(false);
    case CKA_LABEL: return of(kLabel);
    case CKA_ID: return identity.parts[KeyIdentity::id];
    case CKA_SUBJECT: return identity.parts[KeyIdentity::subject];
    default: return {};
  }
}

ModuleBytes of_certificate(const KeyIdentity& identity, CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_CERTIFICATE_TYPE: return of(kX509);
    case CKA_CERTIFICATE_CATEGORY: return of(kCategory);
    case CKA_TRUSTED: return yes_or_no(false);
    case CKA_ISSUER: return identity.parts[KeyIdentity::issuer];
    case CKA_SERIAL_NUMBER: return identity.parts[KeyIdentity::serial];
    case CKA_VALUE: return identity.parts[KeyIdentity::certificate];
    default: return {};
  }
}

ModuleBytes of_key(const KeyIdentity& identity, bool is_private, CK_ATTRIBUTE_TYPE type) {
  switch (type) {
    case CKA_KEY_TYPE: return of(kEc);
    case CKA_EC_PARAMS: return of(kP256);
    case CKA_EC_POINT: return is_private ? ModuleBytes{} : of(identity.wrapped_point);
    case CKA_SIGN: return is_private ? yes_or_no(true) : ModuleBytes{};
    case CKA_VERIFY: return is_private ? ModuleBytes{} : yes_or_no(true);
    case CKA_SENSITIVE:
    case CKA_ALWAYS_SENSITIVE:
    case CKA_NEVER_EXTRACTABLE: return is_private ? yes_or_no(true) : ModuleBytes{};
    case CKA_EXTRACTABLE:
    case CKA_ALWAYS_AUTHENTICATE:
    case CKA_WRAP_WITH_TRUSTED:
    case CKA_DECRYPT:
    case CKA_SIGN_RECOVER:
    case CKA_UNWRAP: return is_private ? yes_or_no(false) : ModuleBytes{};
    case CKA_ENCRYPT:
    case CKA_VERIFY_RECOVER:
    case CKA_WRAP: return is_private ? ModuleBytes{} : yes_or_no(false);
    case CKA_DERIVE:
    case CKA_LOCAL: return yes_or_no(false);
    case CKA_KEY_GEN_MECHANISM: return of(kNoMechanism);
    default: return {};
  }
}

ModuleBytes value_of(const KeyIdentity& identity, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  const ModuleBytes shared = common(identity, object, type);
  if (shared.data != nullptr) return shared;
  return object == kCertificate ? of_certificate(identity, type)
                                : of_key(identity, object == kPrivateKey, type);
}

/// What of a private key nobody reads.
bool is_secret(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type) {
  return object == kPrivateKey && type == CKA_VALUE;
}

CK_RV read_one(const KeyIdentity& identity, CK_OBJECT_HANDLE object, CK_ATTRIBUTE& wanted) {
  const ModuleBytes value = value_of(identity, object, wanted.type);
  const bool secret = is_secret(object, wanted.type);
  if (secret || value.data == nullptr) {
    wanted.ulValueLen = kUnavailable;
    return secret ? CKR_ATTRIBUTE_SENSITIVE : CKR_ATTRIBUTE_TYPE_INVALID;
  }
  if (wanted.pValue == nullptr) {
    wanted.ulValueLen = value.size;
    return CKR_OK;
  }
  if (wanted.ulValueLen < value.size) {
    wanted.ulValueLen = kUnavailable;
    return CKR_BUFFER_TOO_SMALL;
  }
  std::memcpy(wanted.pValue, value.data, value.size);
  wanted.ulValueLen = value.size;
  return CKR_OK;
}

}  // namespace

bool matches(const KeyIdentity& identity, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE* wanted,
             CK_ULONG count) {
  for (CK_ULONG i = 0; i < count; ++i) {
    const ModuleBytes value = value_of(identity, object, wanted[i].type);
    if (value.data == nullptr || wanted[i].pValue == nullptr ||
        wanted[i].ulValueLen != value.size ||
        std::memcmp(wanted[i].pValue, value.data, value.size) != 0)
      return false;
  }
  return true;
}

CK_RV read(const KeyIdentity& identity, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
           CK_ULONG count) {
  CK_RV worst = CKR_OK;
  for (CK_ULONG i = 0; i < count; ++i)
    if (const CK_RV one = read_one(identity, object, wanted[i]); one != CKR_OK) worst = one;
  return worst;
}

}  // namespace sekisho::pkcs11
