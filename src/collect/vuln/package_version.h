// SPDX-License-Identifier: Apache-2.0
// Versions of packages as parsed values, each by the order of its own ecosystem. A text becomes one
// by a named order, or it becomes nothing; versions of different orders are unordered, which nobody
// may take for "fixed".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sekisho {

enum class VersionOrder : std::uint8_t {
  dpkg,   // Debian Policy 5.6.12
  rpm,    // epoch:version-release, each by rpmvercmp
  npm,    // node-semver, strict: Semantic Versioning 2.0.0
  pypi,   // PEP 440
  maven,  // ComparableVersion as in Maven 3.8
  go      // golang.org/x/mod/semver, with or without the v in front; pseudo-versions are in it
};

inline constexpr std::size_t kLongestPackageVersion = 250;  // bytes

class PackageVersion {
 public:
  static std::optional<PackageVersion> parse(VersionOrder order, std::string_view text);

  std::partial_ordering operator<=>(const PackageVersion& other) const;
  bool operator==(const PackageVersion& other) const { return (*this <=> other) == 0; }

 private:
  PackageVersion(VersionOrder order, std::string key) : key_(std::move(key)), order_(order) {}

  // Keys of an order compare by their bytes as its versions do, but for Maven's, whose order isn't
  // one of keys: there it is the list of parts.
  std::string key_;
  VersionOrder order_;
};

}  // namespace sekisho
