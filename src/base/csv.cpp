// SPDX-License-Identifier: Apache-2.0
#include "base/csv.h"

#include <algorithm>
#include <array>

namespace sekisho {
namespace {

/// Japanese spreadsheets take the wide forms of the signs too.
bool is_formula(std::string_view text) {
  static constexpr auto kSigns =
      std::to_array<std::string_view>({"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"});
  return std::ranges::any_of(kSigns, [&](std::string_view sign) { return text.starts_with(sign); });
}

void add_cell(std::string& row, std::string_view text) {
  row += '"';
  if (is_formula(text)) row += '\'';
  for (std::size_t quote = text.find('"'); quote != std::string_view::npos;
       quote = text.find('"')) {
    row.append(text.substr(0, quote + 1)) += '"';
    text.remove_prefix(quote + 1);
  }
  row.append(text) += '"';
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string out;
  add_cell(out, text);
  return out;
}

std::string csv_row(const std::vector<std::string>& cells) {
  std::string row;
  for (const std::string& cell : cells) {
    if (!row.empty()) row += ',';
    add_cell(row, cell);
  }
  return row + "\r\n";
}

}  // namespace sekisho
