// SPDX-License-Identifier: Apache-2.0
// What a check is: a name, and a function that looks at a machine and says what it found. To add
// one, write its spec in data/checks/ROOM.yaml, its function in ROOM.cpp beside this file, and its
// line in the list at that file's end.
#pragma once

#include <algorithm>
#include <array>
#include <mutex>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "collect/host/machine.h"
#include "collect/lists.h"
#include "evidence/finding.h"
#include "guideline/guideline.h"

namespace sekisho {

/// The newest versions that the security archives in apt's lists offer, read once for all checks.
class SecurityIndex {
 public:
  /// The index, or what to say where there is none.
  const std::expected<PackageIndex, Finding>& of(const Machine& machine) const;

 private:
  mutable std::once_flag once_;
  mutable std::expected<PackageIndex, Finding> index_;
};

/// Everything that a check may use.
struct Look {
  const Machine& machine;
  const SecurityIndex& security;
  const Guideline& guideline;  // for the software and systems that are watched
  Lists lists;                 // what they say is only had through this
  Time now;
};

struct HostCheck {
  std::string_view id;
  Finding (*look)(const Look&);
  /// Where its verdict comes from: starts of paths of files, folders and programs. Without one of
  /// them there is no pass: what isn't there, or stands elsewhere on another distribution, proves
  /// nothing.
  std::array<std::string_view, 12> decisive{};
};

/// What `check` finds, as far as it is proven: a pass stands only when one of the decisive sources
/// was seen, and, as "not applicable" does, when nothing that was there stayed unread or not
/// understood.
Finding judged(const HostCheck& check, const Look& look);

/// Unknown, because `program` could not be asked.
Finding unanswered(std::string_view program, ProcessProblem problem);

/// Files of `folder` whose names end with `suffix`, as paths; empty when it isn't there.
std::vector<std::string> files_in(const Machine& machine, const std::string& folder,
                                  std::string_view suffix);

/// "path:line" of the first line of `text` that begins with `start`, blanks aside; the path alone
/// where none does.
std::string line_of(const std::string& path, std::string_view text, std::string_view start);

/// Whether `one` is one of `all`.
bool among(const auto& all, const auto& one) {
  return std::ranges::find(all, one) != std::ranges::end(all);
}

/// Notes that `place` has `count` of `what`, and how many there may be: "0", ">= 1".
void note_count(const Machine& machine, std::string_view place, std::string_view what,
                std::size_t count, std::string limit);

/// Of network_checks, in files of their own.
Finding firewall(const Look& look);
Finding listening_remote_desktop(const Look& look);
Finding listening_file_sharing(const Look& look);
Finding listening_database(const Look& look);
Finding listening_legacy(const Look& look);
Finding https_trust(const Look& look);
Finding proxy(const Look& look);

/// Of remote_checks and desktop_checks, likewise.
Finding vpn_configuration(const Look& look);
Finding office_macros(const Look& look);
Finding safe_browsing(const Look& look);
Finding password_manager(const Look& look);

/// Of data_checks and system_checks, likewise.
Finding backup_tool(const Look& look);
Finding time_sync(const Look& look);
Finding persistent_log(const Look& look);

/// The lists at the ends of the check files.
std::span<const HostCheck> update_checks();
std::span<const HostCheck> software_checks();
std::span<const HostCheck> data_checks();
std::span<const HostCheck> network_checks();
std::span<const HostCheck> wifi_checks();
std::span<const HostCheck> remote_checks();
std::span<const HostCheck> account_checks();
std::span<const HostCheck> password_checks();
std::span<const HostCheck> desktop_checks();
std::span<const HostCheck> malware_checks();
std::span<const HostCheck> system_checks();

}  // namespace sekisho
