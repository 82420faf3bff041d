// SPDX-License-Identifier: Apache-2.0
// Where an agent keeps its things. Given to whatever writes, so that tests can have it fail at any
// place.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

class Disk {
 public:
  Disk() = default;
  virtual ~Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  virtual std::expected<std::string, FileProblem> read(const std::filesystem::path& file,
                                                       std::size_t most) = 0;
  /// For its owner alone, and durable when it returns; after an error the file is what it was
  /// before, or what it was to be.
  virtual Result<void> write(const std::filesystem::path& file, std::string_view content) = 0;
  virtual Result<void> rename(const std::filesystem::path& from,
                              const std::filesystem::path& to) = 0;
  virtual void remove(const std::filesystem::path& file) = 0;
  virtual Result<void> make_folder(const std::filesystem::path& folder) = 0;
  /// The names in a folder, in any order; none where there is no such folder.
  virtual Result<std::vector<std::string>> list(const std::filesystem::path& folder) = 0;
  /// Held by one process until it lets go; null where another has it or it cannot be made.
  virtual std::shared_ptr<void> lock(const std::filesystem::path& file) = 0;
  /// Removes what a crash left half written.
  virtual void tidy(const std::filesystem::path& folder) = 0;
};

/// The machine's own.
Disk& real_disk();

}  // namespace sekisho
