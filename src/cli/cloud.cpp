// SPDX-License-Identifier: Apache-2.0
// sekisho cloud check: what an export of a cloud's settings says: what is open to the world, who
// has no second factor, which meetings strangers may enter, and where to press.
#include "cli/cloud.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/cloud_read.h"
#include "cli/cloud_text.h"
#include "cli/records.h"
#include "collect/cloud/cloud_json.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

struct CloudArguments {
  std::vector<std::string> files;
  CloudReport report;
};

Result<CloudDeclared> declared(const CloudReport& arguments) {
  CloudDeclared said{arguments.emergency, {}};
  for (const std::string& one : arguments.uses) {
    const auto service = cloud_service_named(one);
    if (!service) {
      std::string known;
      for (const CloudService each : kCloudServices)
        known.append(known.empty() ? "" : ", ").append(name(each));
      return failure("サービスの名前が違います（使えるもの: " + known + "）。",
                     "there is no such service (" + known + ").", printable(one, 40));
    }
    said.in_use.insert(*service);
  }
  return said;
}

Result<std::vector<CloudFile>> files_of(const CloudArguments& arguments) {
  std::vector<CloudFile> files;
  for (const std::string& path : arguments.files) {
    auto bytes = read_input_file(path, kMostExportBytes);
    if (!bytes) return std::unexpected(bytes.error());
    files.push_back({path, std::move(*bytes)});
  }
  return files;
}

/// Some ◎ item of the handbook that a failing check is evidence for.
bool must_failing(const Guideline& guideline, const CloudChecks& clouds,
                  const std::vector<JudgedCheck>& checks) {
  return std::ranges::any_of(guideline.handbook, [&](const HandbookItem& item) {
    return item.priority() == Priority::must &&
           std::ranges::any_of(checks, [&](const JudgedCheck& check) {
             const auto& of = clouds.of(item);
             return check.finding.verdict == Verdict::fail &&
                    std::ranges::find(of, check.spec->id) != of.end();
           });
  });
}

Result<void> keep(const App& app, const std::vector<Evidence>& evidence) {
  const auto store = open_store(app);
  if (!store) return std::unexpected(store.error());
  if (const auto kept = append_evidence(**store, evidence); !kept)
    return std::unexpected(kept.error());
  return {};
}

int run(const App& app, const CloudArguments& arguments) {
  const auto files = files_of(arguments);
  return files ? report_clouds(app, *files, arguments.report) : app.complain(files.error());
}

}  // namespace

void add_report_options(CLI::App& command, Lang lang, CloudReport& report) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  command.add_option("--emergency", report.emergency,
                     tr("緊急用のアカウントのサインイン名（二つまで）",
                        "the sign-in name of an account for emergencies (two at most)"));
  command.add_flag("--json", report.json, tr("JSON で出す", "print JSON"));
  command.add_flag("--keep", report.keep,
                   tr("結果を残し、sekisho check で数える", "keep the results for sekisho check"));
}

int report_clouds(const App& app, const std::vector<CloudFile>& files,
                  const CloudReport& arguments) {
  const auto said = declared(arguments);
  if (!said) return app.complain(said.error());
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto clouds = load_cloud_checks(embedded_guideline());
  if (!clouds) return app.complain(clouds.error());
  const Time moment = now();
  const auto reading = read_clouds(files, *said, moment);
  if (!reading) return app.complain(reading.error());
  const std::vector<JudgedCheck> checks = judged_checks(*clouds, *reading, *said);
  // What proves nothing takes the place of nothing, and is no success.
  const bool told = std::ranges::any_of(
      reading->rows, [](const CloudRow& row) { return row.finding.verdict != Verdict::unknown; });
  if (arguments.keep && told)
    if (const auto kept = keep(app, cloud_evidence(checks, *reading, moment)); !kept)
      return app.complain(kept.error());
  // Not every open door is of a ◎ item of the handbook.
  const bool open = std::ranges::any_of(reading->rows, [](const CloudRow& row) {
    return row.item->severe && row.finding.verdict == Verdict::fail;
  });
  const int code = !told                                               ? kExitError
                   : open || must_failing(*guideline, *clouds, checks) ? kExitFailing
                                                                       : kExitGood;
  if (!told)
    fmt::print(stderr, "{}\n",
               app.tr("ファイルからは何も分かりません。", "Nothing can be told from the files."));
  return App::say(
      arguments.json ? cloud_json(*clouds, *reading, checks) : cloud_text(app, *reading, checks),
      code);
}

void add_cloud(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto arguments = std::make_shared<CloudArguments>();
  CLI::App* cloud = cli.add_subcommand(
      "cloud", tr("クラウドと会議の設定を確かめる", "check settings of clouds and meetings"));
  cloud->require_subcommand(1);
  CLI::App* command = cloud->add_subcommand(
      "check", tr("書き出した設定のファイルを読み、開いているものと直す場所を示す",
                  "read exported settings and say what is open and where to mend it"));
  command->footer(
      tr("終了コード: 0 ✗ も ◎ の要対応もなし、1 どちらかあり、2 実行できなかったか、"
         "何も分からなかった。どこへも送りません。読めるファイルは docs/cloud.ja.md にあります。",
         "Exit status: 0 no ✗ and no ◎ item failing, 1 either, 2 it could not run, or nothing "
         "could be told. It sends nothing. docs/cloud.md lists the files that it reads."));
  command->add_option("FILE", arguments->files, tr("書き出したファイル", "exported files"))
      ->required();
  command->add_option("--uses", arguments->report.uses,
                      tr("ほかに使っているサービス（teams、zoom など）",
                         "a service that is in use as well (teams, zoom and so on)"));
  add_report_options(*command, lang, arguments->report);
  command->callback([arguments, &chosen] {
    chosen = [arguments](const App& app) { return run(app, *arguments); };
  });
  add_cloud_read(*cloud, lang, chosen);
}

}  // namespace sekisho
