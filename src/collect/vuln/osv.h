// SPDX-License-Identifier: Apache-2.0
// Records of OSV (schema 1.x), as far as they tell of packages of the ecosystems that are used
// here.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/package_version.h"
#include "collect/vuln/vuln.h"

namespace sekisho {

inline constexpr std::size_t kMostOsvRecord = std::size_t{16} << 20U;
inline constexpr std::size_t kMostOsvBytes = std::size_t{16} << 30U;  // of an archive, unpacked

/// What is the same for all of an ecosystem.
struct EcosystemFacts {
  Ecosystem ecosystem;
  std::string_view name;  // OSV's; a distribution's is followed by its release
  std::string_view id;    // in files and settings
  VersionOrder order;
  bool distribution;  // has releases, and mends versions that look old
};
inline constexpr std::array<EcosystemFacts, kEcosystems> kEcosystemFacts{{
    {Ecosystem::debian, "Debian", "debian", VersionOrder::dpkg, true},
    {Ecosystem::ubuntu, "Ubuntu", "ubuntu", VersionOrder::dpkg, true},
    {Ecosystem::almalinux, "AlmaLinux", "almalinux", VersionOrder::rpm, true},
    {Ecosystem::npm, "npm", "npm", VersionOrder::npm, false},
    {Ecosystem::pypi, "PyPI", "pypi", VersionOrder::pypi, false},
    {Ecosystem::maven, "Maven", "maven", VersionOrder::maven, false},
    {Ecosystem::go, "Go", "go", VersionOrder::go, false},
}};
constexpr const EcosystemFacts& facts_of(Ecosystem ecosystem) {
  return kEcosystemFacts.at(static_cast<std::size_t>(ecosystem));
}

/// A package's name as its ecosystem takes it for the same: PyPI's by PEP 503, Go's in lower case,
/// as package URLs write them.
std::string package_name(Ecosystem ecosystem, std::string_view name);

/// From a version on, up to another.
struct OsvSpan {
  enum class End : std::uint8_t { open, fixed, last, limit };
  std::string from;  // "0": from the first
  std::string until;
  End end = End::open;
};

struct OsvRecord {
  struct Affected {
    Ecosystem ecosystem;
    std::string release;  // "12", "22.04"; empty but for distributions
    std::string package;
    std::vector<OsvSpan> spans;
  };
  std::string id;
  Day changed;                        // Day{} where it doesn't say
  std::vector<std::string> names;     // its CVEs; without any, one name that its aliases share
  std::vector<Affected> affected;     // empty once it is withdrawn
  std::vector<Ecosystem> ecosystems;  // that it is of, whatever it says of them
  bool withdrawn = false;
  std::vector<std::string> others;  // ecosystems that aren't used here
};
Result<OsvRecord> read_osv(std::string_view json);

/// Reads each record of a zip as osv.dev publishes them (npm/all.zip). Stops at the first that is
/// broken, or that `take` has something against; the error names it.
Result<void> each_osv_record(std::string_view bytes,
                             const std::function<Result<void>(const OsvRecord&)>& take);

/// What was read of OSV, and what of it was left out.
struct OsvTally {
  std::size_t records = 0, withdrawn = 0, without_versions = 0;
  std::array<std::size_t, kEcosystems> kept{};
  std::map<std::string, std::size_t, std::less<>> others;  // ecosystems that aren't used here

  /// A record that went into the lists of some ecosystems.
  void count(const OsvRecord& record, const std::array<bool, kEcosystems>& into);
  void add(const OsvTally& other);
  std::size_t all_kept() const;
  /// "3 of RubyGems, which isn't used; 2 without versions"; empty where nothing was.
  Text left_out() const;
};

}  // namespace sekisho
