// SPDX-License-Identifier: Apache-2.0
// Microsoft 365: what couldn't be read is unknown, in whatever state it is; and who can take a role
// up counts as who holds it.
#include <gtest/gtest.h>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/cloud_unread.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

constexpr const char* kGlobal = "62e90394-69f5-4237-9190-012177145e10";
constexpr const char* kHelpdesk = "729827e3-9c14-49f7-bb1b-9608f156bbb8";

json::object policy_for(std::string_view users, std::string_view controls = R"(["mfa"])") {
  return parsed(fmt::format(R"({{"id": "p", "displayName": "P", "state": "enabled", "conditions":
    {{"users": {}, "applications": {{"includeApplications": ["All"]}}, "clientAppTypes": ["all"]}},
    "grantControls": {{"operator": "OR", "builtInControls": {}}}}})",
                            users, controls))
      .get_object();
}

/// One file that says all: people, policies, roles and what was bought.
json::object whole_people(std::string_view users) {
  json::object all = sound_devices();
  all["conditionalAccessPolicies"] = json::array{policy_for(users)};
  all["subscribedSkus"] = parsed(R"([{"servicePlans": [{"servicePlanId":
    "eec0eb4f-6444-4f95-aba0-50c24d67f998", "provisioningStatus": "Success"}]}])");
  all["perUserMfa"] = parsed(R"([{"id": "a1", "perUserMfaState": "disabled"},
    {"id": "a2", "perUserMfaState": "disabled"}, {"id": "h", "perUserMfaState": "disabled"},
    {"id": "x", "perUserMfaState": "disabled"}])");
  return all;
}

Finding of(const json::object& people, std::string_view id, const CloudDeclared& declared = {}) {
  return row(read_all({people}, declared), id).finding;
}

json::value eligible(const char* principal, const char* role, const char* scope = "/") {
  return json::array{json::object{
      {"principalId", principal}, {"roleDefinitionId", role}, {"directoryScopeId", scope}}};
}

/// [null] is an empty list where a command is said to have worked, as null is within an object that
/// was read; and what one policy of several lacks doesn't undo another.
bool says_something(const std::string& place, std::string_view state, const CloudRow& row) {
  const bool within = std::ranges::count(place, '/') > 1;
  return state == "[null]" || (state == "null" && within) ||
         (place.ends_with("/Conditions") && row.finding.verdict == Verdict::pass);
}

TEST(Unread, EachListOfPeopleInEachStateIsUnknown) {
  // Everybody, but for a group with nobody in it and a role that nobody of these people holds.
  const json::object all = whole_people(fmt::format(
      R"({{"includeUsers": ["All"], "excludeGroups": ["e"], "excludeRoles": ["{}"]}})", kHelpdesk));
  json::object sound = all;
  sound["groups"] =
      parsed(R"([{"id": "e", "displayName": "E", "members": [], "eligibleMembers": []}])");
  for (const char* id : {"m365.mfa_all", "m365.mfa_admin", "m365.mfa_registered",
                         "m365.admin_count", "m365.legacy_auth"})
    EXPECT_EQ(of(sound, id).verdict, Verdict::pass) << id << of(sound, id).fact.en;
  const std::set<Decider> deciders = expect_unread_is_unknown({sound}, 5);
  for (const Decider& one : std::vector<Decider>{{"m365.mfa_all", "/conditionalAccessPolicies"},
                                                 {"m365.mfa_all", "/groups"},
                                                 {"m365.mfa_all", "/groups/0/members"},
                                                 {"m365.mfa_all", "/groups/0/eligibleMembers"},
                                                 {"m365.mfa_all", "/directoryRoles"},
                                                 {"m365.mfa_all", "/directoryRoles/0/members"},
                                                 {"m365.mfa_all", "/eligibleRoles"},
                                                 {"m365.mfa_admin", "/users"},
                                                 {"m365.mfa_admin", "/conditionalAccessPolicies"},
                                                 {"m365.mfa_admin", "/directoryRoles"},
                                                 {"m365.mfa_admin", "/eligibleRoles"},
                                                 {"m365.mfa_registered", "/registration"},
                                                 {"m365.mfa_registered", "/users"},
                                                 {"m365.admin_count", "/directoryRoles"},
                                                 {"m365.admin_count", "/eligibleRoles"},
                                                 {"m365.legacy_auth", "/conditionalAccessPolicies"},
                                                 {"intune.policies", "/deviceCompliancePolicies"},
                                                 {"intune.stale", "/managedDevices"},
                                                 {"intune.default", "/deviceManagementSettings"}})
    EXPECT_TRUE(deciders.contains(one)) << one.first << " " << one.second;
}

TEST(Unread, ARuleOfIntuneCountsForWhomItIs) {
  const auto with = [](const char* place, const char* text) {
    json::value all = sound_devices();
    all.at_pointer(place) = parsed(text);
    return of(all.as_object(), "intune.policies").verdict;
  };
  const char* target = "/deviceCompliancePolicies/0/assignments/0/target/@odata.type";
  EXPECT_EQ(with(target, R"("#microsoft.graph.groupAssignmentTarget")"), Verdict::pass);
  EXPECT_EQ(with(target, R"("#microsoft.graph.exclusionGroupAssignmentTarget")"), Verdict::fail);
  EXPECT_EQ(with(target, R"("#microsoft.graph.someTarget")"), Verdict::unknown);
  const char* system = "/managedDevices/0/operatingSystem";
  EXPECT_EQ(with(system, R"("iOS")"), Verdict::fail);
  EXPECT_EQ(with(system, R"("Plan 9")"), Verdict::unknown);
  EXPECT_EQ(with("/managedDevices", R"({"error": "403"})"), Verdict::unknown);
  EXPECT_EQ(with("/deviceCompliancePolicies/0/@odata.type", R"("#x")"), Verdict::unknown);
}

TEST(Unread, APolicyThatDoesNotSayWhomItLeavesOutProvesNothing) {
  for (const char* users :
       {R"({"includeUsers": ["All"], "excludeUsers": [null]})",
        R"({"includeUsers": ["All"], "excludeUsers": [], "excludeGroups": [null]})"})
    EXPECT_EQ(of(whole_people(users), "m365.mfa_all").verdict, Verdict::unknown) << users;
  json::object twice = whole_people(R"({"includeUsers": ["All"], "excludeUsers": []})");
  ASSERT_EQ(of(twice, "m365.mfa_all").verdict, Verdict::pass);
  json::array& policies = twice["conditionalAccessPolicies"].get_array();
  const json::value first = policies.front();
  policies.push_back(first);
  EXPECT_EQ(of(twice, "m365.mfa_all").verdict, Verdict::unknown);
}

TEST(Unread, WhereNothingIsDemandedWhatWasNotReadNamesNobody) {
  // No policy demands anything: a failure for sure, as long as all of it was read.
  json::object open = whole_people(R"({"includeUsers": ["None"]})");
  ASSERT_EQ(of(open, "m365.mfa_all").verdict, Verdict::fail);
  open["conditionalAccessPolicies"].get_array()[0].get_object()["state"] = "disabled";
  ASSERT_EQ(of(open, "m365.mfa_all").verdict, Verdict::fail);
  const std::set<Decider> deciders = expect_unread_is_unknown({open}, 1);
  for (const char* place : {"/conditionalAccessPolicies", "/securityDefaults"})
    EXPECT_TRUE(deciders.contains({"m365.mfa_all", place})) << place;
  open["conditionalAccessPolicies"] = {{"error", "403"}};
  EXPECT_EQ(of(open, "m365.mfa_all").fact.en,
            "the policies of conditional access couldn't be read");
}

TEST(Unread, EachListOfAnExportInEachStateIsUnknown) {
  const json::object sound = advised_export();
  const std::set<Decider> deciders =
      expect_unread_is_unknown({sound, sound_people()}, 2, says_something);
  std::set<std::string> decided;
  for (const auto& [id, place] : deciders) decided.insert(id);
  for (const CloudRow& one : read_all({sound, sound_people()}).rows)
    if (one.finding.verdict == Verdict::pass) {
      EXPECT_TRUE(decided.contains(std::string(one.item->id))) << one.item->id;
    }
}

TEST(Unread, WhoCanTakeUpARoleThatIsLeftOutIsLeftOut) {
  const std::string but_admins =
      fmt::format(R"({{"includeUsers": ["All"], "excludeRoles": ["{}"]}})", kGlobal);
  json::object all = whole_people(but_admins);
  const CloudDeclared emergency{{"one@example.jp", "two@example.jp"}, {}};
  // Two accounts for emergencies hold it, and nobody else can.
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::pass);
  all["eligibleRoles"] = eligible("h", kGlobal);
  const CloudReading reading = read_all({all}, emergency);
  EXPECT_EQ(row(reading, "m365.mfa_all").finding.verdict, Verdict::fail);
  EXPECT_EQ(row(reading, "m365.mfa_admin").finding.verdict, Verdict::fail);
  ASSERT_EQ(row(reading, "m365.mfa_all").people.size(), 3U);
  EXPECT_EQ(row(reading, "m365.mfa_all").people[2].name, "Hana");
  // Of a part of the tenant it isn't the role that policies are about.
  all["eligibleRoles"] = eligible("h", kGlobal, "/administrativeUnits/x");
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::pass);
  // By a group whose people weren't read it may be anybody.
  all["eligibleRoles"] = eligible("some-group", kGlobal);
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::unknown);
  all.erase("eligibleRoles");
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::unknown);
  EXPECT_EQ(of(all, "m365.mfa_admin", emergency).verdict, Verdict::unknown);
  // Without P2 there is no such thing.
  all["subscribedSkus"] = parsed(R"([{"servicePlans": [{"servicePlanId":
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "provisioningStatus": "Success"}]}])");
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::pass);
  all["subscribedSkus"] = json::array();
  EXPECT_EQ(of(all, "m365.mfa_all", emergency).verdict, Verdict::unknown);
}

TEST(Unread, WhoCanJoinAGroupThatIsLeftOutIsLeftOut) {
  json::object all = whole_people(R"({"includeUsers": ["All"], "excludeGroups": ["e"]})");
  const auto with_group = [&](const char* fields) {
    all["groups"] = json::array{
        parsed(std::string(R"({"id": "e", "displayName": "E", "members": [])") + fields + "}")};
    return read_all({all});
  };
  EXPECT_EQ(row(with_group(R"(, "eligibleMembers": [])"), "m365.mfa_all").finding.verdict,
            Verdict::pass);
  // By PIM for Groups Hana joins it whenever she likes, and is then asked for nothing.
  const CloudReading joins =
      with_group(R"(, "eligibleMembers": [{"principalId": "H", "accessId": "member"}])");
  EXPECT_EQ(row(joins, "m365.mfa_all").finding.verdict, Verdict::fail);
  ASSERT_EQ(row(joins, "m365.mfa_all").people.size(), 1U);
  EXPECT_EQ(row(joins, "m365.mfa_all").people[0].name, "Hana");
  for (const char* unread :
       {"", R"(, "eligibleMembers": {"error": "403"})",
        R"(, "eligibleMembers": [{"principalId": "h", "accessId": "new"}])",
        R"(, "eligibleMembers": [{"principalId": "some-group", "accessId": "member"}])"})
    EXPECT_EQ(row(with_group(unread), "m365.mfa_all").finding.verdict, Verdict::unknown) << unread;
  // Who may own it isn't in it.
  EXPECT_EQ(row(with_group(R"(, "eligibleMembers": [{"principalId": "h", "accessId": "owner"}])"),
                "m365.mfa_all")
                .finding.verdict,
            Verdict::pass);
  // Without P2 there is no such thing.
  all["subscribedSkus"] = parsed(R"([{"servicePlans": [{"servicePlanId":
    "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "provisioningStatus": "Success"}]}])");
  EXPECT_EQ(row(with_group(""), "m365.mfa_all").finding.verdict, Verdict::pass);
}

TEST(Unread, APolicyForAGroupIsNotOfWhoOnlyJoinsIt) {
  json::object all = whole_people(R"({"includeGroups": ["e"]})");
  const auto admins = [&](const char* eligible) {
    all["groups"] = json::array{parsed(fmt::format(
        R"({{"id": "e", "displayName": "E", "members": ["a1", "a2"], "eligibleMembers": {}}})",
        eligible))};
    return row(read_all({all}), "m365.mfa_admin").finding.verdict;
  };
  EXPECT_EQ(admins("[]"), Verdict::pass);
  // Who is in it just now may have joined for an hour.
  EXPECT_EQ(admins(R"([{"principalId": "a2", "accessId": "member"}])"), Verdict::unknown);
  EXPECT_EQ(admins(R"({"error": "403"})"), Verdict::unknown);
}

TEST(Unread, APolicyForARoleIsNotOfWhoOnlyTakesItUp) {
  json::object all = whole_people(fmt::format(R"({{"includeRoles": ["{}"]}})", kGlobal));
  EXPECT_EQ(of(all, "m365.mfa_admin").verdict, Verdict::pass);
  // Who holds it just now may have taken it up for an hour.
  all["eligibleRoles"] = eligible("a2", kGlobal);
  EXPECT_EQ(of(all, "m365.mfa_admin").verdict, Verdict::unknown);
  all.erase("eligibleRoles");
  EXPECT_EQ(of(all, "m365.mfa_admin").verdict, Verdict::unknown);
  // Where everybody is asked, so is whoever takes up a role.
  all["conditionalAccessPolicies"] = json::array{policy_for(R"({"includeUsers": ["All"]})")};
  EXPECT_EQ(of(all, "m365.mfa_admin").verdict, Verdict::pass);
}

TEST(Unread, ATenantHasAGlobalAdministratorAndEligibleOnesCount) {
  json::object all = whole_people(
      fmt::format(R"({{"includeUsers": ["All"], "excludeRoles": ["{}"]}})", kHelpdesk));
  all["eligibleRoles"] = eligible("h", kGlobal);
  EXPECT_EQ(of(all, "m365.admin_count").fact.en, "there are 3 global administrators");
  for (const char* roles :
       {"[]", R"([{"roleTemplateId": "729827e3-9c14-49f7-bb1b-9608f156bbb8", "members": ["h"]}])",
        R"([{"roleTemplateId": "62e90394-69f5-4237-9190-012177145e10", "members": []}])"}) {
    all["directoryRoles"] = parsed(roles);
    for (const char* id : {"m365.mfa_all", "m365.mfa_admin", "m365.admin_count"})
      EXPECT_EQ(of(all, id).verdict, Verdict::unknown) << id << roles;
  }
}

TEST(Unread, TimesOfOtherZonesAreMoments) {
  json::object all = sound_people();
  const auto registered = [&](const char* time) {
    all["readAt"] = time;
    return read_all({all});
  };
  const Time same = *parse_time("2026-11-26T09:00:00Z");
  for (const char* time : {"2026-11-26T18:00:00+09:00", "2026-11-26T18:00:00.1234567+09:00",
                           "2026-11-25T21:00:00-12:00", "2026-11-26T09:00:00Z",
                           "2026-11-26T14:45:00+05:45", "2026-11-26T09:00:00+00:00"}) {
    const CloudReading reading = registered(time);
    EXPECT_EQ(reading.made_at, same) << time;
    EXPECT_EQ(row(reading, "m365.mfa_registered").finding.verdict, Verdict::pass) << time;
  }
  for (const char* time :
       {"2026-11-26T18:00:00", "2026-11-26T18:00:00+9:00", "2026-11-26+09:00", "+09:00",
        "2026-11-26T18:00:00Z+09:00", "2026-11-26T18:00:00+09:07", "2026-11-26T18:00:00+99:00"}) {
    const Finding finding = row(registered(time), "m365.mfa_registered").finding;
    EXPECT_EQ(finding.verdict, Verdict::unknown) << time;
    EXPECT_NE(finding.fact.en.find("+09:00"), std::string::npos);
  }
}

}  // namespace
}  // namespace sekisho
