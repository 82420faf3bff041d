// SPDX-License-Identifier: Apache-2.0
// What the program asks of the system that it runs on, beside what it checks: one file of this for
// each kind of system.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/base.h"

namespace sekisho {

/// The kind whose steps of mending are shown where no machine is looked at (load_guideline).
std::string_view own_kind();

Lang system_language();
/// Where answers, lists and the organisation's content are kept for whoever runs the program.
std::filesystem::path state_folder();
/// Refuses to write into a person's folder as another user.
Result<void> may_write();
/// Who runs the program.
std::string login_name();

/// Whether a person sits at the terminal and can be asked.
bool interactive();
bool shows_progress();
bool shows_colours();
std::size_t terminal_columns();
/// Writes text to standard output; false where not all of it went.
bool write_out(std::string_view text);

}  // namespace sekisho
