// SPDX-License-Identifier: Apache-2.0
// What somebody at the machine can do: sign in, find it unlocked, put a medium in.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/limits.h"
#include "collect/maker.h"
#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

constexpr const char* kDesktopPolicy =
    R"(\Software\Policies\Microsoft\Windows\Control Panel\Desktop\)";
constexpr const char* kDesktop = R"(\Control Panel\Desktop\)";

const std::string kWinlogon = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\)";
/// Seconds; Windows' own is 5.
constexpr std::int64_t kLongestGrace = 60;

/// A screen saver that every Windows has, by its path in lower case.
bool comes_with_windows(std::string_view path) {
  constexpr std::array<std::string_view, 8> kOwn{
      "scrnsave.scr", "bubbles.scr", "mystify.scr",          "ribbons.scr",
      "sstext3d.scr", "logon.scr",   "photoscreensaver.scr", "aurora.scr"};
  if (path.size() > 1 && path.front() == '"' && path.back() == '"')
    path = path.substr(1, path.size() - 2);
  const std::size_t name = path.rfind('\\');
  const std::string_view folder = name == std::string_view::npos ? "" : path.substr(0, name);
  const bool of_windows =
      folder.empty() || folder.ends_with(R"(\system32)") || folder.ends_with(R"(\syswow64)");
  return of_windows &&
         std::ranges::find(kOwn, path.substr(name == std::string_view::npos ? 0 : name + 1)) !=
             kOwn.end();
}

bool within_limit(std::int64_t seconds) { return seconds > 0 && seconds <= kLongestIdle; }

/// By the machine: the inactivity limit, or Intune's (in minutes).
std::optional<std::int64_t> locked_by_policy(const FactsLook& look) {
  const auto policy = look.number(
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\InactivityTimeoutSecs)");
  if (policy && within_limit(*policy)) return policy;
  constexpr std::int64_t kMostMinutes = 999;
  const auto minutes =
      look.number(std::string(kManaged) + R"(DeviceLock\MaxInactivityTimeDeviceLock)");
  // 0: a password is asked for; 1, as it is where nothing is set: none, and nothing locks
  // (policy-csp-devicelock).
  const bool asks = look.number(std::string(kManaged) + R"(DeviceLock\DevicePasswordEnabled)") == 0;
  if (asks && minutes && *minutes > 0 && *minutes <= kMostMinutes && within_limit(*minutes * 60))
    return *minutes * 60;
  return std::nullopt;
}

/// Whether this machine sleeps in time, and asks for a password when it wakes.
bool sleeps_locked(const FactsLook& look) {
  const auto* sleep =
      look.glance(&WindowsFacts::sleep, "スリープの設定", "when the machine sleeps");
  return sleep != nullptr && sleep->locks && within_limit(sleep->plugged_in) &&
         within_limit(sleep->on_battery);
}

/// By a person's screen saver; a policy goes before what the person has set.
Finding locked_by_saver(const FactsLook& look, const std::string& person) {
  const auto number = [&](const char* name) {
    return look.first_number({person + kDesktopPolicy + name, person + kDesktop + name});
  };
  const auto seconds = number("ScreenSaveTimeOut").value_or(0);
  // On where nothing is set.
  if (number("ScreenSaveActive").value_or(1) != 1 || number("ScreenSaverIsSecure") != 1 ||
      seconds == 0)
    return fail("無操作でロックする設定がありません", "nothing locks an idle machine");
  if (seconds > kLongestIdle)
    return fail(
        fmt::format("ロックまで {} 秒です（{} 秒以内に）", seconds, kLongestIdle),
        fmt::format("locks after {} idle seconds (make it {} or less)", seconds, kLongestIdle));
  if (const auto grace = look.number(kWinlogon + "ScreenSaverGracePeriod"); grace > kLongestGrace)
    return fail(
        fmt::format("スクリーン セーバーが動いてから {} 秒は、パスワードなしで戻れます", *grace),
        fmt::format("for {} seconds after the screen saver began no password is asked for",
                    *grace));
  const std::string policy = person + kDesktopPolicy + "SCRNSAVE.EXE";
  const std::string saver =
      look.text(look.given(policy) ? policy : person + kDesktop + "SCRNSAVE.EXE");
  const std::string named = lower(trim(std::string_view(saver)));
  if (named.empty() || named == "(none)")
    return unknown("スクリーン セーバーが選ばれていません。選ばれていないと動かないことがあります",
                   "no screen saver is chosen; without one none may run, and nothing locks");
  if (!comes_with_windows(named))
    return unknown(fmt::format("スクリーン セーバー「{}」があるか分かりません。ないと動きません",
                               printable(saver, 80)),
                   fmt::format("whether the screen saver '{}' is there is not known; without it "
                               "nothing locks",
                               printable(saver, 80)));
  if (look.number(
          person +
          R"(\Software\Microsoft\Windows\CurrentVersion\Policies\System\DisableLockWorkstation)") ==
      1)
    return unknown("ロックできない設定があり、スクリーン セーバーがロックするか分かりません",
                   "locking is turned off; whether the screen saver locks is not known");
  return pass("10 分以内にロックされます", "locks within ten minutes");
}

}  // namespace

Finding screen_lock(const FactsLook& look) {
  if (const auto seconds = locked_by_policy(look))
    return pass(fmt::format("無操作 {} 秒でロックされます（ポリシー）", *seconds),
                fmt::format("locks after {} idle seconds (policy)", *seconds));
  if (sleeps_locked(look))
    return pass("10 分以内にスリープし、戻るときにサインインが必要です",
                "sleeps within ten minutes, and asks to sign in when it wakes");
  std::vector<Finding> found;
  for (const std::string& person : look.people()) found.push_back(locked_by_saver(look, person));
  Finding all = worst(found);
  if (all.verdict != Verdict::fail) return all;
  if (look.given(std::string(kManaged) + R"(DeviceLock\MaxInactivityTimeDeviceLock)") &&
      !look.given(std::string(kManaged) + R"(DeviceLock\DevicePasswordEnabled)"))
    return unknown(
        "管理（MDM）がロックまでの時間を決めていますが、パスワードを求めるか分かりません",
        "the device management says when to lock, but not whether a password is asked for");
  // What would lock it all the same.
  look.ask(&WindowsFacts::sleep, "スリープの設定", "when the machine sleeps");
  return look.lacking(std::move(all));
}

Finding automatic_login(const FactsLook& look) {
  if (look.number(kWinlogon + "AutoAdminLogon").value_or(0) != 0 ||
      look.number(kWinlogon + "ForceAutoLogon").value_or(0) != 0)
    return fail("自動サインインが有効です", "automatic sign-in is on");
  if (!look.text(kWinlogon + "DefaultPassword").empty())
    return fail("自動サインインのパスワードが、レジストリにそのまま残っています",
                "the password of an automatic sign-in is kept in the registry in clear");
  return pass("自動サインインは使われていません", "automatic sign-in is not used");
}

Finding automount(const FactsLook& look) {
  // Bits of kinds of drives: removable ones and CDs are those that are put in.
  constexpr std::int64_t kPutIn = 0x04 | 0x20;
  const std::string policies = R"(Microsoft\Windows\CurrentVersion\Policies\Explorer\)";
  const std::string machine = R"(HKLM\SOFTWARE\)" + policies;
  if (look.number(machine + "NoAutorun") == 1)
    return pass("ポリシーで自動実行が切られています", "a policy turns AutoRun off");
  const auto of_machine = look.number(machine + "NoDriveTypeAutoRun");
  if (of_machine && (*of_machine & kPutIn) == kPutIn)
    return pass("ポリシーで自動再生が切られています", "a policy turns AutoPlay off");
  for (const std::string& person : look.people()) {
    const std::string software = person + R"(\Software\)";
    // That of the machine goes before the person's, also where it turns off less.
    const auto kinds =
        of_machine ? of_machine : look.number(software + policies + "NoDriveTypeAutoRun");
    const bool off =
        (kinds && (*kinds & kPutIn) == kPutIn) ||
        look.number(software + policies + "NoAutorun") == 1 ||
        look.number(
            software +
            R"(Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers\DisableAutoplay)") == 1;
    if (!off)
      return look.lacking(fail("外部媒体を差すと自動再生が働きます", "AutoPlay acts on media"));
  }
  return pass("自動再生は切られています", "AutoPlay is off");
}

}  // namespace sekisho::judge
