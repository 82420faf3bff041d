// SPDX-License-Identifier: Apache-2.0
// Which versions of which product have which weakness: read from NVD's CVE records, kept small, and
// asked for one product at a time. An answer is yes, no or "can't be told": what isn't known of a
// machine is not taken to be absent from it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collect/vuln/cpe.h"
#include "collect/vuln/version.h"
#include "collect/vuln/vuln.h"

namespace sekisho {

inline constexpr std::size_t kMostNvdBytes = std::size_t{1} << 30U;
inline constexpr std::size_t kMostWeaknessBytes = std::size_t{512} << 20U;

/// Kleene's three values.
enum class Match : std::uint8_t { no, maybe, yes };
inline Match both(Match a, Match b) { return a < b ? a : b; }
inline Match either(Match a, Match b) { return a < b ? b : a; }
inline Match negated(Match a) { return static_cast<Match>(2 - static_cast<int>(a)); }

/// Versions from `start` to `end`; without bounds all.
struct VersionRange {
  enum class Bound : std::uint8_t { none, including, excluding };
  std::string start, end;
  Bound from = Bound::none, to = Bound::none;
  bool exact = false;  // `start` alone
  bool operator==(const VersionRange&) const = default;
};

struct VuldefRecord;

/// Whether a text of NVD's has what there is, or what changed in the last eight days.
enum class NvdPart : std::uint8_t { whole, changes };

/// What is asked about: a product as NVD spells it, and what is known of the one that is there.
struct Installed {
  std::string vendor, product;
  const Scheme* scheme = &Scheme::makers();
  std::optional<VersionReading> version{};  // nothing where it couldn't be read
  std::string version_text{};               // as it stood, in lower case; may be empty
  std::optional<VersionReading> release{};  // without its update, where the two are told apart
  /// update, edition, language, sw_edition, target_sw, target_hw, other; any where it isn't said.
  std::array<CpeValue, 7> rest{};
  std::string_view platform{};  // as `platform_of` gives it; empty where it isn't known
  /// A fourth number may be the installer's own: 7.2.4.972 is perhaps the 7.2.4 of a feed.
  bool may_have_build = false;
  /// Packagers put numbers and words of their own behind a version: 1.2.3-1, 1.2.3 SP1.
  bool may_have_revision = false;
};
/// By the names that a feed's spelling has: version and attributes of `cpe`.
Installed installed_of(const Cpe& cpe, std::string_view platform);
/// Puts another text in the place of its version, as it stands in an SBOM: "1.8.0_351-b10" of Java,
/// Go's pseudo-versions, "1.2.3 (64-bit)".
void tell_version(Installed& installed, std::string_view text);

class Weaknesses {
 public:
  struct Found {
    std::string cve;
    double score = 0;  // CVSS base score, 0 to 10; 0 where none is given
  };
  struct Matches {
    std::vector<Found> open;     // the gravest first
    std::vector<Found> unclear;  // whether it is open can't be told from what is known
  };

  /// Reads CVE records in NVD's JSON 2.0 (an answer of its API, or a yearly or "modified" feed). A
  /// record takes the place of an earlier one of the same CVE. On an error some may have been
  /// taken.
  Result<void> add_nvd(std::string_view json, NvdPart part = NvdPart::whole);
  /// Of which day all of it is; Day{} where that isn't known. Records that are read into an empty
  /// list, or as many as are there already, make it as old as the oldest text of them. A feed of
  /// changes carries it on where it reaches back to where the list is. A few records don't.
  Day as_of() const { return as_of_; }

  /// Adds what JVN iPedia says, of CVEs for which NVD gives no versions (as of many that are new,
  /// or of products of Japan). NVD's versions take their place once there are any.
  void add_vuldef(const VuldefRecord& record);

  /// The kept form: one line for each CVE, one below it for each range of versions. That of the
  /// first release is read as well.
  std::string serialised() const;
  Result<void> add_serialised(std::string_view text);

  /// What it says of these products (vendor, product) and CVEs alone, as old as all of it.
  Weaknesses part(const std::set<std::pair<std::string, std::string>>& products,
                  const std::set<std::string, std::less<>>& cves) const;

  Matches of(const Installed& installed) const;
  /// What is said of one CVE and this product; nothing where no record names the product, and where
  /// the record tells of some versions only and this is none of them.
  std::optional<Match> about(std::string_view cve, const Installed& installed) const;
  /// Whether any record names this product.
  bool covers(std::string_view vendor, std::string_view product) const;
  /// Whether there is a record of a CVE, whatever it says; and whether it names products at all.
  bool has(std::string_view cve) const;
  bool tells(std::string_view cve) const;
  bool names(std::string_view cve, std::string_view vendor, std::string_view product) const;
  std::size_t size() const { return places_.size(); }
  std::size_t ranges() const;

 private:
  using Bound = VersionRange::Bound;
  /// Of each platform that is told apart, and of one that isn't known, whether what a weakness
  /// needs beside the product is there.
  static constexpr std::size_t kPlatforms = 6;
  using Condition = std::array<Match, kPlatforms>;
  static constexpr Condition kAlways{Match::yes, Match::yes, Match::yes,
                                     Match::yes, Match::yes, Match::yes};

  /// A part of `text_`.
  struct Piece {
    std::uint32_t at = 0;
    std::uint16_t size = 0;
  };
  enum class How : std::uint8_t { range, exact, wild, none };
  struct Range {
    std::uint32_t weakness = 0;
    Piece start, end;
    std::uint32_t rest = 0;  // of `rests_`; 0: whatever it is
    Bound from = Bound::none, to = Bound::none;
    How how = How::range;
    bool partial = false;  // other versions may have it too
    Condition condition = kAlways;
  };
  enum class Source : std::uint8_t { nvd, jvn };
  struct Weakness {
    std::uint64_t id = 0;      // year and number
    std::uint32_t ranges = 0;  // how many it has
    std::uint8_t score = 0;    // tenths
    Source source = Source::nvd;
  };

  void date(std::optional<Day> of, std::size_t records, NvdPart part);
  std::uint32_t begin(std::uint64_t id, std::uint8_t score, Source source);
  /// The newest record of a CVE.
  Weakness* find(std::uint64_t id);
  template <typename Element>
  void add_match(std::uint32_t weakness, const Element& match, const Cpe& cpe, Condition condition);
  template <typename Element>
  void add_configuration(std::uint32_t weakness, const Element& configuration);
  template <typename Element>
  static Condition condition_of(const Element& node, const Cpe& vulnerable);
  void add(std::uint32_t weakness, std::string_view vendor, std::string_view product, Range range);
  std::uint32_t rest_of(const std::array<CpeValue, 7>& values);
  bool read_range(const std::array<std::string_view, 9>& cells, std::size_t tabs, bool first,
                  Range& range);
  Piece keep(std::string_view text);
  std::string_view text(Piece piece) const { return {text_.data() + piece.at, piece.size}; }
  /// Not taken back by a newer record of the same CVE.
  bool current(const Range& range) const;
  Match version_match(const Range& range, const Installed& installed) const;
  Match rest_match(const Range& range, const Installed& installed) const;
  Match match(const Range& range, const Installed& installed) const;
  const std::vector<Range>* find(std::string_view vendor, std::string_view product) const;

  Day as_of_;
  std::size_t kept_ = 0;     // records that were there before any text
  std::size_t read_ = 0;     // and those of texts
  std::optional<Day> from_;  // the day of the oldest of these texts; Day{}: one doesn't say
  std::vector<Weakness> weaknesses_;                              // each record that was read
  std::unordered_map<std::uint64_t, std::uint32_t> places_;       // of the newest record of a CVE
  std::unordered_map<std::string, std::vector<Range>> products_;  // by "vendor\tproduct"
  std::vector<std::array<CpeValue, 7>> rests_{{}};
  std::unordered_map<std::string, std::uint32_t> rest_places_;
  std::string text_;
};

}  // namespace sekisho
