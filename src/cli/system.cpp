// SPDX-License-Identifier: Apache-2.0
#include "cli/system.h"

#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace sekisho {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes it
  return value == nullptr ? "" : value;
}

}  // namespace

std::string_view own_kind() { return "debian"; }

Lang system_language() { return language_from_environment(); }

/// $XDG_DATA_HOME/sekisho, else ~/.local/share/sekisho; under sudo that of the person behind it, so
/// that `sudo sekisho check` sees their answers.
std::filesystem::path state_folder() {
  if (const std::string data = environment("XDG_DATA_HOME"); data.starts_with('/'))
    return std::filesystem::path(data) / "sekisho";
  std::string home = environment("HOME");
  if (const auto uid = whole_number(environment("SUDO_UID")); ::geteuid() == 0 && uid > 0) {
    const passwd* person = ::getpwuid(static_cast<uid_t>(uid));  // NOLINT(concurrency-mt-unsafe)
    if (person != nullptr) home = person->pw_dir;
  }
  return std::filesystem::path(home.empty() ? "/" : home) / ".local/share/sekisho";
}

Result<void> may_write() {
  if (::geteuid() == 0 && !environment("SUDO_UID").empty())
    return failure("記録は sudo を付けずに書いてください（ファイルの持ち主が変わらないように）。",
                   "write records without sudo, so that files keep their owner.");
  return {};
}

std::string login_name() {
  const passwd* person = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): one thread
  return person == nullptr ? std::string("unknown") : std::string(person->pw_name);
}

bool interactive() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

bool shows_progress() { return ::isatty(STDERR_FILENO) == 1; }

bool shows_colours() {
  return ::isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 100;
  return std::min<std::size_t>(size.ws_col, 120);
}

bool write_out(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

}  // namespace sekisho
