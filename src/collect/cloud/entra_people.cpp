// SPDX-License-Identifier: Apache-2.0
// Sekisho's own file of a tenant's people: what Graph answers, put under names. It has what no
// other export has and the question "who is left out" needs.
//
//   {"sekisho": "entra-people", "tenantId": "...", "readAt": "2026-11-27T00:00:00Z",
//    "users": [...], "directoryRoles": [...], "groups": [{"id", "displayName", "members": [...],
//    "eligibleMembers": [{"principalId", "accessId"}]}],
//    "securityDefaults": {"isEnabled": true}, "perUserMfa": [{"id", "perUserMfaState"}],
//    "registration": [{"id", "isMfaCapable"}], "conditionalAccessPolicies": [...],
//    "eligibleRoles": [{"principalId", "roleDefinitionId", "directoryScopeId", "principal"}],
//    "subscribedSkus": [{"servicePlans": [...]}], "authorizationPolicy": {...},
//    "deviceManagementSettings": {...}, "deviceCompliancePolicies": [...], "managedDevices": [...],
//    "sharepointSettings": {...}}
//
// Intune's and SharePoint's are there only where somebody let them be read: what isn't there at all
// says nothing of these services.
//
// "eligibleRoles" is who can take up which role whenever they like (PIM); what is assigned is in
// "directoryRoles", but only of those who hold it at the moment. "eligibleMembers" is the same of a
// group (PIM for Groups).
//
// What couldn't be read has {"error": ...} in its place.
#include <algorithm>

#include "collect/cloud/microsoft365.h"

namespace sekisho {
namespace {

using Kind = CloudPerson::Kind;

std::string word(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? std::string() : lower(*text.value());
}

std::string shown(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? std::string() : *text.value();
}

/// The objects of a section, all of which have an id.
CloudSetting<std::vector<ExportPlace>> section(const ExportPlace& place) {
  if (place.is_list_of_null()) return Lack::not_readable;
  auto found = place.objects("id");
  if (found.value() != nullptr)
    for (const ExportPlace& one : *found.value())
      if (word(one.at("id")).empty()) return Lack::not_readable;
  return found;
}

Kind kind_of(const ExportPlace& user) {
  const std::string type = word(user.at("userType"));
  const bool invited = word(user.at("userPrincipalName")).contains("#ext#");
  if (type == "guest") return invited ? Kind::b2b_guest : Kind::internal_guest;
  if (type == "member") return invited ? Kind::b2b_member : Kind::member;
  return Kind::unsure;
}

CloudPerson read_person(const ExportPlace& user) {
  const auto enabled = user.at("accountEnabled").boolean();
  return {word(user.at("id")),
          shown(user.at("displayName")),
          shown(user.at("userPrincipalName")),
          kind_of(user),
          enabled.value() == nullptr ? Known::unsure
          : *enabled.value()         ? Known::yes
                                     : Known::no,
          Known::yes};
}

/// Members by their kind; devices and programs are nobody who signs in as a person.
void read_member(const ExportPlace& member, CloudGroup& group) {
  const std::string id = word(member.at("id"));
  const std::string type = word(member.at("@odata.type"));
  if (id.empty()) group.whole = false;
  if (id.empty() || type.ends_with(".device") || type.ends_with(".serviceprincipal")) return;
  (type.ends_with(".user") ? group.people : group.members).push_back(id);
}

CloudGroup read_group(const ExportPlace& place) {
  CloudGroup group{word(place.at("id")), shown(place.at("displayName")), {}, {}, true};
  const ExportPlace members = place.at("members");
  if (members.is_list_of_null()) {
    group.whole = false;
    return group;
  }
  if (const auto ids = members.texts(); ids.value() != nullptr) {
    for (const std::string& id : *ids.value()) group.members.push_back(lower(id));
    return group;
  }
  const auto objects = members.objects("id");
  group.whole = objects.value() != nullptr && !members.at("members@odata.nextLink").is_there() &&
                !place.at("members@odata.nextLink").is_there();
  if (objects.value() != nullptr)
    for (const ExportPlace& one : *objects.value()) read_member(one, group);
  return group;
}

/// Who can join a group whenever they like (PIM for Groups); its owners aren't members.
void read_candidates(const ExportPlace& place, CloudGroup& group) {
  const auto list = place.objects("principalId");
  if (list.value() == nullptr || place.is_list_of_null()) return;
  group.candidates_known = true;
  for (const ExportPlace& one : *list.value()) {
    const std::string who = word(one.at("principalId"));
    const std::string as = word(one.at("accessId"));
    if (who.empty() || (as != "member" && as != "owner")) group.candidates_known = false;
    if (as == "member" && !who.empty()) group.candidates.push_back(who);
  }
}

/// A group that stands in two lists has the members of both. `no_pim`: nobody can join one at will.
CloudSetting<std::vector<CloudGroup>> read_groups(const ExportPlace& place, bool no_pim) {
  const auto list = section(place);
  if (list.value() == nullptr) return list.lack();
  std::map<std::string, CloudGroup> found;
  for (const ExportPlace& one : *list.value()) {
    CloudGroup group = read_group(one);
    read_candidates(one.at("eligibleMembers"), group);
    group.candidates_known = group.candidates_known || no_pim;
    const auto [at, fresh] = found.try_emplace(group.id, group);
    if (fresh) continue;
    at->second.whole = at->second.whole && group.whole;
    at->second.candidates_known = at->second.candidates_known && group.candidates_known;
    std::ranges::move(group.candidates, std::back_inserter(at->second.candidates));
    std::ranges::move(group.people, std::back_inserter(at->second.people));
    std::ranges::move(group.members, std::back_inserter(at->second.members));
  }
  std::vector<CloudGroup> groups;
  for (auto& [id, group] : found) groups.push_back(std::move(group));
  return groups;
}

/// Graph lists a role from the first time that somebody holds it; one that isn't there has nobody.
/// A tenant has a Global Administrator: a list without one isn't all.
CloudSetting<CloudRoles> read_roles(const ExportPlace& place) {
  if (place.is_list_of_null()) return Lack::not_readable;
  const auto list = place.objects("roleTemplateId");
  if (list.value() == nullptr) return list.lack();
  CloudRoles roles;
  roles.whole = true;
  for (const ExportPlace& role : *list.value()) {
    const std::string id = word(role.at("roleTemplateId"));
    CloudGroup holders = read_group(role);
    if (id.empty() || !holders.whole) return Lack::not_readable;
    auto& all = roles.holders[id];
    std::ranges::move(holders.people, std::back_inserter(all));
    std::ranges::move(holders.members, std::back_inserter(all));
  }
  const auto global = roles.holders.find(kGlobalAdministrator);
  if (global == roles.holders.end() || global->second.empty()) return Lack::not_readable;
  return roles;
}

/// Who can take up a role of the whole tenant. One that is of a part of it only isn't of it.
CloudSetting<CloudRoles::Holders> read_eligible(const ExportPlace& place) {
  if (place.is_list_of_null()) return Lack::not_readable;
  const auto list = place.objects("principalId");
  if (list.value() == nullptr) return list.lack();
  CloudRoles::Holders found;
  for (const ExportPlace& one : *list.value()) {
    const std::string principal = word(one.at("principalId"));
    const std::string role = word(one.at("roleDefinitionId"));
    const std::string scope = word(one.at("directoryScopeId"));
    if (principal.empty() || role.empty() || scope.empty()) return Lack::not_readable;
    if (scope == "/") found[role].push_back(principal);
  }
  return found;
}

/// Without these plans, in whatever state, nobody can be eligible: what was ends with the contract.
bool has_no_eligible(const ExportPlace& skus) {
  const auto list = skus.objects("servicePlans");
  if (list.value() == nullptr || list.value()->empty()) return false;
  return std::ranges::all_of(*list.value(), [](const ExportPlace& sku) {
    const auto plans = sku.at("servicePlans").objects("servicePlanId");
    return plans.value() != nullptr &&
           std::ranges::all_of(*plans.value(), [](const ExportPlace& plan) {
             const std::string id = word(plan.at("servicePlanId"));
             return !id.empty() && id != kEntraP2 && id != kEntraGovernance;
           });
  });
}

CloudSetting<CloudRoles> roles_with_eligible(const ExportPlace& root) {
  CloudSetting<CloudRoles> active = read_roles(root.at("directoryRoles"));
  if (active.value() == nullptr) return active;
  CloudRoles roles = *active.value();
  const auto eligible = read_eligible(root.at("eligibleRoles"));
  roles.eligible_known = eligible.value() != nullptr || has_no_eligible(root.at("subscribedSkus"));
  if (eligible.value() != nullptr) roles.eligible = *eligible.value();
  return roles;
}

template <typename T, typename Take>
CloudSetting<std::map<std::string, T, std::less<>>> by_person(const ExportPlace& place, Take take) {
  const auto list = section(place);
  if (list.value() == nullptr) return list.lack();
  std::map<std::string, T, std::less<>> found;
  for (const ExportPlace& one : *list.value()) {
    const auto value = take(one);
    if (value.value() == nullptr) return Lack::not_readable;
    const auto [at, fresh] = found.try_emplace(word(one.at("id")), *value.value());
    if (!fresh && at->second != *value.value()) return Lack::not_readable;  // which of the two?
  }
  return found;
}

CloudSetting<std::vector<std::string>> read_plans(const ExportPlace& place) {
  if (place.is_list_of_null()) return Lack::not_readable;
  const auto skus = place.objects("servicePlans");
  if (skus.value() == nullptr) return skus.lack();
  // Who uses it has some contract, be it one that costs nothing.
  if (skus.value()->empty()) return Lack::not_readable;
  std::vector<std::string> plans;
  for (const ExportPlace& sku : *skus.value()) {
    const auto list = sku.at("servicePlans").objects("servicePlanId");
    if (list.value() == nullptr || sku.at("servicePlans").is_list_of_null())
      return Lack::not_readable;
    for (const ExportPlace& plan : *list.value())
      if (word(plan.at("provisioningStatus")) == "success")
        plans.push_back(word(plan.at("servicePlanId")));
  }
  return plans;
}

/// How many people are in groups, but not in the list of people.
std::size_t missing_people(const Entra& entra) {
  if (entra.people.value() == nullptr || entra.groups.value() == nullptr) return 0;
  std::set<std::string_view> known;
  std::set<std::string_view> missing;
  for (const CloudPerson& person : *entra.people.value()) known.insert(person.id);
  for (const CloudGroup& group : *entra.groups.value())
    for (const std::string& id : group.people)
      if (!known.contains(id)) missing.insert(id);
  return missing.size();
}

CloudSetting<bool> some_of(const ExportPlace& place, std::initializer_list<const char*> names) {
  CloudSetting<bool> found = Lack::absent;
  for (const char* name : names)
    if (const auto one = place.at(name).boolean(); !one.lacks(Lack::absent))
      found = found.is(true) || one.is(true) ? CloudSetting<bool>(true) : one;
  return found;
}

/// Whether a rule of Intune's is for anybody: a target that leaves out (exclusionGroup…) is for
/// nobody (Microsoft Graph, deviceAndAppManagementAssignmentTarget).
CloudSetting<bool> assigned(const std::vector<ExportPlace>& targets) {
  bool any = false;
  for (const ExportPlace& one : targets) {
    const std::string kind = word(one.at("target").at("@odata.type"));
    if (kind == "#microsoft.graph.exclusiongroupassignmenttarget") continue;
    if (kind != "#microsoft.graph.alldevicesassignmenttarget" &&
        kind != "#microsoft.graph.alllicensedusersassignmenttarget" &&
        kind != "#microsoft.graph.groupassignmenttarget")
      return Lack::not_readable;
    any = true;
  }
  return any;
}

/// What "#microsoft.graph.windows10CompliancePolicy" or "iPadOS" is of, in small letters.
std::string platform_in(std::string_view text) {
  for (const auto& [sign, platform] : {std::pair{"windows", "windows"},
                                       {"macos", "macos"},
                                       {"ios", "ios"},
                                       {"ipados", "ios"},
                                       {"android", "android"},
                                       {"aosp", "android"}})
    if (text.contains(sign)) return platform;
  return {};
}

CompliancePolicy read_compliance(const ExportPlace& place) {
  CompliancePolicy policy;
  policy.name = shown(place.at("displayName"));
  policy.platform = platform_in(word(place.at("@odata.type")));
  const ExportPlace assignments = place.at("assignments");
  const auto list = assignments.objects("target");
  policy.assigned =
      list.value() == nullptr ? CloudSetting<bool>(list.lack()) : assigned(*list.value());
  if (assignments.is_list_of_null()) policy.assigned = Lack::not_readable;
  policy.password = some_of(place, {"passwordRequired", "passcodeRequired"});
  policy.encryption = some_of(place, {"bitLockerEnabled", "storageRequireEncryption"});
  return policy;
}

void read_intune(const ExportPlace& root, Microsoft365& all) {
  const ExportPlace policies = root.at("deviceCompliancePolicies");
  all.intune.policies = each_of<CompliancePolicy>(section(policies), read_compliance);
  all.intune.devices =
      each_of<ManagedDevice>(section(root.at("managedDevices")), [](const ExportPlace& one) {
        const std::string state = word(one.at("complianceState"));
        return ManagedDevice{shown(one.at("deviceName")),
                             platform_in(word(one.at("operatingSystem"))),
                             export_time(one.at("lastSyncDateTime")),
                             state == "compliant"      ? CloudSetting<bool>(true)
                             : state == "noncompliant" ? CloudSetting<bool>(false)
                                                       : CloudSetting<bool>(Lack::not_readable)};
      });
  for (const char* name :
       {"deviceManagementSettings", "deviceCompliancePolicies", "managedDevices"})
    if (!root.at(name).is_absent()) all.held.insert(CloudService::intune);
}

/// A switch that the export has in a list of PowerShell's.
void set_plain(Microsoft365& all, std::string_view id, const CloudSetting<bool>& value) {
  if (value.value() == nullptr) return;
  using Values = std::vector<CloudSetting<std::string>>;
  all.plain.insert_or_assign(id, Values{std::string(*value.value() ? "true" : "false")});
}

void read_graph_sharing(const ExportPlace& root, Microsoft365& all) {
  const ExportPlace settings = root.at("sharepointSettings");
  if (settings.is_absent()) return;
  all.held.insert(CloudService::sharepoint);
  all.sharing = read_sharing_of_graph(settings);
  set_plain(all, "spo.sync", settings.at("isUnmanagedSyncAppForTenantRestricted").boolean());
}

/// What guests may do, whom staff may let in, and to which applications they may give rights.
void read_authorization(const ExportPlace& root, Microsoft365& all) {
  const ExportPlace policy = root.at("authorizationPolicy");
  all.guests.rights = policy.at("guestUserRoleId").text();
  all.guests.inviters = policy.at("allowInvitesFrom").text();
  const ExportPlace staff = policy.at("defaultUserRolePermissions");
  const ExportPlace given = staff.at("permissionGrantPoliciesAssigned");
  all.guests.consent = given.is_list_of_null() ? Lack::not_readable : given.texts();
  set_plain(all, "m365.register_apps", staff.at("allowedToCreateApps").boolean());
  set_plain(all, "m365.create_tenants", staff.at("allowedToCreateTenants").boolean());
}

/// What one file doesn't have, another may.
template <typename T>
void fill_lack(CloudSetting<T>& into, CloudSetting<T>& from) {
  if (into.value() == nullptr && !from.lacks(Lack::absent)) into = std::move(from);
}

void fill_sharing(SharePointSettings& into, SharePointSettings& from) {
  for (auto setting : {&SharePointSettings::sharing, &SharePointSettings::onedrive,
                       &SharePointSettings::link_type, &SharePointSettings::link_right,
                       &SharePointSettings::anyone_days, &SharePointSettings::anyone_files,
                       &SharePointSettings::anyone_folders, &SharePointSettings::domain_mode})
    fill_lack(into.*setting, from.*setting);
  for (auto setting : {&SharePointSettings::guests_pass_on, &SharePointSettings::old_sign_in})
    fill_lack(into.*setting, from.*setting);
  into.by_graph = into.by_graph || from.by_graph;
}

/// Two policies of one id say different things of the same: which holds isn't known.
CloudSetting<std::vector<AccessPolicy>> of_one_id_each(
    CloudSetting<std::vector<AccessPolicy>> policies) {
  if (policies.value() == nullptr) return policies;
  std::set<std::string_view> ids;
  for (const AccessPolicy& one : *policies.value())
    if (!one.id.empty() && !ids.insert(one.id).second) return Lack::not_readable;
  return policies;
}

}  // namespace

bool is_entra_people(const Document& document) {
  return word(ExportPlace(document.root).at("sekisho")) == "entra-people";
}

Microsoft365 read_entra_people(const Document& document) {
  const ExportPlace root(document.root);
  Microsoft365 all;
  all.tenant = word(root.at("tenantId"));
  all.read_at = export_time(root.at("readAt"));
  all.held = {CloudService::entra};
  all.has_people_file = true;
  Entra& entra = all.entra;
  entra.people = each_of<CloudPerson>(section(root.at("users")), read_person);
  // A tenant has somebody in it.
  if (entra.people.is({})) entra.people = Lack::not_readable;
  entra.groups = read_groups(root.at("groups"), has_no_eligible(root.at("subscribedSkus")));
  entra.people_missing = missing_people(entra);
  entra.roles = roles_with_eligible(root);
  const ExportPlace policies = root.at("conditionalAccessPolicies");
  entra.policies = policies.is_list_of_null()
                       ? CloudSetting<std::vector<AccessPolicy>>(Lack::not_readable)
                       : of_one_id_each(each_of<AccessPolicy>(policies.objects("conditions"),
                                                              read_access_policy));
  const auto defaults = root.at("securityDefaults").objects("isEnabled");
  entra.security_defaults = defaults.value() == nullptr ? CloudSetting<bool>(defaults.lack())
                            : defaults.value()->size() == 1
                                ? defaults.value()->front().at("isEnabled").boolean()
                                : CloudSetting<bool>(Lack::not_readable);
  entra.per_user_mfa = by_person<std::string>(root.at("perUserMfa"), [](const ExportPlace& one) {
    return one.at("perUserMfaState").text();
  });
  entra.registered = by_person<bool>(root.at("registration"), [](const ExportPlace& one) {
    return one.at("isMfaCapable").boolean();
  });
  entra.plans = read_plans(root.at("subscribedSkus"));
  all.plain = read_plain({.root = root, .with_commands = false});
  read_authorization(root, all);
  read_intune(root, all);
  read_graph_sharing(root, all);
  return all;
}

Result<Microsoft365> joined(Microsoft365 a, Microsoft365 b) {
  if (a.tenant.empty() || a.tenant != b.tenant)
    return failure("同じテナントのファイルだと確かめられません。一つずつ読んでください。",
                   "these files aren't of one tenant for sure; read them one by one.");
  if (a.has_people_file && b.has_people_file)
    return failure("人の一覧のファイルが二つあります。新しい方だけを渡してください。",
                   "there are two files of people; give the newer one alone.");
  // Of what both say the newer holds.
  if (a.read_at && b.read_at && *b.read_at > *a.read_at) std::swap(a, b);
  Entra& into = a.entra;
  Entra& from = b.entra;
  fill_lack(into.policies, from.policies);
  fill_lack(into.security_defaults, from.security_defaults);
  fill_lack(into.people, from.people);
  fill_lack(into.groups, from.groups);
  into.people_missing = std::max(into.people_missing, from.people_missing);
  // The list that has every role is the better one.
  if (from.roles.value() != nullptr && from.roles.value()->whole) into.roles = from.roles;
  fill_lack(into.administrators, from.administrators);
  fill_lack(into.global_administrators, from.global_administrators);
  fill_lack(into.per_user_mfa, from.per_user_mfa);
  fill_lack(into.registered, from.registered);
  fill_lack(into.plans, from.plans);
  fill_lack(into.role_uses, from.role_uses);
  fill_lack(into.programs, from.programs);
  fill_lack(into.directory, from.directory);
  fill_lack(a.intune.policies, b.intune.policies);
  fill_lack(a.intune.devices, b.intune.devices);
  for (auto& [id, values] : b.plain)
    fill_lack(a.plain.emplace(id, Lack::absent).first->second, values);
  if (a.has_settings_file && b.has_settings_file)
    return failure("同じ設定が二つのファイルにあります。新しい方だけを渡してください。",
                   "two of the files have the same settings; give the newer one alone.");
  fill_lack(a.guests.rights, b.guests.rights);
  fill_lack(a.guests.inviters, b.guests.inviters);
  fill_lack(a.guests.consent, b.guests.consent);
  fill_sharing(a.sharing, b.sharing);
  if (b.has_settings_file) {
    a.mail = std::move(b.mail);
    a.teams = std::move(b.teams);
  }
  a.held.insert(b.held.begin(), b.held.end());
  a.has_people_file = a.has_people_file || b.has_people_file;
  a.has_settings_file = a.has_settings_file || b.has_settings_file;
  // Together they are as old as the older one.
  a.read_at = a.read_at && b.read_at ? std::optional(std::min(*a.read_at, *b.read_at))
                                     : std::optional<Time>();
  return a;
}

}  // namespace sekisho
