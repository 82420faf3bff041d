// SPDX-License-Identifier: Apache-2.0
#include "access/risk_csv.h"

#include <algorithm>

#include "base/text.h"

namespace sekisho {
namespace {

std::unexpected<Error> unclear(std::string_view column) {
  const std::string name(column);
  return failure("CSV の列「" + name + "」を読めません。",
                 "the column '" + name + "' can't be read");
}

std::optional<bool> truth(std::string_view text) {
  const std::string word = lower(text);
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  return std::nullopt;
}

/// "2020-02-03 12:43:30.772", in UTC.
std::optional<Time> moment(std::string_view text) {
  std::string form(text.substr(0, 19));
  if (form.size() != 19 || form[10] != ' ') return std::nullopt;
  form[10] = 'T';
  const std::string_view rest = text.substr(19);
  const bool fraction = rest.empty() || (rest.size() > 1 && rest.size() <= 10 && rest[0] == '.' &&
                                         whole_number(rest.substr(1)) >= 0);
  return fraction ? parse_time(form + "Z") : std::nullopt;
}

/// A user's number may be negative: any 64 bits.
std::optional<RiskPerson> person_numbered(std::string_view text) {
  const bool minus = text.starts_with('-');
  const std::string_view digits = text.substr(minus ? 1 : 0);
  if (digits.empty() || digits.size() > 20) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return static_cast<RiskPerson>(minus ? ~number + 1 : number);
}

}  // namespace

std::optional<std::vector<std::string>> csv_cells(std::string_view line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  bool ended = false;  // behind the quote that ends a cell only a comma may stand
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += line[++i];
      } else {
        quoted = false;
        ended = true;
      }
    } else if (c == ',') {
      if (cells.size() >= RiskCsv::kMostColumns) return std::nullopt;
      cells.emplace_back();
      ended = false;
    } else if (c == '"' && cells.back().empty() && !ended) {
      quoted = true;
    } else if (ended || c == '"') {
      return std::nullopt;
    } else {
      cells.back() += c;
    }
  }
  return quoted ? std::nullopt : std::optional(std::move(cells));
}

std::string_view without_version(std::string_view name) {
  const std::string_view whole = trim(name);
  std::string_view rest = whole;
  // Words from the end on that are of digits and dots.
  for (std::size_t space = rest.rfind(' '); space != std::string_view::npos;
       space = rest.rfind(' ')) {
    const std::string_view word = rest.substr(space + 1);
    if (!std::ranges::all_of(word, [](char c) { return c == '.' || (c >= '0' && c <= '9'); }))
      break;
    rest = trim(rest.substr(0, space));
  }
  return rest;
}

Result<RiskCsv> RiskCsv::begin(std::string_view header) {
  if (header.starts_with("\xEF\xBB\xBF")) header.remove_prefix(3);
  const auto cells = header.size() > kLongestLine ? std::nullopt : csv_cells(header);
  if (!cells) return failure("CSV の見出しを読めません。", "the header of the CSV can't be read");
  RiskCsv csv;
  csv.columns_ = cells->size();
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (std::ranges::count(*cells, kNames.at(i)) != 1) return unclear(kNames.at(i));
    csv.places_.at(i) =
        static_cast<std::size_t>(std::ranges::find(*cells, kNames.at(i)) - cells->begin());
  }
  return csv;
}

Result<RiskRow> RiskCsv::row(std::string_view line) const {
  const auto cells = line.size() > kLongestLine ? std::nullopt : csv_cells(line);
  if (!cells || cells->size() != columns_)
    return failure("CSV の行を読めません。", "the line of the CSV can't be read");
  const auto cell = [&](Column column) {
    return std::string_view((*cells)[places_.at(static_cast<std::size_t>(column))]);
  };
  const auto no = [&](Column column) {
    return unclear(kNames.at(static_cast<std::size_t>(column)));
  };
  const auto at = moment(cell(Column::time));
  if (!at) return no(Column::time);
  const auto who = person_numbered(cell(Column::user));
  if (!who) return no(Column::user);
  const auto from = ClientAddress::parse(cell(Column::address));
  if (!from) return no(Column::address);
  const auto good = truth(cell(Column::success));
  if (!good) return no(Column::success);
  const auto attacking = truth(cell(Column::attack));
  if (!attacking) return no(Column::attack);
  const auto taken = truth(cell(Column::takeover));
  if (!taken) return no(Column::takeover);
  RiskRow row;
  row.of_attacker = *attacking;
  row.takeover = *taken;
  SignIn& attempt = row.attempt;
  attempt.at = *at;
  attempt.person = *who;
  attempt.end = *good ? SignInEnd::signed_in : SignInEnd::password_refused;
  attempt.origin.address = RiskValue::of(*from);
  if (!cell(Column::system).empty()) attempt.origin.system = RiskValue::of(cell(Column::system));
  if (!cell(Column::country).empty()) attempt.origin.country = RiskValue::of(cell(Column::country));
  attempt.agent = {
      RiskValue::of(cell(Column::agent)), RiskValue::of(without_version(cell(Column::browser))),
      RiskValue::of(without_version(cell(Column::os))), RiskValue::of(cell(Column::kind))};
  return row;
}

}  // namespace sekisho
