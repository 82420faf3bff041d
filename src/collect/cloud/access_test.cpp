// SPDX-License-Identifier: Apache-2.0
// Conditional access against a slow reference that knows nothing of the reader's short cuts: it
// signs each person in under every circumstance there is and sees whether they get in without a
// second factor.
#include "collect/cloud/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "differential.h"

namespace sekisho {
namespace {

namespace json = boost::json;
using Kind = CloudPerson::Kind;

struct Draw {
  std::mt19937 random;
  bool often(int percent) { return static_cast<int>(random() % 100) < percent; }
  std::size_t below(std::size_t most) { return random() % most; }
};

/// A tenant in plain tables.
struct Tenant {
  static constexpr std::size_t kPeople = 7;
  static constexpr std::size_t kGroups = 5;
  static constexpr std::size_t kRoles = 3;
  std::vector<CloudPerson> people;
  std::vector<std::vector<std::size_t>> group_people{kGroups}, group_groups{kGroups};
  std::vector<std::vector<std::size_t>> group_eligible{kGroups};  // who joins at times (PIM)
  std::vector<std::vector<std::size_t>> role_people{kRoles}, role_groups{kRoles};
  std::vector<std::vector<std::size_t>> role_eligible{kRoles};  // who takes it up at times (PIM)
};

std::string person_id(std::size_t i) { return fmt::format("p{}", i); }
std::string group_id(std::size_t i) { return fmt::format("g{}", i); }
std::string role_id(std::size_t i) { return fmt::format("r{}", i); }

Tenant a_tenant(Draw& draw) {
  Tenant tenant;
  for (std::size_t i = 0; i < Tenant::kPeople; ++i)
    tenant.people.push_back({person_id(i), fmt::format("Person {}", i), "",
                             static_cast<Kind>(draw.below(4)),
                             draw.often(85) ? Known::yes : Known::no, Known::yes});
  for (std::size_t g = 0; g < Tenant::kGroups; ++g) {
    for (std::size_t i = 0; i < Tenant::kPeople; ++i)
      if (draw.often(25)) tenant.group_people[g].push_back(i);
    for (std::size_t inner = 0; inner < Tenant::kGroups; ++inner)
      if (draw.often(15)) tenant.group_groups[g].push_back(inner);  // in circles as well
    for (std::size_t i = 0; i < Tenant::kPeople; ++i)
      if (draw.often(4)) tenant.group_eligible[g].push_back(i);
  }
  for (std::size_t r = 0; r < Tenant::kRoles; ++r) {
    for (std::size_t i = 0; i < Tenant::kPeople; ++i)
      if (draw.often(20)) tenant.role_people[r].push_back(i);
    for (std::size_t i = 0; i < Tenant::kPeople; ++i)
      if (draw.often(8)) tenant.role_eligible[r].push_back(i);
    for (std::size_t g = 0; g < Tenant::kGroups; ++g)
      if (draw.often(10)) tenant.role_groups[r].push_back(g);
  }
  return tenant;
}

/// Graph's names or PowerShell's.
struct Spelling {
  bool pascal = false;
  std::string operator()(std::string name) const {
    if (pascal) name[0] = static_cast<char>(name[0] - 32);
    return name;
  }
};

json::value list_of(Draw& draw, const std::vector<std::string>& words) {
  if (words.empty())
    return std::array<json::value, 3>{json::value(nullptr), json::array(), json::value("")}.at(
        draw.below(3));
  if (words.size() == 1 && draw.often(30)) return json::value(words[0]);
  json::array list;
  for (const std::string& word : words) list.emplace_back(word);
  return list;
}

std::vector<std::string> some(Draw& draw, std::size_t most, int percent,
                              std::string (*name)(std::size_t)) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < most; ++i)
    if (draw.often(percent)) words.push_back(name(i));
  return words;
}

json::object users_of(Draw& draw, const Spelling& spell) {
  json::object users;
  for (const char* way : {"include", "exclude"}) {
    const bool in = std::string_view(way) == "include";
    const auto key = [&](const char* rest) { return spell(std::string(way) + rest); };
    std::vector<std::string> named = some(draw, Tenant::kPeople, in ? 20 : 12, person_id);
    if (in && draw.often(55)) named = {"All"};
    if (in && draw.often(10)) named = {"GuestsOrExternalUsers"};
    // A policy is of somebody, or says so.
    users[key("Users")] = in && named.empty() ? json::value("None") : list_of(draw, named);
    users[key("Groups")] = list_of(draw, some(draw, Tenant::kGroups, in ? 15 : 12, group_id));
    users[key("Roles")] = list_of(draw, some(draw, Tenant::kRoles, in ? 20 : 8, role_id));
    json::value guests = nullptr;
    if (draw.often(12))
      guests = json::object{
          {spell("guestOrExternalUserTypes"),
           draw.often(50) ? "b2bCollaborationGuest,internalGuest" : "b2bCollaborationMember"},
          {spell("externalTenants"), json::object{{spell("membershipKind"), "all"}}}};
    users[key("GuestsOrExternalUsers")] = guests;
  }
  return users;
}

json::value grant_of(Draw& draw, const Spelling& spell) {
  if (draw.often(10)) return nullptr;
  std::vector<std::string> controls;
  if (draw.often(10)) {
    controls = {"block"};
  } else {
    if (draw.often(65)) controls.emplace_back("mfa");
    for (const char* other : {"compliantDevice", "domainJoinedDevice", "approvedApplication"})
      if (draw.often(15)) controls.emplace_back(other);
  }
  json::object grant{{spell("operator"), draw.often(50) ? "OR" : "AND"},
                     {spell("builtInControls"), list_of(draw, controls)},
                     {spell("termsOfUse"), json::array()},
                     {spell("customAuthenticationFactors"), json::array()}};
  if (controls != std::vector<std::string>{"block"} && draw.often(25))
    grant[spell("authenticationStrength")] = json::object{
        {spell("allowedCombinations"),
         draw.often(60) ? json::array{"fido2", "password,sms"} : json::array{"fido2", "password"}}};
  else if (controls.empty())
    return nullptr;  // it demands nothing
  return grant;
}

json::object policy_of(Draw& draw) {
  const Spelling spell{draw.often(50)};
  json::object conditions{{spell("users"), users_of(draw, spell)}};
  conditions[spell("applications")] = json::object{
      {spell("includeApplications"), list_of(draw, {draw.often(85) ? "All" : "app1"})},
      {spell("excludeApplications"), list_of(draw, draw.often(8) ? std::vector<std::string>{"app2"}
                                                                 : std::vector<std::string>{})}};
  std::vector<std::string> clients{"all"};
  if (draw.often(25)) clients = {"browser", "mobileAppsAndDesktopClients"};
  if (draw.often(8)) clients = {"browser"};
  conditions[spell("clientAppTypes")] = list_of(draw, clients);
  conditions[spell("signInRiskLevels")] =
      list_of(draw, draw.often(8) ? std::vector<std::string>{"high"} : std::vector<std::string>{});
  if (draw.often(8))
    conditions[spell("platforms")] = json::object{{spell("includePlatforms"), json::array{"iOS"}}};
  if (draw.often(8))
    conditions[spell("locations")] =
        json::object{{spell("includeLocations"), json::array{"All"}},
                     {spell("excludeLocations"), json::array{"office"}}};
  constexpr std::array<const char*, 3> kStates{"enabled", "disabled",
                                               "enabledForReportingButNotEnforced"};
  return {{spell("id"), "x"},
          {spell("displayName"), "Policy"},
          {spell("state"), kStates.at(draw.often(80) ? 0 : 1 + draw.below(2))},
          {spell("conditions"), std::move(conditions)},
          {spell("grantControls"), grant_of(draw, spell)},
          {spell("sessionControls"),
           json::object{{spell("signInFrequency"), json::object{{spell("isEnabled"), true}}}}}};
}

// ---- the slow reference, on the JSON itself ----

std::string small(std::string_view text) { return lower(text); }

const json::value* get(const json::value& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  for (const auto& member : object.get_object())
    if (small(std::string(member.key())) == small(key))
      return member.value().is_null() ? nullptr : &member.value();
  return nullptr;
}
std::set<std::string> words_at(const json::value& object, std::string_view key) {
  std::set<std::string> words;
  const json::value* found = get(object, key);
  if (found == nullptr) return words;
  if (found->is_string() && !found->get_string().empty())
    words.insert(small(std::string(found->get_string())));
  if (found->is_array())
    for (const json::value& one : found->get_array())
      words.insert(small(std::string(one.get_string())));
  return words;
}

/// In a group by any way: one step after another until nothing is added.
bool in_group(const Tenant& tenant, std::size_t person, std::size_t group) {
  std::set<std::size_t> open{group};
  for (bool grew = true; grew;) {
    grew = false;
    for (const std::size_t g : std::set(open))
      for (const std::size_t inner : tenant.group_groups[g])
        grew = open.insert(inner).second || grew;
  }
  return std::ranges::any_of(open, [&](std::size_t g) {
    return std::ranges::find(tenant.group_people[g], person) != tenant.group_people[g].end();
  });
}

bool holds_role(const Tenant& tenant, std::size_t person, std::size_t role) {
  return std::ranges::find(tenant.role_people[role], person) != tenant.role_people[role].end() ||
         std::ranges::any_of(tenant.role_groups[role],
                             [&](std::size_t g) { return in_group(tenant, person, g); });
}

bool named(const Tenant& tenant, std::size_t person, const json::value& users,
           const std::string& way) {
  const Kind kind = tenant.people[person].kind;
  const auto ids = words_at(users, way + "Users");
  if (ids.contains("all") || ids.contains(person_id(person))) return true;
  if (ids.contains("guestsorexternalusers") && kind != Kind::member) return true;
  for (std::size_t g = 0; g < Tenant::kGroups; ++g)
    if (words_at(users, way + "Groups").contains(group_id(g)) && in_group(tenant, person, g))
      return true;
  for (std::size_t r = 0; r < Tenant::kRoles; ++r)
    if (words_at(users, way + "Roles").contains(role_id(r)) && holds_role(tenant, person, r))
      return true;
  const json::value* guests = get(users, way + "GuestsOrExternalUsers");
  if (guests == nullptr) return false;
  const std::string kinds = *words_at(*guests, "guestOrExternalUserTypes").begin();
  return (kind == Kind::b2b_guest && kinds.contains("b2bcollaborationguest")) ||
         (kind == Kind::internal_guest && kinds.contains("internalguest")) ||
         (kind == Kind::b2b_member && kinds.contains("b2bcollaborationmember"));
}

struct Circumstance {
  bool app1 = false, browser = false, phone = false, office = false, risky = false;
};

bool concerns(const json::value& conditions, const Circumstance& at) {
  const json::value& apps = *get(conditions, "applications");
  const auto included = words_at(apps, "includeApplications");
  if (!included.contains("all") && !(included.contains("app1") && at.app1)) return false;
  if (words_at(apps, "excludeApplications").contains("app2") && !at.app1) return false;
  const auto clients = words_at(conditions, "clientAppTypes");
  if (!clients.contains("all") &&
      !clients.contains(at.browser ? "browser" : "mobileappsanddesktopclients"))
    return false;
  if (words_at(conditions, "signInRiskLevels").contains("high") && !at.risky) return false;
  if (get(conditions, "platforms") != nullptr && !at.phone) return false;
  return get(conditions, "locations") == nullptr || !at.office;
}

/// With all that a grant can ask for but a second factor.
bool lets_in(const json::value& policy) {
  const json::value* grant = get(policy, "grantControls");
  if (grant == nullptr) return true;
  const auto controls = words_at(*grant, "builtInControls");
  if (controls.contains("block")) return false;
  std::vector<bool> met;
  for (const std::string& one : controls) met.push_back(one != "mfa");
  if (const json::value* strength = get(*grant, "authenticationStrength"))
    met.push_back(words_at(*strength, "allowedCombinations").contains("password"));
  if (met.empty()) return true;
  const bool all = words_at(*grant, "operator").contains("and");
  return all ? std::ranges::all_of(met, std::identity())
             : std::ranges::any_of(met, std::identity());
}

bool gets_in(const Tenant& tenant, const std::vector<json::value>& policies, std::size_t person,
             const Circumstance& at) {
  return std::ranges::all_of(policies, [&](const json::value& policy) {
    if (!words_at(policy, "state").contains("enabled")) return true;
    const json::value& conditions = *get(policy, "conditions");
    const json::value& users = *get(conditions, "users");
    const bool applies = named(tenant, person, users, "include") &&
                         !named(tenant, person, users, "exclude") && concerns(conditions, at);
    return !applies || lets_in(policy);
  });
}

/// Whether somebody gets in without a second factor under some circumstance; and under the
/// plainest.
bool is_open(const Tenant& tenant, const std::vector<json::value>& policies, std::size_t person) {
  for (unsigned bits = 0; bits < 32; ++bits)
    if (gets_in(tenant, policies, person,
                {(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0, (bits & 8U) != 0,
                 (bits & 16U) != 0}))
      return true;
  return false;
}

bool is_eligible(const Tenant& tenant, std::size_t person) {
  const auto has = [&](const auto& people) {
    return std::ranges::find(people, person) != people.end();
  };
  return std::ranges::any_of(tenant.role_eligible, has) ||
         std::ranges::any_of(tenant.group_eligible, has);
}

/// The same while somebody holds all roles that they can take up, and is in all groups that they
/// can join; or in none of them.
Tenant at_work(Tenant tenant, std::size_t person, bool roles, bool groups) {
  const auto take_up = [&](const auto& eligible, auto& people) {
    for (std::size_t i = 0; i < eligible.size(); ++i)
      if (std::ranges::find(eligible[i], person) != eligible[i].end()) people[i].push_back(person);
  };
  if (roles) take_up(tenant.role_eligible, tenant.role_people);
  if (groups) take_up(tenant.group_eligible, tenant.group_people);
  return tenant;
}

/// The same tenant as the judge is given it, with some of its groups and roles not there.
struct Given {
  CloudSetting<std::vector<CloudGroup>> groups = Lack::absent;
  CloudSetting<CloudRoles> roles = Lack::absent;
};

Given given(const Tenant& tenant, Draw& draw, bool whole) {
  std::vector<CloudGroup> groups;
  for (std::size_t g = 0; g < Tenant::kGroups; ++g) {
    if (!whole && draw.often(25)) continue;
    CloudGroup group{group_id(g), "", {}, {}, whole || draw.often(80)};
    for (const std::size_t one : tenant.group_people[g])
      if (group.whole || draw.often(50))
        (draw.often(50) ? group.people : group.members).push_back(person_id(one));
    for (const std::size_t one : tenant.group_groups[g])
      if (group.whole || draw.often(50)) group.members.push_back(group_id(one));
    group.candidates_known = whole || draw.often(85);
    for (const std::size_t one : tenant.group_eligible[g])
      if (group.candidates_known || draw.often(50)) group.candidates.push_back(person_id(one));
    groups.push_back(std::move(group));
  }
  CloudRoles roles;
  roles.whole = whole;
  roles.eligible_known = whole || draw.often(70);
  for (std::size_t r = 0; r < Tenant::kRoles; ++r) {
    if (!whole && draw.often(30)) continue;
    auto& holders = roles.holders[role_id(r)];
    for (const std::size_t one : tenant.role_people[r]) holders.push_back(person_id(one));
    for (const std::size_t one : tenant.role_groups[r]) holders.push_back(group_id(one));
    if (roles.eligible_known)
      for (const std::size_t one : tenant.role_eligible[r])
        roles.eligible[role_id(r)].push_back(person_id(one));
  }
  Given made{std::move(groups), std::move(roles)};
  if (!whole && draw.often(10)) made.groups = Lack::absent;
  if (!whole && draw.often(10)) made.roles = Lack::not_readable;
  return made;
}

std::vector<Known> answers(const Tenant& tenant, const std::vector<AccessPolicy>& policies,
                           const Given& known) {
  std::vector<Known> all(Tenant::kPeople, Known::yes);
  for (const LeftOut& one :
       left_out(tenant.people, policies, known.groups, known.roles, AccessAim::second_factor))
    all[one.person] = one.covered;
  return all;
}

TEST(Access, AgreesWithEverySignInThatThereIs) {
  Draw draw{std::mt19937(22)};
  int open = 0, closed = 0, unsure = 0, stricter = 0, sometimes = 0;
  for (int round = 0; round < cases(400, 20'000); ++round) {
    const Tenant tenant = a_tenant(draw);
    std::vector<json::value> raw;
    std::vector<AccessPolicy> policies;
    for (std::size_t i = 1 + draw.below(4); i > 0; --i) {
      raw.emplace_back(policy_of(draw));
      policies.push_back(read_access_policy(ExportPlace(raw.back())));
      ASSERT_TRUE(policies.back().understood) << json::serialize(raw.back());
    }
    const std::vector<Known> whole = answers(tenant, policies, given(tenant, draw, true));
    const std::vector<Known> part = answers(tenant, policies, given(tenant, draw, false));
    const bool narrowed = std::ranges::any_of(
        policies, [](const AccessPolicy& one) { return !one.narrowed.empty(); });
    for (std::size_t i = 0; i < Tenant::kPeople; ++i) {
      if (tenant.people[i].enabled == Known::no) continue;
      const bool at_times = is_eligible(tenant, i);
      const bool is = is_open(tenant, raw, i) ||
                      (at_times && (is_open(at_work(tenant, i, true, true), raw, i) ||
                                    is_open(at_work(tenant, i, true, false), raw, i) ||
                                    is_open(at_work(tenant, i, false, true), raw, i)));
      const auto told = [&] {
        std::string all;
        for (const json::value& one : raw) all += json::serialize(one) + "\n";
        return fmt::format("round {}, person {}\n{}", round, i, all);
      };
      // Nobody who gets in is called covered, not even those who do only while they hold a role.
      if (is) {
        ASSERT_NE(whole[i], Known::yes) << told();
        ASSERT_NE(part[i], Known::yes) << told();
      }
      sometimes += at_times && is && !is_open(tenant, raw, i) ? 1 : 0;
      if (at_times) continue;
      // What is known whole is never unsure.
      ASSERT_NE(whole[i], Known::unsure) << told();
      if (is) {
        ASSERT_EQ(whole[i], Known::no) << told();
      }
      // Policies that are limited are not put together, as each may be changed by itself.
      if (!is && !narrowed) {
        ASSERT_EQ(whole[i], Known::yes) << told();
      }
      stricter += !is && whole[i] == Known::no ? 1 : 0;
      // With less known the answer is the same, or that it isn't known.
      if (part[i] != Known::unsure) {
        ASSERT_EQ(part[i], whole[i]) << told();
      }
      unsure += part[i] == Known::unsure ? 1 : 0;
      (is ? open : closed) += 1;
    }
  }
  EXPECT_GT(open, 300);
  EXPECT_GT(closed, 300);
  EXPECT_GT(unsure, 80);
  EXPECT_LT(stricter, closed / 10);
  EXPECT_GT(sometimes, 1);
}

AccessPolicy policy(const char* text) {
  static std::vector<std::unique_ptr<json::value>> kept;
  kept.push_back(std::make_unique<json::value>(json::parse(text)));
  return read_access_policy(ExportPlace(*kept.back()));
}

std::string with(const std::string& conditions, const std::string& grant,
                 const std::string& state = "enabled") {
  return fmt::format(R"({{"displayName": "P", "state": "{}", "conditions": {{
    "users": {{"includeUsers": ["All"]}}, "applications": {{"includeApplications": ["All"]}},
    "clientAppTypes": ["all"]{}}}, "grantControls": {},
    "sessionControls": {{"signInFrequency": {{"isEnabled": true}}}}}})",
                     state, conditions, grant);
}
const std::string kMfa = R"({"operator": "OR", "builtInControls": ["mfa"]})";

Known counts(const std::string& text) {
  return worth(policy(text.c_str()), AccessAim::second_factor).counts;
}

TEST(Access, CountsWhatDemandsASecondFactorOfEverything) {
  EXPECT_EQ(counts(with("", kMfa)), Known::yes);
  for (
      const char* grant :
      {R"({"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]})",
       R"({"operator": "OR", "builtInControls": ["block"]})",
       R"({"operator": "OR", "authenticationStrength": {"allowedCombinations": ["fido2", "windowsHelloForBusiness", "password,sms", "federatedSingleFactor,sms"]}})",
       R"({"operator": "OR", "builtInControls": [], "authenticationStrength": {"allowedCombinations": null, "requirementsSatisfied": "mfa"}})"})
    EXPECT_EQ(counts(with("", grant)), Known::yes) << grant;
  for (
      const char* grant :
      {"null", R"({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]})",
       R"({"operator": "OR", "builtInControls": ["compliantDevice"]})",
       R"({"operator": "OR", "builtInControls": [], "termsOfUse": ["x"]})",
       R"({"operator": "OR", "authenticationStrength": {"allowedCombinations": ["fido2", "password"]}})",
       R"({"operator": "OR", "authenticationStrength": {"allowedCombinations": ["x509CertificateSingleFactor"]}})",
       R"({"operator": "OR", "builtInControls": ["passwordChange"]})"})
    EXPECT_EQ(counts(with("", grant)), Known::no) << grant;
  for (const char* grant :
       {R"({"operator": "OR", "builtInControls": ["unknownFutureValue"]})",
        R"({"operator": "OR", "builtInControls": ["mfa", "riskRemediation"]})",
        R"({"operator": "XOR", "builtInControls": ["mfa", "compliantDevice"]})",
        R"({"operator": "OR", "builtInControls": "System.Object[]"})",
        R"({"operator": "OR", "authenticationStrength": {"allowedCombinations": ["new"]}})",
        R"({"operator": "OR", "builtInControls": ["mfa"], "newControl": {"on": true}})",
        R"("@{Operator=OR}")"})
    EXPECT_EQ(counts(with("", grant)), Known::unsure) << grant;
}

TEST(Access, DoesNotCountWhatIsLimited) {
  for (const char* limit :
       {R"("userRiskLevels": ["high"])", R"("signInRiskLevels": ["high", "medium"])",
        R"("insiderRiskLevels": "elevated")", R"("clientAppTypes": ["browser"])",
        R"("platforms": {"includePlatforms": ["iOS"]})",
        R"("platforms": {"includePlatforms": ["all"], "excludePlatforms": ["linux"]})",
        R"("locations": {"includeLocations": ["x"]})",
        R"("locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]})",
        R"("devices": {"deviceFilter": {"mode": "exclude", "rule": "x"}})",
        R"("authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"})",
        R"("times": {"includedRanges": ["x"]})",
        R"("clientApplications": {"includeServicePrincipals": ["x"]})",
        R"("applications": {"includeApplications": ["All"], "excludeApplications": ["x"]})",
        R"("applications": {"includeApplications": ["Office365"]})",
        R"("applications": {"includeApplications": ["MicrosoftAdminPortals"]})",
        R"("applications": {"includeUserActions": ["urn:user:registersecurityinfo"]})"}) {
    std::string conditions = with(std::string(", ") + limit, kMfa);
    // The one given last takes the place of the usual one.
    const std::string name = std::string(limit).substr(0, std::string(limit).find(':'));
    if (name == R"("clientAppTypes")")
      conditions.erase(conditions.find(R"("clientAppTypes": ["all"], )"), 26);
    if (name == R"("applications")")
      conditions.erase(conditions.find(R"("applications": {"includeApplications": ["All"]},)"), 49);
    EXPECT_EQ(counts(conditions), Known::no) << limit;
  }
  EXPECT_EQ(counts(with("", kMfa, "enabledForReportingButNotEnforced")), Known::no);
  EXPECT_EQ(counts(with("", kMfa, "disabled")), Known::no);
  EXPECT_EQ(counts(with("", kMfa, "soon")), Known::unsure);
  EXPECT_EQ(counts(with(R"(, "agents": {"new": ["x"]})", kMfa)), Known::unsure);
  EXPECT_EQ(counts(with(R"(, "platforms": null, "locations": {}, "times": "")", kMfa)), Known::yes);
}

TEST(Access, NamesThePolicyThatComesNear) {
  const std::vector<CloudPerson> people{{"a", "Hana", "", Kind::member, Known::yes, Known::yes}};
  const auto reason = [&](const std::string& text) {
    const auto left = left_out(people, {policy(text.c_str())}, Lack::absent, Lack::absent,
                               AccessAim::second_factor);
    return left.empty() ? "" : left.front().reasons.front().en;
  };
  EXPECT_THAT(reason(with(R"(, "signInRiskLevels": ["high"])", kMfa)),
              testing::HasSubstr("'P': only when judged to be at risk"));
  EXPECT_THAT(reason(with("", kMfa, "enabledForReportingButNotEnforced")),
              testing::HasSubstr("report-only"));
  std::string excluded = with("", kMfa);
  excluded.replace(excluded.find(R"(["All"])"), 7, R"(["All"], "excludeUsers": ["A"])");
  EXPECT_THAT(reason(excluded), testing::HasSubstr("excluded by name"));
  std::string group = with("", kMfa);
  group.replace(group.find(R"(["All"])"), 7, R"(["All"], "excludeGroups": ["G"])");
  EXPECT_THAT(reason(group), testing::HasSubstr("or who can join it (PIM), aren't known"));
  EXPECT_THAT(reason(with("", "null")), testing::HasSubstr("no such policy"));
}

TEST(Access, BlocksOldProtocolsAndDeviceCodes) {
  const auto does = [](const std::string& text, AccessAim aim) {
    return worth(policy(text.c_str()), aim).counts;
  };
  std::string old = with("", R"({"operator": "OR", "builtInControls": ["block"]})");
  old.replace(old.find(R"(["all"])"), 7, R"(["exchangeActiveSync", "other"])");
  EXPECT_EQ(does(old, AccessAim::no_old_mail), Known::yes);
  EXPECT_EQ(does(old, AccessAim::no_old_protocol), Known::yes);
  EXPECT_EQ(does(old, AccessAim::second_factor), Known::no);
  std::string half = old;
  half.replace(half.find(R"("exchangeActiveSync", )"), 22, "");
  EXPECT_EQ(does(half, AccessAim::no_old_mail), Known::no);
  const std::string code = with(
      R"(, "authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"})",
      R"({"operator": "OR", "builtInControls": ["block"]})");
  EXPECT_EQ(does(code, AccessAim::no_device_code), Known::yes);
  const std::string transfer =
      with(R"(, "authenticationFlows": {"transferMethods": "authenticationTransfer"})",
           R"({"operator": "OR", "builtInControls": ["block"]})");
  EXPECT_EQ(does(transfer, AccessAim::no_device_code), Known::no);
  EXPECT_EQ(does(with("", kMfa), AccessAim::no_device_code), Known::no);
}

}  // namespace
}  // namespace sekisho
