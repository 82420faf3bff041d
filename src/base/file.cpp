// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <chrono>
#include <vector>

#include <fmt/format.h>

#include "base/durable.h"

namespace sekisho {

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

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  const auto before = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  std::vector<std::filesystem::path> old;
  for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code gone;
    const auto written = it->last_write_time(gone);
    if (!gone && it->path().filename().string().ends_with(kBeingWritten) && written < before)
      old.push_back(it->path());
  }
  for (const auto& file : old) std::filesystem::remove(file, error);
}

std::unexpected<Error> folder_not_made(const std::filesystem::path& folder) {
  return failure("フォルダーを作れません。管理者として実行してください。",
                 "the folder cannot be made; run this as the administrator.", folder.string());
}

}  // namespace sekisho
