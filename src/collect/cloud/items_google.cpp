// SPDX-License-Identifier: Apache-2.0
// What is looked at in Google Workspace, and where its administrator sets it.
#include "collect/cloud/items.h"

namespace sekisho {
namespace {

CloudItem google_item(std::string_view id, std::string_view check, bool severe, Text title,
                      const char* ja, const char* en) {
  return {
      id,
      CloudService::google,
      check,
      severe,
      std::move(title),
      {std::string("Google 管理コンソール → ") + ja, std::string("Google Admin console → ") + en}};
}

}  // namespace

std::vector<CloudItem> google_items() {
  constexpr const char* kTwoStepJa = "セキュリティ → 認証 → 2 段階認証プロセス";
  constexpr const char* kTwoStep = "Security → Authentication → 2-Step Verification";
  constexpr const char* kPasswordJa = "セキュリティ → 認証 → パスワードの管理";
  constexpr const char* kPassword = "Security → Authentication → Password management";
  constexpr const char* kDriveJa = "アプリ → ドライブとドキュメント → 共有設定";
  constexpr const char* kDrive = "Apps → Drive and Docs → Sharing settings";
  constexpr const char* kGroupsJa = "アプリ → ビジネス向け Google グループ → 共有設定";
  constexpr const char* kGroups = "Apps → Groups for Business → Sharing settings";
  constexpr const char* kEndUserJa = "アプリ → Gmail → エンドユーザーのアクセス";
  constexpr const char* kEndUser = "Apps → Gmail → End User Access";
  constexpr const char* kSafetyJa = "アプリ → Gmail → 安全性";
  constexpr const char* kSafety = "Apps → Gmail → Safety";
  constexpr const char* kSpamJa = "アプリ → Gmail → 迷惑メール、フィッシング、マルウェア";
  constexpr const char* kSpam = "Apps → Gmail → Spam, Phishing and Malware";
  constexpr const char* kMeetJa = "アプリ → Google Meet → Meet の安全性設定";
  constexpr const char* kMeet = "Apps → Google Meet → Meet safety settings";
  constexpr const char* kChatJa = "アプリ → Google Chat → 外部チャットの設定";
  constexpr const char* kChat = "Apps → Google Chat → External Chat settings";
  return {
      google_item("google.mfa", "cloud-mfa-everyone", true,
                  {"Google の 2 段階認証プロセス", "2-Step Verification for everyone"}, kTwoStepJa,
                  kTwoStep),
      google_item("google.mfa_user", "cloud-mfa-registered", true,
                  {"2 段階認証プロセスの登録", "Enrolment in 2-Step Verification"},
                  "ディレクトリ → ユーザー", "Directory → Users"),
      google_item(
          "google.mfa_admin", "cloud-mfa-admins", true,
          {"特権管理者の 2 段階認証プロセス", "2-Step Verification for super administrators"},
          kTwoStepJa, kTwoStep),
      google_item("google.admin_count", "cloud-admin-count", false,
                  {"特権管理者の人数", "How many super administrators"},
                  "アカウント → 管理者ロール", "Account → Admin roles"),
      google_item("google.admin_recovery", "cloud-mfa-admins", false,
                  {"特権管理者の再設定", "Recovery of super administrators"},
                  "セキュリティ → 認証 → アカウントの復元",
                  "Security → Authentication → Account recovery"),
      google_item("google.password_length", "cloud-password", false,
                  {"Google のパスワードの長さ", "Length of Google passwords"}, kPasswordJa,
                  kPassword),
      google_item("google.password_strength", "cloud-password", false,
                  {"Google のパスワードの強さ", "Strength of Google passwords"}, kPasswordJa,
                  kPassword),
      google_item("google.less_secure", "cloud-old-sign-in", false,
                  {"安全性の低いアプリ", "Less secure apps"},
                  "セキュリティ → アクセスとデータ管理 → 安全性の低いアプリ",
                  "Security → Access and data control → Less secure apps"),
      google_item("google.third_party", "cloud-app-consent", false,
                  {"認めていないアプリ", "Apps that nobody approved"},
                  "セキュリティ → アクセスとデータ管理 → API の制御",
                  "Security → Access and data control → API controls"),
      google_item("google.marketplace", "cloud-app-consent", false,
                  {"Marketplace のアプリ", "Apps of the Marketplace"},
                  "アプリ → Google Workspace Marketplace アプリ → 設定",
                  "Apps → Google Workspace Marketplace apps → Settings"),
      google_item("google.drive_public", "cloud-public-links", true,
                  {"ドライブの誰でも開けるリンク", "Links for anybody in Drive"}, kDriveJa, kDrive),
      google_item("google.drive_share", "cloud-guests", false,
                  {"ドライブの社外との共有", "Sharing outside in Drive"}, kDriveJa, kDrive),
      google_item("google.drive_nongoogle", "cloud-guests", false,
                  {"Google アカウントのない人", "People without a Google account"}, kDriveJa,
                  kDrive),
      google_item("google.drive_default", "cloud-link-default", true,
                  {"新しいファイルを開ける人", "Who opens new files"},
                  "アプリ → ドライブとドキュメント → 共有設定 → 一般的なアクセスの初期設定",
                  "Apps → Drive and Docs → Sharing settings → General access default"),
      google_item("google.shared_drive", "cloud-guests", false,
                  {"共有ドライブの社外の人", "Outsiders in shared drives"},
                  "アプリ → ドライブとドキュメント → 共有設定 → 共有ドライブの作成",
                  "Apps → Drive and Docs → Sharing settings → Shared drive creation"),
      google_item("google.calendar", "cloud-calendar", false,
                  {"カレンダーの公開", "Open calendars"}, "アプリ → カレンダー → 共有設定",
                  "Apps → Calendar → Sharing settings"),
      google_item("google.groups", "cloud-public-links", true,
                  {"グループの社外への公開", "Groups open to the world"}, kGroupsJa, kGroups),
      google_item("google.groups_view", "cloud-public-links", false,
                  {"グループの会話を読める人", "Who reads groups"}, kGroupsJa, kGroups),
      google_item("google.groups_ext", "cloud-guests", false,
                  {"グループの社外の人", "Outsiders in groups"}, kGroupsJa, kGroups),
      google_item("google.gmail_forward", "cloud-mail-forward", true,
                  {"Gmail の自動転送", "Automatic forwarding in Gmail"}, kEndUserJa, kEndUser),
      google_item("google.gmail_popimap", "cloud-old-sign-in", false,
                  {"POP と IMAP", "POP and IMAP"}, kEndUserJa, kEndUser),
      google_item("google.gmail_attach", "cloud-mail-filter", false,
                  {"危ない添付ファイル", "Dangerous attachments"}, kSafetyJa, kSafety),
      google_item("google.gmail_links", "cloud-mail-filter", false,
                  {"危ないリンク", "Dangerous links"}, kSafetyJa, kSafety),
      google_item("google.gmail_spoof", "cloud-mail-filter", false,
                  {"なりすましメール", "Spoofed email"}, kSafetyJa, kSafety),
      google_item("google.gmail_predelivery", "cloud-mail-filter", false,
                  {"届く前の詳しい検査", "A closer look before delivery"}, kSpamJa, kSpam),
      google_item("google.gmail_allowlist", "cloud-mail-filter", false,
                  {"迷惑メール対策を通さない IP アドレス", "IP addresses past the filter"}, kSpamJa,
                  kSpam),
      google_item("google.meet_join", "meeting-lobby", true,
                  {"Meet に入れる人", "Who gets into Meet"}, kMeetJa, kMeet),
      google_item("google.meet_host", "meeting-control", false,
                  {"主催者の管理機能", "Host management"}, kMeetJa, kMeet),
      google_item("google.meet_record", "meeting-recording", false,
                  {"Meet の自動録画", "Automatic recording in Meet"},
                  "アプリ → Google Meet → Meet の動画設定",
                  "Apps → Google Meet → Meet video settings"),
      google_item("google.chat", "cloud-outside-chat", false, {"社外とのチャット", "Chat outside"},
                  kChatJa, kChat),
      google_item("google.mfa_methods", "", false,
                  {"SMS と電話のコード", "Codes by text message and voice"}, kTwoStepJa, kTwoStep),
      google_item("google.mfa_trust", "", false, {"信頼済みの端末", "Trusted devices"}, kTwoStepJa,
                  kTwoStep),
      google_item("google.app_sdp", "", false, {"高度な保護機能", "Advanced Protection"},
                  "セキュリティ → 認証 → 高度な保護機能プログラム",
                  "Security → Authentication → Advanced Protection Program"),
      google_item("google.drive_warn", "", false,
                  {"社外と共有する前の知らせ", "Warning before sharing"}, kDriveJa, kDrive),
      google_item("google.drive_checker", "", false, {"勧める共有の相手", "Suggested sharing"},
                  kDriveJa, kDrive),
      google_item("google.drive_move", "", false,
                  {"よその会社への移動", "Files moved to other firms"}, kDriveJa, kDrive),
      google_item("google.drive_desktop", "", false, {"PC への同期", "Sync to PCs"},
                  "アプリ → ドライブとドキュメント → パソコン版ドライブ",
                  "Apps → Drive and Docs → Drive for desktop"),
      google_item("google.gmail_delegate", "", false, {"メールの委任", "Delegated mailboxes"},
                  "アプリ → Gmail → ユーザー設定", "Apps → Gmail → User settings"),
      google_item("google.gmail_gateway", "", false,
                  {"よその送信サーバー", "Other outgoing servers"}, kEndUserJa, kEndUser),
      google_item("google.calendar_warn", "", false,
                  {"社外の人を招く前の知らせ", "Warning before inviting"},
                  "アプリ → カレンダー → 共有設定", "Apps → Calendar → Sharing settings"),
      google_item("google.meet_other", "", false, {"よその会議への参加", "Meetings of others"},
                  kMeetJa, kMeet),
      google_item("google.meet_label", "", false, {"社外の人の目印", "Outsiders are marked"},
                  kMeetJa, kMeet),
      google_item("google.chat_files", "cloud-outside-chat", false,
                  {"チャットのファイル", "Files in chat"}, kChatJa, kChat),
  };
}

}  // namespace sekisho
