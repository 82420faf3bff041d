// SPDX-License-Identifier: Apache-2.0
#include "cli/posix_main.h"

#include <cxxabi.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <exception>

#include <fmt/format.h>

extern "C" {
extern const char licences_begin[];  // NOLINT(modernize-avoid-c-arrays): a linker symbol
extern const char licences_end[];    // NOLINT(modernize-avoid-c-arrays): a linker symbol
}

namespace sekisho {
namespace {

/// What an exception says may be of somebody's data; of one that nobody caught its type has to do.
[[noreturn]] void end_without_words() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  fmt::print(stderr, "an error that was not caught: {}\n",
             type == nullptr ? "unknown" : type->name());
  std::abort();
}

/// A crash leaves no picture of memory behind, in which names of people, passwords and keys stand.
void leave_nothing_at_a_crash() {
  std::set_terminate(end_without_words);
  rlimit core{};
  if (::getrlimit(RLIMIT_CORE, &core) != 0) return;
  core.rlim_cur = 0;
  ::setrlimit(RLIMIT_CORE, &core);
}

}  // namespace

std::string own_licences() { return {licences_begin, licences_end}; }

void main_of(int argc, char** argv, const Program& program, std::string (*licences)(),
             void (*add)(CLI::App&, Lang, Command&)) {
  // A reader that goes away ends a write with an error instead of the program.
  std::signal(SIGPIPE, SIG_IGN);
  leave_nothing_at_a_crash();
  int code = kExitError;
  try {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    App app;
    app.lang = language_of(words);
    app.state = state_folder();
    app.columns = terminal_columns();
    code = run_program(std::move(app), std::move(words), program,
                       [&](CLI::App& cli, const App& of, Command& chosen) {
                         cli.add_flag_callback(
                             "--licences,--licenses",
                             [licences] { throw CLI::CallForVersion(licences(), 0); },
                             of.tr("使っているソフトウェアのライセンスを表示",
                                   "show the licences of what it is made of"));
                         add(cli, of.lang, chosen);
                       });
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program.name, printable(error.what()));
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Threads of checks that hang are still there: leave without waiting for them.
  std::_Exit(code);
}

}  // namespace sekisho
