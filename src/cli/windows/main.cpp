// SPDX-License-Identifier: Apache-2.0
// The program on Windows: what looks at this machine alone, and the agent of an organisation.
#include <fcntl.h>
#include <io.h>
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "cli/program.h"
#include "cli/windows/service.h"
#include "cli/windows/visit.h"
#include "collect/windows/live/text.h"
#include "collect/windows/windows.h"

namespace {

using namespace sekisho;

const Program kSekisho{
    "sekisho",
    {"関所 Sekisho: "
     "総務省のテレワークセキュリティガイドラインに沿って、方式を選び、この端末を確かめ、まず直すこ"
     "と"
     "を示します。組織のサーバーに報告し続けることもできます。",
     "Sekisho: chooses a telework method, checks this machine and says what to fix first, by "
     "Japan's telework security guideline. It can keep reporting to the organisation's server."}};

std::vector<std::string> arguments() {
  int count = 0;
  const std::unique_ptr<wchar_t*, decltype([](wchar_t** p) { ::LocalFree(static_cast<void*>(p)); })>
      list(::CommandLineToArgvW(::GetCommandLineW(), &count));
  std::vector<std::string> out;
  for (int i = 1; list && i < count; ++i) out.push_back(utf8(list.get()[i]));
  return out;
}

void add_facts(CLI::App& cli, const App& app, Command& chosen) {
  cli.add_subcommand("facts", app.tr("この端末で読めることを JSON で見る",
                                     "show what can be read of this machine, as JSON"))
      ->callback([&chosen] {
        chosen = [](const App&) {
          WindowsFacts facts = windows_facts();
          facts.recorded_at = now();
          return App::say(write_windows_facts(facts) + "\n");
        };
      });
}

void add_all(CLI::App& cli, const App& app, Command& chosen) {
  add_check(cli, app.lang, chosen);
  add_guideline(cli, app.lang, chosen);
  add_choose(cli, app.lang, chosen);
  add_answer(cli, app.lang, chosen);
  add_feeds(cli, app.lang, chosen);
  add_agent(cli, app.lang, chosen);
  add_service(cli, app.lang, chosen);
  add_facts(cli, app, chosen);
}

int run() {
  auto words = arguments();
  App app;
  app.lang = language_of(words);
  app.state = state_folder();
  app.columns = terminal_columns();
  if (words.empty() && by_double_click()) return check_for_a_visitor(app);
  return run_program(std::move(app), std::move(words), kSekisho, add_all);
}

}  // namespace

int main() {
  // A library of Windows is never taken from the folder that the program was put in.
  ::SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  ::SetConsoleOutputCP(CP_UTF8);
  // What goes into a file is the same there as from any other system.
  ::_setmode(::_fileno(stdout), _O_BINARY);
  int code = kExitError;
  try {
    code = run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "sekisho: {}\n", printable(error.what()));
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Threads that asked Windows something may still be there, with locks in hand that a tidy end of
  // the process would wait for.
  ::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(code));
}
