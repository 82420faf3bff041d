// SPDX-License-Identifier: Apache-2.0
// What a device's list of software comes to, and the evidence of it.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "collect/inventory/components.h"
#include "evidence/evidence.h"
#include "evidence/finding.h"

namespace sekisho {

/// Of a list of software: what the feeds know of it. Names are "CVE-2024-0001 (Zoom 5.16)".
struct SoftwareSum {
  std::size_t listed = 0;
  std::size_t known = 0;  // components that a feed names, in a version that can be read
  std::size_t open = 0;
  bool by_nvd = false;
  std::array<bool, kEcosystems> by_osv{};  // which of OSV's lists matched some of them
  std::vector<std::string> exploited;
  std::vector<std::string> grave;    // with a fix, or of CVSS 7 and more
  std::vector<std::string> unclear;  // exploited or grave, where a version doesn't tell
  std::vector<std::string> unclear_exploited;
};

class SoftwareJudge {
 public:
  SoftwareJudge(const Guideline& guideline, const Feeds& feeds);

  /// By its own names, or by those of the program that Windows calls so.
  ComponentJudgement of(const Component& component, std::string_view platform) const;
  void add(const Component& component, std::string_view platform, SoftwareSum& sum) const;
  bool exploited(const std::string& id) const { return exploited_.contains(id); }

  /// `known-exploited` and `security-updates`. What stands against it fails. It passes when every
  /// component was matched, NVD's data (where it was asked) gives versions of all that the list of
  /// attacks has, and none of these is stale; else it is unknown, with what to do.
  std::vector<Evidence> evidence(const SubjectId& subject, const SoftwareSum& sum, Time at,
                                 Time now, std::chrono::days holds,
                                 const std::string& source) const;

 private:
  Finding conclude(const SoftwareSum& sum, const Text& against,
                   const std::vector<std::string>& unclear, const Text& clear) const;
  Basis rests_on(const SoftwareSum& sum) const;

  const Guideline& guideline_;
  const Feeds& feeds_;
  std::set<std::string, std::less<>> exploited_;  // all CVEs of the catalogue
  std::size_t without_record_ = 0;                // of those, that NVD's data lacks
  std::vector<std::string> without_versions_;     // and that it gives no versions of yet
};

/// The first few, and how many more.
std::string first_of_all(const std::vector<std::string>& list);
/// What to say of names that stand against a device; empty when none does.
Text open_to_attacks(const std::string& names);
Text to_be_updated(const std::string& names);

}  // namespace sekisho
