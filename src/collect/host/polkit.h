// Internal to the room: polkit's rules, as far as they are understood. They are programs
// (JavaScript of polkit(8)); what of them gives rights away isn't guessed at.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

struct PolkitRules {
  std::vector<std::string> loose;           // files that let through what root may, unasked
  std::vector<std::string> administrators;  // as in sudoers: names and "%group"
};

/// What else may give rights away is a gap of `machine`.
PolkitRules polkit_rules(const Machine& machine);

/// The text of a rules file without comments and what stands between words. Names of groups and
/// users stay as they are.
std::string polkit_code(std::string_view text);

}  // namespace sekisho
