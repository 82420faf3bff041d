#include "base/csv.h"

#include <string_view>

namespace sekisho {
namespace {

void add_cell(std::string& row, std::string_view text) {
  row += '"';
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    row += '\'';
  for (std::size_t quote = text.find('"'); quote != std::string_view::npos;
       quote = text.find('"')) {
    row.append(text.substr(0, quote + 1)) += '"';
    text.remove_prefix(quote + 1);
  }
  row.append(text) += '"';
}

}  // namespace

std::string csv_row(const std::vector<std::string>& cells) {
  std::string row;
  for (const std::string& cell : cells) {
    if (!row.empty()) row += ',';
    add_cell(row, cell);
  }
  return row + "\r\n";
}

}  // namespace sekisho
