// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <fmt/format.h>

#include "collect/feeds/update.h"
#include "collect/vuln/embedded.h"
#include "guideline/embedded.h"

namespace sekisho {

int App::complain(const Error& error) const {
  fmt::print(stderr, "sekisho: {}\n", error.describe(lang));
  return kExitError;
}

int App::say(std::string_view text, int code) {
  // A report that could not be written whole, to a full disk say, was not given.
  return write_out(text) ? code : kExitError;
}

Result<Document> read_document(const std::filesystem::path& path, const DocumentLimits& limits) {
  const auto text = read_input_file(path, limits.bytes);
  if (!text) return std::unexpected(text.error());
  return path.extension() == ".json" ? parse_json(path.string(), *text, limits)
                                     : parse_yaml(path.string(), *text, limits);
}

Result<Guideline> App::guideline(std::string_view kind) const {
  Document document = embedded_guideline();
  if (std::filesystem::exists(overlay_file())) {
    const auto overlay = read_document(overlay_file());
    if (!overlay) return std::unexpected(overlay.error());
    std::vector<Error> problems;
    overlay_document(document, *overlay, problems);
    if (!problems.empty()) return std::unexpected(first_of(problems));
  }
  return load_guideline(document, kind);
}

namespace {

/// Changes when a file is replaced.
std::string stamp_of(const std::vector<std::filesystem::path>& files) {
  std::string stamp;
  for (const auto& file : files) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(file, missing);
    const auto time = std::filesystem::last_write_time(file, missing);
    if (!missing)
      stamp +=
          fmt::format("{} {} {};", file.filename().string(), size, time.time_since_epoch().count());
  }
  return stamp;
}

}  // namespace

Result<std::shared_ptr<const Feeds>> App::feeds() const {
  const std::lock_guard lock(last_feeds_->mutex);
  std::vector<std::filesystem::path> files{support_file(), exploited_file(), weaknesses_file(),
                                           jvn_file()};
  for (const EcosystemFacts& one : kEcosystemFacts)
    files.push_back(FeedFiles{state}.osv(one.ecosystem));
  const std::string stamp = stamp_of(files);
  if (last_feeds_->feeds && last_feeds_->feeds->stamp == stamp) return last_feeds_->feeds;
  const auto load = [](const std::filesystem::path& file, std::string_view built_in,
                       auto read) -> decltype(read(Document())) {
    if (std::filesystem::exists(file)) {
      const auto document = read_document(file, kFeedLimits);
      if (!document) return std::unexpected(document.error());
      return read(*document);
    }
    const auto document = parse_json("(built in)", built_in, kFeedLimits);
    if (!document) return std::unexpected(document.error());
    return read(*document);
  };
  auto support =
      load(support_file(), embedded_support(), [](const Document& d) { return read_support(d); });
  if (!support) return std::unexpected(support.error());
  auto exploited = load(exploited_file(), embedded_exploited(),
                        [](const Document& d) { return read_exploited(d); });
  if (!exploited) return std::unexpected(exploited.error());
  Feeds all{std::move(*support), std::move(*exploited), {}, {}, {}, stamp};
  if (const auto added = add_weaknesses(all); !added) return std::unexpected(added.error());
  last_feeds_->feeds = std::make_shared<const Feeds>(std::move(all));
  return last_feeds_->feeds;
}

}  // namespace sekisho
