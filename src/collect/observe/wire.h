// SPDX-License-Identifier: Apache-2.0
// The small parts of the tally's form on the wire (docs/observe-format.md): LEB128 numbers, fixed
// words in little endian, and sketches.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "collect/observe/hash.h"

namespace sekisho {

/// What any one number may be: sums of many of them still fit into 64 bits.
inline constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 56U;

/// Tells keys apart without telling anything of them.
inline std::uint64_t key_mark(const HashKey& key) {
  SipHash<2, 4> hash(key);
  hash.word(0x6b736f6873696b65ULL);
  return hash.end();
}

class WireWriter {
 public:
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  void raw(std::string_view bytes) { text_.append(bytes); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) text_.push_back(static_cast<char>(value | 0x80U));
    text_.push_back(static_cast<char>(value));
  }
  void fixed64(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> 8 * i);
    text_.append(bytes.data(), bytes.size());
  }
  /// Exact: how many, and each hash rising. Dense: one more than the most that are exact, and the
  /// registers.
  template <typename Sketch>
  void sketch(const std::uint8_t* block, std::uint16_t state) {
    if (state == Sketch::kDense) {
      number(Sketch::kMostExact + 1U);
      registers<Sketch>(block);
      return;
    }
    std::vector<std::uint64_t> hashes;
    hashes.reserve(state);
    for (std::size_t slot = 0; slot < Sketch::kSlots; ++slot)
      if (const std::uint64_t hash = Sketch::at(block, slot); hash != 0) hashes.push_back(hash);
    std::ranges::sort(hashes);
    number(hashes.size());
    for (const std::uint64_t hash : hashes) fixed64(hash);
  }
  template <typename Sketch>
  void registers(const std::uint8_t* block) {
    text_.append(reinterpret_cast<const char*>(block), Sketch::kBytes);  // NOLINT: bytes as bytes
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

/// After the first thing that is not right, nothing is good any more and all numbers are 0.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : bytes_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return bytes_.empty(); }

  std::string_view raw(std::size_t size) {
    if (!good_ || bytes_.size() < size) return fail();
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  std::uint64_t number(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const std::string_view byte = raw(1);
      if (byte.empty()) return 0;
      const auto bits = static_cast<std::uint8_t>(byte[0]);
      value |= std::uint64_t{bits & 0x7fU} << shift;
      if (bits >= 0x80) continue;
      if (value > most || (bits == 0 && shift > 0)) fail();  // one way to write each number
      return good_ ? value : 0;
    }
    fail();
    return 0;
  }
  std::uint64_t fixed64() {
    const std::string_view bytes = raw(8);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = value << 8U | static_cast<std::uint8_t>(bytes[i]);
    return value;
  }
  template <typename Sketch>
  void sketch(std::uint8_t* block, std::uint16_t& state) {
    const std::uint64_t size = number(Sketch::kMostExact + 1U);
    if (size <= Sketch::kMostExact) {
      std::uint64_t before = 0;
      for (std::uint64_t i = 0; i < size && good_; ++i) {
        const std::uint64_t hash = fixed64();
        if (hash <= before) fail();
        before = hash;
        if (good_) Sketch::add(block, state, hash);
      }
      return;
    }
    state = Sketch::kDense;
    registers<Sketch>(block);
  }
  template <typename Sketch>
  void registers(std::uint8_t* block) {
    const std::string_view bytes = raw(Sketch::kBytes);
    if (bytes.empty()) return;
    std::ranges::copy(bytes, block);
    if (*std::max_element(block, block + Sketch::kBytes) > Sketch::kTop) fail();
  }

 private:
  std::string_view fail() {
    good_ = false;
    bytes_ = {};
    return {};
  }
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace sekisho
