// SPDX-License-Identifier: Apache-2.0
// A tenant in which all is well, as its files hold it, and how tests change it.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "collect/cloud/cloud.h"

namespace sekisho::tenant {

namespace json = boost::json;

inline const Time kNow = *parse_time("2026-11-27T09:00:00Z");

inline json::value parsed(std::string_view text) { return json::parse(text); }

/// A tenant in which all is well, as ScubaGear exports it.
inline json::object sound_export() {
  return parsed(R"({
    "module_version": "1.9.0", "timestamp_zulu": "2026-11-26T00:00:00.5Z",
    "tenant_details": [{"TenantId": "T-1", "DisplayName": "Example"}],
    "aad_successful_commands": ["Get-MgBetaIdentityConditionalAccessPolicy", "Get-PrivilegedUser"],
    "aad_unsuccessful_commands": [],
    "conditional_access_policies": [
      {"Id": "c1", "DisplayName": "Everyone", "State": "enabled", "Conditions": {
        "Users": {"IncludeUsers": ["All"]}, "Applications": {"IncludeApplications": ["All"]},
        "ClientAppTypes": ["all"]},
       "GrantControls": {"Operator": "OR", "BuiltInControls": ["mfa"]}},
      {"Id": "c2", "DisplayName": "Codes", "State": "enabled", "Conditions": {
        "Users": {"IncludeUsers": ["All"]}, "Applications": {"IncludeApplications": ["All"]},
        "ClientAppTypes": ["all"], "AuthenticationFlows": {"TransferMethods": "deviceCodeFlow"}},
       "GrantControls": {"Operator": "OR", "BuiltInControls": ["block"]}}],
    "privileged_users": {"a1": {"DisplayName": "Admin One", "roles": ["Global Administrator"]},
                         "a2": {"DisplayName": "Admin Two", "roles": ["Global Administrator"]}},
    "authorization_policies": [{"GuestUserRoleId": "2af84b1e-32c8-42b7-82bc-daa82404023b",
      "AllowInvitesFrom": "adminsAndGuestInviters",
      "PermissionGrantPolicyIdsAssignedToDefaultUserRole": []}],
    "exo_successful_commands": ["Get-TransportRule", "Get-SharingPolicy"],
    "exo_unsuccessful_commands": [],
    "remote_domains": [{"DomainName": "*", "AutoForwardEnabled": false}],
    "transport_rule": [{"Name": "Mark", "State": "Enabled", "Mode": "Enforce",
      "FromScope": "NotInOrganization", "PrependSubject": "[out]"}],
    "accepted_domains": [{"DomainName": "example.jp"}],
    "transport_config": [{"SmtpClientAuthenticationDisabled": true}],
    "org_config": [{"OAuth2ClientProfileEnabled": true, "AuditDisabled": false}],
    "admin_audit_log_config": [{"UnifiedAuditLogIngestionEnabled": true}],
    "sharing_policy": [{"Enabled": true, "Domains": ["*:CalendarSharingFreeBusySimple"]}],
    "conn_filter": [{"IPAllowList": [], "EnableSafeList": false}],
    "hosted_content_filter_policies": [{"AllowedSenderDomains": []}],
    "anti_malware_policies": [{"EnableFileFilter": true, "ZapEnabled": true}],
    "dkim_config": [{"Domain": "example.jp", "Enabled": true}],
    "spf_records": [{"domain": "example.jp", "rdata": ["v=spf1 include:x.example -all"], "log": []}],
    "dkim_records": [{"domain": "example.jp", "rdata": ["v=DKIM1; p=x"], "log": []}],
    "dmarc_records": [{"domain": "example.jp", "rdata": ["v=DMARC1; p=reject"], "log": []}],
    "SharePoint_successful_commands": ["Get-SPOTenantRest"],
    "SPO_tenant": [{"SharingCapability": 0, "ODBSharingCapability": 0, "DefaultSharingLinkType": 1,
      "DefaultLinkPermission": 1, "RequireAnonymousLinksExpireInDays": 14,
      "FileAnonymousLinkType": 1, "FolderAnonymousLinkType": 1, "SharingDomainRestrictionMode": 0,
      "PreventExternalUsersFromResharing": true, "LegacyAuthProtocolsEnabled": false}],
    "teams_successful_commands": ["Get-CsTeamsMeetingPolicy"],
    "meeting_policies": [{"Identity": "Global", "AllowAnonymousUsersToStartMeeting": false,
      "AllowAnonymousUsersToJoinMeeting": true, "AutoAdmittedUsers": "EveryoneInCompany",
      "AllowPSTNUsersToBypassLobby": false, "AllowExternalParticipantGiveRequestControl": false,
      "AllowCloudRecording": true, "NewMeetingRecordingExpirationDays": 60}],
    "federation_configuration": [{"AllowFederatedUsers": true,
      "AllowedDomains": {"AllowedDomain": ["Domain=partner.example"]}, "AllowTeamsConsumer": false,
      "AllowTeamsConsumerInbound": true}],
    "tenant_app_settings": [{"SettingName": "GlobalApp", "SettingValue": "None"}]
  })")
      .get_object();
}

/// The same with all that is told and decides no check.
inline json::object advised_export() {
  json::object all = sound_export();
  const auto put = [&](const char* name, std::string_view value) { all[name] = parsed(value); };
  const auto add = [&](const char* name, std::string_view fields) {
    const json::value given = parsed(fields);
    for (const auto& member : given.get_object())
      all[name].get_array().front().get_object()[member.key()] = member.value();
  };
  add("authorization_policies", R"({"DefaultUserRolePermissions": {"AllowedToCreateApps": false,
    "AllowedToCreateTenants": false}})");
  put("domain_settings", R"([{"Id": "example.jp", "AuthenticationType": "Managed",
    "PasswordValidityPeriodInDays": 2147483647}])");
  put("privileged_users", R"({
    "a1": {"roles": ["Global Administrator"], "OnPremisesImmutableId": null},
    "a2": {"roles": ["Global Administrator"], "OnPremisesImmutableId": null}})");
  put("privileged_service_principals", "{}");
  put("authentication_method", R"([{"authentication_method_feature_settings": [
      {"Id": "Sms", "State": "disabled"}, {"Id": "Voice", "State": "disabled"},
      {"Id": "Email", "State": "disabled"},
      {"Id": "MicrosoftAuthenticator", "State": "enabled", "FeatureSettings": {
        "DisplayAppInformationRequiredState": {"State": "enabled",
                                               "IncludeTarget": {"Id": "all_users"}},
        "DisplayLocationInformationRequiredState": {"State": "enabled",
                                                    "IncludeTarget": {"Id": "all_users"}}}}],
    "authentication_method_policy": {"PolicyMigrationState": "migrationComplete"}}])");
  put("directory_settings", R"([{"Values": [
    {"Name": "EnableAdminConsentRequests", "Value": "true"},
    {"Name": "LockoutThreshold", "Value": "10"},
    {"Name": "LockoutDurationInSeconds", "Value": "60"},
    {"Name": "EnableBannedPasswordCheck", "Value": "True"},
    {"Name": "BannedPasswordList", "Value": "SECRET-word"}]}])");
  put("privileged_roles", R"([{"RoleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
    "DisplayName": "Global Administrator",
    "Assignments": [{"PrincipalId": "a1", "StartDateTime": "/Date(1)/", "EndDateTime": "/Date(2)/"}],
    "Rules": [{"Id": "Approval_EndUser_Assignment", "Setting": {"IsApprovalRequired": true}},
      {"Id": "Notification_Admin_Admin_Assignment", "NotificationRecipients": ["s@example.jp"]},
      {"Id": "Notification_Admin_Admin_Eligibility", "NotificationRecipients": ["s@example.jp"]},
      {"Id": "Notification_Admin_EndUser_Assignment", "NotificationRecipients": ["s@example.jp"]}
    ]}])");
  for (const char* policy :
       {R"({"Id": "c3", "State": "enabled", "Conditions": {"Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeApplications": ["All"]}},
            "GrantControls": {"Operator": "OR", "BuiltInControls": ["compliantDevice",
                                                                    "domainJoinedDevice"]}})",
        R"({"Id": "c4", "State": "enabled", "Conditions": {"Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeUserActions": ["urn:user:registersecurityinfo"]}},
            "GrantControls": {"Operator": "OR", "BuiltInControls": ["compliantDevice"]}})",
        R"({"Id": "c5", "State": "enabled", "Conditions": {"Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeApplications": ["All"]}}, "GrantControls": null,
            "SessionControls": {"SignInFrequency": {"IsEnabled": true, "Type": "hours", "Value": 9},
                                "PersistentBrowser": {"IsEnabled": true, "Mode": "never"}}})",
        R"({"Id": "c6", "State": "enabled", "Conditions": {"Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeApplications": ["All"]}, "UserRiskLevels": ["high"]},
            "GrantControls": {"Operator": "OR", "BuiltInControls": ["block"]}})",
        R"({"Id": "c7", "State": "enabled", "Conditions": {"Users": {"IncludeUsers": ["All"]},
            "Applications": {"IncludeApplications": ["All"]}, "SignInRiskLevels": ["high"]},
            "GrantControls": {"Operator": "OR", "BuiltInControls": ["mfa"]}})",
        R"({"Id": "c8", "State": "enabled", "Conditions": {
            "Users": {"IncludeRoles": ["62e90394-69f5-4237-9190-012177145e10"]},
            "Applications": {"IncludeApplications": ["All"]}},
            "GrantControls": {"Operator": "OR", "BuiltInControls": [],
              "AuthenticationStrength": {"AllowedCombinations": ["fido2"]}}})"})
    all["conditional_access_policies"].get_array().push_back(parsed(policy));
  constexpr std::string_view kPreset =
      R"([{"Identity": "Standard Preset Security Policy", "State": "Enabled", "SentTo": null}])";
  put("protection_policy_rules", kPreset);
  put("atp_policy_rules", kPreset);
  put("protection_alerts", R"([
    {"Name": "Suspicious email sending patterns detected", "Disabled": false},
    {"Name": "Suspicious Email Forwarding Activity\u200b", "Disabled": false},
    {"Name": "Messages have been delayed", "Disabled": false},
    {"Name": "Tenant restricted from sending unprovisioned email", "Disabled": false},
    {"Name": "User restricted from sending email", "Disabled": false},
    {"Name": "A potentially malicious URL click was detected", "Disabled": false},
    {"Name": "Suspicious connector activity", "Disabled": false}])");
  put("outbound_spam_policies", R"([{"AutoForwardingMode": "Off"}])");
  put("safe_links_policies", R"([{"EnableSafeLinksForEmail": true, "AllowClickThrough": false}])");
  put("atp_policy_for_o365", R"([{"EnableATPForSPOTeamsODB": true}])");
  put("anti_phish_policies", R"([{"EnableSpoofIntelligence": true,
                                  "EnableFirstContactSafetyTips": true}])");
  put("shared_mailboxes", R"([{"AccountEnabled": false}])");
  add("org_config", R"({"RejectDirectSend": true})");
  add("SPO_tenant", R"({"EmailAttestationRequired": true, "EmailAttestationReAuthDays": 30,
    "ExternalUserExpirationRequired": true, "ExternalUserExpireInDays": 60,
    "IsUnmanagedSyncClientForTenantRestricted": true, "DisallowInfectedFileDownload": true})");
  add("meeting_policies", R"({"DesignatedPresenterRoleMode": "OrganizerOnlyUserOverride",
    "MeetingChatEnabledType": "EnabledExceptAnonymous", "ExplicitRecordingConsent": "Enabled",
    "AutoRecording": "Disabled"})");
  add("federation_configuration", R"({"ExternalAccessWithTrialTenants": "Blocked"})");
  put("client_configuration", R"([{"AllowEmailIntoChannel": false, "AllowDropBox": false,
    "AllowBox": false, "AllowGoogleDrive": false, "AllowShareFile": false, "AllowEgnyte": false}])");
  put("tenant_app_settings", R"([{"SettingName": "GlobalApp", "SettingValue": "None"},
                                 {"SettingName": "PrivateApp", "SettingValue": "None"}])");
  return all;
}

/// The people of the same tenant.
inline json::object sound_people() {
  return parsed(R"({
    "sekisho": "entra-people", "tenantId": "t-1", "readAt": "2026-11-26T00:00:00Z",
    "users": [
      {"id": "a1", "displayName": "Admin One", "userPrincipalName": "one@example.jp",
       "accountEnabled": true, "userType": "Member"},
      {"id": "a2", "displayName": "Admin Two", "userPrincipalName": "two@example.jp",
       "accountEnabled": true, "userType": "Member"},
      {"id": "h", "displayName": "Hana", "userPrincipalName": "hana@example.jp",
       "accountEnabled": true, "userType": "Member"},
      {"id": "gone", "displayName": "Left", "userPrincipalName": "left@example.jp",
       "accountEnabled": false, "userType": "Member"},
      {"id": "x", "displayName": "Guest", "userPrincipalName": "g_other#EXT#@example.jp",
       "accountEnabled": true, "userType": "Guest"}],
    "groups": [{"id": "g", "displayName": "Sales", "eligibleMembers": [],
                "members": [{"@odata.type": "#microsoft.graph.user", "id": "h"}]}],
    "directoryRoles": [{"roleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
      "members": [{"@odata.type": "#microsoft.graph.user", "id": "a1"},
                  {"@odata.type": "#microsoft.graph.user", "id": "a2"}]}],
    "eligibleRoles": [],
    "securityDefaults": {"isEnabled": false},
    "perUserMfa": [{"id": "a1", "perUserMfaState": "disabled"},
                   {"id": "a2", "perUserMfaState": "disabled"},
                   {"id": "h", "perUserMfaState": "disabled"},
                   {"id": "x", "perUserMfaState": "disabled"}],
    "registration": [{"id": "a1", "isMfaCapable": true}, {"id": "a2", "isMfaCapable": true},
                     {"id": "h", "isMfaCapable": true}]
  })")
      .get_object();
}

/// The same with its devices.
inline json::object sound_devices() {
  json::object all = sound_people();
  all["deviceManagementSettings"] = parsed(R"({"secureByDefault": true})");
  all["deviceCompliancePolicies"] = parsed(R"([{"id": "p1", "displayName": "Windows",
    "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
    "passwordRequired": true, "bitLockerEnabled": true, "storageRequireEncryption": true,
    "assignments": [{"id": "x", "target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}]}])");
  all["managedDevices"] =
      parsed(R"([{"id": "d1", "deviceName": "PC-1", "operatingSystem": "Windows",
    "lastSyncDateTime": "2026-11-25T00:00:00Z", "complianceState": "compliant"}])");
  all["sharepointSettings"] = parsed(R"({"idleSessionSignOut": {"isEnabled": true}})");
  return all;
}

using Change = std::function<void(json::object&)>;

/// Sets the value at a pointer ("/SPO_tenant/0/SharingCapability"), or takes it away.
inline Change set(std::string pointer, std::string_view value) {
  return [=, value = parsed(value)](json::object& root) {
    json::value whole(root);
    const std::size_t slash = pointer.rfind('/');
    json::value& parent = slash == 0 ? whole : whole.at_pointer(pointer.substr(0, slash));
    parent.get_object()[pointer.substr(slash + 1)] = value;
    root = whole.get_object();
  };
}
inline Change without(std::string pointer) {
  return [=](json::object& root) {
    json::value whole(root);
    const std::size_t slash = pointer.rfind('/');
    json::value& parent = slash == 0 ? whole : whole.at_pointer(pointer.substr(0, slash));
    parent.get_object().erase(pointer.substr(slash + 1));
    root = whole.get_object();
  };
}

inline std::vector<CloudFile> files(const json::object& settings, const json::object& people) {
  return {{"export.json", json::serialize(settings)}, {"people.json", json::serialize(people)}};
}

inline CloudReading read(const std::vector<CloudFile>& all, const CloudDeclared& declared = {},
                         Time now = kNow) {
  auto reading = read_clouds(all, declared, now);
  EXPECT_TRUE(reading) << (reading ? "" : reading.error().describe(Lang::en));
  return reading ? std::move(*reading) : CloudReading{};
}

/// One without an item where the service wasn't read.
inline const CloudRow& row_if_any(const CloudReading& reading, std::string_view id) {
  static const CloudRow none;
  const auto found =
      std::ranges::find_if(reading.rows, [&](const CloudRow& one) { return one.item->id == id; });
  return found == reading.rows.end() ? none : *found;
}
inline const CloudRow& row(const CloudReading& reading, std::string_view id) {
  const CloudRow& found = row_if_any(reading, id);
  EXPECT_NE(found.item, nullptr) << id;
  return found;
}

inline Finding after(std::string_view id, const Change& change, bool in_people = false) {
  json::object settings = sound_export();
  json::object people = sound_people();
  change(in_people ? people : settings);
  return row(read(files(settings, people)), id).finding;
}

}  // namespace sekisho::tenant
