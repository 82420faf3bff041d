// SPDX-License-Identifier: Apache-2.0
// A list of people as somebody has it: a spreadsheet's CSV, or lines pasted from a mail.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

struct ListedPerson {
  std::size_t line = 0;  // 1-based
  std::string name;      // what stands before the @ where the list has none
  std::string email;     // in lower case, of ASCII
  std::string roles;     // as the server keeps them: "teleworker", "administrator executive"
  bool named = false;    // the list says which roles; a teleworker otherwise
};

inline constexpr std::size_t kMostListedPeople = 500;

/// A table (CSV, tabs, semicolons) with or without a line of headings, or one person a line: an
/// address alone, "Name <address>", or both in cells. A first line is one of headings when it names
/// nothing but columns. A cell that names roles gives them; otherwise a person is a teleworker. All
/// that is wrong with it, by line, or everybody: no line is left out in silence.
std::expected<std::vector<ListedPerson>, std::vector<Error>> read_people_list(
    std::string_view bytes);

}  // namespace sekisho
