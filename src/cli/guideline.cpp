// SPDX-License-Identifier: Apache-2.0
// sekisho guideline: shows the guideline, and lays an organisation's own content over it.
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/program.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

struct GuidelineOptions {
  std::string part;
  std::string measure;
  std::string file;
  std::string method;
  std::string role;
  std::string category;
  std::string level;
  std::string priority;
  bool json = false;
};

Error no_such_measure(const Guideline& guideline, const std::string& word) {
  std::vector<std::string> known;
  for (const Measure& measure : guideline.measures) known.push_back(measure.ascii);
  const Text near = nearest(word, known);
  return {{"その対策はありません。一覧: sekisho guideline measures。" + near.ja,
           "there is no such measure; see sekisho guideline measures." +
               (near.en.empty() ? "" : " " + near.en)},
          printable(word, 80)};
}

Result<GuidelineFilter> filter_of(const Guideline& guideline, const GuidelineOptions& options) {
  GuidelineFilter filter;
  if (!options.method.empty()) {
    filter.method = guideline.method(options.method);
    if (filter.method == nullptr) return std::unexpected(no_such_method(guideline, options.method));
  }
  if (!options.measure.empty()) {
    filter.measure = guideline.measure(options.measure);
    if (filter.measure == nullptr)
      return std::unexpected(no_such_measure(guideline, options.measure));
  }
  if (!options.role.empty()) filter.role = role_named(options.role);
  if (!options.category.empty()) filter.category = options.category[0];
  if (!options.level.empty()) filter.level = level_named(options.level);
  if (!options.priority.empty()) filter.priority = priority_named(options.priority);
  return filter;
}

int show(const App& app, const GuidelineOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  auto filter = filter_of(*guideline, options);
  if (!filter) return app.complain(filter.error());
  const auto settings = saved_settings(app);
  if (!settings) return app.complain(settings.error());
  filter->situations = saved_situations(*guideline, *settings);
  const auto text = options.json
                        ? guideline_json(*guideline, options.part, *filter)
                        : guideline_text(*guideline, options.part, *filter, text_style(app));
  return text ? App::say(*text) : app.complain(text.error());
}

int import_file(const App& app, const std::string& file) {
  if (const auto may = may_write(); !may) return app.complain(may.error());
  const auto text = read_input_file(file, DocumentLimits{}.bytes);
  if (!text) return app.complain(text.error());
  // JSON is YAML as well; one reader for both is the one that reads what is kept.
  const auto overlay = parse_yaml(file, *text);
  if (!overlay) return app.complain(overlay.error());
  Document document = embedded_guideline();
  std::vector<Error> problems;
  overlay_document(document, *overlay, problems);
  if (problems.empty()) read_guideline(document, problems);
  for (const Error& problem : problems) app.complain(problem);
  if (!problems.empty()) {
    fmt::print(stderr, "{}\n", app.tr("何も取り込みませんでした。", "Nothing was imported."));
    return kExitError;
  }
  std::error_code error;
  std::filesystem::create_directories(app.state, error);
  if (const auto written = write_file_atomically(app.overlay_file(), *text); !written)
    return app.complain(written.error());
  return App::say(app.tr("取り込みました。以後の表示と報告に効きます。\n",
                         "Imported; it holds from now on.\n"));
}

int reset(const App& app) {
  if (const auto may = may_write(); !may) return app.complain(may.error());
  std::error_code error;
  const bool removed = std::filesystem::remove(app.overlay_file(), error);
  if (error)
    return app.complain({{"消せません。", "cannot be removed."}, app.overlay_file().string()});
  return App::say(
      removed ? app.tr("組織の内容を外しました。\n", "The organisation's content was removed.\n")
              : app.tr("外すものはありません。\n", "There was nothing to remove.\n"));
}

}  // namespace

void add_guideline(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<GuidelineOptions>();
  CLI::App* command =
      cli.add_subcommand("guideline", tr("ガイドラインの内容を見る・組織の内容を重ねる",
                                         "show the guideline, or lay your own content over it"));
  command->require_subcommand(1);
  command->add_option("--method", options->method,
                      tr("方式（名前か番号）", "method (name or number)"));
  command->add_option("--role", options->role, tr("役割", "role"))
      ->check(CLI::IsMember({"executive", "administrator", "teleworker"}));
  command->add_option("--category", options->category, tr("対策分類 A〜M", "category A to M"))
      ->transform(CLI::IsMember({"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M"},
                                CLI::ignore_case));
  command
      ->add_option("--level", options->level,
                   tr("basic（基本）・advanced（発展）", "basic or advanced"))
      ->check(CLI::IsMember({"basic", "advanced"}));
  command
      ->add_option("--priority", options->priority,
                   tr("must（◎）・should（○）・none", "must (◎), should (○) or none"))
      ->check(CLI::IsMember({"must", "should", "none"}));
  command->add_flag("--json", options->json, tr("JSON で出す", "print JSON"));
  struct Part {
    const char* name;
    const char* ja;
    const char* en;
  };
  for (const Part& part :
       {Part{"methods", "七つの方式と特性の比較", "the seven methods and their grades"},
        Part{"measures", "Sekisho の対策（総務省の 13 分類に沿う）",
             "Sekisho's measures, by the ministry's 13 categories"},
        Part{"checklist", "手引きのチェックリスト", "the handbook's checklist"},
        Part{"incidents", "トラブル事例", "incident cases"}, Part{"threats", "脅威", "threats"},
        Part{"cloud", "クラウドの有効性と留意事項", "clouds: benefits and cautions"},
        Part{"zero-trust", "境界型とゼロトラスト", "perimeter and zero trust"},
        Part{"wifi", "Wi-Fi のポイント", "Wi-Fi points"}, Part{"glossary", "用語集", "glossary"},
        Part{"limits", "判定に使う数値とその根拠", "numbers that decide verdicts, and why"}}) {
    CLI::App* shown = command->add_subcommand(part.name, tr(part.ja, part.en));
    shown->fallthrough();
    if (std::string_view(part.name) == "measures")
      shown->add_option("measure", options->measure,
                        tr("対策の番号（SK-admin-B3 など。省くとすべて）",
                           "number of a measure (SK-admin-B3, say; all without one)"));
    shown->callback([options, &chosen, name = std::string(part.name)] {
      options->part = name;
      chosen = [options](const App& app) { return show(app, *options); };
    });
  }
  command
      ->add_subcommand("template", tr("公式の番号と文面を書き込む取り込み用紙を出す",
                                      "print a form for the ministry's numbers and words"))
      ->callback([&chosen] {
        chosen = [](const App& app) {
          const auto guideline = load_guideline(embedded_guideline());
          return guideline ? App::say(import_template(*guideline))
                           : app.complain(guideline.error());
        };
      });
  CLI::App* import = command->add_subcommand(
      "import", tr("組織や公式の文面を重ねる（YAML・JSON）",
                   "lay your own or the official texts over it (YAML or JSON)"));
  import->add_option("file", options->file, tr("ファイル", "file"))->required();
  import->callback([options, &chosen] {
    chosen = [options](const App& app) { return import_file(app, options->file); };
  }  // namespace sekisho
  );
  command->add_subcommand("reset", tr("重ねた内容を外す", "remove what was laid over it"))
      ->callback([&chosen] { chosen = reset; });
}

}  // namespace sekisho
