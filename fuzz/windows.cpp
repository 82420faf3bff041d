// SPDX-License-Identifier: Apache-2.0
// What was recorded of a Windows machine, and judged; a profile of Wi-Fi and a rule of the firewall
// as Windows writes them.
#include "collect/windows/windows.h"
#include "collect/vuln/embedded.h"
#include "fuzz.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const auto guideline = load_guideline(embedded_guideline());
  static const Feeds feeds{*read_support(*parse_json("eol", embedded_support(), kFeedLimits)),
                           *read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits)),
                           {},
                           {},
                           {},
                           {}};
  const std::string_view text = text_of(data, size);
  if (const auto facts = read_windows_facts(text)) {
    const std::string written = write_windows_facts(*facts);
    require(write_windows_facts(*read_windows_facts(written)) == written);
    for (const auto& [check, finding, unread] : judge_windows(*facts, *guideline, feeds, Time{}))
      require(!finding.fact.ja.empty() && is_valid_utf8(finding.fact.en));
  }
  require(wifi_authentication(text).size() <= 40 + std::string_view("…").size());
  if (const auto opened = opens_everything(text)) require(!opened->empty());
  return 0;
}
