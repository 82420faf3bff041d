// SPDX-License-Identifier: Apache-2.0
// What `check` shares with who checks without being told how: a double click on Windows.
#pragma once

#include "cli/app.h"

namespace sekisho {

/// What came of it, in numbers and words.
struct CheckedBriefly {
  std::size_t to_fix = 0;     // found on the machine
  std::size_t urgent = 0;     // items of the handbook that are ◎ and not met
  std::size_t unknown = 0;    // looked at and not known
  std::vector<Text> remarks;  // of the look itself
  std::filesystem::path report;
};
/// Checks this machine and writes the report for a browser into the first of `files` that can be
/// written.
Result<CheckedBriefly> check_into(const App& app, const std::vector<std::filesystem::path>& files);

}  // namespace sekisho
