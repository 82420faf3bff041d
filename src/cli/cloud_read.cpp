// SPDX-License-Identifier: Apache-2.0
// sekisho cloud read: asks a service for its settings with a right that can only read, and judges
// the answers like an exported file.
#include "cli/cloud_read.h"

#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/cloud.h"
#include "collect/cloudread/cloudread.h"

namespace sekisho {
namespace {

struct ReadArguments {
  std::string service;
  std::string credential;
  std::string to;
  CloudReport report;
};

int run_read(const App& app, const ReadArguments& arguments) {
  const std::string path = arguments.credential.empty()
                               ? (clouds_folder(app) / (arguments.service + ".json")).string()
                               : arguments.credential;
  const auto credential = read_credential_file(path, arguments.service);
  if (!credential) return app.complain(credential.error());
  const CloudLine line{[](const Outgoing& question) { return ask(question); },
                       [&](std::chrono::seconds pause) {
                         fmt::print(
                             stderr,
                             fmt::runtime(app.tr("サービスが混み合っています。{} 秒待ちます。\n",
                                                 "The service is busy; waiting for {} s.\n")),
                             pause.count());
                         std::this_thread::sleep_for(pause);
                       },
                       [] { return now(); }};
  const auto file = read_cloud(line, *credential);
  if (!file) return app.complain(file.error());
  if (!arguments.to.empty())
    if (const auto kept = write_file_atomically(arguments.to, file->bytes, 0600); !kept)
      return app.complain(kept.error());
  return report_clouds(app, {*file}, arguments.report);
}

}  // namespace

std::filesystem::path clouds_folder(const App& app) { return app.state / "clouds"; }

void add_cloud_read(CLI::App& cloud, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto arguments = std::make_shared<ReadArguments>();
  CLI::App* command = cloud.add_subcommand(
      "read", tr("読むだけの権限でサービスに尋ね、開いているものと直す場所を示す",
                 "ask a service with a right that can only read, and say what is open"));
  command->footer(tr(
      "終了コードは sekisho cloud check と同じです。権限の作り方と取り消し方は docs/cloud.ja.md に"
      "あります。",
      "Exit status as of sekisho cloud check. docs/cloud.md tells how to make the right and how "
      "to take it back."));
  command
      ->add_option("SERVICE", arguments->service, "microsoft365, google, zoom, webex, box, github")
      ->required()
      ->check(CLI::IsMember(
          std::vector<std::string>(kReadableServices.begin(), kReadableServices.end())));
  command->add_option("--credential", arguments->credential,
                      tr("資格情報のファイル（0600）", "the file of the credential (0600)"));
  command->add_option("--to", arguments->to,
                      tr("読んだものを書くファイル（コンソールに渡せます）",
                         "where to write what was read, for the console"));
  add_report_options(*command, lang, arguments->report);
  command->callback([arguments, &chosen] {
    chosen = [arguments](const App& app) { return run_read(app, *arguments); };
  });
}

}  // namespace sekisho
