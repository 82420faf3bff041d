// SPDX-License-Identifier: Apache-2.0
// sekisho-agent: of the program what a device needs that reports, and nothing else.
#include "cli/agent.h"
#include "cli/posix_main.h"

namespace {

using namespace sekisho;

const Program kAgent{
    "sekisho-agent",
    {"関所 Sekisho のエージェント: この端末の状態を、組織のサーバーに報告し続けます。",
     "Sekisho's agent: keeps reporting this machine's state to the organisation's server."},
    {{"この端末の状態を、組織のサーバーに報告し続ける",
      "keeps reporting how fit this machine is for telework"},
     "/var/lib/sekisho-agent"}};

void add_all(CLI::App& cli, Lang lang, Command& chosen) { add_agent_commands(cli, lang, chosen); }

}  // namespace

namespace sekisho {

/// None: versions are matched with their weaknesses by the server.
Result<void> App::add_weaknesses(Feeds& /*feeds*/) const { return {}; }

}  // namespace sekisho

int main(int argc, char** argv) { main_of(argc, argv, kAgent, own_licences, add_all); }
