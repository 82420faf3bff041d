#include "cli/app.h"

#include <unistd.h>

#include <iostream>

#include <fmt/format.h>

#include "collect/vuln/debian.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {

int App::complain(const Error& error) const {
  fmt::print(stderr, "sekisho: {}\n", error.describe(lang));
  return kExitError;
}

int App::say(std::string_view text, int code) {
  // A report that could not be written whole, to a full disk say, was not given.
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return whole && std::fflush(stdout) == 0 ? code : kExitError;
}

Result<Document> read_document(const std::filesystem::path& path, const DocumentLimits& limits) {
  const auto text = read_input_file(path, limits.bytes);
  if (!text) return std::unexpected(text.error());
  return path.extension() == ".json" ? parse_json(path.string(), *text, limits)
                                     : parse_yaml(path.string(), *text, limits);
}

Result<Guideline> App::guideline() const {
  Document document = embedded_guideline();
  if (std::filesystem::exists(overlay_file())) {
    const auto overlay = read_document(overlay_file());
    if (!overlay) return std::unexpected(overlay.error());
    std::vector<Error> problems;
    overlay_document(document, *overlay, problems);
    if (!problems.empty()) return std::unexpected(first_of(problems));
  }
  return load_guideline(document);
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

Result<std::shared_ptr<const Feeds>> App::feeds() const {
  const std::lock_guard lock(last_feeds_->mutex);
  const std::string stamp =
      stamp_of({support_file(), exploited_file(), weaknesses_file(), debian_file()});
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
  auto weaknesses = read_kept<Weaknesses>(weaknesses_file());
  if (!weaknesses) return std::unexpected(weaknesses.error());
  auto debian = read_kept<DebianWeaknesses>(debian_file());
  if (!debian) return std::unexpected(debian.error());
  last_feeds_->feeds =
      std::make_shared<const Feeds>(Feeds{std::move(*support), std::move(*exploited),
                                          std::move(*weaknesses), std::move(*debian), stamp});
  return last_feeds_->feeds;
}

Result<std::unique_ptr<Database>> App::open_store() const {
  return open_database(store_file().string());
}

Result<std::map<std::string, std::string>> App::saved_settings() const {
  if (!std::filesystem::exists(store_file())) return std::map<std::string, std::string>();
  const auto store = open_store();
  if (!store) return std::unexpected(store.error());
  return settings(**store);
}

Result<void> App::may_write() {
  if (::geteuid() == 0 && std::getenv("SUDO_UID") != nullptr)  // NOLINT(concurrency-mt-unsafe)
    return failure("記録は sudo を付けずに書いてください（ファイルの持ち主が変わらないように）。",
                   "write records without sudo, so that files keep their owner.");
  return {};
}

std::optional<std::string> App::ask(std::string_view prompt) {
  fmt::print("{}", prompt);
  std::fflush(stdout);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return std::string(trim(line));
}

bool App::interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

std::string situation_setting(const std::string& id) { return "situation." + id; }

Situations saved_situations(const Guideline& guideline,
                            const std::map<std::string, std::string>& settings) {
  Situations situations;
  for (const Situation& situation : guideline.situations)
    if (const auto found = settings.find(situation_setting(situation.id)); found != settings.end())
      situations[situation.id] = found->second == "yes";
  return situations;
}

std::vector<const Method*> methods_of(const Guideline& guideline, const std::string& name) {
  const Method* method = guideline.method(name);
  return method == nullptr ? std::vector<const Method*>() : std::vector{method};
}

}  // namespace sekisho
