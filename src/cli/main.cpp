// SPDX-License-Identifier: Apache-2.0
#include "cli/cloud.h"
#include "cli/posix_main.h"
#include "server/http/pages.h"

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
  std::string text = own_licences();
  if (const auto pages = Pages::load()) text += pages->file("/licenses.txt");
  return text;
}

void add_all(CLI::App& cli, Lang lang, Command& chosen) {
  add_check(cli, lang, chosen);
  add_guideline(cli, lang, chosen);
  add_choose(cli, lang, chosen);
  add_answer(cli, lang, chosen);
  add_feeds(cli, lang, chosen);
  add_weaknesses(cli, lang, chosen);
  add_discover(cli, lang, chosen);
  add_cloud(cli, lang, chosen);
  add_observe(cli, lang, chosen);
  add_serve(cli, lang, chosen);
  add_keep(cli, lang, chosen);
  add_access(cli, lang, chosen);
  add_demo(cli, lang, chosen);
  add_agent(cli, lang, chosen);
}

}  // namespace

int main(int argc, char** argv) { main_of(argc, argv, kSekisho, licences, add_all); }
