// SPDX-License-Identifier: Apache-2.0
// The judges of Windows, by subject: what was read of a machine, held against what a check asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/windows/look.h"

namespace sekisho::judge {

/// Of a service's Start: disabled.
inline constexpr std::int64_t kDisabled = 4;
inline constexpr const char* kServices = R"(HKLM\SYSTEM\CurrentControlSet\Services\)";
inline constexpr const char* kManaged = R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\)";

Finding os_support(const FactsLook& look);
Finding security_updates(const FactsLook& look);
Finding automatic_updates(const FactsLook& look);
Finding reboot_required(const FactsLook& look);
Finding known_exploited(const FactsLook& look);

/// Of each installed program that CISA's catalogue names.
std::vector<Finding> exploited_programs(const FactsLook& look);

Finding software_vpn(const FactsLook& look);
Finding software_remote_desktop(const FactsLook& look);
Finding software_browser(const FactsLook& look);
Finding software_office(const FactsLook& look);

Finding disk_encryption(const FactsLook& look);
Finding usb_storage(const FactsLook& look);

Finding firewall(const FactsLook& look);
Finding listening_remote_desktop(const FactsLook& look);
Finding listening_file_sharing(const FactsLook& look);
Finding listening_database(const FactsLook& look);
Finding listening_legacy(const FactsLook& look);
Finding proxy(const FactsLook& look);
Finding wifi_in_use(const FactsLook& look);
Finding wifi_saved(const FactsLook& look);

Finding empty_passwords(const FactsLook& look);
Finding privileged_groups(const FactsLook& look);
Finding password_quality(const FactsLook& look);
Finding password_lockout(const FactsLook& look);

Finding screen_lock(const FactsLook& look);
Finding automatic_login(const FactsLook& look);
Finding automount(const FactsLook& look);
Finding office_macros(const FactsLook& look);
Finding safe_browsing(const FactsLook& look);
Finding password_manager(const FactsLook& look);

Finding antivirus_present(const FactsLook& look);
Finding antivirus_running(const FactsLook& look);
Finding antivirus_signatures(const FactsLook& look);
Finding edr_agent(const FactsLook& look);

Finding time_sync(const FactsLook& look);
Finding audit_log(const FactsLook& look);
Finding secure_boot(const FactsLook& look);

/// The day that people at this machine call it.
inline Day day_here(Time time) { return Calendar::here(time).day(time); }

/// The year in a program's name: "2019" in "Microsoft Office Home and Business 2019 - ja-jp"; empty
/// where there is none.
std::string year_in(std::string_view name);

}  // namespace sekisho::judge
