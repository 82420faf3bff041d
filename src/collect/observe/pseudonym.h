// SPDX-License-Identifier: Apache-2.0
// Addresses that can be shown to others: replaced under a key, one to one, so that addresses with
// the same first bits still have the same first bits (Xu, Fan, Ammar, Moon 2002: Crypto-PAn).
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "collect/observe/address.h"

struct evp_cipher_ctx_st;

namespace sekisho {

/// 16 bytes for AES-128, 16 that the padding is made from.
using PseudonymKey = std::array<std::uint8_t, 32>;

class Pseudonyms {
 public:
  explicit Pseudonyms(const PseudonymKey& key);
  Address of(const Address& address) const;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  using Block = std::array<std::uint8_t, 16>;
  Block encrypted(const Block& block) const;
  std::unique_ptr<evp_cipher_ctx_st, Free> cipher_;
  Block pad_{};
};

}  // namespace sekisho
