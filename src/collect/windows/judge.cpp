// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/windows/judges.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

struct Check {
  std::string_view id;
  Finding (*judge)(const FactsLook&);
};

constexpr std::array kChecks{
    Check{"os-support", judge::os_support},
    Check{"security-updates", judge::security_updates},
    Check{"automatic-updates", judge::automatic_updates},
    Check{"reboot-required", judge::reboot_required},
    Check{"known-exploited", judge::known_exploited},
    Check{"software-vpn", judge::software_vpn},
    Check{"software-remote-desktop", judge::software_remote_desktop},
    Check{"software-browser", judge::software_browser},
    Check{"software-office", judge::software_office},
    Check{"disk-encryption", judge::disk_encryption},
    Check{"usb-storage", judge::usb_storage},
    Check{"firewall", judge::firewall},
    Check{"listening-remote-desktop", judge::listening_remote_desktop},
    Check{"listening-file-sharing", judge::listening_file_sharing},
    Check{"listening-database", judge::listening_database},
    Check{"listening-legacy", judge::listening_legacy},
    Check{"proxy", judge::proxy},
    Check{"wifi-in-use", judge::wifi_in_use},
    Check{"wifi-saved", judge::wifi_saved},
    Check{"empty-passwords", judge::empty_passwords},
    Check{"privileged-groups", judge::privileged_groups},
    Check{"password-quality", judge::password_quality},
    Check{"password-lockout", judge::password_lockout},
    Check{"screen-lock", judge::screen_lock},
    Check{"automatic-login", judge::automatic_login},
    Check{"automount", judge::automount},
    Check{"office-macros", judge::office_macros},
    Check{"safe-browsing", judge::safe_browsing},
    Check{"password-manager", judge::password_manager},
    Check{"antivirus-present", judge::antivirus_present},
    Check{"antivirus-running", judge::antivirus_running},
    Check{"antivirus-signatures", judge::antivirus_signatures},
    Check{"edr-agent", judge::edr_agent},
    Check{"time-sync", judge::time_sync},
    Check{"audit-log", judge::audit_log},
    Check{"secure-boot", judge::secure_boot},
};

/// A value as it stands, for the machine's own name.
std::string plain(const WindowsFacts& facts, std::string_view path) {
  const auto found = facts.registry.find(path);
  if (found == facts.registry.end()) return {};
  if (const auto* text = std::get_if<std::string>(&found->second)) return *text;
  return fmt::format("{}", std::get<std::int64_t>(found->second));
}

WindowsFinding found_by(const Check& check, const WindowsFacts& facts, const Guideline& guideline,
                        const Feeds& feeds, Time now, AskedPaths* asked = nullptr) {
  const FactsLook look(facts, guideline, feeds, now, asked);
  Finding found =
      look.lists.settled(judge::day_here(now), [&] { return look.settled(check.judge(look)); });
  const bool unread = found.verdict == Verdict::unknown && look.missed();
  return {check.id, std::move(found), unread};
}

}  // namespace

std::vector<WindowsFinding> judge_windows(const WindowsFacts& facts, const Guideline& guideline,
                                          const Feeds& feeds, Time now) {
  std::vector<WindowsFinding> findings;
  for (const Check& check : kChecks)
    findings.push_back(found_by(check, facts, guideline, feeds, now));
  return findings;
}

std::optional<Finding> judge_windows_check(std::string_view check, const WindowsFacts& facts,
                                           const Guideline& guideline, const Feeds& feeds, Time now,
                                           AskedPaths* asked) {
  const auto* known = std::ranges::find(kChecks, check, &Check::id);
  if (known == kChecks.end()) return std::nullopt;
  return found_by(*known, facts, guideline, feeds, now, asked).finding;
}

WindowsName windows_name(const WindowsFacts& facts) {
  const std::string key = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)";
  WindowsName name{plain(facts, key + "ProductName"), {}};
  const std::int64_t build = whole_number(plain(facts, key + "CurrentBuildNumber"));
  if (build < 0) return name;
  constexpr std::int64_t kWindows11 = 22'000;
  if (const std::string ten = "Windows 10"; build >= kWindows11 && name.name.starts_with(ten))
    name.name.replace(0, ten.size(), "Windows 11");
  if (const std::string release = plain(facts, key + "DisplayVersion"); !release.empty())
    name.name += " " + release;
  name.version = fmt::format("10.0.{}", build);
  if (const std::string revision = plain(facts, key + "UBR"); !revision.empty())
    name.version += "." + revision;
  return name;
}

}  // namespace sekisho
