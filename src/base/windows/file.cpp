// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <windows.h>
// After windows.h.
#include <sddl.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/durable.h"

namespace sekisho {
namespace {

/// Closes a handle at the end of its scope.
class Handle {
 public:
  explicit Handle(HANDLE handle) : handle_(handle) {}
  ~Handle() {
    if (open()) ::CloseHandle(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  bool open() const { return handle_ != INVALID_HANDLE_VALUE; }
  HANDLE get() const { return handle_; }

 private:
  HANDLE handle_;
};

FileProblem file_problem(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME: return FileProblem::missing;
    case ERROR_ACCESS_DENIED: return FileProblem::denied;
    default: return FileProblem::unreadable;
  }
}

std::unexpected<Error> not_written(const std::filesystem::path& path, DWORD error) {
  return failure(fmt::format("書き込めません（{}）。", error),
                 fmt::format("cannot be written ({}).", error), path.string());
}

bool write_all(HANDLE file, std::string_view content) {
  while (!content.empty()) {
    const auto size = static_cast<DWORD>(std::min(content.size(), std::size_t{1} << 20U));
    DWORD count = 0;
    if (::WriteFile(file, content.data(), size, &count, nullptr) == 0) return false;
    content.remove_prefix(count);
  }
  return ::FlushFileBuffers(file) != 0;
}

}  // namespace

std::expected<std::string, FileProblem> read_regular_file(const std::filesystem::path& path,
                                                          std::size_t max_bytes) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return std::unexpected(FileProblem::special);
  const Handle file(::CreateFileW(path.c_str(), GENERIC_READ,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.open()) return std::unexpected(file_problem(::GetLastError()));
  // A pipe or a device of the old names (NUL, COM1) would be waited for.
  if (::GetFileType(file.get()) != FILE_TYPE_DISK) return std::unexpected(FileProblem::special);
  std::string content;
  std::string block(std::size_t{1} << 16U, '\0');
  while (true) {
    DWORD count = 0;
    if (::ReadFile(file.get(), block.data(), static_cast<DWORD>(block.size()), &count, nullptr) ==
        0)
      return std::unexpected(file_problem(::GetLastError()));
    if (count == 0) return content;
    content.append(block.data(), count);
    if (content.size() > max_bytes) return std::unexpected(FileProblem::too_large);
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content,
                                   unsigned /*mode*/) {
  const auto temporary = std::filesystem::path(path).concat(
      fmt::format(".{}{}", ::GetCurrentProcessId(), kBeingWritten));
  const auto failed = [&](DWORD error) {
    ::DeleteFileW(temporary.c_str());
    return not_written(path, error);
  };
  {
    const Handle file(::CreateFileW(temporary.c_str(), GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                                    FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file.open() || !write_all(file.get(), content)) return failed(::GetLastError());
  }
  if (::MoveFileExW(temporary.c_str(), path.c_str(),
                    MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) == 0)
    return failed(::GetLastError());
  return {};
}

Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ==
      0)
    return not_written(to, ::GetLastError());
  return {};
}

/// MOVEFILE_WRITE_THROUGH has done it.
Result<void> sync_folder(const std::filesystem::path& /*folder*/) { return {}; }

Result<void> make_private_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  // Full access for the system and administrators, passed on to what is made inside; nothing comes
  // from the folder above ("Security Descriptor Definition Language" of Microsoft's reference).
  PSECURITY_DESCRIPTOR rights = nullptr;
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(
          L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", SDDL_REVISION_1, &rights, nullptr) == 0)
    return folder_not_made(folder);
  const std::unique_ptr<void, decltype([](void* p) { ::LocalFree(p); })> held(rights);
  SECURITY_ATTRIBUTES attributes{sizeof(SECURITY_ATTRIBUTES), rights, FALSE};
  if (::CreateDirectoryW(folder.c_str(), &attributes) != 0) return {};
  // Somebody else may have made it before, with rights of their choice or as a way to elsewhere.
  if (::GetLastError() != ERROR_ALREADY_EXISTS) return folder_not_made(folder);
  const DWORD kind = ::GetFileAttributesW(folder.c_str());
  if (kind == INVALID_FILE_ATTRIBUTES || (kind & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
      (kind & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ||
      ::SetFileSecurityW(folder.c_str(), OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                         rights) == 0)
    return folder_not_made(folder);
  return {};
}

struct FileLock::Held {
  Handle file;
};

FileLock::FileLock(const std::filesystem::path& path)
    : held_(new Held{Handle(::CreateFileW(path.c_str(), GENERIC_WRITE, 0, nullptr, OPEN_ALWAYS,
                                          FILE_ATTRIBUTE_NORMAL, nullptr))}) {
  if (!held_->file.open()) held_.reset();
}

FileLock::~FileLock() = default;

}  // namespace sekisho
