// Internal to the room: a SQLite file from outside. Closing any descriptor of a file drops all
// locks that the process holds on it (POSIX), and with them SQLite's: so no file that SQLite may
// have open is ever opened beside it. https://sqlite.org/howtocorrupt.html, 2.2
#pragma once

#include "base/base.h"

namespace sekisho {

/// Makes the file with mode 0600 when it isn't there, so that it is never readable by others, not
/// for a moment; takes others' rights away from one that is. A link is refused.
Result<void> prepare_file(const std::filesystem::path& path);
/// Whether a regular file is there.
Result<void> find_file(const std::filesystem::path& path);

}  // namespace sekisho
