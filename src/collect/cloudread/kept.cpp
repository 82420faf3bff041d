// SPDX-License-Identifier: Apache-2.0
#include "collect/cloudread/kept.h"

#include <map>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "base/text.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// Names that are kept, and of each what is beneath it; without any, all of it.
struct Names {
  std::map<std::string, Names, std::less<>> inner;
};

/// By kind: the paths that are kept, from the section on; of lists those of each element. Several
/// names at a path's end stand apart by "|"; "path/*" is all beneath.
const std::map<std::string_view, std::vector<std::string_view>>& kept_paths() {
  static const std::map<std::string_view, std::vector<std::string_view>> all{
      {"entra-people",
       {"users/id|displayName|userPrincipalName|accountEnabled|userType",
        "conditionalAccessPolicies/*",
        "directoryRoles/id|displayName|roleTemplateId",
        "directoryRoles/members/id|@odata.type",
        "eligibleRoles/principalId|roleDefinitionId|directoryScopeId",
        "eligibleRoles/principal/@odata.type",
        "groups/id|displayName",
        "groups/members/id|@odata.type",
        "groups/eligibleMembers/principalId|accessId",
        "securityDefaults/isEnabled",
        "perUserMfa/id|perUserMfaState",
        "registration/id|isMfaCapable",
        "subscribedSkus/servicePlans/servicePlanId|provisioningStatus",
        "authorizationPolicy/guestUserRoleId|allowInvitesFrom",
        "authorizationPolicy/defaultUserRolePermissions/permissionGrantPoliciesAssigned",
        "authorizationPolicy/defaultUserRolePermissions/allowedToCreateApps",
        "authorizationPolicy/defaultUserRolePermissions/allowedToCreateTenants",
        "sharepointSettings/sharingCapability|sharingDomainRestrictionMode",
        "sharepointSettings/isResharingByExternalUsersEnabled|isLegacyAuthProtocolsEnabled",
        "sharepointSettings/isUnmanagedSyncAppForTenantRestricted",
        "sharepointSettings/idleSessionSignOut/*",
        "deviceManagementSettings/secureByDefault",
        "deviceCompliancePolicies/id|displayName|passwordRequired|passcodeRequired",
        "deviceCompliancePolicies/bitLockerEnabled|storageRequireEncryption",
        "deviceCompliancePolicies/assignments/id",
        "deviceCompliancePolicies/assignments/target/@odata.type",
        "deviceCompliancePolicies/@odata.type",
        "managedDevices/id|deviceName|operatingSystem|complianceState|lastSyncDateTime"}},
      {"google",
       {"policies/customer", "policies/policyQuery/*", "policies/setting/*",
        "orgunits/orgUnitId|orgUnitPath|parentOrgUnitId|parentOrgUnitPath",
        "groups/id|email|directMembersCount", "groups/members/id|email|type",
        "users/id|customerId|primaryEmail|orgUnitPath|isAdmin|isDelegatedAdmin|suspended",
        "users/archived|isEnrolledIn2Sv|isEnforcedIn2Sv|aliases|nonEditableAliases",
        "users/name/fullName"}},
      {"zoom",
       {"settings/security/sign_in_with_two_factor_auth",
        "settings/security/signin_with_sso/enable|require_sso_for_domains",
        "settings/security/password_requirement/minimum_password_length",
        "settings/in_meeting/waiting_room|who_can_share_screen|remote_control",
        "settings/in_meeting/allow_participants_to_rename|file_transfer",
        "settings/schedule_meeting/join_before_host",
        "settings/schedule_meeting/require_password_for_scheduling_new_meetings",
        "settings/schedule_meeting/require_password_for_instant_meetings",
        "settings/schedule_meeting/require_password_for_pmi_meetings",
        "settings/schedule_meeting/use_pmi_for_scheduled_meetings",
        "settings/schedule_meeting/use_pmi_for_instant_meetings|not_store_meeting_topic",
        "settings/recording/cloud_recording|required_password_for_shared_cloud_recordings",
        "settings/recording/auto_delete_cmr|auto_delete_cmr_days",
        "meetingSecurity/meeting_security/waiting_room|auto_security|meeting_password",
        "meetingSecurity/meeting_security/pmi_password|phone_password",
        "meetingSecurity/meeting_security/waiting_room_settings/*",
        "meetingSecurity/meeting_security/meeting_password_requirement/length|only_allow_numeric",
        "meetingAuthentication/meeting_authentication",
        "meetingAuthentication/authentication_options/type|domains|default_option|visible",
        "recordingAuthentication/recording_authentication",
        "recordingAuthentication/authentication_options/type|domains|default_option|visible",
        "lockSettings/meeting_security/waiting_room|meeting_password",
        "lockSettings/in_meeting/waiting_room",
        "lockSettings/schedule_meeting/require_password_for_scheduling_new_meetings"}},
      {"webex",
       {"commonSettings/securityOptions/requireLoginBeforeAccess|joinBeforeHost",
        "commonSettings/securityOptions/firstAttendeeAsPresenter|unlistAllMeetings",
        "commonSettings/securityOptions/requireStrongPassword|allowMobileScreenCapture",
        "commonSettings/securityOptions/passwordCriteria/minLength"}},
      {"box",
       {"configuration/security/is_multi_factor_auth_required|password_min_length",
        "configuration/user_settings/is_enterprise_sso_required",
        "configuration/content_and_sharing/shared_link_access|shared_link_default_access",
        "configuration/content_and_sharing/is_open_custom_urls_disabled",
        "configuration/content_and_sharing/is_public_shared_links_expiration_enabled",
        "configuration/content_and_sharing/public_shared_links_expiration_days",
        "configuration/content_and_sharing/is_invite_privilege_restricted"}},
      {"github",
       {"organization/login|two_factor_requirement_enabled",
        "organization/members_can_create_public_repositories|default_repository_permission",
        "organization/members_can_fork_private_repositories", "membersWithout2fa/login"}}};
  return all;
}

Names names_of(std::string_view kind) {
  Names root;
  const auto found = kept_paths().find(kind);
  if (found == kept_paths().end()) return root;
  for (const std::string_view path : found->second) {
    Names* at = &root;
    const auto parts = split(path, '/');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) at = &at->inner[std::string(parts[i])];
    if (parts.back() != "*")
      for (const std::string_view name : split(parts.back(), '|')) at->inner[std::string(name)];
  }
  return root;
}

/// What an answer says of itself: that it is an error, that it isn't all.
bool is_of_answer(std::string_view key) {
  return key == "error" || key == "later" || key == "nextPageToken" || key == "next_page_token" ||
         key == "@odata.nextLink" || key == "@odata.count" || key.ends_with("@odata.nextLink");
}

json::value kept(const json::value& value, const Names& names) {
  if (names.inner.empty()) return value;
  if (const json::array* list = value.if_array()) {
    json::array all;
    for (const json::value& one : *list) all.emplace_back(kept(one, names));
    return all;
  }
  const json::object* object = value.if_object();
  if (object == nullptr) return nullptr;  // of another shape than what is asked for
  json::object all;
  for (const auto& member : *object) {
    const auto found = names.inner.find(std::string_view(member.key()));
    if (found != names.inner.end())
      all[member.key()] = kept(member.value(), found->second);
    else if (is_of_answer(member.key()))
      all[member.key()] = member.value();
  }
  return all;
}

}  // namespace

json::value kept_of(std::string_view kind, std::string_view section, const json::value& answer) {
  static const auto all = [] {
    std::map<std::string_view, Names> by_kind;
    for (const auto& [kind_, paths] : kept_paths()) by_kind.emplace(kind_, names_of(kind_));
    return by_kind;
  }();
  const auto of_kind = all.find(kind);
  if (of_kind == all.end()) return nullptr;
  const auto names = of_kind->second.inner.find(section);
  return names == of_kind->second.inner.end() ? json::value(nullptr) : kept(answer, names->second);
}

}  // namespace sekisho
