// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace sekisho {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* d) { EVP_MD_CTX_free(d); })>;

constexpr std::size_t kKeyBytes = 32;        // Ed25519 seeds and public keys (RFC 8032, 5.1.5)
constexpr std::size_t kSignatureBytes = 64;  // RFC 8032, 5.1.6

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// RFC 4648, 4, with padding.
std::string encoded(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Key private_key(const std::string& seed) {
  return Key(seed.size() != kKeyBytes ? nullptr
                                      : EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                                     bytes_of(seed), kKeyBytes));
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  // Without chance no secret is one: there is no going on.
  if (RAND_bytes(bytes_of(bytes), static_cast<int>(count)) != 1) std::abort();
  return bytes;
}

std::string random_token(std::size_t bytes) { return base64url(random_bytes(bytes)); }

std::string base64(std::string_view bytes) { return encoded(bytes); }

std::string base64url(std::string_view bytes) {
  std::string out = encoded(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string padded(text);
  for (char& c : padded) c = c == '-' ? '+' : c == '_' ? '/' : c;
  padded.append((4 - padded.size() % 4) % 4, '=');
  std::string out(padded.size() / 4 * 3, '\0');
  if (!padded.empty() &&
      EVP_DecodeBlock(bytes_of(out), bytes_of(padded), static_cast<int>(padded.size())) < 0)
    return std::nullopt;
  out.resize(text.size() * 3 / 4);
  // One form for each content: no other alphabet, no blanks, nothing left over at the end.
  if (base64url(out) != text) return std::nullopt;
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string sha256(std::string_view text) {
  std::string digest(32, '\0');
  if (EVP_Digest(text.data(), text.size(), bytes_of(digest), nullptr, EVP_sha256(), nullptr) != 1)
    std::abort();
  return digest;
}

std::string secret_hash(std::string_view secret) { return hex(sha256(secret)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

SigningKey new_signing_key() {
  const std::string seed = random_bytes(kKeyBytes);
  std::string open(kKeyBytes, '\0');
  std::size_t size = open.size();
  const Key key = private_key(seed);
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), bytes_of(open), &size) != 1) std::abort();
  return {base64url(seed), base64url(open)};
}

std::string sign(const std::string& seed, std::string_view message) {
  const Key key = private_key(from_base64url(seed).value_or(""));
  const Digest digest(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (!key || EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), bytes_of(signature), &size, bytes_of(message), message.size()) !=
          1)
    return {};
  return base64url(signature);
}

namespace {

/// Points of a small order, in every form that is read (as libsodium refuses them): a signature by
/// such a key holds for any text.
bool has_small_order(std::string_view key) {
  static const std::array<std::string, 7> kPoints{
      std::string(32, '\0'), std::string("\x01") + std::string(31, '\0'),
      // Of order 8.
      "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33"
      "\x39"
      "\xb1\x38\x02\x88\x6d\x53\xfc\x05",
      "\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc"
      "\xc6"
      "\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
      // p - 1, p and p + 1.
      "\xec" + std::string(30, '\xff') + "\x7f", "\xed" + std::string(30, '\xff') + "\x7f",
      "\xee" + std::string(30, '\xff') + "\x7f"};
  // The last bit is the sign of the other coordinate.
  std::string plain(key);
  plain.back() = static_cast<char>(static_cast<unsigned char>(plain.back()) & 0x7FU);
  return std::ranges::find(kPoints, plain) != kPoints.end();
}

}  // namespace

bool signature_valid(const std::string& public_key, std::string_view message,
                     std::string_view signature) {
  const auto raw = from_base64url(public_key);
  const auto bytes = from_base64url(signature);
  if (!raw || !bytes || raw->size() != kKeyBytes || bytes->size() != kSignatureBytes ||
      has_small_order(*raw))
    return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*raw), kKeyBytes));
  const Digest digest(EVP_MD_CTX_new());
  return key && EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(digest.get(), bytes_of(*bytes), bytes->size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace sekisho
