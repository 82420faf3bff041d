// SPDX-License-Identifier: Apache-2.0
// Files of answers for `sekisho choose`.
#include "fuzz.h"
#include "guideline/choose.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const Guideline guideline = *load_guideline(embedded_guideline());
  const auto document = parse_yaml("f", text_of(data, size));
  if (!document) return 0;
  const auto answers = read_answers(*document);
  if (!answers) return 0;
  if (const auto choice = choose(guideline, *answers))
    require(choice->ranking.size() == 7 && !choice->advised().empty());
  return 0;
}
