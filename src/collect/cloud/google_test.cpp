// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/google.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace sekisho {
namespace {

namespace json = boost::json;

const Time kGoogleNow = *parse_time("2026-11-27T09:00:00Z");

json::object policy(std::string_view setting, std::string_view value, std::string_view unit = "top",
                    double order = 101, std::string_view group = {}) {
  json::object query{{"orgUnit", fmt::format("orgUnits/{}", unit)}, {"sortOrder", order}};
  if (!group.empty()) query["group"] = fmt::format("groups/{}", group);
  return {{"policyQuery", query},
          {"setting", json::object{{"type", fmt::format("settings/{}", setting)},
                                   {"value", json::parse(value)}}},
          {"type", "ADMIN"}};
}

/// A firm in which all is well: two administrators, one in sales and one who has left.
json::object sound_google() {
  json::object root = json::parse(R"({"sekisho": "google", "readAt": "2026-11-26T00:00:00Z",
    "orgunits": {"organizationUnits": [
      {"orgUnitId": "id:sales", "orgUnitPath": "/sales", "parentOrgUnitPath": "/",
       "parentOrgUnitId": "id:top"},
      {"orgUnitId": "id:osaka", "orgUnitPath": "/sales/osaka", "parentOrgUnitPath": "/sales",
       "parentOrgUnitId": "id:sales"}]},
    "groups": {"groups": [
      {"id": "g1", "email": "g1@example.jp", "members": {"members": [
        {"id": "h", "email": "hana@example.jp", "type": "USER"}]}},
      {"id": "g2", "email": "g2@example.jp", "members": [
        {"id": "g1", "email": "g1@example.jp", "type": "GROUP"}]}]},
    "users": [
      {"id": "a1", "primaryEmail": "one@example.jp", "name": {"fullName": "Admin One"},
       "orgUnitPath": "/", "isAdmin": true, "suspended": false, "isEnrolledIn2Sv": true},
      {"id": "a2", "primaryEmail": "two@example.jp", "name": {"fullName": "Admin Two"},
       "orgUnitPath": "/", "isAdmin": true, "suspended": false, "isEnrolledIn2Sv": true},
      {"id": "h", "primaryEmail": "hana@example.jp", "name": {"fullName": "Hana"},
       "orgUnitPath": "/sales/osaka", "isAdmin": false, "suspended": false,
       "isEnrolledIn2Sv": true},
      {"id": "x", "primaryEmail": "left@example.jp", "name": {"fullName": "Left"},
       "orgUnitPath": "/sales", "isAdmin": false, "suspended": true, "isEnrolledIn2Sv": false}]
  })")
                          .get_object();
  json::array policies;
  for (const char* service : {"drive_and_docs", "gmail", "calendar", "groups_for_business", "meet",
                              "chat", "sites", "keep", "tasks", "vault"})
    policies.push_back(
        policy(fmt::format("{}.service_status", service), R"({"serviceState": "ENABLED"})"));
  const std::vector<std::pair<const char*, const char*>> all{
      {"security.two_step_verification_enforcement", R"({"enforcedFrom": "2025-01-01T00:00:00Z"})"},
      {"security.password", R"({"minimumLength": 12, "allowedStrength": "STRONG"})"},
      {"api_controls.unconfigured_third_party_apps", R"({"accessLevel": "BLOCK_ALL_SCOPES"})"},
      {"workspace_marketplace.apps_access_options", R"({"accessLevel": "ALLOW_LISTED_APPS"})"},
      {"drive_and_docs.external_sharing",
       R"({"externalSharingMode": "DISALLOWED", "allowPublishingFiles": false,
           "allowNonGoogleInvites": false})"},
      {"drive_and_docs.shared_drive_creation",
       R"({"allowExternalUserAccess": false, "allowManagersToOverrideSettings": false})"},
      {"gmail.auto_forwarding", R"({"enableAutoForwarding": false})"},
      {"gmail.pop_access", R"({"enablePopAccess": false})"},
      {"gmail.imap_access", R"({"enableImapAccess": false})"},
      {"gmail.email_attachment_safety",
       R"({"enableEncryptedAttachmentProtection": true,
           "enableAttachmentWithScriptsProtection": true,
           "enableAnomalousAttachmentProtection": true})"},
      {"gmail.links_and_external_images",
       R"({"enableShortenerScanning": true, "enableExternalImageScanning": true,
           "enableAggressiveWarningsOnUntrustedLinks": true})"},
      {"gmail.spoofing_and_authentication",
       R"({"detectDomainNameSpoofing": true, "detectEmployeeNameSpoofing": true,
           "detectDomainSpoofingFromUnauthenticatedSenders": true,
           "detectUnauthenticatedEmails": true})"},
      {"gmail.enhanced_pre_delivery_message_scanning",
       R"({"enableImprovedSuspiciousContentDetection": true})"},
      {"calendar.secondary_calendar_max_allowed_external_sharing",
       R"({"maxAllowedExternalSharing": "EXTERNAL_FREE_BUSY_ONLY"})"},
      {"meet.meet_joining", R"({"allowedAudience": "TRUSTED"})"},
      {"meet.safety_host_management", R"({"enableHostManagement": true})"},
      {"meet.automatic_recording", R"({"enabled": false})"},
      {"chat.chat_file_sharing", R"({"externalFileSharing": "NO_FILES"})"}};
  for (const auto& [setting, value] : all) policies.push_back(policy(setting, value));
  root["policies"] = std::move(policies);
  return root;
}

CloudReading read_firm(const json::object& firm, const CloudDeclared& declared = {}) {
  const auto reading = read_clouds({{"g.json", json::serialize(firm)}}, declared, kGoogleNow);
  EXPECT_TRUE(reading);
  return reading ? *reading : CloudReading{};
}

CloudRow row_of(const CloudReading& reading, std::string_view id) {
  for (const CloudRow& one : reading.rows)
    if (one.item->id == id) return one;
  ADD_FAILURE() << id;
  return {};
}

CloudRow with(std::string_view id, const std::vector<json::object>& policies) {
  json::object firm = sound_google();
  for (const json::object& one : policies) firm["policies"].get_array().push_back(one);
  return row_of(read_firm(firm), id);
}

constexpr const char* kEnforcement = "security.two_step_verification_enforcement";
constexpr const char* kNever = R"({"enforcedFrom": "1970-01-01T00:00:00Z"})";
constexpr const char* kLong = R"({"enforcedFrom": "2020-01-01T00:00:00Z"})";

TEST(Google, FindsASoundFirmSound) {
  const CloudReading reading = read_firm(sound_google());
  for (const CloudRow& one : reading.rows)
    EXPECT_TRUE(one.item->check.empty() || one.finding.verdict == Verdict::pass)
        << one.item->id << ": " << one.finding.fact.en;
  EXPECT_EQ(static_cast<std::ptrdiff_t>(reading.rows.size()),
            std::ranges::count(cloud_items(), CloudService::google, &CloudItem::service));
}

/// Each item: bad by a policy, absent, unreadable, of an unknown word. Where Google documents a
/// default, absent is as that is: many are not safe.
TEST(Google, EachItemIsGoodBadAbsentAndUnreadable) {
  struct GoogleTurn {
    std::string_view id;
    std::string_view setting;
    const char* bad;
    Verdict absent;
  };
  constexpr auto kUnknown = Verdict::unknown;
  const std::vector<GoogleTurn> google_turns{
      {"google.mfa", kEnforcement, kNever, Verdict::fail},
      {"google.mfa_admin", kEnforcement, kNever, Verdict::fail},
      {"google.admin_recovery", "security.super_admin_account_recovery",
       R"({"enableAccountRecovery": true})", Verdict::pass},
      {"google.password_length", "security.password",
       R"({"minimumLength": 8, "allowedStrength": "STRONG"})", kUnknown},
      {"google.password_strength", "security.password",
       R"({"minimumLength": 12, "allowedStrength": "WEAK"})", kUnknown},
      {"google.less_secure", "security.less_secure_apps", R"({"allowLessSecureApps": true})",
       Verdict::pass},
      {"google.third_party", "api_controls.unconfigured_third_party_apps",
       R"({"accessLevel": "ALLOW_ALL_SCOPES"})", kUnknown},
      {"google.marketplace", "workspace_marketplace.apps_access_options",
       R"({"accessLevel": "ALLOW_ALL"})", Verdict::fail},
      {"google.drive_public", "drive_and_docs.external_sharing",
       R"({"externalSharingMode": "ALLOWED", "allowPublishingFiles": true})", Verdict::fail},
      {"google.drive_share", "drive_and_docs.external_sharing",
       R"({"externalSharingMode": "ALLOWED"})", Verdict::fail},
      {"google.drive_nongoogle", "drive_and_docs.external_sharing",
       R"({"externalSharingMode": "ALLOWED", "allowNonGoogleInvites": true})", Verdict::fail},
      {"google.drive_default", "drive_and_docs.general_access_default",
       R"({"defaultFileAccess": "LINK_SHARING_PUBLIC"})", Verdict::pass},
      {"google.shared_drive", "drive_and_docs.shared_drive_creation",
       R"({"allowExternalUserAccess": true, "allowManagersToOverrideSettings": false})", kUnknown},
      {"google.calendar", "calendar.secondary_calendar_max_allowed_external_sharing",
       R"({"maxAllowedExternalSharing": "EXTERNAL_ALL_INFO_READ_ONLY"})", Verdict::fail},
      {"google.groups", "groups_for_business.groups_sharing",
       R"({"collaborationCapability": "ANYONE_CAN_ACCESS"})", Verdict::pass},
      {"google.groups_view", "groups_for_business.groups_sharing",
       R"({"viewTopicsDefaultAccessLevel": "ANYONE_CAN_VIEW_TOPICS"})", Verdict::pass},
      {"google.groups_ext", "groups_for_business.groups_sharing",
       R"({"ownersCanAllowExternalMembers": true})", Verdict::pass},
      {"google.gmail_forward", "gmail.auto_forwarding", R"({"enableAutoForwarding": true})",
       Verdict::fail},
      {"google.gmail_popimap", "gmail.imap_access", R"({"enableImapAccess": true})", kUnknown},
      {"google.gmail_attach", "gmail.email_attachment_safety",
       R"({"enableEncryptedAttachmentProtection": true,
           "enableAttachmentWithScriptsProtection": false,
           "enableAnomalousAttachmentProtection": true})",
       kUnknown},
      {"google.gmail_links", "gmail.links_and_external_images",
       R"({"enableShortenerScanning": true, "enableExternalImageScanning": true,
           "enableAggressiveWarningsOnUntrustedLinks": false})",
       Verdict::fail},
      {"google.gmail_spoof", "gmail.spoofing_and_authentication",
       R"({"detectDomainNameSpoofing": false})", kUnknown},
      {"google.gmail_predelivery", "gmail.enhanced_pre_delivery_message_scanning",
       R"({"enableImprovedSuspiciousContentDetection": false})", kUnknown},
      {"google.gmail_allowlist", "gmail.email_spam_filter_ip_allowlist",
       R"({"allowedIpAddresses": ["192.0.2.1"]})", Verdict::pass},
      {"google.meet_join", "meet.meet_joining", R"({"allowedAudience": "OPEN"})", kUnknown},
      {"google.meet_host", "meet.safety_host_management", R"({"enableHostManagement": false})",
       kUnknown},
      {"google.meet_record", "meet.automatic_recording", R"({"enabled": true})", kUnknown},
      {"google.chat", "chat.external_chat_restriction",
       R"({"allowExternalChat": true, "externalChatRestriction": "NO_RESTRICTION"})",
       Verdict::pass},
      {"google.chat_files", "chat.chat_file_sharing", R"({"externalFileSharing": "ALL_FILES"})",
       kUnknown},
  };
  for (const GoogleTurn& turn : google_turns) {
    EXPECT_EQ(with(turn.id, {policy(turn.setting, turn.bad, "top", 200)}).finding.verdict,
              Verdict::fail)
        << turn.id;
    json::object firm = sound_google();
    json::array kept;
    for (const json::value& one : firm["policies"].get_array())
      if (one.at("setting").at("type").as_string() != fmt::format("settings/{}", turn.setting))
        kept.push_back(one);
    firm["policies"] = kept;
    EXPECT_EQ(row_of(read_firm(firm), turn.id).finding.verdict, turn.absent) << turn.id;
    json::object odd = policy(turn.setting, "{}", "top", 200);
    json::object value = json::parse(turn.bad).get_object();
    for (const char* word : {R"({"odd": 7})", "null", R"({"odd": [{}]})", R"("@{a=b}")"}) {
      for (auto& member : value) member.value() = json::parse(word);
      odd["setting"].get_object()["value"] = value;
      EXPECT_EQ(with(turn.id, {odd}).finding.verdict, kUnknown) << turn.id << word;
    }
    if (turn.id != "google.gmail_allowlist") {  // one address became the list
      for (auto& member : value) member.value() = "NEW_WORD";
      odd["setting"].get_object()["value"] = value;
      EXPECT_EQ(with(turn.id, {odd}).finding.verdict, kUnknown) << turn.id;
    }
    firm["policies"] = json::object{{"error", "403"}};
    EXPECT_EQ(row_of(read_firm(firm), turn.id).finding.verdict, kUnknown) << turn.id;
    // A listing of a few settings proves nothing by what isn't in it.
    firm["policies"] =
        json::array{policy("sites.service_status", R"({"serviceState": "ENABLED"})")};
    EXPECT_EQ(row_of(read_firm(firm), turn.id).finding.verdict, kUnknown) << turn.id;
  }
  for (const CloudItem& item : cloud_items())
    if (item.service == CloudService::google && !item.check.empty() &&
        item.id != "google.mfa_user" && item.id != "google.admin_count") {
      EXPECT_TRUE(std::ranges::any_of(google_turns, [&](const GoogleTurn& one) {
        return one.id == item.id;
      })) << item.id;
    }
}

TEST(Google, WhatDecidesNoCheckIsToldToo) {
  struct Told {
    std::string_view id;
    std::string_view setting;
    const char* good;
    const char* bad;
  };
  const std::vector<Told> told{
      {"google.mfa_methods", "security.two_step_verification_enforcement_factor",
       R"({"allowedSignInFactorSet": "NO_TELEPHONY"})", R"({"allowedSignInFactorSet": "ALL"})"},
      {"google.mfa_trust", "security.two_step_verification_device_trust",
       R"({"allowTrustingDevice": false})", R"({"allowTrustingDevice": true})"},
      {"google.app_sdp", "security.advanced_protection_program",
       R"({"enableAdvancedProtectionSelfEnrollment": true})",
       R"({"enableAdvancedProtectionSelfEnrollment": false})"},
      {"google.drive_warn", "drive_and_docs.external_sharing",
       R"({"externalSharingMode": "ALLOWED", "warnForExternalSharing": true})",
       R"({"externalSharingMode": "ALLOWED", "warnForExternalSharing": false})"},
      {"google.drive_checker", "drive_and_docs.external_sharing",
       R"({"accessCheckerSuggestions": "RECIPIENTS_ONLY"})",
       R"({"accessCheckerSuggestions": "RECIPIENTS_OR_AUDIENCE"})"},
      {"google.drive_move", "drive_and_docs.external_sharing",
       R"({"allowedPartiesForDistributingContent": "NONE"})",
       R"({"allowedPartiesForDistributingContent": "ALL_ELIGIBLE_USERS"})"},
      {"google.drive_desktop", "drive_and_docs.drive_for_desktop",
       R"({"allowDriveForDesktop": true, "restrictToAuthorizedDevices": true})",
       R"({"allowDriveForDesktop": true, "restrictToAuthorizedDevices": false})"},
      {"google.gmail_delegate", "gmail.mail_delegation", R"({"enableMailDelegation": false})",
       R"({"enableMailDelegation": true})"},
      {"google.gmail_gateway", "gmail.per_user_outbound_gateway",
       R"({"allowUsersToUseExternalSmtpServers": false})",
       R"({"allowUsersToUseExternalSmtpServers": true})"},
      {"google.calendar_warn", "calendar.external_invitations", R"({"warnOnInvite": true})",
       R"({"warnOnInvite": false})"},
      {"google.meet_other", "meet.safety_access",
       R"({"meetingsAllowedToJoin": "SAME_ORGANIZATION_ONLY"})",
       R"({"meetingsAllowedToJoin": "ALL"})"},
      {"google.meet_label", "meet.safety_external_participants", R"({"enableExternalLabel": true})",
       R"({"enableExternalLabel": false})"}};
  for (const Told& one : told) {
    const auto verdict = [&](const char* value) {
      return with(one.id, {policy(one.setting, value, "top", 900)}).finding.verdict;
    };
    EXPECT_EQ(verdict(one.good), Verdict::pass) << one.id;
    EXPECT_EQ(verdict(one.bad), Verdict::fail) << one.id;
    EXPECT_EQ(verdict(R"({"odd": "word"})"), Verdict::unknown) << one.id;
  }
  for (const CloudItem& item : cloud_items())
    if (item.service == CloudService::google && item.check.empty()) {
      EXPECT_NE(std::ranges::find(told, item.id, &Told::id), told.end()) << item.id;
    }
}

TEST(Google, EnforcedFromHasThreeStatesAndIsVoidWhereNobodyMayEnrol) {
  const auto found = [](const char* from) {
    return with("google.mfa",
                {policy(kEnforcement, fmt::format(R"({{"enforcedFrom": {}}})", from), "top", 200)})
        .finding.verdict;
  };
  EXPECT_EQ(found(R"("2026-11-26T00:00:00Z")"), Verdict::pass);
  EXPECT_EQ(found(R"("1970-01-01T00:00:00Z")"), Verdict::fail) << "off";
  EXPECT_EQ(found(R"("2027-01-01T00:00:00Z")"), Verdict::fail) << "not yet";
  EXPECT_EQ(found(R"("soon")"), Verdict::unknown);
  EXPECT_EQ(with("google.mfa", {policy("security.two_step_verification_enrollment",
                                       R"({"allowEnrollment": false})", "top", 200)})
                .finding.verdict,
            Verdict::fail);
}

TEST(Google, NamesWhoIsLeftOutByUnitAndGroup) {
  const CloudRow unit = with("google.mfa", {policy(kEnforcement, kNever, "sales", 202)});
  EXPECT_EQ(unit.finding.verdict, Verdict::fail);
  ASSERT_EQ(unit.people.size(), 1U) << "who has left isn't counted";
  EXPECT_EQ(unit.people[0].name, "Hana");
  EXPECT_THAT(unit.people[0].reasons[0].en, testing::HasSubstr("unit '/sales'"));
  const CloudRow group = with("google.mfa", {policy(kEnforcement, kNever, "top", 300, "g2")});
  ASSERT_EQ(group.people.size(), 1U) << "by a group in a group";
  EXPECT_THAT(group.people[0].reasons[0].en, testing::HasSubstr("group 'g2@example.jp'"));
  EXPECT_EQ(with("google.mfa", {policy(kEnforcement, kNever, "sales", 202),
                                policy(kEnforcement, kLong, "top", 300, "g1")})
                .finding.verdict,
            Verdict::pass)
      << "a group overrides a unit";
  EXPECT_EQ(with("google.mfa", {policy(kEnforcement, kNever, "top", 300, "g1"),
                                policy(kEnforcement, kLong, "top", 300.00001, "g2")})
                .finding.verdict,
            Verdict::pass)
      << "in two groups the greater order holds, to its last digit";
  EXPECT_EQ(
      with("google.mfa", {policy(kEnforcement, kNever, "top", 300, "unlisted")}).finding.verdict,
      Verdict::unknown)
      << "who is in that group isn't known";
  EXPECT_EQ(with("google.mfa", {policy(kEnforcement, kNever, "deleted", 300)}).finding.verdict,
            Verdict::pass)
      << "nobody is in a unit that is gone";
  EXPECT_EQ(with("google.mfa",
                 {policy(kEnforcement, kNever, "top", 300, "x/../WORKSPACE_ALL_ADMIN_GROUP")})
                .finding.verdict,
            Verdict::unknown);
}

TEST(Google, AllPagesAreReadAndAListThatGoesOnIsNone) {
  json::object firm = sound_google();
  const json::value policies = firm["policies"];
  const auto found = [&](json::value pages) {
    firm["policies"] = std::move(pages);
    return row_of(read_firm(firm), "google.mfa").finding.verdict;
  };
  const json::object last{{"policies", policies}};
  const json::object empty{{"nextPageToken", "t"}};
  EXPECT_EQ(found(last), Verdict::pass);
  EXPECT_EQ(found(json::array{empty, empty, last}), Verdict::pass) << "empty pages between";
  EXPECT_EQ(found(json::array{last, empty}), Verdict::unknown);
  EXPECT_EQ(found(json::array{empty}), Verdict::unknown);
  EXPECT_EQ(found(json::array{last, last}), Verdict::unknown) << "the first has no next";
  EXPECT_EQ(found(json::array{json::object{{"policies", policies}, {"nextPageToken", "t"}}}),
            Verdict::unknown);
  EXPECT_EQ(found(json::array{}), Verdict::unknown);
}

TEST(Google, TheDirectoryAndPoliciesMustAgree) {
  json::object firm = sound_google();
  const auto found = [&](bool enforced) {
    for (json::value& user : firm["users"].get_array())
      user.get_object()["isEnforcedIn2Sv"] = enforced;
    return row_of(read_firm(firm), "google.mfa").finding.verdict;
  };
  EXPECT_EQ(found(true), Verdict::pass);
  EXPECT_EQ(found(false), Verdict::unknown);
  firm.erase("policies");
  EXPECT_EQ(found(true), Verdict::pass) << "Google says so itself";
  EXPECT_EQ(found(false), Verdict::fail);
}

TEST(Google, PeopleAreRegisteredAndCounted) {
  json::object firm = sound_google();
  const auto user = [&](std::size_t i) -> json::object& {
    return firm["users"].get_array()[i].get_object();
  };
  EXPECT_EQ(row_of(read_firm(firm), "google.mfa_user").finding.verdict, Verdict::pass);
  for (const char* odd : {"null", R"("@{x=y}")", R"({"odd": 1})", "[null]"}) {
    user(2)["isEnrolledIn2Sv"] = json::parse(odd);
    EXPECT_EQ(row_of(read_firm(firm), "google.mfa_user").finding.verdict, Verdict::unknown) << odd;
  }
  user(2)["isEnrolledIn2Sv"] = false;
  EXPECT_EQ(row_of(read_firm(firm), "google.mfa_user").finding.verdict, Verdict::fail);
  user(2).erase("isEnrolledIn2Sv");
  EXPECT_EQ(row_of(read_firm(firm), "google.mfa_user").finding.verdict, Verdict::unknown);
  user(1)["isAdmin"] = false;
  EXPECT_EQ(row_of(read_firm(firm), "google.admin_count").finding.verdict, Verdict::fail) << "one";
  user(1).erase("isAdmin");
  EXPECT_EQ(row_of(read_firm(firm), "google.admin_count").finding.verdict, Verdict::unknown);
  for (const char* users : {"[]", "[null]", R"({"error": "403"})"}) {
    firm["users"] = json::parse(users);
    for (const char* id : {"google.mfa_user", "google.mfa_admin", "google.admin_count"})
      EXPECT_EQ(row_of(read_firm(firm), id).finding.verdict, Verdict::unknown) << id << users;
  }
}

/// Google says how many are in a group: where that is another number, somebody is missing.
TEST(Google, AGroupWhoseNumberContradictsItsMembersIsNotWhole) {
  const auto with_count = [](const char* count, const char* members) {
    json::object firm = sound_google();
    firm["policies"].get_array().push_back(policy(kEnforcement, kNever, "top", 300, "g9"));
    firm["groups"] =
        json::object{{"groups", json::array{json::object{{"id", "g9"},
                                                         {"email", "g9@example.jp"},
                                                         {"directMembersCount", json::parse(count)},
                                                         {"members", json::parse(members)}}}}};
    return row_of(read_firm(firm), "google.mfa").finding.verdict;
  };
  EXPECT_EQ(with_count(R"("0")", "[]"), Verdict::pass);
  EXPECT_EQ(with_count(R"("3")", "[]"), Verdict::unknown);
  EXPECT_EQ(with_count("1", "[]"), Verdict::unknown);
  EXPECT_EQ(with_count("null", "[]"), Verdict::unknown);
  EXPECT_EQ(with_count(R"("2")", R"([{"id": "x", "email": "left@example.jp", "type": "USER"}])"),
            Verdict::unknown);
  EXPECT_EQ(with_count(R"("1")", R"([{"id": "h", "email": "hana@example.jp", "type": "USER"}])"),
            Verdict::fail);
  for (const char* odd : {R"([{"id": "h", "email": "hana@example.jp"}])", R"([{"id": "h"}])",
                          R"([{"id": null, "email": null}])", "[{}]"})
    EXPECT_EQ(with_count(R"("1")", odd), Verdict::unknown) << odd;
}

/// The firm's own people who are in a group are in the list of users; outsiders aren't.
TEST(Google, AListOfUsersThatLacksSomeProvesNothingOfAll) {
  const auto with_member = [](const char* member, std::string_view id) {
    json::object firm = sound_google();
    firm["users"].get_array()[2].get_object()["aliases"] = json::array{"Flower@example.jp"};
    firm["groups"].get_object()["groups"].get_array()[0].get_object()["members"] =
        json::array{json::parse(member)};
    return row_of(read_firm(firm), id).finding.verdict;
  };
  for (const char* id : {"google.mfa", "google.mfa_admin", "google.mfa_user", "google.admin_count",
                         "google.drive_public"}) {
    EXPECT_EQ(with_member(R"({"id": "h", "email": "old@example.jp", "type": "USER"})", id),
              Verdict::pass)
        << id;
    EXPECT_EQ(with_member(R"({"email": "flower@example.jp", "type": "USER"})", id), Verdict::pass)
        << id << " by another address of theirs";
    EXPECT_EQ(with_member(R"({"id": "o", "email": "o@other.example", "type": "USER"})", id),
              Verdict::pass)
        << id << " an outsider";
    EXPECT_EQ(with_member(R"({"id": "m", "email": "missing@example.jp", "type": "USER"})", id),
              Verdict::unknown)
        << id;
  }
}

TEST(Google, PoliciesOfTwoFirmsAreNobodys) {
  json::object firm = sound_google();
  for (json::value& one : firm["policies"].get_array())
    one.get_object()["customer"] = "customers/C1";
  EXPECT_EQ(row_of(read_firm(firm), "google.mfa").finding.verdict, Verdict::pass);
  EXPECT_EQ(read_firm(firm).accounts.at(CloudService::google), "c1");
  firm["users"].get_array()[0].get_object()["customerId"] = "C2";
  EXPECT_EQ(row_of(read_firm(firm), "google.mfa").finding.verdict, Verdict::unknown);
}

TEST(Google, ServicesThatAreOffForEverybodyAreNotApplicable) {
  const auto off = policy("meet.service_status", R"({"serviceState": "DISABLED"})", "top", 200);
  EXPECT_EQ(with("google.meet_join", {off}).finding.verdict, Verdict::not_applicable);
  EXPECT_EQ(
      with("google.meet_join",
           {off, policy("meet.service_status", R"({"serviceState": "ENABLED"})", "sales", 201),
            policy("meet.meet_joining", R"({"allowedAudience": "OPEN"})", "top", 200)})
          .finding.verdict,
      Verdict::fail)
      << "on in one unit";
}

// ScubaGoggles' dump has no people and no date.
TEST(Google, ScubaGogglesDumpIsReadByUnits) {
  json::object dump = sound_google();
  dump["readAt"] = "2026-11-26T00:00:00Z";
  for (const char* name : {"sekisho", "users"}) dump.erase(name);
  dump["orgunits"] = json::parse(R"({"top": {"name": "Firm", "path": "/"},
                                     "sales": {"name": "sales", "path": "/sales"}})");
  dump["groups"] = json::parse(R"({"g1": "g1@example.jp"})");
  EXPECT_EQ(row_of(read_firm(dump), "google.mfa").finding.verdict, Verdict::pass);
  const auto and_then = [&](json::object one) {
    json::object changed = dump;
    changed["policies"].get_array().push_back(std::move(one));
    return row_of(read_firm(changed), "google.mfa").finding;
  };
  const Finding sales = and_then(policy(kEnforcement, kNever, "sales", 202));
  EXPECT_EQ(sales.verdict, Verdict::fail);
  EXPECT_THAT(sales.fact.en, testing::HasSubstr("/sales"));
  EXPECT_EQ(and_then(policy(kEnforcement, kNever, "top", 300, "g1")).verdict, Verdict::unknown)
      << "the group may be empty";
  dump.erase("readAt");
  EXPECT_EQ(row_of(read_firm(dump), "google.mfa").finding.verdict, Verdict::unknown);
}

/// A firm made at random, and what holds for each of its people worked out by going through every
/// world in which what isn't known is decided.
class Firm {
 public:
  explicit Firm(unsigned seed) : random_(seed) {
    for (const char* path : {"/", "/a", "/a/b", "/a/b/c", "/ab"})
      units_.push_back({path, units_.empty() ? "top" : fmt::format("u{}", units_.size())});
    for (std::size_t i = 0; i < 4; ++i) {
      groups_.push_back({});
      for (std::size_t p = 0; p < kPeople; ++p)
        if (one_in(3)) groups_.back().people.insert(p);
      if (i > 0 && one_in(3)) groups_.back().inner = i - 1;
      groups_.back().known = !one_in(5);
    }
    for (std::size_t p = 0; p < kPeople; ++p) unit_of_.push_back(below(units_.size()));
    const std::size_t count = 1 + below(6);
    for (std::size_t i = 0; i < count; ++i)
      policies_.push_back({one_in(6) ? units_.size() : below(units_.size()),
                           one_in(2) ? below(4) : 4, 100.0 + static_cast<double>(below(5)) / 4,
                           one_in(2), one_in(6), one_in(8)});
  }

  json::object written() const {
    json::object firm = sound_google();
    json::array kept;
    for (const json::value& one : firm["policies"].get_array())
      if (!one.at("setting").at("type").as_string().ends_with("auto_forwarding"))
        kept.push_back(one);
    for (const Policy& one : policies_) kept.push_back(written(one));
    firm["policies"] = kept;
    json::array units, groups, users;
    for (const auto& [path, id] : units_)
      units.push_back(json::object{{"orgUnitId", id}, {"orgUnitPath", path}});
    for (std::size_t g = 0; g < groups_.size(); ++g) groups.push_back(written(g));
    for (std::size_t p = 0; p < kPeople; ++p)
      users.push_back(json::object{{"id", fmt::format("p{}", p)},
                                   {"primaryEmail", fmt::format("p{}@example.jp", p)},
                                   {"orgUnitPath", units_[unit_of_[p]].first},
                                   {"suspended", false},
                                   {"isAdmin", p < 2}});
    firm["orgunits"] = units;
    firm["groups"] = groups;
    firm["users"] = users;
    return firm;
  }

  /// Whether email of each person can be forwarded: yes, no, or it depends.
  std::string answer(std::size_t person) const {
    std::vector<const Policy*> open;
    for (const Policy& one : policies_)
      if (in_unit(one, person)) open.push_back(&one);
    std::set<char> outcomes;
    // Every world: each policy applies or not, as far as that may be.
    for (std::size_t world = 0; world < (std::size_t{1} << open.size()); ++world) {
      std::vector<const Policy*> apply;
      bool possible = true;
      for (std::size_t i = 0; i < open.size(); ++i) {
        const bool in = ((world >> i) & 1U) != 0;
        possible = possible && may(*open[i], person, in);
        if (in) apply.push_back(open[i]);
      }
      if (possible) note(apply, outcomes);
    }
    return {outcomes.begin(), outcomes.end()};
  }

  static constexpr std::size_t kPeople = 8;

 private:
  struct Group {
    std::set<std::size_t> people;
    std::optional<std::size_t> inner;
    bool known = true;
  };
  struct Policy {
    std::size_t unit;   // units_.size(): one that is gone
    std::size_t group;  // 4: none
    double order;
    bool forwards;
    bool licence;
    bool odd;
  };

  bool one_in(std::size_t n) { return below(n) == 0; }
  std::size_t below(std::size_t n) { return random_() % n; }

  json::object written(const Policy& one) const {
    const std::string unit = one.unit == units_.size() ? "gone" : units_[one.unit].second;
    json::object made =
        policy("gmail.auto_forwarding",
               one.odd ? R"({"enableAutoForwarding": "?"})"
                       : fmt::format(R"({{"enableAutoForwarding": {}}})", one.forwards),
               unit, one.order, one.group == 4 ? "" : fmt::format("g{}", one.group));
    if (one.licence)
      made["policyQuery"].get_object()["query"] = fmt::format(
          "entity.org_units.exists(o, o.org_unit_id == orgUnitId('{}')) && "
          "entity.licenses.exists(l, l in ['/product/x/sku/1'])",
          unit);
    return made;
  }

  json::object written(std::size_t g) const {
    json::object made{{"id", fmt::format("g{}", g)}, {"email", fmt::format("g{}@example.jp", g)}};
    json::array members;
    for (const std::size_t p : groups_[g].people)
      members.push_back(json::object{{"id", fmt::format("p{}", p)}, {"type", "USER"}});
    if (groups_[g].inner)
      members.push_back(json::object{{"email", fmt::format("g{}@example.jp", *groups_[g].inner)},
                                     {"type", "GROUP"}});
    if (groups_[g].known) made["members"] = members;
    return made;
  }

  bool in_unit(const Policy& one, std::size_t person) const {
    if (one.unit == units_.size()) return false;
    const std::string above = units_[one.unit].first;
    const std::string mine = units_[unit_of_[person]].first;
    return above == "/" || (mine + "/").starts_with(above + "/");
  }

  /// Whether the policy may apply, or may not, within its unit.
  bool may(const Policy& one, std::size_t person, bool apply) const {
    bool sure_in = true, sure_out = false;
    if (one.group < 4) {
      bool in = false, known = true;
      for (std::optional<std::size_t> g = one.group; g; g = groups_[*g].inner) {
        known = known && groups_[*g].known;
        in = in || (groups_[*g].known && groups_[*g].people.contains(person));
        if (!groups_[*g].known) break;
      }
      sure_in = in;
      sure_out = !in && known;
    }
    return apply ? !sure_out : !sure_in || one.licence;
  }

  static void note(const std::vector<const Policy*>& apply, std::set<char>& outcomes) {
    double greatest = 0;
    for (const Policy* one : apply) greatest = std::max(greatest, one->order);
    if (apply.empty()) outcomes.insert('y');  // the default
    for (const Policy* one : apply)
      if (one->order == greatest) outcomes.insert(one->odd ? '?' : one->forwards ? 'y' : 'n');
  }

  std::mt19937 random_;
  std::vector<std::pair<std::string, std::string>> units_;
  std::vector<Group> groups_;
  std::vector<std::size_t> unit_of_;
  std::vector<Policy> policies_;
};

TEST(Google, IsWorkedOutAsBySlowGoingThroughEveryWorld) {
  std::map<std::string, std::size_t> met;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    const Firm firm(seed);
    const CloudRow found = row_of(read_firm(firm.written()), "google.gmail_forward");
    bool bad = false, unsure = false;
    for (std::size_t p = 0; p < Firm::kPeople; ++p) {
      const std::string answer = firm.answer(p);
      ++met[answer];
      const auto left = std::ranges::find(found.people, fmt::format("p{}@example.jp", p),
                                          &PersonLeftOut::sign_in);
      ASSERT_EQ(left != found.people.end(), answer != "n") << seed << " " << p << answer;
      if (answer != "n") {
        ASSERT_EQ(left->sure, answer == "y") << seed << " " << p << answer;
      }
      bad = bad || answer == "y";
      unsure = unsure || answer != "n";
    }
    ASSERT_EQ(found.finding.verdict, bad      ? Verdict::fail
                                     : unsure ? Verdict::unknown
                                              : Verdict::pass)
        << seed;
  }
  for (const char* each : {"y", "n", "ny", "?"}) EXPECT_GT(met[each], 50U) << each;
}

}  // namespace
}  // namespace sekisho
