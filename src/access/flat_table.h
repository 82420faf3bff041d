// SPDX-License-Identifier: Apache-2.0
// What is known of whatever has a number, in rows that lie side by side: a look is one wait for
// memory. A value that is false isn't there; none is ever taken away.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "access/large_allocator.h"
#include "base/crypto.h"

namespace sekisho {

template <typename Value>
class FlatTable {
 public:
  std::size_t size() const { return size_; }

  /// Null where nothing is.
  const Value* find(std::uint64_t number) const {
    if (rows_.empty()) return nullptr;
    const Row& row = rows_[place(number)];
    return row.value ? &row.value : nullptr;
  }
  /// Of a number that has one another takes its place.
  void put(std::uint64_t number, Value value) {
    if (!value) return;
    if (size_ * 2 >= rows_.size()) grow(rows_.size() * 2);
    Row& row = rows_[place(number)];
    if (!row.value) ++size_;
    row = {number, std::move(value)};
  }
  void reserve(std::size_t count) {
    if (count * 2 > rows_.size()) grow(count * 2);
  }

  /// Whether both have the same of the same numbers, of which `same` judges.
  template <typename Same>
  bool equals(const FlatTable& other, Same same) const {
    return size_ == other.size_ && std::ranges::all_of(rows_, [&](const Row& row) {
             if (!row.value) return true;
             const Value* found = other.find(row.number);
             return found != nullptr && same(row.value, *found);
           });
  }

 private:
  struct Row {
    std::uint64_t number = 0;
    Value value{};
  };
  using Rows = std::vector<Row, LargeAllocator<Row>>;

  /// Where it is, or would be. By a secret multiplier: nobody outside can choose numbers that meet.
  std::size_t place(std::uint64_t number) const {
    std::size_t at = number * multiplier_ >> shift_;
    while (rows_[at].value && rows_[at].number != number) at = (at + 1) & (rows_.size() - 1);
    return at;
  }
  void grow(std::size_t least) {
    constexpr std::size_t kFewest = 16;
    const Rows before = std::exchange(rows_, Rows(std::bit_ceil(std::max(least, kFewest))));
    shift_ = std::countl_zero(rows_.size() - 1);
    for (const Row& row : before)
      if (row.value) rows_[place(row.number)] = row;
  }
  static std::uint64_t random_odd() {
    std::uint64_t number = 1;
    for (const char c : random_bytes(sizeof number - 1))
      number = number << 8U | static_cast<unsigned char>(c);
    return number << 1U | 1U;
  }

  Rows rows_;  // a power of two, at most half full, so that a search ends
  std::size_t size_ = 0;
  int shift_ = 0;
  std::uint64_t multiplier_ = random_odd();
};

}  // namespace sekisho
