// SPDX-License-Identifier: Apache-2.0
// Ids of measures over time: the form they had before, what an organisation's file may call them,
// and the form to fill in by who holds the ministry's text.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "guideline/guideline.h"
#include "guideline/read.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const json::array* list_in(const json::value& root, std::string_view section) {
  const json::object* sections = root.if_object();
  const json::value* list = sections == nullptr ? nullptr : sections->if_contains(section);
  return list == nullptr ? nullptr : list->if_array();
}

std::string text_at(const json::value& entry, std::string_view field) {
  const json::object* map = entry.if_object();
  const json::value* value = map == nullptr ? nullptr : map->if_contains(field);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool empty(const json::value* value) {
  return value != nullptr &&
         (value->is_null() || (value->is_string() && value->get_string().empty()));
}

/// 管理者B-3 as programs wrote it: admin-B-3.
std::string written_by_programs(const json::value& root, const std::string& id) {
  if (const json::array* roles = list_in(root, "roles"))
    for (const json::value& role : *roles)
      if (const std::string prefix = text_at(role, "prefix"); id.starts_with(prefix))
        return text_at(role, "ascii_prefix") + "-" + id.substr(prefix.size());
  return id;
}

using Renamed = std::map<std::string, std::string, std::less<>>;

void rename(json::value& id, const Renamed& renamed) {
  if (!id.is_string()) return;
  if (const auto found = renamed.find(std::string_view(id.get_string())); found != renamed.end())
    id = found->second;
}

void rename_list(json::object& entry, std::string_view field, const Renamed& renamed) {
  if (json::value* list = entry.if_contains(field); list != nullptr && list->is_array())
    for (json::value& id : list->get_array()) rename(id, renamed);
}

/// What a form leaves empty changes nothing; with the ministry's number and words the entry is the
/// ministry's, unless it says otherwise.
void fill(json::object& entry, const json::array* base) {
  if (empty(entry.if_contains("official"))) entry.erase("official");
  json::value* text = entry.if_contains("text");
  if (text == nullptr || !text->is_object()) return;
  json::object& words = text->get_object();
  const bool japanese = words.contains("ja") && !empty(words.if_contains("ja"));
  const bool english = words.contains("en") && !empty(words.if_contains("en"));
  if (!japanese && !english && words.contains("ja") && words.contains("en")) {
    entry.erase("text");
    return;
  }
  if (base != nullptr)
    for (const json::value& there : *base)
      if (text_at(there, "id") == text_at(entry, "id"))
        if (const json::value* ours = there.get_object().if_contains("text"))
          for (const char* lang : {"ja", "en"})
            if (empty(words.if_contains(lang))) words[lang] = text_at(*ours, lang);
  if (japanese && entry.contains("official") && !entry.contains("from"))
    entry["from"] = json::object{{"source", "guideline"}, {"confidence", "SEEN"}};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> former_ids(const Document& document) {
  std::vector<std::pair<std::string, std::string>> list;
  const json::array* measures = list_in(document.root, "measures");
  if (measures == nullptr) return list;
  for (const json::value& measure : *measures) {
    const std::string former = text_at(measure, "former");
    if (former.empty()) continue;
    list.emplace_back(former, text_at(measure, "id"));
    list.emplace_back(written_by_programs(document.root, former), text_at(measure, "id"));
  }
  return list;
}

void settle_overlay(const Document& base, json::object& overlay) {
  Renamed renamed;
  for (const auto& [former, id] : former_ids(base)) {
    renamed.emplace(former, id);
    renamed.emplace("ask-" + former, "ask-" + id);
  }
  const auto entries = [&](std::string_view section, auto visit) {
    if (json::value* list = overlay.if_contains(section); list != nullptr && list->is_array())
      for (json::value& entry : list->get_array())
        if (json::object* map = entry.if_object()) visit(*map);
  };
  entries("measures", [&](json::object& entry) {
    // With a number of the ministry's beside it, an id of that form is the ministry's.
    const bool official = entry.contains("official") && !empty(entry.if_contains("official"));
    if (json::value* id = entry.if_contains("id"); id != nullptr && !official) rename(*id, renamed);
    rename_list(entry, "checks", renamed);
    fill(entry, list_in(base.root, "measures"));
  });
  entries("handbook", [&](json::object& entry) { rename_list(entry, "checks", renamed); });
  entries("incidents", [&](json::object& entry) { rename_list(entry, "measures", renamed); });
}

std::string import_template(const Guideline& guideline) {
  std::string out =
      "# テレワークセキュリティガイドライン（第5版）の番号と文面を Sekisho "
      "に取り込むための用紙です。\n"
      "# 総務省の公式文書を見ながら、official に番号（例: 管理者B-3）、text の ja に文面を書き、\n"
      "#   sekisho guideline import このファイル\n"
      "# で取り込みます。空のままの欄は何も変えません。en が空なら Sekisho の英文が残ります。\n"
      "# 対応する対策がない公式の対策は、末尾の例のように加えます。\n"
      "#\n"
      "# A form for the numbers and words of the ministry's Telework Security Guideline, 5th "
      "edition.\n"
      "# With the official document at hand put its number into official (for example 管理者B-3) "
      "and\n"
      "# its words into text, then: sekisho guideline import THIS-FILE\n"
      "# What stays empty changes nothing. A measure of the ministry's that none of these matches "
      "is\n"
      "# added as in the example at the end.\n"
      "overlay: {ja: 公式文書に合わせた内容, en: As in the official document}\n"
      "measures:\n";
  for (const Measure& measure : guideline.measures) {
    out +=
        fmt::format("  # {}\n  # {}\n  - {{id: {}, ", measure.text.ja, measure.text.en, measure.id);
    if (measure.id == measure.ascii) out += "official: \"\", ";  // else it has its number
    out += "text: {ja: \"\", en: \"\"}}\n";
  }
  out +=
      "  # - id: 管理者B-9\n"
      "  #   official: 管理者B-9\n"
      "  #   text: {ja: 公式の文面, en: Its words}\n"
      "  #   from: {source: guideline, confidence: SEEN}\n"
      "  #   importance: middle   # high, middle, low\n"
      "  #   difficulty: middle\n"
      "  #   pillar: rules        # rules, people, technology\n"
      "  #   threats: [malware]\n"
      "  #   steps:\n"
      "  #     - {ja: すること, en: What to do}\n"
      "  #   ask: {ja: できていますか, en: \"Is it done?\"}\n";
  return out;
}

}  // namespace sekisho
