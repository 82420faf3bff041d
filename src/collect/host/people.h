// SPDX-License-Identifier: Apache-2.0
// Internal to the room: who signs in here, of all places where accounts are kept, and with what.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Somebody can open a shell with it: what nologin and the like refuse isn't one.
bool has_shell(const Account& account);

/// Sources of `database` ("passwd", "group") by nsswitch.conf(5), and records of systemd, that this
/// program can't list: a domain's, NIS'.
std::vector<std::string> other_sources(const Machine& machine, std::string_view database);
/// Each is a gap: what is said of everybody isn't known of theirs.
void note_other_sources(const Machine& machine, std::string_view database);

/// A password field, of whichever file keeps it.
struct Stored {
  std::string name;
  std::string stored;
  std::string file;
};
/// Of accounts, and of groups where `groups` is set. Nothing where /etc/shadow can't be read; what
/// the other files say is in `into` all the same.
FileResult<void> stored_passwords(const Machine& machine, bool groups, std::vector<Stored>& into);

/// Everybody in a group: those it lists, and those whose own group it is.
std::vector<std::string> members(const Group& group, const std::vector<Account>& accounts);
/// The same of all groups of its number, for which the kernel takes each of them.
std::vector<std::string> members_by_number(const Group& group, const std::vector<Group>& groups,
                                           const std::vector<Account>& accounts);
/// Whether a name that /etc/passwd or /etc/group lacks may be known elsewhere (nsswitch.conf(5)).
bool may_be_elsewhere(const Machine& machine, std::string_view database);

}  // namespace sekisho
