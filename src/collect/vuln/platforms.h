// SPDX-License-Identifier: Apache-2.0
// Internal to the room: which platform an operating system's name in CPE is, and the number of a
// CVE.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collect/vuln/weaknesses.h"

namespace sekisho {

/// In the order of a condition; the first is one that isn't known.
inline constexpr std::array<std::string_view, 6> kPlatformNames{"",      "windows", "darwin",
                                                                "linux", "mobile",  "appliance"};
/// All of the text as a number.
std::optional<std::uint64_t> whole_of(std::string_view text);

std::size_t platform_index(std::string_view platform);

/// Whether a machine of this platform has an operating system that CPE calls so.
Match runs(std::size_t platform, std::string_view vendor, std::string_view product,
           bool any_version);
/// The same of target software, where the machine's isn't said.
Match targets(std::size_t platform, const CpeValue& target);

/// "CVE-2024-21762" as one number.
std::optional<std::uint64_t> cve_number(std::string_view cve);
std::string cve_name(std::uint64_t id);

/// What may stand in a kept line.
bool plain_cell(std::string_view text);
/// A CVSS score in tenths.
std::uint8_t tenths(double score);

}  // namespace sekisho
