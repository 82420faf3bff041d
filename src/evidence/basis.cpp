// SPDX-License-Identifier: Apache-2.0
#include "evidence/basis.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/document.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using Source = Compared::Source;

constexpr std::size_t kLongestPlace = 200;
constexpr std::size_t kLongestValue = 120;
constexpr std::size_t kMostMore = 1'000'000;

constexpr std::array<std::pair<std::string_view, Source>, 11> kSources{
    {{"file", Source::file},
     {"program", Source::program},
     {"registry", Source::registry},
     {"system", Source::system},
     {"entry", Source::entry},
     {"feed", Source::feed},
     {"osquery", Source::osquery},
     {"person", Source::person},
     {"report", Source::report},
     {"devices", Source::devices},
     {"earlier", Source::earlier}}};

std::string_view name(Source source) { return kSources.at(static_cast<std::size_t>(source)).first; }

/// Where it was seen.
Text where(const Compared& one) {
  const std::string& place = one.place;
  const Text& what = one.what;
  switch (one.source) {
    case Source::file: break;
    case Source::program: return {place + " の答え", "what " + place + " answered"};
    case Source::registry: return {"レジストリ " + place, "registry " + place};
    case Source::system: return {"OS に尋ねた" + what.ja, what.en + ", asked of the system"};
    case Source::entry: return {"登録された " + place, place + ", as entered"};
    case Source::feed: break;
    case Source::osquery: return {"osquery の " + place, place + " of osquery"};
    case Source::person:
      return place.empty() ? Text{"人の答え", "a person's answer"}
                           : Text{place + " の答え", "the answer of " + place};
    case Source::report:
      return {place + " からの報告（何と比べたかは届いていません）",
              "a report of " + place + ", which doesn't say what was compared"};
    case Source::devices: return {"端末の数", "devices"};
    case Source::earlier:
      return {"以前のバージョンの Sekisho が残した結果（何と比べたかは残っていません）",
              "kept by an earlier Sekisho, which didn't note what was compared"};
  }
  return {place, place};
}

/// What it was held against; empty for nothing.
Text against(const Compared& one) {
  const std::string day = one.day ? format_day(*one.day) : "";
  Text whose{one.by, one.by};
  if (!day.empty()) {
    whose.ja += fmt::format("{}{}", one.by.empty() ? "" : "、", day);
    whose.en += fmt::format("{}{}", one.by.empty() ? "" : ", ", day);
  }
  if (one.limit.empty()) {
    if (one.by.empty()) return whose;
    return {"照合: " + whose.ja, "matched with " + whose.en};
  }
  if (whose.en.empty()) return {"基準: " + one.limit, "held against " + one.limit};
  return {fmt::format("基準: {}、{}", one.limit, whose.ja),
          fmt::format("held against {}, {}", one.limit, whose.en)};
}

/// Without controls and at most so long; the same again when it is cut again.
std::string cut(std::string_view text, std::size_t most) {
  constexpr std::size_t kMark = std::string_view("…").size();
  return printable(text, text.size() <= most ? most : most - kMark);
}

std::string text_at(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  if (!found) return {};
  const auto* text = found->value().if_string();
  if (text == nullptr) {
    found->report("文字列ではありません。", "this is not text.");
    return {};
  }
  return {text->data(), text->size()};
}

Compared read_compared(const Node& node) {
  node.only({"source", "place", "what", "seen", "limit", "by", "day"});
  Compared one;
  // A newer end may have sources that are not known here.
  const std::string source = text_at(node, "source");
  const auto* known = std::ranges::find(kSources, source, &decltype(kSources)::value_type::first);
  one.source = known == kSources.end() ? Source::report : known->second;
  one.place = text_at(node, "place");
  if (const auto what = node.find("what")) one.what = {text_at(*what, "ja"), text_at(*what, "en")};
  one.seen = text_at(node, "seen");
  one.limit = text_at(node, "limit");
  one.by = text_at(node, "by");
  one.day = parse_day(text_at(node, "day"));
  return one;
}

}  // namespace

namespace {

/// A value is as it stands there; what somebody answered is kept as a word of ours.
Text seen_words(const Compared& one) {
  if (one.source == Compared::Source::person)
    for (const auto& [kept, shown] : std::array<std::pair<std::string_view, Text>, 4>{
             {{"yes", {"はい", "yes"}},
              {"no", {"いいえ", "no"}},
              {"partly", {"一部", "partly"}},
              {"not_applicable", {"対象外", "not applicable"}}}})
      if (one.seen == kept) return shown;
  return {one.seen, one.seen};
}

}  // namespace

Text words(const Compared& one) {
  Text out = where(one);
  if (!one.seen.empty()) {
    const Text seen = seen_words(one);
    out.ja += ": " + seen.ja;
    out.en += ": " + seen.en;
  }
  if (const Text held = against(one); !held.en.empty()) {
    out.ja += "（" + held.ja + "）";
    out.en += " (" + held.en + ")";
  }
  return out.en.empty() ? Text{"―", "―"} : out;
}

std::vector<Text> words(const Basis& basis) {
  std::vector<Text> lines;
  for (const Compared& one : basis.list()) lines.push_back(words(one));
  if (basis.more() > 0)
    lines.push_back(
        {fmt::format("ほか {} 件", basis.more()), fmt::format("and {} more", basis.more())});
  return lines;
}

void Basis::add(Compared one) {
  one.place = cut(one.place, kLongestPlace);
  one.what = {cut(one.what.ja, kLongestValue), cut(one.what.en, kLongestValue)};
  one.seen = cut(one.seen, kLongestValue);
  one.limit = cut(one.limit, kLongestValue);
  one.by = cut(one.by, kLongestValue);
  if (std::ranges::find(list_, one) != list_.end()) return;
  if (list_.size() < kMost)
    list_.push_back(std::move(one));
  else
    count_more(1);
}

void Basis::count_more(std::size_t more) { more_ = std::min(more_ + more, kMostMore); }

void Basis::add(const Basis& other) {
  for (const Compared& one : other.list_) add(one);
  count_more(other.more_);
}

json::object to_json(const Basis& basis) {
  json::array list;
  for (const Compared& one : basis.list()) {
    json::object item{{"source", name(one.source)}};
    for (const auto& [key, text] : {std::pair("place", &one.place), std::pair("seen", &one.seen),
                                    std::pair("limit", &one.limit), std::pair("by", &one.by)})
      if (!text->empty()) item[key] = *text;
    if (!one.what.empty()) item["what"] = json::object{{"ja", one.what.ja}, {"en", one.what.en}};
    if (one.day) item["day"] = format_day(*one.day);
    list.push_back(std::move(item));
  }
  return {{"list", std::move(list)}, {"more", basis.more()}};
}

Basis read_basis(const Node& node) {
  node.only({"list", "more"});
  Basis basis;
  for (const Node& item : node.at("list").items()) basis.add(read_compared(item));
  const auto more = node.at("more").integer(0, static_cast<std::int64_t>(kMostMore));
  if (!basis.empty()) basis.count_more(static_cast<std::size_t>(more));
  return basis;
}

std::string write_basis(const Basis& basis) {
  return basis.empty() ? std::string() : json::serialize(to_json(basis));
}

Basis kept_basis(std::string_view text) {
  if (text.empty()) return {};
  const auto read =
      read_json<Basis>(text, {.bytes = 65'536, .nodes = 1000, .depth = 6}, read_basis);
  return read.value_or(Basis());
}

}  // namespace sekisho
