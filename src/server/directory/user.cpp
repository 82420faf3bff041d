// SPDX-License-Identifier: Apache-2.0
#include "server/directory/user.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/directory/attributes.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:user";

using Done = ScimResult<void>;

/// A directory's names may be longer: their beginning is shown.
std::string cut(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && ++characters > kLongestName)
      return std::string(trim(text.substr(0, at)));
  return std::string(text);
}

/// What is shown as a name, as the console takes it.
ScimResult<std::string> name_in(std::string_view attribute, const json::value& value) {
  const Document document{"", value.is_string() ? json::value(cut(value.get_string())) : value, {}};
  std::vector<Error> problems;
  std::string name = read_person_name(Node(document, problems));
  if (!problems.empty())
    return wrong_value(attribute, problems.front().message.ja, problems.front().message.en);
  return name;
}

ScimResult<std::string> email_in(const json::value& value) {
  std::string email =
      value.is_string() ? lower(std::string_view(value.get_string())) : std::string();
  if (!is_email(email))
    return wrong_value("emails", "メールアドレスの形が違います", "this is no email address");
  return email;
}

/// Entra ID writes "True" and "False".
ScimResult<bool> truth_in(std::string_view attribute, const json::value& value) {
  if (value.is_bool()) return value.get_bool();
  const std::string text =
      value.is_string() ? lower(std::string_view(value.get_string())) : std::string();
  if (text == "true") return true;
  if (text == "false") return false;
  return wrong_value(attribute, "true か false にしてください", "say true or false");
}

/// The address to go by: the primary one, else that of work, else the first.
Done take_emails(UserEdit& edit, const json::value& value) {
  const json::value one_alone = value.is_object() ? json::value(json::array{value}) : value;
  const json::array* list = one_alone.if_array();
  if (list == nullptr) return wrong_value("emails", "一覧ではありません", "this is no list");
  const json::value* best = nullptr;
  int best_rank = 0;
  for (const json::value& one : *list) {
    const json::object* email = one.if_object();
    const json::value* address = email == nullptr ? nullptr : scim_member(*email, "value");
    if (address == nullptr) return wrong_value("emails", "value がありません", "there is no value");
    const json::value* primary = scim_member(*email, "primary");
    const json::value* type = scim_member(*email, "type");
    const bool first = primary != nullptr && truth_in("primary", *primary).value_or(false);
    const bool work = type != nullptr && type->is_string() &&
                      lower(std::string_view(type->get_string())) == "work";
    const int rank = first ? 3 : work ? 2 : 1;
    if (rank > best_rank) {
      best_rank = rank;
      best = address;
    }
  }
  if (best == nullptr) return {};
  auto email = email_in(*best);
  if (!email) return std::unexpected(email.error());
  edit.email = std::move(*email);
  return {};
}

/// A part of a name; null and nothing take it away.
ScimResult<std::string> part_in(std::string_view attribute, const json::value& value) {
  if (value.is_null() || value == json::value("")) return std::string();
  return name_in(attribute, value);
}

Done take_name(UserEdit& edit, const json::value& value) {
  const json::object* parts = value.if_object();
  if (parts == nullptr)
    return wrong_value("name", "オブジェクトではありません", "this is no object");
  for (const auto& [part, into] :
       {std::pair{"familyname", &UserEdit::family}, std::pair{"givenname", &UserEdit::given}})
    if (const json::value* found = scim_member(*parts, part)) {
      auto text = part_in("name", *found);
      if (!text) return std::unexpected(text.error());
      edit.*into = std::move(*text);
    }
  const json::value* whole = scim_member(*parts, "formatted");
  if (whole == nullptr || whole->is_null() || *whole == json::value("") || edit.name) return {};
  auto name = name_in("name", *whole);
  if (!name) return std::unexpected(name.error());
  edit.name = std::move(*name);
  return {};
}

template <typename T, typename Into>
Done put(ScimResult<T> read, Into& into) {
  if (!read) return std::unexpected(read.error());
  into = std::move(*read);
  return {};
}

/// Whether a path means the address that is kept, which is that of work, and the primary one. Its
/// value is known only where it is changed.
bool is_address_of_work(UserEdit& edit, const AttributePath& path) {
  return std::ranges::all_of(path.which, [&](const Comparison& one) {
    const auto* text = std::get_if<std::string>(&one.value);
    if (one.attribute == "type") return text != nullptr && lower(*text) == "work";
    if (one.attribute == "primary")
      return text != nullptr ? lower(*text) == "true" : std::get<bool>(one.value);
    if (one.attribute != "value" || text == nullptr) return false;
    edit.email_was = lower(*text);
    return true;
  });
}

Done set_attribute(UserEdit& edit, const AttributePath& path, const json::value& value) {
  const std::string& name = path.attribute;
  const bool single =
      name == "username" || name == "externalid" || name == "displayname" || name == "active";
  if (single && (!path.which.empty() || !path.part.empty()))
    return scim_error(400, "invalidPath", fmt::format("{} は一つの値です。", name),
                      fmt::format("{} is a single value.", name));
  if (name == "username") return put(id_in("userName", value), edit.user_name);
  if (name == "externalid") return put(maybe_id_in("externalId", value), edit.external_id);
  if (name == "displayname") return put(name_in("displayName", value), edit.name);
  if (name == "active") return put(truth_in("active", value), edit.active);
  if (name == "name" && path.part.empty()) return take_name(edit, value);
  if (name == "name" && path.part == "formatted") return put(name_in("name", value), edit.name);
  if (name == "name" && path.part == "familyname") return put(part_in("name", value), edit.family);
  if (name == "name" && path.part == "givenname") return put(part_in("name", value), edit.given);
  if (name == "emails" && !is_address_of_work(edit, path)) return {};
  if (name == "emails" && path.part == "value") return put(email_in(value), edit.email);
  if (name == "emails" && path.part.empty()) return take_emails(edit, value);
  return {};  // nothing of it is kept
}

/// {"active": false, "name.formatted": "…"}: names or paths, as Okta and Entra ID write them.
Done set_attributes(UserEdit& edit, const json::object& values) {
  // The name by which somebody is shown counts before its parts.
  const json::value* shown = scim_member(values, "displayname");
  std::set<std::string> seen;
  for (const auto& [key, value] : values) {
    const std::string name = lower(key);
    if (!seen.insert(name).second)
      return scim_error(400, "invalidSyntax",
                        fmt::format("{} が二度あります。", printable(name, 60)),
                        fmt::format("{} is there twice.", printable(name, 60)));
    if (is_read_only(name)) continue;
    // A schema's name holds what it adds: none of it is kept.
    if (name.starts_with("urn:") && value.is_object()) continue;
    const auto path = read_path(key);
    if (!path) return std::unexpected(path.error());
    const bool shown_otherwise = shown != nullptr && !shown->is_null();
    if (path->attribute == "name" && path->part == "formatted" && shown_otherwise) continue;
    if (value.is_null() && path->attribute != "active" && path->attribute != "externalid") continue;
    const auto name_before = edit.name;
    if (auto set = set_attribute(edit, *path, value); !set) return set;
    if (path->attribute == "name" && shown_otherwise) edit.name = name_before;
  }
  return {};
}

/// What is kept of somebody is needed, except an id of the directory's own.
Done remove_attribute(UserEdit& edit, const AttributePath& path) {
  const std::string& name = path.attribute;
  if (is_read_only(name)) return read_only(name);
  if (name == "externalid") edit.external_id = "";
  if (name == "name" && path.part == "familyname") edit.family = "";
  if (name == "name" && path.part == "givenname") edit.given = "";
  if (name == "emails" && !is_address_of_work(edit, path)) return no_target();
  if (name == "username" || name == "active")
    return scim_error(400, "mutability", fmt::format("{} は消せません。", name),
                      fmt::format("{} can't be removed.", name));
  return {};
}

Done run_operation(UserEdit& edit, const PatchOperation& one) {
  if (!one.path) return set_attributes(edit, one.value->get_object());
  if (one.kind == PatchOperation::Kind::remove) return remove_attribute(edit, *one.path);
  if (is_read_only(one.path->attribute)) return read_only(one.path->attribute);
  // Others may be added, and none of them is kept; but there is none to be replaced.
  if (one.kind == PatchOperation::Kind::replace && one.path->attribute == "emails" &&
      !is_address_of_work(edit, *one.path))
    return no_target();
  return set_attribute(edit, *one.path, *one.value);
}

}  // namespace

std::string joined_name(const std::string& family, const std::string& given) {
  if (family.empty() || given.empty()) return family + given;
  const bool ascii = std::ranges::all_of(family + given, [](unsigned char c) { return c < 0x80; });
  return cut(ascii ? given + " " + family : family + " " + given);
}

ScimResult<UserEdit> read_user(const json::value& body) {
  if (!body.is_object())
    return scim_error(400, "invalidSyntax", "User として読めません。", "this is no User.");
  if (auto said = must_say(body, kUserSchema); !said) return std::unexpected(said.error());
  UserEdit edit;
  if (auto set = set_attributes(edit, body.get_object()); !set) return std::unexpected(set.error());
  if (!edit.user_name)
    return scim_error(400, "invalidValue", "userName がありません。", "there is no userName.");
  return edit;
}

ScimResult<UserEdit> read_patch(const json::value& body) {
  return edit_by<UserEdit>(body, run_operation);
}

}  // namespace sekisho
