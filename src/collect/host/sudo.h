// Internal to the room: sudoers(5), read as sudo reads it.
#pragma once

#include "collect/host/systemd.h"

namespace sekisho {

/// A line of sudoers with what it continues on, comments off.
struct SudoersLine {
  std::string text;
  std::size_t number = 0;
};
std::vector<SudoersLine> parse_sudoers_lines(std::string_view text);

/// Whom sudo lets do what without a password, and who may become root at all.
struct SudoRules {
  std::vector<std::string> loose;           // "hana (/etc/sudoers:4)"
  std::vector<std::string> administrators;  // names, "%group", "ALL": may run anything as root
};

/// Of all sudoers files; what can't be placed is a gap of `machine`.
std::expected<SudoRules, Finding> sudo_rules(const Machine& machine);

}  // namespace sekisho
