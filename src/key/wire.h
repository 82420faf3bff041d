// SPDX-License-Identifier: Apache-2.0
// How the PKCS #11 module asks the agent, over a Unix socket that belongs to this alone: a frame is
// its length (4 bytes, the highest first) and so many bytes, the first of which says what it is.
// Nothing but the language is used here: the module lives in other people's programs.
//
//   identity (1), nothing more        -> ok (0), then seven strings, each behind its length:
//                                        certificate, subject, issuer and serial (DER), the public
//                                        point (uncompressed, 65 bytes), an id of the key, the
//                                        device
//   sign (2), 32 bytes of a digest    -> ok (0), then r and s (32 bytes each)
//
// Anything else that answers is a refusal. Both ends are of one package; a frame of a kind that an
// older end doesn't know is `malformed` to it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sekisho::key_wire {

inline constexpr const char* kModuleSocket = "/run/sekisho/key.sock";
inline constexpr std::size_t kLengthBytes = 4;
inline constexpr std::size_t kDigestBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;
inline constexpr std::size_t kPointBytes = 65;
inline constexpr std::size_t kIdentityParts = 7;
/// Of an answer; a certificate of the organisation's authority has some 600 bytes.
inline constexpr std::size_t kMostAnswer = 8192;

enum class Ask : std::uint8_t { identity = 1, sign = 2 };

enum class WireAnswer : std::uint8_t {
  ok = 0,
  not_yours = 1,  // who asks does not use this device
  no_key = 2,     // there is none, or its certificate has ended
  too_many = 3,   // too fast
  malformed = 4,
};

}  // namespace sekisho::key_wire
