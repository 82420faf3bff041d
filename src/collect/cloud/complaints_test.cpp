// SPDX-License-Identifier: Apache-2.0
// What people complained of in public about programs that read the same settings, each with the
// right verdict. The names say where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/mail_records.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

constexpr const char* kPolicy = "/conditional_access_policies/0/";
constexpr const char* kP1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d";

Finding everyone_with(std::string_view place, std::string_view value) {
  return after("m365.mfa_all", set(std::string(kPolicy) + std::string(place), value));
}

CloudReading with_people(const Change& change) {
  json::object people = sound_people();
  people["conditionalAccessPolicies"] = sound_export()["conditional_access_policies"];
  change(people);
  return read({{"people.json", json::serialize(people)}});
}

TEST(Complaint, ScubaGear1742AndMaester2167PoliciesForHighRiskAloneDontCount) {
  for (const char* risk : {"SignInRiskLevels", "UserRiskLevels", "InsiderRiskLevels"}) {
    const Change change = set(fmt::format("{}Conditions/{}", kPolicy, risk), R"(["high"])");
    json::object settings = sound_export();
    change(settings);
    const CloudRow everyone = row(read(files(settings, sound_people())), "m365.mfa_all");
    EXPECT_EQ(everyone.finding.verdict, Verdict::fail) << risk;
    EXPECT_THAT(everyone.people.at(0).reasons.at(0).en, testing::HasSubstr("at risk")) << risk;
  }
}

TEST(Complaint, ScubaGear1818PoliciesLimitedToSomeSignInsDontCount) {
  for (const auto& [place, value] : std::vector<std::pair<const char*, const char*>>{
           {"Conditions/Locations", R"({"IncludeLocations": ["All"], "ExcludeLocations": ["o"]})"},
           {"Conditions/Platforms", R"({"IncludePlatforms": ["android"]})"},
           {"Conditions/ClientAppTypes", R"(["browser"])"},
           {"Conditions/Devices", R"({"DeviceFilter": {"Mode": "exclude", "Rule": "x"}})"},
           {"Conditions/AuthenticationFlows", R"({"TransferMethods": "deviceCodeFlow"})"}})
    EXPECT_EQ(everyone_with(place, value).verdict, Verdict::fail) << place;
}

TEST(Complaint, ScubaGear1170ExcludedGuestsRolesAndAppsAreLookedAt) {
  EXPECT_EQ(everyone_with("Conditions/Users/ExcludeGuestsOrExternalUsers",
                          R"({"GuestOrExternalUserTypes": "b2bCollaborationGuest"})")
                .verdict,
            Verdict::fail);
  EXPECT_EQ(
      everyone_with("Conditions/Users/ExcludeRoles", R"(["62e90394-69f5-4237-9190-012177145e10"])")
          .verdict,
      Verdict::fail);
  EXPECT_EQ(everyone_with("Conditions/Applications/ExcludeApplications", R"(["app"])").verdict,
            Verdict::fail);
}

TEST(Complaint, ScubaGear2117AndMaester1057WhoIsExcludedIsToldAndADeclaredAccountPasses) {
  json::object settings = sound_export();
  for (const char* policy : {"0", "1"})
    set(fmt::format("/conditional_access_policies/{}/Conditions/Users/ExcludeUsers", policy),
        R"(["a2"])")(settings);
  const CloudReading told = read(files(settings, sound_people()));
  EXPECT_THAT(row(told, "m365.mfa_all").finding.fact.en, testing::HasSubstr("Admin Two"));
  const CloudReading declared = read(files(settings, sound_people()), {{"two@example.jp"}, {}});
  EXPECT_EQ(row(declared, "m365.mfa_all").finding.verdict, Verdict::pass);
  EXPECT_EQ(row(declared, "m365.device_code").finding.verdict, Verdict::pass);
}

TEST(Complaint, ScubaGear1748WithoutAnyPolicySecurityDefaultsAreLookedAt) {
  const auto found = [](const char* defaults) {
    return row(with_people([&](json::object& people) {
                 people["conditionalAccessPolicies"] = json::array();
                 people["perUserMfa"] = parsed(R"([{"id": "a1", "perUserMfaState": "disabled"},
                   {"id": "a2", "perUserMfaState": "disabled"},
                   {"id": "h", "perUserMfaState": "disabled"},
                   {"id": "x", "perUserMfaState": "disabled"}])");
                 set("/securityDefaults/isEnabled", defaults)(people);
               }),
               "m365.mfa_all")
        .finding.verdict;
  };
  EXPECT_EQ(found("true"), Verdict::pass);
  EXPECT_EQ(found("false"), Verdict::fail);
  EXPECT_EQ(found("null"), Verdict::unknown);
}

TEST(Complaint, Maester208AuthenticationStrengthIsASecondFactor) {
  EXPECT_EQ(everyone_with("GrantControls", R"({"Operator": "OR", "AuthenticationStrength":
                {"AllowedCombinations": ["fido2", "windowsHelloForBusiness"]}})")
                .verdict,
            Verdict::pass);
  EXPECT_EQ(everyone_with("GrantControls", R"({"Operator": "OR", "AuthenticationStrength":
                {"AllowedCombinations": ["fido2", "password"]}})")
                .verdict,
            Verdict::fail);
}

TEST(Complaint, Maester1607ReportOnlyIsNotEnforced) {
  json::object settings = sound_export();
  set(std::string(kPolicy) + "State", R"("enabledForReportingButNotEnforced")")(settings);
  const CloudRow everyone = row(read(files(settings, sound_people())), "m365.mfa_all");
  EXPECT_EQ(everyone.finding.verdict, Verdict::fail);
  EXPECT_THAT(everyone.people.at(0).reasons.at(0).en, testing::HasSubstr("report-only"));
}

TEST(Complaint, Prowler10637DisabledGuestsAreNotCounted) {
  json::object settings = sound_export();
  set(std::string(kPolicy) + "Conditions/Users/ExcludeUsers", R"(["x"])")(settings);
  json::object people = sound_people();
  people["users"].at(4).get_object()["accountEnabled"] = false;
  EXPECT_EQ(row(read(files(settings, people)), "m365.mfa_all").finding.verdict, Verdict::pass);
}

TEST(Complaint, Prowler9292NoListOfDomainsIsWantedWhereSharingIsOff) {
  EXPECT_EQ(after("spo.new_guests", set("/SPO_tenant/0/SharingDomainRestrictionMode", "0")).verdict,
            Verdict::pass);
  EXPECT_EQ(
      after("spo.reshare", set("/SPO_tenant/0/PreventExternalUsersFromResharing", "false")).verdict,
      Verdict::not_applicable);
}

TEST(Complaint, Prowler12139NumbersAndNamesAreBothRead) {
  for (const char* view : {"1", R"("View")", R"("1")"})
    EXPECT_EQ(after("spo.link_right", set("/SPO_tenant/0/DefaultLinkPermission", view)).verdict,
              Verdict::pass)
        << view;
}

TEST(Complaint, ScubaGear174TheExpiryOfOneDriveLinksIsRead) {
  const auto found = [](const char* days) {
    return after("spo.anyone_expiry",
                 [&](json::object& root) {
                   set("/SPO_tenant/0/ODBSharingCapability", "2")(root);
                   set("/SPO_tenant/0/RequireAnonymousLinksExpireInDays", days)(root);
                 })
        .verdict;
  };
  EXPECT_EQ(found("14"), Verdict::pass);
  EXPECT_EQ(found("-1"), Verdict::fail);
  EXPECT_EQ(found("0"), Verdict::fail) << "never";
}

TEST(Complaint, ScubaGear2377And2170ACallThatFailedIsNoMissingLicenceAndEndsNothing) {
  json::object settings = sound_export();
  settings["service_plans"] = json::array();
  settings["aad_unsuccessful_commands"] =
      json::array{"Get-MgBetaSubscribedSku", "Get-MgBetaIdentityConditionalAccessPolicy"};
  settings["conditional_access_policies"] = json::array();
  const CloudReading reading = read({{"export.json", json::serialize(settings)}});
  EXPECT_EQ(row(reading, "m365.device_code").finding.verdict, Verdict::unknown);
  EXPECT_EQ(row(reading, "spo.sharing").finding.verdict, Verdict::pass);
}

TEST(Complaint, Maester670And1715PlansSayWhatIsLicensed) {
  const auto found = [](const char* plan) {
    return row(with_people([&](json::object& people) {
                 people["subscribedSkus"] = parsed(fmt::format(
                     R"([{{"servicePlans": [{{"servicePlanId": "{}",
                          "provisioningStatus": "Success"}}]}}])",
                     plan));
               }),
               "m365.device_code")
        .finding;
  };
  EXPECT_EQ(found(kP1).verdict, Verdict::pass) << "Business Premium has P1 and is judged";
  EXPECT_EQ(found("another").verdict, Verdict::not_applicable);
  EXPECT_THAT(found("another").fact.en, testing::HasSubstr("P1"));
}

TEST(Complaint, ScubaGear1882And2294And1768MailRecordsAreJudgedByNameAndSp) {
  const auto dmarc = [](std::vector<std::string> records, std::string by) {
    return judge_dmarc({"a.example", std::move(records), true, std::move(by)}).verdict;
  };
  EXPECT_EQ(dmarc({"v=DMARC1; p=reject", "v=DMARC1; p=none"}, ""), Verdict::fail);
  EXPECT_EQ(dmarc({"v=DMARC1; p=none; sp=reject"}, "_dmarc.example"), Verdict::pass);
  json::object settings = sound_export();
  settings["accepted_domains"] =
      parsed(R"([{"DomainName": "a.example"}, {"DomainName": "b.example"}])");
  settings["dmarc_records"] =
      parsed(R"([{"domain": "b.example", "rdata": ["v=DMARC1; p=reject"], "log": []},
                 {"domain": "a.example", "rdata": ["v=spf1 -all"], "log": []}])");
  const Finding found = row(read({{"e.json", json::serialize(settings)}}), "exo.dmarc").finding;
  EXPECT_EQ(found.verdict, Verdict::fail);
  EXPECT_THAT(found.fact.en, testing::HasSubstr("a.example"));
}

TEST(Complaint, ScubaGear562AnAddressIsNoPolicyWhereverItStands) {
  EXPECT_EQ(
      judge_dmarc({"a.example", {"v=DMARC1; p=none; rua=mailto:p=reject@example.jp"}, true, ""})
          .verdict,
      Verdict::fail);
}

TEST(Complaint, ScubaGear1357SoftFailIsJudgedTogetherWithDmarc) {
  const DomainRecords soft{"a.example", {"v=spf1 ~all"}, true, ""};
  EXPECT_EQ(judge_spf(soft, MailPolicy::reject).verdict, Verdict::pass);
  const Finding found = judge_spf(soft, MailPolicy::none);
  EXPECT_EQ(found.verdict, Verdict::fail);
  EXPECT_THAT(found.fact.en, testing::HasSubstr("DMARC"));
}

TEST(Complaint, ScubaGear1288And1306AdministratorsInNestedGroupsAreCountedOnce) {
  const auto found = [](const char* members) {
    return row(with_people([&](json::object& people) {
                 people["groups"] = parsed(R"([
                   {"id": "outer", "members": ["inner", "a1"], "eligibleMembers": []},
                   {"id": "inner", "members": ["a1", "a2"], "eligibleMembers": []}])");
                 set("/directoryRoles/0/members", members)(people);
               }),
               "m365.admin_count")
        .finding;
  };
  EXPECT_THAT(found(R"(["outer", "a1"])").fact.en, testing::HasSubstr("2 global"));
  EXPECT_EQ(found(R"(["a1", "a1"])").verdict, Verdict::fail) << "one, twice";
}

TEST(Complaint, EntraPowershell1605ATimeWithANarrowSpaceIsNoTime) {
  json::object settings = sound_export();
  settings["timestamp_zulu"] = "11/26/2026 9:00:00\xE2\x80\xAFPM";
  const CloudReading reading = read({{"e.json", json::serialize(settings)}});
  for (const CloudRow& one : reading.rows)
    EXPECT_TRUE(one.item->check.empty() || one.finding.verdict == Verdict::unknown) << one.item->id;
}

TEST(Complaint, ASecondFactorOrAManagedDeviceIsNoSecondFactor) {
  EXPECT_EQ(everyone_with("GrantControls",
                          R"({"Operator": "OR", "BuiltInControls": ["mfa", "compliantDevice"]})")
                .verdict,
            Verdict::fail);
  EXPECT_EQ(everyone_with("GrantControls",
                          R"({"Operator": "AND", "BuiltInControls": ["mfa", "compliantDevice"]})")
                .verdict,
            Verdict::pass);
}

TEST(Complaint, Maester623WhatTheContractLacksIsNoPass) {
  json::object settings = advised_export();
  settings["service_plans"] =
      parsed(fmt::format(R"([{{"ServicePlanId": "{}", "ProvisioningStatus": "Success"}}])", kP1));
  EXPECT_EQ(row(read(files(settings, sound_people())), "exo.safe_attachments").finding.verdict,
            Verdict::not_applicable);
}

TEST(Complaint, ScubaGear887AppsThatHoldAdministratorsRolesAreNamed) {
  json::object settings = advised_export();
  settings["privileged_service_principals"] = parsed(R"({"s1": {"DisplayName": "Backup robot",
      "roles": ["Exchange Administrator"]}})");
  const Finding found = row(read(files(settings, sound_people())), "m365.admin_apps").finding;
  EXPECT_EQ(found.verdict, Verdict::fail);
  EXPECT_THAT(found.fact.en, testing::HasSubstr("Backup robot"));
}

TEST(Complaint, Monkey365171AndWithinOrIsNotTurnedWrong) {
  // One of "MFA" and "a managed device" does with OR, whatever the rest demands of devices.
  EXPECT_EQ(everyone_with("GrantControls", R"({"Operator": "OR", "BuiltInControls": ["mfa"],
                "AuthenticationStrength": {"AllowedCombinations": ["fido2"]}})")
                .verdict,
            Verdict::pass);
  EXPECT_EQ(everyone_with("GrantControls", R"({"Operator": "OR", "BuiltInControls": ["mfa"],
                "TermsOfUse": ["t1"]})")
                .verdict,
            Verdict::fail);
  EXPECT_EQ(everyone_with("GrantControls", R"({"Operator": "AND", "BuiltInControls":
                ["compliantDevice"], "TermsOfUse": ["t1"],
                "AuthenticationStrength": {"AllowedCombinations": ["fido2"]}})")
                .verdict,
            Verdict::pass);
}

TEST(Complaint, ScubaGear1605NothingHangsOnATenantsAddress) {
  json::object settings = sound_export();
  set("/SPO_tenant/0/__metadata",
      R"({"id": "https://renamed-admin.sharepoint.com/_api"})")(settings);
  set("/tenant_details/0/DomainName", R"("before.onmicrosoft.com")")(settings);
  EXPECT_EQ(row(read(files(settings, sound_people())), "spo.sharing").finding.verdict,
            Verdict::pass);
}

TEST(Complaint, AzureSentinel13815ALogOfSignInsIsNoExportOfSettings) {
  // Code 50076 there is the ordinary question for a second factor: nothing is judged by it.
  EXPECT_FALSE(read_clouds({{"signins.json", R"([{"createdDateTime": "2026-11-26T00:00:00Z",
      "userPrincipalName": "hana@example.jp", "status": {"errorCode": 50076}}])"}},
                           {}, kNow));
  EXPECT_FALSE(read_clouds({{"signins.csv",
                             "Date (UTC),User,Status,Sign-in error code\n"
                             "2026-11-26,hana,Interrupted,50076\n"}},
                           {}, kNow));
}

/// Of Google Workspace: units, groups and what policies leave out.
class GoogleComplaint : public testing::Test {
 protected:
  static json::value policy(const char* unit, const char* from, double order,
                            const char* group = nullptr) {
    json::object query{{"sortOrder", order}};
    if (unit != nullptr) query["orgUnit"] = fmt::format("orgUnits/{}", unit);
    if (group != nullptr) query["group"] = fmt::format("groups/{}", group);
    return json::object{
        {"policyQuery", query},
        {"setting", json::object{{"type", "settings/security.two_step_verification_enforcement"},
                                 {"value", json::object{{"enforcedFrom", from}}}}}};
  }

  static Finding found(json::array policies, const char* units, bool may_enrol = true) {
    for (int i = 0; i < 12; ++i)
      policies.push_back(parsed(fmt::format(
          R"({{"policyQuery": {{"orgUnit": "orgUnits/top", "sortOrder": 1}},
              "setting": {{"type": "settings/s{}.service_status",
                           "value": {{"serviceState": "ENABLED"}}}}}})",
          i)));
    if (!may_enrol)
      policies.push_back(parsed(
          R"({"policyQuery": {"orgUnit": "orgUnits/top", "sortOrder": 1},
              "setting": {"type": "settings/security.two_step_verification_enrollment",
                          "value": {"allowEnrollment": false}}})"));
    const json::object firm{{"sekisho", "google"},
                            {"readAt", "2026-11-26T00:00:00Z"},
                            {"policies", policies},
                            {"orgunits", parsed(units)},
                            {"groups", parsed(R"([{"id": "g", "email": "g@example.jp",
                                                  "members": []}])")}};
    return row(read({{"g.json", json::serialize(firm)}}), "google.mfa").finding;
  }

  static constexpr const char* kUnits = R"({"top": {"name": "Firm", "path": "/"},
                                           "sales": {"name": "sales", "path": "/sales"}})";
  static constexpr const char* kOn = "2025-01-01T00:00:00Z";
  static constexpr const char* kOff = "1970-01-01T00:00:00Z";
};

TEST_F(GoogleComplaint, ScubaGoggles395AUnitThatInheritsAgainHasItsParentsValue) {
  EXPECT_EQ(found({policy("top", kOn, 101)}, kUnits).verdict, Verdict::pass);
  EXPECT_EQ(found({policy("top", kOn, 101), policy("sales", kOff, 102)}, kUnits).verdict,
            Verdict::fail);
}

TEST_F(GoogleComplaint, ScubaGoggles789EnforcingIsVoidWhereNobodyMayEnrol) {
  EXPECT_EQ(found({policy("top", kOn, 101)}, kUnits, false).verdict, Verdict::fail);
}

TEST_F(GoogleComplaint, ScubaGoggles605APolicyWithoutAUnitIsOfTheTop) {
  EXPECT_EQ(found({policy(nullptr, kOn, 101)}, kUnits).verdict, Verdict::pass);
}

TEST_F(GoogleComplaint, ScubaGoggles691WithoutUnitsTheOnlyIdIsTheTop) {
  EXPECT_EQ(found({policy("top", kOn, 101)}, "{}").verdict, Verdict::pass);
  EXPECT_EQ(found({policy("top", kOn, 101), policy("sales", kOff, 102)}, "{}").verdict,
            Verdict::unknown)
      << "which of the two is it?";
}

TEST_F(GoogleComplaint, Prowler12692AGroupsOverrideLeavesTheRestFailing) {
  const Finding rest = found({policy("top", kOff, 101), policy("top", kOn, 300, "g")}, kUnits);
  EXPECT_EQ(rest.verdict, Verdict::fail);
  EXPECT_EQ(found({policy("top", kOn, 101), policy("top", kOff, 300, "g")}, kUnits).verdict,
            Verdict::unknown)
      << "who is in the group isn't known without a list of people";
}

}  // namespace
}  // namespace sekisho
