// SPDX-License-Identifier: Apache-2.0
// Checks data/ at build time and writes it as the one JSON text that is built into the binary:
// `guideline_pack DIR OUT`. Every problem is printed as file:line: reason, and fails the build.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/base.h"
#include "guideline/guideline.h"

namespace {

using namespace sekisho;

int pack(const std::filesystem::path& folder, const std::filesystem::path& out) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    // data/observe and data/access have readers of their own: they are not the guideline.
    if (entry.path().extension() == ".yaml" && entry.path().parent_path().filename() != "observe" &&
        entry.path().parent_path().filename() != "access")
      files.push_back(entry.path());
  std::ranges::sort(files);

  Document all{"data", boost::json::object(), {}};
  std::vector<Error> problems;
  for (const auto& file : files) {
    const auto content = read_input_file(file, DocumentLimits{}.bytes);
    const std::string name = std::filesystem::proximate(file, folder.parent_path()).string();
    const auto document = content ? parse_yaml(name, *content) : std::unexpected(content.error());
    if (document)
      add_document(all, *document, problems);
    else
      problems.push_back(document.error());
  }
  if (problems.empty()) read_guideline(all, problems);
  for (const Error& problem : problems) fmt::print(stderr, "{}\n", problem.describe(Lang::en));
  if (!problems.empty()) return 1;
  if (const auto written = write_file_atomically(out, boost::json::serialize(all.root)); !written) {
    fmt::print(stderr, "{}\n", written.error().describe(Lang::en));
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: guideline_pack DATA_FOLDER OUT.json\n");
    return 2;
  }
  try {
    return pack(argv[1], argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
