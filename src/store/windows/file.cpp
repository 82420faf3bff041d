// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/file.h"

#include <windows.h>

#include <fmt/format.h>

#include "store/database.h"
#include "store/open.h"

namespace sekisho {
namespace {

std::unexpected<Error> not_opened(const std::filesystem::path& path, DWORD why) {
  return std::unexpected(
      Error{{"記録のファイルを開けません。", "the record file cannot be opened."},
            path.string(),
            Fault::unavailable,
            fmt::format("{}", why)});
}

}  // namespace

Result<void> find_file(const std::filesystem::path& path) {
  const DWORD kind = ::GetFileAttributesW(path.c_str());
  if (kind == INVALID_FILE_ATTRIBUTES) return not_opened(path, ::GetLastError());
  if ((kind & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE)) !=
      0)
    return failure("記録のファイルが普通のファイルではありません。",
                   "the record file is not a regular file.", path.string());
  return {};
}

/// What is open can be neither moved nor removed here.
FileIdentity identity_of(const std::filesystem::path& /*path*/) { return std::nullopt; }

/// The rights are those of the folder, which is the person's own.
Result<void> prepare_file(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const HANDLE file =
      ::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file != INVALID_HANDLE_VALUE) {
    ::CloseHandle(file);
    return {};
  }
  if (::GetLastError() != ERROR_FILE_EXISTS) return not_opened(path, ::GetLastError());
  return find_file(path);
}

/// The server's, which is not there on Windows.
Result<std::unique_ptr<Connection>> open_postgres(const std::string& /*address*/,
                                                  std::chrono::milliseconds /*patience*/) {
  return failure("Windows では PostgreSQL を使えません。", "there is no PostgreSQL on Windows.");
}

}  // namespace sekisho
