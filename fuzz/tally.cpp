// SPDX-License-Identifier: Apache-2.0
// Tallies as other machines send them: what is taken is written again as it was.
#include "collect/observe/tally.h"
#include "fuzz.h"

using namespace sekisho;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const HashKey key{1, 2};
  static LineTally tally;
  tally.clear();
  const std::string text(data, data + size);
  if (!tally.merge(text, key)) {
    require(tally.empty());
    return 0;
  }
  LineTally again;
  require(again.merge(tally.encode(key), key).has_value());
  require(again.encode(key) == tally.encode(key));
  return 0;
}
