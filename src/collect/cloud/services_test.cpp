// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/services.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/cloud/cloud_tenant.h"
#include "collect/cloud/cloud_unread.h"

namespace sekisho {
namespace {

using namespace tenant;  // NOLINT(google-build-using-namespace)

struct ServiceTurn {
  std::string_view id;
  const char* place;
  const char* bad;
};
struct SoundService {
  const char* sound;
  std::vector<ServiceTurn> turns;
};

const std::vector<SoundService>& services() {
  static const std::vector<SoundService> all{
      {R"({"sekisho": "github", "organization": {"two_factor_requirement_enabled": true,
            "members_can_create_public_repositories": false}, "membersWithout2fa": []})",
       {{"github.mfa", "/organization/two_factor_requirement_enabled", "false"},
        {"github.public", "/organization/members_can_create_public_repositories", "true"},
        {"github.members", "/membersWithout2fa", R"([{"login": "hana"}])"}}},
      {R"({"sekisho": "aws", "publicAccessBlock": {"PublicAccessBlockConfiguration":
            {"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
             "RestrictPublicBuckets": true}},
           "accountSummary": {"SummaryMap": {"AccountMFAEnabled": 1,
                                             "AccountAccessKeysPresent": 0}}})",
       {{"aws.s3_block", "/publicAccessBlock/PublicAccessBlockConfiguration/RestrictPublicBuckets",
         "false"},
        {"aws.root_mfa", "/accountSummary/SummaryMap/AccountMFAEnabled", "0"},
        {"aws.root_mfa", "/accountSummary/SummaryMap/AccountAccessKeysPresent", "1"}}},
      {R"({"sekisho": "box", "configuration": {
            "security": {"is_multi_factor_auth_required": {"is_used": true, "value": true},
                         "password_min_length": {"is_used": true, "value": 12}},
            "content_and_sharing": {"shared_link_access": {"is_used": true, "value": "company"},
              "shared_link_default_access": {"is_used": true, "value": "collaborators"}}}})",
       {{"box.mfa", "/configuration/security/is_multi_factor_auth_required/value", "false"},
        {"box.password", "/configuration/security/password_min_length/value", "8"},
        {"box.link_who", "/configuration/content_and_sharing/shared_link_access/value",
         R"("open")"},
        {"box.link_default", "/configuration/content_and_sharing/shared_link_default_access/value",
         R"("open")"}}},
      {R"({"sekisho": "dropbox", "teamInfo": {"policies": {"sharing": {
            "shared_link_create_policy": {".tag": "team_only"},
            "shared_folder_member_policy": {".tag": "team"}}}}})",
       {{"dropbox.links", "/teamInfo/policies/sharing/shared_link_create_policy/.tag",
         R"("default_no_one")"},
        {"dropbox.link_default", "/teamInfo/policies/sharing/shared_link_create_policy/.tag",
         R"("default_public")"},
        {"dropbox.folder_member", "/teamInfo/policies/sharing/shared_folder_member_policy/.tag",
         R"("anyone")"}}},
      {R"({"sekisho": "slack", "users": {"members": [
            {"id": "U1", "real_name": "Hana", "has_2fa": true},
            {"id": "U2", "deleted": true, "has_2fa": false},
            {"id": "U3", "is_bot": true}]}})",
       {{"slack.mfa", "/users/members/0/has_2fa", "false"}}}};
  return all;
}

TEST(Services, AreGoodBadAbsentAndUnreadable) {
  std::set<std::string_view> tried;
  for (const SoundService& service : services())
    for (const ServiceTurn& turn : service.turns) {
      const auto verdict = [&](const Change& change, const char* read_at) {
        json::object all = parsed(service.sound).get_object();
        all["readAt"] = read_at;
        if (change) change(all);
        return row(read({{"s.json", json::serialize(all)}}), turn.id).finding.verdict;
      };
      constexpr const char* kYesterday = "2026-11-26T00:00:00Z";
      tried.insert(turn.id);
      EXPECT_EQ(verdict(nullptr, kYesterday), Verdict::pass) << turn.id;
      EXPECT_EQ(verdict(nullptr, "2026-01-01T00:00:00Z"), Verdict::unknown) << turn.id;
      EXPECT_EQ(verdict(set(turn.place, turn.bad), kYesterday), Verdict::fail) << turn.id;
      EXPECT_EQ(verdict(without(turn.place), kYesterday), Verdict::unknown) << turn.id;
      for (const char* odd : {"null", R"({"odd": 1})", R"("new word")", R"("@{x=y}")", "[null]"})
        EXPECT_EQ(verdict(set(turn.place, odd), kYesterday), Verdict::unknown) << turn.id << odd;
    }
  for (const CloudItem& item : cloud_items())
    if (item.service >= CloudService::github && item.service <= CloudService::slack &&
        !item.check.empty()) {
      EXPECT_TRUE(tried.contains(item.id)) << item.id;
    }
}

TEST(Services, WhatTheyDidNotAnswerIsUnknown) {
  for (const SoundService& service : services()) {
    json::object all = parsed(service.sound).get_object();
    all["readAt"] = "2026-11-26T00:00:00Z";
    EXPECT_FALSE(expect_unread_is_unknown({all}, 4).empty()) << service.sound;
  }
}

TEST(Services, WhoeverIsNoOwnerIsNotToldWhoHasNoSecondFactor) {
  const auto members = [](const char* organization) {
    return row(read({{"s.json", fmt::format(R"({{"sekisho": "github",
      "readAt": "2026-11-26T00:00:00Z", "organization": {}, "membersWithout2fa": []}})",
                                            organization)}}),
               "github.members")
        .finding.verdict;
  };
  EXPECT_EQ(members("{}"), Verdict::unknown);
  EXPECT_EQ(members(R"({"two_factor_requirement_enabled": null})"), Verdict::unknown);
  EXPECT_EQ(members(R"({"error": "403"})"), Verdict::unknown);
  EXPECT_EQ(members(R"({"two_factor_requirement_enabled": false})"), Verdict::pass);
}

TEST(Services, AnswersThatAreRefusalsOrGoOnSayNothing) {
  const auto slack = [](const char* beside) {
    return row(read({{"s.json", fmt::format(R"({{"sekisho": "slack",
      "readAt": "2026-11-26T00:00:00Z", "users": {{"members": [{{"id": "U1", "name": "a",
      "has_2fa": true}}] {}}}}})",
                                            beside)}}),
               "slack.mfa")
        .finding.verdict;
  };
  EXPECT_EQ(slack(""), Verdict::pass);
  EXPECT_EQ(slack(R"(, "ok": true, "response_metadata": {"next_cursor": ""})"), Verdict::pass);
  for (const char* beside :
       {R"(, "ok": false)", R"(, "error": "invalid_auth")", R"(, "has_more": true)",
        R"(, "response_metadata": {"next_cursor": "abc"})", R"(, "members@odata.count": 2)",
        R"(, "truncated": true)", R"(, "nextPageToken": "x")"})
    EXPECT_EQ(slack(beside), Verdict::unknown) << beside;
}

TEST(Services, WhatTheirAnswersLeaveOutIsReadRight) {
  const auto found = [](std::string_view id, const char* text) {
    json::object all = parsed(text).get_object();
    all["readAt"] = "2026-11-26T00:00:00Z";
    return row(read({{"s.json", json::serialize(all)}}), id).finding.verdict;
  };
  EXPECT_EQ(found("aws.s3_block", R"({"sekisho": "aws", "publicAccessBlock":
              {"error": "An error: NoSuchPublicAccessBlockConfiguration"
}
})"),
            Verdict::fail)
      << "never set up is open";
  EXPECT_EQ(found("aws.s3_block", R"({"sekisho": "aws", "publicAccessBlock":
              {"error": "AccessDenied"}})"),
            Verdict::unknown);
  EXPECT_EQ(found("box.mfa", R"({"sekisho": "box", "configuration": {"user_settings":
              {"is_enterprise_sso_required": {"is_used": true, "value": true}}}})"),
            Verdict::pass);
  EXPECT_EQ(found("box.mfa", R"({"sekisho": "box", "configuration": {"security":
              {"is_multi_factor_auth_required": {"is_used": false, "value": true}}}})"),
            Verdict::unknown);
  EXPECT_EQ(found("slack.mfa", R"({"sekisho": "slack", "users": {"members": [
              {"id": "U1", "has_2fa": true}], "response_metadata": {"next_cursor": "x"}}})"),
            Verdict::unknown);
  EXPECT_EQ(found("slack.mfa", R"({"sekisho": "slack", "users": {"members": [
              {"id": "U1", "has_2fa": true}, {"id": "U2"}]}})"),
            Verdict::unknown);
  const std::string twice = R"({"sekisho": "github", "readAt": "2026-11-26T00:00:00Z"})";
  EXPECT_FALSE(read_clouds({{"a", twice}, {"b", twice}}, {}, kNow));
}

}  // namespace
}  // namespace sekisho
