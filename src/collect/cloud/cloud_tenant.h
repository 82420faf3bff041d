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
    "groups": [{"id": "g", "displayName": "Sales",
                "members": [{"@odata.type": "#microsoft.graph.user", "id": "h"}]}],
    "directoryRoles": [{"roleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
      "members": [{"@odata.type": "#microsoft.graph.user", "id": "a1"},
                  {"@odata.type": "#microsoft.graph.user", "id": "a2"}]}],
    "securityDefaults": {"isEnabled": false},
    "registration": [{"id": "a1", "isMfaCapable": true}, {"id": "a2", "isMfaCapable": true},
                     {"id": "h", "isMfaCapable": true}]
  })")
      .get_object();
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

inline const CloudRow& row(const CloudReading& reading, std::string_view id) {
  static const CloudRow none;
  const auto found =
      std::ranges::find_if(reading.rows, [&](const CloudRow& one) { return one.item->id == id; });
  EXPECT_NE(found, reading.rows.end()) << id;
  return found == reading.rows.end() ? none : *found;
}

inline Finding after(std::string_view id, const Change& change, bool in_people = false) {
  json::object settings = sound_export();
  json::object people = sound_people();
  change(in_people ? people : settings);
  return row(read(files(settings, people)), id).finding;
}

}  // namespace sekisho::tenant
