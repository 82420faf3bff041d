// SPDX-License-Identifier: Apache-2.0
// sekisho answer: records what no machine can see: who says so, and until when it holds.
#include <fmt/format.h>

#include "cli/app.h"
#include "cli/program.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "collect/attest/attest.h"

namespace sekisho {
namespace {

struct AnswerOptions {
  Answer answer;
  std::string until;
  std::vector<std::size_t> parts;  // from 1, as people count
  bool list = false;
};

/// As the person at this machine has it in the calendar.
std::string shown_day(Time time) { return format_day(Calendar::here(time).day(time)); }

/// The newest record of each question, by its id.
std::map<std::string, Evidence> newest(const std::vector<Evidence>& all) {
  std::map<std::string, Evidence> by_question;
  for (const Evidence& evidence : all) by_question.insert_or_assign(evidence.check, evidence);
  return by_question;
}

std::string state_of(const App& app, const std::map<std::string, Evidence>& answered,
                     const CheckSpec& spec, Time moment) {
  const auto found = answered.find(spec.id);
  if (found == answered.end()) return app.tr("未回答", "not answered");
  const Evidence& evidence = found->second;
  if (!evidence.valid_at(moment)) return app.tr("期限切れ", "expired");
  return fmt::format("{}  {} {}  {} {}", evidence.detail().in(app.lang),
                     evidence.source.substr(evidence.source.find(':') + 1),
                     shown_day(evidence.observed_at), app.tr("期限", "until"),
                     shown_day(evidence.valid_until - std::chrono::seconds(1)));
}

/// The questions that the method and the situation leave, in the order in which they matter.
std::vector<const CheckSpec*> questions(const Guideline& guideline, const Settings& settings) {
  const auto method = settings.find(kMethodSetting);
  const Assessment blank =
      assess(guideline, {},
             {kOrganisation, methods_of(guideline, method == settings.end() ? "" : method->second),
              saved_situations(guideline, settings), Time{}});
  std::vector<const CheckSpec*> list;
  for (const Action& action : blank.to_find_out)
    if (action.check->spec->asked) list.push_back(action.check->spec);
  return list;
}

/// What is asked for at once, numbered; nothing where it is one thing.
std::string parts_of(const App& app, const CheckSpec& spec) {
  std::string lines;
  for (std::size_t i = 0; i < spec.parts.size(); ++i)
    lines += fmt::format("    {}. {}\n", i + 1, spec.parts[i].in(app.lang));
  return lines;
}

int show_list(const App& app, const Guideline& guideline, Database* store,
              const Settings& settings) {
  std::map<std::string, Evidence> answered;
  if (store != nullptr) {
    const auto evidence = all_evidence(*store);
    if (!evidence) return app.complain(evidence.error());
    answered = newest(*evidence);
  }
  const Time moment = now();
  std::string out = app.tr(
      "使い方: sekisho answer 質問の番号 yes|no|not_applicable --note メモ --until 日付\n"
      "部分のある質問: sekisho answer 質問の番号 partly --parts 1,2（できている部分）\n\n状況\n",
      "Use: sekisho answer QUESTION yes|no|not_applicable --note NOTE --until DAY\n"
      "With parts: sekisho answer QUESTION partly --parts 1,2 (those that are so)\n\nSituation\n");
  const auto method = settings.find(kMethodSetting);
  out += fmt::format("  {}  {}\n    {}\n", kMethodSetting,
                     app.tr("採用している方式", "the method in use"),
                     method == settings.end() ? app.tr("未選択", "not chosen") : method->second);
  for (const Situation& situation : guideline.situations) {
    const auto found = settings.find(situation_setting(situation.id));
    out += fmt::format("  {}  {}\n    {}\n", situation.id, situation.question.in(app.lang),
                       found == settings.end() ? app.tr("未回答", "not answered") : found->second);
  }
  out += app.tr("\n質問（大事な順）\n", "\nQuestions (most important first)\n");
  for (const CheckSpec* spec : questions(guideline, settings))
    out += fmt::format("  {}  {}\n{}    {}\n", spec->id, spec->title.in(app.lang),
                       parts_of(app, *spec), state_of(app, answered, *spec, moment));
  return App::say(out);
}

/// The method or a situation, which decide what applies; nothing when `name` is neither.
std::optional<Result<void>> set_situation(const Guideline& guideline, Database& store,
                                          const Answer& answer) {
  if (answer.question == kMethodSetting) {
    const Method* method = guideline.method(answer.reply);
    if (method == nullptr) return std::unexpected(no_such_method(guideline, answer.reply));
    return set_setting(store, kMethodSetting, method->id);
  }
  const Situation* situation = guideline.situation(answer.question);
  if (situation == nullptr) return std::nullopt;
  if (answer.reply != "yes" && answer.reply != "no")
    return failure("答えは yes か no です。", "answer yes or no.", printable(answer.reply, 80));
  return set_setting(store, situation_setting(situation->id), answer.reply);
}

Result<void> must_be_question(const Guideline& guideline, const std::string& name) {
  std::vector<std::string> known{kMethodSetting};
  for (const Situation& one : guideline.situations) known.push_back(one.id);
  for (const CheckSpec& one : guideline.checks)
    if (one.asked) known.push_back(one.id);
  // By a former id as well.
  const CheckSpec* check = guideline.check(name);
  if ((check != nullptr && check->asked) || std::ranges::find(known, name) != known.end())
    return {};
  const Text near = nearest(name, known);
  const std::string shown = printable(name, 80);
  return failure(
      fmt::format("「{}」という質問はありません。{}sekisho answer --list で一覧を見られます。",
                  shown, near.ja.empty() ? "" : near.ja + "。"),
      fmt::format("there is no question '{}'. {}See sekisho answer --list.", shown,
                  near.en.empty() ? "" : near.en + " "));
}

int record(const App& app, const Guideline& guideline, Database& store, AnswerOptions options) {
  if (const auto set = set_situation(guideline, store, options.answer)) {
    if (!*set) return app.complain(set->error());
    return App::say(app.tr("記録しました。\n", "Recorded.\n"));
  }
  if (const auto known = must_be_question(guideline, options.answer.question); !known)
    return app.complain(known.error());
  if (!options.until.empty()) {
    options.answer.until = parse_day(options.until);
    if (!options.answer.until)
      return app.complain(
          {{"日付は 2027-03-31 の形で書いてください。", "write the day like 2027-03-31."},
           printable(options.until, 80)});
  }
  for (const std::size_t part : options.parts) options.answer.parts.push_back(part - 1);
  const auto evidence = attest(guideline, options.answer, now(), Calendar::here(now()));
  if (!evidence) return app.complain(evidence.error());
  if (const auto kept = append_evidence(store, {*evidence}); !kept)
    return app.complain(kept.error());
  return App::say(fmt::format("{} {}\n", app.tr("記録しました。期限:", "Recorded; it holds until"),
                              shown_day(evidence->valid_until - std::chrono::seconds(1))));
}

/// The reply that a key stands for; empty for any other.
std::string reply_of(const std::string& key) {
  return key == "y" ? "yes" : key == "n" ? "no" : key == "x" ? "not_applicable" : "";
}

/// Which parts are so, asked one by one; none of them, or all, are answers of their own.
std::optional<Answer> ask_parts(const App& app, const CheckSpec& spec, const std::string& by) {
  Answer answer{spec.id, "partly", by, "", {}, {}};
  for (std::size_t i = 0; i < spec.parts.size(); ++i) {
    const auto line = ask(fmt::format("  {}. {} (y/n)\n  > ", i + 1, spec.parts[i].in(app.lang)));
    if (!line || *line == "q") return std::nullopt;
    if (*line == "y") answer.parts.push_back(i);
  }
  if (answer.parts.size() == spec.parts.size()) answer.reply = "yes";
  if (answer.parts.empty()) answer.reply = "no";
  if (answer.reply != "partly") answer.parts.clear();
  return answer;
}

/// What a line says of a question; nothing where it is to be left for later.
std::optional<Answer> answer_of(const App& app, const CheckSpec& spec, const std::string& line,
                                const std::string& by) {
  if (line == "p" && !spec.parts.empty()) return ask_parts(app, spec, by);
  const std::string reply = reply_of(line);
  if (reply.empty()) return std::nullopt;
  return Answer{spec.id, reply, by, "", {}, {}};
}

/// Asks what is open, one by one: first the situations, since they decide what else is asked. An
/// empty line skips, q ends.
int ask_open(const App& app, const Guideline& guideline, Database& store, Settings settings,
             const std::string& by) {
  const auto evidence = all_evidence(store);
  if (!evidence) return app.complain(evidence.error());
  const auto answered = newest(*evidence);
  const Time moment = now();
  App::say(app.tr("y はい・n いいえ・p 一部・x 対象外・Enter あとで・q 終わる\n",
                  "y yes, n no, p partly, x not applicable, Enter later, q end\n"));
  for (const Situation& situation : guideline.situations) {
    if (settings.contains(situation_setting(situation.id))) continue;
    const auto line = ask(fmt::format("\n{}\n> ", situation.question.in(app.lang)));
    if (!line || *line == "q") return App::say("\n");
    const std::string reply = reply_of(*line);
    if (reply != "yes" && reply != "no") continue;
    if (const auto set = set_setting(store, situation_setting(situation.id), reply); !set)
      return app.complain(set.error());
    settings[situation_setting(situation.id)] = reply;
  }
  for (const CheckSpec* spec : questions(guideline, settings)) {
    if (const auto found = answered.find(spec->id);
        found != answered.end() && found->second.valid_at(moment))
      continue;
    const auto line =
        ask(fmt::format("\n{}{}\n> ", spec->title.in(app.lang),
                        spec->parts.empty() ? "" : app.tr("（p で一部）", " (p: partly)")));
    if (!line || *line == "q") break;
    const auto answer = answer_of(app, *spec, *line, by);
    if (!answer) continue;
    const int code = record(app, guideline, store, {*answer, "", {}, false});
    if (code != kExitGood) return code;
  }
  return App::say("\n");
}

int run(const App& app, AnswerOptions options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const bool only_list = options.list || (options.answer.question.empty() && !interactive());
  if (only_list && !std::filesystem::exists(store_file(app)))
    return show_list(app, *guideline, nullptr, {});
  if (!only_list)
    if (const auto may = may_write(); !may) return app.complain(may.error());
  const auto store = open_store(app);
  if (!store) return app.complain(store.error());
  const auto kept = settings(**store);
  if (!kept) return app.complain(kept.error());
  if (only_list) return show_list(app, *guideline, store->get(), *kept);
  if (options.answer.by.empty()) options.answer.by = login_name();
  if (options.answer.question.empty())
    return ask_open(app, *guideline, **store, *kept, options.answer.by);
  if (options.answer.reply.empty())
    return app.complain({{"答え（yes・no・partly・not_applicable）がありません。",
                          "there is no answer (yes, no, partly or not_applicable)."},
                         printable(options.answer.question, 80)});
  return record(app, *guideline, **store, std::move(options));
}

}  // namespace

void add_answer(CLI::App& cli, Lang lang, Command& chosen) {
  const auto tr = [lang](const char* ja, const char* en) { return lang == Lang::ja ? ja : en; };
  auto options = std::make_shared<AnswerOptions>();
  CLI::App* command = cli.add_subcommand(
      "answer",
      tr("機械には見えない質問に答えて記録する", "answer what no machine can see, and keep it"));
  command->add_option("question", options->answer.question,
                      tr("質問の番号。なければ一覧か、順に尋ねる",
                         "the question; without it a list, or it asks in turn"));
  command->add_option("reply", options->answer.reply, "yes, no, partly, not_applicable");
  command
      ->add_option("--parts", options->parts,
                   tr("partly のとき、できている部分の番号（1,2）",
                      "with partly: the numbers of the parts that are so, like 1,2"))
      ->delimiter(',')
      ->check(CLI::Range(1, 9));
  command->add_option("--note", options->answer.note, tr("メモ", "a note"));
  command->add_option("--by", options->answer.by,
                      tr("答えた人。なければ今の利用者", "who says so; else the user"));
  command->add_option(
      "--until", options->until,
      tr("いつまで効くか（2027-03-31 の形）", "until when it holds, like 2027-03-31"));
  command->add_flag("--list", options->list, tr("質問と答えの一覧", "list questions and answers"));
  command->callback(
      [options, &chosen] { chosen = [options](const App& app) { return run(app, *options); }; });
}

}  // namespace sekisho
