#include "collect/vuln/weaknesses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(const std::vector<Weaknesses::Found>& found) {
  std::vector<std::string> list;
  for (const auto& one : found) list.push_back(fmt::format("{} {:.1f}", one.cve, one.score));
  return list;
}

/// A record in NVD's shape, with the fields in another order than they are asked for.
std::string record(const std::string& cve, const std::string& matches, double score = 9.8) {
  return fmt::format(
      R"({{"cve":{{"configurations":[{{"nodes":[{{"operator":"OR","negate":false,"cpeMatch":[{}]}}]}}],)"
      R"("metrics":{{"cvssMetricV2":[{{"cvssData":{{"baseScore":10.0}}}}],"cvssMetricV31":[{{"cvssData":{{"baseScore":{}}}}}]}},)"
      R"("descriptions":[{{"lang":"en","value":"a \"quoted\" text"}}],"id":"{}"}}}})",
      matches, score, cve);
}
std::string feed(const std::vector<std::string>& records) {
  return fmt::format(
      R"({{"resultsPerPage":1,"format":"NVD_CVE","version":"2.0","vulnerabilities":[{}]}})",
      fmt::join(records, ","));
}
std::string match(const std::string& cpe, const std::string& bounds = "", bool vulnerable = true) {
  return fmt::format(R"({{"vulnerable":{},"criteria":"{}"{}}})", vulnerable, cpe, bounds);
}
const std::string kFortios = "cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*";

TEST(Cpe, IsReadWithItsEscapes) {
  const auto cpe = parse_cpe("cpe:2.3:a:Ivanti:connect_secure:22.7:r2.4:*:*:*:*:*:*");
  ASSERT_TRUE(cpe);
  EXPECT_EQ(cpe->vendor, "ivanti");
  EXPECT_EQ(cpe->full_version(), "22.7 r2.4");
  EXPECT_EQ(parse_cpe(R"(cpe:2.3:a:a\:b:c\\d:1\.0:-:*:*:*:*:*:*)")->vendor, "a:b");
  EXPECT_EQ(parse_cpe(R"(cpe:2.3:a:a\:b:c\\d:1\.0:-:*:*:*:*:*:*)")->full_version(), "1.0");
  for (const char* wrong :
       {"", "cpe:/a:vendor:product:1", "cpe:2.3:a:vendor:product:1",
        "cpe:2.3:x:vendor:product:1:*:*:*:*:*:*:*", "cpe:2.3:a:vendor:product:1:*:*:*:*:*:*:*:*",
        "cpe:2.3:a::product:1:*:*:*:*:*:*:*", "cpe:2.3:a:ve ndor:product:1:*:*:*:*:*:*:*",
        "cpe:2.3:a:vendor:product:1:*:*:*:*:*:*:\\"})
    EXPECT_FALSE(parse_cpe(wrong)) << wrong;
}

TEST(Releases, AreInTheOrderOfTheirMakers) {
  // Each before the next.
  const std::vector<std::string> order{
      "0.9",    "1.0-alpha", "1.0-beta2",     "1.0-beta10",    "1.0-rc1",   "1.0",      "1.0a",
      "1.0.1",  "1.0.1k",    "1.0.2",         "1.0.10",        "1.1",       "9.1r11.4", "9.1r11.5",
      "9.8(4)", "9.8(4)12",  "10.2.1.0-17sv", "10.2.1.1-19sv", "22.7 r2.3", "22.7 r2.4"};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < order.size(); ++j) {
      EXPECT_EQ(compare_releases(order[i], order[j]) < 0, i < j) << order[i] << " " << order[j];
      EXPECT_EQ(compare_releases(order[i], order[j]) == 0, i == j) << order[i] << " " << order[j];
    }
  EXPECT_TRUE(compare_releases("7.4", "7.4.0") == 0);
  EXPECT_TRUE(compare_releases("V007", "v7.0.0") == 0);
}

TEST(Weaknesses, AreFoundByTheRangeOfVersions) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(feed(
      {record("CVE-2024-21762",
              match(kFortios, R"(,"versionStartIncluding":"7.4.0","versionEndExcluding":"7.4.3")") +
                  "," +
                  match(kFortios,
                        R"(,"versionStartIncluding":"7.2.0","versionEndExcluding":"7.2.7")")),
       record("CVE-2022-40684", match("cpe:2.3:o:fortinet:fortios:7.4.1:*:*:*:*:*:*:*"), 7.5),
       record("CVE-2020-0001", match(kFortios, R"(,"versionEndIncluding":"6.0.9")")),
       record("CVE-2020-0002",
              match(kFortios, R"(,"versionStartExcluding":"7.4.1","versionEndIncluding":"7.4.2")"),
              5),
       record("CVE-2020-0003", match(kFortios, "", false))})));
  EXPECT_THAT(names(all.of("fortinet", "fortios", "7.4.1")),
              ElementsAre("CVE-2024-21762 9.8", "CVE-2022-40684 7.5"));
  EXPECT_THAT(names(all.of("fortinet", "fortios", "7.4.2")),
              ElementsAre("CVE-2024-21762 9.8", "CVE-2020-0002 5.0"));
  EXPECT_THAT(names(all.of("fortinet", "fortios", "7.2.6")), ElementsAre("CVE-2024-21762 9.8"));
  EXPECT_THAT(names(all.of("fortinet", "fortios", "6.0.9")), ElementsAre("CVE-2020-0001 9.8"));
  EXPECT_THAT(all.of("fortinet", "fortios", "7.4.3"), IsEmpty());
  EXPECT_THAT(all.of("fortinet", "fortios", ""), IsEmpty());
  EXPECT_THAT(all.of("fortinet", "fortiweb", "7.4.1"), IsEmpty());
  EXPECT_TRUE(all.knows("CVE-2024-21762", "fortinet", "fortios"));
  EXPECT_FALSE(all.knows("CVE-2020-0003", "fortinet", "fortios"));
}

TEST(Weaknesses, ANewerRecordTakesTheOldOnesPlace) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(
      feed({record("CVE-2024-0001", match(kFortios, R"(,"versionEndExcluding":"8")"))})));
  ASSERT_TRUE(all.add_nvd(
      feed({record("CVE-2024-0001", match(kFortios, R"(,"versionEndExcluding":"7.2")"))})));
  EXPECT_THAT(all.of("fortinet", "fortios", "7.4"), IsEmpty());
  EXPECT_EQ(all.size(), 1);
  // A rejected CVE has no configurations.
  ASSERT_TRUE(all.add_nvd(
      R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","vulnStatus":"Rejected"}}]})"));
  EXPECT_THAT(all.of("fortinet", "fortios", "7.1"), IsEmpty());
}

TEST(Weaknesses, OfOnePlatformHoldForThatAlone) {
  const auto with = [](const std::string& cve, const std::string& nodes) {
    return fmt::format(
        R"({{"cve":{{"id":"{}","configurations":[{{"operator":"AND","nodes":[{}]}}]}}}})", cve,
        nodes);
  };
  const auto node = [](const std::string& matches) {
    return fmt::format(R"({{"operator":"OR","negate":false,"cpeMatch":[{}]}})", matches);
  };
  const std::string tool = match("cpe:2.3:a:maker:tool:*:*:*:*:*:*:*:*");
  const auto system = [](const std::string& name) {
    return match("cpe:2.3:o:" + name + ":-:*:*:*:*:*:*:*", "", false);
  };
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(feed(
      {record("CVE-2024-0001", match("cpe:2.3:a:maker:tool:*:*:*:*:*:windows:*:*"), 1),
       record("CVE-2024-0002", match("cpe:2.3:a:maker:tool:*:*:*:*:*:wordpress:*:*"), 2),
       with("CVE-2024-0003",
            node(tool) + "," + node(system("apple:macos") + "," + system("linux:linux_kernel"))),
       // A router or Windows: which of the two isn't known of anybody.
       with("CVE-2024-0004",
            node(tool) + "," +
                node(system("microsoft:windows") + "," +
                     match("cpe:2.3:h:maker:router:-:*:*:*:*:*:*:*", "", false)))})));
  const std::string kept = all.serialised();
  Weaknesses again;
  ASSERT_TRUE(again.add_serialised(kept));
  EXPECT_EQ(again.serialised(), kept);
  for (const Weaknesses* one : {&all, &again}) {
    const auto on = [&](std::string_view platform) {
      std::string found;
      for (const auto& weakness : one->of("maker", "tool", "1", platform))
        found += weakness.cve.back();
      std::ranges::sort(found);
      return found;
    };
    EXPECT_EQ(on("windows"), "124");
    EXPECT_EQ(on("linux"), "234");
    EXPECT_EQ(on("darwin"), "234");
    EXPECT_EQ(on("mobile"), "24");
    EXPECT_EQ(on(""), "1234") << "not known";
  }
  for (const char* wrong : {"0", "16", "x", ""})
    EXPECT_FALSE(Weaknesses().add_serialised(kept + "\ta\tb\t0\t0\t\t\t" + wrong + "\n")) << wrong;
}

TEST(Weaknesses, AreKeptAsTheyWere) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(feed(
      {record("CVE-2024-21762",
              match(kFortios, R"(,"versionStartExcluding":"7.4.0","versionEndIncluding":"7.4.3")")),
       record("CVE-2023-0001", match("cpe:2.3:a:x:y:1.0:p1:*:*:*:*:*:*"), 0)})));
  const std::string kept = all.serialised();
  Weaknesses again;
  ASSERT_TRUE(again.add_serialised(kept));
  EXPECT_EQ(again.serialised(), kept);
  EXPECT_THAT(names(again.of("x", "y", "1.0 P1")), ElementsAre("CVE-2023-0001 0.0"));
  EXPECT_THAT(names(again.of("fortinet", "fortios", "7.4.3")), ElementsAre("CVE-2024-21762 9.8"));
  EXPECT_THAT(again.of("fortinet", "fortios", "7.4"), IsEmpty());
  for (const std::string& wrong :
       {std::string("nonsense\n"), kept + "CVE-x\t1\n", kept + "CVE-2024-0001\t101\n",
        kept + "\ta\tb\t3\t0\t\t\n", kept + "\ta\tb\t0\t0\t\n", kept + "\t\tb\t0\t0\t\t\n",
        std::string("sekisho-weaknesses 1\n\ta\tb\t0\t0\t1\t2\n")})
    EXPECT_FALSE(Weaknesses().add_serialised(wrong)) << wrong;
}

TEST(Weaknesses, WhatIsNoFeedIsRefusedWithItsPlace) {
  Weaknesses all;
  for (const char* wrong :
       {"", "[]", "{}", R"({"vulnerabilities":{}})", R"({"vulnerabilities":[{"cve":{"id":"x"}}]})",
        R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":1}}]})",
        R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","metrics":{"cvssMetricV2":[{}]}}}]})",
        R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001")", "{\"vulnerabilities\":[\xff]}"})
    EXPECT_FALSE(all.add_nvd(wrong)) << wrong;
  const auto where =
      all.add_nvd(R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001"}},{"cve":{}}]})");
  EXPECT_EQ(where.error().where, "vulnerabilities[1]");
}

}  // namespace
}  // namespace sekisho
