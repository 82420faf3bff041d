// SPDX-License-Identifier: Apache-2.0
// Zeroed memory that the system gives only where it is written to, in large pages where it has
// them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace sekisho {

/// An array of `T`s that are all zero bits at first. Its size is what it may grow to at most.
template <typename T>
class Reserved {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit Reserved(std::size_t size) : bytes_(size * sizeof(T) + kLargePage) {
    mapped_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped_ == MAP_FAILED) throw std::bad_alloc();
    ::madvise(mapped_, bytes_, MADV_HUGEPAGE);
    std::size_t room = bytes_;
    void* at = mapped_;
    at_ = static_cast<T*>(std::align(kLargePage, size * sizeof(T), at, room));
  }
  ~Reserved() {
    if (mapped_ != nullptr) ::munmap(mapped_, bytes_);
  }
  Reserved(Reserved&& other) noexcept
      : mapped_(std::exchange(other.mapped_, nullptr)),
        at_(std::exchange(other.at_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Reserved& operator=(Reserved&& other) noexcept {
    std::swap(mapped_, other.mapped_);
    std::swap(at_, other.at_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;

  T* get() const { return at_; }
  T& operator[](std::size_t i) const { return at_[i]; }

 private:
  static constexpr std::size_t kLargePage = std::size_t{2} << 20U;
  void* mapped_ = nullptr;
  T* at_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace sekisho
