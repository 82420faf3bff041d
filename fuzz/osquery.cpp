// SPDX-License-Identifier: Apache-2.0
// What an osqueryd sends, and what our checks make of the rows.
#include "collect/osquery/osquery.h"
#include "collect/vuln/embedded.h"
#include "fuzz.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const auto guideline = load_guideline(embedded_guideline());
  static const auto feed = read_support(*parse_json("eol", embedded_support(), kFeedLimits));
  const std::string_view text = text_of(data, size);
  (void)read_osquery_enrolment(text);
  (void)read_osquery_key(text);
  for (const auto& brought : {read_osquery_log(text), read_osquery_write(text, Time{})})
    if (brought)
      for (const OsqueryAnswer& answer : brought->answers)
        if (const auto one = evidence_of(*guideline, *feed, {"x"}, answer, false, Time{}, Day{}))
          require(is_valid_utf8(one->detail().ja));
  return 0;
}
