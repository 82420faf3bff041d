// SPDX-License-Identifier: Apache-2.0
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
  std::vector<std::string> loose_users;     // whom those are for: names, "%group", "ALL"
  std::vector<std::string> lasting;         // settings by which one password does for ever
  std::vector<std::string> administrators;  // names, "%group", "ALL": may run anything as root
};

/// Of all sudoers files; what can't be placed is a gap of `machine`.
std::expected<SudoRules, Finding> sudo_rules(const Machine& machine);

/// What `sudo -l -U NAME` prints, which root may ask of anybody: whether a command is among it that
/// needs no password. Nothing when the text isn't such a list.
std::optional<bool> parse_sudo_list(std::string_view text);

/// What the running sudo itself says, with every source of rules that it knows, on this host.
struct SudoTold {
  std::vector<std::string> loose;  // who becomes another without a password
  bool whole = false;              // all who can sign in, and all of `users`, were asked
};
/// Of those who can sign in and of `users` (as in SudoRules). Nothing where it can't be asked.
std::optional<SudoTold> ask_sudo(const Machine& machine, const std::vector<std::string>& users);

}  // namespace sekisho
