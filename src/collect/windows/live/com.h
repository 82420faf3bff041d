// SPDX-License-Identifier: Apache-2.0
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

/// What Security Center lists.
std::optional<std::vector<WindowsFacts::Antivirus>> antivirus_products();
std::optional<std::vector<WindowsFacts::Antivirus>> firewall_products();
/// Microsoft Defender, where it is.
std::optional<WindowsFacts::Antivirus> defender();

struct DrivesSeen {
  std::optional<WindowsFacts::DriveProtection> system;
  std::optional<std::vector<WindowsFacts::Drive>> others;  // fixed ones
};
DrivesSeen drives();
std::optional<std::vector<WindowsFacts::FirewallProfile>> firewall_profiles();

/// Of what Windows Update found last: titles of the security updates that are not installed, and
/// when it searched. Takes seconds.
struct UpdatesSeen {
  std::optional<std::vector<std::string>> missing;
  std::optional<std::vector<std::string>> hidden;
  std::optional<Time> searched_at;
};
UpdatesSeen security_updates();

}  // namespace sekisho
