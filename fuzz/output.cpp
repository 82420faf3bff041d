// SPDX-License-Identifier: Apache-2.0
// What programs print, and settings of desktop programs.
#include "collect/host/parse.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  clamav_built(text);
  if (const auto level = macro_settings(text).level) require(*level >= 0 && *level <= 3);
  parse_firefox_preferences(text);
  xfconf_value(text, "lock/enabled");
  return 0;
}
