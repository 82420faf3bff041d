// SPDX-License-Identifier: Apache-2.0
// JVN iPedia's records of weaknesses in VULDEF 3 (MyJVN's getVulnDetailInfo and its yearly files):
// which versions of which product, where the words that say so have one meaning.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/weaknesses.h"

namespace sekisho {

inline constexpr std::size_t kMostVuldefBytes = std::size_t{256} << 20U;

struct VuldefRecord {
  struct Product {
    std::string vendor, product;  // as CPE spells them
    std::vector<VersionRange> ranges;
    /// Something was said of its versions that has no one meaning: what the ranges don't hold may
    /// still have the weakness.
    bool partly_read = false;
    std::vector<std::string> cves;  // those of the record that it has
  };
  std::string id;  // JVNDB-2025-001633
  std::string title;
  bool japanese = false;
  double score = 0;  // CVSS base score of the newest version, 0 to 10; 0 where none is given
  std::vector<std::string> cves;
  std::vector<Product> products;
  std::size_t unread = 0;  // products of which some or all versions have no one meaning
};

/// Records without a number of their own or of CVE are left aside. An answer that tells of an error
/// is one here too.
Result<std::vector<VuldefRecord>> read_vuldef(std::string_view xml);

/// What such words mean: "Ver.1.3.0より前のバージョン", "7.0 から 7.2.4", "8.x", "1.05
/// およびそれ以前", "prior to 2.4". Nothing for what has no one meaning, editions and build numbers
/// among it.
std::optional<VersionRange> read_version_words(std::string_view words);

}  // namespace sekisho
