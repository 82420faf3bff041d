// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <mutex>

#include "store/sqlite/file.h"

namespace sekisho {
namespace {

struct Known {
  std::mutex mutex;
  std::map<std::filesystem::path, std::weak_ptr<OpenFiles>> files;
};
Known& known() {
  static Known all;
  return all;
}

std::filesystem::path place_of(const std::filesystem::path& path) {
  std::error_code error;
  auto place = std::filesystem::absolute(path, error);
  return error ? path : place.lexically_normal();
}

}  // namespace

OpenFiles::OpenFiles(const std::filesystem::path& path)
    : path_(path),
      log_(path.string() + "-wal"),
      file_is_(identity_of(path_)),
      log_is_(identity_of(log_)) {}

bool OpenFiles::in_place() const {
  return identity_of(path_) == file_is_ && (!log_is_ || identity_of(log_) == log_is_);
}

std::shared_ptr<OpenFiles> OpenFiles::at(const std::filesystem::path& path) {
  const std::lock_guard lock(known().mutex);
  const auto found = known().files.find(place_of(path));
  return found == known().files.end() ? nullptr : found->second.lock();
}

std::shared_ptr<OpenFiles> OpenFiles::opened(const std::filesystem::path& path) {
  const auto place = place_of(path);
  const std::lock_guard lock(known().mutex);
  std::weak_ptr<OpenFiles>& kept = known().files[place];
  auto files = kept.lock();
  if (!files) {
    files = std::shared_ptr<OpenFiles>(new OpenFiles(place));
    kept = files;
  }
  std::erase_if(known().files, [](const auto& one) { return one.second.expired(); });
  return files;
}

}  // namespace sekisho
