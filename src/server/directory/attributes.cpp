// SPDX-License-Identifier: Apache-2.0
#include "server/directory/attributes.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/api/fields.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestId = 254;
constexpr std::size_t kMostOperations = 100;
constexpr std::string_view kPatchSchema = "urn:ietf:params:scim:api:messages:2.0:patchop";

ScimResult<PatchOperation> operation_in(const json::value& operation) {
  const json::object* members = operation.if_object();
  const json::value* what = members == nullptr ? nullptr : scim_member(*members, "op");
  if (what == nullptr || !what->is_string())
    return scim_error(400, "invalidSyntax", "op がありません。", "there is no op.");
  const std::string op = lower(std::string_view(what->get_string()));
  if (op != "add" && op != "replace" && op != "remove")
    return scim_error(400, "invalidSyntax", "op は add、replace、remove のどれかです。",
                      "op is add, replace or remove.");
  PatchOperation one{op == "add"       ? PatchOperation::Kind::add
                     : op == "replace" ? PatchOperation::Kind::replace
                                       : PatchOperation::Kind::remove,
                     std::nullopt, scim_member(*members, "value")};
  const bool removes = one.kind == PatchOperation::Kind::remove;
  const json::value* where = scim_member(*members, "path");
  if (where == nullptr) {
    if (removes)
      return scim_error(400, "noTarget", "何を消すのか path で示してください。",
                        "say by path what to remove.");
    if (one.value == nullptr || !one.value->is_object())
      return scim_error(400, "invalidValue", "path がなければ value はオブジェクトです。",
                        "without a path the value is an object.");
    return one;
  }
  if (!where->is_string())
    return scim_error(400, "invalidPath", "読めない path です。", "this path can't be read.");
  auto path = read_path(std::string_view(where->get_string()));
  if (!path) return std::unexpected(path.error());
  one.path = std::move(*path);
  if (!removes && one.value == nullptr)
    return scim_error(400, "invalidValue", "value がありません。", "there is no value.");
  return one;
}

}  // namespace

const json::value* scim_member(const json::object& object, std::string_view name) {
  for (const auto& [key, value] : object)
    if (lower(key) == name) return &value;
  return nullptr;
}

std::unexpected<ScimError> wrong_value(std::string_view attribute, std::string_view ja,
                                       std::string_view en) {
  return scim_error(400, "invalidValue", fmt::format("{}: {}", attribute, ja),
                    fmt::format("{}: {}", attribute, en));
}

std::unexpected<ScimError> no_target() {
  return scim_error(400, "noTarget", "path に当たるものがありません。",
                    "there is nothing that the path means.");
}

ScimResult<std::string> id_in(std::string_view attribute, const json::value& value) {
  std::string text(value.is_string() ? std::string_view(value.get_string()) : "");
  if (trim(std::string_view(text)).empty() || text.size() > kLongestId || !is_plain_line(text))
    return wrong_value(attribute, "使えない値です", "this value can't be used");
  return text;
}

ScimResult<std::string> maybe_id_in(std::string_view attribute, const json::value& value) {
  if (value.is_null()) return std::string();
  return id_in(attribute, value);
}

bool is_read_only(const std::string& name) {
  return name == "id" || name == "meta" || name == "schemas";
}

std::unexpected<ScimError> read_only(const std::string& name) {
  return scim_error(400, "mutability", fmt::format("{} は変えられません。", name),
                    fmt::format("{} can't be changed.", name));
}

ScimResult<void> must_say(const json::value& body, std::string_view schema) {
  const json::object* members = body.if_object();
  const json::value* said = members == nullptr ? nullptr : scim_member(*members, "schemas");
  const json::array* list = said == nullptr ? nullptr : said->if_array();
  if (list != nullptr && std::ranges::any_of(*list, [&](const json::value& one) {
        return one.is_string() && lower(std::string_view(one.get_string())) == schema;
      }))
    return {};
  return scim_error(400, "invalidSyntax", fmt::format("schemas に {} がありません。", schema),
                    fmt::format("schemas does not name {}.", schema));
}

ScimResult<std::vector<PatchOperation>> operations_in(const json::value& body) {
  if (auto said = must_say(body, kPatchSchema); !said) return std::unexpected(said.error());
  const json::object* members = body.if_object();
  const json::value* all = members == nullptr ? nullptr : scim_member(*members, "operations");
  if (all == nullptr || !all->is_array() || all->get_array().empty() ||
      all->get_array().size() > kMostOperations)
    return scim_error(
        400, "invalidSyntax",
        fmt::format("Operations に 1 から {} の変更を書いてください。", kMostOperations),
        fmt::format("give Operations, 1 to {} of them.", kMostOperations));
  std::vector<PatchOperation> operations;
  for (const json::value& one : all->get_array()) {
    auto read = operation_in(one);
    if (!read) return std::unexpected(read.error());
    operations.push_back(std::move(*read));
  }
  return operations;
}

}  // namespace sekisho
