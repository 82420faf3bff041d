// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.h"
#include "collect/cloud/cloud.h"

namespace sekisho {

/// How a report on clouds is made.
struct CloudReport {
  std::vector<std::string> uses;
  std::vector<std::string> emergency;
  bool json = false;
  bool keep = false;
};
/// Those of its options that every command with such a report has.
void add_report_options(CLI::App& command, Lang lang, CloudReport& report);
/// Judges the files and prints what there is to say; the exit status.
int report_clouds(const App& app, const std::vector<CloudFile>& files,
                  const CloudReport& arguments);

void add_cloud(CLI::App& cli, Lang lang, Command& chosen);

}  // namespace sekisho
