// SPDX-License-Identifier: Apache-2.0
// Settings of services of which a file of ours holds answers, an entry each.
#include "collect/cloud/plain.h"

namespace sekisho {
namespace {

using enum CloudService;

std::vector<PlaceSetting> meeting_places() {
  const Text schedule{
      "Zoom の管理画面 → アカウント設定 → ミーティング → ミーティングをスケジュール",
      "Zoom portal → Account Settings → Meeting → Schedule Meeting"};
  const Text basic{"Zoom の管理画面 → アカウント設定 → ミーティング → ミーティング内（基本）",
                   "Zoom portal → Account Settings → Meeting → In Meeting (Basic)"};
  return {
      {"zoom.auth_join",
       zoom,
       "",
       {{"meetingAuthentication/meeting_authentication", {"true"}, {"false"}}},
       {"サインインした人だけの参加", "Only people who signed in"},
       {"Zoom の管理画面 → アカウント設定 → ミーティング → セキュリティ",
        "Zoom portal → Account Settings → Meeting → Security"},
       {"サインインした人だけが入れます", "only people who signed in get in"},
       {"サインインせずに入れます", "people get in without signing in"}},
      {"zoom.pmi_use",
       zoom,
       "",
       {{"settings/schedule_meeting/use_pmi_for_scheduled_meetings", {"false"}, {"true"}},
        {"settings/schedule_meeting/use_pmi_for_instant_meetings", {"false"}, {"true"}}},
       {"個人の会議室の使い回し", "Personal rooms used for meetings"},
       schedule,
       {"会議ごとに番号が変わります", "each meeting has a number of its own"},
       {"個人の会議室の番号を使い回します", "personal rooms' numbers are used again and again"}},
      {"zoom.rename",
       zoom,
       "",
       {{"settings/in_meeting/allow_participants_to_rename", {"false"}, {"true"}}},
       {"名前の変更", "Renaming oneself"},
       basic,
       {"参加者は名前を変えられません", "participants can't rename themselves"},
       {"参加者が名前を変えられます", "participants can rename themselves"}},
      {"zoom.files",
       zoom,
       "",
       {{"settings/in_meeting/file_transfer", {"false"}, {"true"}}},
       {"会議のチャットのファイル", "Files in a meeting's chat"},
       basic,
       {"会議のチャットでファイルを送れません", "no files in the chat"},
       {"会議のチャットでファイルを送れます", "files can be sent in the chat"}},
      {"zoom.topic",
       zoom,
       "",
       {{"settings/schedule_meeting/not_store_meeting_topic", {"true"}, {"false"}}},
       {"会議の題名", "Topics of meetings"},
       schedule,
       {"会議の題名は残りません", "topics aren't kept"},
       {"会議の題名が残ります", "topics are kept"}},
      {"zoom.rec_auth",
       zoom,
       "",
       {{"recordingAuthentication/recording_authentication", {"true"}, {"false"}}},
       {"録画を見られる人", "Who watches recordings"},
       {"Zoom の管理画面 → アカウント設定 → レコーディング",
        "Zoom portal → Account Settings → Recording"},
       {"録画はサインインした人だけが見られます", "only people who signed in watch recordings"},
       {"録画はサインインせずに見られます", "recordings are watched without signing in"}},
      {"webex.capture",
       webex,
       "",
       {{"commonSettings/securityOptions/allowMobileScreenCapture", {"false"}, {"true"}}},
       {"スマートフォンでの画面の撮影", "Screen capture on phones"},
       {"Control Hub → ミーティング → サイト → 設定 → 共通設定 → セキュリティ",
        "Control Hub → Meeting → Sites → Settings → Common Settings → Security"},
       {"スマートフォンで画面を撮れません", "phones can't capture the screen"},
       {"スマートフォンで画面を撮れます", "phones can capture the screen"}},
  };
}

std::vector<PlaceSetting> storage_places() {
  const Text box_sharing{"Box の管理コンソール → Enterprise 設定 → コンテンツと共有",
                         "Box Admin Console → Enterprise Settings → Content & Sharing"};
  const Text dropbox_sharing{"Dropbox の管理コンソール → 設定 → 共有",
                             "Dropbox admin console → Settings → Sharing"};
  const Text github_members{"GitHub の Organization → Settings → Member privileges",
                            "GitHub organization → Settings → Member privileges"};
  return {
      {"box.link_custom",
       box,
       "",
       {{"configuration/content_and_sharing/is_open_custom_urls_disabled", {"true"}, {"false"}}},
       {"推測できるリンクの名前", "Link names that can be guessed"},
       box_sharing,
       {"公開リンクの名前は選べません", "names of open links can't be chosen"},
       {"公開リンクに推測できる名前を付けられます", "open links can have names that are guessed"}},
      {"box.link_expiry",
       box,
       "",
       {{"configuration/content_and_sharing/is_public_shared_links_expiration_enabled",
         {"true"},
         {"false"}},
        {"configuration/content_and_sharing/public_shared_links_expiration_days", {"1-30"}, {"#"}}},
       {"公開リンクの期限", "How long open links last"},
       box_sharing,
       {"公開リンクは 30 日以内に切れます", "open links end within 30 days"},
       {"公開リンクに期限がないか、30 日を超えます", "open links last for more than 30 days"}},
      {"box.invite",
       box,
       "",
       {{"configuration/content_and_sharing/is_invite_privilege_restricted", {"true"}, {"false"}}},
       {"Box に招ける人", "Who may invite in Box"},
       box_sharing,
       {"招けるのは、決めた人だけです", "only some may invite"},
       {"誰でも社外の人を招けます", "anybody can invite outsiders"}},
      {"dropbox.folder_join",
       dropbox,
       "",
       {{"teamInfo/policies/sharing/shared_folder_join_policy/.tag",
         {"from_team_only"},
         {"from_anyone"}}},
       {"よその共有フォルダーへの参加", "Joining others' folders"},
       dropbox_sharing,
       {"よその共有フォルダーには入れません", "others' folders can't be joined"},
       {"よその共有フォルダーに入れます", "others' folders can be joined"}},
      {"dropbox.emm",
       dropbox,
       "",
       {{"teamInfo/policies/emm_state/.tag", {"required"}, {"disabled", "optional"}}},
       {"スマートフォンの管理", "Management of phones"},
       {"Dropbox の管理コンソール → 設定 → デバイス", "Dropbox admin console → Settings → Devices"},
       {"管理されたスマートフォンだけで使えます", "only managed phones are let in"},
       {"管理されていないスマートフォンでも使えます", "phones that nobody manages are let in"}},
      {"github.default_right",
       github,
       "",
       {{"organization/default_repository_permission", {"read", "none"}, {"write", "admin"}}},
       {"全員の初めの権限", "What members may do at first"},
       github_members,
       {"初めは読むだけです", "members only read at first"},
       {"初めから全員が書き換えられます", "members can change everything from the start"}},
      {"github.fork",
       github,
       "",
       {{"organization/members_can_fork_private_repositories", {"false"}, {"true"}}},
       {"非公開のコードの複製", "Forks of private code"},
       github_members,
       {"非公開のコードは複製できません", "private code can't be forked"},
       {"非公開のコードを複製できます", "private code can be forked"}},
  };
}

}  // namespace

const std::vector<PlaceSetting>& place_settings() {
  static const std::vector<PlaceSetting> all = [] {
    std::vector<PlaceSetting> settings;
    for (auto& list : {meeting_places(), storage_places()})
      settings.insert(settings.end(), list.begin(), list.end());
    return settings;
  }();
  return all;
}

}  // namespace sekisho
