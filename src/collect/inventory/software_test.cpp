// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/software.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

const Time kSbomDay = *parse_time("2026-11-26T09:00:00Z");

/// NVD's record of some CVE of "acme:tool" below 2.0, or of another product.
std::string record(const char* cve, const char* product, double score = 9.8) {
  return fmt::format(
      R"({{"cve":{{"id":"{}","metrics":{{"cvssMetricV31":[{{"cvssData":{{"baseScore":{}}}}}]}},"configurations":[{{"nodes":[{{"cpeMatch":[{{"vulnerable":true,"criteria":"cpe:2.3:a:acme:{}:*:*:*:*:*:*:*:*","versionEndExcluding":"2.0"}}]}}]}}]}}}})",
      cve, score, product);
}

class SoftwareLists : public testing::Test {
 protected:
  Day nvd_of = *parse_day("2026-11-20");

  SoftwareLists() {
    feeds.exploited.as_of = *parse_day("2026-11-20");
    feeds.exploited.by_product[{"Acme", "Tool"}] = {
        {"CVE-2024-0001", "x", *parse_day("2024-01-01"), false}};
    take({record("CVE-2024-0001", "tool"), record("CVE-2024-0002", "other", 5)});
  }
  void take(const std::vector<std::string>& records) {
    auto weaknesses = std::make_shared<Weaknesses>();
    ASSERT_TRUE(weaknesses->add_nvd(
        fmt::format(R"({{"timestamp":"{}T00:00:00.000","vulnerabilities":[{}]}})",
                    format_day(nvd_of), fmt::join(records, ","))));
    feeds.weaknesses = std::move(weaknesses);
  }
  static Component tool(const std::string& version, const char* product = "tool") {
    return {product, version, fmt::format("cpe:2.3:a:acme:{}:{}:*:*:*:*:*:*:*", product, version),
            ""};
  }
  /// The two verdicts, and what is said of attacks.
  std::string judged(const std::vector<Component>& list) {
    static const Guideline guideline = *load_guideline(embedded_guideline());
    const SoftwareJudge judge(guideline, feeds);
    SoftwareSum sum;
    for (const Component& one : list) judge.add(one, "windows", sum);
    const auto evidence = judge.evidence({"device:1"}, sum, kSbomDay, kSbomDay,
                                         std::chrono::days(90), "collector:sbom");
    EXPECT_EQ(evidence.size(), 2);
    return fmt::format("{} {}: {}", name(evidence[0].verdict()), name(evidence[1].verdict()),
                       evidence[0].detail().en);
  }
  Feeds feeds;
};

TEST_F(SoftwareLists, PassWhenAllWasMatched) {
  EXPECT_EQ(judged({tool("2.0"), tool("1.0", "other")}),
            "pass pass: no vulnerability in real attacks was found (2 of 2 components matched)");
  EXPECT_EQ(judged({tool("1.9"), tool("1.0", "other")}),
            "fail fail: open to vulnerabilities in real attacks: CVE-2024-0001 (tool 1.9)");
}

TEST_F(SoftwareLists, AreUnknownWhenAPartIsNotKnown) {
  EXPECT_EQ(judged({tool("1", "nothing_like_this")}),
            "unknown unknown: no feed knows the software on the list");
  EXPECT_EQ(judged({}), "unknown unknown: no feed knows the software on the list");
  std::vector<Component> many{tool("2.0")};
  for (int i = 0; i < 901; ++i) many.push_back({fmt::format("n{}", i), "1", "", ""});
  EXPECT_EQ(judged(many),
            "unknown unknown: nothing was found in what could be matched, but no feed "
            "knows the other 901 (1 of 902 components matched)");
  // What is found counts all the same.
  many.push_back(tool("1.0"));
  EXPECT_THAT(judged(many), testing::StartsWith("fail fail"));
}

TEST_F(SoftwareLists, AreUnknownWhenAVersionCannotBePlaced) {
  EXPECT_THAT(
      judged({tool("2.0"), tool("newest")}),
      testing::StartsWith("unknown unknown: whether these vulnerabilities are open can't be told "
                          "from what is known: CVE-2024-0001 (tool newest)"));
}

/// The cron of some takes NVD's feed of changes alone.
TEST_F(SoftwareLists, AreUnknownByAPartOfNvd) {
  take({record("CVE-2026-0001", "tool")});
  EXPECT_THAT(
      judged({tool("2.0")}),
      testing::StartsWith("unknown unknown: NVD's data lacks 1 of the 1 vulnerabilities on the "
                          "list of attacks; take the yearly feeds"));
}

/// For days after CISA lists one, NVD may not have looked at it.
TEST_F(SoftwareLists, AreUnknownWhereNvdGivesNoVersionsOfWhatIsAttacked) {
  take({R"({"cve":{"id":"CVE-2024-0001","configurations":[]}})", record("CVE-2024-0002", "tool")});
  EXPECT_THAT(judged({tool("2.0")}),
              testing::StartsWith("unknown unknown: NVD's data doesn't tell yet which versions of "
                                  "what have these vulnerabilities that are being exploited: "
                                  "CVE-2024-0001"));
  take({R"({"cve":{"id":"CVE-2024-0001"}})", record("CVE-2024-0002", "tool")});
  EXPECT_THAT(judged({tool("2.0")}), testing::StartsWith("unknown unknown: "));
  EXPECT_THAT(judged({tool("1.0")}), testing::StartsWith("unknown fail: "));
}

/// Attacks don't wait until a distribution has a fix.
TEST_F(SoftwareLists, FailByAnExploitedVulnerabilityWithoutAFix) {
  for (const char* events :
       {R"({"introduced":"0"})", R"({"introduced":"0"},{"last_affected":"1.0-1"})",
        R"({"introduced":"0"},{"limit":"2.0"})",
        R"({"introduced":"0"},{"fixed":"0.5-1"},{"introduced":"0.6-1"})"}) {
    auto debian = std::make_shared<OsvList>(Ecosystem::debian);
    ASSERT_TRUE(debian->add_osv(fmt::format(
        R"({{"id":"DEBIAN-CVE-2024-0001","modified":"2026-11-20T00:00:00Z","affected":[{{"package":{{"ecosystem":"Debian:12","name":"q"}},"ranges":[{{"type":"ECOSYSTEM","events":[{}]}}]}}]}})",
        events)));
    feeds.osv.at(0) = debian;
    EXPECT_EQ(judged({{"q", "1.0-1", "", "pkg:deb/debian/q@1.0-1?distro=debian-12"}}),
              "fail pass: open to vulnerabilities in real attacks: CVE-2024-0001 (q 1.0-1)")
        << events;
  }
}

TEST_F(SoftwareLists, AreUnknownByAStaleListOfAttacks) {
  feeds.exploited.as_of =
      Calendar::utc().day(kSbomDay) - kExploitedStaleAfter - std::chrono::days(1);
  EXPECT_THAT(
      judged({tool("2.0")}),
      testing::StartsWith("unknown pass: the list of exploited vulnerabilities (CISA KEV) is "
                          "of 2026-10-26, 31 days old"));
  EXPECT_THAT(judged({tool("0.9")}), testing::StartsWith("fail fail: open to vulnerabilities"))
      << "what was exploited stays exploited";
}

TEST_F(SoftwareLists, AreUnknownByStaleWeaknesses) {
  nvd_of = Calendar::utc().day(kSbomDay) - kWeaknessesStaleAfter;
  take({record("CVE-2024-0001", "tool"), record("CVE-2024-0002", "other", 5)});
  EXPECT_THAT(judged({tool("2.0")}), testing::StartsWith("pass pass: "));
  nvd_of -= std::chrono::days(1);
  take({record("CVE-2024-0001", "tool"), record("CVE-2024-0002", "other", 5)});
  EXPECT_THAT(judged({tool("2.0")}),
              testing::StartsWith("unknown unknown: the list of vulnerabilities by version (NVD)"));
  EXPECT_THAT(judged({tool("0.9")}), testing::StartsWith("fail fail: "));
}

}  // namespace
}  // namespace sekisho
