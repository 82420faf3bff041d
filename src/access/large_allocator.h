// SPDX-License-Identifier: Apache-2.0
// For tables that are asked in no order: where one fills the processor's large pages it is put on
// them, so that a look waits for its row only, and not for where that is as well.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace sekisho {

template <typename T>
struct LargeAllocator {
  using value_type = T;
  static constexpr std::size_t kPage = std::size_t{2} << 20U;

  LargeAllocator() = default;
  template <typename Other>
  explicit LargeAllocator(const LargeAllocator<Other>& /*other*/) {}

  T* allocate(std::size_t count) {
    if (count * sizeof(T) < kPage) return std::allocator<T>().allocate(count);
    const std::size_t bytes = (count * sizeof(T) + kPage - 1) / kPage * kPage;
    void* made = std::aligned_alloc(kPage, bytes);
    if (made == nullptr) throw std::bad_alloc();
    // A wish: where it isn't granted all is as slow as it was.
    (void)madvise(made, bytes, MADV_HUGEPAGE);
    return static_cast<T*>(made);
  }
  void deallocate(T* made, std::size_t count) {
    if (count * sizeof(T) < kPage)
      std::allocator<T>().deallocate(made, count);
    else
      std::free(made);
  }
  bool operator==(const LargeAllocator&) const = default;
};

}  // namespace sekisho
