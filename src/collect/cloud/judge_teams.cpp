// SPDX-License-Identifier: Apache-2.0
// A meeting policy counts for those who have it, which no export says: Global decides, and another
// that is worse is named. Microsoft's own, that nobody is meant to have, are left out.
#include <algorithm>
#include <array>

#include "collect/cloud/cloud_limits.h"
#include "collect/cloud/judge.h"

namespace sekisho {
namespace {

constexpr std::array<std::string_view, 6> kMicrosofts{
    "Default", "AllOn", "AllOff", "RestrictedAnonymousAccess", "RestrictedAnonymousNoRecording",
    "Kiosk"};

/// One verdict over the policies.
template <typename Judge>
Finding over_policies(const CloudSetting<std::vector<MeetingPolicy>>& policies, Judge judge) {
  if (policies.value() == nullptr) return lacking(policies.lack());
  const auto global = std::ranges::find_if(*policies.value(), &MeetingPolicy::global);
  if (global == policies.value()->end())
    return unknown("全員に効く会議ポリシー（Global）がエクスポートにありません",
                   "the export lacks the meeting policy for everyone (Global)");
  Finding found = judge(*global);
  if (found.verdict != Verdict::pass && found.verdict != Verdict::not_applicable) return found;
  std::vector<std::string> worse;
  Finding last;
  for (const MeetingPolicy& one : *policies.value()) {
    if (one.global || std::ranges::find(kMicrosofts, one.name) != kMicrosofts.end()) continue;
    Finding its = judge(one);
    if (its.verdict == Verdict::unknown) return its;
    if (its.verdict != Verdict::fail) continue;
    worse.push_back(one.name);
    last = std::move(its);
  }
  if (worse.empty()) return found;
  const std::string names = listed(worse);
  last.fact = {fmt::format("{}（会議ポリシー「{}」が割り当てられた人）", last.fact.ja, names),
               fmt::format("{} (for whoever has the meeting policy '{}')", last.fact.en, names)};
  return last;
}

Finding judge_lobby(const std::string& who) {
  constexpr std::array<std::string_view, 4> kSafe{
      "EveryoneInCompanyExcludingGuests", "EveryoneInCompany", "InvitedUsers", "OrganizerOnly"};
  constexpr std::string_view kLimit = "EveryoneInCompany";
  const auto is = [&](std::string_view one) { return same_name(who, one); };
  if (std::ranges::any_of(kSafe, is))
    return good("社外の人はロビーで待ちます", "outsiders wait in the lobby", who,
                std::string(kLimit));
  if (is("Everyone"))
    return bad("知らない人も、待たずに会議に入れます", "strangers enter meetings without waiting",
               who, std::string(kLimit));
  if (is("EveryoneInSameAndFederatedCompany"))
    return bad("ほかの会社の人も、待たずに会議に入れます",
               "people of other firms enter meetings without waiting", who, std::string(kLimit));
  return lacking(Lack::not_readable);
}

Finding judge_recording(const MeetingPolicy& policy) {
  return judged(policy.recording, [&](bool on) {
    if (!on) return good("録画はできません", "meetings can't be recorded", "false", "1-120");
    return judged(policy.recording_days, [](std::int64_t days) {
      const std::string seen = std::to_string(days);
      if (days < 1)
        return bad("録画がいつまでも残ります", "recordings are kept for ever", seen, "1-120");
      if (days > kMostRecordingDays)
        return bad(fmt::format("録画が {} 日残ります", days),
                   fmt::format("recordings are kept for {} days", days), seen, "1-120");
      return good(fmt::format("録画は {} 日で消えます", days),
                  fmt::format("recordings are deleted after {} days", days), seen, "1-120");
    });
  });
}

Finding judge_federation(const TeamsSettings& teams) {
  return judged(teams.federation, [&](bool on) {
    if (!on)
      return good("ほかの会社とはチャットできません", "no chat with other firms", "false", "false");
    return safe_when(
        teams.federation_limited, true,
        {"名前を挙げた会社とだけチャットできます", "chat only with firms by name"},
        {"どの会社の人ともチャットできます", "anybody of any firm can be chatted with"});
  });
}

Finding judge_private(const TeamsSettings& teams) {
  return judged(teams.private_accounts, [&](bool on) {
    if (!on)
      return good("個人の Teams とはやり取りできません", "no contact with private accounts",
                  "false", "false");
    return safe_when(
        teams.private_accounts_write, false,
        {"個人の Teams からは連絡できません", "private accounts can't write first"},
        {"知らない人が個人の Teams から連絡できます", "strangers can write from private accounts"});
  });
}

}  // namespace

void judge_teams(const Microsoft365& tenant, CloudRows& rows) {
  const TeamsSettings& teams = tenant.teams;
  rows.add("teams.anon_start", over_policies(teams.meetings, [](const MeetingPolicy& one) {
             if (one.strangers_join.is(false))
               return good("知らない人は会議に入れません", "strangers can't join meetings", "false",
                           "false");
             return safe_when(
                 one.strangers_start, false,
                 {"知らない人は会議を始められません", "strangers can't start a meeting"},
                 {"知らない人が会議を始められます", "strangers can start a meeting"});
           }));
  rows.add("teams.lobby", over_policies(teams.meetings, [](const MeetingPolicy& one) {
             return judged(one.lobby, judge_lobby);
           }));
  rows.add("teams.pstn", over_policies(teams.meetings, [](const MeetingPolicy& one) {
             return safe_when(
                 one.phones_pass, false,
                 {"電話の人はロビーで待ちます", "who joins by phone waits in the lobby"},
                 {"電話なら、待たずに会議に入れます", "who joins by phone enters without waiting"});
           }));
  rows.add("teams.control", over_policies(teams.meetings, [](const MeetingPolicy& one) {
             return safe_when(
                 one.outsiders_control, false,
                 {"社外の人は画面を操作できません", "outsiders can't take control"},
                 {"社外の人に画面を操作させられます", "outsiders can be given control"});
           }));
  rows.add("teams.anon_join", over_policies(teams.meetings, [](const MeetingPolicy& one) {
             return judged(one.strangers_join, [&](bool join) {
               if (!join)
                 return good("知らない人は会議に入れません", "strangers can't join meetings",
                             "false", "false");
               Finding lobby = judged(one.lobby, judge_lobby);
               if (lobby.verdict == Verdict::pass)
                 lobby.fact = {"知らない人は、ロビーで待ってから入ります",
                               "strangers wait in the lobby before they join"};
               return lobby;
             });
           }));
  rows.add("teams.recording", over_policies(teams.meetings, judge_recording));
  rows.add("teams.federation", judge_federation(teams));
  rows.add("teams.consumer_in", judge_private(teams));
  rows.add("teams.apps", judged(teams.other_apps, [](const std::string& apps) {
             if (same_name(apps, "None") || same_name(apps, "AllowedAppList"))
               return good("選んだアプリだけを使えます", "only chosen apps can be used", apps,
                           "None");
             if (same_name(apps, "All"))
               return bad("ほかの会社のどのアプリでも使えます", "any third party's app can be used",
                          apps, "None");
             return lacking(Lack::not_readable);
           }));
}

}  // namespace sekisho
