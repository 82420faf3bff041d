// SPDX-License-Identifier: Apache-2.0
// Internal to the room: where programs get their environment from.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// A file, or a setting of systemd's, that puts variables into the environment of the machine's
/// programs or of one person's; and its text.
struct EnvironmentText {
  std::string place;
  std::string text;
};

/// All of them that are there. What can't be read is a gap.
std::vector<EnvironmentText> environment_texts(const Machine& machine);

/// What a line of any of these gives a variable: NAME=VALUE wherever it stands in the line, fish's
/// and csh's `set -x NAME VALUE`, pam_env's `NAME DEFAULT=VALUE`. Comments give nothing.
struct Assigned {
  std::string name;
  std::string value;
};
std::vector<Assigned> assigned_in(std::string_view line);

}  // namespace sekisho
