// SPDX-License-Identifier: Apache-2.0
// collect/inventory: lists of devices that others keep (a device management's export, a
// spreadsheet), and what their systems' names say about support.
//
// May enter: reading lists, judging a system by name and version.
// May not enter: looking at machines, what the server keeps.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/systems.h"
#include "evidence/evidence.h"
#include "guideline/guideline.h"

namespace sekisho {

struct ListedDevice {
  std::size_t line = 0;  // where it begins in the list, 1-based
  std::string name;
  std::string serial;   // or a number of the organisation's own; may be empty
  std::string system;   // "Windows 11 Pro", as the list has it
  std::string version;  // "10.0.22631.4317"; may be empty
  std::string user;     // a mail address or name; may be empty
};

inline constexpr std::size_t kMostListedDevices = 10'000;
inline constexpr std::size_t kMostListBytes = std::size_t{8} << 20U;

/// A table with a line of headings (RFC 4180; commas, tabs or semicolons), in UTF-8, UTF-16 with a
/// byte order mark, CP932, which Japanese Windows writes, EUC-JP or ISO-2022-JP. Headings are known
/// by the names that Microsoft Intune, Japanese asset managers and people give them, also below a
/// title; other columns and blank rows are left aside. A release and a build in two columns make
/// one version, and devices of one name bear their number or id behind it. All that is wrong with
/// it, by line, or all devices.
std::expected<std::vector<ListedDevice>, std::vector<Error>> read_device_list(
    std::string_view bytes);

/// Whether a device's system is supported, as evidence of the check `os-support`. `extended` says
/// that extended support was paid for (ESU); some systems' is free.
Evidence support_evidence(const Guideline& guideline, const SupportFeed& feed,
                          const SubjectId& subject, const std::string& system,
                          const std::string& version, bool extended, Time observed_at, Day today,
                          std::string source);

/// Evidence that the checks of other platforms do not concern a device; none for a platform that
/// isn't known.
std::vector<Evidence> unconcerned_evidence(const Guideline& guideline, const SubjectId& subject,
                                           std::string_view platform, Time observed_at,
                                           const std::string& source);

}  // namespace sekisho
