// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/package_version.h"

#include <algorithm>

#include "collect/vuln/version_keys.h"

namespace sekisho {
namespace {

std::optional<std::string> key_of(VersionOrder order, std::string_view text) {
  switch (order) {
    case VersionOrder::dpkg: return dpkg_key(text);
    case VersionOrder::rpm: return rpm_key(text);
    case VersionOrder::npm: return npm_key(text);
    case VersionOrder::pypi: return pypi_key(text);
    case VersionOrder::maven: return maven_parts(text);
    case VersionOrder::go: return go_key(text);
  }
  return std::nullopt;
}

}  // namespace

std::string_view take_digits(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

void add_number(std::string& key, std::string_view digits) {
  while (digits.starts_with('0')) digits.remove_prefix(1);
  key += static_cast<char>(digits.size() + 1);
  key += digits;
}

std::optional<PackageVersion> PackageVersion::parse(VersionOrder order, std::string_view text) {
  if (text.empty() || text.size() > kLongestPackageVersion ||
      !std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }))
    return std::nullopt;
  auto key = key_of(order, text);
  if (!key) return std::nullopt;
  return PackageVersion(order, std::move(*key));
}

std::partial_ordering PackageVersion::operator<=>(const PackageVersion& other) const {
  if (order_ != other.order_) return std::partial_ordering::unordered;
  if (order_ == VersionOrder::maven) return compare_maven(key_, other.key_);
  // char may have a sign; std::string compares as unsigned bytes.
  return key_ <=> other.key_;
}

}  // namespace sekisho
