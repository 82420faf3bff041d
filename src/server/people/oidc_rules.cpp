// SPDX-License-Identifier: Apache-2.0
#include "server/people/oidc_rules.h"

#include <algorithm>
#include <array>

#include "server/api/fields.h"
#include "server/people/handlers.h"
#include "server/people/oidc_roles.h"
#include "server/people/people.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kTrusted = "oidc.trusted";  // the issuer
constexpr const char* kClaim = "oidc.roles_claim";
constexpr const char* kRoles = "oidc.roles";
constexpr const char* kGroupsFrom = "oidc.groups_from";  // directory, or else the sign-in
constexpr const char* kDirectory = "directory";
constexpr const char* kSignIn = "sign_in";
constexpr std::array<std::pair<std::string_view, bool>, 2> kGroupsFromWords{
    {{kSignIn, false}, {kDirectory, true}}};
constexpr std::size_t kMostRoles = 100;
constexpr std::size_t kLongestGroup = 200;

/// Entra ID's number of "consumers": anybody's own Microsoft account.
constexpr std::string_view kConsumers = "9188040d-6c67-4c5b-b112-36a304b66dad";

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !digit) return false;
  }
  return true;
}

json::array roles_as_json(const CompanyRules& rules) {
  json::array list;
  for (const auto& [role, group] : rules.roles)
    list.emplace_back(json::object{{"role", role}, {"group", group}});
  return list;
}

CompanyRules read_rules(const Node& node) {
  CompanyRules rules;
  node.only({"trust_email", "roles_claim", "roles", "groups_from"});
  rules.trust_email = node.at("trust_email").boolean();
  rules.roles_claim = read_name(node.at("roles_claim"), kLongestGroup);
  if (const auto from = node.find("groups_from"))
    rules.by_directory = from->one_of<bool>(kGroupsFromWords);
  const auto given = node.at("roles").items();
  if (given.size() > kMostRoles) node.at("roles").report("多すぎます。", "these are too many.");
  for (const Node& one : given) {
    one.only({"role", "group"});
    const std::string role = one.at("role").string();
    if (std::ranges::find(kPersonRoles, role) == kPersonRoles.end())
      one.at("role").report("知らない役割です。", "this role is not known.");
    rules.roles.emplace_back(role, read_name(one.at("group"), kLongestGroup));
  }
  return rules;
}

Outcome get_rules(Call& call) {
  const std::string& issuer = call.shop.options.oidc.issuer;
  const auto rules = company_rules(call.db, issuer);
  if (!rules) return broken(rules.error());
  return reply_json(json::object{{"issuer", issuer},
                                 {"one_tenant", is_entra_tenant(issuer)},
                                 {"trust_email", rules->trust_email},
                                 {"groups_from", rules->by_directory ? kDirectory : kSignIn},
                                 {"roles_claim", rules->roles_claim},
                                 {"roles", roles_as_json(*rules)}});
}

Outcome set_rules(Call& call) {
  const std::string& issuer = call.shop.options.oidc.issuer;
  const auto rules = read_body<CompanyRules>(call, read_rules);
  if (!rules) return std::unexpected(rules.error());
  const std::string roles = json::serialize(roles_as_json(*rules));
  const auto done = call.db.write([&]() -> Result<void> {
    for (const auto& [name, value] :
         {std::pair<const char*, std::string>(kTrusted, rules->trust_email ? issuer : ""),
          {kClaim, rules->roles_claim},
          {kGroupsFrom, rules->by_directory ? kDirectory : kSignIn},
          {kRoles, roles}})
      if (auto set = set_setting(call.db, name, value); !set) return set;
    if (auto followed = all_follow_directory(call, *rules); !followed) return followed;
    return audit(call, "company-accounts-changed", issuer,
                 {{"trust_email", rules->trust_email},
                  {"groups_from", rules->by_directory ? kDirectory : kSignIn},
                  {"roles_claim", rules->roles_claim},
                  {"roles", roles}});
  });
  return written(done, reply_nothing());
}

}  // namespace

bool is_entra_tenant(std::string_view issuer) {
  constexpr std::string_view kBefore = "https://login.microsoftonline.com/";
  constexpr std::string_view kAfter = "/v2.0";
  if (!issuer.starts_with(kBefore) || !issuer.ends_with(kAfter) ||
      issuer.size() != kBefore.size() + 36 + kAfter.size())
    return false;
  const std::string_view tenant = issuer.substr(kBefore.size(), 36);
  return is_guid(tenant) && tenant != kConsumers;
}

Result<CompanyRules> company_rules(Database& db, const std::string& issuer) {
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  const auto text = [&](const char* name) {
    const auto found = kept->find(name);
    return found == kept->end() ? std::string() : found->second;
  };
  CompanyRules rules;
  rules.trust_email = !issuer.empty() && text(kTrusted) == issuer;
  rules.by_directory = text(kGroupsFrom) == kDirectory;
  if (const std::string claim = text(kClaim); !claim.empty()) rules.roles_claim = claim;
  const std::string roles = text(kRoles);
  if (roles.empty()) return rules;
  const auto document = parse_json("", roles);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  for (const Node& one : Node(*document, problems).items())
    rules.roles.emplace_back(one.at("role").string(), one.at("group").string());
  return rules;
}

void add_company_accounts(Handlers& handlers) {
  handlers.insert({{"getCompanyAccounts", get_rules}, {"setCompanyAccounts", set_rules}});
}

}  // namespace sekisho
