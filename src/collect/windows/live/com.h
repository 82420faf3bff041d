// What Windows tells through COM: WMI, the Shell, the firewall, Windows Update.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/windows/facts.h"

namespace sekisho {

/// Once, for all threads of the process and for as long as it runs: threads that start and end COM
/// one after the other can lock each other out.
void start_com();

std::optional<std::vector<WindowsFacts::Antivirus>> antivirus_products();
std::optional<WindowsFacts::DriveProtection> system_drive_protection();
std::optional<std::vector<WindowsFacts::FirewallProfile>> firewall_profiles();
/// Titles of the security updates that Windows Update found last and that are not installed. Takes
/// seconds.
std::optional<std::vector<std::string>> missing_security_updates();

}  // namespace sekisho
