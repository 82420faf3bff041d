// SPDX-License-Identifier: Apache-2.0
// collect/vuln: what is known of software in the world. Support dates, and weaknesses that are
// being exploited, read from feeds; comparing versions as packages do.
//
// May enter: feeds, versions, matching of the two.
// May not enter: looking at a machine, verdicts, downloads.
#pragma once

#include <array>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// One release line of a product.
struct Cycle {
  std::string name;             // "12", "2.6"
  std::optional<Day> eol;       // the last day of regular support
  bool ended = false;           // support is over though no day is given
  std::optional<Day> extended;  // the last day of extended support
  std::string latest;           // newest version in the line; may be empty
  bool long_term = false;

  bool supported_on(Day day) const { return !ended && (!eol || day <= *eol); }
  bool extended_on(Day day) const { return extended && day <= *extended; }
};

/// Days after which a feed is called stale: new exploits come weekly, support dates seldom move.
inline constexpr std::chrono::days kExploitedStaleAfter{30};
inline constexpr std::chrono::days kSupportStaleAfter{90};
inline constexpr std::chrono::days kWeaknessesStaleAfter{30};
/// A list may be of tomorrow somewhere on earth; what is dated further ahead was dated wrongly, or
/// is read by a clock that is wrong, and would never grow old.
inline constexpr std::chrono::days kMostAhead{2};
/// Whether a list of `as_of`, Day{} where it doesn't say, decides nothing on `today`.
inline bool is_stale(Day as_of, std::chrono::days bound, Day today) {
  return today - as_of > bound || as_of - today > kMostAhead;
}

/// Support dates by product.
struct SupportFeed {
  Day as_of;
  std::map<std::string, std::vector<Cycle>, std::less<>> products;

  /// The line that `version` belongs to: its name is the version, or its start up to a dot; the
  /// longest such name wins.
  const Cycle* find(std::string_view product, std::string_view version) const;
  /// The oldest line, where it has ended and `version` comes before it; else null. A feed needn't
  /// go back to a product's beginning.
  const Cycle* ended_after(std::string_view product, std::string_view version, Day day) const;
};

/// One entry of CISA's Known Exploited Vulnerabilities catalogue.
struct ExploitedEntry {
  std::string cve;
  std::string name;
  Day added;
  bool ransomware = false;
};

struct ExploitedFeed {
  Day as_of;
  std::map<std::pair<std::string, std::string>, std::vector<ExploitedEntry>> by_product;
};

/// Whose packages OSV's records are told apart by (osv.h); the order is that of files and pages.
enum class Ecosystem : std::uint8_t { debian, ubuntu, almalinux, npm, pypi, maven, go };
inline constexpr std::size_t kEcosystems = 7;

class Weaknesses;
class OsvList;
class JvnNames;

struct Feeds {
  SupportFeed support;
  ExploitedFeed exploited;
  /// Versions and their weaknesses, by NVD, and by OSV of each ecosystem's packages; null where no
  /// such feed was taken.
  std::shared_ptr<const Weaknesses> weaknesses;
  std::array<std::shared_ptr<const OsvList>, kEcosystems> osv;
  const OsvList* osv_of(Ecosystem ecosystem) const {
    return osv.at(static_cast<std::size_t>(ecosystem)).get();
  }
  /// Names of weaknesses, by JVN iPedia; null where that was not taken.
  std::shared_ptr<const JvnNames> names;
  /// Another one when any of them was renewed.
  std::string stamp;
};

inline constexpr DocumentLimits kFeedLimits{
    .bytes = std::size_t{64} << 20U, .nodes = 4'000'000, .depth = 16};

/// Our bundle: {"as_of", "source", "products": {NAME: [cycle…]}}, cycles in API v0's shape.
Result<SupportFeed> read_support(const Document& document);
/// A product's lines as endoflife.date serves them: API v0 (a list of cycles) or v1
/// ({"result": {"name", "releases": […]}}). Given back as a list of v0 cycles, with the product's
/// name, which v0 doesn't hold and is `stem` then.
Result<std::pair<std::string, boost::json::array>> read_product(const Document& document,
                                                                const std::string& stem);
/// CISA's JSON, as published.
Result<ExploitedFeed> read_exploited(const Document& document);

/// Debian's order of versions (Debian Policy 5.6.12; what dpkg --compare-versions does).
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

/// Whether dpkg would take this as a version (Debian Policy 5.6.12).
bool is_debian_version(std::string_view text);

/// The part of a Debian version that the maker gave: no epoch, no revision.
std::string_view upstream_version(std::string_view version);

}  // namespace sekisho
