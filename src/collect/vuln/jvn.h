// SPDX-License-Identifier: Apache-2.0
// What JVN iPedia calls weaknesses: names in Japanese and English for the numbers that other feeds
// give.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "collect/vuln/vuln.h"

namespace sekisho {

struct VuldefRecord;

inline constexpr std::size_t kMostJvnBytes = std::size_t{64} << 20U;
inline constexpr std::size_t kLongestJvnTitle = 300;  // bytes

/// "CVE-2024-0001" and "JVNDB-2024-000001".
bool is_cve(std::string_view text);
bool is_jvndb(std::string_view text);

class JvnNames {
 public:
  struct Name {
    std::string id;  // JVNDB-2024-000001
    Text title;      // one of the two may be empty
    /// What there is in the place of what is not.
    Text title_in_both() const {
      return {title.ja.empty() ? title.en : title.ja, title.en.empty() ? title.ja : title.en};
    }
    /// The address of its page, in the languages of `title_in_both`.
    Text page() const;
  };

  /// Reads JVNDBRSS (RSS 1.0 with IPA's mod_sec, as MyJVN's getVulnOverviewList and the yearly
  /// files of jvndb.jvn.jp give it). Items without a number of their own or of CVE are left aside;
  /// of several records of one CVE the newest counts. On an error nothing was taken.
  Result<void> add_rss(std::string_view xml);
  /// The same of a record in VULDEF.
  void add_vuldef(const VuldefRecord& record);

  std::string serialised() const;
  Result<void> add_serialised(std::string_view text);

  /// By CVE; none where no record names it.
  std::optional<Name> of(std::string_view cve) const;
  std::size_t size() const { return names_.size(); }

 private:
  void add(const std::string& cve, const std::string& id, bool japanese, const std::string& title);

  std::map<std::string, Name, std::less<>> names_;
};

}  // namespace sekisho
