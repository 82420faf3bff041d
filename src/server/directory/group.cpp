// SPDX-License-Identifier: Apache-2.0
#include "server/directory/group.h"

#include <set>

#include <fmt/format.h>

#include "server/directory/attributes.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::string_view kGroupSchema = "urn:ietf:params:scim:schemas:core:2.0:group";

using Kept = ScimResult<void>;

ScimResult<PersonId> member_id_in(const json::value& value) {
  const auto id = id_in("members", value);
  if (!id) return std::unexpected(id.error());
  const PersonId person(std::max<std::int64_t>(whole_number(*id), 0));
  if (!person) return wrong_value("members", "そういう人はいません", "there is no such person");
  return person;
}

/// {"value": "5", "type": "User"}; Entra ID leaves the type out.
ScimResult<PersonId> member_in(const json::value& value) {
  const json::object* one = value.if_object();
  const json::value* id = one == nullptr ? nullptr : scim_member(*one, "value");
  if (id == nullptr) return wrong_value("members", "value がありません", "there is no value");
  const json::value* type = scim_member(*one, "type");
  if (type != nullptr && !type->is_null() &&
      !(type->is_string() && lower(std::string_view(type->get_string())) == "user"))
    return wrong_value("members", "グループの中のグループは受け取りません",
                       "groups within groups are not taken");
  return member_id_in(*id);
}

ScimResult<std::vector<PersonId>> members_in(const json::value& value) {
  const json::value alone = value.is_object() ? json::value(json::array{value}) : value;
  const json::array* list = alone.if_array();
  if (list == nullptr) return wrong_value("members", "一覧ではありません", "this is no list");
  std::vector<PersonId> whom;
  for (const json::value& one : *list) {
    const auto person = member_in(one);
    if (!person) return std::unexpected(person.error());
    whom.push_back(*person);
  }
  return whom;
}

Kept change_members(GroupEdit& edit, MembersChange::Kind kind, const json::value& value) {
  auto whom = members_in(value);
  if (!whom) return std::unexpected(whom.error());
  edit.members.push_back({kind, std::move(*whom)});
  return {};
}

template <typename T>
Kept keep(ScimResult<T> read, std::optional<T>& into) {
  if (!read) return std::unexpected(read.error());
  into = std::move(*read);
  return {};
}

Kept set_of_group(GroupEdit& edit, const std::string& name, const json::value& value,
                  MembersChange::Kind how) {
  if (name == "displayname") return keep(id_in("displayName", value), edit.name);
  if (name == "externalid") return keep(maybe_id_in("externalId", value), edit.external_id);
  if (name == "members" && value.is_null()) return {};
  if (name == "members") return change_members(edit, how, value);
  return {};  // nothing of it is kept
}

Kept set_all_of_group(GroupEdit& edit, const json::object& values, MembersChange::Kind how) {
  std::set<std::string> seen;
  for (const auto& [key, value] : values) {
    const std::string name = lower(key);
    if (!seen.insert(name).second)
      return scim_error(400, "invalidSyntax",
                        fmt::format("{} が二度あります。", printable(name, 60)),
                        fmt::format("{} is there twice.", printable(name, 60)));
    // Okta repeats the group's id.
    if (is_read_only(name) || (name.starts_with("urn:") && value.is_object())) continue;
    const auto path = read_path(key);
    if (!path) return std::unexpected(path.error());
    if (auto set = set_of_group(edit, path->attribute, value, how); !set) return set;
  }
  return {};
}

/// members[value eq "5"]: that one; without a filter those of the value, or all.
Kept remove_of_group(GroupEdit& edit, const PatchOperation& one) {
  const AttributePath& path = *one.path;
  if (is_read_only(path.attribute)) return read_only(path.attribute);
  if (path.attribute == "displayname")
    return scim_error(400, "mutability", "displayName は消せません。",
                      "displayName can't be removed.");
  if (path.attribute == "externalid") edit.external_id = "";
  if (path.attribute != "members") return {};
  if (!path.part.empty()) return no_target();
  if (path.which.empty() && (one.value == nullptr || one.value->is_null())) {
    edit.members.push_back({MembersChange::Kind::set, {}});
    return {};
  }
  if (path.which.empty()) return change_members(edit, MembersChange::Kind::remove, *one.value);
  const Comparison& which = path.which.front();
  const auto* text = std::get_if<std::string>(&which.value);
  if (path.which.size() > 1 || which.attribute != "value" || text == nullptr) return no_target();
  const auto person = member_id_in(json::value(*text));
  if (!person) return std::unexpected(person.error());
  edit.members.push_back({MembersChange::Kind::remove, {*person}});
  return {};
}

Kept run_on_group(GroupEdit& edit, const PatchOperation& one) {
  const auto how =
      one.kind == PatchOperation::Kind::add ? MembersChange::Kind::add : MembersChange::Kind::set;
  if (!one.path) return set_all_of_group(edit, one.value->get_object(), how);
  if (one.kind == PatchOperation::Kind::remove) return remove_of_group(edit, one);
  if (is_read_only(one.path->attribute)) return read_only(one.path->attribute);
  if (!one.path->which.empty() || !one.path->part.empty()) return no_target();
  return set_of_group(edit, one.path->attribute, *one.value, how);
}

}  // namespace

ScimResult<GroupEdit> read_group(const json::value& body) {
  if (auto said = must_say(body, kGroupSchema); !said) return std::unexpected(said.error());
  GroupEdit edit;
  if (auto set = set_all_of_group(edit, body.get_object(), MembersChange::Kind::set); !set)
    return std::unexpected(set.error());
  if (!edit.name)
    return scim_error(400, "invalidValue", "displayName がありません。",
                      "there is no displayName.");
  return edit;
}

ScimResult<GroupEdit> read_group_patch(const json::value& body) {
  return edit_by<GroupEdit>(body, run_on_group);
}

}  // namespace sekisho
