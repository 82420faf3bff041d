// SPDX-License-Identifier: Apache-2.0
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
  /// Of a distribution whose minor releases end one by one it is known, and the state isn't, while
  /// the minor release isn't told.
  std::string cycle;
  std::optional<Day> until;
  std::optional<Day> extended_until;
  /// A later minor release of the line, where support of the own one ended with it: 9.8 of
  /// RHEL 9.4.
  std::string newer_minor;

  /// windows, darwin, linux, mobile or appliance; empty when the name isn't known.
  std::string_view platform() const;
};

/// windows, darwin, linux, mobile or appliance, by a system's name; empty when it isn't known.
std::string_view platform_of(const std::string& system);

/// "Windows Pro 10.0.22631": the version where the name doesn't say it.
std::string system_label(const std::string& system, const std::string& version);

/// Of a distribution whose minor releases end with the next: the newest one, where `version` is an
/// older one. Empty for others.
std::string newer_minor(std::string_view product, std::string_view version, const Cycle& line);

/// `system` as Intune, osquery or a person writes it ("Windows", "Microsoft Windows 11 Pro 23H2",
/// "Win10", "Ubuntu 22.04.4 LTS", "iOS/iPadOS"), `version` likewise ("10.0.22631.4317", "24H2",
/// "22H2 (OS ビルド 19045.4046)", "10.0 (26100)", "14.5", ""). A system is known by what its name
/// begins with. Windows is told by its build or its release, which must not contradict each other;
/// of the lines of one build the edition decides, and an edition that isn't said counts as Home or
/// Pro, whose support ends first. How old the feed is, is for whoever judges by it.
SystemSupport support_of(const SupportFeed& feed, const std::string& system,
                         const std::string& version, Day today);

}  // namespace sekisho
