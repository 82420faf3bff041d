// SPDX-License-Identifier: Apache-2.0
// All that one log-in started: a control group (v2), which nothing leaves that isn't root's.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sekisho {

/// One process for good: its number, and when it began, as the kernel counts.
struct ProcessName {
  pid_t pid = 0;
  std::string start{};
  bool operator==(const ProcessName&) const = default;
};
/// Of one that is there.
std::optional<ProcessName> process_name(pid_t pid);
std::optional<ProcessName> parent_of(pid_t pid);
/// Kills it and what came of it, as far as that can be found by who is whose child: what has left
/// its parent goes on. A SessionGroup ends all.
void end_with_children(const ProcessName& process);

class SessionGroup {
 public:
  /// A new group beside or below where the process is, with the process in it. Refused where it
  /// couldn't be killed as a whole (Linux 5.14).
  static Result<SessionGroup> make(pid_t pid, const std::string& name);
  /// One that was made before.
  explicit SessionGroup(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// Whether anything in it, or below, is alive.
  bool populated() const;
  /// Writes to the terminals of those in it.
  void tell(std::string_view text) const;
  /// Ends all of them, those who fork as well. False: that couldn't even be asked for.
  bool kill() const;
  /// Takes it away when nothing is in it.
  void remove() const;

 private:
  std::vector<pid_t> members() const;
  std::filesystem::path path_;
};

}  // namespace sekisho
