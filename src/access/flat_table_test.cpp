// SPDX-License-Identifier: Apache-2.0
#include "access/flat_table.h"

#include <functional>
#include <random>
#include <unordered_map>

#include <gtest/gtest.h>

namespace sekisho {
namespace {

/// As a map has it, of numbers that lie together, far apart, and at either end.
TEST(FlatTable, HasWhatWasPutLastAndNothingElse) {
  std::mt19937_64 random(1);
  FlatTable<int> table;
  EXPECT_EQ(table.find(0), nullptr);
  std::unordered_map<std::uint64_t, int> map;
  for (int i = 1; i <= 20'000; ++i) {
    const std::uint64_t number = i % 3 == 0   ? random() % 5'000
                                 : i % 3 == 1 ? 0 - random() % 5'000
                                              : random();
    table.put(number, i);
    map[number] = i;
  }
  EXPECT_EQ(table.size(), map.size());
  for (const auto& [number, value] : map) {
    ASSERT_NE(table.find(number), nullptr);
    EXPECT_EQ(*table.find(number), value);
  }
  for (std::uint64_t number = 0; number < 10'000; ++number)
    EXPECT_EQ(table.find(number) != nullptr, map.contains(number));
}

TEST(FlatTable, WhatIsNothingIsNotPut) {
  FlatTable<int> table;
  table.put(7, 0);
  EXPECT_EQ(table.size(), 0U);
  table.put(7, 1);
  table.put(7, 0);
  EXPECT_EQ(*table.find(7), 1);
}

/// Rows lie elsewhere in each table: by what they say two are the same.
TEST(FlatTable, EqualsByWhatItSays) {
  const auto same = [](const FlatTable<int>& a, const FlatTable<int>& b) {
    return a.equals(b, std::equal_to()) && b.equals(a, std::equal_to());
  };
  FlatTable<int> one;
  FlatTable<int> other;
  EXPECT_TRUE(same(one, other));
  for (int i = 1; i <= 100; ++i) one.put(static_cast<std::uint64_t>(i), i);
  other.reserve(5'000);
  for (int i = 100; i >= 1; --i) other.put(static_cast<std::uint64_t>(i), i);
  EXPECT_TRUE(same(one, other));
  EXPECT_TRUE(same(one, FlatTable<int>(other)));
  other.put(50, 51);
  EXPECT_FALSE(same(one, other));
  other.put(50, 50);
  other.put(0, 1);
  EXPECT_FALSE(same(one, other));
}

/// What fills large pages is put on them; it works as any other.
TEST(FlatTable, LargeOnesLieOnLargePages) {
  LargeAllocator<std::uint64_t> allocator;
  constexpr std::size_t kCount = LargeAllocator<std::uint64_t>::kPage / sizeof(std::uint64_t);
  std::uint64_t* made = allocator.allocate(kCount + 1);
  EXPECT_EQ(std::bit_cast<std::uintptr_t>(made) % LargeAllocator<std::uint64_t>::kPage, 0U);
  made[kCount] = 1;
  allocator.deallocate(made, kCount + 1);
  std::uint64_t* small = allocator.allocate(3);
  small[2] = 1;
  allocator.deallocate(small, 3);
}

}  // namespace
}  // namespace sekisho
