// The judges of Windows, by subject: what was read of a machine, held against what a check asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collect/windows/look.h"

namespace sekisho::judge {

/// Of a service's Start: disabled.
inline constexpr std::int64_t kDisabled = 4;
inline constexpr const char* kServices = R"(HKLM\SYSTEM\CurrentControlSet\Services\)";
inline constexpr const char* kManaged = R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\)";

Finding os_support(const Look& look);
Finding security_updates(const Look& look);
Finding automatic_updates(const Look& look);
Finding reboot_required(const Look& look);
Finding known_exploited(const Look& look);

Finding software_vpn(const Look& look);
Finding software_remote_desktop(const Look& look);
Finding software_browser(const Look& look);
Finding software_office(const Look& look);

Finding disk_encryption(const Look& look);
Finding usb_storage(const Look& look);

Finding firewall(const Look& look);
Finding listening_remote_desktop(const Look& look);
Finding listening_file_sharing(const Look& look);
Finding listening_database(const Look& look);
Finding listening_legacy(const Look& look);
Finding proxy(const Look& look);
Finding wifi_in_use(const Look& look);
Finding wifi_saved(const Look& look);

Finding empty_passwords(const Look& look);
Finding privileged_groups(const Look& look);
Finding password_quality(const Look& look);
Finding password_lockout(const Look& look);

Finding screen_lock(const Look& look);
Finding automatic_login(const Look& look);
Finding automount(const Look& look);
Finding office_macros(const Look& look);
Finding safe_browsing(const Look& look);
Finding password_manager(const Look& look);

Finding antivirus_present(const Look& look);
Finding antivirus_running(const Look& look);
Finding antivirus_signatures(const Look& look);
Finding edr_agent(const Look& look);

Finding time_sync(const Look& look);
Finding audit_log(const Look& look);
Finding secure_boot(const Look& look);

/// The day that people at this machine call it.
inline Day day_here(Time time) { return Calendar::here(time).day(time); }

/// The year in a program's name: "2019" in "Microsoft Office Home and Business 2019 - ja-jp"; empty
/// where there is none.
std::string year_in(std::string_view name);

}  // namespace sekisho::judge
