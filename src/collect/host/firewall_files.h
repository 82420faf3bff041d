// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the rules that a system which doesn't run would load at its start, read
// from its files as the program that loads them would.
#pragma once

#include "collect/host/firewall.h"
#include "collect/host/look.h"

namespace sekisho {

struct LoadedRules {
  filter::Ruleset rules;
  std::string tool;  // for a sentence
  Compared source;   // where they stand
};

/// Those of a service that is started: nftables.service, firewalld.service and so on. Unknown where
/// they can't be read whole.
std::expected<LoadedRules, Finding> rules_of_service(const Machine& machine, std::string_view unit);

/// A script for nft with all that it includes in its place; nothing (and a gap) where an include
/// can't be followed.
std::optional<std::string> nft_script(const Machine& machine, const std::string& path);

}  // namespace sekisho
