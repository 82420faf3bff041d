// SPDX-License-Identifier: Apache-2.0
#include "server/devices/turn.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/base.h"
#include "base/crypto.h"

namespace sekisho {

Turn Turn::of(std::string kept) {
  const std::size_t dot = kept.find('.');
  const std::int64_t number =
      dot == std::string::npos ? 0 : whole_number(std::string_view(kept).substr(0, dot));
  return {std::max<std::int64_t>(number, 0), std::move(kept)};
}

Turns::Turns(std::string_view authority_key_pem)
    : key_(sha256("sekisho turns " + std::string(authority_key_pem))) {}

std::string Turns::proof(std::string_view device, std::string_view kept) const {
  const std::string said = fmt::format("{} {}", device, kept);
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(said.data()), said.size(), mac.data(), &size);
  return base64url({reinterpret_cast<const char*>(mac.data()), size});
}

std::string Turns::give(std::string_view device, std::int64_t number) const {
  const std::string kept = fmt::format("{}.{}", number, random_token(12));
  return kept + "." + proof(device, kept);
}

Turn Turns::read(std::string_view device, std::string_view shown) const {
  const std::size_t dot = shown.rfind('.');
  if (dot != std::string_view::npos) {
    const std::string_view kept = shown.substr(0, dot);
    if (equal_in_constant_time(shown.substr(dot + 1), proof(device, kept)))
      return Turn::of(std::string(kept));
  }
  return {0, secret_hash(shown)};
}

}  // namespace sekisho
