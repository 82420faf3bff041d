// SPDX-License-Identifier: Apache-2.0
// The large lists: weaknesses by version, OSV's, names of JVN iPedia.
#include "collect/feeds/update.h"

#include <algorithm>

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
template <typename T, typename... Of>
Result<T*> FeedUpdate::open(std::optional<T>& list, const std::filesystem::path& file,
                            Of... of) const {
  if (list) return &*list;
  list.emplace(of...);
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return &*list;
  const auto text = read_input_file(file, kMostWeaknessBytes);
  auto read = text ? list->add_serialised(*text) : Result<void>(std::unexpected(text.error()));
  if (read) return &*list;
  if (brought_ == Brought::by_person) return in_input(file.string(), read.error());
  list.emplace(of...);
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

Result<OsvList*> FeedUpdate::open_osv(Ecosystem ecosystem) {
  return open(osv_.at(static_cast<std::size_t>(ecosystem)), files_.osv(ecosystem), ecosystem);
}

/// A record of its own: it goes into the lists of all ecosystems that it tells of.
Result<void> FeedUpdate::add_osv(const OsvRecord& record) {
  std::array<bool, kEcosystems> into{};
  for (const EcosystemFacts& one : kEcosystemFacts) {
    std::error_code missing;
    const bool tells =
        std::ranges::find(record.ecosystems, one.ecosystem) != record.ecosystems.end();
    // One that was withdrawn need not say what it told of.
    const bool gone = record.withdrawn && record.ecosystems.empty() &&
                      std::filesystem::exists(files_.osv(one.ecosystem), missing);
    if (!tells && !gone) continue;
    const auto list = open_osv(one.ecosystem);
    if (!list) return std::unexpected(list.error());
    (*list)->add(record);
    into.at(static_cast<std::size_t>(one.ecosystem)) = true;
  }
  tally_.count(record, into);
  return {};
}

Result<void> FeedUpdate::take_osv(const std::string& name, const std::string& text) {
  const auto record = read_osv(text);
  if (!record) return in_input(name, record.error());
  return add_osv(*record);
}

/// An archive is all of the ecosystem that each of its records tells of, and what they tell of
/// others beside it is theirs. One of several is a number of records.
Result<void> FeedUpdate::take_osv_archive(const std::string& name, std::string_view bytes) {
  std::array<std::optional<OsvList>, kEcosystems> whole;
  OsvTally tally;
  Day newest{};
  bool first = true;
  const auto read = each_osv_record(bytes, [&](const OsvRecord& record) -> Result<void> {
    newest = std::max(newest, record.changed);
    std::array<bool, kEcosystems> into{};
    for (std::size_t i = 0; i < kEcosystems; ++i) {
      const auto ecosystem = static_cast<Ecosystem>(i);
      const bool tells = std::ranges::find(record.ecosystems, ecosystem) != record.ecosystems.end();
      if (first && tells) {
        const auto kept = open_osv(ecosystem);
        if (!kept) return std::unexpected(kept.error());
        whole.at(i) = **kept;
      }
      if (!record.ecosystems.empty() && !tells) whole.at(i).reset();
      if (!whole.at(i)) continue;
      whole.at(i)->add(record);
      into.at(i) = true;
    }
    first = first && record.ecosystems.empty();
    tally.count(record, into);
    return {};
  });
  if (!read) return in_input(name, read.error());
  if (std::ranges::none_of(whole, [](const auto& list) { return list.has_value(); })) {
    if (tally.records > 0 && first) {
      tally_.add(tally);
      return {};
    }
    if (tally.records == 0)
      return in_input(name, {{"OSV の記録が一つもありません。", "it holds no record of OSV."}, {}});
    return each_osv_record(bytes, [&](const OsvRecord& record) { return add_osv(record); });
  }
  for (std::size_t i = 0; i < kEcosystems; ++i)
    if (whole.at(i)) {
      whole.at(i)->whole(newest);
      osv_.at(i) = std::move(whole.at(i));
    }
  tally_.add(tally);
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
  if (is_zip(text)) return take_osv_archive(name, text);
  return std::nullopt;
}

Result<void> FeedUpdate::gather_large(Files& files) {
  if (tally_.records > 0 && tally_.all_kept() == 0 && tally_.withdrawn == 0) {
    const Text left = tally_.left_out();
    return failure(
        fmt::format("OSV の記録 {} 件のうち、使えるものがありません: {}", tally_.records, left.ja),
        fmt::format("of {} records of OSV none can be used: {}", tally_.records, left.en));
  }
  const auto keep = [&](const auto& list, const std::filesystem::path& file,
                        auto... of) -> Result<void> {
    if (!list) return {};
    typename std::remove_cvref_t<decltype(list)>::value_type kept(of...);
    std::error_code missing;
    if (std::filesystem::exists(file, missing))
      if (const auto text = read_input_file(file, kMostWeaknessBytes))
        if (!kept.add_serialised(*text)) kept = decltype(kept)(of...);
    if constexpr (requires { kept.as_of(); })
      if (auto fit = fit_date(list->as_of(), kept.as_of()); !fit)
        return in_input(file.filename().string(), fit.error());
    if (auto fit = fit_size(list->size(), kept.size()); !fit)
      return in_input(file.filename().string(), fit.error());
    files.emplace_back(file, list->serialised());
    return {};
  };
  if (auto kept = keep(weaknesses_, files_.weaknesses()); !kept) return kept;
  for (const EcosystemFacts& one : kEcosystemFacts)
    if (auto kept = keep(osv_.at(static_cast<std::size_t>(one.ecosystem)),
                         files_.osv(one.ecosystem), one.ecosystem);
        !kept)
      return kept;
  if (auto kept = keep(jvn_, files_.jvn()); !kept) return kept;
  return {};
}

}  // namespace sekisho
