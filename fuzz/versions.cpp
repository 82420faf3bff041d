// SPDX-License-Identifier: Apache-2.0
// Versions: any two of Debian are ordered, and the other way round the other way; those of makers
// as well, or not at all. Forms of a scheme, and what they read of a text.
#include "collect/vuln/package_version.h"
#include "collect/vuln/version.h"
#include "collect/vuln/vuln.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const std::size_t half = text.find('\n');
  const std::string_view a = text.substr(0, half);
  const std::string_view b =
      half == std::string_view::npos ? std::string_view() : text.substr(half + 1);
  require(compare_versions(a, a) == 0);
  const auto order = compare_versions(a, b);
  const auto back = compare_versions(b, a);
  require((order < 0) == (back > 0) && (order == 0) == (back == 0));
  const auto check = [&](const Scheme& scheme, std::string_view left, std::string_view right) {
    const auto first = scheme.exact(left);
    const auto second = scheme.exact(right);
    if (first) require(*first == *first);
    if (first && second)
      require((*first < *second) == (*second > *first) &&
              (*first == *second) == (*second == *first));
    if (const auto reading = scheme.read(left)) require(!(reading->least > reading->most));
  };
  check(Scheme::makers(), a, b);
  for (const VersionOrder order_of : {VersionOrder::dpkg, VersionOrder::rpm, VersionOrder::npm,
                                      VersionOrder::pypi, VersionOrder::maven, VersionOrder::go}) {
    const auto left = PackageVersion::parse(order_of, a);
    const auto right = PackageVersion::parse(order_of, b);
    if (left) require(*left == *left);
    if (left && right)
      require((*left < *right) == (*right > *left) && (*left == *right) == (*right == *left));
    if (left && right && order_of == VersionOrder::dpkg)
      require((*left < *right) == (order < 0) && (*left == *right) == (order == 0));
  }
  // The first line as a form of what stands below it.
  if (const auto scheme = Scheme::make({{std::string(a)}, {"#"}, {"build"}})) check(*scheme, b, b);
  if (const auto scheme = Scheme::make({{"#.#[.#][-h#]"}, {"#"}, {"build"}})) check(*scheme, a, b);
  return 0;
}
