// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/export_place.h"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/json.hpp>

#include "base/text.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestText = 1000;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }
std::string_view view(const json::key_value_pair& member) {
  return {member.key().data(), member.key().size()};
}

/// What ConvertTo-Json leaves of what lies deeper than its -Depth.
bool was_cut_off(std::string_view text) {
  return text.starts_with("@{") || text.starts_with("System.") ||
         text.starts_with("Microsoft.Graph.PowerShell.") || text.contains("System.Object[]") ||
         text.contains("System.Collections.");
}

/// "", null, false, 0 and empty lists and objects.
bool says_nothing(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return true;
    case json::kind::bool_: return !value.get_bool();
    case json::kind::int64: return value.get_int64() == 0;
    case json::kind::uint64: return value.get_uint64() == 0;
    case json::kind::double_: return value.get_double() == 0;
    case json::kind::string: return value.get_string().empty();
    case json::kind::array: return value.get_array().empty();
    case json::kind::object: return value.get_object().empty();
  }
  return false;
}

/// Whether a count fits how many there are; of what is no list that can't be said.
bool is_size(const json::value& count, const json::value& of) {
  const std::int64_t* number = count.if_int64();
  const json::array* list = of.if_array();
  return number != nullptr &&
         (list == nullptr || *number == static_cast<std::int64_t>(list->size()));
}

/// Names by which an answer says that it isn't all: of Graph, Google, Zoom, Slack, Dropbox, Box,
/// AWS and GitHub.
bool says_more(std::string_view name, const json::value& value) {
  constexpr std::array<std::string_view, 15> kMore{
      "@odata.nextLink", "@nextLink",   "odata.nextLink", "nextLink",   "nextPageToken",
      "next_page_token", "next_cursor", "next_marker",    "nextMarker", "has_more",
      "hasMore",         "isTruncated", "truncated",      "nextToken",  "incomplete_results"};
  if (same_name(name, "response_metadata") && value.is_object())
    return std::ranges::any_of(value.get_object(), [](const auto& inner) {
      return says_more(view(inner), inner.value());
    });
  return std::ranges::any_of(kMore, [&](auto one) { return same_name(one, name); }) &&
         !says_nothing(value);
}

/// Whether what stands beside a list in an object says that it isn't the whole list:
/// "members@odata.nextLink", "members@odata.count" of another number, or a name for all in it.
bool is_part(const json::object& map, std::string_view key, const json::value& found) {
  return std::ranges::any_of(map, [&](const auto& member) {
    const std::string_view name = view(member);
    if (&member.value() == &found) return false;
    if (says_more(name, member.value()) ||
        (same_name(name, "@odata.count") && key == "value" && !is_size(member.value(), found)))
      return true;
    if (name.size() <= key.size() || !same_name(name.substr(0, key.size()), key)) return false;
    const std::string_view rest = name.substr(key.size());
    return (rest.starts_with('@') && says_more(rest, member.value())) ||
           (same_name(rest, "@odata.count") && !is_size(member.value(), found));
  });
}

/// {"error": …} and {"ok": false, …}: services answer so where they refuse.
bool is_error(const json::object& map) {
  return std::ranges::any_of(map, [](const auto& member) {
    const bool* ok = member.value().if_bool();
    return (same_name(view(member), "error") && !says_nothing(member.value())) ||
           (same_name(view(member), "ok") && ok != nullptr && !*ok);
  });
}

/// What Graph or PowerShell wrapped a list in: {"@odata.context": …, "value": […]}, or with
/// "Count". With a next page it isn't the whole list.
const json::array* wrapped(const json::value& value) {
  const json::object* map = value.if_object();
  const json::value* held = map == nullptr ? nullptr : map->if_contains("value");
  const json::array* list = held == nullptr ? nullptr : held->if_array();
  if (list == nullptr || is_part(*map, "value", *held)) return nullptr;
  for (const auto& member : *map) {
    const std::string_view name = view(member);
    const bool counts = same_name(name, "Count") && is_size(member.value(), *held);
    if (name != "value" && !name.starts_with('@') && !counts) return nullptr;
  }
  return list;
}

/// The elements of a list in any of its forms that doesn't depend on what they are; null for none.
const json::array* elements(const json::value& value) {
  const json::array* list = value.if_array();
  if (list == nullptr) return wrapped(value);
  if (list->size() == 1 && list->front().is_object())
    if (const json::array* inner = wrapped(list->front())) return inner;
  return list;
}

bool is_nothing(const json::array& list) {
  return std::ranges::all_of(list, [](const json::value& one) { return one.is_null(); });
}

bool bears(const json::object& map, std::string_view name) {
  return std::ranges::any_of(map,
                             [&](const auto& member) { return same_name(view(member), name); });
}

/// All values of an object are objects of that kind: a list by ids.
bool is_list_by_id(const json::object& map, std::string_view has) {
  return !map.empty() && std::ranges::all_of(map, [&](const auto& member) {
    const json::object* one = member.value().if_object();
    return one != nullptr && bears(*one, has);
  });
}

/// "2026-11-27T18:00:00.0000000+09:00": on a clock that is so far from UTC.
std::optional<Time> time_with_offset(std::string_view text) {
  constexpr std::size_t kOffset = 6;
  if (text.size() <= kOffset) return std::nullopt;
  const std::string_view offset = text.substr(text.size() - kOffset);
  // Everywhere on earth it is in steps of a quarter of an hour, as calendars have them.
  const auto calendar = Calendar::parse(offset);
  const auto on_clock = parse_time(std::string(text.substr(0, text.size() - kOffset)).append("Z"));
  if (!calendar || !on_clock) return std::nullopt;
  const Day day{std::chrono::floor<std::chrono::days>(on_clock->time_since_epoch())};
  return calendar->start(day) + (on_clock->time_since_epoch() - day.time_since_epoch());
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, small, small);
}

ExportPlace ExportPlace::at(std::string_view key) const {
  const ExportPlace found = named(key);
  const bool several = found.is_there() && (found.value_->is_array() || found.value_->is_object());
  if (several && is_part(value_->get_object(), key, *found.value_))
    return ExportPlace(Lack::not_readable);
  return found;
}

ExportPlace ExportPlace::in_page(std::string_view key) const { return named(key); }

ExportPlace ExportPlace::named(std::string_view key) const {
  if (!is_there()) return ExportPlace(lack());
  const json::object* map = value_->if_object();
  if (map == nullptr) return ExportPlace(Lack::not_readable);
  const json::value* found = nullptr;
  for (const auto& member : *map) {
    if (!same_name(view(member), key)) continue;
    if (found != nullptr) return ExportPlace(Lack::not_readable);  // which of the two?
    found = &member.value();
  }
  if (is_error(*map) && !same_name(key, "error")) return ExportPlace(Lack::not_readable);
  return found == nullptr ? ExportPlace(Lack::absent) : ExportPlace(*found);
}

CloudSetting<bool> ExportPlace::boolean() const {
  if (!is_there()) return lack();
  if (const bool* found = value_->if_bool()) return *found;
  if (const json::string* text = value_->if_string()) {
    if (same_name(view(*text), "true")) return true;
    if (same_name(view(*text), "false")) return false;
  }
  return Lack::not_readable;
}

CloudSetting<std::int64_t> ExportPlace::integer() const {
  if (!is_there()) return lack();
  if (const std::int64_t* found = value_->if_int64()) return *found;
  if (const json::string* text = value_->if_string()) {
    std::string_view digits = view(*text);
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    const std::int64_t found = whole_number(digits);
    if (found >= 0) return negative ? -found : found;
  }
  return Lack::not_readable;
}

CloudSetting<double> ExportPlace::number() const {
  if (!is_there()) return lack();
  if (const double* found = value_->if_double()) return *found;
  const CloudSetting<std::int64_t> whole = integer();
  return whole.value() == nullptr ? CloudSetting<double>(whole.lack())
                                  : CloudSetting<double>(static_cast<double>(*whole.value()));
}

CloudSetting<std::string> ExportPlace::text() const {
  if (!is_there()) return lack();
  const json::string* found = value_->if_string();
  if (found == nullptr || found->size() > kLongestText || was_cut_off(view(*found)))
    return Lack::not_readable;
  return std::string(view(*found));
}

CloudSetting<std::vector<std::string>> ExportPlace::texts() const {
  if (!is_there()) return lack();
  std::vector<std::string> found;
  const auto add = [&](const json::value& one) {
    const CloudSetting<std::string> text = ExportPlace(one).text();
    if (text.value() != nullptr) found.push_back(*text.value());
    return text.value() != nullptr;
  };
  if (const json::string* lone = value_->if_string()) {
    if (lone->empty()) return found;
    if (view(*lone).find_first_of(" \t\r\n") != std::string_view::npos || !add(*value_))
      return Lack::not_readable;
    return found;
  }
  const json::array* list = elements(*value_);
  if (list == nullptr) return Lack::not_readable;
  if (is_nothing(*list)) return found;
  if (!std::ranges::all_of(*list, add)) return Lack::not_readable;
  return found;
}

CloudSetting<std::vector<ExportPlace>> ExportPlace::objects() const {
  if (!is_there()) return lack();
  const json::array* list = elements(*value_);
  if (list == nullptr) return Lack::not_readable;
  std::vector<ExportPlace> found;
  if (is_nothing(*list)) return found;
  for (const json::value& one : *list) {
    if (!one.is_object()) return Lack::not_readable;
    found.emplace_back(one);
  }
  return found;
}

CloudSetting<std::vector<ExportPlace>> ExportPlace::objects(std::string_view has) const {
  if (!is_there()) return lack();
  if (elements(*value_) != nullptr) {
    auto list = objects();
    const auto is_other = [&](const ExportPlace& one) {
      return !bears(one.value_->get_object(), has) || is_error(one.value_->get_object());
    };
    if (list.value() != nullptr && std::ranges::any_of(*list.value(), is_other))
      return Lack::not_readable;
    return list;
  }
  std::vector<ExportPlace> found;
  const json::object* map = value_->if_object();
  if (map == nullptr || is_error(*map)) return Lack::not_readable;
  if (bears(*map, has)) {
    found.push_back(*this);
    return found;
  }
  if (!is_list_by_id(*map, has)) return Lack::not_readable;
  for (const auto& member : *map) found.emplace_back(member.value());
  return found;
}

CloudSetting<std::vector<std::pair<std::string, ExportPlace>>> ExportPlace::by_id() const {
  if (!is_there()) return lack();
  const json::object* map = value_->if_object();
  if (map == nullptr) return Lack::not_readable;
  std::vector<std::pair<std::string, ExportPlace>> found;
  for (const auto& member : *map) {
    if (!member.value().is_object()) return Lack::not_readable;
    found.emplace_back(view(member), ExportPlace(member.value()));
  }
  return found;
}

bool ExportPlace::is_list_of_null() const {
  const json::array* list = value_ == nullptr ? nullptr : value_->if_array();
  return list != nullptr && !list->empty() && is_nothing(*list);
}

std::vector<std::string> ExportPlace::names() const {
  std::vector<std::string> found;
  if (is_object())
    for (const auto& member : value_->get_object()) found.emplace_back(view(member));
  return found;
}

std::optional<Time> export_time(const ExportPlace& place) {
  constexpr std::string_view kBefore = "/Date(";
  constexpr std::string_view kAfter = ")/";
  // ConvertTo-Json of some versions writes the time beside other forms of it.
  if (place.is_object()) return export_time(place.at("value"));
  const CloudSetting<std::string> text = place.text();
  if (text.value() == nullptr) return std::nullopt;
  std::string_view digits = *text.value();
  if (!digits.starts_with(kBefore)) {
    const auto exact = parse_time(digits);
    return exact ? exact : time_with_offset(digits);
  }
  if (!digits.ends_with(kAfter)) return std::nullopt;
  digits.remove_prefix(kBefore.size());
  digits.remove_suffix(kAfter.size());
  const std::int64_t milliseconds = whole_number(digits);
  constexpr std::int64_t kMost = 253'402'300'799'000;  // the year 9999
  if (milliseconds < 0 || milliseconds > kMost) return std::nullopt;
  return Time{std::chrono::seconds(milliseconds / 1000)};
}

std::string export_id(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  if (text.value() != nullptr) return lower(trim(*text.value()));
  const CloudSetting<std::int64_t> number = place.integer();
  return number.value() == nullptr ? std::string() : std::to_string(*number.value());
}

}  // namespace sekisho
