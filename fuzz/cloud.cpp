// SPDX-License-Identifier: Apache-2.0
// An export of a cloud's settings, as a file from outside.
#include "collect/cloud/cloud.h"

#include "base/text.h"
#include "fuzz.h"
#include "guideline/embedded.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const auto clouds = load_cloud_checks(embedded_guideline());
  const Time now = *parse_time("2026-11-27T00:00:00Z");
  const auto reading = read_clouds({{"x", std::string(text_of(data, size))}}, {}, now);
  if (!reading) return 0;
  for (const CloudRow& row : reading->rows) {
    require(row.item != nullptr);
    require(is_valid_utf8(row.finding.fact.ja) && is_valid_utf8(row.finding.fact.en));
    require(row.finding.verdict != Verdict::pass || !row.finding.basis.empty());
  }
  for (const Evidence& one : cloud_evidence(judged_checks(*clouds, *reading, {}), *reading, now))
    require(is_valid_utf8(one.detail().ja));
  return 0;
}
