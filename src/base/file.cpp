#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "base/descriptor.h"

namespace sekisho {

FileProblem file_problem(int error) {
  switch (error) {
    case ENOENT:
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

Result<std::string> read_input_file(const std::filesystem::path& path, std::size_t max_bytes) {
  auto content = read_regular_file(path, max_bytes);
  if (content) return std::move(*content);
  switch (content.error()) {
    case FileProblem::missing:
      return failure("ファイルがありません。名前を確かめてください。",
                     "there is no such file; check its name.", path.string());
    case FileProblem::denied:
      return failure("ファイルを読む権限がありません。", "you may not read this file.",
                     path.string());
    case FileProblem::special:
      return failure("普通のファイルではないため読みません。", "this is not a regular file.",
                     path.string());
    case FileProblem::too_large:
      return failure(fmt::format("ファイルが大きすぎます（上限 {} バイト）。", max_bytes),
                     fmt::format("the file is too large (at most {} bytes).", max_bytes),
                     path.string());
    case FileProblem::unreadable: break;
  }
  return failure("ファイルを読めません。", "the file cannot be read.", path.string());
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  const auto failed = [&](int error) {
    return failure(fmt::format("書き込めません（{}）。", std::strerror(error)),   // NOLINT
                   fmt::format("cannot be written ({}).", std::strerror(error)),  // NOLINT
                   path.string());
  };
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return failed(errno);
  const auto give_up = [&] {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failed(error);
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
  return {};
}

}  // namespace sekisho
