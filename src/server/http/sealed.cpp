// SPDX-License-Identifier: Apache-2.0
#include "server/http/sealed.h"

#include <sodium.h>

#include "base/crypto.h"

namespace sekisho {
namespace {

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string sealing_key(std::string_view secret) {
  static_assert(crypto_secretbox_KEYBYTES == 32);
  return sha256("sealed by " + std::string(secret));
}

}  // namespace

std::string sealed(std::string_view secret, std::string_view text) {
  const std::string nonce = random_bytes(crypto_secretbox_NONCEBYTES);
  std::string box(text.size() + crypto_secretbox_MACBYTES, '\0');
  crypto_secretbox_easy(reinterpret_cast<unsigned char*>(box.data()), raw(text), text.size(),
                        raw(nonce), raw(sealing_key(secret)));
  return base64url(nonce + box);
}

std::optional<std::string> unsealed(std::string_view secret, std::string_view text) {
  const auto bytes = from_base64url(text);
  constexpr std::size_t kLeast = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!bytes || bytes->size() < kLeast) return std::nullopt;
  const std::string_view box = std::string_view(*bytes).substr(crypto_secretbox_NONCEBYTES);
  std::string open(bytes->size() - kLeast, '\0');
  if (crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(open.data()), raw(box),
                                 box.size(), raw(*bytes), raw(sealing_key(secret))) != 0)
    return std::nullopt;
  return open;
}

}  // namespace sekisho
