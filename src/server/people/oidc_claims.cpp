// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_claims.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/people/id_token.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostGroups = 2000;
constexpr std::array<const char*, 3> kOfAddress{"email", "email_verified", "xms_edov"};

enum class Said : std::uint8_t { nothing, yes, no, yes_as_text, unclear };

Said said_in(const json::value& claims, std::string_view name) {
  const json::object* object = claims.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(name);
  if (found == nullptr || found->is_null()) return Said::nothing;
  if (found->is_bool()) return found->get_bool() ? Said::yes : Said::no;
  const std::string text = lower(text_at(claims, name));
  if (text == "true") return Said::yes_as_text;
  return text == "false" ? Said::no : Said::unclear;
}

/// Of Entra ID (xms_edov): whether the tenant owns the address's domain. true, 1 or "1".
bool domain_disowned(const json::value& claims) {
  const json::object* object = claims.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains("xms_edov");
  return found != nullptr && *found != json::value(true) && *found != json::value(1) &&
         *found != json::value("1") && lower(text_at(claims, "xms_edov")) != "true";
}

const json::value* claim_named(const json::value& claims, std::string_view name) {
  const json::object* object = claims.if_object();
  if (object == nullptr) return nullptr;
  if (const json::value* whole = object->if_contains(name)) return whole;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const json::value* inner = object->if_contains(name.substr(0, dot));
  return inner == nullptr ? nullptr : claim_named(*inner, name.substr(dot + 1));
}

/// OpenID Connect Core 1.0, 5.6.2, and Entra ID's shorter form: it lies elsewhere.
bool lies_elsewhere(const json::value& claims, std::string_view name) {
  const json::object* object = claims.if_object();
  if (object == nullptr) return false;
  const json::value* names = object->if_contains("_claim_names");
  const bool named =
      names != nullptr && (!names->is_object() || names->get_object().contains(name));
  return named || (name == "groups" && object->contains("hasgroups"));
}

SaidAddress judged(const json::value& claims, const std::string& email, bool trusted) {
  if (email.empty())
    return {
        "",
        {"認証基盤がメールアドレス（email）を渡しません", "the provider gives no address (email)"},
        true};
  if (!is_email(email) || email.size() > kLongestEmail)
    return {"", {"メールアドレスとして読めません", "what it gives is no address"}};
  const Said verified = said_in(claims, "email_verified");
  if (verified == Said::no || domain_disowned(claims))
    return {"",
            {"認証基盤が、このアドレスは確かめていないと言っています",
             "the provider says that it has not verified the address"}};
  if (verified == Said::unclear)
    return {"",
            {"email_verified を読めません", "what it says of email_verified can't be understood"}};
  if (verified == Said::yes || trusted) return {email};
  const bool text = verified == Said::yes_as_text;
  return {
      "",
      {fmt::format("認証基盤が、アドレスを確かめたかどうか（email_verified）を{}。この認証基盤"
                   "のアドレスを信用できるなら、メンバーの画面でそう設定してください",
                   text ? "文字列で示しています" : "示しません"),
       fmt::format("the provider {} whether it verified the address (email_verified); where its "
                   "addresses can be relied on, say so under People",
                   text ? "says as text" : "does not say")},
      !text};
}

}  // namespace

SaidAddress address_in(const json::value& claims, bool trusted) {
  const std::string email = lower(text_at(claims, "email"));
  SaidAddress one = judged(claims, email, trusted);
  if (is_email(email) && email.size() <= kLongestEmail) one.said = email;
  return one;
}

Result<std::optional<std::vector<std::string>>> groups_in(const json::value& claims,
                                                          const std::string& name) {
  const auto unclear = [&](const char* ja, const char* en) {
    return failure(fmt::format("{}: {}", printable(name, 60), ja),
                   fmt::format("{}: {}", printable(name, 60), en));
  };
  if (lies_elsewhere(claims, name))
    return unclear("グループが多すぎて、認証基盤が全部を渡していません",
                   "there are too many groups: the provider does not give them all");
  const json::value* found = claim_named(claims, name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  std::vector<std::string> groups;
  if (found->is_string()) {
    groups.emplace_back(found->get_string());
    return groups;
  }
  if (!found->is_array() || found->get_array().size() > kMostGroups)
    return unclear("グループの一覧として読めません", "it can't be read as a list of groups");
  for (const json::value& one : found->get_array()) {
    if (!one.is_string())
      return unclear("グループの一覧として読めません", "it can't be read as a list of groups");
    groups.emplace_back(one.get_string());
  }
  return groups;
}

json::object with_userinfo(const json::value& claims, const json::value& userinfo,
                           const std::string& groups) {
  json::object all = claims.is_object() ? claims.get_object() : json::object();
  const json::object* more = userinfo.if_object();
  if (more == nullptr) return all;
  if (more->contains("email"))
    for (const char* name : kOfAddress) {
      all.erase(name);
      if (const json::value* said = more->if_contains(name)) all[name] = *said;
    }
  if (groups.empty() || claim_named(claims, groups) != nullptr) return all;
  // Under its first part, which is the whole where it has no dot.
  const std::string first = more->contains(groups) ? groups : groups.substr(0, groups.find('.'));
  for (const std::string& name : {first, std::string("_claim_names"), std::string("hasgroups")})
    if (const json::value* said = more->if_contains(name)) all[name] = *said;
  return all;
}

}  // namespace sekisho
