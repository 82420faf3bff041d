// SPDX-License-Identifier: Apache-2.0
// Internal to the room: polkit's rules, as far as they are understood. They are programs
// (JavaScript of polkit(8)); what of them gives rights away isn't guessed at.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Files that let through what root may, unasked; what else may give rights away is a gap of
/// `machine`. What packages bring (below /usr/share and 10-vendor.d) gives rights over something of
/// theirs, and counts only where it lets everything through.
std::vector<std::string> loose_polkit(const Machine& machine);

/// Whom polkit takes for administrators, as in sudoers: names, "%group", "+netgroup".
std::vector<std::string> polkit_administrators(const Machine& machine);

/// Whether all that a file of rules does, as polkit_code() gives it, is plain: it names nothing but
/// what rules are written with and its own parameters, builds no words, and each `return` gives one
/// fixed answer. Then no rule of it lets anything through unasked or by somebody's own password;
/// with `of_administrators`, where it may, all whom it takes for administrators stand in it.
bool plain_polkit(std::string_view code, bool of_administrators);

/// The text of a rules file without comments and what stands between words. Names of groups and
/// users stay as they are.
std::string polkit_code(std::string_view text);

}  // namespace sekisho
