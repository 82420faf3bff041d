// Weaknesses of Debian's packages as OSV gives them, by release and source package: with Debian's
// own fixed versions, so that what was mended in an old-looking version (a backport) counts as
// mended.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collect/vuln/vuln.h"

namespace sekisho {

inline constexpr std::size_t kMostOsvRecord = std::size_t{4} << 20U;
inline constexpr std::size_t kMostOsvBytes = std::size_t{4} << 30U;  // of an archive, unpacked

class DebianWeaknesses {
 public:
  struct Found {
    std::string id;     // CVE-…, or the advisory's own where it names none
    std::string fixed;  // Debian's version that mends it; empty where there is none yet
  };

  /// Reads one OSV record (schema 1.x); affected packages of other ecosystems are left aside, and a
  /// record that was withdrawn takes back an earlier one. On an error nothing was taken.
  Result<void> add_osv(std::string_view json);
  /// Reads each record of a zip, as osv.dev publishes them (Debian/all.zip). On an error some may
  /// have been taken.
  Result<void> add_osv_archive(std::string_view bytes);

  /// Of which day it is: that of the newest record of the last archive, or, without one, of all;
  /// Day{} where that isn't known.
  Day as_of() const { return as_of_; }

  std::string serialised() const;
  Result<void> add_serialised(std::string_view text);

  /// Open weaknesses of a source package's version in a release ("12"). Signed builds count as the
  /// source that they were built of, and Raspberry Pi's as the package that they were made from.
  std::vector<Found> of(std::string_view release, std::string_view source,
                        std::string_view version) const;
  /// Whether anything is known of a release at all: of one without records nothing is clear.
  bool covers(std::string_view release) const { return releases_.contains(std::string(release)); }
  std::size_t size() const { return records_.size(); }

 private:
  struct Range {
    std::uint32_t record = 0;  // the reading that it came with
    std::string id, introduced, fixed;
    bool last = false;  // `fixed` is the last that is affected
  };
  struct Affected {
    std::string release, source;
    Range range;
  };
  void take(const std::string& record, const std::vector<Affected>& affected);

  /// The day on which the record was last changed.
  Result<Day> add_record(std::string_view json);

  Day as_of_;
  bool kept_ = false;                                       // something was there before
  std::unordered_map<std::string, std::uint32_t> records_;  // the newest reading of each record
  std::vector<std::string> readings_;                       // each one's record
  std::unordered_map<std::string, std::vector<Range>> packages_;  // by "release\tsource"
  std::unordered_map<std::string, bool> releases_;
};

}  // namespace sekisho
