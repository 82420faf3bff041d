// SPDX-License-Identifier: Apache-2.0
// A small system in a folder, for tests: written file by file, and gone at the end.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sekisho {

class TempRoot {
 public:
  TempRoot() {
    std::string name = (std::filesystem::temp_directory_path() / "sekisho-test.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TempRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempRoot(const TempRoot&) = delete;
  TempRoot& operator=(const TempRoot&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path at(std::string_view inside) const {
    return path_.string() + std::string(inside);
  }

  /// "/etc/x" a file with `content`, "/etc/x|0640" the same with a mode, "/etc/d/" a folder,
  /// "/etc/l -> target" a symbolic link.
  void add(std::string entry, std::string_view content = {}) const {
    if (const auto arrow = entry.find(" -> "); arrow != std::string::npos) {
      const auto link = at(entry.substr(0, arrow));
      std::filesystem::create_directories(link.parent_path());
      std::filesystem::create_symlink(entry.substr(arrow + 4), link);
      return;
    }
    mode_t mode = 0;
    if (const auto bar = entry.find('|'); bar != std::string::npos) {
      mode = static_cast<mode_t>(std::stoul(entry.substr(bar + 1), nullptr, 8));
      entry.resize(bar);
    }
    const auto file = at(entry);
    if (entry.ends_with('/')) {
      std::filesystem::create_directories(file);
    } else {
      std::filesystem::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << content;
    }
    if (mode != 0) ::chmod(file.c_str(), mode);
  }

 private:
  std::filesystem::path path_;
};

}  // namespace sekisho
