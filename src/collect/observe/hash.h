// SPDX-License-Identifier: Apache-2.0
// SipHash (Aumasson, Bernstein 2012): a keyed hash, so that nobody who doesn't know the key can
// choose addresses that a sketch miscounts.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "collect/observe/address.h"

namespace sekisho {

/// 128 secret bits. Sketches merge only when they were made with the same ones.
struct HashKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  bool operator==(const HashKey&) const = default;
};

/// Of 16 bytes, little endian.
inline HashKey hash_key(std::string_view bytes) {
  HashKey key;
  std::memcpy(&key.first, bytes.data(), 8);
  std::memcpy(&key.second, bytes.data() + 8, 8);
  return key;
}

/// SipHash-c-d of whole 64-bit words (little endian as bytes) and a last word that carries what is
/// left over and the length, as its specification has it.
template <int kRounds, int kFinalRounds>
class SipHash {
 public:
  explicit SipHash(const HashKey& key)
      : v_{key.first ^ 0x736f6d6570736575ULL, key.second ^ 0x646f72616e646f6dULL,
           key.first ^ 0x6c7967656e657261ULL, key.second ^ 0x7465646279746573ULL} {}

  void word(std::uint64_t word) {
    v_[3] ^= word;
    for (int i = 0; i < kRounds; ++i) round();
    v_[0] ^= word;
  }
  std::uint64_t end() {
    v_[2] ^= 0xff;
    for (int i = 0; i < kFinalRounds; ++i) round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void round() {
    v_[0] += v_[1];
    v_[2] += v_[3];
    v_[1] = std::rotl(v_[1], 13) ^ v_[0];
    v_[3] = std::rotl(v_[3], 16) ^ v_[2];
    v_[0] = std::rotl(v_[0], 32);
    v_[2] += v_[1];
    v_[0] += v_[3];
    v_[1] = std::rotl(v_[1], 17) ^ v_[2];
    v_[3] = std::rotl(v_[3], 21) ^ v_[0];
    v_[2] = std::rotl(v_[2], 32);
  }
  std::array<std::uint64_t, 4> v_;
};

/// SipHash-1-3 of an address: its 4 bytes, or its 16. `hash_v4` does it for many at once.
inline std::uint64_t hash_of(const HashKey& key, const Address& address) {
  SipHash<1, 3> hash(key);
  if (address.is_v4()) {
    hash.word((std::uint64_t{4} << 56U) | address.v4_bits());
  } else {
    hash.word(address.low);
    hash.word(address.high);
    hash.word(std::uint64_t{16} << 56U);
  }
  return hash.end();
}

/// Folded multiplication, quicker than SipHash: with a part of a key in either, nobody who doesn't
/// know it can choose what it gives.
inline std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// The same as `hash_of` of as many IPv4 addresses as there is room for hashes.
void hash_v4(const HashKey& key, std::span<const std::uint32_t> addresses,
             std::span<std::uint64_t> hashes);

}  // namespace sekisho
