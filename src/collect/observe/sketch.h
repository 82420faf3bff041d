// SPDX-License-Identifier: Apache-2.0
// How many different things there were: exactly while they are few, by HyperLogLog after.
//
// One block of 2^B bytes serves both: first as a hash table of as many hashes as fit, and, once it
// is three quarters full, as 2^B registers (Flajolet et al. 2007). Which of the two it is depends
// only on the set of hashes, so merging gives the same in any order. A hash's register and nearly
// always its place in the table lie in the same cache line, which is looked at as a whole: how far
// one has to look in it can't be foretold.
//
// Of 64-bit hashes no two are the same in practice. Of 32-bit ones, 48 of them, two are in one
// sketch of four million; registers lose nothing by it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "collect/observe/branchless.h"

namespace sekisho {

template <unsigned kBits, typename Hash>
struct Sketch {
  static_assert(kBits >= 7 && kBits <= 16);
  static constexpr std::size_t kBytes = std::size_t{1} << kBits;
  static constexpr unsigned kHashBits = sizeof(Hash) * 8;
  static constexpr std::size_t kSlots = kBytes / sizeof(Hash);
  static constexpr std::uint16_t kMostExact = kSlots * 3 / 4;
  static constexpr std::size_t kLineBytes = 64;
  static constexpr std::size_t kLines = kBytes / kLineBytes;
  /// The state of a block that holds registers; before that, the state is the number of hashes.
  static constexpr std::uint16_t kDense = 0xffff;
  /// A register's highest value: of all bits but the first kBits, all were zero.
  static constexpr std::uint8_t kTop = kHashBits - kBits + 1;
  /// The standard error of an estimate, as a share.
  static double error() { return 1.04 / std::sqrt(static_cast<double>(kBytes)); }

  static void add(std::uint8_t* block, std::uint16_t& state, Hash hash) {
    if (state == kDense) {
      note(block, hash);
      return;
    }
    if (hash == 0) hash = 1;
    std::size_t line = hash >> (kHashBits - std::countr_zero(kLines));
    while (true) {
      std::uint8_t* const slots = block + line * kLineBytes;
      const unsigned same = equal(slots, hash);
      const unsigned place = same != 0 ? same : equal(slots, 0);
      if (place == 0) {  // full of others
        line = (line + 1) % kLines;
        continue;
      }
      const auto added = static_cast<std::uint16_t>(one_if(same == 0));
      if (added != 0 && state == kMostExact) {
        condense(block, state);
        note(block, hash);
        return;
      }
      // Written again where it is there.
      std::memcpy(slots + static_cast<std::size_t>(std::countr_zero(place)) * sizeof hash, &hash,
                  sizeof hash);
      state = static_cast<std::uint16_t>(state + added);
      return;
    }
  }

  static void merge(std::uint8_t* block, std::uint16_t& state, const std::uint8_t* other,
                    std::uint16_t other_state) {
    if (other_state != kDense) {
      for (std::size_t slot = 0; slot < kSlots; ++slot)
        if (const Hash hash = at(other, slot); hash != 0) add(block, state, hash);
      return;
    }
    if (state != kDense) condense(block, state);
    for (std::size_t i = 0; i < kBytes; ++i) block[i] = std::max(block[i], other[i]);
  }

  /// The count where it is exact; otherwise Ertl's estimate ("New cardinality estimation algorithms
  /// for HyperLogLog sketches", 2017, algorithm 6), which needs no correction at either end.
  static double count(const std::uint8_t* block, std::uint16_t state) {
    if (state != kDense) return state;
    std::array<double, kTop + 1> histogram{};
    for (std::size_t i = 0; i < kBytes; ++i) histogram[std::min(block[i], kTop)] += 1;
    const double m = kBytes;
    double z = m * tau(1 - histogram[kTop] / m);
    for (std::size_t k = kTop - 1; k >= 1; --k) z = 0.5 * (z + histogram[k]);
    z += m * sigma(histogram[0] / m);
    return m * m / (2 * std::log(2.0) * z);
  }

  /// What `add` does to a dense block.
  static void note(std::uint8_t* block, Hash hash) {
    std::uint8_t& at = block[hash >> (kHashBits - kBits)];
    // The lowest bit stands in for the end of the hash.
    const auto rank = static_cast<std::uint8_t>(
        std::countl_zero(static_cast<Hash>(hash << kBits) | (Hash{1} << (kBits - 1))) + 1);
    at = std::max(at, rank);
  }
  static Hash at(const std::uint8_t* block, std::size_t slot) {
    Hash hash = 0;
    std::memcpy(&hash, block + slot * sizeof hash, sizeof hash);
    return hash;
  }

 private:
  /// A bit for each slot of a line that holds `hash`, the first lowest.
  static unsigned equal(const std::uint8_t* line, Hash hash) {
#ifdef __SSE2__
    if constexpr (sizeof(Hash) == 4) {
      const __m128i wanted = _mm_set1_epi32(static_cast<int>(hash));
      const auto quarter = [&](std::size_t i) {
        return _mm_cmpeq_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(line) + i), wanted);
      };
      const __m128i all = _mm_packs_epi16(_mm_packs_epi32(quarter(0), quarter(1)),
                                          _mm_packs_epi32(quarter(2), quarter(3)));
      return static_cast<unsigned>(_mm_movemask_epi8(all));
    }
#endif
    unsigned bits = 0;
    for (std::size_t i = 0; i < kLineBytes / sizeof(Hash); ++i)
      bits |= static_cast<unsigned>(one_if(at(line, i) == hash) << i);
    return bits;
  }
  static void condense(std::uint8_t* block, std::uint16_t& state) {
    std::array<std::uint8_t, kBytes> hashes;  // NOLINT(*-member-init): filled at once
    std::memcpy(hashes.data(), block, kBytes);
    std::memset(block, 0, kBytes);
    state = kDense;
    for (std::size_t slot = 0; slot < kSlots; ++slot)
      if (const Hash hash = at(hashes.data(), slot); hash != 0) note(block, hash);
  }
  static double sigma(double x) {
    if (x == 1) return INFINITY;
    double y = 1;
    double z = x;
    for (double before = -1; before != z; y += y) {
      x *= x;
      before = z;
      z += x * y;
    }
    return z;
  }
  static double tau(double x) {
    if (x == 0 || x == 1) return 0;
    double y = 1;
    double z = 1 - x;
    for (double before = -1; before != z;) {
      x = std::sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    }
    return z / 3;
  }
};

}  // namespace sekisho
