// SPDX-License-Identifier: Apache-2.0
// What tests of network gear share: a feed of one record, and what a kind, model and version come
// to by it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "collect/inventory/appliance.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {

inline const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}

/// "cpe:2.3:o:fortinet:fortios:*… [7.2.0, 7.2.7)" as a feed of one record. Without bounds, or with
/// one "=VERSION:UPDATE".
inline Feeds feed_of(std::string_view name, std::string_view versions) {
  std::string version = "*:*";
  std::string bounds;
  if (versions.starts_with('=')) {
    version = versions.substr(1);
    if (!version.contains(':')) version += ":*";
  } else if (!versions.empty()) {
    const std::size_t comma = versions.find(',');
    const std::string start(versions.substr(1, comma - 1));
    const std::string end(versions.substr(comma + 1, versions.size() - comma - 2));
    if (!start.empty())
      bounds += fmt::format(R"(,"versionStart{}":"{}")",
                            versions.front() == '[' ? "Including" : "Excluding", start);
    if (!end.empty())
      bounds += fmt::format(R"(,"versionEnd{}":"{}")",
                            versions.back() == ']' ? "Including" : "Excluding", end);
  }
  // part:vendor:product, and what follows the update where something does.
  std::string rest = "*:*:*:*:*:*";
  std::string product(name);
  if (const std::size_t bar = name.find('|'); bar != std::string_view::npos) {
    product = name.substr(0, bar);
    rest = name.substr(bar + 1);
  }
  Feeds feeds;
  auto weaknesses = std::make_shared<Weaknesses>();
  const auto added = weaknesses->add_nvd(fmt::format(
      R"({{"timestamp":"2026-11-20T00:00:00.000","vulnerabilities":[{{"cve":{{"id":"CVE-2024-0001","metrics":{{"cvssMetricV31":[{{"cvssData":{{"baseScore":9.8}}}}]}},"configurations":[{{"nodes":[{{"operator":"OR","negate":false,"cpeMatch":[{{"vulnerable":true,"criteria":"cpe:2.3:{}:{}:{}"{}}}]}}]}}]}}}}]}})",
      product, version, rest, bounds));
  EXPECT_TRUE(added) << name << " " << (added ? "" : added.error().describe(Lang::en));
  feeds.weaknesses = std::move(weaknesses);
  feeds.support.as_of = feeds.exploited.as_of = *parse_day("2026-11-20");
  feeds.exploited.by_product[{"Nobody", "Nothing"}] = {
      {"CVE-2024-0001", "x", *parse_day("2024-01-01"), false}};
  return feeds;
}

struct Gear {
  const char* kind;
  const char* model;
  const char* written;
  const char* record;    // part:vendor:product of NVD
  const char* versions;  // of the record
  const char* expected;  // open, fixed (nothing is said against it) or unknown
};

inline const Time kNow = *parse_time("2026-11-26T09:00:00Z");

inline std::string judged(const Gear& one) {
  const Feeds feeds = feed_of(one.record, one.versions);
  std::string found = "?";
  for (const Evidence& evidence : appliance_evidence(
           guideline(), feeds, {"list:1"}, *guideline().appliance(one.kind),
           {one.written, one.model, false, {}}, kNow, kNow, Calendar(), "collector:list"))
    if (evidence.check == "known-exploited")
      found =
          evidence.detail().en.contains("open to vulnerabilities in real attacks") ? "open"
          : evidence.verdict() == Verdict::fail && evidence.detail().en.contains("CVE-2024-0001")
              ? "unclear"
          : evidence.verdict() == Verdict::unknown
              ? "unknown"
              // Those that the catalogue names otherwise aren't in this feed.
              : "fixed";
  return found;
}

}  // namespace sekisho
