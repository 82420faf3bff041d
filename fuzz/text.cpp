// SPDX-License-Identifier: Apache-2.0
// Text for terminals: nothing that a terminal could obey is left, and lines keep their width.
#include "base/base.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const std::string shown = printable(text, 200);
  require(is_valid_utf8(shown) && shown.size() <= 203);
  for (const char c : shown) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  require(!wrap(shown, 20).empty());
  if (const auto time = parse_time(text)) require(parse_time(format_time(*time)) == time);
  return 0;
}
