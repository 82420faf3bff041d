#include "cli/app.h"
#include "collect/vuln/debian.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

/// What was kept of weaknesses; null where nothing was.
template <typename T>
Result<std::shared_ptr<const T>> read_kept(const std::filesystem::path& file) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return nullptr;
  const auto text = read_input_file(file, kMostWeaknessBytes);
  if (!text) return std::unexpected(text.error());
  auto kept = std::make_shared<T>();
  if (auto read = kept->add_serialised(*text); !read) {
    Error error = read.error();
    error.where = file.string() + ":" + error.where;
    return std::unexpected(error);
  }
  return kept;
}

}  // namespace

Result<void> App::add_weaknesses(Feeds& feeds) const {
  auto weaknesses = read_kept<Weaknesses>(weaknesses_file());
  if (!weaknesses) return std::unexpected(weaknesses.error());
  auto debian = read_kept<DebianWeaknesses>(debian_file());
  if (!debian) return std::unexpected(debian.error());
  auto names = read_kept<JvnNames>(jvn_file());
  if (!names) return std::unexpected(names.error());
  feeds.weaknesses = std::move(*weaknesses);
  feeds.debian = std::move(*debian);
  feeds.names = std::move(*names);
  return {};
}

}  // namespace sekisho
