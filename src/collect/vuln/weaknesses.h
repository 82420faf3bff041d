// Which versions of which product have which weakness: read from NVD's CVE records, kept small, and
// asked for one product at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/vuln/cpe.h"
#include "collect/vuln/vuln.h"

namespace sekisho {

inline constexpr std::size_t kMostNvdBytes = std::size_t{1} << 30U;
inline constexpr std::size_t kMostWeaknessBytes = std::size_t{512} << 20U;

/// Versions from `start` to `end`; without bounds all.
struct VersionRange {
  enum class Bound : std::uint8_t { none, including, excluding };
  std::string start, end;
  Bound from = Bound::none, to = Bound::none;
  bool exact = false;  // `start` alone
  bool operator==(const VersionRange&) const = default;
};

struct VuldefRecord;

class Weaknesses {
 public:
  struct Found {
    std::string cve;
    double score = 0;  // CVSS base score, 0 to 10; 0 where none is given
  };

  /// Reads CVE records in NVD's JSON 2.0 (an answer of its API, or a yearly or "modified" feed). A
  /// record takes the place of an earlier one of the same CVE. On an error some may have been
  /// taken.
  ///
  /// What is vulnerable only on some platform (its CPE's target software, or a configuration that
  /// asks for an operating system beside it) holds for that platform alone. Other configurations of
  /// several parts ("on this hardware") count as met by their vulnerable part: which hardware it
  /// runs on isn't known, and missing one is worse.
  Result<void> add_nvd(std::string_view json);

  /// Adds what JVN iPedia says, of CVEs for which NVD gives no versions (as of many that are new,
  /// or of products of Japan). NVD's versions take their place once there are any.
  void add_vuldef(const VuldefRecord& record);

  /// The kept form: one line for each CVE, one below it for each range of versions.
  std::string serialised() const;
  Result<void> add_serialised(std::string_view text);

  /// Weaknesses of this version, the gravest first. Vendor and product as CPE spells them; the
  /// platform as `platform_of` gives it, empty where it isn't known.
  std::vector<Found> of(std::string_view vendor, std::string_view product, std::string_view version,
                        std::string_view platform = {}) const;
  /// Whether anything at all is said of a CVE's products: a record without ranges clears nobody.
  bool knows(std::string_view cve, std::string_view vendor, std::string_view product) const;
  std::size_t size() const { return places_.size(); }
  std::size_t ranges() const;

 private:
  using Bound = VersionRange::Bound;
  /// A part of `text_`.
  struct Piece {
    std::uint32_t at = 0;
    std::uint16_t size = 0;
  };
  /// One exact version where `exact`, else from `start` to `end`.
  struct Range {
    std::uint32_t weakness = 0;
    Piece start, end;
    Bound from = Bound::none, to = Bound::none;
    bool exact = false;
    bool partial = false;        // other versions may have it too
    std::uint8_t platforms = 0;  // bits of those that it is on; 0: any
  };
  enum class Source : std::uint8_t { nvd, jvn };
  struct Weakness {
    std::uint64_t id = 0;      // year and number
    std::uint32_t ranges = 0;  // how many it has
    std::uint8_t score = 0;    // tenths
    Source source = Source::nvd;
  };

  std::uint32_t begin(std::uint64_t id, std::uint8_t score, Source source);
  /// The newest record of a CVE.
  Weakness* find(std::uint64_t id);
  template <typename Match>
  void add_match(std::uint32_t weakness, const Match& match, std::uint8_t platforms);
  void add(std::uint32_t weakness, std::string_view vendor, std::string_view product, Range range);
  Piece keep(std::string_view text);
  std::string_view text(Piece piece) const { return {text_.data() + piece.at, piece.size}; }
  /// Not taken back by a newer record of the same CVE.
  bool current(const Range& range) const;
  bool holds(const Range& range, std::string_view version) const;
  const std::vector<Range>* find(std::string_view vendor, std::string_view product) const;

  std::vector<Weakness> weaknesses_;                              // each record that was read
  std::unordered_map<std::uint64_t, std::uint32_t> places_;       // of the newest record of a CVE
  std::unordered_map<std::string, std::vector<Range>> products_;  // by "vendor\tproduct"
  std::string text_;
};

}  // namespace sekisho
