// SPDX-License-Identifier: Apache-2.0
// Microsoft Graph (v1.0, and beta for the one thing that v1.0 doesn't tell), with application
// permissions that can only read: User.Read.All, GroupMember.Read.All,
// RoleManagement.Read.Directory, Policy.Read.All, Organization.Read.All, and AuditLog.Read.All for
// who has registered a second factor (which needs a P1 contract). With PIM (P2) also
// PrivilegedEligibilitySchedule.Read.AzureADGroup. Where they are granted,
// SharePointTenantSettings.Read.All, and for Intune DeviceManagementConfiguration.Read.All and
// DeviceManagementManagedDevices.Read.All.
#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "collect/cloud/entra.h"
#include "collect/cloudread/session.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kGraph = "https://graph.microsoft.com/v1.0/";
constexpr const char* kGraphBeta = "https://graph.microsoft.com/beta/";
/// Each person costs a question; of more than these the export of a file is the better way.
constexpr std::size_t kMostAskedEach = 500;

std::string next_of_graph(const json::object& page) {
  const json::value* next = page.if_contains("@odata.nextLink");
  return next != nullptr && next->is_string() ? std::string(next->get_string()) : std::string();
}

Result<json::array> graph_list(CloudSession& session, const std::string& path) {
  return session.pages(path, "value", next_of_graph);
}

std::string text_in(const json::value& object, std::string_view key) {
  const json::object* fields = object.if_object();
  const json::value* found = fields == nullptr ? nullptr : fields->if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

/// An id of Graph's, which goes into a path.
bool is_graph_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

/// Who can take up which role whenever they like (PIM), and whether they are people or groups; no
/// more of them than that. Without a contract for it the answer is a refusal.
Result<json::array> eligible_of(CloudSession& session) {
  auto listed = graph_list(session,
                           "roleManagement/directory/roleEligibilityScheduleInstances"
                           "?$expand=principal");
  if (!listed) return listed;
  json::array all;
  for (const json::value& one : *listed) {
    const json::object* fields = one.if_object();
    const json::value* principal = fields == nullptr ? nullptr : fields->if_contains("principal");
    json::object kept;
    for (const char* name : {"principalId", "roleDefinitionId", "directoryScopeId"})
      kept[name] = text_in(one, name);
    if (principal != nullptr)
      kept["principal"] = {{"@odata.type", text_in(*principal, "@odata.type")}};
    all.emplace_back(std::move(kept));
  }
  return all;
}

Result<json::array> roles_of(CloudSession& session) {
  auto roles = graph_list(session, "directoryRoles?$select=id,displayName,roleTemplateId");
  if (!roles) return roles;
  for (json::value& role : *roles) {
    const std::string id = text_in(role, "id");
    if (!is_graph_id(id)) return failure("役割の ID が違います。", "a role has no id.");
    auto members = graph_list(session, "directoryRoles/" + id + "/members?$select=id");
    if (!members) return std::unexpected(members.error());
    role.as_object()["members"] = std::move(*members);
  }
  return roles;
}

/// The groups that something hangs on: those that policies name, and those that hold a role or can
/// take one up.
std::set<std::string> groups_that_count(const json::value& policies, const json::value& roles,
                                        const json::value& eligible) {
  std::set<std::string> ids;
  const auto take = [&](const std::string& id) {
    if (is_graph_id(id)) ids.insert(id);
  };
  const auto each = [](const json::value& list, auto use) {
    if (const json::array* items = list.if_array())
      for (const json::value& one : *items) use(one);
  };
  each(policies, [&](const json::value& policy) {
    for (const char* which : {"includeGroups", "excludeGroups"}) {
      boost::system::error_code none;
      const json::value* list =
          policy.find_pointer(std::string("/conditions/users/") + which, none);
      if (list != nullptr)
        each(*list, [&](const json::value& id) {
          if (id.is_string()) take(std::string(id.get_string()));
        });
    }
  });
  each(roles, [&](const json::value& role) {
    boost::system::error_code none;
    if (const json::value* members = role.find_pointer("/members", none))
      each(*members, [&](const json::value& one) {
        if (text_in(one, "@odata.type") == "#microsoft.graph.group") take(text_in(one, "id"));
      });
  });
  each(eligible, [&](const json::value& one) {
    boost::system::error_code none;
    const json::value* principal = one.find_pointer("/principal", none);
    if (principal != nullptr && text_in(*principal, "@odata.type") == "#microsoft.graph.group")
      take(text_in(one, "principalId"));
  });
  return ids;
}

/// Whether the contract may have PIM: not where it was read whole, and has no plan with it.
bool may_have_pim(const json::value& skus) {
  const json::array* list = skus.if_array();
  if (list == nullptr || list->empty()) return true;
  const std::string all = lower(json::serialize(skus));
  return all.contains(kEntraP2) || all.contains(kEntraGovernance);
}

/// Who can join a group, or one within it, whenever they like; no more of them than that.
Result<json::array> candidates_of(CloudSession& session, const std::string& group) {
  auto inner = graph_list(
      session, "groups/" + group + "/transitiveMembers/microsoft.graph.group?$select=id&$top=999");
  if (!inner) return inner;
  std::set<std::string> groups{group};
  for (const json::value& one : *inner) {
    if (!is_graph_id(text_in(one, "id")))
      return failure("グループの ID がありません。", "a group has no id.");
    groups.insert(text_in(one, "id"));
  }
  json::array all;
  for (const std::string& id : groups) {
    const auto listed = graph_list(session,
                                   "identityGovernance/privilegedAccess/group/"
                                   "eligibilityScheduleInstances?$filter=groupId%20eq%20%27" +
                                       id + "%27");
    if (!listed) return listed;
    for (const json::value& one : *listed)
      all.emplace_back(json::object{{"principalId", text_in(one, "principalId")},
                                    {"accessId", text_in(one, "accessId")}});
  }
  return all;
}

/// What people call a group; where that isn't told, its id has to do.
std::string name_of_group(CloudSession& session, const std::string& id) {
  const auto group = session.get("groups/" + id + "?$select=displayName");
  return group ? text_in(*group, "displayName") : std::string();
}

Result<json::array> members_of(CloudSession& session, const std::set<std::string>& groups,
                               bool with_candidates) {
  json::array list;
  for (const std::string& id : groups) {
    // Those in groups within it too, and people alone.
    auto people = graph_list(
        session, "groups/" + id + "/transitiveMembers/microsoft.graph.user?$select=id&$top=999");
    if (!people) return std::unexpected(people.error());
    for (json::value& one : *people) {
      if (!one.is_object()) return failure("答えの形が違います。", "the answer has another shape.");
      one.as_object()["@odata.type"] = "#microsoft.graph.user";
    }
    json::object group{
        {"id", id}, {"displayName", name_of_group(session, id)}, {"members", std::move(*people)}};
    if (with_candidates) {
      auto candidates = candidates_of(session, id);
      if (!candidates && candidates.error().fault == Fault::unavailable) return candidates;
      group["eligibleMembers"] = session.section(std::move(candidates));
    }
    list.emplace_back(std::move(group));
  }
  return list;
}

/// The old setting of each person (per-user MFA), which only beta tells, person by person; of those
/// who can sign in. `users`: as they were read.
Result<json::array> old_settings_of(CloudSession& session, const json::value& users) {
  const json::array* list = users.if_array();
  if (list == nullptr)
    return failure("人の一覧が読めません。", "the list of people can't be read.");
  std::vector<std::string> ids;
  for (const json::value& user : *list) {
    const json::object* fields = user.if_object();
    const json::value* enabled =
        fields == nullptr ? nullptr : fields->if_contains("accountEnabled");
    if (enabled != nullptr && enabled->is_bool() && !enabled->get_bool()) continue;
    ids.push_back(text_in(user, "id"));
    if (!is_graph_id(ids.back())) return failure("人の ID がありません。", "a person has no id.");
  }
  if (ids.size() > kMostAskedEach)
    return failure("人が多いので、ユーザーごとの設定は尋ねません。",
                   "there are too many people to ask for the setting of each.");
  json::array all;
  for (const std::string& id : ids) {
    const auto state = session.get(kGraphBeta + ("users/" + id) + "/authentication/requirements");
    if (!state) return std::unexpected(state.error());
    all.emplace_back(
        json::object{{"id", id}, {"perUserMfaState", text_in(*state, "perUserMfaState")}});
  }
  return all;
}

/// An answer, or {"value": answer} as one of Graph's documents shows it.
Result<json::value> graph_object(CloudSession& session, const std::string& path) {
  auto answer = session.get(path);
  if (!answer) return answer;
  json::object* fields = answer->if_object();
  json::value* inner = fields == nullptr ? nullptr : fields->if_contains("value");
  if (inner == nullptr || !inner->is_object()) return answer;
  json::value whole = std::move(*inner);
  return whole;
}

bool was_refused(const json::value& section) {
  const json::object* said = section.if_object();
  return said != nullptr && said->contains("error") && !said->contains("later");
}

/// SharePoint's settings and Intune's. Where the right wasn't granted, or the service isn't bought,
/// all of one is refused: then the file says nothing of it, as if nobody had asked.
void add_where_granted(CloudSession& session, json::object& all) {
  json::value sharing = session.section(graph_object(session, "admin/sharepoint/settings"));
  if (!was_refused(sharing)) all["sharepointSettings"] = std::move(sharing);
  json::object devices{
      {"deviceManagementSettings",
       session.section(graph_object(session, "deviceManagement/settings"))},
      {"deviceCompliancePolicies",
       session.section(
           graph_list(session, "deviceManagement/deviceCompliancePolicies?$expand=assignments"))},
      {"managedDevices",
       session.section(graph_list(session,
                                  "deviceManagement/managedDevices?$select=id,deviceName,"
                                  "operatingSystem,complianceState,lastSyncDateTime&$top=999"))}};
  const bool none = std::ranges::all_of(
      devices, [](const auto& section) { return was_refused(section.value()); });
  if (none) return;
  for (auto& section : devices) all[section.key()] = std::move(section.value());
}

Result<std::string> graph_token(const CloudLine& line, const GraphCredential& credential) {
  const std::string url = "https://login.microsoftonline.com/" +
                          percent_encoded(credential.tenant) + "/oauth2/v2.0/token";
  std::vector<std::pair<std::string, std::string>> form{
      {"grant_type", "client_credentials"},
      {"client_id", credential.client},
      {"scope", "https://graph.microsoft.com/.default"}};
  if (credential.certificate.empty()) {
    form.emplace_back("client_secret", credential.secret);
    return ask_for_token(line, url, form);
  }
  const auto print = certificate_print(credential.certificate);
  if (!print) return std::unexpected(print.error());
  const std::int64_t now = line.now().time_since_epoch().count();
  const auto assertion = signed_jwt(credential.certificate, {{"x5t#S256", *print}},
                                    {{"aud", url},
                                     {"iss", credential.client},
                                     {"sub", credential.client},
                                     {"jti", random_token(16)},
                                     {"nbf", now},
                                     {"exp", now + 600}});
  if (!assertion) return std::unexpected(assertion.error());
  form.emplace_back("client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  form.emplace_back("client_assertion", *assertion);
  return ask_for_token(line, url, form);
}

}  // namespace

Result<CloudFile> read_graph(const CloudLine& line, const GraphCredential& credential) {
  const Time begun = line.now();
  CloudSession session(line, {kGraph, [&] { return graph_token(line, credential); }});
  json::object all{{"tenantId", credential.tenant}};
  all["users"] = session.section(graph_list(
      session, "users?$select=id,displayName,userPrincipalName,accountEnabled,userType&$top=999"));
  // Let in at all? Else the same would be said again and again.
  if (session.good() == 0 && session.failed()) return std::unexpected(*session.failed());
  all["conditionalAccessPolicies"] =
      session.section(graph_list(session, "identity/conditionalAccess/policies"));
  all["directoryRoles"] = session.section(roles_of(session));
  all["eligibleRoles"] = session.section(eligible_of(session));
  all["subscribedSkus"] = session.section(graph_list(session, "subscribedSkus"));
  all["groups"] =
      session.section(members_of(session,
                                 groups_that_count(all["conditionalAccessPolicies"],
                                                   all["directoryRoles"], all["eligibleRoles"]),
                                 may_have_pim(all["subscribedSkus"])));
  all["securityDefaults"] =
      session.section(session.get("policies/identitySecurityDefaultsEnforcementPolicy"));
  all["authorizationPolicy"] =
      session.section(graph_object(session, "policies/authorizationPolicy"));
  all["registration"] = session.section(graph_list(
      session,
      "reports/authenticationMethods/userRegistrationDetails?$select=id,isMfaCapable&$top=999"));
  all["perUserMfa"] = session.section(old_settings_of(session, all["users"]));
  add_where_granted(session, all);
  return finished(session, "entra-people", begun, std::move(all));
}

}  // namespace sekisho
