// SPDX-License-Identifier: Apache-2.0
#include "server/http/watched.h"

#include <sys/stat.h>

#include <memory>
#include <utility>

namespace sekisho {

WatchedFiles::Stamp WatchedFiles::stamp_of(const std::string& path) {
  struct stat at{};
  if (::stat(path.c_str(), &at) != 0) return {};
  return {at.st_mtim.tv_sec, at.st_mtim.tv_nsec, at.st_ino, at.st_size};
}

WatchedFiles::WatchedFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  (void)changed();
}

bool WatchedFiles::changed() {
  std::vector<Stamp> fresh;
  for (const std::string& path : paths_) fresh.push_back(stamp_of(path));
  if (fresh == stamps_) return false;
  stamps_ = std::move(fresh);
  return true;
}

Result<std::shared_ptr<SecretFile>> SecretFile::open(const std::string& path) {
  std::shared_ptr<SecretFile> file(new SecretFile(path));
  if (auto read = file->read(); !read) return std::unexpected(read.error());
  return file;
}

std::string SecretFile::value() const {
  const std::lock_guard lock(mutex_);
  return value_;
}

Result<void> SecretFile::read() {
  constexpr std::size_t kMost = 16'384;  // a key and its certificate
  const auto text = read_input_file(path_, kMost);
  if (!text) return std::unexpected(text.error());
  const std::string_view secret = trim(std::string_view(*text));
  if (secret.empty())  // perhaps it is just being written
    return failure("ファイルに何も書かれていません。", "there is nothing in the file.", path_);
  value_ = secret;
  return {};
}

Result<void> SecretFile::refresh(bool now) {
  const std::lock_guard lock(mutex_);
  if (!watched_.changed() && !now) return {};
  auto done = read();
  if (!done) watched_.forget();
  return done;
}

}  // namespace sekisho
