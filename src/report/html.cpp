// SPDX-License-Identifier: Apache-2.0
// The report as one HTML page.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "evidence/partly.h"
#include "report/html_text.h"
#include "report/marks.h"
#include "report/report.h"
#include "report/style.h"

namespace sekisho {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

namespace {

class Page : HtmlWriter {
 public:
  Page(const Report& report, Lang lang)
      : HtmlWriter(lang), report_(report), a_(report.assessment) {}

  std::string take() {
    add(R"(<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">)",
        lang_ == Lang::ja ? "ja" : "en");
    // The page asks for nothing from anywhere, even if something in it were to try.
    add(R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="referrer" content="no-referrer"><title>{}</title><style>)",
        title());
    out_ += kStyleSheet;
    out_ += "</style></head><body><div class=\"page\">";
    head();
    out_ += "<main>";
    overview();
    first();
    checklist();
    for (const RoleInfo& role : report_.guideline.roles) role_page(role);
    checks();
    out_ += "</main>";
    foot();
    out_ += "</div></body></html>\n";
    return std::move(out_);
  }

 private:
  std::string id_of(const Requirement& r) const {
    return escaped(lang_ == Lang::ja ? r.id : r.ascii);
  }
  std::string tag(const CheckState& check) const {
    return said_partly(check.evidence) ? tag(Status::partly_met) : tag(check.verdict());
  }
  template <typename T>
  std::string tag(T state) const {
    return fmt::format(R"(<span class="tag {}">{}</span>)", name(state), in(label(state)));
  }
  std::string title() const {
    const std::string& subject = a_.scope.subject.value;
    return tr("テレワークの安全点検: ", "Telework security check: ") +
           escaped(subject.starts_with("host:") ? subject.substr(5) : subject);
  }

  void head() {
    add(R"(<header class="top"><h1>{}</h1><p class="meta">{} · {}: {} · Sekisho {}</p><nav aria-label="{}"><ul>)",
        title(), a_.scope.calendar.format_minute(a_.scope.now), tr("方式", "Method"),
        a_.scope.method() == nullptr ? tr("未選択", "not chosen") : in(a_.scope.method()->name),
        escaped(report_.version), tr("このページの内容", "On this page"));
    const auto link = [&](std::string_view to, const std::string& text) {
      add(R"(<li><a href="#{}">{}</a></li>)", to, text);
    };
    link("first", tr("まず直すこと", "What to fix first"));
    link("checklist", tr("手引きのチェックリスト", "The handbook's checklist"));
    for (const RoleInfo& role : report_.guideline.roles) link(name(role.role), in(role.name));
    link("checks", tr("この端末で確かめたこと", "What was found"));
    out_ += "</ul></nav></header>";
    for (const Text& remark : report_.remarks) add("<p class=\"soft\">{}</p>", escaped(in(remark)));
  }

  void overview() {
    const StatusCounts must = count(a_.handbook, Priority::must);
    const auto of = [&](Status status) { return must.contains(status) ? must.at(status) : 0; };
    const std::size_t failing = of(Status::not_met) + of(Status::partly_met);
    const std::size_t open = of(Status::unknown);
    const bool bad = failing > 0;
    const char* kind = bad ? "bad" : open > 0 ? "warn" : "good";
    const std::string headline =
        bad ? fmt::format(fmt::runtime(tr("最優先（◎）の項目のうち {} 件が要対応です",
                                          "{} of the most urgent items (◎) need fixing")),
                          failing)
        : open > 0
            ? fmt::format(fmt::runtime(
                              tr("最優先（◎）で要対応の項目はありませんが、{} 件がまだ分かりません",
                                 "No urgent item (◎) is failing, but {} are not known yet")),
                          open)
            : tr("最優先（◎）の項目はすべてできています", "All urgent items (◎) are met");
    add(R"(<div class="verdict {}"><div><strong>{}</strong><p class="soft">{}</p></div></div><div class="bars">)",
        kind, headline,
        fmt::format(
            fmt::runtime(tr("機械には見えない質問が {} 件残っています（sekisho answer で答えます）",
                            "{} questions that no machine can see are open (sekisho answer)")),
            open_questions(a_)));
    bar(tr("手引き ◎", "Handbook ◎"), must);
    bar(tr("手引き ○", "Handbook ○"), count(a_.handbook, Priority::should));
    bar(tr("Sekisho の対策", "Sekisho's measures"), count(a_.measures));
    out_ += "</div><p class=\"legend\">";
    for (const Status status : {Status::met, Status::partly_met, Status::not_met, Status::unknown,
                                Status::not_applicable})
      out_ += tag(status) + " ";
    out_ += "</p>";
    add(R"(<p class="small soft">{}</p>)",
        tr("◎ 重要で易しく、先に片付ける項目。○ その次に取り組む項目。",
           "◎ important and easy: do these first. ○ what comes next."));
  }

  void bar(const std::string& title, const StatusCounts& counts) {
    std::size_t all = 0;
    std::string words;
    for (const auto& [status, number] : counts) {
      all += number;
      words += fmt::format("{} {} ", in(label(status)), number);
    }
    add(R"(<div>{}</div><div class="bar" role="img" aria-label="{}: {}">)", title, title, words);
    for (const Status status : {Status::met, Status::partly_met, Status::not_met, Status::unknown,
                                Status::not_applicable})
      if (counts.contains(status))
        add(R"(<span class="{}" style="width:{:.2f}%">{}</span>)", name(status),
            100.0 * static_cast<double>(counts.at(status)) / static_cast<double>(all),
            counts.at(status));
    out_ += "</div>";
  }

  void steps(const std::vector<Step>& list) {
    out_ += "<ul class=\"how\">";
    for (const Step& step : list) {
      if (step.command.empty())
        add("<li>{}</li>", in(step.text));
      else
        add(R"(<li><code class="run">{}</code></li>)", escaped(step.command));
    }
    out_ += "</ul>";
  }

  void first() {
    add(R"(<section id="first"><h2>{}</h2>)", tr("まず直すこと", "What to fix first"));
    if (a_.to_fix.empty())
      add("<p>{}</p>", tr("この端末で見つかった要対応の項目はありません。",
                          "Nothing that was looked at needs fixing."));
    for (std::size_t i = 0; i < std::min(a_.to_fix.size(), kFirstActions); ++i) {
      const Action& action = a_.to_fix[i];
      const CheckSpec& spec = *action.check->spec;
      add(R"(<article class="action"><div class="n">{}</div><div><h3>{} {}</h3>)", i + 1,
          symbol(action.priority), in(spec.title));
      if (action.check->evidence)
        add(R"(<p class="fact">{}</p>)", in(action.check->evidence->detail()));
      add("<p>{}</p>", in(spec.why));
      steps(spec.fix);
      std::string threats;
      for (const std::string& id : spec.threats)
        threats += (threats.empty() ? "" : tr("・", ", ")) + in(report_.guideline.threat(id)->name);
      std::string serves;
      for (const Requirement* requirement : action.serves)
        serves += (serves.empty() ? "" : tr("・", ", ")) + id_of(*requirement);
      add(R"(<p class="soft small">{}: {}<br>{}: {}</p></div></article>)",
          tr("備える脅威", "Counters"), threats, tr("対策", "Measures"), serves);
    }
    if (a_.to_fix.size() > kFirstActions)
      add("<p class=\"soft\">{}</p>",
          fmt::format(fmt::runtime(tr("このあとに {} 件続きます（下の表の「要対応」）。",
                                      "{} more follow (see the table below).")),
                      a_.to_fix.size() - kFirstActions));
    out_ += "</section>";
  }

  void table_head(std::initializer_list<std::string> columns) {
    out_ += "<div class=\"scroll\"><table><thead><tr>";
    for (const std::string& column : columns) add("<th scope=\"col\">{}</th>", column);
    out_ += "</tr></thead><tbody>";
  }

  void checklist() {
    add(R"(<section id="checklist"><h2>{}</h2>)",
        tr("手引きのチェックリスト（◎ を先に）", "The handbook's checklist (◎ first)"));
    table_head(
        {tr("優先", "Priority"), tr("番号", "No."), tr("項目", "Item"), tr("状態", "Status")});
    for (const ChecklistEntry& entry :
         handbook_checklist(report_.guideline, a_.scope.method(), a_.scope.situations)) {
      const auto found = std::ranges::find_if(
          a_.handbook, [&](const Assessed& a) { return a.requirement->id == entry.item->id; });
      add(R"(<tr><td>{}</td><td class="id">{}</td><td>{}{}</td><td>{}</td></tr>)",
          symbol(entry.item->stated), entry.item->id, in(entry.item->text),
          fmt::format(R"(<br><span class="soft small">{}</span>)",
                      in(entry.applicability.reason.empty() ? entry.item->why
                                                            : entry.applicability.reason)),
          tag(found->status));
    }
    out_ += "</tbody></table></div></section>";
  }

  void role_page(const RoleInfo& role) {
    add(R"(<section class="role" id="{}"><h2>{}</h2><ul class="how">)", name(role.role),
        in(role.name));
    for (const Text& duty : role.duties) add("<li>{}</li>", in(duty));
    out_ += "</ul>";
    for (const Assessed* assessed : role_measures(report_, role.role)) {
      const auto& measure = static_cast<const Measure&>(*assessed->requirement);
      add(R"(<div class="item"><header><strong>{} {}</strong>{}<span class="soft small">{} · {}</span></header><p>{}</p>)",
          symbol(measure.priority()), id_of(measure), tag(assessed->status),
          in(report_.guideline.category(measure.category).name), in(label(measure.level())),
          in(measure.text) + in(marks(measure)));
      if (!assessed->applicability.applies) {
        add(R"(<p class="soft small">{}</p></div>)", in(assessed->applicability.reason));
        continue;
      }
      for (const CheckState* check : assessed->checks) {
        std::string fact = check->evidence  ? in(check->evidence->detail())
                           : check->expired ? tr("答えの期限が切れました", "the answer has expired")
                                            : tr("未回答", "not answered");
        if (check->spec->asked && !check->evidence)
          fact += fmt::format(R"( <code>sekisho answer {} yes|no{}</code>)", check->spec->id,
                              check->spec->parts.empty() ? "" : "|partly");
        add(R"(<p class="small">{} {} — {}</p>)", tag(*check), in(check->spec->title), fact);
        if (check->spec->asked) basis(*check);
      }
      if (assessed->status != Status::met && assessed->status != Status::not_applicable) {
        add("<details{}><summary>{}</summary>", assessed->failing() ? " open" : "",
            tr("進め方", "How to do it"));
        steps(measure.steps);
        out_ += "</details>";
      }
      out_ += "</div>";
    }
    out_ += "</section>";
  }

  /// What it rests on, behind one click.
  void basis(const CheckState& check) {
    if (!check.evidence || check.evidence->basis().empty()) return;
    const Evidence& evidence = *check.evidence;
    add("<details><summary>{}</summary><ul>", tr("根拠", "What it rests on"));
    for (const Text& line : words(evidence.basis())) add("<li>{}</li>", in(line));
    add("</ul><p class=\"soft small\">{} {} · {} {}</p></details>", tr("確かめた日:", "Seen:"),
        format_day(a_.scope.calendar.day(evidence.observed_at)), tr("期限:", "Holds until:"),
        format_day(a_.scope.calendar.day(evidence.valid_until - std::chrono::seconds(1))));
  }

  void checks() {
    add(R"(<section id="checks"><h2>{}</h2>)",
        tr("この端末で確かめたこと", "What was found on this machine"));
    table_head({tr("結果", "Result"), tr("確認", "Check"), tr("確認結果", "What was seen")});
    for (const Verdict verdict :
         {Verdict::fail, Verdict::unknown, Verdict::pass, Verdict::not_applicable})
      for (const CheckState& check : a_.checks) {
        if (check.spec->asked || check.verdict() != verdict) continue;
        add(R"(<tr><td>{}</td><td>{}</td><td>{})", tag(verdict), in(check.spec->title),
            check.evidence ? in(check.evidence->detail())
                           : tr("まだ確かめていません", "not looked at yet"));
        if (verdict == Verdict::fail) {
          add("<details><summary>{}</summary><p>{}</p>", tr("直し方", "How to mend it"),
              in(check.spec->why));
          steps(check.spec->fix);
          out_ += "</details>";
        }
        basis(check);
        out_ += "</td></tr>";
      }
    out_ += "</tbody></table></div></section>";
  }

  void foot() {
    out_ += "<footer class=\"small soft\">";
    for (const FeedDate& feed : report_.feeds)
      add("<p>{}: {}{}</p>", in(feed.name), format_day(feed.as_of),
          feed.stale ? tr("（古くなっています。sekisho feeds update で新しくできます）",
                          " (stale; renew it with sekisho feeds update)")
                     : "");
    add("<p>{}</p>", in(report_.guideline.notice));
    if (!report_.guideline.overlay.empty())
      add("<p>{}: {}</p>", tr("組織の内容を重ねています", "With the organisation's own content"),
          in(report_.guideline.overlay));
    out_ += "</footer>";
  }

  const Report& report_;
  const Assessment& a_;
};

}  // namespace

std::string report_html(const Report& report, Lang lang) { return Page(report, lang).take(); }

}  // namespace sekisho
