// SPDX-License-Identifier: Apache-2.0
// Reports to take away.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "report/organisation.h"
#include "server/api/effort.h"
#include "server/api/fields.h"
#include "server/api/signed.h"
#include "server/api/view.h"
#include "server/devices/devices.h"
#include "server/organisation/decisions.h"
#include "server/organisation/duty.h"
#include "server/organisation/handlers.h"
#include "server/organisation/making.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kPdfTime{60};

/// The newest answers of the organisation, as evidence.
Result<std::vector<Evidence>> answers(Call& call, const Standing& board) {
  std::vector<Evidence> list;
  for (const Fleet::CheckStanding& standing : board.fleet().standings(kOrganisation)) {
    if (standing.id == 0) continue;
    const auto rows = call.db.query(
        std::string("SELECT ") + kEvidenceColumns + " FROM evidence WHERE id = ?", {standing.id});
    if (!rows) return std::unexpected(rows.error());
    for (const Row& row : *rows) list.push_back(kept_evidence(row).evidence);
  }
  return list;
}

Share applying(const View& view, const DayStanding& day, std::optional<Pillar> pillar) {
  const auto& all = view.board().guideline().measures;
  std::vector<Share> shares;
  for (std::size_t i = 0; i < all.size() && i < day.measures.size(); ++i)
    if ((!pillar || all[i].pillar == *pillar) && view.applies(all[i]).applies)
      shares.push_back(day.measures[i]);
  return mean(shares);
}

OrganisationReport report_of(Call& call, const View& view, const Assessment& assessment,
                             const std::vector<Row>& owners, const Registered& registered) {
  const auto& days = view.board().days();
  OrganisationReport report{call.guideline(),
                            assessment,
                            view.organisation().name,
                            registered.devices,
                            registered.silent,
                            view.board().fleet().unseen_machines(),
                            applying(view, days.back(), {}),
                            applying(view, days.before(7), {}),
                            {},
                            {},
                            {},
                            call.shop.options.version};
  for (const PillarInfo& pillar : call.guideline().pillars)
    report.pillars.emplace_back(pillar.name, applying(view, days.back(), pillar.pillar));
  const std::size_t step = std::max<std::size_t>(1, days.size() / 60);
  for (std::size_t i = (days.size() - 1) % step; i < days.size(); i += step)
    report.met_by_day.emplace_back(days[i].day, applying(view, days[i], {}).met);
  for (const Row& row : owners) report.owners[row.text(0)] = {row.text(1), row.text(2)};
  return report;
}

/// Systems of devices that people use, the commonest first; a telephone is told what to do by who
/// manages it.
Result<std::vector<std::string>> platforms(Database& db) {
  const auto rows = db.query(
      "SELECT system_name, COUNT(*) FROM device WHERE state <> 'retired' AND erased = 0 AND "
      "appliance = '' AND system_name <> '' GROUP BY system_name");
  if (!rows) return std::unexpected(rows.error());
  std::map<std::string, std::int64_t> counts;
  for (const Row& row : *rows) {
    const std::string system = lower(row.text(0));
    if (!system.contains("ios") && !system.contains("ipados") && !system.contains("android"))
      counts[std::string(platform_of(system))] += row.integer(1);
  }
  std::vector<std::string> list;
  for (const auto& [platform, count] : counts) list.push_back(platform);
  std::ranges::stable_sort(list, std::greater(), [&](const auto& one) { return counts.at(one); });
  return list;
}

/// Runs WeasyPrint on a page of ours: it reads one file and writes one, in a folder made for it.
/// What it makes is tagged (PDF/UA-1), which costs nothing.
Outcome pdf_of(const std::string& html, Making::Told& told) {
  std::string folder = (std::filesystem::temp_directory_path() / "sekisho-pdf.XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return problem(503, "一時フォルダーを作れません。", "a temporary folder cannot be made.");
  const std::string in = folder + "/report.html";
  const std::string out = folder + "/report.pdf";
  Outcome answer =
      problem(501, "PDF を作るには weasyprint が必要です。HTML を開いて印刷してもかまいません。",
              "PDF needs weasyprint; you may open the HTML and print it instead.");
  if (write_file_atomically(in, html, 0600)) {
    const auto ran =
        run_process({"/usr/bin/weasyprint", "--verbose", "--pdf-variant", "pdf/ua-1", in, out},
                    {kPdfTime, std::size_t{1} << 20U}, {"HOME=" + folder},
                    [&](std::string_view said) { told.is(made_so_far(said, html.size())); });
    const auto pdf = ran && ran->exit_code == 0 ? read_regular_file(out, std::size_t{64} << 20U)
                                                : std::unexpected(FileProblem::missing);
    if (pdf)
      answer = Reply{200, "application/pdf", *pdf, {}};
    else if (!ran && ran.error() == ProcessProblem::timed_out)
      answer = problem(503, "PDF を時間内に作れませんでした。", "the PDF took too long.");
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return answer;
}

constexpr const char* kXlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

Outcome render(Call& call, const OrganisationReport& report, const std::string& kind,
               const std::string& format, Lang lang, Making::Told& told) {
  const auto html = [&]() -> std::string {
    if (kind == "executive") return executive_html(report, lang);
    if (kind == "partner") return partner_html(report, lang);
    return administrator_html(report, lang);
  };
  if (format == "pdf" || format == "html") {
    Outcome page = format == "pdf" ? pdf_of(html(), told)
                                   : Outcome(Reply{200, "text/html; charset=utf-8", html(), {}});
    if (!page || kind != "partner") return page;
    const auto key = organisation_key(call.db);
    if (!key) return broken(key.error());
    page->body = signed_file(std::move(page->body), *key);
    return page;
  }
  if (kind == "administrator") {
    if (format == "csv") return Reply{200, "text/csv; charset=utf-8", report_csv(report, lang), {}};
    if (format == "xlsx") {
      auto book = report_xlsx(report, lang);
      if (!book) return broken(book.error());
      return Reply{200, kXlsx, std::move(*book), {}};
    }
  }
  if (kind == "oscal" && format == "catalog")
    return Reply{200, "application/json", oscal_catalog(report), {}};
  if (kind == "oscal" && format == "profile")
    return Reply{200, "application/json", oscal_profile(report), {}};
  if (kind == "oscal" && format == "poam")
    return Reply{200, "application/json", oscal_poam(report), {}};
  if (kind == "oscal" && format == "assessment-results")
    return Reply{200,
                 "application/json",
                 report_oscal({report.guideline, report.assessment, {}, report.version, {}, {}}),
                 {}};
  return problem(422, "この報告はその形式では出せません。",
                 "this report does not come in that format.");
}

/// Of all servers of this process: a name is told to nobody but who gave it.
Making& making() {
  static Making all;
  return all;
}

/// Whose it is, and what they call it; empty: nobody will ask.
std::string made_key(const Call& call) {
  const auto name = call.query("making");
  if (!name || name->empty() || name->size() > 64 || !call.who.person) return {};
  return fmt::format("{} {}", call.who.person.number(), *name);
}

Outcome report_making(Call& call) {
  const auto found = making().look(made_key(call));
  const Made made = found.value_or(Made{});
  return reply_json(json::object{{"under_way", found.has_value()},
                                 {"step", made.step},
                                 {"steps", kPdfSteps},
                                 {"pages", made.pages},
                                 {"share", made.share}});
}

Outcome report(Call& call) {
  const std::string kind = call.parameter(0);
  if (kind != "executive" && kind != "administrator" && kind != "partner" && kind != "oscal")
    return not_found();
  const std::string format = call.query("format").value_or("html");
  const Lang lang = call.query("lang").value_or(call.who.lang == Lang::en ? "en" : "ja") == "en"
                        ? Lang::en
                        : Lang::ja;
  const auto owners = call.db.query(
      "SELECT a.item, CASE WHEN p.id IS NULL THEN '' WHEN p.state = 'active' THEN p.name ELSE ? || "
      "p.name END, COALESCE(a.due, '') FROM assignment a LEFT JOIN person p ON p.id = a.person_id",
      {std::string(lang == Lang::en ? "(left) " : "（退職・無効）")});
  if (!owners) return broken(owners.error());
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  const auto due = open_deadlines(call.db, call.guideline().duty, *calendar);
  if (!due) return broken(due.error());
  const auto systems = platforms(call.db);
  if (!systems) return broken(systems.error());
  std::optional<Assessment> assessment;
  std::optional<OrganisationReport> gathered;
  Outcome looked = with_view(call, [&](const View& view) -> Outcome {
    const auto said = answers(call, view.board());
    if (!said) return broken(said.error());
    const auto registered = registered_devices(call.db, view.board().fleet());
    if (!registered) return broken(registered.error());
    assessment = assess(call.guideline(), view.board().fleet(), *said,
                        {kOrganisation, view.organisation().methods, view.organisation().situations,
                         call.now, view.organisation().calendar});
    assessment->scope.subject = {view.organisation().name.empty() ? "organisation"
                                                                  : view.organisation().name};
    gathered.emplace(report_of(call, view, *assessment, *owners, *registered));
    gathered->deadlines = deadline_lines(call.guideline(), *due);
    gathered->decisions = decisions(view, calendar->day(call.now));
    for (const FleetAction& action :
         actions(call.guideline(), view.board().fleet(), Verdict::fail, view.organisation().methods,
                 view.organisation().situations))
      gathered->efforts[action.check->id] = effort_of(action);
    gathered->platforms = *systems;
    return reply_nothing();
  });
  if (!looked) return looked;
  Making::Told told(making(), made_key(call));
  Outcome answer = render(call, *gathered, kind, format, lang, told);
  if (!answer) return answer;
  const std::string file =
      kind == "oscal"
          ? oscal_file_name(*gathered, format)
          : fmt::format("sekisho-{}-{}.{}", kind,
                        format_day(gathered->assessment.scope.calendar.day(call.now)), format);
  answer->headers.emplace_back("content-disposition",
                               fmt::format("attachment; filename=\"{}\"", file));
  const auto noted = audit(call, "report-taken", kind, {{"format", format}});
  if (!noted) return broken(noted.error());
  return answer;
}

Outcome report_key(Call& call) {
  const auto key = organisation_key(call.db);
  if (!key) return broken(key.error());
  return reply_json(
      json::object{{"public_key", key->public_key}, {"fingerprint", fingerprint(key->public_key)}});
}

}  // namespace

void add_reports(Handlers& handlers) {
  handlers.insert(
      {{"getReport", report}, {"getReportMaking", report_making}, {"getReportKey", report_key}});
}

}  // namespace sekisho
