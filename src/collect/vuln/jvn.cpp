// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/jvn.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "collect/vuln/kept.h"
#include "collect/vuln/vuldef.h"

namespace sekisho {
namespace {

constexpr std::string_view kJvnHeading = "sekisho-jvn 1";
constexpr std::size_t kMostReferences = 1000;

/// PREFIX-YEAR-NUMBER, with at most so many digits of the number.
bool numbered(std::string_view text, std::string_view prefix, std::size_t least, std::size_t most) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  const auto digits = [](std::string_view part) {
    return std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return text.size() >= 5 + least && text.size() <= 5 + most && text[4] == '-' &&
         digits(text.substr(0, 4)) && digits(text.substr(5));
}
struct Item {
  std::string id;
  std::string title;
  bool japanese = false;
  std::vector<std::string> cves;
};

std::optional<Item> read_item(const pugi::xml_node& node) {
  const std::string_view title = trim(std::string_view(node.child_value("title")));
  const std::string_view link = node.child_value("link");
  Item item{node.child_value("sec:identifier"),
            printable(title, kLongestJvnTitle),
            !link.contains("/en/"),
            {}};
  for (const auto& reference : node.children("sec:references")) {
    const std::string cve = reference.attribute("id").value();
    if (std::string_view(reference.attribute("source").value()) == "CVE" && is_cve(cve) &&
        item.cves.size() < kMostReferences)
      item.cves.push_back(cve);
  }
  if (!is_jvndb(item.id) || !is_valid_utf8(title) || item.title.empty()) return std::nullopt;
  return item;
}

}  // namespace

bool is_cve(std::string_view text) { return numbered(text, "CVE-", 4, 10); }
bool is_jvndb(std::string_view text) { return numbered(text, "JVNDB-", 6, 6); }

void JvnNames::add_vuldef(const VuldefRecord& record) {
  for (const std::string& cve : record.cves) add(cve, record.id, record.japanese, record.title);
}

void JvnNames::add(const std::string& cve, const std::string& id, bool japanese,
                   const std::string& title) {
  Name& name = names_[cve];
  if (id < name.id) return;
  if (id != name.id) name = {id, {}};
  (japanese ? name.title.ja : name.title.en) = title;
}

Result<void> JvnNames::add_rss(std::string_view xml) {
  if (xml.size() > kMostJvnBytes)
    return failure("大きすぎます（上限 64 MB）。", "it is too large (at most 64 MB).");
  pugi::xml_document document;
  // Neither external entities nor DOCTYPEs are followed by pugixml.
  const auto read = document.load_buffer(xml.data(), xml.size(), pugi::parse_default);
  const pugi::xml_node root = document.child("rdf:RDF");
  if (!read || !root)
    return failure("JVN iPedia の RSS として読めません。",
                   "this can't be read as JVN iPedia's RSS.");
  for (const auto& node : root.children("item"))
    if (const auto item = read_item(node))
      for (const std::string& cve : item->cves) add(cve, item->id, item->japanese, item->title);
  return {};
}

Text JvnNames::Name::page() const {
  const auto in = [this](const char* lang) {
    return fmt::format("https://jvndb.jvn.jp/{}/contents/{}/{}.html", lang, id.substr(6, 4), id);
  };
  return {in(title.ja.empty() ? "en" : "ja"), in(title.en.empty() ? "ja" : "en")};
}

std::string JvnNames::serialised() const {
  std::string out(kJvnHeading);
  out += '\n';
  for (const auto& [cve, name] : names_)
    out += fmt::format("{}\t{}\t{}\t{}\n", cve, name.id, name.title.ja, name.title.en);
  return out;
}

Result<void> JvnNames::add_serialised(std::string_view text) {
  std::map<std::string, Name, std::less<>> read;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto [cells, tabs] = KeptLine<4>::take(text);
    const bool good = line == 1 ? cells[0] == kJvnHeading && tabs == 0
                                : tabs == 3 && is_cve(cells[0]) && is_jvndb(cells[1]) &&
                                      printable(cells[2], kLongestJvnTitle) == cells[2] &&
                                      printable(cells[3], kLongestJvnTitle) == cells[3] &&
                                      !(cells[2].empty() && cells[3].empty());
    if (!good)
      return failure("JVN iPedia の控えとして読めません。",
                     "this can't be read as kept names of JVN iPedia.", std::to_string(line));
    if (line > 1)
      read[std::string(cells[0])] = {std::string(cells[1]),
                                     {std::string(cells[2]), std::string(cells[3])}};
  }
  for (const auto& [cve, name] : read) {
    if (!name.title.ja.empty()) add(cve, name.id, true, name.title.ja);
    if (!name.title.en.empty()) add(cve, name.id, false, name.title.en);
  }
  return {};
}

std::optional<JvnNames::Name> JvnNames::of(std::string_view cve) const {
  const auto found = names_.find(cve);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sekisho
