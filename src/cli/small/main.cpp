// sekisho-agent: of the program what a device needs that reports, and nothing else.
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>

#include "cli/agent.h"
#include "cli/program.h"

extern "C" {
extern const char licences_begin[];  // NOLINT(modernize-avoid-c-arrays): a linker symbol
extern const char licences_end[];    // NOLINT(modernize-avoid-c-arrays): a linker symbol
}

namespace {

using namespace sekisho;

const Program kAgent{
    "sekisho-agent",
    {"関所 Sekisho のエージェント: この端末の状態を、組織のサーバーに報告し続けます。",
     "Sekisho's agent: keeps reporting this machine's state to the organisation's server."},
    {{"この端末の状態を、組織のサーバーに報告し続ける",
      "keeps reporting how fit this machine is for telework"},
     "/var/lib/sekisho-agent"}};

void add_all(CLI::App& cli, const App& app, Command& chosen) {
  cli.add_flag_callback(
      "--licences,--licenses",
      [] { throw CLI::CallForVersion(std::string(licences_begin, licences_end), 0); },
      app.tr("使っているソフトウェアのライセンスを表示",
             "show the licences of what it is made of"));
  add_agent_commands(cli, app.lang, chosen);
}

int run(std::vector<std::string> words) {
  App app;
  app.lang = language_of(words);
  app.state = state_folder();
  app.columns = terminal_columns();
  return run_program(std::move(app), std::move(words), kAgent, add_all);
}

}  // namespace

namespace sekisho {

/// None: versions are matched with their weaknesses by the server.
Result<void> App::add_weaknesses(Feeds& /*feeds*/) const { return {}; }

}  // namespace sekisho

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  int code = kExitError;
  try {
    code = run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    fmt::print(stderr, "sekisho-agent: {}\n", printable(error.what()));
  }
  std::fflush(stdout);
  std::fflush(stderr);
  // Threads of checks that hang are still there: leave without waiting for them.
  std::_Exit(code);
}
