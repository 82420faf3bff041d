// SPDX-License-Identifier: Apache-2.0
#include "server/api/effort.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sekisho {
namespace {

/// Another system, and often another device, or a service that is paid for by the month: a budget.
constexpr std::array<std::string_view, 4> kBought{"os-support", "edr-agent", "ask-mdm",
                                                  "cloud-managed-devices"};
/// Days of work: people have to be shown something new, or data has to be moved first.
constexpr std::array<std::string_view, 10> kDays{
    "disk-encryption",   "backup-tool",       "antivirus-present", "vpn-configuration",
    "mandatory-access",  "password-manager",  "secure-boot",       "cloud-mfa-everyone",
    "cloud-old-sign-in", "cloud-public-links"};

Degree more(Degree degree) { return degree == Degree::low ? Degree::middle : Degree::high; }

}  // namespace

Degree effort_of(const FleetAction& action) {
  constexpr std::uint32_t kFew = 20;    // whoever does it goes round in a day or two
  constexpr std::uint32_t kSome = 200;  // beyond, it is planned and rolled out
  const auto is_in = [&](const auto& list) {
    return std::ranges::find(list, action.check->id) != list.end();
  };
  Degree effort = action.difficulty;
  if (is_in(kDays)) effort = std::max(effort, Degree::middle);
  if (is_in(kBought)) effort = Degree::high;
  const std::uint32_t devices = action.check->asked ? 0 : action.tally.of(Verdict::fail);
  if (devices > kFew && effort == Degree::low) effort = more(effort);
  if (devices > kSome) effort = more(effort);
  return effort;
}

}  // namespace sekisho
