// SPDX-License-Identifier: Apache-2.0
// Vulnerabilities of one ecosystem's packages by OSV: of a distribution by release and source
// package, with its own fixed versions, so that what was mended in an old-looking version (a
// backport) counts as mended.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collect/vuln/osv.h"

namespace sekisho {

class OsvList {
 public:
  explicit OsvList(Ecosystem ecosystem) : ecosystem_(ecosystem) {}

  struct Found {
    std::string id;        // CVE-…, or the advisory's own where it names none
    std::string fixed;     // the version that mends it; empty where there is none yet
    bool unclear = false;  // a version of the record can't be read, so that it is open perhaps
  };
  /// A version of a package, read; it can be asked about only so.
  struct Asked {
    std::string release, package;
    PackageVersion version;
    /// Raspberry Pi's versions have an epoch that Debian's lack.
    std::optional<PackageVersion> without_epoch;
  };
  /// Nothing where that is no version. Of Debian, signed builds count as the source that they were
  /// built of, and Raspberry Pi's as the package that they were made from.
  std::optional<Asked> asked(std::string_view release, std::string_view package,
                             std::string_view version) const;

  /// Takes what a record says of this ecosystem. A newer reading takes an older one's place, and a
  /// record that was withdrawn takes it back.
  void add(const OsvRecord& record);
  /// The same of one record's text, and of all of an archive. On an error of an archive some may
  /// have been taken.
  Result<void> add_osv(std::string_view json);
  Result<void> add_osv_archive(std::string_view bytes);
  /// All of the ecosystem was taken, of which the newest record is of that day.
  void whole(Day newest) { as_of_ = newest; }

  Ecosystem ecosystem() const { return ecosystem_; }
  /// Of which day it is: that of the newest record of the last archive, or, without one, of all;
  /// Day{} where that isn't known.
  Day as_of() const { return as_of_; }

  std::string serialised() const;
  Result<void> add_serialised(std::string_view text);

  /// Open weaknesses, each CVE once.
  std::vector<Found> of(const Asked& asked) const;
  std::vector<Found> of(std::string_view release, std::string_view package,
                        std::string_view version) const;
  /// Whether anything is known of a release at all: of one without records nothing is clear.
  bool covers(std::string_view release) const { return releases_.contains(std::string(release)); }
  /// Whether a record names the package.
  bool names(std::string_view release, std::string_view package) const;
  std::size_t size() const { return records_.size(); }

 private:
  /// Versions are many times the same: each is kept once.
  struct Bound {
    std::string text;
    std::optional<PackageVersion> version;
  };
  struct Range {
    std::uint32_t reading = 0;  // that it came with
    std::uint32_t name = 0;     // of `texts_`
    std::uint32_t from = 0;     // of `bounds_`; 0: from the first
    std::uint32_t until = 0;
    OsvSpan::End end = OsvSpan::End::open;
  };
  struct Row {
    std::string release, package, name;
    OsvSpan span;
  };
  void take(const std::string& record, Day changed, const std::vector<Row>& rows);
  std::uint32_t text_of(std::string_view text);
  std::uint32_t bound_of(const std::string& text);
  bool current(const Range& range) const;
  std::partial_ordering compare(const Asked& asked, std::uint32_t bound) const;
  /// Whether it is in a range; nothing where that can't be told.
  std::optional<bool> within(const Asked& asked, const Range& range) const;

  Ecosystem ecosystem_;
  Day as_of_;
  bool kept_ = false;                                       // something was there before
  std::unordered_map<std::string, std::uint32_t> records_;  // the newest reading of each record
  std::vector<std::string> readings_;                       // each one's record
  std::vector<std::string> texts_;
  std::unordered_map<std::string, std::uint32_t> text_places_;
  std::vector<Bound> bounds_{{"0", std::nullopt}};
  std::unordered_map<std::string, std::uint32_t> bound_places_{{"0", 0}};
  std::unordered_map<std::string, std::vector<Range>> packages_;  // by "release\tpackage"
  std::unordered_set<std::string> releases_;
};

}  // namespace sekisho
