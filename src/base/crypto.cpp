#include "base/crypto.h"

#include <cstdlib>

#include <fmt/format.h>
#include <sodium.h>

namespace sekisho {
namespace {

/// libsodium has to be started once, by whoever comes first.
void start() {
  if (sodium_init() < 0) std::abort();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string encoded(std::string_view bytes, int variant) {
  std::string out(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes_of(bytes), bytes.size(), variant);
  out.resize(out.size() - 1);  // its terminator
  return out;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  start();
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return bytes;
}

std::string random_token(std::size_t bytes) { return base64url(random_bytes(bytes)); }
std::string base64url(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string base64(std::string_view bytes) {
  return encoded(bytes, sodium_base64_VARIANT_ORIGINAL);
}

std::optional<std::string> from_base64url(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes_of(out), out.size(), text.data(), text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      end != text.data() + text.size())
    return std::nullopt;
  out.resize(size);
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string sha256(std::string_view text) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(bytes_of(digest), bytes_of(text), text.size());
  return digest;
}

std::string secret_hash(std::string_view secret) { return hex(sha256(secret)); }

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

SigningKey new_signing_key() {
  const std::string seed = random_bytes(crypto_sign_SEEDBYTES);
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(open), bytes_of(secret), bytes_of(seed));
  return {base64url(seed), base64url(open)};
}

std::string sign(const std::string& seed, std::string_view message) {
  const std::string raw = from_base64url(seed).value_or("");
  if (raw.size() != crypto_sign_SEEDBYTES) return {};
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(open), bytes_of(secret), bytes_of(raw));
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(message), message.size(),
                       bytes_of(secret));
  return base64url(signature);
}

bool signature_valid(const std::string& public_key, std::string_view message,
                     std::string_view signature) {
  const auto key = from_base64url(public_key);
  const auto bytes = from_base64url(signature);
  return key && bytes && key->size() == crypto_sign_PUBLICKEYBYTES &&
         bytes->size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(bytes_of(*bytes), bytes_of(message), message.size(),
                                     bytes_of(*key)) == 0;
}

}  // namespace sekisho
