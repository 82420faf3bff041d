// SPDX-License-Identifier: Apache-2.0
// What neighbours on a LAN answer.
#include "collect/discover/parse.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  static_cast<void>(parse_arp(text));
  if (const auto answer = parse_ssdp(text)) require(is_valid_utf8(answer->server));
  for (const std::string& name : parse_mdns(text)) require(!name.empty() && is_valid_utf8(name));
  for (const std::string& shown :
       {parse_description(text), parse_greeting(text), parse_title(text)})
    require(shown.size() <= 400 && is_valid_utf8(shown));
  return 0;
}
