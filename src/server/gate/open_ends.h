// SPDX-License-Identifier: Apache-2.0
// What is open through the gate, remembered beyond the program's own end: whoever was let in and
// whom nobody knows any more has to be out as well.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/base.h"
#include "base/file.h"
#include "server/gate/original.h"

namespace sekisho {

/// Clients' ends of connections, each in a place of its own. Those in a file stand there also after
/// the program was killed: it is mapped, so that noting one writes to memory alone. (When the
/// machine goes down, so do the connections.) One thread at a time.
class OpenEnds {
 public:
  /// How many there may be at once: the file has this many places of 24 bytes.
  static constexpr std::size_t kMost = std::size_t{1} << 17U;
  using Slot = std::uint32_t;

  /// In memory alone.
  OpenEnds();
  /// In this file as well. An error where it can't be written, isn't one of ours, or another
  /// program has it.
  static Result<OpenEnds> in_file(const std::filesystem::path& file);
  OpenEnds(OpenEnds&&) noexcept = default;
  OpenEnds& operator=(OpenEnds&&) noexcept = default;
  OpenEnds(const OpenEnds&) = delete;
  OpenEnds& operator=(const OpenEnds&) = delete;
  ~OpenEnds() = default;

  /// Nothing when all places are taken.
  std::optional<Slot> add(const ClientEnd& end);
  void drop(Slot slot);
  /// What is in it, of this program and of those before it.
  std::vector<std::pair<Slot, ClientEnd>> all() const;

 private:
  struct Place {
    std::array<std::uint8_t, 16> address{};
    std::uint16_t port = 0;
    std::uint8_t taken = 0;
    std::array<std::uint8_t, 5> unused{};
  };
  static_assert(sizeof(Place) == 24);
  struct Unmap {
    void operator()(Place* places) const;
  };

  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Place[], Unmap> places_;
  std::vector<Slot> free_;
};

}  // namespace sekisho
