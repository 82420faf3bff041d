// SPDX-License-Identifier: Apache-2.0
// Tables for spreadsheets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sekisho {

/// The mark by which spreadsheets know UTF-8, at the start of a file.
inline constexpr const char* kCsvStart = "\xEF\xBB\xBF";

/// A cell of RFC 4180, in quotes; one that a spreadsheet would take for a formula gets an
/// apostrophe (CWE-1236).
std::string csv_cell(std::string_view text);
/// A line of such cells.
std::string csv_row(const std::vector<std::string>& cells);

}  // namespace sekisho
