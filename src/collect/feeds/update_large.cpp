// The large lists: weaknesses by version, Debian's, names of JVN iPedia.
#include "collect/feeds/update.h"

#include <fmt/format.h>

#include "collect/vuln/vuldef.h"

namespace sekisho {
namespace {

bool is_zip(std::string_view text) { return text.starts_with("PK\x03\x04"); }
/// NVD's records say so in their first words; they are too large for the tree of the others.
bool is_nvd(std::string_view text) { return text.substr(0, 400).contains("\"NVD_CVE\""); }
bool is_jvn(std::string_view text) { return text.substr(0, 1000).contains("<rdf:RDF"); }
/// MyJVN's records, and its answers that there are none.
bool is_vuldef(std::string_view text) {
  const std::string_view head = text.substr(0, 1000);
  return head.contains("<VULDEF-Document") || head.contains("http://jvndb.jvn.jp/myjvn/");
}

}  // namespace

/// What was kept before is taken in first. What comes by itself does without it where it is broken.
template <typename T>
Result<T*> FeedUpdate::open(std::optional<T>& list, const std::filesystem::path& file) const {
  if (list) return &*list;
  list.emplace();
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return &*list;
  const auto text = read_input_file(file, kMostWeaknessBytes);
  auto read = text ? list->add_serialised(*text) : Result<void>(std::unexpected(text.error()));
  if (read) return &*list;
  if (brought_ == Brought::by_person) return in_input(file.string(), read.error());
  list.emplace();
  return &*list;
}

Result<void> FeedUpdate::take_vuldef(const std::string& name, std::string_view text) {
  const auto records = read_vuldef(text);
  if (!records) return in_input(name, records.error());
  const auto weaknesses = open(weaknesses_, files_.weaknesses());
  if (!weaknesses) return std::unexpected(weaknesses.error());
  const auto names = open(jvn_, files_.jvn());
  if (!names) return std::unexpected(names.error());
  for (const VuldefRecord& record : *records) {
    ++vuldef_.records;
    vuldef_.products += record.products.size();
    vuldef_.unread += record.unread;
    (*weaknesses)->add_vuldef(record);
    (*names)->add_vuldef(record);
  }
  return {};
}

Result<void> FeedUpdate::take_osv(const std::string& name, const std::string& text) {
  const auto debian = open(debian_, files_.debian());
  if (!debian) return std::unexpected(debian.error());
  if (auto added = (*debian)->add_osv(text); !added) return in_input(name, added.error());
  return {};
}

std::optional<Result<void>> FeedUpdate::take_large(const std::string& name,
                                                   const std::string& text) {
  if (is_vuldef(text)) return take_vuldef(name, text);
  const auto added_to = [&](auto& list, const std::filesystem::path& file,
                            auto add) -> Result<void> {
    const auto opened = open(list, file);
    if (!opened) return std::unexpected(opened.error());
    if (auto added = add(**opened); !added) return in_input(name, added.error());
    return {};
  };
  if (is_nvd(text)) {
    const bool changes = name.substr(name.rfind('/') + 1).contains("modified");
    return added_to(weaknesses_, files_.weaknesses(), [&](Weaknesses& list) {
      return list.add_nvd(text, changes ? NvdPart::changes : NvdPart::whole);
    });
  }
  if (is_jvn(text))
    return added_to(jvn_, files_.jvn(), [&](JvnNames& list) { return list.add_rss(text); });
  if (is_zip(text))
    return added_to(debian_, files_.debian(),
                    [&](DebianWeaknesses& list) { return list.add_osv_archive(text); });
  return std::nullopt;
}

Result<void> FeedUpdate::gather_large(Files& files) {
  const auto keep = [&](const auto& list, const std::filesystem::path& file) -> Result<void> {
    if (!list) return {};
    typename std::remove_cvref_t<decltype(list)>::value_type kept;
    std::error_code missing;
    if (std::filesystem::exists(file, missing))
      if (const auto text = read_input_file(file, kMostWeaknessBytes))
        if (!kept.add_serialised(*text)) kept = {};
    if constexpr (requires { kept.as_of(); })
      if (auto fit = fit_date(list->as_of(), kept.as_of()); !fit)
        return in_input(file.filename().string(), fit.error());
    if (auto fit = fit_size(list->size(), kept.size()); !fit)
      return in_input(file.filename().string(), fit.error());
    files.emplace_back(file, list->serialised());
    return {};
  };
  if (auto kept = keep(weaknesses_, files_.weaknesses()); !kept) return kept;
  if (auto kept = keep(debian_, files_.debian()); !kept) return kept;
  if (auto kept = keep(jvn_, files_.jvn()); !kept) return kept;
  return {};
}

}  // namespace sekisho
