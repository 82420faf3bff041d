// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/cloud_unread.h"
#include "collect/cloud/mail_records.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

const CloudChecks& clouds() {
  static const CloudChecks loaded = *load_cloud_checks(embedded_guideline());
  return loaded;
}

TEST(Cloud, FindsASoundTenantSound) {
  const CloudReading reading = read(files(sound_export(), sound_people()));
  for (const CloudRow& one : reading.rows) {
    if (one.item->check.empty()) continue;
    EXPECT_TRUE(one.finding.verdict == Verdict::pass ||
                one.finding.verdict == Verdict::not_applicable)
        << one.item->id << ": " << one.finding.fact.en;
    EXPECT_TRUE(one.people.empty()) << one.item->id;
    EXPECT_FALSE(one.finding.verdict == Verdict::pass && one.finding.basis.empty())
        << one.item->id << " passes by nothing";
  }
  const auto microsoft = std::ranges::count_if(
      cloud_items(), [](const CloudItem& one) { return one.service <= CloudService::teams; });
  EXPECT_EQ(static_cast<std::ptrdiff_t>(reading.rows.size()), microsoft);
}

/// What makes an item bad, absent and not readable; each begins with the sound tenant.
struct Turn {
  std::string_view id;
  Change bad;
  std::string at;  // what is taken away, and made unreadable
  bool in_people = false;
};

const std::vector<Turn>& turns() {
  static const std::vector<Turn> all{
      {"m365.mfa_all", set("/conditional_access_policies/0/State", R"("disabled")"),
       "/conditional_access_policies"},
      {"m365.mfa_admin",
       set("/conditional_access_policies/0/Conditions/Users/ExcludeUsers", R"(["a2"])"),
       "/conditional_access_policies"},
      {"m365.mfa_registered", set("/registration/2/isMfaCapable", "false"), "/registration", true},
      {"m365.legacy_auth",
       set("/conditional_access_policies/0/Conditions/ClientAppTypes",
           R"(["browser", "mobileAppsAndDesktopClients"])"),
       "/conditional_access_policies"},
      {"m365.device_code", set("/conditional_access_policies/1/State", R"("disabled")"),
       "/conditional_access_policies"},
      {"m365.admin_count", set("/directoryRoles/0/members", R"(["a1"])"), "", true},
      {"m365.user_consent",
       set("/authorization_policies/0/PermissionGrantPolicyIdsAssignedToDefaultUserRole",
           R"(["ManagePermissionGrantsForSelf.microsoft-user-default-low"])"),
       "/authorization_policies/0/PermissionGrantPolicyIdsAssignedToDefaultUserRole"},
      {"m365.guest_rights",
       set("/authorization_policies/0/GuestUserRoleId",
           R"("a0b1b346-4d3e-4e8b-98f8-753987be4970")"),
       "/authorization_policies/0/GuestUserRoleId"},
      {"m365.guest_invite", set("/authorization_policies/0/AllowInvitesFrom", R"("everyone")"),
       "/authorization_policies/0/AllowInvitesFrom"},
      {"exo.autoforward", set("/remote_domains/0/AutoForwardEnabled", "true"),
       "/remote_domains/0/AutoForwardEnabled"},
      {"exo.redirect_rules", set("/transport_rule/0/BlindCopyTo", R"(["x@elsewhere.example"])"),
       "/transport_rule"},
      {"exo.spam_bypass_rules",
       [](json::object& root) {
         set("/transport_rule/0/SetSCL", "-1")(root);
         set("/transport_rule/0/SenderDomainIs", R"(["x.example"])")(root);
       },
       "/transport_rule"},
      {"exo.external_tag", nullptr, "/transport_rule"},
      {"exo.smtp_auth", set("/transport_config/0/SmtpClientAuthenticationDisabled", "false"),
       "/transport_config/0/SmtpClientAuthenticationDisabled"},
      {"exo.modern_auth", set("/org_config/0/OAuth2ClientProfileEnabled", "false"),
       "/org_config/0/OAuth2ClientProfileEnabled"},
      {"exo.mailbox_audit", set("/org_config/0/AuditDisabled", "true"),
       "/org_config/0/AuditDisabled"},
      {"exo.unified_audit",
       set("/admin_audit_log_config/0/UnifiedAuditLogIngestionEnabled", R"("False")"),
       "/admin_audit_log_config/0/UnifiedAuditLogIngestionEnabled"},
      {"exo.calendar_share",
       set("/sharing_policy/0/Domains", R"(["Anonymous:CalendarSharingFreeBusyReviewer"])"),
       "/sharing_policy"},
      {"exo.ip_allow", set("/conn_filter/0/IPAllowList", R"(["192.0.2.1"])"),
       "/conn_filter/0/IPAllowList"},
      {"exo.safe_list", set("/conn_filter/0/EnableSafeList", "true"),
       "/conn_filter/0/EnableSafeList"},
      {"exo.allowed_domains",
       set("/hosted_content_filter_policies/0/AllowedSenderDomains", R"(["x.example"])"),
       "/hosted_content_filter_policies/0/AllowedSenderDomains"},
      {"exo.malware_types", set("/anti_malware_policies/0/EnableFileFilter", "false"),
       "/anti_malware_policies"},
      {"exo.spf", set("/spf_records/0/rdata", R"(["v=spf1 ?all"])"), "/spf_records"},
      {"exo.dkim", set("/dkim_config/0/Enabled", "false"), "/dkim_config"},
      {"exo.dmarc", set("/dmarc_records/0/rdata", R"(["v=DMARC1; p=none"])"), "/dmarc_records"},
      {"spo.sharing", set("/SPO_tenant/0/SharingCapability", "2"),
       "/SPO_tenant/0/SharingCapability"},
      {"spo.onedrive",
       set("/SPO_tenant/0/ODBSharingCapability", R"("ExternalUserAndGuestSharing")"),
       "/SPO_tenant/0/ODBSharingCapability"},
      {"spo.anyone_expiry",
       [](json::object& root) {
         set("/SPO_tenant/0/SharingCapability", "2")(root);
         set("/SPO_tenant/0/RequireAnonymousLinksExpireInDays", "-1")(root);
       },
       "/SPO_tenant/0/SharingCapability"},
      {"spo.anyone_right",
       [](json::object& root) {
         set("/SPO_tenant/0/ODBSharingCapability", "2")(root);
         set("/SPO_tenant/0/FolderAnonymousLinkType", R"("Edit")")(root);
       },
       "/SPO_tenant/0/ODBSharingCapability"},
      {"spo.link_type", set("/SPO_tenant/0/DefaultSharingLinkType", "3"),
       "/SPO_tenant/0/DefaultSharingLinkType"},
      {"spo.link_right", set("/SPO_tenant/0/DefaultLinkPermission", "2"),
       "/SPO_tenant/0/DefaultLinkPermission"},
      {"spo.new_guests", set("/SPO_tenant/0/SharingCapability", "1"),
       "/SPO_tenant/0/SharingCapability"},
      {"spo.reshare",
       [](json::object& root) {
         set("/SPO_tenant/0/SharingCapability", "3")(root);
         set("/SPO_tenant/0/PreventExternalUsersFromResharing", "false")(root);
       },
       ""},
      {"spo.legacy_auth", set("/SPO_tenant/0/LegacyAuthProtocolsEnabled", "true"),
       "/SPO_tenant/0/LegacyAuthProtocolsEnabled"},
      {"teams.anon_start", set("/meeting_policies/0/AllowAnonymousUsersToStartMeeting", "true"),
       "/meeting_policies/0/AllowAnonymousUsersToStartMeeting"},
      {"teams.lobby", set("/meeting_policies/0/AutoAdmittedUsers", R"("Everyone")"),
       "/meeting_policies/0/AutoAdmittedUsers"},
      {"teams.anon_join",
       set("/meeting_policies/0/AutoAdmittedUsers", R"("EveryoneInSameAndFederatedCompany")"),
       "/meeting_policies/0/AllowAnonymousUsersToJoinMeeting"},
      {"teams.pstn", set("/meeting_policies/0/AllowPSTNUsersToBypassLobby", "true"),
       "/meeting_policies/0/AllowPSTNUsersToBypassLobby"},
      {"teams.control",
       set("/meeting_policies/0/AllowExternalParticipantGiveRequestControl", "true"),
       "/meeting_policies/0/AllowExternalParticipantGiveRequestControl"},
      {"teams.recording", set("/meeting_policies/0/NewMeetingRecordingExpirationDays", "-1"),
       "/meeting_policies/0/NewMeetingRecordingExpirationDays"},
      {"teams.federation", set("/federation_configuration/0/AllowedDomains", "{}"),
       "/federation_configuration/0/AllowedDomains"},
      {"teams.consumer_in", set("/federation_configuration/0/AllowTeamsConsumer", "true"),
       "/federation_configuration/0/AllowTeamsConsumer"},
      {"teams.apps", set("/tenant_app_settings/0/SettingValue", R"("All")"),
       "/tenant_app_settings"},
  };
  return all;
}

TEST(Cloud, EachItemIsGoodBadAbsentAndUnreadable) {
  for (const Turn& turn : turns()) {
    if (turn.bad) {
      EXPECT_EQ(after(turn.id, turn.bad, turn.in_people).verdict, Verdict::fail) << turn.id;
    }
    if (turn.at.empty()) continue;
    const Finding gone = after(turn.id, without(turn.at), turn.in_people);
    EXPECT_EQ(gone.verdict, Verdict::unknown) << turn.id << ": " << gone.fact.en;
    for (const char* odd : {R"("@{Id=x}")", R"({"odd": 1})", R"([{"odd": [1]}, 7])"}) {
      const Finding unread = after(turn.id, set(turn.at, odd), turn.in_people);
      EXPECT_EQ(unread.verdict, Verdict::unknown) << turn.id << odd << ": " << unread.fact.en;
    }
    EXPECT_EQ(after(turn.id, set(turn.at, "null"), turn.in_people).verdict, Verdict::unknown)
        << turn.id << " null";
  }
  for (const CloudItem& item : cloud_items())
    if (item.service <= CloudService::teams && !item.check.empty()) {
      EXPECT_TRUE(std::ranges::any_of(turns(), [&](const Turn& one) { return one.id == item.id; }))
          << item.id;
    }
}

/// A file of one meeting service: all well, and how each of its items turns bad.
struct MeetingService {
  const char* sound;
  std::vector<std::pair<std::string_view, std::pair<std::string, const char*>>> turns;
};

const MeetingService kZoom{
    R"({"sekisho": "zoom", "readAt": "2026-11-26T00:00:00Z",
    "settings": {"security": {"sign_in_with_two_factor_auth": "all",
        "password_requirement": {"minimum_password_length": 12}},
      "schedule_meeting": {"join_before_host": false, "require_password_for_instant_meetings": true},
      "in_meeting": {"who_can_share_screen": "host", "remote_control": false},
      "recording": {"cloud_recording": true, "auto_delete_cmr": false,
        "required_password_for_shared_cloud_recordings": true}},
    "meetingSecurity": {"meeting_security": {"waiting_room": true, "meeting_password": true,
      "pmi_password": true, "phone_password": true, "auto_security": false,
      "waiting_room_settings": {"participants_to_place_in_waiting_room": 0},
      "meeting_password_requirement": {"length": 6, "only_allow_numeric": false}}},
    "lockSettings": {"meeting_security": {"waiting_room": true, "meeting_password": true}}})",
    {{"zoom.mfa", {"/settings/security/sign_in_with_two_factor_auth", R"("none")"}},
     {"zoom.password", {"/settings/security/password_requirement/minimum_password_length", "8"}},
     {"zoom.waiting_room", {"/meetingSecurity/meeting_security/waiting_room", "false"}},
     {"zoom.before_host", {"/settings/schedule_meeting/join_before_host", "true"}},
     {"zoom.meeting_password", {"/meetingSecurity/meeting_security/meeting_password", "false"}},
     {"zoom.pmi_password", {"/meetingSecurity/meeting_security/pmi_password", "false"}},
     {"zoom.phone_password", {"/meetingSecurity/meeting_security/phone_password", "false"}},
     {"zoom.passcode_length",
      {"/meetingSecurity/meeting_security/meeting_password_requirement/length", "4"}},
     {"zoom.instant_password",
      {"/settings/schedule_meeting/require_password_for_instant_meetings", "false"}},
     {"zoom.share", {"/settings/in_meeting/who_can_share_screen", R"("all")"}},
     {"zoom.remote_control", {"/settings/in_meeting/remote_control", "true"}},
     {"zoom.recording",
      {"/settings/recording/required_password_for_shared_cloud_recordings", "false"}},
     {"zoom.locked", {"/lockSettings/meeting_security/waiting_room", "false"}}}};
const MeetingService kWebex{
    R"({"sekisho": "webex", "readAt": "2026-11-26T00:00:00Z",
    "commonSettings": {"securityOptions": {"requireLoginBeforeAccess": true, "joinBeforeHost": false,
      "firstAttendeeAsPresenter": false, "unlistAllMeetings": true, "requireStrongPassword": true,
      "passwordCriteria": {"minLength": 8}}}})",
    {{"webex.login", {"/commonSettings/securityOptions/requireLoginBeforeAccess", "false"}},
     {"webex.before_host", {"/commonSettings/securityOptions/joinBeforeHost", "true"}},
     {"webex.first_presenter",
      {"/commonSettings/securityOptions/firstAttendeeAsPresenter", "true"}},
     {"webex.unlisted", {"/commonSettings/securityOptions/unlistAllMeetings", "false"}},
     {"webex.password", {"/commonSettings/securityOptions/passwordCriteria/minLength", "4"}}}};

TEST(Cloud, MeetingServicesAreGoodBadAbsentAndUnreadable) {
  for (const MeetingService* service : {&kZoom, &kWebex}) {
    const auto verdict = [&](std::string_view id, const Change& change) {
      json::object all = parsed(service->sound).get_object();
      if (change) change(all);
      return row(read({{"meetings.json", json::serialize(all)}}), id).finding.verdict;
    };
    for (const auto& [id, turn] : service->turns) {
      EXPECT_EQ(verdict(id, nullptr), Verdict::pass) << id;
      EXPECT_EQ(verdict(id, set(turn.first, turn.second)), Verdict::fail) << id;
      EXPECT_EQ(verdict(id, without(turn.first)), Verdict::unknown) << id;
      EXPECT_EQ(verdict(id, set(turn.first, "null")), Verdict::unknown) << id;
      EXPECT_EQ(verdict(id, set(turn.first, R"({"odd": 1})")), Verdict::unknown) << id;
    }
  }
  for (const CloudItem& item : cloud_items())
    if ((item.service == CloudService::zoom || item.service == CloudService::webex) &&
        !item.check.empty() && item.id != "webex.recording") {
      EXPECT_TRUE(
          std::ranges::any_of(item.service == CloudService::zoom ? kZoom.turns : kWebex.turns,
                              [&](const auto& one) { return one.first == item.id; }))
          << item.id;
    }
}

TEST(Cloud, WhatMeetingServicesDidNotAnswerIsUnknown) {
  for (const MeetingService* service : {&kZoom, &kWebex})
    EXPECT_FALSE(expect_unread_is_unknown({parsed(service->sound).get_object()}, 4).empty());
}

/// What stands in the part on meetings' security alone isn't known where that was refused.
TEST(Cloud, ZoomsOlderPlacesProveNothingWhereItsSecurityWasRefused) {
  const auto found = [](std::string_view id, const Change& change) {
    json::object all = parsed(kZoom.sound).get_object();
    set("/settings/in_meeting/waiting_room", "true")(all);
    set("/settings/schedule_meeting/require_password_for_scheduling_new_meetings", "true")(all);
    set("/settings/schedule_meeting/require_password_for_pmi_meetings", R"("all")")(all);
    change(all);
    return row(read({{"z", json::serialize(all)}}), id).finding.verdict;
  };
  for (const char* refused : {R"({"error": "403"})", R"({"code": 4700, "message": "no scope"})"})
    for (const char* id : {"zoom.waiting_room", "zoom.meeting_password", "zoom.pmi_password",
                           "zoom.phone_password", "zoom.passcode_length", "zoom.locked"})
      EXPECT_EQ(found(id, set("/meetingSecurity", refused)), Verdict::unknown) << id << refused;
  for (const char* id : {"zoom.waiting_room", "zoom.locked"})
    EXPECT_EQ(found(id, without("/meetingSecurity")), Verdict::unknown) << id;
  EXPECT_EQ(found("zoom.waiting_room",
                  [](json::object& all) {
                    all.erase("meetingSecurity");
                    set("/settings/in_meeting/waiting_room", "false")(all);
                  }),
            Verdict::fail);
  // A lock keeps what is off as well.
  EXPECT_EQ(found("zoom.locked",
                  [](json::object& all) {
                    set("/meetingSecurity/meeting_security/waiting_room", "false")(all);
                    set("/meetingSecurity/meeting_security/meeting_password", "false")(all);
                  }),
            Verdict::not_applicable);
}

TEST(Cloud, AnyAccountOfZoomsIsNobodyWhoSignedIn) {
  const auto found = [](const char* options) {
    json::object all = parsed(kZoom.sound).get_object();
    all["meetingAuthentication"] =
        json::object{{"meeting_authentication", true}, {"authentication_options", parsed(options)}};
    return row(read({{"z", json::serialize(all)}}), "zoom.auth_join").finding.verdict;
  };
  EXPECT_EQ(found(R"([{"type": "enforce_login_with_same_account"}])"), Verdict::pass);
  EXPECT_EQ(found(R"([{"type": "enforce_login_with_domains", "domains": "a.example"}])"),
            Verdict::pass);
  EXPECT_EQ(found(R"([{"type": "enforce_login"}])"), Verdict::fail);
  EXPECT_EQ(found(R"([{"type": "enforce_login_with_same_account", "default_option": true},
                      {"type": "enforce_login", "visible": true}])"),
            Verdict::fail)
      << "a host may choose it";
  EXPECT_EQ(found(R"([{"type": "enforce_login_with_same_account", "default_option": true},
                      {"type": "enforce_login", "visible": false}])"),
            Verdict::pass);
  EXPECT_EQ(found(R"([{"type": "enforce_login_with_domains", "domains": "*"}])"), Verdict::fail);
  for (const char* odd : {"[]", "null", R"([{"type": "another"}])", R"({"error": "x"})",
                          R"([{"type": "enforce_login_with_domains", "domains": ""}])"})
    EXPECT_EQ(found(odd), Verdict::unknown) << odd;
}

TEST(Cloud, ZoomsWaitingRoomAndRecordingsAreGoodOnlyAsFarAsTheyReach) {
  const auto found = [](std::string_view id, const char* security, const char* recording) {
    json::object all{{"sekisho", "zoom"}, {"readAt", "2026-11-26T00:00:00Z"}};
    all["meetingSecurity"] = json::object{{"meeting_security", parsed(security)}};
    all["settings"] = json::object{{"recording", parsed(recording)}};
    return row(read({{"z", json::serialize(all)}}), id).finding.verdict;
  };
  const auto waits = [&](const char* security) {
    return found("zoom.waiting_room", security, "{}");
  };
  EXPECT_EQ(waits(R"({"waiting_room": false, "auto_security": true, "meeting_password": false})"),
            Verdict::pass);
  EXPECT_EQ(waits(R"({"waiting_room": false, "auto_security": true, "meeting_password": true})"),
            Verdict::unknown)
      << "with a passcode nobody has to wait";
  EXPECT_EQ(waits(R"({"waiting_room": true, "waiting_room_settings":
                      {"participants_to_place_in_waiting_room": 2}})"),
            Verdict::fail)
      << "whole domains don't wait";
  EXPECT_EQ(waits(R"({"waiting_room": true, "waiting_room_settings":
                      {"participants_to_place_in_waiting_room": 1}})"),
            Verdict::pass);
  const auto kept = [&](const char* recording) { return found("zoom.recording", "{}", recording); };
  for (const char* days : {"30", "120"})
    EXPECT_EQ(kept(fmt::format(R"({{"cloud_recording": true, "auto_delete_cmr": true,
        "auto_delete_cmr_days": {}, "required_password_for_shared_cloud_recordings": false}})",
                               days)
                       .c_str()),
              Verdict::pass);
  EXPECT_EQ(kept(R"({"cloud_recording": true, "auto_delete_cmr": true,
      "auto_delete_cmr_days": 3650, "required_password_for_shared_cloud_recordings": false})"),
            Verdict::fail);
  EXPECT_EQ(kept(R"({"cloud_recording": true, "auto_delete_cmr": true,
      "required_password_for_shared_cloud_recordings": false})"),
            Verdict::unknown);
}

TEST(Cloud, NamesWhoIsLeftOutAndWhy) {
  json::object settings = sound_export();
  set("/conditional_access_policies/0/Conditions/Users/ExcludeGroups", R"(["g"])")(settings);
  const CloudReading reading = read(files(settings, sound_people()));
  const CloudRow& everyone = row(reading, "m365.mfa_all");
  ASSERT_EQ(everyone.people.size(), 1U);
  EXPECT_EQ(everyone.people[0].name, "Hana");
  EXPECT_TRUE(everyone.people[0].sure);
  EXPECT_THAT(everyone.people[0].reasons[0].en,
              testing::HasSubstr("'Everyone': excluded with the group 'Sales'"));
  EXPECT_EQ(everyone.finding.verdict, Verdict::fail);
  EXPECT_EQ(row(reading, "m365.mfa_admin").finding.verdict, Verdict::pass);
}

TEST(Cloud, DeclaredEmergencyAccountsAreNotedAndNoMoreThanTwo) {
  json::object settings = sound_export();
  const auto excluding = [&](const char* ids) {
    set("/conditional_access_policies/0/Conditions/Users/ExcludeUsers", ids)(settings);
  };
  excluding(R"(["a2"])");
  const CloudDeclared one{{"TWO@example.jp"}, {}};
  const Finding found = row(read(files(settings, sound_people()), one), "m365.mfa_all").finding;
  EXPECT_EQ(found.verdict, Verdict::pass);
  EXPECT_THAT(found.fact.en, testing::HasSubstr("1 declared"));
  EXPECT_EQ(row(read(files(settings, sound_people())), "m365.mfa_all").finding.verdict,
            Verdict::fail)
      << "nobody declared it";
  excluding(R"(["a1", "a2", "h"])");
  const CloudDeclared three{{"one@example.jp", "two@example.jp", "hana@example.jp"}, {}};
  EXPECT_EQ(row(read(files(settings, sound_people()), three), "m365.mfa_all").finding.verdict,
            Verdict::fail);
}

TEST(Cloud, WithoutAListOfPeopleTakesDeclaredAccountsByTheirIds) {
  json::object settings = sound_export();
  set("/conditional_access_policies/0/Conditions/Users/ExcludeUsers", R"(["E-1"])")(settings);
  const auto found = [&](std::vector<std::string> emergency) {
    return row(read({{"e.json", json::serialize(settings)}}, {std::move(emergency), {}}),
               "m365.mfa_all")
        .finding.verdict;
  };
  EXPECT_EQ(found({"e-1"}), Verdict::pass);
  EXPECT_EQ(found({"e-2", ""}), Verdict::unknown);
}

TEST(Cloud, WithoutAListOfPeopleSaysNoMoreThanItKnows) {
  const auto alone = [](const Change& change) {
    json::object settings = sound_export();
    if (change) change(settings);
    return row(read({{"export.json", json::serialize(settings)}}), "m365.mfa_all").finding;
  };
  EXPECT_EQ(alone(nullptr).verdict, Verdict::pass) << "everyone, without exception";
  for (const char* who : {"ExcludeUsers", "ExcludeGroups", "ExcludeRoles"})
    EXPECT_EQ(alone(set(std::string("/conditional_access_policies/0/Conditions/Users/") + who,
                        R"(["someone"])"))
                  .verdict,
              Verdict::unknown)
        << who;
  const Finding old = alone(set("/conditional_access_policies/0/State", R"("disabled")"));
  EXPECT_EQ(old.verdict, Verdict::unknown) << "per-user MFA isn't in it";
  EXPECT_THAT(old.fact.en, testing::HasSubstr("no policy demands a second factor of everyone"));
  const Finding none = alone(set("/conditional_access_policies", "[]"));
  EXPECT_EQ(none.verdict, Verdict::unknown) << "security defaults may be on";
  EXPECT_THAT(none.fact.en, testing::HasSubstr("security defaults"));
}

TEST(Cloud, FirmsWithoutPremiumAreJudgedBySecurityDefaultsAndTheOldSetting) {
  const auto standard = [](const Change& change) {
    json::object people = sound_people();
    people["subscribedSkus"] =
        parsed(R"([{"servicePlans": [{"servicePlanId": "e", "provisioningStatus": "Success"}]}])");
    if (change) change(people);
    return row(read({{"people.json", json::serialize(people)}}), "m365.mfa_all");
  };
  EXPECT_EQ(standard(set("/securityDefaults/isEnabled", "true")).finding.verdict, Verdict::pass);
  EXPECT_EQ(standard(without("/perUserMfa")).finding.verdict, Verdict::unknown)
      << "the old setting wasn't read";
  const CloudRow off = standard(set("/perUserMfa", R"([{"id": "a1", "perUserMfaState": "disabled"},
    {"id": "a2", "perUserMfaState": "disabled"}, {"id": "h", "perUserMfaState": "disabled"},
    {"id": "x", "perUserMfaState": "disabled"}])"));
  EXPECT_EQ(off.finding.verdict, Verdict::fail);
  EXPECT_EQ(off.people.size(), 4U) << "all who are enabled";
  const CloudRow some = standard(set("/perUserMfa", R"([{"id": "a1", "perUserMfaState": "enforced"},
    {"id": "a2", "perUserMfaState": "enforced"}, {"id": "h", "perUserMfaState": "enabled"},
    {"id": "x", "perUserMfaState": "enforced"}])"));
  ASSERT_EQ(some.people.size(), 1U) << "enabled is not yet enforced";
  EXPECT_EQ(some.people[0].name, "Hana");
}

/// Policies, security defaults and the old setting: what wasn't read is neither on nor off.
TEST(Cloud, WhatWasNotReadOfSignInIsNotOff) {
  const auto found = [](const Change& change) {
    json::object people = sound_people();
    people["conditionalAccessPolicies"] = sound_export()["conditional_access_policies"];
    people.erase("perUserMfa");
    change(people);
    return row(read({{"people.json", json::serialize(people)}}), "m365.mfa_all").finding.verdict;
  };
  EXPECT_EQ(found([](json::object&) {}), Verdict::pass);
  for (const char* unread : {R"({"error": "x"})", "null", "[null]", "[]"}) {
    EXPECT_EQ(found(set("/conditionalAccessPolicies", unread)), Verdict::unknown) << unread;
    EXPECT_EQ(found([&](json::object& people) {
                set("/conditionalAccessPolicies", "[]")(people);
                set("/securityDefaults", unread)(people);
                set("/perUserMfa", R"([{"id": "h", "perUserMfaState": "disabled"}])")(people);
              }),
              Verdict::unknown)
        << unread;
  }
  EXPECT_EQ(found([](json::object& people) {
              set("/conditionalAccessPolicies", "[]")(people);
              set("/securityDefaults", R"([{"isEnabled": true}])")(people);
            }),
            Verdict::pass)
      << "a list of one";
  EXPECT_EQ(found([](json::object& people) {
              people["conditionalAccessPolicies"] =
                  json::object{{"value", people["conditionalAccessPolicies"]}};
            }),
            Verdict::pass)
      << "an answer without its context";
}

TEST(Cloud, MembersThatWereNotReadOrStandInTwoListsAreNotNobody) {
  const auto found = [](const char* groups, std::string_view id = "m365.mfa_all") {
    json::object settings = sound_export();
    set("/conditional_access_policies/0/Conditions/Users/ExcludeGroups", R"(["g"])")(settings);
    json::object people = sound_people();
    people["groups"] = parsed(groups);
    if (json::array* list = people["groups"].if_array())
      for (json::value& one : *list)
        if (one.is_object()) one.get_object()["eligibleMembers"] = json::array();
    return row(read(files(settings, people)), id).finding.verdict;
  };
  EXPECT_EQ(found(R"([{"id": "g", "members": []}])"), Verdict::pass);
  EXPECT_EQ(found(R"([{"id": "g", "members": [null]}])"), Verdict::unknown);
  EXPECT_EQ(found("[null]"), Verdict::unknown);
  EXPECT_EQ(found(R"([{"id": "g", "members": []}, {"id": "g", "members": ["h"]}])"), Verdict::fail);
  EXPECT_EQ(found(R"([{"id": "g", "members": ["h"]}, {"id": "g", "members": []}])"), Verdict::fail);
  // Of administrators it is known, as all members are.
  EXPECT_EQ(found(R"([{"id": "g", "members": ["h"]}])", "m365.mfa_admin"), Verdict::pass);
  EXPECT_EQ(found(R"([{"id": "g", "members": ["nobody-knows"]}])", "m365.mfa_admin"),
            Verdict::unknown);
}

TEST(Cloud, ANameWhereAnIdBelongsMayBeAnybodys) {
  const auto found = [](const char* field, const char* value) {
    return after("m365.mfa_all",
                 set(std::string("/conditional_access_policies/0/Conditions/") + field, value))
        .verdict;
  };
  for (const char* name : {R"(["hana@example.jp"])", R"(["a1,h"])", R"(["h "])"})
    EXPECT_EQ(found("Users/ExcludeUsers", name), Verdict::unknown) << name;
  EXPECT_EQ(found("Users/ExcludeRoles", R"(["Global Administrator"])"), Verdict::unknown);
  EXPECT_EQ(found("Users/ExcludeUsers", R"(["62e90394-69f5-4237-9190-012177145e10"])"),
            Verdict::pass)
      << "somebody who is gone";
  EXPECT_EQ(found("ClientAppTypes", R"(["browser", "mobileAppsAndDesktopClients", "foo"])"),
            Verdict::unknown);
  EXPECT_EQ(after("m365.mfa_all", set("/conditional_access_policies/0/enforcement", R"("audit")"))
                .verdict,
            Verdict::unknown);
}

/// A rule is bad however it is limited, and good only where nothing limits it.
TEST(Cloud, MailRulesAreReadWithTheirConditions) {
  const auto found = [](std::string_view id, const char* rule) {
    json::object settings = sound_export();
    json::object all = settings["transport_rule"].at(0).get_object();
    const json::value set = parsed(rule);
    for (const auto& member : set.get_object()) all[member.key()] = member.value();
    settings["transport_rule"] = json::array{all};
    return row(read({{"e.json", json::serialize(settings)}}), id).finding.verdict;
  };
  for (const char* hole :
       {R"({"SetSCL": -1, "FromScope": null})", R"({"SetSCL": -1})", R"({"SetSCL": "-1"})",
        R"({"SetSCL": -1, "SenderIpRanges": ["0.0.0.0/0"]})",
        R"({"SetSCL": -1, "FromAddressContainsWords": ["e.jp"]})",
        R"({"SetHeaderName": "X-MS-Exchange-Organization-SkipSafeLinksProcessing",
            "SetHeaderValue": "1"})"})
    EXPECT_EQ(found("exo.spam_bypass_rules", hole), Verdict::fail) << hole;
  for (const char* none : {R"({"SetSCL": -1, "FromScope": "InOrganization"})", R"({"SetSCL": 9})",
                           R"({"SetSCL": -1, "State": "Disabled"})",
                           R"({"SetSCL": -1, "ExpiryDate": "2020-01-01T00:00:00Z"})",
                           R"({"SetSCL": -1, "ExpiryDate": "/Date(1577836800000)/"})",
                           R"({"SetSCL": -1, "Mode": "Audit"})"})
    EXPECT_EQ(found("exo.spam_bypass_rules", none), Verdict::pass) << none;
  EXPECT_EQ(found("exo.spam_bypass_rules", R"({"ExpiryDate": "some day"})"), Verdict::unknown);
  for (const char* limit :
       {R"({"ExceptIfSenderDomainIs": ["gmail.com"]})", R"({"SentTo": ["a@b"]})",
        R"({"SenderDomainIs": ["gmail.com"]})", R"({"ExpiryDate": "2020-01-01T00:00:00Z"})",
        R"({"ActivationDate": "2030-01-01T00:00:00Z"})", R"({"AttachmentSizeOver": "10 MB"})",
        R"({"Conditions": ["x.FromScopePredicate", "x.SubjectContainsPredicate"]})",
        R"({"HasSenderOverride": true})", R"({"SomeNewCondition": "x"})"})
    EXPECT_EQ(found("exo.external_tag", limit), Verdict::unknown) << limit;
  for (const char* harmless :
       {R"({"Conditions": ["x.FromScopePredicate"], "Priority": 0, "HasSenderOverride": false})",
        R"({"SentTo": [], "ExceptIfFrom": null, "ExpiryDate": "2030-01-01T00:00:00Z"})"})
    EXPECT_EQ(found("exo.external_tag", harmless), Verdict::pass) << harmless;
}

TEST(Cloud, DomainsThatStandForSeveralAreNotNamed) {
  for (const char* open : {R"({"AllowedDomain": ["Domain=*"]})", R"({"AllowedDomain": ["*.jp"]})",
                           R"({"AllowAllKnownDomains": {}})", R"({"AllowedDomain": []})"})
    EXPECT_EQ(
        after("teams.federation", set("/federation_configuration/0/AllowedDomains", open)).verdict,
        Verdict::fail)
        << open;
  EXPECT_EQ(after("teams.federation", set("/federation_configuration/0/AllowedDomains",
                                          R"({"AllowedDomain": [{"Domain": "a.example"}]})"))
                .verdict,
            Verdict::pass);
}

TEST(Cloud, AdministratorsAreCountedByWhoeverNamesThem) {
  const auto alone = [](const Change& change) {
    json::object people = sound_people();
    change(people);
    return row(read({{"people.json", json::serialize(people)}}), "m365.admin_count").finding;
  };
  EXPECT_EQ(alone([](json::object&) {}).verdict, Verdict::pass);
  EXPECT_EQ(alone(without("/directoryRoles")).verdict, Verdict::unknown);
  EXPECT_EQ(alone(set("/directoryRoles", R"({"error": "403"})")).verdict, Verdict::unknown);
  EXPECT_EQ(alone(set("/directoryRoles", "null")).verdict, Verdict::unknown);
  EXPECT_EQ(alone(set("/directoryRoles/0/members", R"(["a1", "nobody-knows"])")).verdict,
            Verdict::unknown)
      << "it may be a group";
  EXPECT_EQ(after("m365.admin_count", without("/directoryRoles"), true).verdict, Verdict::pass)
      << "the other file names them";
}

TEST(Cloud, AdministratorsAreThoseWhoCanSignIn) {
  const auto with = [](const char* enabled, int more) {
    json::object people = sound_people();
    auto& users = people["users"].get_array();
    users[1].get_object()["accountEnabled"] = parsed(enabled);
    for (int i = 0; i < more; ++i) {
      json::object user = users[0].get_object();
      user["id"] = fmt::format("more{}", i);
      people["directoryRoles"].get_array()[0].get_object()["members"].get_array().push_back(
          json::object{{"@odata.type", "#microsoft.graph.user"}, {"id", user["id"]}});
      users.push_back(std::move(user));
    }
    return row(read({{"people.json", json::serialize(people)}}), "m365.admin_count")
        .finding.verdict;
  };
  EXPECT_EQ(with("true", 0), Verdict::pass);
  EXPECT_EQ(with("false", 0), Verdict::fail) << "one of the two is disabled";
  EXPECT_EQ(with("null", 0), Verdict::unknown);
  EXPECT_EQ(with("true", 2), Verdict::pass) << "four";
  EXPECT_EQ(with("true", 3), Verdict::fail) << "five";
  EXPECT_EQ(with("null", 4), Verdict::fail) << "too many either way";
}

/// Where nothing says whether per-user MFA is on, it isn't off; nor by a word that nobody knows.
TEST(Cloud, TheOldSettingIsOffOnlyWhereItSaysSo) {
  const auto found = [](const Change& change) {
    json::object people = sound_people();
    json::array policies = sound_export()["conditional_access_policies"].get_array();
    policies[0].get_object()["Conditions"].get_object()["Users"].get_object()["ExcludeUsers"] =
        json::array{"h"};
    people["conditionalAccessPolicies"] = std::move(policies);
    change(people);
    return row(read({{"people.json", json::serialize(people)}}), "m365.mfa_all");
  };
  EXPECT_EQ(found([](json::object&) {}).finding.verdict, Verdict::fail);
  for (const char* unread : {R"({"error": "403"})", "null", "[]", "[null]"}) {
    const CloudRow unknown = found(set("/perUserMfa", unread));
    EXPECT_EQ(unknown.finding.verdict, Verdict::unknown) << unread;
    ASSERT_EQ(unknown.people.size(), 1U) << "it is said by name";
    EXPECT_TRUE(unknown.people[0].reasons.back().en.contains("per-user MFA"));
  }
  EXPECT_EQ(found(without("/perUserMfa")).finding.verdict, Verdict::unknown);
  const auto state = [&](const char* word) {
    return found(
               set("/perUserMfa", fmt::format(R"([{{"id": "h", "perUserMfaState": "{}"}}])", word)))
        .finding.verdict;
  };
  EXPECT_EQ(state("enforced"), Verdict::pass);
  EXPECT_EQ(state("enabled"), Verdict::fail) << "they may put it off";
  EXPECT_EQ(state("Enforcedd"), Verdict::unknown);
  EXPECT_EQ(state("unknownFutureValue"), Verdict::unknown);
}

TEST(Cloud, AListOfPeopleThatLacksSomeProvesNothingOfAll) {
  const auto found = [](std::string_view id, const char* member) {
    json::object people = sound_people();
    people["conditionalAccessPolicies"] = sound_export()["conditional_access_policies"];
    people["groups"].get_array()[0].get_object()["members"] =
        json::array{json::object{{"@odata.type", "#microsoft.graph.user"}, {"id", member}}};
    return row(read({{"people.json", json::serialize(people)}}), id).finding.verdict;
  };
  for (const char* id : {"m365.mfa_all", "m365.mfa_admin", "m365.mfa_registered",
                         "m365.legacy_auth", "m365.device_code"}) {
    EXPECT_EQ(found(id, "h"), Verdict::pass) << id;
    EXPECT_EQ(found(id, "nobody"), Verdict::unknown) << id;
  }
}

/// Whose settings they are, as each format says it.
TEST(Cloud, SaysWhoseSettingsWereRead) {
  const auto account = [](const char* text, CloudService service) {
    json::object all = parsed(text).get_object();
    all["readAt"] = "2026-11-26T00:00:00Z";
    const auto reading = read({{"f.json", json::serialize(all)}});
    EXPECT_TRUE(reading.read.contains(service)) << text;
    const auto found = reading.accounts.find(service);
    return found == reading.accounts.end() ? std::string() : found->second;
  };
  using enum CloudService;
  EXPECT_EQ(account(R"({"sekisho": "entra-people", "tenantId": "T-9"})", entra), "t-9");
  EXPECT_EQ(account(R"({"sekisho": "google", "policies": [{"customer": "customers/C01",
      "policyQuery": {"sortOrder": 1}, "setting": {"type": "settings/x"}}]})",
                    google),
            "c01");
  EXPECT_EQ(
      account(R"({"sekisho": "google", "users": [{"primaryEmail": "a@x", "customerId": "C02"}]})",
              google),
      "c02");
  EXPECT_EQ(account(R"({"sekisho": "zoom", "accountId": "Acc"})", zoom), "acc");
  EXPECT_EQ(account(R"({"sekisho": "webex", "siteUrl": "firm.webex.com"})", webex),
            "firm.webex.com");
  EXPECT_EQ(account(R"({"sekisho": "github", "organization": {"login": "Firm"}})", github), "firm");
  EXPECT_EQ(account(R"({"sekisho": "aws", "accountId": 123456789012})", aws), "123456789012");
  EXPECT_EQ(account(R"({"sekisho": "box", "enterpriseId": "42"})", box), "42");
  EXPECT_EQ(account(R"({"sekisho": "dropbox", "teamInfo": {"team_id": "dbtid:X"}})", dropbox),
            "dbtid:x");
  EXPECT_EQ(account(R"({"sekisho": "slack", "users": {"members": [{"id": "g", "team_id": "T2"},
      {"id": "o", "team_id": "T1", "is_primary_owner": true}]}})",
                    slack),
            "t1");
  EXPECT_EQ(account(R"({"sekisho": "zoom", "accountId": null})", zoom), "") << "it doesn't say";
  const auto scuba = read({{"export.json", json::serialize(sound_export())}});
  EXPECT_EQ(scuba.accounts, (std::map<CloudService, std::string>{{entra, "t-1"}}))
      << "the services of one tenant are one";
}

TEST(Cloud, OneCommandThatFailedLeavesTheRestJudged) {
  json::object settings = sound_export();
  settings["conditional_access_policies"] = json::array();
  settings["aad_unsuccessful_commands"] = json::array{"Get-MgBetaIdentityConditionalAccessPolicy"};
  const CloudReading reading = read({{"export.json", json::serialize(settings)}});
  EXPECT_EQ(row(reading, "m365.mfa_all").finding.verdict, Verdict::unknown);
  EXPECT_EQ(row(reading, "teams.lobby").finding.verdict, Verdict::pass);
  // An empty list of which nobody says that it was read is no list.
  settings = sound_export();
  settings["transport_rule"] = json::array();
  settings["exo_successful_commands"] = json::array();
  EXPECT_EQ(
      row(read({{"e.json", json::serialize(settings)}}), "exo.redirect_rules").finding.verdict,
      Verdict::unknown);
}

TEST(Cloud, NamedMeetingPoliciesThatAreWorseAreNamed) {
  json::object settings = sound_export();
  json::object worse = settings["meeting_policies"].at(0).get_object();
  worse["Identity"] = "Tag:Guests welcome";
  worse["AutoAdmittedUsers"] = "Everyone";
  settings["meeting_policies"].get_array().push_back(worse);
  const Finding found = row(read({{"e.json", json::serialize(settings)}}), "teams.lobby").finding;
  EXPECT_EQ(found.verdict, Verdict::fail);
  EXPECT_THAT(found.fact.en, testing::HasSubstr("'Guests welcome'"));
  settings["meeting_policies"].at(1).get_object()["Identity"] = "Tag:AllOn";
  EXPECT_EQ(row(read({{"e.json", json::serialize(settings)}}), "teams.lobby").finding.verdict,
            Verdict::pass)
      << "Microsoft's own, not meant to be given to anybody";
}

TEST(Cloud, OldAndUndatedFilesProveNothing) {
  json::object settings = sound_export();
  for (const CloudRow& one :
       read({{"e.json", json::serialize(settings)}}, {}, kNow + std::chrono::days(40)).rows)
    EXPECT_EQ(one.finding.verdict, Verdict::unknown) << one.item->id;
  for (const char* when : {"null", R"("2099-01-01T00:00:00Z")", R"("26.11.2026")"}) {
    json::object undated = sound_export();
    set("/timestamp_zulu", when)(undated);
    set("/SPO_tenant/0/SharingCapability", "2")(undated);
    for (const CloudRow& one : read({{"e.json", json::serialize(undated)}}).rows)
      EXPECT_TRUE(one.finding.verdict == Verdict::unknown || one.finding.verdict == Verdict::fail)
          << one.item->id << when;
  }
}

TEST(Cloud, FilesOfTwoTenantsAreNotPutTogether) {
  json::object people = sound_people();
  people["tenantId"] = "t-2";
  EXPECT_FALSE(read_clouds(files(sound_export(), people), {}, kNow));
  const std::string again = json::serialize(sound_people());
  EXPECT_FALSE(read_clouds({{"a", again}, {"b", again}}, {}, kNow)) << "two of one kind";
  people.erase("tenantId");
  EXPECT_FALSE(read_clouds(files(sound_export(), people), {}, kNow));
  EXPECT_FALSE(read_clouds({{"x.json", "{}"}}, {}, kNow));
  EXPECT_FALSE(read_clouds({{"x.json", "{"}}, {}, kNow));
}

TEST(Cloud, AMailDomainIsJudgedAsMailServersDo) {
  const auto dmarc = [](std::vector<std::string> records, std::string by = "",
                        std::string domain = "a.example") {
    return judge_dmarc({std::move(domain), std::move(records), true, std::move(by)}).verdict;
  };
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject"}), Verdict::pass) << "without a semicolon at the end";
  EXPECT_EQ(dmarc({"v=DMARC1;p=quarantine;pct=100"}), Verdict::pass);
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject", "v=DMARC1; p=reject"}), Verdict::fail) << "two are none";
  EXPECT_EQ(dmarc({"v=DMARC1; p=none; sp=reject;"}), Verdict::fail);
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; sp=none"}), Verdict::fail) << "names below can be posed as";
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; p=none"}), Verdict::fail) << "a doubled tag";
  EXPECT_EQ(dmarc({" v=DMARC1; p=reject"}), Verdict::fail) << "it doesn't begin with v";
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; sp=later"}), Verdict::fail);
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; pct=many"}), Verdict::pass) << "no share is all";
  EXPECT_EQ(dmarc({"v=DMARC1; p=quarantine; t=y"}), Verdict::fail);
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; sp=none"}, "_dmarc.example"), Verdict::fail)
      << "of the organisation's own domain, sp holds for those below";
  EXPECT_EQ(dmarc({"v=DMARC1; p=none; sp=reject"}, "_dmarc.example"), Verdict::pass);
  EXPECT_EQ(dmarc({"v=DMARC1; p=quarantine; pct=50"}), Verdict::fail);
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject; pct=50"}), Verdict::pass) << "the rest is quarantined";
  EXPECT_EQ(dmarc({"p=reject; v=DMARC1"}), Verdict::fail) << "v comes first";
  EXPECT_EQ(dmarc({"site-verification=x", "v=DMARC1; p=reject"}), Verdict::pass);
  EXPECT_EQ(dmarc({}), Verdict::fail);
  EXPECT_EQ(judge_dmarc({"a.example", {}, false, ""}).verdict, Verdict::unknown);
  const auto spf = [](std::vector<std::string> records, MailPolicy policy) {
    return judge_spf({"a.example", std::move(records), true, ""}, policy).verdict;
  };
  EXPECT_EQ(spf({"v=spf1 -all"}, MailPolicy::none), Verdict::pass);
  EXPECT_EQ(spf({"v=spf1 include:x.example ~all"}, MailPolicy::reject), Verdict::pass);
  EXPECT_EQ(spf({"v=spf1 include:x.example ~all"}, MailPolicy::none), Verdict::fail);
  EXPECT_EQ(spf({"v=spf1 include:x.example ~all"}, MailPolicy::unsure), Verdict::unknown);
  EXPECT_EQ(spf({"v=spf1 -all", "v=spf1 -all"}, MailPolicy::reject), Verdict::fail);
  EXPECT_EQ(spf({"v=spf1 all"}, MailPolicy::reject), Verdict::fail);
  EXPECT_EQ(spf({"v=spf1 include:x.example"}, MailPolicy::reject), Verdict::fail);
  EXPECT_EQ(spf({"v=spf1 redirect=x.example"}, MailPolicy::reject), Verdict::unknown);
  EXPECT_EQ(spf({"v=spf10 -all"}, MailPolicy::reject), Verdict::fail);
}

TEST(Cloud, DomainsWithoutAnAnswerAreNotKnown) {
  json::object settings = sound_export();
  settings["accepted_domains"].get_array().push_back(json::object{{"DomainName", "second.jp"}});
  const CloudReading reading = read({{"e.json", json::serialize(settings)}});
  for (const char* id : {"exo.spf", "exo.dmarc"})
    EXPECT_EQ(row(reading, id).finding.verdict, Verdict::unknown) << id;
}

TEST(Cloud, ChecksAreTheWorstOverServicesInUse) {
  const auto verdict = [](const CloudReading& reading, const CloudDeclared& declared,
                          std::string_view id) {
    for (const JudgedCheck& one : judged_checks(clouds(), reading, declared))
      if (one.spec->id == id) return one.finding;
    return Finding{};
  };
  const CloudReading all = read(files(sound_export(), sound_people()));
  EXPECT_EQ(verdict(all, {}, "meeting-lobby").verdict, Verdict::pass);
  json::object settings = sound_export();
  set("/meeting_policies/0/AutoAdmittedUsers", R"("Everyone")")(settings);
  const CloudReading open = read({{"e.json", json::serialize(settings)}});
  const Finding found = verdict(open, {}, "meeting-lobby");
  EXPECT_EQ(found.verdict, Verdict::fail);
  EXPECT_THAT(found.fact.en, testing::StartsWith("Teams: "));
  EXPECT_EQ(verdict({}, {}, "meeting-lobby").verdict, Verdict::not_applicable);
  EXPECT_EQ(verdict({}, {{}, {CloudService::teams}}, "meeting-lobby").verdict, Verdict::unknown);
  // Every check has something that decides it, and what decides one names it.
  for (const CloudItem& item : cloud_items())
    EXPECT_TRUE(item.check.empty() || clouds().check(item.check) != nullptr) << item.id;
  // Those of the register of clouds are no setting's.
  const std::set<std::string_view> of_register{"cloud-settings-read", "cloud-trust",
                                               "cloud-boundary", "cloud-grades"};
  for (const CheckSpec& spec : clouds().checks)
    EXPECT_TRUE(of_register.contains(spec.id) ||
                std::ranges::any_of(cloud_items(),
                                    [&](const CloudItem& one) { return one.check == spec.id; }))
        << spec.id;
  for (const Evidence& one : cloud_evidence(judged_checks(clouds(), all, {}), all, kNow)) {
    EXPECT_EQ(one.subject, kOrganisation);
    EXPECT_EQ(one.observed_at, *parse_time("2026-11-26T00:00:00Z")) << "as old as the file";
  }
}

/// Names beyond six, and whatever else an export brings along, are in no fact.
TEST(Cloud, FactsHaveSixNamesAtMostAndNoSecrets) {
  json::object settings = sound_export();
  set("/conditional_access_policies/0/State", R"("disabled")")(settings);
  settings["passcode"] = "SECRET-1";
  settings["SPO_tenant"].at(0).get_object()["authorized_channel_token"] = "SECRET-2";
  json::object people = sound_people();
  for (int i = 0; i < 20; ++i)
    people["users"].get_array().push_back(
        json::object{{"id", fmt::format("u{}", i)},
                     {"displayName", fmt::format("Person-{}.", i)},
                     {"userPrincipalName", "x"},
                     {"accountEnabled", true},
                     {"userType", "Member"}});
  const CloudReading reading = read(files(settings, people));
  EXPECT_EQ(row(reading, "m365.mfa_all").people.size(), 24U);
  for (const Evidence& one : cloud_evidence(judged_checks(clouds(), reading, {}), reading, kNow))
    for (const std::string& text : {one.detail().ja, one.detail().en, write_basis(one.basis())}) {
      std::size_t names = 0;
      for (int i = 0; i < 20; ++i) names += text.contains(fmt::format("Person-{}.", i)) ? 1U : 0U;
      EXPECT_LE(names, 6U) << text;
      EXPECT_FALSE(text.contains("SECRET")) << text;
    }
}

}  // namespace
}  // namespace sekisho
