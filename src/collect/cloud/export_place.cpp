#include "collect/cloud/export_place.h"

#include <algorithm>
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

/// What Graph or PowerShell wrapped a list in: {"@odata.context": …, "value": […]}, or with
/// "Count". With a next page it isn't the whole list.
const json::array* wrapped(const json::value& value) {
  const json::object* map = value.if_object();
  const json::value* held = map == nullptr ? nullptr : map->if_contains("value");
  const json::array* list = held == nullptr ? nullptr : held->if_array();
  if (list == nullptr) return nullptr;
  for (const auto& member : *map) {
    const std::string_view name = view(member);
    const std::int64_t* count = member.value().if_int64();
    const bool counts = count != nullptr && *count == static_cast<std::int64_t>(list->size());
    if (same_name(name, "@odata.nextLink")) return nullptr;
    if (name != "value" && !name.starts_with('@') && !(same_name(name, "Count") && counts))
      return nullptr;
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

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, small, small);
}

ExportPlace ExportPlace::at(std::string_view key) const {
  if (!is_there()) return ExportPlace(lack());
  const json::object* map = value_->if_object();
  if (map == nullptr) return ExportPlace(Lack::not_readable);
  const json::value* found = nullptr;
  for (const auto& member : *map) {
    if (!same_name(view(member), key)) continue;
    if (found != nullptr) return ExportPlace(Lack::not_readable);  // which of the two?
    found = &member.value();
  }
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

CloudSetting<std::vector<ExportPlace>> ExportPlace::objects(std::string_view has) const {
  if (!is_there()) return lack();
  std::vector<ExportPlace> found;
  if (const json::array* list = elements(*value_)) {
    if (is_nothing(*list)) return found;
    for (const json::value& one : *list) {
      if (!one.is_object()) return Lack::not_readable;
      found.emplace_back(one);
    }
    return found;
  }
  const json::object* map = value_->if_object();
  if (map == nullptr) return Lack::not_readable;
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
  if (!digits.starts_with(kBefore)) return parse_time(digits);
  if (!digits.ends_with(kAfter)) return std::nullopt;
  digits.remove_prefix(kBefore.size());
  digits.remove_suffix(kAfter.size());
  const std::int64_t milliseconds = whole_number(digits);
  constexpr std::int64_t kMost = 253'402'300'799'000;  // the year 9999
  if (milliseconds < 0 || milliseconds > kMost) return std::nullopt;
  return Time{std::chrono::seconds(milliseconds / 1000)};
}

}  // namespace sekisho
