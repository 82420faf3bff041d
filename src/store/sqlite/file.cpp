// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "store/database.h"

namespace sekisho {
namespace {

std::unexpected<Error> not_opened(const std::filesystem::path& path, int why) {
  return std::unexpected(
      Error{{"記録のファイルを開けません。", "the record file cannot be opened."},
            path.string(),
            Fault::unavailable,
            std::error_code(why, std::generic_category()).message()});
}

}  // namespace

Result<void> find_file(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return not_opened(path, errno);
  if (!S_ISREG(status.st_mode))
    return failure("記録のファイルが普通のファイルではありません。",
                   "the record file is not a regular file.", path.string());
  return {};
}

FileIdentity identity_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair{static_cast<std::uint64_t>(status.st_dev),
                   static_cast<std::uint64_t>(status.st_ino)};
}

Result<void> prepare_file(const std::filesystem::path& path) {
  // No other thread may find the file between its making and the closing of its descriptor.
  static std::mutex making;
  const std::lock_guard lock(making);
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return not_opened(path, errno);
    if (::lstat((path.string() + "-wal").c_str(), &status) == 0 && status.st_size > 0)
      return failure(
          "記録のファイルがありませんが、その続き（-"
          "wal）は残っています。ファイルを元の場所に戻すか、"
          "バックアップから復元してください。",
          "the record file is gone, but what belongs to it (-wal) is there; put the file back, or "
          "restore a backup.",
          path.string());
    std::error_code error;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
      ::close(fd);
      return {};
    }
    if (errno != EEXIST) return not_opened(path, errno);  // another process was first
  }
  if (auto found = find_file(path); !found) return found;
  // One that lay open to others no longer does; another's is theirs to guard.
  if (::lstat(path.c_str(), &status) == 0 && (status.st_mode & 0077U) != 0)
    (void)::chmod(path.c_str(), 0600);
  return {};
}

Result<std::unique_ptr<FileLock>> occupy_database(const std::string& where) {
  if (is_postgres(where)) return nullptr;
  // Beside the database, never the database itself. The file stays: whoever removed it would take
  // it from under another's lock.
  const std::filesystem::path name = where + ".lock";
  std::error_code ignored;
  if (name.has_parent_path()) std::filesystem::create_directories(name.parent_path(), ignored);
  auto lock = std::make_unique<FileLock>(name);
  if (lock->held()) return lock;
  if (::access(name.c_str(), W_OK) != 0) return not_opened(name, errno);
  return std::unexpected(
      Error{{"この記録のファイルは、動いている sekisho serve などが使っています。先に止めるか、"
             "複数のサーバーには PostgreSQL を使ってください。",
             "this record file is in use by a running sekisho serve or the like; stop it first, or "
             "use PostgreSQL for several servers."},
            where,
            Fault::unavailable});
}

}  // namespace sekisho
