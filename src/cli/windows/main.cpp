// The program on Windows: the agent, and what shows its facts.
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

#include "cli/app.h"
#include "cli/windows/service.h"
#include "collect/windows/live/text.h"
#include "collect/windows/windows.h"

namespace {

using namespace sekisho;

std::vector<std::string> arguments() {
  int count = 0;
  const std::unique_ptr<wchar_t*, decltype([](wchar_t** p) { ::LocalFree(static_cast<void*>(p)); })>
      list(::CommandLineToArgvW(::GetCommandLineW(), &count));
  std::vector<std::string> out;
  for (int i = 1; list && i < count; ++i) out.push_back(utf8(list.get()[i]));
  return out;
}

Lang language(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string value = words[i].starts_with("--lang=")                ? words[i].substr(7)
                              : words[i] == "--lang" && i + 1 < words.size() ? words[i + 1]
                                                                             : std::string();
    if (value == "ja") return Lang::ja;
    if (value == "en") return Lang::en;
  }
  return PRIMARYLANGID(::GetUserDefaultUILanguage()) == LANG_JAPANESE ? Lang::ja : Lang::en;
}

void add_facts(CLI::App& cli, const App& app, Command& chosen) {
  cli.add_subcommand("facts", app.tr("この端末で読めることを JSON で見る",
                                     "show what can be read of this machine, as JSON"))
      ->callback([&chosen] {
        chosen = [](const App&) { return App::say(write_windows_facts(windows_facts()) + "\n"); };
      });
}

/// Started by a double click the console is ours alone, and closes with us.
bool by_double_click() {
  std::array<DWORD, 2> processes{};
  return ::GetConsoleProcessList(processes.data(), processes.size()) == 1;
}

int tell_a_visitor(const App& app) {
  App::say(
      app.tr("関所 Sekisho の agent です。管理者の PowerShell で次のように入れます:\n\n"
             "  .\\sekisho.exe service install \"コンソールで作ったリンク\"\n\n"
             "Enter キーで閉じます。\n",
             "This is Sekisho's agent. It is installed in a PowerShell of the administrator:\n\n"
             "  .\\sekisho.exe service install \"the link that the console made\"\n\n"
             "Press Enter to close this window.\n"));
  std::fflush(stdout);
  (void)std::getchar();
  return kExitError;
}

/// Where the command stands, after options; null where there is none.
std::string* command_in(std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--lang")
      ++i;
    else if (!words[i].starts_with("-"))
      return &words[i];
  }
  return nullptr;
}

/// Words that people try for help, by those that are known.
void understand(std::string& command) {
  if (command == "help" || command == "/?") command = "--help";
  if (command == "version") command = "--version";
}

bool is_command(const CLI::App& cli, const std::string& word) {
  return word.starts_with("-") ||
         std::ranges::any_of(cli.get_subcommands([](const CLI::App*) { return true; }),
                             [&](const CLI::App* known) { return known->get_name() == word; });
}

int run() {
  auto words = arguments();
  App app;
  app.lang = language(words);
  CLI::App cli{app.tr("関所 Sekisho の agent: この端末の状態を、組織のサーバーに報告します。",
                      "Sekisho's agent: reports this machine's state to the organisation's "
                      "server."),
               "sekisho"};
  cli.set_version_flag("--version", std::string("sekisho ") + SEKISHO_VERSION,
                       app.tr("バージョンを表示", "show the version"));
  cli.set_help_flag("-h,--help", app.tr("使い方を表示", "show this help"));
  std::string lang;
  cli.add_option("--lang", lang,
                 app.tr("言語（ja・en）。なければ Windows の言語",
                        "language (ja, en); else that of Windows"))
      ->check(CLI::IsMember({"ja", "en"}));
  cli.require_subcommand(1);
  cli.fallthrough();
  if (words.empty() && by_double_click()) return tell_a_visitor(app);
  std::string* command = command_in(words);
  if (command != nullptr) understand(*command);
  Command chosen;
  add_agent(cli, app.lang, chosen);
  add_service(cli, app.lang, chosen);
  add_facts(cli, app, chosen);
  if (command != nullptr && !is_command(cli, *command))
    return app.complain(
        {{fmt::format("「{}」という命令はありません。\n使い方は sekisho --help で見られます。",
                      printable(*command, 100)),
          fmt::format("there is no command '{}'.\nSee sekisho --help.", printable(*command, 100))},
         {}});
  try {
    // The last first: so it takes them.
    cli.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& done) {
    return cli.exit(done);
  } catch (const CLI::ParseError& error) {
    return app.complain(
        {{"引数を読めません: " + printable(error.what(), 300) +
              "\n使い方は sekisho --help で見られます。",
          "cannot read the arguments: " + printable(error.what(), 300) + "\nSee sekisho --help."},
         {}});
  }
  return chosen ? chosen(app) : kExitError;
}

}  // namespace

int main() {
  // A library of Windows is never taken from the folder that the program was put in.
  ::SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  ::SetConsoleOutputCP(CP_UTF8);
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
