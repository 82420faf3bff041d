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
constexpr std::string_view kUserSchema = "urn:ietf:params:scim:schemas:core:2.0:user";
constexpr std::string_view kPatchSchema = "urn:ietf:params:scim:api:messages:2.0:patchop";

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
    if (const json::value* found = member(*parts, part)) {
      auto text = part_in("name", *found);
      if (!text) return std::unexpected(text.error());
      edit.*into = std::move(*text);
    }
  const json::value* whole = member(*parts, "formatted");
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

std::unexpected<ScimError> no_target() {
  return scim_error(400, "noTarget", "path に当たるものがありません。",
                    "there is nothing that the path means.");
}

/// RFC 7644, 3.5.2: what a client may not write.
bool is_read_only(const std::string& name) {
  return name == "id" || name == "meta" || name == "schemas";
}

std::unexpected<ScimError> read_only(const std::string& name) {
  return scim_error(400, "mutability", fmt::format("{} は変えられません。", name),
                    fmt::format("{} can't be changed.", name));
}

Done set_attribute(UserEdit& edit, const AttributePath& path, const json::value& value) {
  const std::string& name = path.attribute;
  const bool single =
      name == "username" || name == "externalid" || name == "displayname" || name == "active";
  if (single && (!path.which.empty() || !path.part.empty()))
    return scim_error(400, "invalidPath", fmt::format("{} は一つの値です。", name),
                      fmt::format("{} is a single value.", name));
  if (name == "username") return put(id_in("userName", value), edit.user_name);
  if (name == "externalid" && value.is_null())
    return put(ScimResult<std::string>(""), edit.external_id);
  if (name == "externalid") return put(id_in("externalId", value), edit.external_id);
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
  const json::value* shown = member(values, "displayname");
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
  if (is_read_only(path->attribute)) return read_only(path->attribute);
  // Others may be added, and none of them is kept; but there is none to be replaced.
  if (op == "replace" && path->attribute == "emails" && !is_address_of_work(edit, *path))
    return no_target();
  return set_attribute(edit, *path, *value);
}

/// RFC 7643, 3; RFC 7644, 3.5.2: every body names what it is.
Done must_say(const json::value& body, std::string_view schema) {
  const json::object* members = body.if_object();
  const json::value* said = members == nullptr ? nullptr : member(*members, "schemas");
  const json::array* list = said == nullptr ? nullptr : said->if_array();
  if (list != nullptr && std::ranges::any_of(*list, [&](const json::value& one) {
        return one.is_string() && lower(std::string_view(one.get_string())) == schema;
      }))
    return {};
  return scim_error(400, "invalidSyntax", fmt::format("schemas に {} がありません。", schema),
                    fmt::format("schemas does not name {}.", schema));
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
  if (auto said = must_say(body, kPatchSchema); !said) return std::unexpected(said.error());
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
