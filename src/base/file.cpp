#include "base/file.h"

#include <fmt/format.h>

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

std::unexpected<Error> folder_not_made(const std::filesystem::path& folder) {
  return failure("フォルダーを作れません。管理者として実行してください。",
                 "the folder cannot be made; run this as the administrator.", folder.string());
}

}  // namespace sekisho
