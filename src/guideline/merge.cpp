// SPDX-License-Identifier: Apache-2.0
// Putting documents together: the files of data/, and an organisation's overlay on top.
#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "guideline/guideline.h"
#include "guideline/read.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What names an entry within its list; empty when the entry has no name.
std::string key_of(const json::value& entry) {
  const json::object* map = entry.if_object();
  if (map == nullptr) return {};
  for (const std::string_view field : {"id", "number", "letter", "trait", "role", "pillar"}) {
    const json::value* value = map->if_contains(field);
    if (value == nullptr) continue;
    if (value->is_string()) return std::string(value->get_string());
    if (value->is_int64()) return std::to_string(value->get_int64());
  }
  return {};
}

json::value* find_entry(json::array& list, const std::string& key) {
  if (key.empty()) return nullptr;
  for (json::value& entry : list)
    if (key_of(entry) == key) return &entry;
  return nullptr;
}

/// Copies the places under `from` in `source` to `to` in `base`.
void move_places(Document& base, const Document& source, const std::string& from,
                 const std::string& to) {
  for (const auto& [pointer, place] : source.places) {
    const bool below =
        pointer.starts_with(from) && (pointer.size() == from.size() || pointer[from.size()] == '/');
    if (below) base.places[to + pointer.substr(from.size())] = place;
  }
}

void report(std::vector<Error>& problems, const Document& document, const std::string& pointer,
            std::string ja, std::string en) {
  const auto place = document.places.find(pointer);
  problems.push_back(Error{{std::move(ja), std::move(en)},
                           place == document.places.end() ? document.name : place->second});
}

enum class SameKey : std::uint8_t { refuse, change };

void merge_list(Document& base, const Document& more, const std::string& section,
                const json::array& entries, SameKey same, std::vector<Error>& problems) {
  json::value& slot = base.root.as_object()[section];
  if (slot.is_null()) slot = json::array();
  if (!slot.is_array()) return;
  json::array& list = slot.as_array();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string from = fmt::format("/{}/{}", section, i);
    const std::string key = key_of(entries[i]);
    json::value* there = find_entry(list, key);
    if (there == nullptr) {
      list.push_back(entries[i]);
      move_places(base, more, from, fmt::format("/{}/{}", section, list.size() - 1));
    } else if (same == SameKey::refuse) {
      report(problems, more, from, fmt::format("「{}」が二度書かれています。", printable(key, 80)),
             fmt::format("'{}' is given twice.", printable(key, 80)));
    } else {
      const auto index = there - list.data();
      for (const auto& field : entries[i].as_object()) {
        there->as_object()[field.key()] = field.value();
        const std::string name(field.key());
        move_places(base, more, from + "/" + name, fmt::format("/{}/{}/{}", section, index, name));
      }
    }
  }
}

void merge(Document& base, const Document& more, SameKey same, std::vector<Error>& problems) {
  const json::object* sections = more.root.if_object();
  if (sections == nullptr) {
    report(problems, more, "", "「見出し: 値」の形でなければなりません。",
           "this must be a mapping.");
    return;
  }
  for (const auto& section : *sections) {
    const std::string name(section.key());
    if (const json::array* entries = section.value().if_array()) {
      merge_list(base, more, name, *entries, same, problems);
      continue;
    }
    if (same == SameKey::refuse && base.root.as_object().contains(name)) {
      report(problems, more, "/" + name, fmt::format("「{}」が二度書かれています。", name),
             fmt::format("'{}' is given twice.", name));
      continue;
    }
    base.root.as_object()[name] = section.value();
    move_places(base, more, "/" + name, "/" + name);
  }
}

}  // namespace

void add_document(Document& base, const Document& more, std::vector<Error>& problems) {
  merge(base, more, SameKey::refuse, problems);
}

void overlay_document(Document& base, const Document& overlay, std::vector<Error>& problems) {
  Document rest = overlay;
  json::object* sections = rest.root.if_object();
  const json::object known = base.root.is_object() ? base.root.as_object() : json::object();
  if (sections != nullptr) {
    const Node top(overlay, problems);
    if (const auto replaced = top.find("replace")) {
      for (const Node& section : replaced->items()) {
        const std::string name = section.string();
        const json::value* there = known.if_contains(name);
        if (there == nullptr || !there->is_array()) {
          section.report(fmt::format("「{}」という一覧はありません。", printable(name, 80)),
                         fmt::format("there is no list named '{}'.", printable(name, 80)));
          continue;
        }
        base.root.as_object()[name] = json::array();
        std::erase_if(base.places,
                      [&](const auto& place) { return place.first.starts_with("/" + name + "/"); });
      }
      sections->erase("replace");
    }
    settle_overlay(base, *sections);
    for (const auto& section : *sections) {
      const std::string name(section.key());
      const json::value* there = known.if_contains(name);
      if (name == "overlay" || (there != nullptr && there->kind() == section.value().kind()))
        continue;
      report(problems, overlay, "/" + name,
             fmt::format("「{}」という見出しはないか、形が違います。", printable(name, 80)),
             fmt::format("there is no section '{}', or it has another form.", printable(name, 80)));
    }
  }
  if (problems.empty()) merge(base, rest, SameKey::change, problems);
}

}  // namespace sekisho
