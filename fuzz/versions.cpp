// Debian's and makers' versions: any two are ordered, and the other way round the other way.
#include "collect/vuln/vuln.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const std::size_t half = text.find('\n');
  const std::string_view a = text.substr(0, half);
  const std::string_view b =
      half == std::string_view::npos ? std::string_view() : text.substr(half + 1);
  for (const auto compare : {compare_versions, compare_releases}) {
    require(compare(a, a) == 0);
    const auto order = compare(a, b);
    const auto back = compare(b, a);
    require((order < 0) == (back > 0) && (order == 0) == (back == 0));
  }
  return 0;
}
