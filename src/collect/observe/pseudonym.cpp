// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/pseudonym.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace sekisho {

void Pseudonyms::Free::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

Pseudonyms::Pseudonyms(const PseudonymKey& key) : cipher_(EVP_CIPHER_CTX_new()) {
  if (!cipher_ ||
      EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_ecb(), nullptr, key.data(), nullptr) != 1)
    throw std::bad_alloc();
  EVP_CIPHER_CTX_set_padding(cipher_.get(), 0);
  Block half{};
  std::copy(key.begin() + 16, key.end(), half.begin());
  pad_ = encrypted(half);
}

Pseudonyms::Block Pseudonyms::encrypted(const Block& block) const {
  Block out{};
  int size = 0;
  EVP_EncryptUpdate(cipher_.get(), out.data(), &size, block.data(), static_cast<int>(block.size()));
  return out;
}

Address Pseudonyms::of(const Address& address) const {
  // IPv4 is an address of 32 bits of its own, as the paper has it.
  const unsigned bits = address.is_v4() ? 32 : 128;
  std::array<std::uint8_t, 16> original{};
  for (unsigned i = 0; i < bits / 8; ++i)
    original[i] = static_cast<std::uint8_t>(
        address.is_v4() ? address.v4_bits() >> (24 - 8 * i)
                        : (i < 8 ? address.high >> (56 - 8 * i) : address.low >> (120 - 8 * i)));
  std::array<std::uint8_t, 16> flips{};
  for (unsigned known = 0; known < bits; ++known) {
    // The first `known` bits of the address, then the padding's.
    Block block = pad_;
    for (unsigned i = 0; i < known / 8; ++i) block[i] = original[i];
    if (known % 8 != 0) {
      const auto mask = static_cast<std::uint8_t>(0xff00U >> known % 8);
      block[known / 8] =
          static_cast<std::uint8_t>((original[known / 8] & mask) | (pad_[known / 8] & ~mask));
    }
    flips[known / 8] =
        static_cast<std::uint8_t>(flips[known / 8] << 1U | encrypted(block)[0] >> 7U);
  }
  Address out;
  if (bits == 32) {
    std::uint32_t v4 = 0;
    for (unsigned i = 0; i < 4; ++i)
      v4 = v4 << 8U | static_cast<std::uint32_t>(original[i] ^ flips[i]);
    return Address::v4(v4);
  }
  for (unsigned i = 0; i < 8; ++i) {
    out.high = out.high << 8U | static_cast<std::uint64_t>(original[i] ^ flips[i]);
    out.low = out.low << 8U | static_cast<std::uint64_t>(original[i + 8] ^ flips[i + 8]);
  }
  return out;
}

}  // namespace sekisho
