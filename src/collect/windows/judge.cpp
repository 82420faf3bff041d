#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "collect/inventory/inventory.h"
#include "collect/inventory/written.h"
#include "collect/limits.h"
#include "collect/maker.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

std::optional<std::int64_t> number_in(const WindowsFacts& facts, std::string_view path) {
  const auto found = facts.registry.find(path);
  if (found == facts.registry.end()) return std::nullopt;
  if (const auto* value = std::get_if<std::int64_t>(&found->second)) return *value;
  // Some numbers are kept as text.
  const std::int64_t value = whole_number(std::get<std::string>(found->second));
  return value < 0 ? std::nullopt : std::optional(value);
}

std::string text_in(const WindowsFacts& facts, std::string_view path) {
  const auto found = facts.registry.find(path);
  const auto* value =
      found == facts.registry.end() ? nullptr : std::get_if<std::string>(&found->second);
  return value == nullptr ? std::string() : *value;
}

struct Look {
  const WindowsFacts& facts;
  const Guideline& guideline;
  const Feeds& feeds;
  Time now;

  std::optional<std::int64_t> number(std::string_view path) const { return number_in(facts, path); }
  std::string text(std::string_view path) const { return text_in(facts, path); }
  /// The people whose part of the registry was read, as HKU\SID.
  std::vector<std::string> people() const {
    std::vector<std::string> list;
    for (const auto& [path, value] : facts.registry) {
      if (!path.starts_with(R"(HKU\)")) continue;
      const std::string person = path.substr(0, path.find('\\', 4));
      if (list.empty() || list.back() != person) list.push_back(person);
    }
    return list;
  }
};

Finding not_seen(std::string_view ja, std::string_view en) {
  return unknown(fmt::format("{}を読めませんでした", ja), fmt::format("{} could not be read", en));
}

// Updates.

Finding os_support(const Look& look) {
  const WindowsName name = windows_name(look.facts);
  if (name.version.empty()) return not_seen("Windows の版", "the version of Windows");
  const Evidence evidence =
      support_evidence(look.guideline, look.feeds.support, kOrganisation, name.name, name.version,
                       false, look.now, look.now, {});
  return {evidence.verdict, evidence.detail};
}

Finding security_updates(const Look& look) {
  const auto& missing = look.facts.missing_updates;
  if (!missing) return not_seen("Windows Update の状態", "the state of Windows Update");
  if (missing->empty())
    return pass("未適用のセキュリティ更新はありません", "no security update is pending");
  return fail(
      fmt::format("セキュリティ更新が {} 件あります: {}", missing->size(), listed(*missing)),
      fmt::format("{} security updates are pending: {}", missing->size(), listed(*missing)));
}

constexpr std::int64_t kDisabled = 4;  // of a service's Start

Finding automatic_updates(const Look& look) {
  const std::string policy = R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU\)";
  const auto service = look.number(R"(HKLM\SYSTEM\CurrentControlSet\Services\wuauserv\Start)");
  if (!service) return not_seen("Windows Update のサービス", "the service of Windows Update");
  if (*service == kDisabled)
    return fail("Windows Update のサービスが無効です", "the Windows Update service is disabled");
  if (look.number(policy + "NoAutoUpdate") == 1)
    return fail("方針で自動更新が止められています", "a policy turns automatic updates off");
  // 2: tells before it downloads, 3: before it installs.
  if (const auto options = look.number(policy + "AUOptions"); options && *options < 4)
    return fail("方針により、更新は人が承認するまで入りません",
                "by policy updates wait until someone approves them");
  return pass("自動で更新されます", "updates are installed by themselves");
}

Finding reboot_required(const Look& look) {
  if (windows_name(look.facts).version.empty())
    return not_seen("再起動待ちかどうか", "whether a restart is pending");
  for (
      const char* key :
      {R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired\)",
       R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending\)"})
    if (look.number(key))
      return fail("更新を終えるには再起動が要ります", "a restart is needed to finish updates");
  return pass("再起動を待つ更新はありません", "no update waits for a restart");
}

/// CISA's catalogue has no versions: Windows counts as open while a security update is missing.
Finding known_exploited(const Look& look) {
  const auto& missing = look.facts.missing_updates;
  if (!missing) return not_seen("Windows Update の状態", "the state of Windows Update");
  const auto& listed_products = look.feeds.exploited.by_product;
  const auto windows = listed_products.find({"Microsoft", "Windows"});
  const std::string as_of = format_day(look.feeds.exploited.as_of);
  const std::size_t count = windows == listed_products.end() ? 0 : windows->second.size();
  if (missing->empty() || count == 0)
    return pass(fmt::format("Windows の更新はすべて入っています（弱点の一覧は {}）", as_of),
                fmt::format("all updates of Windows are installed (list of {})", as_of));
  return fail(
      fmt::format("Windows には攻撃に使われた弱点が {} 件知られ、更新が {} 件入っていません", count,
                  missing->size()),
      fmt::format("{} weaknesses of Windows are known to be exploited, and {} updates are missing",
                  count, missing->size()));
}

// Data.

Finding disk_encryption(const Look& look) {
  if (!look.facts.system_drive) return not_seen("BitLocker の状態", "the state of BitLocker");
  using Drive = WindowsFacts::DriveProtection;
  switch (*look.facts.system_drive) {
    case Drive::on:
    case Drive::locked:
      return pass("Windows のドライブは BitLocker で暗号化されています",
                  "the drive of Windows is encrypted by BitLocker");
    case Drive::changing:
      return fail("暗号化か復号の途中です", "encryption or decryption is under way");
    case Drive::suspended: return fail("BitLocker が一時停止しています", "BitLocker is suspended");
    case Drive::off: break;
  }
  return fail("Windows のドライブは暗号化されていません", "the drive of Windows is not encrypted");
}

Finding usb_storage(const Look& look) {
  const std::string policy = R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices\)";
  const auto driver = look.number(R"(HKLM\SYSTEM\CurrentControlSet\Services\USBSTOR\Start)");
  if (look.number(policy + "Deny_All") == 1)
    return pass("方針で取り外せる記憶装置が止められています", "a policy denies removable storage");
  if (look.number(policy + R"({53f5630d-b6bf-11d0-94f2-00a0c91efb8b}\Deny_Write)") == 1)
    return pass("方針で USB 記憶装置への書き込みが止められています",
                "a policy denies writing to USB storage");
  if (!driver) return not_seen("USB 記憶装置の設定", "the setting for USB storage");
  if (*driver == kDisabled)
    return pass("USB 記憶装置のドライバーが無効です", "the driver of USB storage is disabled");
  return fail("どの USB 記憶装置でも使えます", "any USB storage can be used");
}

// The network.

Finding firewall(const Look& look) {
  if (!look.facts.firewall || look.facts.firewall->empty())
    return not_seen("Windows ファイアウォールの状態", "the state of Windows Firewall");
  std::vector<std::string> off;
  for (const auto& profile : *look.facts.firewall)
    if (!profile.enabled) off.push_back(profile.name + (profile.active ? "*" : ""));
  if (off.empty())
    return pass("どのネットワークでも Windows ファイアウォールが働きます",
                "Windows Firewall is on for every kind of network");
  return fail(
      fmt::format("Windows ファイアウォールが切れています: {}（* は今の接続）", listed(off)),
      fmt::format("Windows Firewall is off for: {} (* connected now)", listed(off)));
}

Finding listening(const Look& look, std::span<const Service> services) {
  if (!look.facts.listening) return not_seen("待ち受けの一覧", "what is listening");
  std::vector<std::string> reachable;
  for (const auto& listener : *look.facts.listening) {
    if (listener.loopback) continue;
    note_services(services, listener.port, listener.udp, reachable);
  }
  return reachable_services(reachable);
}

Finding listening_remote_desktop(const Look& look) {
  Finding heard = listening(look, kRemoteDesktops);
  const std::string server = R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\)";
  // On, but without network level authentication: the screen for passwords is open to anyone.
  if (heard.verdict == Verdict::fail && look.number(server + "fDenyTSConnections") == 0 &&
      look.number(server + R"(WinStations\RDP-Tcp\UserAuthentication)") == 0)
    return fail(heard.fact.ja + "。ネットワークレベル認証も切れています",
                heard.fact.en + "; network level authentication is off too");
  return heard;
}

/// Windows itself waits at the ports of file sharing; what counts is whether it shares anything.
Finding listening_file_sharing(const Look& look) {
  if (!look.facts.shares) return not_seen("共有フォルダーの一覧", "the list of shared folders");
  if (look.facts.shares->empty())
    return pass("共有しているフォルダーはありません", "no folder is shared");
  return fail(fmt::format("フォルダーを共有しています: {}", listed(*look.facts.shares)),
              fmt::format("folders are shared: {}", listed(*look.facts.shares)));
}

Finding listening_database(const Look& look) { return listening(look, kDatabases); }
Finding listening_legacy(const Look& look) { return listening(look, kLegacyServices); }

Finding proxy(const Look& look) {
  if (look.facts.people == 0) return not_seen("利用者の設定", "the settings of the person");
  std::vector<std::string> found;
  for (const std::string& person : look.people()) {
    const std::string settings =
        person + R"(\Software\Microsoft\Windows\CurrentVersion\Internet Settings\)";
    if (look.number(settings + "ProxyEnable") == 1)
      found.push_back(look.text(settings + "ProxyServer"));
    if (const std::string script = look.text(settings + "AutoConfigURL"); !script.empty())
      found.push_back(script);
  }
  if (!found.empty())
    return fail(fmt::format("通信が中継されます: {}", listed(found)),
                fmt::format("traffic goes through a proxy: {}", listed(found)));
  return pass("中継の設定はありません", "no proxy is set");
}

// Wi-Fi.

/// WPA2 and WPA3 of any kind, and encrypted open networks (OWE): names of the profile's schema.
bool sound(std::string_view authentication) {
  const std::string name = lower(authentication);
  return name.starts_with("wpa2") || name.starts_with("wpa3") || name == "owe";
}

Finding wifi_in_use(const Look& look) {
  if (!look.facts.wifi) return not_seen("Wi-Fi の状態", "the state of Wi-Fi");
  if (!look.facts.wifi_device)
    return not_applicable("Wi-Fi の装置がありません", "there is no Wi-Fi device");
  for (const auto& network : *look.facts.wifi) {
    if (!network.in_use) continue;
    if (sound(network.authentication))
      return pass(fmt::format("「{}」は WPA2 以上で暗号化されています", network.name),
                  fmt::format("'{}' is encrypted with WPA2 or better", network.name));
    if (lower(network.authentication) == "open")
      return fail(fmt::format("「{}」は暗号化されていません", network.name),
                  fmt::format("'{}' is not encrypted", network.name));
    return fail(
        fmt::format("「{}」は古く弱い方式です（{}）", network.name, network.authentication),
        fmt::format("'{}' uses an old, weak method ({})", network.name, network.authentication));
  }
  return not_applicable("Wi-Fi につながっていません", "no Wi-Fi is connected");
}

Finding wifi_saved(const Look& look) {
  if (!look.facts.wifi) return not_seen("Wi-Fi の設定", "the saved Wi-Fi networks");
  if (look.facts.wifi->empty())
    return not_applicable("保存された Wi-Fi はありません", "no Wi-Fi is saved");
  std::vector<std::string> bad;
  for (const auto& network : *look.facts.wifi)
    if (!sound(network.authentication)) bad.push_back(network.name);
  if (!bad.empty())
    return fail(fmt::format("暗号化がないか弱い接続先が保存されています: {}", listed(bad)),
                fmt::format("saved networks without sound encryption: {}", listed(bad)));
  return pass(fmt::format("保存された {} 件は WPA2 以上です", look.facts.wifi->size()),
              fmt::format("all {} saved networks use WPA2 or better", look.facts.wifi->size()));
}

// Accounts.

Finding empty_passwords(const Look& look) {
  if (!look.facts.without_password) return not_seen("アカウントの一覧", "the accounts");
  if (look.number(R"(HKLM\SYSTEM\CurrentControlSet\Control\Lsa\LimitBlankPasswordUse)") == 0)
    return fail("空のパスワードでネットワークから入れます",
                "accounts without a password may be used over the network");
  if (look.facts.without_password->empty())
    return pass("どのアカウントにもパスワードが要ります", "every account needs a password");
  return unknown(
      fmt::format("パスワードがなくてもよいアカウントがあります。空でないか確かめてください: {}",
                  listed(*look.facts.without_password)),
      fmt::format("these accounts may have no password, see that they do: {}",
                  listed(*look.facts.without_password)));
}

Finding privileged_groups(const Look& look) {
  const auto& names = look.facts.administrators;
  if (!names) return not_seen("管理者の一覧", "the administrators");
  if (names->size() > kMostAdministrators)
    return fail(fmt::format("管理者が {} 人います: {}", names->size(), listed(*names)),
                fmt::format("{} administrators: {}", names->size(), listed(*names)));
  return pass(fmt::format("管理者は {} 人です: {}", names->size(), listed(*names)),
              fmt::format("{} administrators: {}", names->size(), listed(*names)));
}

Finding password_quality(const Look& look) {
  const auto& shortest = look.facts.shortest_password;
  if (!shortest) return not_seen("パスワードの方針", "the password policy");
  if (*shortest < kShortestPassword)
    return fail(
        fmt::format("{} 文字のパスワードが使えます（{} 文字以上を）", *shortest, kShortestPassword),
        fmt::format("passwords of {} characters are possible (require {} or more)", *shortest,
                    kShortestPassword));
  return pass(fmt::format("{} 文字以上が要ります", *shortest),
              fmt::format("{} characters or more are required", *shortest));
}

Finding password_lockout(const Look& look) {
  const auto& tries = look.facts.tries;
  if (!tries) return not_seen("ロックの方針", "the lockout policy");
  if (*tries == 0)
    return fail("続けて間違えてもロックされません", "repeated failures are not locked out");
  if (*tries > kMostPasswordTries)
    return fail(
        fmt::format("ロックまでの回数が {} です（{} 回以下に）", *tries, kMostPasswordTries),
        fmt::format("locks after {} failures (make it {} or fewer)", *tries, kMostPasswordTries));
  return pass(fmt::format("{} 回間違えるとロックされます", *tries),
              fmt::format("locks after {} failures", *tries));
}

// The desktop.

/// A policy goes before what the person has set.
std::optional<std::int64_t> of_desktop(const Look& look, const std::string& person,
                                       std::string_view name) {
  for (const char* key : {R"(\Software\Policies\Microsoft\Windows\Control Panel\Desktop\)",
                          R"(\Control Panel\Desktop\)"})
    if (const auto value = look.number(fmt::format("{}{}{}", person, key, name))) return value;
  return std::nullopt;
}

Finding screen_lock(const Look& look) {
  const auto policy = look.number(
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\InactivityTimeoutSecs)");
  if (policy && *policy > 0 && *policy <= kLongestIdle)
    return pass(fmt::format("無操作 {} 秒でロックされます（方針）", *policy),
                fmt::format("locks after {} idle seconds (policy)", *policy));
  if (look.facts.people == 0) return not_seen("利用者の設定", "the settings of the person");
  for (const std::string& person : look.people()) {
    const auto seconds = of_desktop(look, person, "ScreenSaveTimeOut").value_or(0);
    const bool locks = of_desktop(look, person, "ScreenSaveActive") == 1 &&
                       of_desktop(look, person, "ScreenSaverIsSecure") == 1;
    if (!locks || seconds == 0)
      return fail("無操作でロックする設定がありません", "nothing locks an idle machine");
    if (seconds > kLongestIdle)
      return fail(
          fmt::format("ロックまで {} 秒です（{} 秒以内に）", seconds, kLongestIdle),
          fmt::format("locks after {} idle seconds (make it {} or less)", seconds, kLongestIdle));
  }
  return pass("10 分以内にロックされます", "locks within ten minutes");
}

Finding automatic_login(const Look& look) {
  if (windows_name(look.facts).version.empty())
    return not_seen("サインインの設定", "the settings for signing in");
  if (look.number(R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoAdminLogon)") ==
      1)
    return fail("自動サインインが有効です", "automatic sign-in is on");
  return pass("自動サインインは使われていません", "automatic sign-in is not used");
}

Finding automount(const Look& look) {
  constexpr std::int64_t kAllDrives = 0xFF;
  const char* policy =
      R"(SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer\NoDriveTypeAutoRun)";
  if (look.number(fmt::format(R"(HKLM\{})", policy)) == kAllDrives)
    return pass("方針で自動再生が切られています", "a policy turns AutoPlay off");
  if (look.facts.people == 0) return not_seen("利用者の設定", "the settings of the person");
  for (const std::string& person : look.people()) {
    const bool off =
        look.number(
            person +
            R"(\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer\NoDriveTypeAutoRun)") ==
            kAllDrives ||
        look.number(
            person +
            R"(\Software\Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers\DisableAutoplay)") ==
            1;
    if (!off) return fail("外部媒体を差すと自動再生が働きます", "AutoPlay acts on media");
  }
  return pass("自動再生は切られています", "AutoPlay is off");
}

/// The year in a name: "2019" in "Microsoft Office Home and Business 2019 - ja-jp"; empty where
/// there is none.
std::string year_in(std::string_view name) {
  for (const std::string_view word : split(name, ' '))
    if (word.size() == 4 && word.starts_with("20") && whole_number(word) >= 2000)
      return std::string(word);
  return {};
}

/// Microsoft Office, as the registry or the list of programs shows it.
struct Office {
  bool current = false;  // 2016 or later, whose settings are read
  std::string older;     // the name of one before that
};
Office office_of(const Look& look) {
  Office found{
      !look.text(R"(HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration\VersionToReport)")
              .empty() ||
          !look.text(R"(HKLM\SOFTWARE\Microsoft\Office\16.0\Word\InstallRoot\Path)").empty(),
      {}};
  for (const WindowsFacts::Program& program :
       look.facts.programs.value_or(std::vector<WindowsFacts::Program>())) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    if (software == nullptr || !software->dated_by_name) continue;
    const std::string year = year_in(program.name);
    if (year.empty() || year >= "2016")
      found.current = true;
    else
      found.older = program.name;
  }
  return found;
}

Finding office_macros(const Look& look) {
  const Office office = office_of(look);
  if (!office.older.empty())
    return unknown(fmt::format("{} のマクロの設定は調べられません", office.older),
                   fmt::format("the macro settings of {} can't be checked", office.older));
  if (!office.current)
    return not_applicable("Microsoft Office は入っていません", "Microsoft Office is not installed");
  if (look.facts.people == 0) return not_seen("利用者の設定", "the settings of the person");
  bool all_decided = true;
  for (const std::string& person : look.people())
    for (const char* program : {"Word", "Excel", "PowerPoint"}) {
      const auto value = [&](std::string_view root, std::string_view name) {
        return look.number(fmt::format(R"({}\{}\Microsoft\Office\16.0\{}\Security\{})", person,
                                       root, program, name));
      };
      const auto blocked = value(R"(Software\Policies)", "blockcontentexecutionfrominternet");
      auto warnings = value(R"(Software\Policies)", "VBAWarnings");
      if (!warnings) warnings = value("Software", "VBAWarnings");
      // 1: all macros run; 2: asks, 3: signed alone, 4: none.
      if (warnings == 1 || blocked == 0)
        return fail(fmt::format("{} のマクロが確かめずに動きます", program),
                    fmt::format("macros of {} run unchecked", program));
      all_decided = all_decided && (blocked == 1 || (warnings && *warnings >= 3));
    }
  if (all_decided)
    return pass("インターネットから届いた文書のマクロは動きません",
                "macros in documents from the internet do not run");
  return unknown("マクロの方針がありません。Office の版によって動くことがあります",
                 "no policy on macros: whether they run depends on the version of Office");
}

Finding safe_browsing(const Look& look) {
  if (windows_name(look.facts).version.empty())
    return not_seen("警告の設定", "the settings for warnings");
  std::vector<std::string> off;
  if (lower(look.text(
          R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SmartScreenEnabled)")) ==
          "off" ||
      look.number(R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\System\EnableSmartScreen)") == 0)
    off.emplace_back("Windows SmartScreen");
  if (look.number(R"(HKLM\SOFTWARE\Policies\Microsoft\Edge\SmartScreenEnabled)") == 0)
    off.emplace_back("Microsoft Edge");
  if (look.number(R"(HKLM\SOFTWARE\Policies\Google\Chrome\SafeBrowsingProtectionLevel)") == 0 ||
      look.number(R"(HKLM\SOFTWARE\Policies\Google\Chrome\SafeBrowsingEnabled)") == 0)
    off.emplace_back("Google Chrome");
  if (!off.empty())
    return fail(fmt::format("警告が切られています: {}", listed(off)),
                fmt::format("warnings are turned off: {}", listed(off)));
  return pass("警告を切る方針はありません", "no policy turns warnings off");
}

Finding password_manager(const Look& look) {
  if (windows_name(look.facts).version.empty())
    return not_seen("ブラウザの方針", "the policies of browsers");
  for (const char* policy :
       {R"(Microsoft\Edge\PasswordManagerEnabled)", R"(Google\Chrome\PasswordManagerEnabled)",
        R"(Mozilla\Firefox\PasswordManagerEnabled)", R"(Mozilla\Firefox\OfferToSaveLogins)"})
    if (look.number(fmt::format(R"(HKLM\SOFTWARE\Policies\{})", policy)))
      return pass(fmt::format("方針が決まっています（{}）", policy),
                  fmt::format("a policy is set ({})", policy));
  return fail("ブラウザにパスワードを覚えさせてよいかの方針がありません",
              "no policy says whether browsers may keep passwords");
}

// Malware.

Finding antivirus_present(const Look& look) {
  if (!look.facts.antivirus)
    return not_seen("ウイルス対策の一覧", "the list of antivirus programs");
  if (look.facts.antivirus->empty())
    return fail("ウイルス対策ソフトがありません", "there is no antivirus");
  std::vector<std::string> names;
  for (const auto& product : *look.facts.antivirus) names.push_back(product.name);
  return pass(fmt::format("ウイルス対策: {}", listed(names)),
              fmt::format("antivirus: {}", listed(names)));
}

/// Those that are on.
std::vector<const WindowsFacts::Antivirus*> watching(const Look& look) {
  std::vector<const WindowsFacts::Antivirus*> on;
  for (const auto& product : *look.facts.antivirus)
    if (product.on) on.push_back(&product);
  return on;
}

Finding antivirus_running(const Look& look) {
  if (!look.facts.antivirus) return not_seen("ウイルス対策の状態", "the state of antivirus");
  const auto on = watching(look);
  if (on.empty())
    return fail("動いているウイルス対策ソフトがありません", "no antivirus is running");
  return pass(fmt::format("{} が見張っています", on.front()->name),
              fmt::format("{} is watching", on.front()->name));
}

Finding antivirus_signatures(const Look& look) {
  if (!look.facts.antivirus)
    return not_seen("ウイルス定義の状態", "the state of virus definitions");
  const auto on = watching(look);
  if (on.empty())
    return unknown("動いているウイルス対策ソフトがありません", "no antivirus is running");
  if (std::ranges::any_of(on, [](const auto* product) { return product->up_to_date; }))
    return pass("ウイルス定義は最新です", "virus definitions are up to date");
  return fail("ウイルス定義が古くなっています", "virus definitions are out of date");
}

Finding edr_agent(const Look& look) {
  if (!look.facts.running) return not_seen("サービスの一覧", "the services");
  std::vector<std::string> found;
  for (const std::string& service : *look.facts.running)
    if (service != "EventLog" && service != "osqueryd") found.push_back(service);
  if (!found.empty())
    return pass(fmt::format("EDR が動いています（サービス {}）", listed(found)),
                fmt::format("an EDR is running (service {})", listed(found)));
  return fail("知られている EDR が動いていません", "no known EDR is running");
}

// The system.

Finding time_sync(const Look& look) {
  const std::string service = R"(HKLM\SYSTEM\CurrentControlSet\Services\W32Time\)";
  const auto start = look.number(service + "Start");
  const std::string type = look.text(service + R"(Parameters\Type)");
  if (!start || type.empty()) return not_seen("時刻サービスの設定", "the time service's settings");
  if (*start == kDisabled || lower(type) == "nosync")
    return fail("時計合わせが切れています", "clock synchronisation is off");
  return pass(fmt::format("Windows の時刻サービスが合わせます（{}）", type),
              fmt::format("the Windows time service keeps it ({})", type));
}

Finding audit_log(const Look& look) {
  if (!look.facts.running) return not_seen("サービスの一覧", "the services");
  if (std::ranges::find(*look.facts.running, "EventLog") == look.facts.running->end())
    return fail("イベントログのサービスが止まっています", "the event log service is stopped");
  return pass("イベントログに記録されます", "events are logged");
}

Finding secure_boot(const Look& look) {
  const auto on = look.number(
      R"(HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State\UEFISecureBootEnabled)");
  if (!on) return not_seen("セキュアブートの状態", "the state of Secure Boot");
  if (*on == 1) return pass("セキュアブートは有効です", "Secure Boot is on");
  return fail("セキュアブートが有効ではありません", "Secure Boot is not on");
}

// Versions of programs.

/// What support dates go by: the year in a name, or the version where its maker's is.
std::string release_of(const Software& software, const WindowsFacts::Program& program) {
  if (software.dated_by_name) return year_in(program.name);
  const auto reading = program_version(software, program.name, program.version);
  return reading ? reading->plain : std::string();
}

Finding group_versions(const Look& look, std::string_view group) {
  if (!look.facts.programs) return not_seen("入っているプログラムの一覧", "the installed programs");
  std::vector<Finding> findings;
  std::vector<std::string> undated;
  for (const WindowsFacts::Program& program : *look.facts.programs) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    if (software == nullptr || software->group != group) continue;
    const std::string release = release_of(*software, program);
    if (software->eol_product.empty() || release.empty())
      undated.push_back(program.name);
    else
      findings.push_back(judge_maker(*software, release, look.feeds.support, look.now));
  }
  if (!findings.empty()) return worst(findings);
  if (undated.empty())
    return not_applicable("該当するソフトは入っていません", "no such software is installed");
  return unknown(fmt::format("{} の支援期間のデータがありません。最新の版か確かめてください",
                             join(undated, "、")),
                 fmt::format("there are no support dates of {}; see that it is the newest version",
                             join(undated, ", ")));
}

Finding software_vpn(const Look& look) { return group_versions(look, "vpn"); }
Finding software_remote_desktop(const Look& look) { return group_versions(look, "remote_desktop"); }
Finding software_browser(const Look& look) { return group_versions(look, "browser"); }
Finding software_office(const Look& look) { return group_versions(look, "office"); }

struct Check {
  std::string_view id;
  Finding (*look)(const Look&);
};

constexpr std::array kChecks{
    Check{"os-support", os_support},
    Check{"security-updates", security_updates},
    Check{"automatic-updates", automatic_updates},
    Check{"reboot-required", reboot_required},
    Check{"known-exploited", known_exploited},
    Check{"software-vpn", software_vpn},
    Check{"software-remote-desktop", software_remote_desktop},
    Check{"software-browser", software_browser},
    Check{"software-office", software_office},
    Check{"disk-encryption", disk_encryption},
    Check{"usb-storage", usb_storage},
    Check{"firewall", firewall},
    Check{"listening-remote-desktop", listening_remote_desktop},
    Check{"listening-file-sharing", listening_file_sharing},
    Check{"listening-database", listening_database},
    Check{"listening-legacy", listening_legacy},
    Check{"proxy", proxy},
    Check{"wifi-in-use", wifi_in_use},
    Check{"wifi-saved", wifi_saved},
    Check{"empty-passwords", empty_passwords},
    Check{"privileged-groups", privileged_groups},
    Check{"password-quality", password_quality},
    Check{"password-lockout", password_lockout},
    Check{"screen-lock", screen_lock},
    Check{"automatic-login", automatic_login},
    Check{"automount", automount},
    Check{"office-macros", office_macros},
    Check{"safe-browsing", safe_browsing},
    Check{"password-manager", password_manager},
    Check{"antivirus-present", antivirus_present},
    Check{"antivirus-running", antivirus_running},
    Check{"antivirus-signatures", antivirus_signatures},
    Check{"edr-agent", edr_agent},
    Check{"time-sync", time_sync},
    Check{"audit-log", audit_log},
    Check{"secure-boot", secure_boot},
};

}  // namespace

std::vector<WindowsFinding> judge_windows(const WindowsFacts& facts, const Guideline& guideline,
                                          const Feeds& feeds, Time now) {
  const Look look{facts, guideline, feeds, now};
  std::vector<WindowsFinding> findings;
  for (const Check& check : kChecks) findings.push_back({check.id, check.look(look)});
  return findings;
}

WindowsName windows_name(const WindowsFacts& facts) {
  const std::string key = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)";
  WindowsName name{text_in(facts, key + "ProductName"), {}};
  const auto build = number_in(facts, key + "CurrentBuildNumber");
  if (!build) return name;
  constexpr std::int64_t kWindows11 = 22'000;
  if (const std::string ten = "Windows 10"; *build >= kWindows11 && name.name.starts_with(ten))
    name.name.replace(0, ten.size(), "Windows 11");
  if (const std::string release = text_in(facts, key + "DisplayVersion"); !release.empty())
    name.name += " " + release;
  name.version = fmt::format("10.0.{}", *build);
  if (const auto revision = number_in(facts, key + "UBR"))
    name.version += fmt::format(".{}", *revision);
  return name;
}

}  // namespace sekisho
