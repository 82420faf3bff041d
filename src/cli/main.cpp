#include <pwd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/app.h"

namespace {

using namespace sekisho;

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

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

/// The language decides what --help says, so it is looked for before the arguments are read.
Lang language(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const std::string_view value = argument.starts_with("--lang=") ? argument.substr(7)
                                   : argument == "--lang" && i + 1 < argc
                                       ? std::string_view(argv[i + 1])
                                       : std::string_view();
    if (value == "ja") return Lang::ja;
    if (value == "en") return Lang::en;
  }
  return language_from_environment();
}

std::size_t terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 40) return 100;
  return std::min<std::size_t>(size.ws_col, 120);
}

int run(int argc, char** argv) {
  App app;
  app.lang = language(argc, argv);
  app.state = state_folder();
  app.columns = terminal_columns();

  CLI::App cli{app.tr("関所 Sekisho: "
                      "総務省のテレワークセキュリティガイドラインに沿って、方式を選び、端末を確かめ"
                      "、まず直すことを示します。",
                      "Sekisho: chooses a telework method, checks machines and says what to fix "
                      "first, by Japan's telework security guideline."),
               "sekisho"};
  cli.set_version_flag("--version", std::string("sekisho ") + SEKISHO_VERSION,
                       app.tr("バージョンを表示", "show the version"));
  cli.set_help_flag("-h,--help", app.tr("使い方を表示", "show this help"));
  std::string lang;
  bool no_colour = false;
  cli.add_option(
         "--lang", lang,
         app.tr("言語（ja・en）。なければ端末の言語", "language (ja, en); else the terminal's"))
      ->check(CLI::IsMember({"ja", "en"}));
  cli.add_flag("--no-color,--no-colour", no_colour, app.tr("色を付けない", "no colours"));
  cli.require_subcommand(1);
  cli.fallthrough();
  Command chosen;
  add_check(cli, app.lang, chosen);
  add_guideline(cli, app.lang, chosen);
  add_choose(cli, app.lang, chosen);
  add_answer(cli, app.lang, chosen);
  add_feeds(cli, app.lang, chosen);
  add_weaknesses(cli, app.lang, chosen);
  add_discover(cli, app.lang, chosen);
  add_observe(cli, app.lang, chosen);
  add_serve(cli, app.lang, chosen);
  add_keep(cli, app.lang, chosen);
  add_demo(cli, app.lang, chosen);
  add_agent(cli, app.lang, chosen);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return cli.exit(done);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "sekisho: {}{}\n{}\n",
               app.tr("引数を読めません: ", "cannot read the arguments: "),
               printable(error.what(), 300),
               app.tr("使い方は sekisho --help か sekisho コマンド名 --help で見られます。",
                      "See sekisho --help, or sekisho COMMAND --help."));
    return kExitError;
  }
  app.colour = !no_colour && ::isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").empty() &&
               environment("TERM") != "dumb";
  return chosen ? chosen(app) : kExitError;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away ends a write with an error instead of the program.
  std::signal(SIGPIPE, SIG_IGN);
  int code = kExitError;
  try {
    code = run(argc, argv);
  } catch (const std::exception& error) {
    const std::string reason = printable(error.what());
    fmt::print(stderr, "sekisho: {}\n", reason);
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Threads of checks that hang are still there: leave without waiting for them.
  std::_Exit(code);
}
