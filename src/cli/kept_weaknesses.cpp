// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"
#include "collect/feeds/update.h"
#include "collect/vuln/jvn.h"
#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

/// What was kept of weaknesses; null where nothing was.
template <typename T, typename... Of>
Result<std::shared_ptr<const T>> read_kept(const std::filesystem::path& file, Of... of) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return nullptr;
  const auto text = read_input_file(file, kMostWeaknessBytes);
  if (!text) return std::unexpected(text.error());
  auto kept = std::make_shared<T>(of...);
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
  for (const EcosystemFacts& one : kEcosystemFacts) {
    auto list = read_kept<OsvList>(FeedFiles{state}.osv(one.ecosystem), one.ecosystem);
    if (!list) return std::unexpected(list.error());
    feeds.osv.at(static_cast<std::size_t>(one.ecosystem)) = std::move(*list);
  }
  auto names = read_kept<JvnNames>(jvn_file());
  if (!names) return std::unexpected(names.error());
  feeds.weaknesses = std::move(*weaknesses);
  feeds.names = std::move(*names);
  return {};
}

}  // namespace sekisho
