// SPDX-License-Identifier: Apache-2.0
// Package URLs (purl-spec, ECMA-427).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho {

/// A package URL's parts, decoded and as its type takes them for the same:
/// pkg:TYPE/NAMESPACE/NAME@VERSION?QUALIFIERS#SUBPATH.
struct PackageUrl {
  std::string type, space, name, version;
  std::vector<std::pair<std::string, std::string>> qualifiers;  // none is empty, none twice
  /// Empty where it isn't there.
  std::string qualifier(std::string_view key) const;
};
std::optional<PackageUrl> parse_purl(std::string_view text);

}  // namespace sekisho
