// CVE records as NVD serves them, the kept form, and CPE names.
#include "collect/vuln/weaknesses.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto cpe = parse_cpe(text)) require(!cpe->vendor.empty() && !cpe->product.empty());
  for (const bool kept : {false, true}) {
    Weaknesses all;
    if (!(kept ? all.add_serialised(text) : all.add_nvd(text))) continue;
    // What was taken is kept as it is.
    Weaknesses again;
    require(again.add_serialised(all.serialised()).has_value());
    require(again.serialised() == all.serialised());
    static_cast<void>(all.of("fortinet", "fortios", "7.4.1"));
  }
  return 0;
}
