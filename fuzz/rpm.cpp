// SPDX-License-Identifier: Apache-2.0
// rpm's headers and databases: of any bytes a package with a name and a version, or nothing.
#include "collect/host/parse.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const auto holds = [](const Package& package) {
    require(!package.name.empty() && package.version.size() >= 3 && package.version.contains('-'));
  };
  if (const auto package = parse_rpm_header(text)) holds(*package);
  if (const auto list = read_rpm_database(std::string(text)))
    for (const auto& [name, package] : list->by_name) holds(package);
  return 0;
}
