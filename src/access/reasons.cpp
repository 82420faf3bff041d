// SPDX-License-Identifier: Apache-2.0
// The words of decisions.
#include <algorithm>

#include <fmt/format.h>

#include "access/access.h"

namespace sekisho {
namespace {

using enum AccessAnswer;

struct CodeWords {
  AccessReasonCode code;
  std::string_view name;
  AccessAnswer leaves;
  std::string_view ja;  // {} stand for what a reason is about
  std::string_view en;
};

using enum AccessReasonCode;
constexpr std::array<CodeWords, kAccessReasonCodes> kCodes{{
    {resource_unknown, "resource_unknown", deny,
     "この対象のポリシーがありません。管理者に、ポリシーに加えるよう頼んでください。",
     "No policy speaks of this resource. Ask the administrator to add it to the policy."},
    {snapshot_over, "snapshot_over", deny,
     "サーバーが最新の状態を確かめられません。少し待ってからやり直し、続くときは管理者に知らせてく"
     "ださい。",
     "The server can't tell how things stand now. Try again shortly; tell the administrator if it "
     "goes on."},
    {clock_back, "clock_back", deny, "サーバーの時計が戻っています。管理者に知らせてください。",
     "The server's clock went back. Tell the administrator."},
    {session_unknown, "session_unknown", deny, "サインインしていません。サインインしてください。",
     "You aren't signed in. Sign in."},
    {session_over, "session_over", deny,
     "サインインの期限が切れました。もう一度サインインしてください。",
     "Your session is over. Sign in again."},
    {person_unknown, "person_unknown", deny,
     "この利用者は登録されていません。管理者に知らせてください。",
     "This person isn't registered. Tell the administrator."},
    {person_disabled, "person_disabled", deny,
     "このアカウントは止められています。使う必要があるときは管理者に知らせてください。",
     "This account is disabled. Tell the administrator if you need it."},
    {person_suspended, "person_suspended", deny,
     "管理者があなたのアクセスを一時停止しています。心当たりがないときは管理者に知らせてください。",
     "An administrator suspended your access. Tell the administrator if you don't know why."},
    {person_not_named, "person_not_named", deny,
     "この対象を使える人に含まれていません。必要なときは管理者に頼んでください。",
     "You aren't among those who may use this resource. Ask the administrator if you need it."},
    {device_unknown, "device_unknown", deny,
     "この端末は登録されていません。Sekisho "
     "に登録した端末から使うか、管理者に登録リンクを頼んでくださ"
     "い。",
     "This device isn't registered. Use a device that is registered with Sekisho, or ask the "
     "administrator for a link to register it."},
    {device_lost, "device_lost", deny,
     "この端末は紛失として届けられています。見つかったときは管理者に知らせてください。",
     "This device is reported as lost. Tell the administrator if it was found."},
    {device_retired, "device_retired", deny,
     "この端末は使用を終えています。ほかの端末から使ってください。",
     "This device is retired. Use another one."},
    {device_suspended, "device_suspended", deny,
     "管理者がこの端末からのアクセスを一時停止しています。管理者に知らせてください。",
     "An administrator suspended access from this device. Tell the administrator."},
    {device_copied, "device_copied", deny,
     "この端末の鍵が二か所で使われています。管理者に知らせ、端末を登録し直してください。",
     "This device's key is in use in two places. Tell the administrator and register it again."},
    {device_unproven, "device_unproven", deny,
     "この端末に有効な証明書がありません。エージェントが動いているか確かめ、なければ登録し直してく"
     "だ"
     "さい。",
     "This device has no valid certificate. See that its agent runs, or register it again."},
    {device_of_another, "device_of_another", deny,
     "この端末はあなたの端末として登録されていません。自分の端末から使うか、管理者に割り当てを頼ん"
     "で"
     "ください。",
     "This device isn't registered as yours. Use your own, or ask the administrator to assign it."},
    {device_private, "device_private", deny,
     "私物の端末では使えません。会社の端末から使ってください。",
     "A device of your own can't be used for it. Use one of the organisation's."},
    {device_changed, "device_changed", deny,
     "始めたときとは別の端末からの接続です。この端末でもう一度サインインしてください。",
     "It comes from another device than it began on. Sign in again on this one."},
    {measure_failing, "measure_failing", deny,
     "この端末で次の対策ができていません: {}。直し方は、コンソールの「自分のページ」に出ます。",
     "This device does not meet: {}. How to mend it stands on My page in the console."},
    {measure_unknown, "measure_unknown", deny,
     "この端末で次の対策ができているか分かりません: "
     "{}。端末のエージェントが報告しているか確かめてくだ"
     "さい。質問への回答が必要な対策は、管理者が答えます。",
     "It isn't known whether this device meets: {}. See that the device's agent reports; where a "
     "question has to be answered, the administrator does."},
    {measure_old, "measure_old", deny,
     "次の対策を確かめたのが古すぎます: {}（{} "
     "より新しい結果が必要です）。端末をネットワークにつなぎ、"
     "エージェントの報告を待ってください。",
     "It is too long ago that this was seen: {} (not older than {} is asked). Connect the device "
     "and "
     "wait for its agent's report."},
    {measure_in_grace, "measure_in_grace", allow,
     "次の対策ができているといえなくなりました: {}。{} まで使えます。それまでに直してください。",
     "This is no longer shown to be met: {}. It is let pass until {}; mend it by then."},
    {second_factor_missing, "second_factor_missing", deny,
     "二要素認証が設定されていません。アカウントの画面で設定してください。",
     "You have no second factor. Set one up on your account's page."},
    {second_factor_due, "second_factor_due", step_up,
     "二要素認証をもう一度示してください（認証アプリのコードかパスキー）。",
     "Show your second factor once more: a code of the app, or a passkey."},
    {passkey_missing, "passkey_missing", deny,
     "パスキーが登録されていません。アカウントの画面で登録してください。",
     "You have no passkey. Add one on your account's page."},
    {passkey_due, "passkey_due", step_up, "パスキーをもう一度示してください。",
     "Show your passkey once more."},
    {outside_hours, "outside_hours", deny, "使える時間の外です（使える時間: {}）。",
     "It is outside the hours of use ({})."},
    {network_unknown, "network_unknown", deny,
     "どのネットワークからの接続か分かりません。管理者に知らせてください。",
     "It isn't known from which network you come. Tell the administrator."},
    {network_elsewhere, "network_elsewhere", deny,
     "このネットワークからは使えません。決められたネットワーク（会社や VPN など）から接続してくださ"
     "い。",
     "It can't be used from this network. Connect from one that is named for it, such as the "
     "office "
     "or the VPN."},
    {country_unknown, "country_unknown", deny,
     "どの国からの接続か分かりません。管理者に知らせてください。",
     "It isn't known from which country you come. Tell the administrator."},
    {country_elsewhere, "country_elsewhere", deny,
     "この国からは使えません。出張などで必要なときは管理者に頼んでください。",
     "It can't be used from this country. Ask the administrator when you travel."},
    {risk_unknown, "risk_unknown", deny,
     "なりすましの疑いを確かめられません。少し待ってやり直し、続くときは管理者に知らせてください。",
     "It can't be told whether somebody else acts as you. Try again shortly; tell the "
     "administrator "
     "if it goes on."},
    {risk_raised, "risk_raised", step_up,
     "いつもと違う様子があるため、本人であることを確かめます。二要素認証を示してください。",
     "Something is unlike you. Show your second factor, so that it is known to be you."},
    {risk_high, "risk_high", step_up,
     "なりすましの疑いが高いため、本人であることを確かめます。二要素認証を示してください。",
     "It is likely that somebody else acts as you. Show your second factor."},
    {risk_confirmed, "risk_confirmed", deny,
     "なりすましの兆候が複数あるため止めています。管理者に電話などで知らせてください。",
     "Several signs say that somebody else acts as you. Call the administrator."},
    {emergency_open, "emergency_open", allow,
     "緊急アクセスで使っています。管理者と経営者に通知され、記録されています。",
     "You are using emergency access. Administrators and executives were told, and it is on "
     "record."},
    {emergency_over, "emergency_over", deny,
     "緊急アクセスは終わりました。いつもの方法でサインインしてください。",
     "Emergency access is over. Sign in the usual way."},
}};

/// The same in a few words, in the order of the codes.
struct FewWords {
  std::string_view ja, en;
};
constexpr std::array<FewWords, kAccessReasonCodes> kFewWords{{
    {"ポリシーにない対象", "no policy speaks of it"},
    {"サーバーが最新の状態を確かめられない", "the server can't tell how things stand"},
    {"サーバーの時計が戻った", "the server's clock went back"},
    {"サインインしていない", "not signed in"},
    {"サインインの期限切れ", "the session is over"},
    {"登録されていない利用者", "not a registered person"},
    {"無効なアカウント", "account disabled"},
    {"利用者を一時停止中", "person suspended"},
    {"使える人に含まれない", "not among those who may"},
    {"登録されていない端末", "not a registered device"},
    {"紛失の届けがある端末", "device reported lost"},
    {"使用を終えた端末", "device retired"},
    {"端末を一時停止中", "device suspended"},
    {"鍵が二か所で使われている端末", "device key in use in two places"},
    {"有効な証明書がない端末", "device without a valid certificate"},
    {"本人の端末ではない", "not their device"},
    {"私物の端末", "their own device (BYOD)"},
    {"始めたときと別の端末", "another device than it began on"},
    {"対策ができていない", "measure not met"},
    {"対策ができているか不明", "measure not known to be met"},
    {"対策の確認が古い", "measure seen too long ago"},
    {"対策の猶予中", "measure in its grace period"},
    {"二要素認証が未設定", "no second factor set up"},
    {"二要素認証の示し直し", "second factor asked once more"},
    {"パスキーが未登録", "no passkey"},
    {"パスキーの示し直し", "passkey asked once more"},
    {"使える時間の外", "outside the hours of use"},
    {"接続元のネットワークが不明", "network not known"},
    {"許されていないネットワーク", "from a network that isn't named"},
    {"接続元の国が不明", "country not known"},
    {"許されていない国", "from a country that isn't named"},
    {"なりすましの疑いを確かめられない", "risk of impersonation not known"},
    {"なりすましの疑いがやや高い", "risk of impersonation raised"},
    {"なりすましの疑いが高い", "risk of impersonation high"},
    {"なりすましの兆候が複数", "several signs of impersonation"},
    {"緊急アクセス", "emergency access"},
    {"緊急アクセスの終了", "emergency access is over"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kCodes.size(); ++i)
    if (static_cast<std::size_t>(kCodes.at(i).code) != i) return false;
  return true;
}
static_assert(in_order());

const CodeWords& of(AccessReasonCode code) { return kCodes.at(static_cast<std::size_t>(code)); }

struct AnswerWords {
  std::string_view name, ja, en;
};
constexpr std::array<AnswerWords, 3> kAnswers{{{"deny", "使えません", "denied"},
                                               {"step_up", "追加の確認が必要です", "step up"},
                                               {"allow", "使えます", "allowed"}}};
constexpr std::array<std::string_view, 4> kRisks{"low", "raised", "high", "confirmed"};

template <typename... Args>
Text filled(const CodeWords& words, const Args&... args) {
  return {fmt::format(fmt::runtime(words.ja), args...),
          fmt::format(fmt::runtime(words.en), args...)};
}

/// "SK-admin-E2 Encrypt disks" without the full stop that the sentence around it has.
Text measure_words(const Policy& policy, std::uint16_t place) {
  const Requirement& of = *policy.measures().at(place);
  const auto shown = [&](std::string text, std::string_view stop) {
    if (text.ends_with(stop)) text.resize(text.size() - stop.size());
    return of.id + " " + text;
  };
  return {shown(of.text.ja, "。"), shown(of.text.en, ".")};
}

}  // namespace

std::string_view name(AccessAnswer answer) {
  return kAnswers.at(static_cast<std::size_t>(answer)).name;
}
Text label(AccessAnswer answer) {
  const AnswerWords& words = kAnswers.at(static_cast<std::size_t>(answer));
  return {std::string(words.ja), std::string(words.en)};
}

std::string_view name(ImpersonationRisk risk) { return kRisks.at(static_cast<std::size_t>(risk)); }

std::optional<ImpersonationRisk> impersonation_risk_named(std::string_view name) {
  const auto found = std::ranges::find(kRisks, name);
  if (found == kRisks.end()) return std::nullopt;
  return static_cast<ImpersonationRisk>(found - kRisks.begin());
}

std::string_view name(AccessReasonCode code) { return of(code).name; }

std::optional<AccessReasonCode> access_reason_named(std::string_view name) {
  const auto found = std::ranges::find(kCodes, name, &CodeWords::name);
  if (found == kCodes.end()) return std::nullopt;
  return found->code;
}

Text label(AccessReasonCode code) {
  const FewWords& few = kFewWords.at(static_cast<std::size_t>(code));
  return {std::string(few.ja), std::string(few.en)};
}

AccessAnswer leaves(AccessReasonCode code) { return of(code).leaves; }

Text words(const Policy& policy, const AccessRule* rule, const Calendar& calendar,
           const AccessReason& reason) {
  const CodeWords& code = of(reason.code);
  const auto both = [&](const Text& first, const Text& second) -> Text {
    return {fmt::format(fmt::runtime(code.ja), first.ja, second.ja),
            fmt::format(fmt::runtime(code.en), first.en, second.en)};
  };
  switch (reason.code) {
    case measure_failing:
    case measure_unknown: return both(measure_words(policy, reason.measure), {});
    case measure_old:
      return both(measure_words(policy, reason.measure),
                  rule == nullptr ? Text{} : words(rule->evidence_age));
    case measure_in_grace: {
      const std::string until = calendar.format_minute(reason.until);
      return both(measure_words(policy, reason.measure), {until, until});
    }
    case outside_hours:
      return both(rule == nullptr || !rule->hours ? Text{} : rule->hours->words(), {});
    default: return filled(code);
  }
}

}  // namespace sekisho
