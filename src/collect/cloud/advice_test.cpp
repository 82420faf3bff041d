// SPDX-License-Identifier: Apache-2.0
// Settings that are told and decide no check, and devices: each good, bad, absent and unreadable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/cloud/cloud_tenant.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

/// What makes an item bad, and what is taken away and made unreadable.
struct Advice {
  std::string_view id;
  Change bad;
  std::string at;
  bool in_people = false;
};

Change all_of(std::vector<Change> changes) {
  return [=](json::object& root) {
    for (const Change& one : changes) one(root);
  };
}

std::vector<Advice> entra_advice() {
  const std::string methods = "/authentication_method/0/authentication_method_feature_settings";
  const std::string rules = "/privileged_roles/0/Rules/";
  return {
      {"m365.register_apps",
       set("/authorization_policies/0/DefaultUserRolePermissions/AllowedToCreateApps", "true"),
       "/authorization_policies/0/DefaultUserRolePermissions"},
      {"m365.create_tenants",
       set("/authorization_policies/0/DefaultUserRolePermissions/AllowedToCreateTenants", "true"),
       "/authorization_policies/0/DefaultUserRolePermissions/AllowedToCreateTenants"},
      {"m365.password_expiry", set("/domain_settings/0/PasswordValidityPeriodInDays", "90"),
       "/domain_settings"},
      {"m365.admin_cloud_only", set("/privileged_users/a2/OnPremisesImmutableId", R"("abc==")"),
       "/privileged_users"},
      {"m365.weak_methods", set(methods + "/1/State", R"("enabled")"), methods + "/1/State"},
      {"m365.authenticator_context",
       set(methods + "/3/FeatureSettings/DisplayAppInformationRequiredState/State", R"("default")"),
       methods + "/3/FeatureSettings"},
      {"m365.mfa_migration",
       set("/authentication_method/0/authentication_method_policy/PolicyMigrationState",
           R"("preMigration")"),
       "/authentication_method"},
      {"m365.mfa_admin_strong",
       set("/conditional_access_policies/7/GrantControls/AuthenticationStrength/"
           "AllowedCombinations",
           R"(["fido2", "password,sms"])"),
       "/conditional_access_policies"},
      {"m365.managed_device", set("/conditional_access_policies/2/State", R"("disabled")"),
       "/conditional_access_policies"},
      {"m365.register_security_info", set("/conditional_access_policies/3/State", R"("disabled")"),
       "/conditional_access_policies"},
      {"m365.session_admin",
       set("/conditional_access_policies/4/SessionControls/SignInFrequency/Type", R"("days")"),
       "/conditional_access_policies"},
      {"m365.risk_user",
       set("/conditional_access_policies/5/Conditions/UserRiskLevels", R"(["low"])"),
       "/conditional_access_policies"},
      {"m365.risk_signin",
       set("/conditional_access_policies/6/Conditions/Users/ExcludeGroups", R"(["g"])"),
       "/conditional_access_policies"},
      {"m365.admin_permanent", set("/privileged_roles/0/Assignments/0/EndDateTime", "null"),
       "/privileged_roles"},
      {"m365.admin_outside_pim", set("/privileged_roles/0/Assignments/0/StartDateTime", "null"),
       "/privileged_roles"},
      {"m365.admin_approval", set(rules + "0/Setting/IsApprovalRequired", "false"),
       "/privileged_roles"},
      {"m365.admin_alert", set(rules + "1/NotificationRecipients", "[]"), "/privileged_roles"},
      {"m365.admin_ratio", set("/privileged_users", R"({"a": {"roles": ["Global Administrator"]},
             "b": {"roles": ["Global Administrator"]}, "c": {"roles": ["Global Administrator"]},
             "d": {"roles": ["Global Administrator"]}, "e": {"roles": ["User Administrator"]}})"),
       "/privileged_users"},
      {"m365.admin_apps",
       set("/privileged_service_principals", R"({"s": {"DisplayName": "Robot"}})"), ""},
      {"m365.admin_consent", set("/directory_settings/0/Values/0/Value", R"("False")"),
       "/directory_settings"},
      {"m365.lockout", set("/directory_settings/0/Values/1/Value", R"("50")"),
       "/directory_settings"},
      {"m365.banned_passwords", set("/directory_settings/0/Values/4/Value", R"("")"),
       "/directory_settings"},
  };
}

std::vector<Advice> mail_advice() {
  return {
      {"m365.shared_mailbox", set("/shared_mailboxes/0/AccountEnabled", "true"),
       "/shared_mailboxes"},
      {"exo.contact_share", set("/sharing_policy/0/Domains", R"(["*:ContactsSharing"])"),
       "/sharing_policy"},
      {"exo.preset", set("/atp_policy_rules/0/SentTo", R"(["one@example.jp"])"),
       "/protection_policy_rules"},
      {"exo.alerts", set("/protection_alerts/1/Disabled", "true"), "/protection_alerts"},
      {"exo.autoforward_outbound", set("/outbound_spam_policies/0/AutoForwardingMode", R"("On")"),
       "/outbound_spam_policies/0/AutoForwardingMode"},
      {"exo.safe_links", set("/safe_links_policies/0/AllowClickThrough", "true"),
       "/safe_links_policies"},
      {"exo.safe_attachments", set("/atp_policy_for_o365/0/EnableATPForSPOTeamsODB", "false"),
       "/atp_policy_for_o365"},
      {"exo.antiphish", set("/anti_phish_policies/0/EnableSpoofIntelligence", "false"),
       "/anti_phish_policies"},
      {"exo.direct_send", set("/org_config/0/RejectDirectSend", "false"),
       "/org_config/0/RejectDirectSend"},
  };
}

std::vector<Advice> office_advice() {
  const std::string meeting = "/meeting_policies/0/";
  return {
      {"spo.guest_reauth", set("/SPO_tenant/0/EmailAttestationReAuthDays", "31"),
       "/SPO_tenant/0/EmailAttestationRequired"},
      {"spo.guest_expiry", set("/SPO_tenant/0/ExternalUserExpireInDays", "365"),
       "/SPO_tenant/0/ExternalUserExpireInDays"},
      {"spo.sync", set("/SPO_tenant/0/IsUnmanagedSyncClientForTenantRestricted", "false"),
       "/SPO_tenant/0/IsUnmanagedSyncClientForTenantRestricted"},
      {"spo.infected", set("/SPO_tenant/0/DisallowInfectedFileDownload", "false"),
       "/SPO_tenant/0/DisallowInfectedFileDownload"},
      {"spo.idle", set("/sharepointSettings/idleSessionSignOut/isEnabled", "false"),
       "/sharepointSettings", true},
      {"teams.present", set(meeting + "DesignatedPresenterRoleMode", R"("EveryoneUserOverride")"),
       meeting + "DesignatedPresenterRoleMode"},
      {"teams.chat_anon", set(meeting + "MeetingChatEnabledType", R"("Enabled")"),
       meeting + "MeetingChatEnabledType"},
      {"teams.recording_consent", set(meeting + "ExplicitRecordingConsent", R"("Disabled")"),
       meeting + "ExplicitRecordingConsent"},
      {"teams.auto_record", set(meeting + "AutoRecording", R"("Enabled")"),
       meeting + "AutoRecording"},
      {"teams.consumer_out", set("/federation_configuration/0/AllowTeamsConsumer", "true"),
       "/federation_configuration"},
      {"teams.trial",
       set("/federation_configuration/0/ExternalAccessWithTrialTenants", R"("Allowed")"),
       "/federation_configuration/0/ExternalAccessWithTrialTenants"},
      {"teams.email", set("/client_configuration/0/AllowEmailIntoChannel", "true"),
       "/client_configuration"},
      {"teams.storage", set("/client_configuration/0/AllowEgnyte", "true"),
       "/client_configuration/0/AllowBox"},
      {"teams.custom_apps", set("/tenant_app_settings/1/SettingValue", R"("All")"),
       "/tenant_app_settings/1/SettingValue"},
      {"intune.default", set("/deviceManagementSettings/secureByDefault", "false"),
       "/deviceManagementSettings", true},
      {"intune.policies", set("/deviceCompliancePolicies/0/assignments", "[]"),
       "/deviceCompliancePolicies", true},
      {"intune.stale", set("/managedDevices/0/lastSyncDateTime", R"("2026-01-01T00:00:00Z")"),
       "/managedDevices", true},
  };
}

Finding advised(std::string_view id, const Change& change, bool in_people) {
  json::object settings = advised_export();
  json::object people = sound_devices();
  if (change) change(in_people ? people : settings);
  return row(read(files(settings, people)), id).finding;
}

TEST(Advice, IsGoodBadAbsentAndUnreadable) {
  std::set<std::string_view> tried{"m365.break_glass"};
  for (const auto& list : {entra_advice(), mail_advice(), office_advice()})
    for (const Advice& one : list) {
      tried.insert(one.id);
      const Finding sound = advised(one.id, nullptr, false);
      EXPECT_TRUE(sound.verdict == Verdict::pass ||
                  (one.id == "m365.admin_ratio" && sound.verdict == Verdict::not_applicable))
          << one.id << ": " << sound.fact.en;
      EXPECT_EQ(advised(one.id, one.bad, one.in_people).verdict, Verdict::fail) << one.id;
      if (one.at.empty()) continue;
      EXPECT_EQ(advised(one.id, without(one.at), one.in_people).verdict, Verdict::unknown)
          << one.id;
      for (const char* odd : {R"("@{Id=x}")", R"({"odd": 1})", R"([{"odd": [1]}, 7])", "null"})
        EXPECT_EQ(advised(one.id, set(one.at, odd), one.in_people).verdict, Verdict::unknown)
            << one.id << odd;
    }
  for (const CloudItem& item : cloud_items())
    if (item.service <= CloudService::intune &&
        (item.check.empty() || item.service == CloudService::intune)) {
      EXPECT_TRUE(tried.contains(item.id)) << item.id;
    }
}

TEST(Advice, NoSettingIsFailedForWantOfAPlan) {
  const Change plans = set("/service_plans", R"([{"ServicePlanId":
      "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "ProvisioningStatus": "Success"}])");
  for (const std::string_view id : {"m365.risk_user", "m365.admin_permanent", "exo.safe_links"})
    EXPECT_EQ(advised(id, plans, false).verdict, Verdict::not_applicable) << id;
  EXPECT_EQ(advised("m365.banned_passwords", plans, false).verdict, Verdict::pass);
}

TEST(Advice, AccountsThatEveryPolicyLeavesOutAreCounted) {
  std::vector<Change> out;
  for (int i = 0; i < 7; ++i)
    out.push_back(
        set(fmt::format("/conditional_access_policies/{}/Conditions/Users/ExcludeUsers", i),
            R"(["a2"])"));
  EXPECT_EQ(advised("m365.break_glass", nullptr, false).verdict, Verdict::fail);
  EXPECT_EQ(advised("m365.break_glass", all_of(out), false).verdict, Verdict::pass);
  out.pop_back();
  EXPECT_EQ(advised("m365.break_glass", all_of(out), false).verdict, Verdict::fail);
}

}  // namespace
}  // namespace sekisho
