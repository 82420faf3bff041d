// SPDX-License-Identifier: Apache-2.0
// The administrator's paper: what to do, by whom and until when, on about ten pages, and an
// appendix to look things up in.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "report/html_text.h"
#include "report/marks.h"
#include "report/organisation.h"

namespace sekisho {
namespace {

/// With why it matters; what follows is listed by its name.
constexpr std::size_t kExplained = 10;

/// Laid out with tables and blocks alone: printers of HTML know little else. On paper the font that
/// is taken in fastest: a PDF holds a part of it.
constexpr std::string_view kAdministratorStyle = R"css(
@page{size:A4;margin:13mm 12mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:7.5pt;color:#525d66}}
body{font:9pt/1.4 system-ui,"Noto Sans CJK JP","Yu Gothic UI",sans-serif;color:#1d2329;background:#fff;margin:0 auto;max-width:186mm}
@media screen{body{padding:6mm;font-size:11pt}}
@media print{body{font-family:"IPAPGothic","Noto Sans CJK JP",sans-serif}}
h1{font-size:17pt;margin:0;line-height:1.25}h2{font-size:12pt;margin:6mm 0 1.5mm;border-bottom:.4mm solid #1f5f8b;color:#1f5f8b}h3{font-size:10pt;margin:3.5mm 0 1mm}
h2,h3{break-after:avoid}p{margin:1mm 0}.soft{color:#525d66;font-size:8pt}.head{border-bottom:1mm solid #1f5f8b;padding-bottom:2mm;margin-bottom:3mm}
.say{font-size:13pt;font-weight:bold;padding:2.5mm 4mm;border-left:2mm solid;background:#f3f5f6}.bad{border-color:#b3261e}.warn{border-color:#b97a00}.good{border-color:#1c7a43}
table{border-collapse:collapse;width:100%}td,th{padding:.8mm 1.6mm;border-bottom:.2mm solid #d9dcd8;text-align:left;vertical-align:top}th{color:#525d66;font-size:8pt;font-weight:normal}
tr{break-inside:avoid}.n{font-weight:bold;width:6mm}.w{white-space:nowrap}.bar{width:96mm}.m{width:3mm}
.met,.pass{color:#1c7a43}.not_met,.fail{color:#b3261e}.partly_met{color:#8a5a00}.unknown{color:#3d5270}.not_applicable{color:#525d66}
.part{break-before:page}ul{margin:.5mm 0 1.5mm;padding-left:5mm}code{font:8pt/1.4 "DejaVu Sans Mono",Menlo,Consolas,"IPAGothic",monospace;overflow-wrap:anywhere}
)css";

constexpr std::array kStatuses{Status::met, Status::partly_met, Status::not_met, Status::unknown,
                               Status::not_applicable};

/// Fill and ink of a part of a bar: told apart in grey as well.
struct Paint {
  const char* fill;
  const char* ink;
};
Paint paint(Status status) {
  switch (status) {
    case Status::met: return {"#1c7a43", "#fff"};
    case Status::partly_met: return {"#f2c464", "#1d2329"};
    case Status::not_met: return {"#b3261e", "#fff"};
    case Status::unknown: return {"#b9c7dd", "#1d2329"};
    case Status::not_applicable: break;
  }
  return {"#e6e8e8", "#1d2329"};
}

class AdministratorPaper : HtmlWriter {
 public:
  AdministratorPaper(const OrganisationReport& report, Lang lang)
      : HtmlWriter(lang), report_(report), a_(report.assessment) {}

  std::string take() {
    head();
    overview();
    first();
    checklist();
    for (const RoleInfo& role : report_.guideline.roles) measures(role);
    out_ += "<div class=\"part\"></div>";
    add("<h1>{}</h1>", tr("付録", "Appendix"));
    how();
    looked();
    questions();
    foot();
    return std::move(out_);
  }

 private:
  static int percent(double part) { return static_cast<int>(std::lround(part * 100)); }
  std::string id_of(const Requirement& r) const {
    return escaped(lang_ == Lang::ja ? r.id : r.ascii);
  }
  std::string state(Status status) const {
    return fmt::format(R"(<span class="w {}">{}</span>)", name(status), in(label(status)));
  }

  /// "山田 花（2027-03-31 まで）"; a dash where nobody has it.
  std::string owner(const std::string& id) const {
    const auto found = report_.owners.find(id);
    if (found == report_.owners.end()) return "―";
    std::string text = found->second.person.empty() ? "―" : escaped(found->second.person);
    if (!found->second.due.empty()) text += "<br>" + escaped(found->second.due);
    return text;
  }
  /// Whoever has the check, else a measure that it serves.
  std::string owner(const Action& action) const {
    std::string who = owner(action.check->spec->id);
    for (const Requirement* served : action.serves)
      if (who == "―") who = owner(served->ascii);
    return who;
  }

  void head() {
    const std::string title = tr("テレワークのセキュリティ: 管理者向けレポート",
                                 "Telework security: administrator's report");
    add(R"(<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">)",
        lang_ == Lang::ja ? "ja" : "en");
    add(R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{}</title><style>{}</style></head><body>)",
        title, kAdministratorStyle);
    std::string methods;
    for (const Method* method : a_.scope.methods)
      methods += (methods.empty() ? "" : tr("・", ", ")) + in(method->name);
    add(R"(<div class="head"><h1>{}</h1><p>{}</p><p class="soft">{} · {}: {} · {}: {}</p></div>)",
        title, escaped(report_.name), a_.scope.calendar.format_minute(a_.scope.now),
        tr("方式", "Methods"), methods.empty() ? tr("未選択", "not chosen") : methods,
        tr("端末", "Devices"), report_.machines);
  }

  void overview() {
    StatusCounts must = count(a_.handbook, Priority::must);
    const std::size_t failing = must[Status::not_met] + must[Status::partly_met];
    const char* kind = failing > 0 ? "bad" : must[Status::unknown] > 0 ? "warn" : "good";
    add(R"(<p class="say {}">{}</p>)", kind,
        failing > 0 ? fmt::format(fmt::runtime(tr("最優先（◎）のうち {} 件が要対応です",
                                                  "{} of the most urgent items (◎) need fixing")),
                                  failing)
        : must[Status::unknown] > 0
            ? fmt::format(fmt::runtime(tr("最優先（◎）で要対応はありませんが、{} 件が未確認です",
                                          "No urgent item (◎) fails, but {} are not known")),
                          must[Status::unknown])
            : tr("最優先（◎）の項目はすべてできています", "All urgent items (◎) are met"));
    add("<h2>{}</h2><table>", tr("現在の状況", "How things stand"));
    bar(tr("手引き ◎", "Handbook ◎"), must);
    bar(tr("手引き ○", "Handbook ○"), count(a_.handbook, Priority::should));
    for (const RoleInfo& role : report_.guideline.roles) bar(in(role.name), of_role(role.role));
    bar(tr("対策のすべて", "All measures"), count(a_.measures));
    out_ += "</table><p class=\"soft\">";
    for (const Status status : kStatuses)
      add(R"(<svg width="3mm" height="3mm" viewBox="0 0 3 3" aria-hidden="true"><rect width="3" height="3" fill="{}"/></svg> {} &#160; )",
          paint(status).fill, in(label(status)));
    add("</p><p class=\"soft\">{}</p>",
        tr("◎ 重要で易しく、先に片付ける項目。○ その次に取り組む項目。",
           "◎ important and easy: do these first. ○ what comes next."));
    add("<p>{}</p>",
        fmt::format(fmt::runtime(
                        tr("達成度（端末ごとの平均）は {}%（要対応 {}%、未確認 {}%）、一週間前から "
                           "{:+} ポイント。",
                           "The mean over devices is {}% ({}% to fix, {}% not known), {:+} points "
                           "in a week.")),
                    percent(report_.all.met), percent(report_.all.failing),
                    percent(report_.all.unknown),
                    percent(report_.all.met) - percent(report_.week_ago.met)));
    if (report_.silent > 0)
      add("<p>{}</p>",
          fmt::format(
              fmt::runtime(tr("登録した端末 {} 台のうち {} 台は、まだ一度も報告していません。",
                              "{1} of {0} registered devices have never reported.")),
              report_.machines, report_.silent));
    if (report_.unseen > 0)
      add("<p>{}</p>",
          fmt::format(fmt::runtime(tr("報告した端末 {} 台のうち {} 台には、まだ一度も確かめていない"
                                      "項目があります。",
                                      "On {1} of the {0} that have reported something was never "
                                      "looked at yet.")),
                      report_.machines - report_.silent, report_.unseen));
    add("<p>{}</p>",
        fmt::format(fmt::runtime(tr("機械では確かめられない質問が {} 件、未回答です（付録 3）。",
                                    "{} questions that no machine can see are open (appendix 3).")),
                    open_questions(a_)));
    deadlines();
  }

  void deadlines() {
    if (report_.deadlines.empty()) return;
    add("<h2>{}</h2><table>", tr("漏えいの報告の期限", "Deadlines for reporting a leak"));
    for (const auto& [day, what] : report_.deadlines)
      add(R"(<tr><td class="w"><b>{}</b></td><td>{}</td></tr>)", format_day(day), in(what));
    out_ += "</table>";
  }

  StatusCounts of_role(Role role) const {
    StatusCounts counts;
    for (const Assessed& one : a_.measures)
      if (static_cast<const Measure&>(*one.requirement).role == role) ++counts[one.status];
    return counts;
  }

  void bar(const std::string& title, const StatusCounts& counts) {
    std::size_t all = 0;
    std::string said;
    for (const Status status : kStatuses)
      if (counts.contains(status)) {
        all += counts.at(status);
        said += fmt::format(" {} {}", in(label(status)), counts.at(status));
      }
    add(R"(<tr><td>{}</td><td class="bar"><svg width="96mm" height="5mm" viewBox="0 0 96 5" role="img" aria-label="{}:{}">)",
        title, title, said);
    double from = 0;
    for (const Status status : kStatuses) {
      const std::size_t number = counts.contains(status) ? counts.at(status) : 0;
      if (number == 0) continue;
      const double width = 96.0 * static_cast<double>(number) / static_cast<double>(all);
      add(R"(<rect x="{:.2f}" width="{:.2f}" height="5" fill="{}" stroke="#fff" stroke-width=".2"/>)",
          from, width, paint(status).fill);
      if (width >= 3)
        add(R"(<text x="{:.2f}" y="3.6" font-size="3" text-anchor="middle" fill="{}">{}</text>)",
            from + width / 2, paint(status).ink, number);
      from += width;
    }
    add(R"(</svg></td><td class="w">{} / {}</td></tr>)",
        counts.contains(Status::met) ? counts.at(Status::met) : 0,
        all - (counts.contains(Status::not_applicable) ? counts.at(Status::not_applicable) : 0));
  }

  Degree effort_of(const CheckSpec& check, Degree usual) const {
    const auto found = report_.efforts.find(check.id);
    return found == report_.efforts.end() ? usual : found->second;
  }

  void first() {
    add("<h2>{}</h2>", tr("まず直すこと", "What to fix first"));
    if (a_.to_fix.empty()) {
      add("<p>{}</p>", tr("要対応の項目はありません。", "Nothing needs fixing."));
      return;
    }
    add("<table><tr><th></th><th>{}</th><th>{}</th></tr>", tr("何を", "What"),
        tr("担当・期限", "Owner, due"));
    for (std::size_t i = 0; i < a_.to_fix.size(); ++i) {
      const Action& action = a_.to_fix[i];
      const CheckSpec& spec = *action.check->spec;
      add(R"(<tr><td class="n">{}</td><td>{} )", i + 1, symbol(action.priority));
      if (i < kExplained)
        add(R"(<b>{}</b><br>{}<br><span class="soft">{} {}: {}</span>)", in(spec.title),
            action.check->evidence ? in(action.check->evidence->detail()) : "", in(spec.why),
            tr("手間", "Effort"), in(effort_words(effort_of(action.spec(), action.difficulty))));
      else
        add(R"({} <span class="soft">{}</span>)", in(spec.title),
            action.check->evidence ? in(action.check->evidence->detail()) : "");
      add(R"(</td><td class="w">{}</td></tr>)", owner(action));
    }
    out_ += "</table>";
    add("<p class=\"soft\">{}</p>", tr("直し方は付録 1 にあります。", "How: appendix 1."));
  }

  void checklist() {
    add("<h2>{}</h2><table><tr><th></th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>",
        tr("手引きのチェックリスト", "The handbook's checklist"), tr("番号", "No."),
        tr("項目", "Item"), tr("状態", "Status"), tr("担当・期限", "Owner, due"));
    for (const Assessed& one : a_.handbook)
      row(one, static_cast<const HandbookItem&>(*one.requirement).stated, {});
    out_ += "</table>";
  }

  void measures(const RoleInfo& role) {
    add("<h2>{}</h2><table><tr><th></th><th>{}</th><th>{}</th><th>{}</th><th>{}</th></tr>",
        fmt::format(fmt::runtime(tr("{}の対策", "Measures: {}")), in(role.name)), tr("番号", "No."),
        tr("対策", "Measure"), tr("状態", "Status"), tr("担当・期限", "Owner, due"));
    for (const Assessed* one :
         role_measures({report_.guideline, a_, {}, report_.version, {}, {}}, role.role))
      row(*one, one->requirement->priority(), in(marks(*one->requirement)));
    out_ += "</table>";
  }

  void row(const Assessed& one, Priority priority, const std::string& mark) {
    add(R"(<tr><td class="m">{}</td><td class="w">{}</td><td>{}<span class="soft">{}</span></td><td>{}</td><td class="w">{}</td></tr>)",
        symbol(priority), id_of(*one.requirement), in(one.requirement->text), mark,
        state(one.status), owner(one.requirement->ascii));
  }

  void steps(const std::vector<Step>& list) {
    out_ += "<ul>";
    for (const Step& step : list) {
      if (step.command.empty())
        add("<li>{}</li>", in(step.text));
      else
        add("<li><code>{}</code></li>", escaped(step.command));
    }
    out_ += "</ul>";
  }

  static std::string_view platform_name(std::string_view platform) {
    return platform == "windows" ? "Windows" : platform == "darwin" ? "macOS" : "Linux";
  }

  /// For each system that there is and that the check concerns, the commonest first.
  void how() {
    if (a_.to_fix.empty()) return;
    add("<h2>{}</h2>", tr("1. 直し方", "1. How to fix it"));
    for (std::size_t i = 0; i < a_.to_fix.size(); ++i) {
      const CheckSpec& spec = *a_.to_fix[i].check->spec;
      add("<h3>{}. {}</h3>", i + 1, in(spec.title));
      if (spec.asked || report_.platforms.empty()) {
        steps(spec.fix);
        continue;
      }
      for (const std::string& platform : report_.platforms) {
        if (!spec.concerns(platform)) continue;
        if (report_.platforms.size() > 1) add("<p class=\"soft\">{}</p>", platform_name(platform));
        steps(spec.fix_on(platform));
      }
    }
  }

  void looked() {
    add("<h2>{}</h2><table><tr><th>{}</th><th>{}</th><th>{}</th></tr>",
        tr("2. 端末で確かめたこと", "2. What was found on devices"), tr("結果", "Result"),
        tr("確認", "Check"), tr("確認結果", "What was seen"));
    for (const Verdict verdict :
         {Verdict::fail, Verdict::unknown, Verdict::pass, Verdict::not_applicable})
      for (const CheckState& check : a_.checks)
        if (!check.spec->asked && check.verdict() == verdict)
          add(R"(<tr><td class="w {}">{}</td><td>{}</td><td>{}</td></tr>)", name(verdict),
              in(label(verdict)), in(check.spec->title),
              check.evidence ? in(check.evidence->detail())
                             : tr("まだ確かめていません", "not looked at yet"));
    out_ += "</table>";
  }

  void questions() {
    add("<h2>{}</h2>", tr("3. 未回答の質問", "3. Questions without an answer"));
    out_ += "<table>";
    std::size_t open = 0;
    for (const Action& action : a_.to_find_out) {
      if (!action.check->spec->asked) continue;
      ++open;
      add(R"(<tr><td class="m">{}</td><td>{}{}</td><td class="w">{}</td></tr>)",
          symbol(action.priority), in(action.check->spec->title),
          action.check->expired
              ? fmt::format(" <span class=\"soft\">{}</span>",
                            tr("（答えの期限が切れました）", "(the answer has expired)"))
              : "",
          owner(action));
    }
    out_ += "</table>";
    if (open == 0) add("<p>{}</p>", tr("ありません。", "None."));
  }

  void foot() {
    add("<p class=\"soft\">Sekisho {} · {}</p>", escaped(report_.version),
        in(report_.guideline.notice));
    if (!report_.guideline.overlay.empty())
      add("<p class=\"soft\">{}: {}</p>",
          tr("組織の内容を重ねています", "With the organisation's own content"),
          in(report_.guideline.overlay));
    out_ += "</body></html>\n";
  }

  const OrganisationReport& report_;
  const Assessment& a_;
};

}  // namespace

std::string administrator_html(const OrganisationReport& report, Lang lang) {
  return AdministratorPaper(report, lang).take();
}

}  // namespace sekisho
