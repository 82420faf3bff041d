#include "server/directory/user.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/directory/filter.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestId = 254;
constexpr std::size_t kMostOperations = 100;

using Done = ScimResult<void>;

/// RFC 7643, 2.1: attributes are known in either case.
const json::value* member(const json::object& object, std::string_view name) {
  for (const auto& [key, value] : object)
    if (lower(key) == name) return &value;
  return nullptr;
}

std::unexpected<ScimError> wrong_value(std::string_view attribute, std::string_view ja,
                                       std::string_view en) {
  return scim_error(400, "invalidValue", fmt::format("{}: {}", attribute, ja),
                    fmt::format("{}: {}", attribute, en));
}

/// What is shown as a name, as the console takes it.
ScimResult<std::string> name_in(std::string_view attribute, const json::value& value) {
  const Document document{"", value, {}};
  std::vector<Error> problems;
  std::string name = read_person_name(Node(document, problems));
  if (!problems.empty())
    return wrong_value(attribute, problems.front().message.ja, problems.front().message.en);
  return name;
}

ScimResult<std::string> id_in(std::string_view attribute, const json::value& value) {
  std::string text(value.is_string() ? std::string_view(value.get_string()) : "");
  if (trim(std::string_view(text)).empty() || text.size() > kLongestId || !is_plain_line(text))
    return wrong_value(attribute, "使えない値です", "this value can't be used");
  return text;
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
    const json::value* address = email == nullptr ? nullptr : member(*email, "value");
    if (address == nullptr) return wrong_value("emails", "value がありません", "there is no value");
    const json::value* primary = member(*email, "primary");
    const json::value* type = member(*email, "type");
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

/// In Japanese the family's name stands first.
std::string joined_name(const std::string& family, const std::string& given) {
  if (family.empty() || given.empty()) return family + given;
  const bool ascii = std::ranges::all_of(family + given, [](unsigned char c) { return c < 0x80; });
  return ascii ? given + " " + family : family + " " + given;
}

Done take_name(UserEdit& edit, const json::value& value) {
  const json::object* parts = value.if_object();
  if (parts == nullptr)
    return wrong_value("name", "オブジェクトではありません", "this is no object");
  const auto text = [&](std::string_view part) {
    const json::value* found = member(*parts, part);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  };
  std::string whole = text("formatted");
  if (whole.empty()) whole = joined_name(text("familyname"), text("givenname"));
  if (whole.empty()) return {};
  auto name = name_in("name", json::value(whole));
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

/// Whether a path means the address that is kept: every one, that of work, or the primary one.
bool is_address_of_work(const AttributePath& path) {
  return std::ranges::all_of(path.which, [](const Comparison& one) {
    return one == Comparison{"type", std::string("work")} || one == Comparison{"primary", true};
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
  if (name == "externalid") return put(id_in("externalId", value), edit.external_id);
  if (name == "displayname") return put(name_in("displayName", value), edit.name);
  if (name == "active") return put(truth_in("active", value), edit.active);
  if (name == "name" && path.part.empty()) return take_name(edit, value);
  if (name == "name" && path.part == "formatted") return put(name_in("name", value), edit.name);
  if (name == "emails" && is_address_of_work(path)) {
    if (path.part == "value") return put(email_in(value), edit.email);
    if (path.part.empty()) return take_emails(edit, value);
  }
  return {};  // nothing of it is kept
}

/// {"active": false, "name.formatted": "…"}: names or paths, as Okta and Entra ID write them.
Done set_attributes(UserEdit& edit, const json::object& values) {
  // The name by which somebody is shown counts before its parts.
  const json::value* shown = member(values, "displayname");
  std::set<std::string> seen;
  for (const auto& [key, value] : values) {
    const std::string name = lower(key);
    if (!seen.insert(name).second)
      return scim_error(400, "invalidSyntax",
                        fmt::format("{} が二度あります。", printable(name, 60)),
                        fmt::format("{} is there twice.", printable(name, 60)));
    if (name == "schemas" || name == "id" || name == "meta") continue;
    // A schema's name holds what it adds: none of it is kept.
    if (name.starts_with("urn:") && value.is_object()) continue;
    const auto path = read_path(key);
    if (!path) return std::unexpected(path.error());
    if (path->attribute == "name" && shown != nullptr && !shown->is_null()) continue;
    if (value.is_null() && path->attribute != "active") continue;
    if (auto set = set_attribute(edit, *path, value); !set) return set;
  }
  return {};
}

/// What is kept of somebody is needed, except an id of the directory's own.
Done remove_attribute(UserEdit& edit, const AttributePath& path) {
  const std::string& name = path.attribute;
  if (name == "externalid") edit.external_id = "";
  if (name == "username" || name == "active")
    return scim_error(400, "mutability", fmt::format("{} は消せません。", name),
                      fmt::format("{} can't be removed.", name));
  return {};
}

Done run_operation(UserEdit& edit, const json::value& operation) {
  const json::object* members = operation.if_object();
  const json::value* what = members == nullptr ? nullptr : member(*members, "op");
  if (what == nullptr || !what->is_string())
    return scim_error(400, "invalidSyntax", "op がありません。", "there is no op.");
  const std::string op = lower(std::string_view(what->get_string()));
  const json::value* where = member(*members, "path");
  const json::value* value = member(*members, "value");
  if (op != "add" && op != "replace" && op != "remove")
    return scim_error(400, "invalidSyntax", "op は add、replace、remove のどれかです。",
                      "op is add, replace or remove.");
  if (where == nullptr) {
    if (op == "remove")
      return scim_error(400, "noTarget", "何を消すのか path で示してください。",
                        "say by path what to remove.");
    if (value == nullptr || !value->is_object())
      return scim_error(400, "invalidValue", "path がなければ value はオブジェクトです。",
                        "without a path the value is an object.");
    return set_attributes(edit, value->get_object());
  }
  if (!where->is_string())
    return scim_error(400, "invalidPath", "読めない path です。", "this path can't be read.");
  const auto path = read_path(std::string_view(where->get_string()));
  if (!path) return std::unexpected(path.error());
  if (op == "remove") return remove_attribute(edit, *path);
  if (value == nullptr)
    return scim_error(400, "invalidValue", "value がありません。", "there is no value.");
  return set_attribute(edit, *path, *value);
}

}  // namespace

ScimResult<UserEdit> read_user(const json::value& body) {
  if (!body.is_object())
    return scim_error(400, "invalidSyntax", "User として読めません。", "this is no User.");
  UserEdit edit;
  if (auto set = set_attributes(edit, body.get_object()); !set) return std::unexpected(set.error());
  if (!edit.user_name)
    return scim_error(400, "invalidValue", "userName がありません。", "there is no userName.");
  return edit;
}

ScimResult<UserEdit> read_patch(const json::value& body) {
  const json::object* members = body.if_object();
  const json::value* all = members == nullptr ? nullptr : member(*members, "operations");
  if (all == nullptr || !all->is_array() || all->get_array().empty() ||
      all->get_array().size() > kMostOperations)
    return scim_error(
        400, "invalidSyntax",
        fmt::format("Operations に 1 から {} の変更を書いてください。", kMostOperations),
        fmt::format("give Operations, 1 to {} of them.", kMostOperations));
  UserEdit edit;
  for (const json::value& operation : all->get_array())
    if (auto ran = run_operation(edit, operation); !ran) return std::unexpected(ran.error());
  return edit;
}

}  // namespace sekisho
