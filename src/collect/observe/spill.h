// SPDX-License-Identifier: Apache-2.0
// Bytes that are needed again later, in a file without a name instead of in memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

namespace sekisho {

/// Several threads may use it at once.
class Spill {
 public:
  Spill() = default;
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  struct Place {
    std::uint64_t offset = 0;
    bool in_memory = false;  // where there is no room on the disk
  };
  Place put(std::span<const std::uint8_t> bytes);
  /// False where the disk doesn't give as much back.
  bool get(Place place, std::span<std::uint8_t> into) const;
  /// Gives its room back.
  void drop(Place place, std::uint64_t size) const;
  /// Whether anything lies in memory.
  bool in_memory() const { return memory_.end > 0; }

 private:
  struct File {
    int file = -1;
    std::atomic<std::uint64_t> end = 0;
  };
  void open();

  File disk_;
  File memory_;
  std::once_flag opened_;
};

}  // namespace sekisho
