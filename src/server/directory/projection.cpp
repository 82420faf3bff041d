// SPDX-License-Identifier: Apache-2.0
#include "server/directory/projection.h"

#include "base/base.h"
#include "server/directory/filter.h"

namespace sekisho {
namespace {

namespace json = boost::json;

using Names = std::set<std::string, std::less<>>;

constexpr std::size_t kMostNames = 100;

ScimResult<Names> names_in(const std::optional<std::string>& list) {
  Names names;
  if (!list || trim(std::string_view(*list)).empty()) return names;
  for (const std::string_view one : split(*list, ',')) {
    const auto path = read_path(one);
    if (!path || !path->which.empty() || names.size() == kMostNames)
      return scim_error(400, "invalidValue", "読めない属性の一覧です。",
                        "this list of attributes can't be read.");
    names.insert(path->part.empty() ? path->attribute : path->attribute + "." + path->part);
  }
  return names;
}

/// A value with those of its parts that `keeps` says, of each value where there are several.
json::value with_parts(const json::value& value, const auto& keeps) {
  if (const json::array* list = value.if_array()) {
    json::array kept;
    for (const json::value& one : *list) kept.push_back(with_parts(one, keeps));
    return kept;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return value;
  json::object kept;
  for (const auto& [name, part] : *object)
    if (keeps(lower(name))) kept[name] = part;
  return kept;
}

bool names_part_of(const Names& names, const std::string& attribute) {
  const auto first = names.lower_bound(attribute + ".");
  return first != names.end() && first->starts_with(attribute + ".");
}

}  // namespace

ScimResult<Projection> Projection::read(const std::optional<std::string>& attributes,
                                        const std::optional<std::string>& excluded) {
  auto only = names_in(attributes);
  if (!only) return std::unexpected(only.error());
  auto without = names_in(excluded);
  if (!without) return std::unexpected(without.error());
  if (!only->empty() && !without->empty())
    return scim_error(400, "invalidValue", "attributes と excludedAttributes はどちらか一つです。",
                      "give attributes or excludedAttributes, not both.");
  Projection projection;
  projection.only_ = std::move(*only);
  projection.without_ = std::move(*without);
  return projection;
}

bool Projection::wants(std::string_view name) const {
  return !without_.contains(name) &&
         (only_.empty() || only_.contains(name) || names_part_of(only_, std::string(name)));
}

json::object Projection::of(const json::object& resource) const {
  json::object kept;
  for (const auto& [key, value] : resource) {
    const std::string name = lower(key);
    const bool always = name == "id" || name == "schemas";
    const auto part = [&](const std::string& of) { return name + "." + of; };
    if (always || (only_.empty() && !without_.contains(name) && !names_part_of(without_, name)) ||
        only_.contains(name))
      kept[key] = value;
    else if (only_.empty() && !without_.contains(name))
      kept[key] =
          with_parts(value, [&](const std::string& of) { return !without_.contains(part(of)); });
    else if (names_part_of(only_, name))
      kept[key] =
          with_parts(value, [&](const std::string& of) { return only_.contains(part(of)); });
  }
  return kept;
}

}  // namespace sekisho
