// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {

/// Of NVD's list what the server sent of it, or what lies there; the others are the server's.
Result<void> App::add_weaknesses(Feeds& feeds) const {
  std::error_code missing;
  if (!std::filesystem::exists(weaknesses_file(), missing)) return {};
  const auto text = read_input_file(weaknesses_file(), kMostWeaknessBytes);
  if (!text) return std::unexpected(text.error());
  auto kept = std::make_shared<Weaknesses>();
  if (auto read = kept->add_serialised(*text); !read) {
    Error error = read.error();
    error.where = weaknesses_file().string() + ":" + error.where;
    return std::unexpected(error);
  }
  feeds.weaknesses = std::move(kept);
  return {};
}

}  // namespace sekisho
