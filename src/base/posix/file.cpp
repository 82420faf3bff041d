// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "base/durable.h"
#include "base/posix/descriptor.h"

namespace sekisho {

FileProblem file_problem(int error) {
  switch (error) {
    case ENOENT:
    case ESRCH:  // of /proc: the process has ended
    case ENOTDIR: return FileProblem::missing;
    case EACCES:
    case EPERM: return FileProblem::denied;
    default: return FileProblem::unreadable;
  }
}

std::expected<std::string, FileProblem> read_start_of(const Descriptor& file, std::size_t bytes) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(FileProblem::unreadable);
  if (!S_ISREG(status.st_mode)) return std::unexpected(FileProblem::special);
  std::string content;
  content.reserve(std::min(static_cast<std::size_t>(status.st_size) + 1, bytes));
  std::string block(std::min(bytes, std::size_t{1} << 16U), '\0');
  // Files under /proc and /sys say size 0, so the end of the file is what read() says it is.
  while (content.size() < bytes) {
    const ssize_t count =
        ::read(file.get(), block.data(), std::min(block.size(), bytes - content.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(file_problem(errno));
    if (count == 0) break;
    content.append(block.data(), static_cast<std::size_t>(count));
  }
  return content;
}

std::expected<std::string, FileProblem> read_regular_file(const std::filesystem::path& path,
                                                          std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return std::unexpected(file_problem(errno));
  auto content = read_start_of(file, max_bytes + 1);
  if (content && content->size() > max_bytes) return std::unexpected(FileProblem::too_large);
  return content;
}

namespace {

std::unexpected<Error> not_written(const std::filesystem::path& path, int error) {
  return failure(fmt::format("書き込めません（{}）。", std::strerror(error)),   // NOLINT
                 fmt::format("cannot be written ({}).", std::strerror(error)),  // NOLINT
                 path.string());
}

}  // namespace

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX" + std::string(kBeingWritten);
  const Descriptor file(
      ::mkostemps(temporary.data(), static_cast<int>(kBeingWritten.size()), O_CLOEXEC));
  if (file.get() < 0) return not_written(path, errno);
  const auto give_up = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    return not_written(path, error);
  };
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return give_up();
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fchmod(file.get(), mode) != 0 || ::fsync(file.get()) != 0 ||
      std::rename(temporary.c_str(), path.c_str()) != 0)
    return give_up();
  return sync_folder(path.parent_path());
}

Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return not_written(to, errno);
  return sync_folder(to.parent_path());
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems can't, and say EINVAL: they do it by themselves.
  if (opened.get() < 0 || (::fsync(opened.get()) != 0 && errno != EINVAL))
    return failure(
        fmt::format("フォルダーに書き込めません（{}）。", std::strerror(errno)),  // NOLINT
        fmt::format("the folder cannot be written ({}).", std::strerror(errno)),  // NOLINT
        folder.string());
  return {};
}

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (made && !sync_folder(folder.parent_path())) return folder_not_made(folder);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return folder_not_made(folder);
  return {};
}

struct FileLock::Held {
  Descriptor file;
};

FileLock::FileLock(const std::filesystem::path& path)
    : held_(new Held{Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600))}) {
  if (held_->file.get() < 0 || ::flock(held_->file.get(), LOCK_EX | LOCK_NB) != 0) held_.reset();
}

FileLock::~FileLock() = default;

}  // namespace sekisho
