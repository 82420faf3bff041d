#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/cloud.h"
#include "cli/program.h"
#include "server/http/pages.h"

extern "C" {
extern const char licences_begin[];  // NOLINT(modernize-avoid-c-arrays): a linker symbol
extern const char licences_end[];    // NOLINT(modernize-avoid-c-arrays): a linker symbol
}

namespace {

using namespace sekisho;

const Program kSekisho{
    "sekisho",
    {"関所 Sekisho: "
     "総務省のテレワークセキュリティガイドラインに沿って、方式を選び、端末を確かめ、まず直すことを"
     "示"
     "します。",
     "Sekisho: chooses a telework method, checks machines and says what to fix first, by Japan's "
     "telework security guideline."}};

/// Of what is compiled in, and of what the console is made of.
std::string licences() {
  std::string text(licences_begin, licences_end);
  if (const auto pages = Pages::load()) text += pages->file("/licenses.txt");
  return text;
}

void add_all(CLI::App& cli, const App& app, Command& chosen) {
  cli.add_flag_callback(
      "--licences,--licenses", [] { throw CLI::CallForVersion(licences(), 0); },
      app.tr("使っているソフトウェアのライセンスを表示",
             "show the licences of what it is made of"));
  add_check(cli, app.lang, chosen);
  add_guideline(cli, app.lang, chosen);
  add_choose(cli, app.lang, chosen);
  add_answer(cli, app.lang, chosen);
  add_feeds(cli, app.lang, chosen);
  add_weaknesses(cli, app.lang, chosen);
  add_discover(cli, app.lang, chosen);
  add_cloud(cli, app.lang, chosen);
  add_observe(cli, app.lang, chosen);
  add_serve(cli, app.lang, chosen);
  add_keep(cli, app.lang, chosen);
  add_access(cli, app.lang, chosen);
  add_demo(cli, app.lang, chosen);
  add_agent(cli, app.lang, chosen);
}

int run(std::vector<std::string> words) {
  App app;
  app.lang = language_of(words);
  app.state = state_folder();
  app.columns = terminal_columns();
  return run_program(std::move(app), std::move(words), kSekisho, add_all);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away ends a write with an error instead of the program.
  std::signal(SIGPIPE, SIG_IGN);
  int code = kExitError;
  try {
    code = run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    const std::string reason = printable(error.what());
    fmt::print(stderr, "sekisho: {}\n", reason);
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Threads of checks that hang are still there: leave without waiting for them.
  std::_Exit(code);
}
