// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/disk.h"

#include "base/durable.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;

class RealDisk : public Disk {
 public:
  std::expected<std::string, FileProblem> read(const fs::path& file, std::size_t most) override {
    return read_regular_file(file, most);
  }
  Result<void> write(const fs::path& file, std::string_view content) override {
    return write_file_atomically(file, content, 0600);
  }
  Result<void> rename(const fs::path& from, const fs::path& to) override {
    return rename_durably(from, to);
  }
  void remove(const fs::path& file) override {
    std::error_code ignored;
    fs::remove(file, ignored);
  }
  Result<void> make_folder(const fs::path& folder) override { return make_private_folder(folder); }
  Result<std::vector<std::string>> list(const fs::path& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      names.push_back(it->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory)
      return failure("フォルダーを読めません。", "the folder cannot be read.", folder.string());
    return names;
  }
  std::shared_ptr<void> lock(const fs::path& file) override {
    auto lock = std::make_shared<FileLock>(file);
    return lock->held() ? lock : nullptr;
  }
  void tidy(const fs::path& folder) override { remove_leftovers(folder); }
};

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

}  // namespace sekisho
