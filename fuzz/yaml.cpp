// SPDX-License-Identifier: Apache-2.0
// YAML documents from outside: an organisation's overlay over the built-in guideline.
#include "fuzz.h"
#include "guideline/embedded.h"
#include "guideline/guideline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const Document built_in = embedded_guideline();
  const auto overlay = parse_yaml("f", text_of(data, size));
  if (!overlay) {
    require(!overlay.error().message.en.empty() && !overlay.error().message.ja.empty());
    return 0;
  }
  Document document = built_in;
  std::vector<Error> problems;
  overlay_document(document, *overlay, problems);
  if (problems.empty()) read_guideline(document, problems);
  for (const Error& problem : problems)
    require(is_valid_utf8(problem.message.en) && !problem.where.empty());
  return 0;
}
