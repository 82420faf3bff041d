// SPDX-License-Identifier: Apache-2.0
// Internal to the module: the three objects of the token, by what the agent says of its key. All
// are made on the fly; none can be made, changed or read further than this.
#pragma once

#include <p11-kit/pkcs11.h>

#include "key/module/ask.h"

namespace sekisho::pkcs11 {

inline constexpr CK_OBJECT_HANDLE kCertificate = 1;
inline constexpr CK_OBJECT_HANDLE kPrivateKey = 2;
inline constexpr CK_OBJECT_HANDLE kPublicKey = 3;
inline constexpr CK_OBJECT_HANDLE kObjects = 3;

/// CK_UNAVAILABLE_INFORMATION, which the header writes as a cast of C.
inline constexpr CK_ULONG kUnavailable = ~CK_ULONG{0};

/// Whether the object has all of these attributes, with these values.
bool matches(const KeyIdentity& identity, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE* wanted,
             CK_ULONG count);
/// As C_GetAttributeValue (PKCS #11 2.40, 5.7): each in turn, and the worst of what there was.
CK_RV read(const KeyIdentity& identity, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
           CK_ULONG count);

}  // namespace sekisho::pkcs11
