// Bytes that are needed again later, in a file without a name instead of in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sekisho {

class Spill {
 public:
  Spill() = default;
  ~Spill();
  Spill(Spill&& other) noexcept;
  Spill& operator=(Spill&&) = delete;
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  struct Place {
    std::string memory;  // where there is no room in a file
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t sum = 0;  // CRC-32 of what is in the file
  };
  Place put(const std::string& bytes);
  /// Nothing where the disk doesn't give back what was put there.
  std::optional<std::string> get(const Place& place) const;
  /// Gives its room back.
  void drop(const Place& place) const;

 private:
  int file_ = -1;
  bool tried_ = false;
  std::uint64_t end_ = 0;
};

}  // namespace sekisho
