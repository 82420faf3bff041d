#include "collect/inventory/reading.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/inventory/written.h"
#include "collect/vuln/systems.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

using Is = Reading::Is;

struct Shown {
  std::string_view kind;  // its id in the guideline
  std::string_view ja, en;
};
/// Where gear shows its version, as is commonly known; not held against each maker's manual.
constexpr std::array kShown{
    Shown{"fortigate", "ダッシュボード > ステータス > システム情報",
          "Dashboard > Status > System Information"},
    Shown{"pan-os", "Dashboard > General Information の Software Version",
          "Dashboard > General Information, Software Version"},
    Shown{"connect-secure", "System > Status > Overview の System Version",
          "System > Status > Overview, System Version"},
    Shown{"sonicwall", "デバイス > 設定 > ファームウェアと設定",
          "Device > Settings > Firmware and Settings"},
    Shown{"sma100", "System > Status の Firmware Version", "System > Status, Firmware Version"},
    Shown{"netscaler", "コマンド show ns version", "the command show ns version"},
    Shown{"cisco-asa", "コマンド show version", "the command show version"},
    Shown{"cisco-ftd", "コマンド show version", "the command show version"},
    Shown{"cisco-ios-xe", "コマンド show version", "the command show version"},
    Shown{"cisco-rv", "Status and Statistics > System Summary",
          "Status and Statistics > System Summary"},
    Shown{"checkpoint", "コマンド show version all", "the command show version all"},
    Shown{"big-ip", "コマンド tmsh show sys version", "the command tmsh show sys version"},
    Shown{"junos", "コマンド show version", "the command show version"},
    Shown{"sophos", "コントロールセンター > システム", "Control center > System"},
    Shown{"firebox", "Fireware Web UI の Dashboard > Front Panel",
          "Dashboard > Front Panel of the Fireware Web UI"},
    Shown{"zyxel", "Dashboard > Device Information", "Dashboard > Device Information"},
    Shown{"array-ag", "コマンド show version", "the command show version"},
    Shown{"vigor", "Dashboard > System Information", "Dashboard > System Information"},
    Shown{"mikrotik", "System > Resources の Version", "System > Resources, Version"},
    Shown{"yamaha-rtx", "コマンド show environment の Rev.", "the command show environment, Rev."},
    Shown{"nec-ix", "コマンド show version", "the command show version"},
    Shown{"buffalo", "設定画面のステータス > システム", "its page, status > system"},
    Shown{"aterm", "クイック設定 Web の 情報 > 現在の状態",
          "Quick Setup Web, information > current state"},
    Shown{"elecom", "設定画面の ステータス", "its page, status"},
    Shown{"iodata", "設定画面の ステータス", "its page, status"},
    Shown{"tp-link", "設定画面の 詳細設定 > システム > ファームウェアアップグレード",
          "its page, Advanced > System > Firmware Upgrade"},
    Shown{"asus", "設定画面の 管理 > ファームウェア更新",
          "its page, Administration > Firmware Upgrade"},
    Shown{"netgear", "設定画面の 高度 > 管理 > ファームウェアの更新",
          "its page, Advanced > Administration > Firmware Update"},
    Shown{"d-link", "設定画面の右上の Firmware Version",
          "its page, Firmware Version at the top right"},
    Shown{"synology", "コントロールパネル > 情報センター", "Control Panel > Info Center"},
    Shown{"qnap-qts", "コントロールパネル > システム > ファームウェア更新",
          "Control Panel > System > Firmware Update"},
    Shown{"qnap-quts", "コントロールパネル > システム > ファームウェア更新",
          "Control Panel > System > Firmware Update"},
    Shown{"buffalo-nas", "設定画面の メンテナンス > ファームウェア",
          "its page, Maintenance > Firmware"}};

Text look_under(const Appliance& kind) {
  const auto* found = std::ranges::find(kShown, kind.id, &Shown::kind);
  if (found != kShown.end())
    return {fmt::format("見る所: {}", found->ja), fmt::format("look under: {}", found->en)};
  return {"機器の管理画面の「ファームウェア」「システム情報」にあるバージョンを写してください",
          "copy the version that its page shows under firmware or system information"};
}

void add(Text& words, const Text& more) {
  words.ja += "。" + more.ja;
  words.en += "; " + more.en;
}

/// A model that NVD's data knows, or what to say of it.
Reading read_model(const Feeds& feeds, const Appliance& kind, std::string_view model) {
  if (!kind.models) return {Is::read, {}};
  const std::string shown = printable(trim(model), 60);
  if (shown.empty())
    return {Is::unclear,
            {fmt::format("型番も入れてください（例: {}）", kind.models->example),
             fmt::format("enter its model as well (one looks like {})", kind.models->example)}};
  if (!feeds.weaknesses)
    return {Is::unclear,
            {"NVD のデータがまだないので、型番は照らし合わせられません",
             "there is no data of NVD yet to look the model up in"}};
  const auto names = kind.cpe_of(model);
  const bool known = std::ranges::any_of(
      names, [&](const auto& one) { return feeds.weaknesses->covers(one.first, one.second); });
  if (known) return {Is::read, {}};
  return {
      Is::unclear,
      {fmt::format("型番「{}」は NVD のデータにありません。本体のラベルの型番か確かめてください",
                   shown),
       fmt::format("NVD's data does not name a model '{}'; check it against the label on the "
                   "device",
                   shown)}};
}

}  // namespace

std::string_view name(Is is) {
  constexpr std::array<std::string_view, 4> kNames{"nothing", "read", "unclear", "not_read"};
  return kNames.at(static_cast<std::size_t>(is));
}

Reading read_gear(const Feeds& feeds, const Appliance& kind, std::string_view model,
                  std::string_view version) {
  if (trim(version).empty()) return {Is::nothing, look_under(kind)};
  const auto found = firmware_version(kind, version);
  Reading reading{!found           ? Is::not_read
                  : found->exact() ? Is::read
                                   : Is::unclear,
                  firmware_words(kind, version)};
  if (!found) {
    add(reading.words, look_under(kind));
    return reading;
  }
  const std::string entered = printable(trim(version), 60);
  if (entered != found->plain)
    reading.words = {fmt::format("「{}」から {} と読みました", entered, reading.words.ja),
                     fmt::format("{} read from '{}'", reading.words.en, entered)};
  if (const Reading of_model = read_model(feeds, kind, model); of_model.is != Is::read) {
    reading.is = Is::unclear;
    add(reading.words, of_model.words);
  }
  return reading;
}

Reading read_system(const SupportFeed& feed, const std::string& system, const std::string& version,
                    Day today) {
  if (trim(std::string_view(system)).empty())
    return {Is::nothing,
            {"OS の名前とバージョンを入れてください（例: Windows 11 Pro、24H2）",
             "enter the system's name and version (like Windows 11 Pro, 24H2)"}};
  const std::string label = printable(system_label(system, version), 120);
  const SystemSupport support = support_of(feed, system, version, today);
  if (!support.cycle.empty())
    return {Is::read,
            {fmt::format("{} と読みました（{} {}）", label, support.product, support.cycle),
             fmt::format("{} read as {} {}", label, support.product, support.cycle)}};
  if (platform_of(system) == "windows")
    return {Is::not_read,
            {fmt::format("「{}」からは Windows のどのリリースか読み取れません。24H2 か、ビルド番号"
                         "（10.0.26100）を入れてください。見る所: 設定 > システム > バージョン情報",
                         label),
             fmt::format("which release of Windows '{}' is can't be read; enter 24H2 or a build "
                         "(10.0.26100); look under: Settings > System > About",
                         label)}};
  return {Is::not_read,
          {fmt::format("「{}」からは OS のバージョンが読み取れません", label),
           fmt::format("no version of a system can be read from '{}'", label)}};
}

Reading read_program(const Guideline& guideline, std::string_view program,
                     std::string_view version) {
  const std::string shown = printable(trim(program), 80);
  if (shown.empty())
    return {Is::nothing,
            {"ソフトの名前を Windows の「インストールされているアプリ」のとおりに入れてください",
             "enter the program's name as Windows shows it under installed apps"}};
  const Software* software = software_of_program(guideline.software, std::string(trim(program)));
  if (software == nullptr)
    return {Is::unclear,
            {fmt::format("「{}」は知られているソフトの一覧にありません", shown),
             fmt::format("'{}' is not among the programs that are known", shown)}};
  const auto found = program_version(*software, program, version);
  if (!found)
    return {Is::not_read,
            {fmt::format("{}: 「{}」からはバージョンが読み取れません", software->name.ja,
                         printable(trim(version), 60)),
             fmt::format("{}: no version can be read from '{}'", software->name.en,
                         printable(trim(version), 60))}};
  return {found->exact() ? Is::read : Is::unclear,
          {fmt::format("{} {} と読みました", software->name.ja, found->plain),
           fmt::format("read as {} {}", software->name.en, found->plain)}};
}

}  // namespace sekisho
