// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/services.h"

#include <algorithm>

#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/export_place.h"
#include "collect/cloud/plain.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

std::string text_at(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? std::string() : *text.value();
}

/// A word that is good or bad; another isn't understood.
struct Words {
  std::vector<std::string_view> good;
  std::vector<std::string_view> bad;
};
Finding judge_word(const CloudSetting<std::string>& setting, const Words& words, const Text& is,
                   const Text& is_not) {
  return judged(setting, [&](const std::string& word) {
    const auto same = [&](std::string_view one) { return same_name(one, word); };
    const std::string limit(words.good.front());
    if (std::ranges::any_of(words.good, same)) return good(is.ja, is.en, word, limit);
    if (std::ranges::any_of(words.bad, same)) return bad(is_not.ja, is_not.en, word, limit);
    return lacking(Lack::not_readable);
  });
}

const Text kDemanded{"全員に多要素認証が求められます", "a second factor is demanded of everyone"};
const Text kNotDemanded{"多要素認証なしで入れます", "people get in without a second factor"};

void judge_github(const ExportPlace& root, CloudRows& rows) {
  const ExportPlace organization = root.at("organization");
  // null is what somebody sees who isn't an owner.
  rows.add("github.mfa", safe_when(organization.at("two_factor_requirement_enabled").boolean(),
                                   true, kDemanded, kNotDemanded));
  rows.add(
      "github.public",
      safe_when(
          organization.at("members_can_create_public_repositories").boolean(), false,
          {"公開のリポジトリは管理者だけが作れます", "only owners can make public repositories"},
          {"だれでも公開のリポジトリを作れます", "any member can make public repositories"}));
  const ExportPlace place = root.at("membersWithout2fa");
  const auto members = place.objects("login");
  const auto demanded = organization.at("two_factor_requirement_enabled").boolean();
  // To whoever isn't an owner GitHub doesn't tell who has none, nor whether one is demanded.
  if (members.value() == nullptr || place.is_list_of_null() || demanded.value() == nullptr) {
    rows.add("github.members",
             lacking(members.value() == nullptr ? members.lack() : Lack::not_readable));
    return;
  }
  std::vector<std::string> names;
  for (const ExportPlace& one : *members.value()) names.push_back(text_at(one.at("login")));
  rows.add("github.members", names.empty()
                                 ? good("全員が多要素認証を登録しています",
                                        "everyone has registered a second factor", "0", "0")
                                 : bad(fmt::format("多要素認証を登録していない人が {} 人います: {}",
                                                   names.size(), listed(names)),
                                       fmt::format("{} haven't registered a second factor: {}",
                                                   names.size(), listed(names)),
                                       std::to_string(names.size()), "0"));
}

/// An account that was never set up so has none of the four.
CloudSetting<bool> blocks_all(const ExportPlace& place) {
  if (text_at(place.at("error")).contains("NoSuchPublicAccessBlockConfiguration")) return false;
  const ExportPlace four = place.at("PublicAccessBlockConfiguration");
  bool all = true;
  for (const char* one :
       {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}) {
    const CloudSetting<bool> found = four.at(one).boolean();
    if (found.value() == nullptr) return found.lack();
    all = all && *found.value();
  }
  return all;
}

void judge_aws(const ExportPlace& root, CloudRows& rows) {
  rows.add("aws.s3_block",
           safe_when(blocks_all(root.at("publicAccessBlock")), true,
                     {"S3 のバケットを公開できません", "no bucket can be public"},
                     {"S3 のバケットを公開できます", "buckets can be made public"}));
  const ExportPlace summary = root.at("accountSummary").at("SummaryMap");
  const auto with_mfa = summary.at("AccountMFAEnabled").integer();
  const auto keys = summary.at("AccountAccessKeysPresent").integer();
  const auto is_one = [](const CloudSetting<std::int64_t>& number, std::int64_t wanted,
                         const Text& is, const Text& is_not) {
    return judged(number, [&](std::int64_t value) {
      if (value < 0) return lacking(Lack::not_readable);
      const std::string seen = std::to_string(value);
      return value == wanted ? good(is.ja, is.en, seen, std::to_string(wanted))
                             : bad(is_not.ja, is_not.en, seen, std::to_string(wanted));
    });
  };
  rows.add(
      "aws.root_mfa",
      worst_of(
          {is_one(with_mfa, 1,
                  {"ルートユーザーに多要素認証があり、アクセスキーはありません",
                   "the root user has a second factor and no access keys"},
                  {"ルートユーザーに多要素認証がありません", "the root user has no second factor"}),
           is_one(keys, 0,
                  {"ルートユーザーに多要素認証があり、アクセスキーはありません",
                   "the root user has a second factor and no access keys"},
                  {"ルートユーザーにアクセスキーがあります", "the root user has access keys"})}));
}

/// An item of Box's: {"is_used", "value"}. One that isn't used says nothing.
ExportPlace box_value(const ExportPlace& item) {
  if (!item.is_there()) return item;
  return item.at("is_used").boolean().is(true) ? item.at("value") : ExportPlace(Lack::not_readable);
}

void judge_box(const ExportPlace& root, CloudRows& rows) {
  const ExportPlace all = root.at("configuration");
  const ExportPlace sharing = all.at("content_and_sharing");
  const auto mfa = box_value(all.at("security").at("is_multi_factor_auth_required")).boolean();
  const auto sso = box_value(all.at("user_settings").at("is_enterprise_sso_required")).boolean();
  rows.add("box.mfa", sso.is(true)
                          ? good("会社のサインオンだけで入れます",
                                 "only the company's sign-on lets people in", "true", "true")
                          : safe_when(mfa, true, kDemanded, kNotDemanded));
  rows.add("box.password",
           judged(box_value(all.at("security").at("password_min_length")).integer(),
                  [](std::int64_t length) {
                    const std::string seen = std::to_string(length);
                    const std::string limit = std::to_string(kShortestPassword);
                    return length < kShortestPassword
                               ? bad(fmt::format("{} 文字で足ります", length),
                                     fmt::format("{} characters are enough", length), seen, limit)
                               : good(fmt::format("{} 文字以上が必要です", length),
                                      fmt::format("{} characters are needed", length), seen, limit);
                  }));
  const Words who{{"company", "collaborators", "people_in_your_company", "people_in_this_folder"},
                  {"open", "people_with_the_link"}};
  rows.add("box.link_who",
           judge_word(box_value(sharing.at("shared_link_access")).text(), who,
                      {"誰でも開けるリンクは作れません", "no links for anybody can be made"},
                      {"リンクを知っている誰にでも開けるリンクを作れます",
                       "links can be made that anybody who has them can open"}));
  rows.add("box.link_default",
           judge_word(box_value(sharing.at("shared_link_default_access")).text(), who,
                      {"新しいリンクは誰でもは開けません", "new links don't open to anybody"},
                      {"新しいリンクは誰にでも開けます", "new links open to anybody"}));
}

void judge_dropbox(const ExportPlace& root, CloudRows& rows) {
  const ExportPlace sharing = root.at("teamInfo").at("policies").at("sharing");
  const auto tag = [&](const char* name) { return sharing.at(name).at(".tag").text(); };
  // Whatever is only the default can be changed for each link.
  rows.add("dropbox.links",
           judge_word(tag("shared_link_create_policy"),
                      {{"team_only"}, {"default_public", "default_team_only", "default_no_one"}},
                      {"リンクは社内の人だけが開けます", "links open to the team alone"},
                      {"リンクを知っている誰にでも開けるリンクを作れます",
                       "links can be made that anybody who has them can open"}));
  rows.add("dropbox.link_default",
           judge_word(tag("shared_link_create_policy"),
                      {{"team_only", "default_team_only", "default_no_one"}, {"default_public"}},
                      {"新しいリンクは誰でもは開けません", "new links don't open to anybody"},
                      {"新しいリンクは誰にでも開けます", "new links open to anybody"}));
  rows.add("dropbox.folder_member",
           judge_word(tag("shared_folder_member_policy"), {{"team"}, {"anyone"}},
                      {"共有フォルダーは社内だけです", "shared folders stay in the team"},
                      {"共有フォルダーに社外の人を入れられます",
                       "outsiders can be let into shared folders"}));
}

/// People who can sign in: not deleted, and no bots.
void judge_slack(const ExportPlace& root, CloudRows& rows) {
  const ExportPlace answer = root.at("users");
  const ExportPlace place = answer.at("members");
  const auto members = place.objects("id");
  if (members.value() == nullptr || place.is_list_of_null()) {
    rows.add("slack.mfa",
             lacking(members.value() == nullptr ? members.lack() : Lack::not_readable));
    return;
  }
  std::vector<std::string> without;
  std::size_t unsure = 0;
  std::size_t all = 0;
  for (const ExportPlace& one : *members.value()) {
    if (one.at("deleted").boolean().is(true) || one.at("is_bot").boolean().is(true) ||
        text_at(one.at("id")) == "USLACKBOT")
      continue;
    ++all;
    const CloudSetting<bool> has = one.at("has_2fa").boolean();
    if (has.value() == nullptr)
      ++unsure;
    else if (!*has.value())
      without.push_back(text_at(one.at("real_name")).empty() ? text_at(one.at("name"))
                                                             : text_at(one.at("real_name")));
  }
  rows.add("slack.mfa", registered_of(without, unsure, all));
}

/// The team of whoever owns the workspace; guests from elsewhere bear another.
std::string slack_team(const ExportPlace& root) {
  const auto members = root.at("users").at("members").objects("id");
  if (members.value() == nullptr) return {};
  for (const ExportPlace& one : *members.value())
    if (one.at("is_primary_owner").boolean().is(true)) return export_id(one.at("team_id"));
  return members.value()->empty() ? std::string()
                                  : export_id(members.value()->front().at("team_id"));
}

struct ServiceJudge {
  CloudService service;
  void (*judge)(const ExportPlace&, CloudRows&);
  std::string (*account)(const ExportPlace&);  // whose it is
};
constexpr std::array kJudges{
    ServiceJudge{
        CloudService::github, judge_github,
        [](const ExportPlace& root) { return export_id(root.at("organization").at("login")); }},
    ServiceJudge{CloudService::aws, judge_aws,
                 [](const ExportPlace& root) { return export_id(root.at("accountId")); }},
    ServiceJudge{CloudService::box, judge_box,
                 [](const ExportPlace& root) { return export_id(root.at("enterpriseId")); }},
    ServiceJudge{
        CloudService::dropbox, judge_dropbox,
        [](const ExportPlace& root) { return export_id(root.at("teamInfo").at("team_id")); }},
    ServiceJudge{CloudService::slack, judge_slack, slack_team}};

}  // namespace

std::optional<JudgedService> judge_service(const Document& document) {
  const ExportPlace root(document.root);
  const std::string said = text_at(root.at("sekisho"));
  for (const ServiceJudge& one : kJudges) {
    if (said != name(one.service)) continue;
    CloudRows rows(label(one.service).en);
    one.judge(root, rows);
    for (auto& [id, finding] : judge_places(one.service, root)) rows.add(id, std::move(finding));
    return JudgedService{one.service, export_time(root.at("readAt")), rows.take(),
                         one.account(root)};
  }
  return std::nullopt;
}

}  // namespace sekisho
