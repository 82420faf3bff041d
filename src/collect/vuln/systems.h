// Whether an operating system is still supported, from the names that lists and tools give it.
#pragma once

#include "collect/vuln/vuln.h"

namespace sekisho {

struct SystemSupport {
  enum class State : std::uint8_t {
    unknown,    // the feed doesn't have it, or the name doesn't tell which line it is
    supported,  // regular support
    extended,   // regular support is over, extended support exists: often for pay (ESU)
    ended,
  };
  State state = State::unknown;
  std::string product;  // of the feed; empty when the name isn't known
  std::string cycle;
  std::optional<Day> until;
  std::optional<Day> extended_until;

  /// windows, darwin, linux, mobile or appliance; empty when the name isn't known.
  std::string_view platform() const;
};

/// windows, darwin, linux, mobile or appliance, by a system's name; empty when it isn't known.
std::string_view platform_of(const std::string& system);

/// "Windows Pro 10.0.22631": the version where the name doesn't say it.
std::string system_label(const std::string& system, const std::string& version);

/// `system` as Intune, osquery or a person writes it ("Windows", "Microsoft Windows 11 Pro 23H2",
/// "Ubuntu 22.04.4 LTS", "iOS/iPadOS"), `version` likewise ("10.0.22631.4317", "14.5", ""). Windows
/// is told by its build; of the lines of one build the edition decides, and an edition that isn't
/// said counts as Home or Pro, whose support ends first.
SystemSupport support_of(const SupportFeed& feed, const std::string& system,
                         const std::string& version, Day today);

}  // namespace sekisho
