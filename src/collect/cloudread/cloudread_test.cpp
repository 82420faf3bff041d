// SPDX-License-Identifier: Apache-2.0
// A stand-in for each service: pages, empty pages, services that are busy, refusals, tokens that
// run out midway, next pages of other hosts, pages of HTML; and no verb but reading ones.
#include "collect/cloudread/cloudread.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <boost/json.hpp>

#include "base/crypto.h"

#include "collect/cloudread/kept.h"
#include "collect/cloudread/session.h"

namespace sekisho {
namespace {

namespace json = boost::json;

const Time kReadAt = *parse_time("2026-11-26T00:00:00Z");
constexpr const char* kSecret = "TheSecretOfTheApplication";
constexpr const char* kFirstToken = "token-1";

/// Answers by the URL's beginning, each the given number of times and the last of them for ever.
class StandIn {
 public:
  void at(const std::string& path, Incoming answer) { answers_[path].push_back(std::move(answer)); }
  void at(const std::string& path, const std::string& body) { at(path, Incoming{200, body}); }

  /// No other answer than this.
  void only(const std::string& path, Incoming answer) { answers_[path] = {std::move(answer)}; }

  CloudLine line() {
    return {[this](const Outgoing& question) { return answer(question); },
            [this](std::chrono::seconds pause) { pauses.push_back(pause); },
            [] { return kReadAt; }};
  }

  std::vector<Outgoing> asked;
  std::vector<std::chrono::seconds> pauses;
  std::string good_token;                    // where set, others are refused with 401
  std::map<std::string, std::string> links;  // the header of the answer to a URL

 private:
  std::expected<Incoming, NotReached> answer(const Outgoing& question) {
    asked.push_back(question);
    const bool token_place = question.url.contains("/token");
    EXPECT_TRUE(question.body.empty() || token_place) << "a verb that isn't reading";
    EXPECT_EQ(question.protocols, "https");
    EXPECT_EQ(question.redirects, 0) << "a token must not travel";
    EXPECT_FALSE(question.mail);
    if (token_place) {
      ++tokens_;
      return Incoming{200, R"({"access_token":"token-)" + std::to_string(tokens_) + R"("})"};
    }
    if (!good_token.empty() &&
        std::ranges::find(question.headers, "authorization: Bearer " + good_token) ==
            question.headers.end())
      return Incoming{401, "{}"};
    if (const auto link = links.find(question.url); link != links.end())
      question.take_header(link->second);
    std::string longest;
    for (const auto& [path, some] : answers_)
      if (question.url.starts_with(path) && path.size() >= longest.size()) longest = path;
    if (longest.empty()) return Incoming{404, "{}"};
    auto& some = answers_[longest];
    Incoming one = some.front();
    if (some.size() > 1) some.erase(some.begin());
    return one;
  }

  std::map<std::string, std::vector<Incoming>> answers_;
  int tokens_ = 0;
};

const GraphCredential kGraphSecret{"tenant-1", "client-1", "", kSecret};
constexpr const char* kGraphBase = "https://graph.microsoft.com/v1.0/";
std::string graph(const std::string& path) { return kGraphBase + path; }

/// A small tenant that answers all that is asked.
StandIn tenant() {
  StandIn all;
  all.at(graph("users"),
         R"({"value":[{"id":"a","displayName":"A","userPrincipalName":"a@firm.example",)"
         R"("accountEnabled":true,"userType":"Member"}]})");
  all.at(graph("identity/conditionalAccess/policies"),
         R"({"value":[{"state":"enabled","conditions":{"users":{"includeGroups":["b0"],)"
         R"("excludeGroups":["not/an id"]}}}]})");
  all.at(graph("directoryRoles"),
         R"({"value":[{"id":"c1","roleTemplateId":"62e90394-69f5-4237-9190-012177145e10"}]})");
  all.at(graph("directoryRoles/c1/members"),
         R"({"value":[{"@odata.type":"#microsoft.graph.group","id":"d2"}]})");
  all.at(graph("roleManagement/directory/roleEligibilityScheduleInstances?$expand=principal"),
         R"({"value":[{"id":"x","principalId":"e3","directoryScopeId":"/",)"
         R"("roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","principal":)"
         R"({"@odata.type":"#microsoft.graph.group","id":"e3","mail":"private@firm.example"}},)"
         R"({"id":"y","principalId":"a","directoryScopeId":"/","roleDefinitionId":"f",)"
         R"("principal":{"@odata.type":"#microsoft.graph.user","displayName":"private"}}]})");
  all.at(graph("groups/"), R"({"value":[{"id":"a"}]})");
  all.at("https://graph.microsoft.com/beta/users/", R"({"perUserMfaState":"disabled"})");
  all.at(graph("policies/identitySecurityDefaultsEnforcementPolicy"), R"({"isEnabled":true})");
  all.at(graph("policies/authorizationPolicy"), R"({"allowInvitesFrom":"everyone"})");
  all.at(graph("subscribedSkus"), R"({"value":[]})");
  all.at(graph("admin/sharepoint/settings"),
         R"({"value":{"sharingCapability":"externalUserAndGuestSharing"}})");
  all.at(graph("deviceManagement/settings"), R"({"secureByDefault":false})");
  all.at(graph("deviceManagement/deviceCompliancePolicies?$expand=assignments"),
         R"({"value":[{"id":"p","displayName":"P","assignments":[]}]})");
  all.at(graph("deviceManagement/managedDevices?$select=id,deviceName,"),
         R"({"value":[{"id":"d","deviceName":"PC","complianceState":"noncompliant"}]})");
  all.at(graph("reports/"), R"({"value":[{"id":"a","isMfaCapable":true}]})");
  return all;
}

json::object read(StandIn& service, const CloudCredential& credential) {
  const auto file = read_cloud(service.line(), credential);
  EXPECT_TRUE(file) << file.error().describe(Lang::en);
  return file ? json::parse(file->bytes).as_object() : json::object();
}
bool broken_section(const json::value& section) {
  return section.is_object() && section.as_object().contains("error");
}

TEST(CloudRead, GraphIsReadWholeAndTheJudgeTakesIt) {
  StandIn service = tenant();
  const auto file = read_cloud(service.line(), kGraphSecret);
  ASSERT_TRUE(file);
  const json::object all = json::parse(file->bytes).as_object();
  EXPECT_EQ(all.at("sekisho").as_string(), "entra-people");
  EXPECT_EQ(all.at("readAt").as_string(), "2026-11-26T00:00:00Z");
  EXPECT_EQ(all.at("tenantId").as_string(), "tenant-1");
  for (const char* section :
       {"users", "conditionalAccessPolicies", "directoryRoles", "groups", "securityDefaults",
        "subscribedSkus", "registration", "eligibleRoles", "authorizationPolicy",
        "sharepointSettings", "deviceManagementSettings", "deviceCompliancePolicies",
        "managedDevices", "perUserMfa"})
    EXPECT_FALSE(broken_section(all.at(section))) << section;
  // The groups that something hangs on, and what is no id goes into no path.
  ASSERT_EQ(all.at("groups").as_array().size(), 3U);
  EXPECT_EQ(all.at("groups").at(2).at("id").as_string(), "e3") << "who can take a role up";
  EXPECT_EQ(all.at("eligibleRoles").as_array().size(), 2U);
  EXPECT_FALSE(file->bytes.contains("private")) << "of who is eligible no more than is judged";
  EXPECT_EQ(all.at("groups").at(0).at("members").at(0).at("@odata.type").as_string(),
            "#microsoft.graph.user");
  for (const Outgoing& one : service.asked) EXPECT_FALSE(one.url.contains("not/an"));
  const auto reading = read_clouds({*file}, {}, kReadAt);
  ASSERT_TRUE(reading) << reading.error().describe(Lang::en);
  EXPECT_TRUE(reading->read.contains(CloudService::entra));
  for (const char* open :
       {"spo.sharing", "m365.guest_invite", "intune.default", "intune.policies", "intune.stale"}) {
    const auto row =
        std::ranges::find(reading->rows, open, [](const CloudRow& one) { return one.item->id; });
    ASSERT_NE(row, reading->rows.end()) << open;
    EXPECT_EQ(row->finding.verdict, Verdict::fail) << open;
  }
}

TEST(CloudRead, WhoCanJoinAGroupIsAskedWhereTheContractHasPim) {
  const auto with_plan = [](const char* plan) {
    StandIn service = tenant();
    service.only(graph("subscribedSkus"),
                 Incoming{200, std::string(R"({"value":[{"servicePlans":[{"servicePlanId":")") +
                                   plan + R"("}]}]})"});
    for (const char* id : {"b0", "d2", "e3"})
      service.at(graph("groups/") + id + "/transitiveMembers/microsoft.graph.group",
                 std::string_view(id) == "b0" ? R"({"value":[{"id":"f4"}]})" : R"({"value":[]})");
    const std::string joining =
        graph("identityGovernance/privilegedAccess/group/eligibilityScheduleInstances?$filter=");
    service.at(joining, R"({"value":[]})");
    service.at(joining + "groupId%20eq%20%27f4",
               R"({"value":[{"principalId":"a","accessId":"member","principal":{"mail":"private"},)"
               R"("groupId":"f4"}]})");
    return service;
  };
  StandIn with = with_plan("EEC0EB4F-6444-4F95-ABA0-50C24D67F998");
  const json::object all = read(with, kGraphSecret);
  const json::value& joins = all.at("groups").at(0).at("eligibleMembers");
  ASSERT_EQ(joins.as_array().size(), 1U) << "by a group within the group";
  EXPECT_EQ(joins.at(0).at("principalId").as_string(), "a");
  EXPECT_FALSE(json::serialize(all).contains("private"));
  // Without the right it is not known, and the members are.
  StandIn refused = with_plan("eec0eb4f-6444-4f95-aba0-50c24d67f998");
  refused.only(graph("identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
                     "?$filter=groupId%20eq%20%27f4"),
               Incoming{403, "{}"});
  const json::value group = read(refused, kGraphSecret).at("groups").at(0);
  EXPECT_TRUE(broken_section(group.at("eligibleMembers")));
  EXPECT_EQ(group.at("members").as_array().size(), 1U);
  // Nobody asks where the contract has no such thing.
  StandIn without = with_plan("41781fb2-bc02-4b7c-bd55-b576c07bb09d");
  EXPECT_FALSE(
      read(without, kGraphSecret).at("groups").at(0).as_object().contains("eligibleMembers"));
  for (const Outgoing& one : without.asked) EXPECT_FALSE(one.url.contains("privilegedAccess"));
}

TEST(CloudRead, WhatWasNotGrantedIsNotSpokenOfAndWhatWasNotAnsweredIs) {
  const Incoming refused{403, R"({"error":{"code":"Forbidden"}})"};
  const auto with = [](const std::string& begins, const Incoming& how) {
    StandIn service = tenant();
    for (const char* path : {"admin/sharepoint/settings", "deviceManagement/settings",
                             "deviceManagement/deviceCompliancePolicies?$expand=assignments",
                             "deviceManagement/managedDevices?$select=id,deviceName,"})
      if (std::string_view(path).starts_with(begins)) service.only(graph(path), how);
    return service;
  };
  StandIn neither = with("", refused);
  const auto file = read_cloud(neither.line(), kGraphSecret);
  ASSERT_TRUE(file);
  const auto reading = read_clouds({*file}, {}, kReadAt);
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->read, std::set{CloudService::entra});
  // One of Intune's rights alone: the other's rows are not known.
  StandIn some = with("deviceManagement/managed", refused);
  json::object all = read(some, kGraphSecret);
  EXPECT_TRUE(broken_section(all.at("managedDevices")));
  EXPECT_FALSE(broken_section(all.at("deviceCompliancePolicies")));
  // Of what isn't answered it is said, so that it is asked again.
  StandIn busy = with("admin/", Incoming{503, ""});
  const auto later = read_cloud(busy.line(), kGraphSecret);
  ASSERT_TRUE(later);
  EXPECT_TRUE(asks_again(*later));
}

TEST(CloudRead, PagesAreFollowedAlsoEmptyOnes) {
  const std::string next = graph("more-users");
  StandIn fresh;
  fresh.at(graph("users"), R"({"value":[{"id":"a"}],"@odata.nextLink":")" + next + R"(?p=2"})");
  fresh.at(next, R"({"value":[],"@odata.nextLink":")" + next + R"(?p=3"})");
  fresh.at(next, R"({"@odata.count":2,"value":[],"@odata.nextLink":")" + next + R"(?p=4"})");
  fresh.at(next, R"({"value":[{"id":"b"}]})");
  const json::object all = read(fresh, kGraphSecret);
  EXPECT_EQ(all.at("users").as_array().size(), 2U);
}

TEST(CloudRead, ABusyServiceIsLeftAloneForAsLongAsItSays) {
  StandIn busy;
  busy.at(graph("users"), Incoming{429, "", std::chrono::seconds(7)});
  busy.at(graph("users"), Incoming{429, ""});
  busy.at(graph("users"), Incoming{503, ""});
  busy.at(graph("users"), R"({"value":[{"id":"a"}]})");
  EXPECT_EQ(read(busy, kGraphSecret).at("users").as_array().size(), 1U);
  EXPECT_EQ(busy.pauses, (std::vector{std::chrono::seconds(7), std::chrono::seconds(4),
                                      std::chrono::seconds(8)}));
  StandIn always;
  always.at(graph("users"), Incoming{429, ""});
  EXPECT_FALSE(read_cloud(always.line(), kGraphSecret));
  EXPECT_EQ(always.pauses.size(), 5U) << "it gives up";
}

TEST(CloudRead, AListByItselfIsFollowedByItsLink) {
  const std::string first =
      "https://api.github.com/orgs/firm/members?filter=2fa_disabled&per_page=100";
  const std::string second = "https://api.github.com/organizations/1/members?page=2";
  const GithubCredential github{"firm", kSecret};
  for (const char* page : {"[]", R"([{"login":"x"}])"}) {
    StandIn service;
    service.at("https://api.github.com/orgs/firm", "{}");
    service.at(first, page);
    service.at(second, R"([{"login":"y"}])");
    service.links[first] =
        "Link: <https://api.github.com/x>; rel=\"last\", <" + second + ">; rel=\"next\"\r\n";
    const json::object all = read(service, github);
    EXPECT_EQ(all.at("membersWithout2fa").as_array().size(), page[1] == ']' ? 1U : 2U);
    // A next page that isn't read makes the list none.
    StandIn elsewhere = service;
    elsewhere.links[first] = "link: <https://evil.example/2>; rel=next";
    EXPECT_TRUE(broken_section(read(elsewhere, github).at("membersWithout2fa")));
  }
}

TEST(CloudRead, PagesWithoutAnEndAreNotAskedForAllDay) {
  for (const bool same : {true, false}) {
    StandIn service;
    int page = 0;
    for (int i = 0; i < 300; ++i)
      service.at(graph("users"),
                 R"({"value":[],"@odata.nextLink":")" +
                     graph(same ? "users?p=1" : "users?p=" + std::to_string(++page)) + R"("})");
    EXPECT_FALSE(read_cloud(service.line(), kGraphSecret));
    EXPECT_LT(service.asked.size(), same ? 5U : 120U);
  }
}

TEST(CloudRead, WhatWasNotAnsweredIsAskedForAgainAndARefusalIsNot) {
  for (const auto& [status, again] : std::vector<std::pair<long, bool>>{
           {500, true}, {502, true}, {429, true}, {403, false}, {404, false}, {501, false}}) {
    StandIn service;
    service.at("https://api.github.com/orgs/firm", "{}");
    service.at("https://api.github.com/orgs/firm/members", Incoming{status, ""});
    const auto file = read_cloud(service.line(), GithubCredential{"firm", kSecret});
    ASSERT_TRUE(file);
    EXPECT_EQ(asks_again(*file), again) << status;
    EXPECT_EQ(service.pauses.empty(), !again) << status;
  }
}

TEST(CloudRead, OneRefusedCallLeavesTheRest) {
  for (const char* refused :
       {"identity/conditionalAccess/policies", "directoryRoles", "groups/", "roleManagement/",
        "policies/identitySecurityDefaultsEnforcementPolicy", "policies/authorizationPolicy",
        "subscribedSkus", "reports/"})
    for (const Incoming& how :
         {Incoming{403, R"({"error":{"code":"Forbidden"}})"}, Incoming{404, ""},
          Incoming{200, "<!DOCTYPE html><html>sign in</html>"}, Incoming{200, R"(["a"])"},
          Incoming{200, R"({"error":{"code":"Forbidden"}})"}, Incoming{200, "{}"},
          Incoming{200, R"({"@odata.count":7,"value":[]})"},
          Incoming{200, R"({"value":{"id":1}})"}}) {
      StandIn other;
      for (const char* path :
           {"users", "identity/conditionalAccess/policies", "directoryRoles", "groups/",
            "roleManagement/", "policies/identitySecurityDefaultsEnforcementPolicy",
            "policies/authorizationPolicy", "subscribedSkus", "reports/"})
        if (std::string_view(path) == refused)
          other.at(graph(path), how);
        else
          other.at(graph(path), R"({"value":[],"isEnabled":true})");
      if (std::string_view(refused) == "groups/")
        other.at(graph("identity/conditionalAccess/policies/"), "{}");
      const json::object all = read(other, kGraphSecret);
      EXPECT_FALSE(broken_section(all.at("users"))) << refused;
      std::size_t broken = 0;
      for (const auto& section : all)
        if (broken_section(section.value())) ++broken;
      // Nobody asks for groups where no policy and no role names one; and an object without a list
      // is an answer of its own where one object is asked for.
      const bool may_be_none = std::string_view(refused) == "groups/" ||
                               std::string_view(refused).starts_with("policies/");
      EXPECT_TRUE(broken == 1 || (may_be_none && broken == 0)) << refused << " " << how.body;
    }
}

TEST(CloudRead, ATokenThatRunsOutMidwayIsAskedForAnewOnce) {
  StandIn service = tenant();
  service.good_token = "token-2";
  const json::object all = read(service, kGraphSecret);
  EXPECT_FALSE(broken_section(all.at("users")));
  EXPECT_EQ(std::ranges::count_if(service.asked,
                                  [](const Outgoing& one) { return one.url.contains("/token"); }),
            2);
  StandIn never = tenant();
  never.good_token = "another";
  EXPECT_FALSE(read_cloud(never.line(), kGraphSecret));
}

TEST(CloudRead, TheTokenGoesToNoOtherHost) {
  for (const char* elsewhere :
       {"https://graph.microsoft.com.evil.example/v1.0/x", "https://evil.example/",
        "http://graph.microsoft.com/v1.0/x", "https://graph.microsoft.com:8443/v1.0/x",
        "https://graph.microsoft.com@evil.example/v1.0/x"}) {
    StandIn service;
    service.at(graph("users"),
               std::string(R"({"value":[{"id":"a"}],"@odata.nextLink":")") + elsewhere + R"("})");
    EXPECT_FALSE(read_cloud(service.line(), kGraphSecret)) << elsewhere;
    for (const Outgoing& one : service.asked)
      EXPECT_TRUE(same_server(one.url, kGraphBase) || one.url.contains("microsoftonline.com"))
          << one.url;
  }
}

TEST(CloudRead, NoSecretStandsInAnError) {
  StandIn service;
  service.at(graph("users"), Incoming{500, std::string("<html>") + kSecret});
  const auto file = read_cloud(service.line(), kGraphSecret);
  ASSERT_FALSE(file);
  const std::string said = file.error().describe(Lang::en) + file.error().describe(Lang::ja);
  EXPECT_FALSE(said.contains(kSecret) || said.contains(kFirstToken)) << said;
}

TEST(CloudRead, TheOtherServicesAreAskedAsTheyDocumentIt) {
  struct Case {
    CloudCredential credential;
    std::vector<std::pair<std::string, std::string>> answers;
    std::vector<const char*> sections;
  };
  const std::vector<Case> cases{
      {ZoomCredential{"acc", "client", kSecret},
       {{"https://api.zoom.us/v2/accounts/me/settings", R"({"security":{}})"},
        {"https://api.zoom.us/v2/accounts/me/lock_settings", "{}"}},
       {"settings", "meetingSecurity", "lockSettings"}},
      {WebexCredential{"firm.webex.com", kSecret},
       {{"https://webexapis.com/v1/admin/meeting/config/commonSettings?siteUrl=firm.webex.com",
         "{}"}},
       {"commonSettings"}},
      {BoxCredential{"42", "client", kSecret},
       {{"https://api.box.com/2.0/enterprise_configurations/42?categories=", "{}"}},
       {"configuration"}},
      {GithubCredential{"firm", kSecret},
       {{"https://api.github.com/orgs/firm", "{}"},
        {"https://api.github.com/orgs/firm/members?filter=2fa_disabled", R"([{"login":"x"}])"}},
       {"organization", "membersWithout2fa"}}};
  for (const Case& one : cases) {
    StandIn service;
    for (const auto& [path, body] : one.answers) service.at(path, body);
    const json::object all = read(service, one.credential);
    for (const char* section : one.sections)
      EXPECT_FALSE(broken_section(all.at(section))) << section;
    EXPECT_TRUE(read_clouds({{"f", json::serialize(all)}}, {}, kReadAt))
        << service_of(one.credential);
    EXPECT_FALSE(json::serialize(all).contains(kSecret));
  }
}

/// A key of RSA made here, as PEM, and whether it signed a JWT.
struct OwnKey {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  std::string pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* at = nullptr;
    const long size = BIO_get_mem_data(bio, &at);
    std::string text(at, static_cast<std::size_t>(size));
    BIO_free_all(bio);
    return text;
  }
  bool signed_by_it(const std::string& text, const std::string& signature) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const auto bytes = [](const std::string& of) {
      return reinterpret_cast<const unsigned char*>(of.data());
    };
    const bool good = EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                      EVP_DigestVerify(context, bytes(signature), signature.size(), bytes(text),
                                       text.size()) == 1;
    EVP_MD_CTX_free(context);
    return good;
  }
  OwnKey() = default;
  OwnKey(const OwnKey&) = delete;
  OwnKey& operator=(const OwnKey&) = delete;
  ~OwnKey() { EVP_PKEY_free(key); }
};

/// What is judged is kept, and nothing else that comes along.
TEST(CloudRead, SecretsThatComeAlongAreNotKept) {
  StandIn service;
  service.at("https://api.zoom.us/v2/accounts/me/settings",
             R"({"security":{"sign_in_with_two_factor_auth":"all"},"recording":{"archive":[)"
             R"({"passcode":"LEAK1","authorized_channel_token":"LEAK2"}]},"host_key":"LEAK3",)"
             R"("schedule_meeting":{"default_password_for_scheduled_meetings":"LEAK5",)"
             R"("join_before_host":false},"nextPageToken":"more"})");
  service.at("https://api.zoom.us/v2/accounts/me/lock_settings", R"({"pstn_password":"LEAK4"})");
  const json::object zoom = read(service, ZoomCredential{"acc", "client", kSecret});
  const std::string kept = json::serialize(zoom);
  EXPECT_FALSE(kept.contains("LEAK")) << kept;
  EXPECT_EQ(zoom.at("accountId").as_string(), "acc");
  EXPECT_TRUE(kept.contains(R"("sign_in_with_two_factor_auth":"all")")) << "what is judged";
  EXPECT_TRUE(kept.contains(R"("join_before_host":false)"));
  EXPECT_TRUE(kept.contains("more")) << "and the sign that there is more";

  StandIn google;
  google.at("https://cloudidentity.googleapis.com/v1/policies",
            R"({"policies":[{"customer":"customers/C1","policyQuery":{"sortOrder":1},"setting":)"
            R"({"type":"settings/security.password","value":{"minimumLength":12,"x":"LEAK"}}}]})");
  google.at("https://admin.googleapis.com/admin/directory/v1/customer/", "{}");
  google.at(
      "https://admin.googleapis.com/admin/directory/v1/groups?",
      R"({"groups":[{"id":"g","email":"g@f","directMembersCount":"1","description":"LEAK"}]})");
  google.at("https://admin.googleapis.com/admin/directory/v1/groups/g/members",
            R"({"members":[{"id":"u","email":"u@f","type":"USER","status":"LEAK"}]})");
  google.at("https://admin.googleapis.com/admin/directory/v1/users",
            R"({"users":[{"id":"u","primaryEmail":"u@f","recoveryPhone":"LEAK","name":)"
            R"({"fullName":"U","givenName":"LEAK"},"suspended":false}]})");
  const OwnKey key;
  const json::object firm = read(google, GoogleCredential{"a@f", "reader@x", key.pem()});
  EXPECT_FALSE(json::serialize(firm).contains("LEAK")) << firm;
  EXPECT_EQ(json::serialize(firm.at("users")),
            R"([{"id":"u","primaryEmail":"u@f","name":{"fullName":"U"},"suspended":false}])");
  EXPECT_TRUE(json::serialize(firm).contains(R"("minimumLength":12)"));
  EXPECT_TRUE(json::serialize(firm).contains(R"("directMembersCount":"1")"));
}

/// A list as a reader puts it together, of the pages that a file may hold instead.
json::value without_pages(const json::value& value) {
  json::array all;
  const auto add = [&](const json::value& one) {
    const json::object* page = one.if_object();
    for (const char* list : {"policies", "organizationUnits", "groups", "users", "members"})
      if (page != nullptr && page->contains(list) && page->at(list).is_array() &&
          !page->contains("email")) {
        for (const json::value& item : page->at(list).get_array()) all.push_back(item);
        return;
      }
    if (page == nullptr || !page->contains("nextPageToken")) all.push_back(one);
  };
  if (value.is_array())
    for (const json::value& one : value.get_array()) add(one);
  else
    add(value);
  for (json::value& one : all)
    if (json::object* fields = one.if_object(); fields != nullptr && fields->contains("members"))
      (*fields)["members"] = without_pages(fields->at("members"));
  return all;
}

/// What is kept says all that the whole answers say.
TEST(CloudRead, WhatIsKeptIsJudgedAsTheWholeIs) {
  for (const char* name : {"zoom", "webex", "box", "github", "google", "people", "people-graph"}) {
    std::ifstream file(fmt::format("{}/fuzz/corpus/cloud/{}.json", SEKISHO_SOURCE_DIR, name));
    std::stringstream text;
    text << file.rdbuf();
    json::object whole = json::parse(text.str()).as_object();
    whole["readAt"] = "2026-11-26T00:00:00Z";
    if (std::string_view(name) == "google")
      for (const char* section : {"policies", "orgunits", "groups", "users"})
        whole[section] = without_pages(whole[section]);
    json::object kept = whole;
    for (auto& section : kept)
      if (!section.value().is_string())
        section.value() = kept_of(std::string_view(whole["sekisho"].as_string()),
                                  std::string_view(section.key()), section.value());
    const auto rows = [](const json::object& all) {
      std::vector<std::string> list;
      const auto reading = read_clouds({{"f", json::serialize(all)}}, {}, kReadAt);
      EXPECT_TRUE(reading);
      if (reading)
        for (const CloudRow& row : reading->rows)
          list.push_back(
              fmt::format("{} {} {}", row.item->id, row.people.size(), row.finding.fact.en));
      return list;
    };
    EXPECT_EQ(rows(kept), rows(whole)) << name;
  }
}

TEST(CloudRead, TheOldSettingOfEachPersonIsAskedOfSoManyOnly) {
  const auto people = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i)
      list += fmt::format(R"({}{{"id":"a{}","accountEnabled":true}})", i == 0 ? "" : ",", i);
    return R"({"value":[)" + list + R"(,{"id":"0ff","accountEnabled":false}]})";
  };
  const auto asked = [](const StandIn& service) {
    return std::ranges::count_if(service.asked, [](const Outgoing& one) {
      return one.url.starts_with("https://graph.microsoft.com/beta/users/") &&
             one.url.ends_with("/authentication/requirements");
    });
  };
  StandIn some = tenant();
  some.only(graph("users"), Incoming{200, people(3)});
  some.only("https://graph.microsoft.com/beta/users/",
            Incoming{200, R"({"perUserMfaState":"enforced"})"});
  const json::object all = read(some, kGraphSecret);
  EXPECT_EQ(asked(some), 3) << "nobody asks of a disabled account";
  EXPECT_EQ(json::serialize(all.at("perUserMfa").as_array().front()),
            R"({"id":"a0","perUserMfaState":"enforced"})");
  StandIn many = tenant();
  many.only(graph("users"), Incoming{200, people(501)});
  EXPECT_TRUE(broken_section(read(many, kGraphSecret).at("perUserMfa")));
  EXPECT_EQ(asked(many), 0);
  StandIn refused = tenant();
  refused.only("https://graph.microsoft.com/beta/users/", Incoming{403, "{}"});
  EXPECT_TRUE(broken_section(read(refused, kGraphSecret).at("perUserMfa")));
}

TEST(CloudRead, GroupsHaveTheirNames) {
  StandIn service = tenant();
  service.at(graph("groups/b0?$select=displayName"), R"({"displayName":"Sales"})");
  const json::object all = read(service, kGraphSecret);
  for (const json::value& group : all.at("groups").as_array()) {
    const bool named = group.at("id").as_string() == "b0";
    EXPECT_EQ(group.at("displayName").as_string(), named ? "Sales" : "") << group;
  }
}

TEST(CloudRead, AnAssertionIsSignedByTheKeyAndSaysForWhom) {
  const OwnKey key;
  StandIn service;
  service.at("https://cloudidentity.googleapis.com/v1/policies", R"({"policies":[]})");
  (void)read_cloud(service.line(), GoogleCredential{"a@firm.example", "reader@x", key.pem()});
  const std::string& form = service.asked.front().body;
  const std::string jwt = form.substr(form.find("assertion=") + 10);
  const auto parts = split(jwt, '.');
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_TRUE(key.signed_by_it(std::string(parts[0]) + "." + std::string(parts[1]),
                               *from_base64url(parts[2])));
  const json::object claims = json::parse(*from_base64url(parts[1])).as_object();
  EXPECT_EQ(claims.at("sub").as_string(), "a@firm.example");
  EXPECT_EQ(claims.at("aud").as_string(), "https://oauth2.googleapis.com/token");
  for (const std::string_view scope : words(std::string_view(claims.at("scope").as_string())))
    EXPECT_TRUE(scope.ends_with(".readonly")) << scope;
  EXPECT_FALSE(signed_jwt("no key", {}, {}));
}

TEST(CloudRead, CredentialsAreReadOrRefusedByTheirFault) {
  const auto pem = [](const std::string& path) -> Result<std::string> { return "PEM of " + path; };
  const auto good = [&](const char* text) { return read_cloud_credential(text, pem).has_value(); };
  EXPECT_TRUE(good(R"({"service":"zoom","account":"a","client":"b","secret":"c"})"));
  EXPECT_TRUE(good(R"({"service":"microsoft365","tenant":"t","client":"c","secret":"s"})"));
  const auto with = read_cloud_credential(
      R"({"service":"microsoft365","tenant":"t","client":"c","certificate":"/x.pem"})", pem);
  ASSERT_TRUE(with);
  EXPECT_EQ(std::get<GraphCredential>(*with).certificate, "PEM of /x.pem");
  for (const char* wrong :
       {"", "[]", "{}", R"({"service":"other"})", R"({"service":"zoom","account":"a"})",
        R"({"service":"microsoft365","tenant":"t","client":"c"})",
        R"({"service":"microsoft365","tenant":"t","client":"c","secret":"s","certificate":"x"})",
        R"({"service":"zoom","account":"a b","client":"b","secret":"c"})",
        R"({"service":"zoom","account":"a\r\nx: y","client":"b","secret":"c"})",
        R"({"service":"github","organization":"o","token":"t","more":1})"})
    EXPECT_FALSE(good(wrong)) << wrong;
}

}  // namespace
}  // namespace sekisho
