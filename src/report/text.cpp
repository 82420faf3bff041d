// SPDX-License-Identifier: Apache-2.0
// The report in a terminal.
#include "report/marks.h"
#include "report/paper.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

std::string identity(const Report& report) {
  const std::string& subject = report.assessment.scope.subject.value;
  return subject.starts_with("host:") ? subject.substr(5) : subject;
}

std::string requirement_names(const std::vector<const Requirement*>& list, Lang lang) {
  constexpr std::size_t kMost = 5;
  std::string names;
  for (std::size_t i = 0; i < std::min(list.size(), kMost); ++i)
    names += (names.empty()      ? ""
              : lang == Lang::ja ? "・"
                                 : ", ") +
             (lang == Lang::ja ? list[i]->id : list[i]->ascii);
  if (list.size() > kMost) names += fmt::format(" +{}", list.size() - kMost);
  return names;
}

std::string threat_names(const Report& report, const CheckSpec& spec, Lang lang) {
  std::string names;
  for (const std::string& id : spec.threats)
    names += (names.empty()      ? ""
              : lang == Lang::ja ? "・"
                                 : ", ") +
             report.guideline.threat(id)->name.in(lang);
  return names;
}

/// What a person sees where the command is typed.
std::string prompt(const Report& report) { return report.kind == "windows" ? "PS> " : "$ "; }

void say_steps(Paper& paper, const Report& report, const std::vector<Step>& steps,
               std::size_t indent) {
  for (const Step& step : steps) {
    if (step.command.empty()) paper.say(paper.in(step.text), indent, paper.bullet());
    // A command is never wrapped: it is there to be copied.
    else
      paper.line(std::string(indent + 2, ' ') +
                 paper.ink(Ink::cyan, prompt(report) + step.command));
  }
}

void say_action(Paper& paper, const Report& report, const Action& action, std::size_t number) {
  const CheckSpec& spec = *action.check->spec;
  const std::string lead = fmt::format("{:>2}. {} ", number, symbol(action.priority));
  paper.say(paper.in(spec.title), 0, paper.ink(Ink::bold, lead), Ink::bold, lead);
  if (action.check->evidence)
    paper.say(paper.in(action.check->evidence->detail()), 6, "", Ink::red);
  paper.say(paper.in(spec.why), 6);
  say_steps(paper, report, spec.fix, 6);
  paper.say(
      fmt::format("{}: {}    {}: {}", paper.tr("備える脅威", "Counters"),
                  threat_names(report, spec, paper.style().lang), paper.tr("対策", "Measures"),
                  requirement_names(action.serves, paper.style().lang)),
      6, "", Ink::dim);
}

void say_head(Paper& paper, const Report& report) {
  const Scope& scope = report.assessment.scope;
  paper.line(paper.ink(Ink::bold, paper.tr("関所 Sekisho  テレワークの安全点検",
                                           "Sekisho  telework security check")));
  paper.line(paper.ink(
      Ink::dim,
      fmt::format("{}: {}   {}: {}   {}: {}", paper.tr("対象", "Subject"), identity(report),
                  paper.tr("日時", "Time"), scope.calendar.format_minute(scope.now),
                  paper.tr("方式", "Method"),
                  scope.method() == nullptr ? paper.tr("未選択（sekisho choose で選べます）",
                                                       "not chosen (see sekisho choose)")
                                            : paper.in(scope.method()->name))));
  for (const Text& remark : report.remarks) paper.say(paper.in(remark), 0, "", Ink::yellow);
}

void say_counts(Paper& paper, const Report& report) {
  const auto row = [&](std::string_view title, const StatusCounts& counts) {
    std::string text = pad_to(title, 20);
    for (const Status status : {Status::met, Status::partly_met, Status::not_met, Status::unknown,
                                Status::not_applicable}) {
      const auto found = counts.find(status);
      const std::size_t number = found == counts.end() ? 0 : found->second;
      text += paper.ink(number == 0 ? Ink::dim : ink_of(status),
                        fmt::format("{} {:>2}", paper.in(label(status)), number)) +
              "  ";
    }
    paper.line("  " + text);
  };
  paper.heading(paper.tr("どこまでできているか", "Where things stand"));
  row(paper.tr("手引き ◎", "Handbook ◎"), count(report.assessment.handbook, Priority::must));
  row(paper.tr("手引き ○", "Handbook ○"), count(report.assessment.handbook, Priority::should));
  row(paper.tr("Sekisho の対策", "Sekisho's measures"), count(report.assessment.measures));
}

void say_first(Paper& paper, const Report& report) {
  const auto& actions = report.assessment.to_fix;
  paper.heading(paper.tr("まず直すこと", "What to fix first"));
  if (actions.empty()) {
    paper.say(paper.tr("この端末で見つかった要対応の項目はありません。",
                       "Nothing that was looked at needs fixing."),
              2, "", Ink::green);
    return;
  }
  for (std::size_t i = 0; i < std::min(actions.size(), kFirstActions); ++i) {
    if (i > 0) paper.blank();
    say_action(paper, report, actions[i], i + 1);
  }
  if (actions.size() > kFirstActions)
    paper.say(fmt::format("{} {}", paper.tr("このあとに続く要対応の項目:", "Then these:"),
                          actions.size() - kFirstActions),
              2, "", Ink::dim);
}

/// The facts, the worst first.
void say_checks(Paper& paper, const Report& report) {
  std::size_t widest = 0;
  for (const CheckState& check : report.assessment.checks)
    if (!check.spec->asked) widest = std::max(widest, display_width(paper.in(check.spec->title)));
  paper.heading(paper.tr("この端末で確かめたこと", "What was found on this machine"));
  for (const Verdict verdict :
       {Verdict::fail, Verdict::unknown, Verdict::pass, Verdict::not_applicable})
    for (const CheckState& check : report.assessment.checks) {
      if (check.spec->asked || check.verdict() != verdict) continue;
      const std::string mark = pad_to(paper.in(label(verdict)), 8);
      const std::string title = pad_to(paper.in(check.spec->title), widest + 2);
      const std::string fact = check.evidence
                                   ? paper.in(check.evidence->detail())
                                   : paper.tr("まだ確かめていません", "not looked at yet");
      paper.say(fact, 2, paper.ink(ink_of(verdict), mark) + title,
                verdict == Verdict::not_applicable ? Ink::dim : Ink::plain, mark + title);
    }
}

void say_checklist(Paper& paper, const Report& report) {
  paper.heading(
      paper.tr("手引きのチェックリスト（◎ を先に）", "The handbook's checklist (◎ first)"));
  const auto list = handbook_checklist(report.guideline, report.assessment.scope.method(),
                                       report.assessment.scope.situations);
  for (const ChecklistEntry& entry : list) {
    const auto& all = report.assessment.handbook;
    const auto found = std::ranges::find_if(
        all, [&](const Assessed& a) { return a.requirement->id == entry.item->id; });
    const std::string status = pad_to(paper.in(label(found->status)), 16);
    const std::string lead = fmt::format("{} {:<5}", symbol(entry.item->stated), entry.item->id);
    const std::string& reason = paper.in(entry.applicability.reason);
    const std::string text = entry.applicability.applies || reason.empty()
                                 ? paper.in(entry.item->text)
                                 : fmt::format("{}（{}）", paper.in(entry.item->text), reason);
    paper.say(text, 2, lead + paper.ink(ink_of(found->status), status),
              found->status == Status::not_applicable ? Ink::dim : Ink::plain, lead + status);
  }
}

void say_notes(Paper& paper, const Report& report) {
  paper.heading(paper.tr("次にすること", "What next"));
  const std::size_t questions = open_questions(report.assessment);
  if (questions > 0)
    paper.say(fmt::format("{} {}",
                          paper.tr("機械には見えない質問が残っています。sekisho answer "
                                   "で答えると次の報告に入ります。残り:",
                                   "Questions that no machine can see are open; answer them with "
                                   "sekisho answer. Left:"),
                          questions),
              2, paper.bullet());
  if (report.assessment.scope.method() == nullptr)
    paper.say(
        paper.tr("sekisho choose でテレワーク方式を選ぶと、必要な項目だけに絞れます。",
                 "Choose your telework method with sekisho choose to see only what it needs."),
        2, paper.bullet());
  paper.say(
      paper.tr("役割ごとのページ: sekisho check --role executive・administrator・teleworker",
               "A page for each role: sekisho check --role executive, administrator or teleworker"),
      2, paper.bullet());
  for (const FeedDate& feed : report.feeds) {
    const std::string text = fmt::format("{}: {}", paper.in(feed.name), format_day(feed.as_of));
    if (feed.stale)
      paper.say(text + paper.tr("（古くなっています。sekisho feeds update で新しくできます）",
                                " (stale; renew it with sekisho feeds update)"),
                2, paper.bullet(), Ink::yellow);
    else
      paper.say(text, 2, paper.bullet());
  }
  paper.blank();
  paper.say(paper.in(report.guideline.notice), 2, "", Ink::dim);
}

void say_role(Paper& paper, const Report& report, Role role) {
  const RoleInfo& info = report.guideline.role(role);
  paper.heading(paper.in(info.name));
  for (const Text& duty : info.duties) paper.say(paper.in(duty), 2, paper.bullet());
  for (const Assessed* assessed : role_measures(report, role)) {
    const auto& measure = static_cast<const Measure&>(*assessed->requirement);
    paper.blank();
    const std::string lead =
        fmt::format("{} {} ", symbol(measure.priority()),
                    paper.style().lang == Lang::ja ? measure.id : measure.ascii);
    const std::string status = "[" + paper.in(label(assessed->status)) + "] ";
    paper.say(paper.in(measure.text) + paper.in(marks(measure)), 2,
              lead + paper.ink(ink_of(assessed->status), status), Ink::plain, lead + status);
    if (assessed->status == Status::not_applicable) {
      if (!assessed->applicability.applies)
        paper.say(paper.in(assessed->applicability.reason), 6, "", Ink::dim);
      continue;
    }
    for (const CheckState* check : assessed->checks) {
      const std::string mark = pad_to(paper.in(shown(*check)), 8);
      std::string fact = check->evidence ? paper.in(check->evidence->detail())
                         : check->expired
                             ? paper.tr("答えの期限が切れました", "the answer has expired")
                             : paper.tr("未回答", "not answered");
      if (check->spec->asked && !check->evidence)
        fact += fmt::format("  sekisho answer {} yes|no{}", check->spec->id,
                            check->spec->parts.empty() ? "" : "|partly");
      paper.say(paper.in(check->spec->title) + ": " + fact, 6, paper.ink(ink_of(*check), mark),
                Ink::plain, mark);
    }
    if (assessed->status != Status::met) say_steps(paper, report, measure.steps, 6);
  }
}

}  // namespace

std::string report_basis(const Report& report, const TextStyle& style, std::string_view check) {
  Paper paper(style);
  for (const CheckState& state : report.assessment.checks) {
    if (check.empty() ? state.verdict() != Verdict::pass : state.spec->id != check) continue;
    const std::string mark = pad_to(paper.in(shown(state)), 8);
    paper.say(paper.in(state.spec->title) + "  " + state.spec->id, 0,
              paper.ink(ink_of(state), mark), Ink::bold, mark);
    if (!state.evidence) {
      paper.say(state.expired ? paper.tr("期限が切れました", "it has expired")
                              : paper.tr("まだ確かめていません", "not looked at yet"),
                2);
      continue;
    }
    const Evidence& evidence = *state.evidence;
    paper.say(paper.in(evidence.detail()), 2);
    for (const Text& line : words(evidence.basis())) paper.say(paper.in(line), 4, paper.bullet());
    const Calendar& calendar = report.assessment.scope.calendar;
    paper.say(fmt::format("{} {}    {} {}", paper.tr("確かめた日:", "Seen:"),
                          format_day(calendar.day(evidence.observed_at)),
                          paper.tr("期限:", "Holds until:"),
                          format_day(calendar.day(evidence.valid_until - std::chrono::seconds(1)))),
              4, "", Ink::dim);
  }
  return paper.take();
}

std::string report_text(const Report& report, const TextStyle& style, std::optional<Role> role) {
  Paper paper(style);
  say_head(paper, report);
  if (role) {
    say_role(paper, report, *role);
    return paper.take();
  }
  say_first(paper, report);
  say_counts(paper, report);
  say_checks(paper, report);
  say_checklist(paper, report);
  say_notes(paper, report);
  return paper.take();
}

}  // namespace sekisho
