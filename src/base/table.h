// SPDX-License-Identifier: Apache-2.0
// Tables as text: what spreadsheets and services export. Not on Windows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sekisho {

/// Text in UTF-8, from UTF-8, UTF-16 (with a byte order mark), CP932, EUC-JP or ISO-2022-JP;
/// nothing when it is none.
std::optional<std::string> decoded_text(std::string_view bytes);

struct TableRow {
  std::size_t line = 0;  // 1-based
  std::vector<std::string> cells;
};
/// RFC 4180, with the separator (comma, tab or semicolon) that one of the first lines has most of,
/// or that a line "sep=;" names. Empty lines are left out. An error when a quote is never closed.
Result<std::vector<TableRow>> read_table(std::string_view given);

}  // namespace sekisho
