// SPDX-License-Identifier: Apache-2.0
// The organisation's report as tables: CSV and a workbook.
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>
#include <xlsxwriter.h>

#include "base/csv.h"
#include "base/posix/descriptor.h"
#include "report/marks.h"
#include "report/organisation.h"

namespace sekisho {
namespace {

using Cells = std::vector<std::string>;

struct Table {
  std::string name;
  Cells head;
  std::vector<Cells> rows;
  std::vector<double> widths;
  std::size_t due = 0;  // the column of days
};

class Tables {
 public:
  Tables(const OrganisationReport& report, Lang lang) : report_(report), lang_(lang) {}

  Table requirements(const std::vector<Assessed>& list, const std::string& name) const {
    Table table{name,
                {tr("番号", "No."), tr("優先", "Priority"), tr("分類", "Category"),
                 tr("内容", "Text"), tr("状態", "Status"),
                 tr("確認結果・回答", "What was seen or said"), tr("根拠", "What it rests on"),
                 tr("担当", "Owner"), tr("期限", "Due"), tr("出典", "Source")},
                {},
                {16, 7, 22, 60, 12, 60, 60, 16, 12, 40},
                8};
    for (const Assessed& assessed : list) {
      const Requirement& r = *assessed.requirement;
      std::string facts;
      std::string basis;
      for (const CheckState* check : assessed.checks) {
        if (!check->evidence) continue;
        facts += fmt::format("{}{}: {}", facts.empty() ? "" : "\n", check->spec->title.in(lang_),
                             check->evidence->detail().in(lang_));
        for (const Text& line : words(check->evidence->basis()))
          basis += fmt::format("{}{}: {}", basis.empty() ? "" : "\n", check->spec->title.in(lang_),
                               line.in(lang_));
      }
      const Owner owner = owner_of(r.ascii);
      table.rows.push_back({lang_ == Lang::ja ? r.id : r.ascii, std::string(symbol(r.priority())),
                            report_.guideline.category(r.category).name.in(lang_), r.text.in(lang_),
                            label(assessed.status).in(lang_), facts, basis, owner.person, owner.due,
                            label(r.from.source).in(lang_) + marks(r).in(lang_)});
    }
    return table;
  }

  Table to_fix() const {
    Table table{tr("まず直すこと", "What to fix"),
                {tr("優先", "Priority"), tr("何を", "What"), tr("確認結果", "What was seen"),
                 tr("なぜ", "Why"), tr("直し方", "How"), tr("担当", "Owner"), tr("期限", "Due")},
                {},
                {7, 40, 40, 50, 60, 16, 12},
                6};
    for (const Action& action : report_.assessment.to_fix) {
      const CheckSpec& spec = *action.check->spec;
      std::string how;
      for (const Step& step : spec.fix)
        how +=
            (how.empty() ? "" : "\n") + (step.command.empty() ? step.text.in(lang_) : step.command);
      const Owner owner = owner_of(spec.id);
      table.rows.push_back(
          {std::string(symbol(action.priority)), spec.title.in(lang_),
           action.check->evidence ? action.check->evidence->detail().in(lang_) : "",
           spec.why.in(lang_), how, owner.person, owner.due});
    }
    return table;
  }

  std::string tr(std::string_view ja, std::string_view en) const {
    return std::string(lang_ == Lang::ja ? ja : en);
  }

 private:
  Owner owner_of(const std::string& item) const {
    const auto found = report_.owners.find(item);
    return found == report_.owners.end() ? Owner{} : found->second;
  }

  const OrganisationReport& report_;
  Lang lang_;
};

/// 1-1, 10-2: an item's number, which a spreadsheet takes for a day.
bool looks_like_a_day(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto short_number = [](std::string_view part) {
    return !part.empty() && part.size() <= 2 &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return dash != std::string_view::npos && short_number(text.substr(0, dash)) &&
         short_number(text.substr(dash + 1));
}

std::string csv_of(Cells cells) {
  for (std::string& cell : cells)
    if (looks_like_a_day(cell)) cell.insert(0, "No.");
  return csv_row(cells);
}

/// As a day, by which a spreadsheet sorts and filters; false where it is none.
bool write_day(lxw_worksheet* sheet, lxw_row_t row, lxw_col_t column, const std::string& text,
               lxw_format* format) {
  const auto day = parse_day(text);
  if (!day) return false;
  const std::chrono::year_month_day date(*day);
  lxw_datetime at{static_cast<int>(date.year()),
                  static_cast<int>(static_cast<unsigned>(date.month())),
                  static_cast<int>(static_cast<unsigned>(date.day())),
                  0,
                  0,
                  0};
  return worksheet_write_datetime(sheet, row, column, &at, format) == LXW_NO_ERROR;
}

void write_sheet(lxw_workbook* book, const Table& table) {
  lxw_worksheet* sheet = workbook_add_worksheet(book, table.name.c_str());
  lxw_format* head = workbook_add_format(book);
  format_set_bold(head);
  format_set_bg_color(head, 0xE4EAF3);
  format_set_text_wrap(head);
  lxw_format* body = workbook_add_format(book);
  format_set_text_wrap(body);
  format_set_align(body, LXW_ALIGN_VERTICAL_TOP);
  lxw_format* day = workbook_add_format(book);
  format_set_align(day, LXW_ALIGN_VERTICAL_TOP);
  format_set_num_format(day, "yyyy-mm-dd");
  const auto columns = static_cast<lxw_col_t>(table.head.size());
  for (lxw_col_t c = 0; c < columns; ++c) {
    worksheet_set_column(sheet, c, c, table.widths[c], nullptr);
    worksheet_write_string(sheet, 0, c, table.head[c].c_str(), head);
  }
  for (lxw_row_t r = 0; r < table.rows.size(); ++r)
    for (lxw_col_t c = 0; c < columns; ++c)
      // Otherwise always as text: what a person wrote is never a formula.
      if (c != table.due || !write_day(sheet, r + 1, c, table.rows[r][c], day))
        worksheet_write_string(sheet, r + 1, c, table.rows[r][c].c_str(), body);
  worksheet_repeat_rows(sheet, 0, 0);  // on each printed page
  worksheet_freeze_panes(sheet, 1, 0);
  worksheet_autofilter(sheet, 0, 0, static_cast<lxw_row_t>(table.rows.size()),
                       static_cast<lxw_col_t>(columns - 1));
  worksheet_set_landscape(sheet);
  worksheet_set_paper(sheet, 9);  // A4
  worksheet_fit_to_pages(sheet, 1, 0);
}

}  // namespace

std::string report_csv(const OrganisationReport& report, Lang lang) {
  const Tables tables(report, lang);
  std::string out = kCsvStart;
  bool first = true;
  for (const auto* list : {&report.assessment.handbook, &report.assessment.measures}) {
    const Table table = tables.requirements(*list, "");
    if (first) out += csv_of(table.head);
    first = false;
    for (const Cells& row : table.rows) out += csv_of(row);
  }
  return out;
}

Result<std::string> report_xlsx(const OrganisationReport& report, Lang lang) {
  const Tables tables(report, lang);
  // The library writes files only.
  std::string path = (std::filesystem::temp_directory_path() / "sekisho-xlsx.XXXXXX").string();
  const Descriptor file(::mkstemp(path.data()));
  if (file.get() < 0)
    return failure("一時ファイルを作れません。", "a temporary file cannot be made.");
  lxw_workbook* book = workbook_new(path.c_str());
  std::string title = report.name.empty() ? "Sekisho" : report.name + " – Sekisho";
  std::string author = "Sekisho";
  lxw_doc_properties properties{};
  properties.title = title.data();
  properties.author = author.data();
  workbook_set_properties(book, &properties);
  write_sheet(book, tables.to_fix());
  write_sheet(book,
              tables.requirements(report.assessment.handbook, tables.tr("手引き", "Handbook")));
  write_sheet(book, tables.requirements(report.assessment.measures,
                                        tables.tr("Sekisho の対策", "Sekisho's measures")));
  const bool made = workbook_close(book) == LXW_NO_ERROR;
  auto bytes = read_regular_file(path, std::size_t{64} << 20U);
  ::unlink(path.c_str());
  if (!made || !bytes) return failure("表を作れません。", "the workbook cannot be made.");
  return std::move(*bytes);
}

}  // namespace sekisho
