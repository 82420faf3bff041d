// SPDX-License-Identifier: Apache-2.0
// Internal to the room: commands that something runs by itself on this machine beside what packages
// bring: what they do to a setting, its own files don't show.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collect/host/look.h"

namespace sekisho {

struct OwnCommand {
  std::string place;  // "path:line"
  std::string line;   // of a script or a table, or what a unit starts
  std::string unit;   // empty elsewhere
};

/// Of units and drop-ins below /etc, /run and /usr/local; rc.local; cron's tables and folders; what
/// runs as a network comes up; ufw's own scripts, where they are executable. Comments are left out.
/// A unit counts whether or not something starts it.
std::vector<OwnCommand> own_commands(const Machine& machine);

/// Where `program` stands in a line as a word of its own, with or without its folder; npos for
/// nowhere.
std::size_t word_at(std::string_view line, std::string_view program);

}  // namespace sekisho
