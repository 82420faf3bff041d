// SPDX-License-Identifier: Apache-2.0
// sekisho choose: asks a handful of questions and says which method fits.
#include "cli/app.h"
#include "cli/records.h"
#include "cli/terminal.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

struct ChooseOptions {
  std::string answers;
  bool json = false;
  bool diagram = false;
  bool save = false;
};

Result<Answers> ask_all(const App& app, const Guideline& guideline) {
  Answers answers;
  for (const Question& question : guideline.flowchart.questions) {
    App::say(fmt::format("\n{}\n{}\n", question.text.in(app.lang), question.help.in(app.lang)));
    for (std::size_t i = 0; i < question.options.size(); ++i)
      App::say(fmt::format("  {}. {}\n", i + 1, question.options[i].label.in(app.lang)));
    while (!answers.contains(question.id)) {
      const auto line = ask(app.tr("番号: ", "Number: "));
      if (!line)
        return failure("答えが途中で終わりました。何も変えていません。",
                       "the answers ended early; nothing was changed.");
      const auto number = whole_number(*line);
      if (number >= 1 && number <= static_cast<std::int64_t>(question.options.size()))
        answers[question.id] = question.options[static_cast<std::size_t>(number - 1)].id;
      else
        App::say(fmt::format(fmt::runtime(app.tr("1 から {} の番号で答えてください。\n",
                                                 "Answer with a number from 1 to {}.\n")),
                             question.options.size()));
    }
  }
  return answers;
}

Result<void> save(const App& app, const Choice& choice) {
  if (const auto may = may_write(); !may) return may;
  const auto store = open_store(app);
  if (!store) return std::unexpected(store.error());
  if (auto set = set_setting(**store, kMethodSetting, choice.advised().front()->id); !set)
    return set;
  for (const auto& [id, value] : choice.situations)
    if (auto set = set_setting(**store, situation_setting(id), value ? "yes" : "no"); !set)
      return set;
  return {};
}

int run(const App& app, const ChooseOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  if (options.diagram) return App::say(flowchart_mermaid(*guideline, app.lang));
  Result<Answers> answers;
  if (options.answers.empty()) {
    answers = ask_all(app, *guideline);
  } else {
    const auto document = read_document(options.answers);
    if (!document) return app.complain(document.error());
    answers = read_answers(*document);
  }
  if (!answers) return app.complain(answers.error());
  const auto choice = choose(*guideline, *answers);
  if (!choice) {
    Error error = choice.error();
    error.where = options.answers;
    return app.complain(error);
  }
  const int said = App::say(options.json ? choice_json(*guideline, *choice)
                                         : choice_text(*guideline, *choice, text_style(app)));
  bool keep = options.save;
  if (!keep && options.answers.empty() && interactive()) {
    const auto reply = ask(app.tr("\nこの方式を以後の報告で使いますか（y／n）: ",
                                  "\nUse this method in reports from now on (y/n): "));
    keep = reply && lower(*reply).starts_with('y');
  }
  if (!keep) return said;
  if (const auto saved = save(app, *choice); !saved) return app.complain(saved.error());
  fmt::print(stderr, "{}\n",
             app.tr("保存しました。次の sekisho check から効きます。",
                    "Saved; it holds from the next sekisho check."));
  return said;
}

}  // namespace

void add_choose(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<ChooseOptions>();
  CLI::App* command = cli.add_subcommand(
      "choose",
      tr("質問に答えてテレワーク方式を選ぶ", "answer questions and choose a telework method"));
  command->add_option("--answers", options->answers,
                      tr("答えのファイル（質問: 答え）。なければ端末で尋ねる",
                         "file of answers (question: answer); else it asks"));
  command->add_flag("--json", options->json, tr("JSON で出す", "print JSON"));
  command->add_flag("--diagram", options->diagram,
                    tr("フローチャートを Mermaid で出す", "print the flowchart as Mermaid"));
  command->add_flag("--save", options->save,
                    tr("選んだ方式を以後の報告で使う", "use the method in reports from now on"));
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
