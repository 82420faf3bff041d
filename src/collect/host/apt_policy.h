// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what apt and unattended-upgrades may install: where sources, pins and keys
// are, and what of them keeps security updates back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collect/host/apt.h"

namespace sekisho {

/// A line of sources.list(5), or one paragraph of its newer form.
struct AptSource {
  std::string place;    // "path:line", or the file
  bool binary = false;  // "deb"
  std::vector<std::string> hosts;
  std::vector<std::string> suites;
  std::vector<std::string> keys;      // files of Signed-By
  std::vector<std::string> weakness;  // options that turn a safeguard off: "trusted=yes"
};

/// A path of apt's: "dir::etc::sourcelist" by its own value and those above it.
std::string apt_path(const AptSettings& settings, std::string_view name);

/// The values of a list, under whatever names they stand there.
std::vector<std::string> apt_list(const AptSettings& settings, std::string_view name);

/// All that are on. What is there and can't be read is a gap.
std::vector<AptSource> apt_sources(const Machine& machine, const AptSettings& settings);

/// Settings that turn a safeguard of apt off: "APT::Get::AllowUnauthenticated".
std::vector<std::string> apt_weaknesses(const AptSettings& settings);

/// Keys, lists of sources and settings that others than root may write.
std::vector<std::string> apt_open_files(const Machine& machine, const AptSettings& settings,
                                        const std::vector<AptSource>& sources);

/// Why security updates wouldn't be installed though unattended-upgrades runs: fail, or unknown
/// where that can't be told; nothing where all of them would be.
std::optional<Finding> updates_kept_back(const Machine& machine, const AptSettings& settings);

}  // namespace sekisho
