// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the check of new files' rights, and how it reads the shells' files.
#pragma once

#include "collect/host/look.h"

namespace sekisho {

/// Of data_checks, in a file of its own.
Finding umask_default(const Look& look);

/// The words of a line of a shell's script, quotes and comment off; ";" stands for whatever ends a
/// command or begins one.
std::vector<std::string> shell_words(std::string_view line);

}  // namespace sekisho
