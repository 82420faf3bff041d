// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <iterator>
#include <ranges>

#include <fmt/format.h>

#include "report/html_text.h"
#include "report/organisation.h"
#include "report/style.h"
#include "report/why_met.h"

namespace sekisho {
namespace {

/// The nearest deadlines that the page has room for.
constexpr std::size_t kDeadlines = 2;

/// Laid out with tables and blocks alone: printers of HTML know little else.
constexpr std::string_view kOrganisationStyle = R"css(
@page{size:A4;margin:11mm}
body{font:8.8pt/1.3 "IPAPGothic","IPAGothic","Noto Sans CJK JP",system-ui,sans-serif;color:#1d2329;margin:0 auto;max-width:184mm}
h1{font-size:17pt;margin:0;line-height:1.25}h2{font-size:11.5pt;margin:2.6mm 0 1mm;border-bottom:.4mm solid #1f5f8b;color:#1f5f8b}
p{margin:1mm 0}.soft{color:#525d66;font-size:8.5pt}.head{border-bottom:1mm solid #1f5f8b;padding-bottom:2mm;margin-bottom:3mm}
.say{font-size:13pt;font-weight:bold;padding:2.5mm 4mm;border-left:2mm solid;background:#f3f5f6}.bad{border-color:#b3261e}.warn{border-color:#b97a00}.good{border-color:#1c7a43}
table{border-collapse:collapse;width:100%}td,th{padding:1mm 2mm;border-bottom:.2mm solid #d9dcd8;text-align:left;vertical-align:top}th{color:#525d66;font-size:8.5pt;font-weight:normal}
.n{font-weight:bold;width:6mm}.w{white-space:nowrap}.bar{width:60mm}.met{color:#1c7a43}.not_met,.partly_met{color:#b3261e}.unknown{color:#3d5270}.not_applicable{color:#525d66}
tr{break-inside:avoid}
)css";

class Sheet : HtmlWriter {
 public:
  Sheet(const OrganisationReport& report, Lang lang) : HtmlWriter(lang), report_(report) {}

  std::string executive() {
    head(tr("テレワークのセキュリティ: 経営者向けサマリー（1 ページ）",
            "Telework security: one page for executives"));
    summary();
    deadlines();
    decisions();
    pillars();
    first();
    trend();
    grounds_line();
    foot();
    return std::move(out_);
  }

  std::string partner() {
    head(tr("テレワークのセキュリティについての報告", "Statement on telework security"));
    summary();
    pillars();
    add("<h2>{}</h2><table><tr><th></th><th>{}</th><th>{}</th><th>{}</th></tr>",
        tr("手引きのチェックリスト", "The handbook's checklist"), tr("番号", "No."),
        tr("項目", "Item"), tr("状態", "Status"));
    for (const Assessed& assessed : report_.assessment.handbook)
      add(R"(<tr><td>{}</td><td>{}</td><td>{}{}</td><td class="w {}">{}</td></tr>)",
          symbol(assessed.requirement->priority()), assessed.requirement->id,
          in(assessed.requirement->text), rests_on(assessed.checks), name(assessed.status),
          in(label(assessed.status)));
    out_ += "</table>";
    appendix();
    add("<p class=\"soft\">{}</p>",
        tr("このファイル（HTML・PDF）の末尾には署名が付いています。発行元から受け取った確認ページ、"
           "または sekisho verify ファイル名 "
           "で、発行後に変わっていないことを確かめられます。印刷した紙では確かめられません。",
           "This file, HTML or PDF, ends with a signature: the page for checking that its issuer "
           "gives, or sekisho verify FILE, shows whether it was changed after it was issued. A "
           "printed copy cannot be checked."));
    foot();
    return std::move(out_);
  }

 private:
  /// Of each measure that is met, why.
  void appendix() {
    grounds_line();
    add("<table class=\"met-by\"><tr><th>{}</th><th>{}</th></tr>", tr("対策", "Measure"),
        tr("根拠", "Rests on"));
    for (const Assessed& assessed : report_.assessment.measures)
      if (assessed.status == Status::met)
        add(R"(<tr><td>{} {}</td><td class="soft">{}</td></tr>)", assessed.requirement->id,
            in(assessed.requirement->text),
            in(why_met(assessed, report_.assessment.scope.calendar)));
    out_ += "</table>";
  }

  /// What all that is met rests on, in as little room as an executive's page has.
  void grounds_line() {
    const Grounds sum = grounds(report_.assessment);
    if (sum.met == 0) return;
    const std::string oldest = sum.oldest_answer ? format_day(*sum.oldest_answer) : "―";
    add("<p class=\"soft\">{}</p>",
        fmt::format(
            fmt::runtime(tr("「できている」{} 件の根拠: 端末で確かめた {} 項目（すべて有効期間内の"
                            "結果）と、人が答えた {} 項目（最も古い回答は {}）。",
                            "What the {} measures that are met rest on: {} checks of devices, each "
                            "within its days, and {} answers of people, the oldest of {}.")),
            sum.met, sum.seen, sum.answered, oldest));
  }

  /// What a status rests on, without the names of people, machines and places: how many devices
  /// were seen, and on which day somebody answered.
  std::string rests_on(const std::vector<const CheckState*>& checks) const {
    std::string lines;
    for (const CheckState* check : checks) {
      if (!check->evidence) continue;
      for (Compared one : check->evidence->basis().list()) {
        const bool person = one.source == Compared::Source::person;
        if (!person && one.source != Compared::Source::devices) continue;
        if (person) one.place.clear();
        lines += fmt::format("{}{}: {}", lines.empty() ? "" : tr("、", "; "),
                             in(check->spec->title), in(words(one)));
      }
    }
    if (lines.empty()) return {};
    return fmt::format("<br><span class=\"soft\">{}{}</span>", tr("根拠: ", "Rests on: "), lines);
  }

  static int percent(double part) { return static_cast<int>(std::lround(part * 100)); }

  void head(const std::string& title) {
    add(R"(<!doctype html><html lang="{}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">)",
        lang_ == Lang::ja ? "ja" : "en");
    add(R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{}</title><style>{}</style></head><body>)",
        title, kOrganisationStyle);
    std::string methods;
    for (const Method* method : report_.assessment.scope.methods)
      methods += (methods.empty() ? "" : tr("・", ", ")) + in(method->name);
    add(R"(<div class="head"><h1>{}</h1><p>{}</p><p class="soft">{} · {}: {} · {}: {}</p></div>)",
        title, escaped(report_.name),
        report_.assessment.scope.calendar.format_minute(report_.assessment.scope.now),
        tr("方式", "Methods"), methods.empty() ? tr("未選択", "not chosen") : methods,
        tr("端末", "Devices"), report_.machines);
  }

  void summary() {
    StatusCounts must = count(report_.assessment.handbook, Priority::must);
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
    const int change = percent(report_.all.met) - percent(report_.week_ago.met);
    StatusCounts measures = count(report_.assessment.measures);
    add("<p>{}</p>",
        fmt::format(
            fmt::runtime(tr("対策 {} 件のうち、{} 件ができている、{} 件が一部対応、{} "
                            "件ができていない、{} 件が未確認です（ほかに対象外 {} 件）。",
                            "Of {} measures {} are met, {} partly, {} are not, {} are not known "
                            "({} more do not apply).")),
            report_.assessment.measures.size() - measures[Status::not_applicable],
            measures[Status::met], measures[Status::partly_met], measures[Status::not_met],
            measures[Status::unknown], measures[Status::not_applicable]));
    add("<p>{}</p>",
        fmt::format(fmt::runtime(
                        tr("達成度（端末ごとの平均）は {}%（要対応 {}%、未確認 {}%）、一週間前から "
                           "{:+} ポイント。対策ごとに、できている端末の割合を平均した値です。",
                           "The mean over devices is {}% ({}% to fix, {}% not known), {:+} points "
                           "in a week: of each measure the share of devices where it holds, on "
                           "average.")),
                    percent(report_.all.met), percent(report_.all.failing),
                    percent(report_.all.unknown), change));
    if (report_.silent > 0)
      add("<p class=\"soft\">{}</p>",
          fmt::format(
              fmt::runtime(tr("登録済みの端末 {} 台のうち {} 台は、まだ一度も報告していません。",
                              "{1} of {0} registered devices have never reported.")),
              report_.machines, report_.silent));
    if (report_.unseen > 0)
      add("<p class=\"soft\">{}</p>",
          fmt::format(
              fmt::runtime(
                  tr("報告のある端末 {} 台のうち {} 台には、まだ一度も確かめていない項目が"
                     "あります。それらは平均に入っていません。",
                     "On {1} of {0} devices that reported something was never looked at yet; that "
                     "is not in the mean.")),
              report_.machines - report_.silent, report_.unseen));
  }

  /// What waits for whoever reads this: the risk with a case behind it, what it takes, whose it is.
  void decisions() {
    if (report_.decisions.empty()) return;
    add("<h2>{}</h2>", tr("判断を待っていること", "What waits for your decision"));
    for (const Decision& one : report_.decisions) {
      add(R"(<p><b>{} {}</b><br>{})", symbol(one.priority), in(one.check->title),
          in(words(one.wants)));
      add("<br><span class=\"soft\">{}: {}", tr("リスク", "Risk"), in(one.check->why));
      if (one.like != nullptr)
        add(" {} {}: {}", tr("事例", "As in case"), one.like->number, in(one.like->title));
      add("<br>{}: {} · {}: {}", tr("手間", "Effort"), in(effort_words(one.effort)),
          tr("担当", "Owner"),
          one.owner.person.empty() ? tr("なし", "nobody") : escaped(one.owner.person));
      if (!one.owner.due.empty()) add(" · {}: {}", tr("期限", "Due"), escaped(one.owner.due));
      if (one.since) add(" · {}: {}", tr("未達の始まり", "Since"), format_day(*one.since));
      out_ += "</span></p>";
    }
  }

  void deadlines() {
    if (report_.deadlines.empty()) return;
    add("<h2>{}</h2><table>", tr("漏えいの報告の期限", "Deadlines for reporting a leak"));
    for (const auto& [day, what] : report_.deadlines | std::views::take(kDeadlines))
      add(R"(<tr><td class="w"><b>{}</b></td><td>{}</td></tr>)", format_day(day), in(what));
    out_ += "</table>";
    if (report_.deadlines.size() > kDeadlines)
      add("<p class=\"soft\">{}</p>", fmt::format(fmt::runtime(tr("ほか {} 件", "and {} more")),
                                                  report_.deadlines.size() - kDeadlines));
  }

  void pillars() {
    add("<h2>{}</h2><table>",
        tr("ルール・人・技術のバランス", "Balance of rules, people and technology"));
    for (const auto& [name, share] : report_.pillars) {
      const double width = 60;
      add(R"(<tr><td>{}</td><td class="bar"><svg width="60mm" height="4mm" viewBox="0 0 60 4" role="img"><rect width="60" height="4" fill="#e4eaf3"/><rect width="{:.2f}" height="4" fill="#1c7a43"/><rect x="{:.2f}" width="{:.2f}" height="4" fill="#b3261e"/></svg></td><td>{}% <span class="soft">{} {}% · {} {}%</span></td></tr>)",
          in(name), width * share.met, width * share.met, width * share.failing, percent(share.met),
          tr("要対応", "to fix"), percent(share.failing), tr("未確認", "not known"),
          percent(share.unknown));
    }
    out_ += "</table>";
  }

  void first() {
    add("<h2>{}</h2>", tr("まず直すこと", "What to fix first"));
    if (report_.assessment.to_fix.empty())
      add("<p>{}</p>", tr("要対応の項目はありません。", "Nothing needs fixing."));
    else
      add("<table><tr><th></th><th>{}</th><th>{}</th><th>{}</th></tr>", tr("何を", "What"),
          tr("担当", "Owner"), tr("期限", "Due"));
    // All of it has to fit one page.
    const std::size_t taken = std::min(report_.deadlines.size(), kDeadlines) +
                              2 * std::min(report_.decisions.size(), kMostDecisions);
    const std::size_t room = kFirstActions > taken + 1 ? kFirstActions - taken : 1;
    for (std::size_t i = 0; i < std::min(report_.assessment.to_fix.size(), room); ++i) {
      const Action& action = report_.assessment.to_fix[i];
      const auto owner = report_.owners.find(action.check->spec->id);
      const auto or_dash = [](const std::string& text) {
        return text.empty() ? std::string("―") : escaped(text);
      };
      add(R"(<tr><td class="n">{}</td><td><b>{} {}</b><br><span class="soft">{}</span></td><td class="w">{}</td><td class="w">{}</td></tr>)",
          i + 1, symbol(action.priority), in(action.check->spec->title),
          in(action.check->spec->why),
          owner == report_.owners.end() ? "―" : or_dash(owner->second.person),
          owner == report_.owners.end() ? "―" : or_dash(owner->second.due));
    }
    if (!report_.assessment.to_fix.empty()) out_ += "</table>";
    if (report_.assessment.to_fix.size() > room)
      add("<p class=\"soft\">{}</p>",
          fmt::format(fmt::runtime(tr("このあとに {} 件続きます。", "{} more follow.")),
                      report_.assessment.to_fix.size() - room));
  }

  void trend() {
    if (report_.met_by_day.size() < 2) return;
    add("<h2>{}</h2>", tr("達成度（端末ごとの平均）の推移", "The mean over devices, over time"));
    std::string points;
    const double step = 166.0 / static_cast<double>(report_.met_by_day.size() - 1);
    for (std::size_t i = 0; i < report_.met_by_day.size(); ++i)
      points += fmt::format("{:.1f},{:.1f} ", 12 + step * static_cast<double>(i),
                            24 - 24 * report_.met_by_day[i].second);
    const auto& [first, then] = report_.met_by_day.front();
    const auto& [last, now] = report_.met_by_day.back();
    add(R"(<svg width="180mm" height="28mm" viewBox="0 -2 180 33" role="img"><path d="M12 24H178M12 12H178M12 0H178" stroke="#d9dcd8" stroke-width=".2"/><g font-size="3" fill="#525d66"><text x="0" y="1">100%</text><text x="0" y="13">50%</text><text x="0" y="25">0%</text><text x="12" y="29">{}: {}%</text><text x="178" y="29" text-anchor="end">{}: {}%</text></g><polyline points="{}" fill="none" stroke="#1f5f8b" stroke-width=".7"/></svg>)",
        format_day(first), percent(then), format_day(last), percent(now), points);
  }

  void foot() {
    add("<p class=\"soft\">Sekisho {} · {}</p></body></html>\n", escaped(report_.version),
        in(report_.guideline.notice));
  }

  const OrganisationReport& report_;
};

}  // namespace

Text effort_words(Degree effort) {
  switch (effort) {
    case Degree::low:
      return {"小（半日ほど、端末での作業は 1 台あたり。費用はほとんどかからない）",
              "small: half a day (work on devices: each), hardly any cost"};
    case Degree::middle:
      return {"中（数日ほど。費用がかかることがある）", "medium: some days, possibly some cost"};
    case Degree::high: break;
  }
  return {"大（数週間ほど。予算と段取りが必要）", "large: some weeks, with a budget and a plan"};
}

Text words(Decision::Wants wants) {
  switch (wants) {
    case Decision::Wants::word:
      return {"経営者が決めることです。方針と、予算か人を決めてください。",
              "This is for you to decide: what is to hold, and the money or people for it."};
    case Decision::Wants::owner:
      return {"担当がいません。誰がいつまでに行うかを決めてください。",
              "Nobody has it: decide who does it, and by when."};
    case Decision::Wants::push: break;
  }
  return {"期限を過ぎています。人手を足すか、期限を決め直してください。",
          "It is past its day: add people, or set a new day."};
}

std::string executive_html(const OrganisationReport& report, Lang lang) {
  return Sheet(report, lang).executive();
}
std::string partner_html(const OrganisationReport& report, Lang lang) {
  return Sheet(report, lang).partner();
}

}  // namespace sekisho
