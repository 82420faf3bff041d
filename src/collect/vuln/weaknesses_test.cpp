// SPDX-License-Identifier: Apache-2.0
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

/// A weakness_record in NVD's shape, with the fields in another order than they are asked for.
std::string weakness_record(const std::string& cve, const std::string& matches,
                            double score = 9.8) {
  return fmt::format(
      R"({{"cve":{{"configurations":[{{"nodes":[{{"operator":"OR","negate":false,"cpeMatch":[{}]}}]}}],)"
      R"("metrics":{{"cvssMetricV2":[{{"cvssData":{{"baseScore":10.0}}}}],"cvssMetricV31":[{{"cvssData":{{"baseScore":{}}}}}]}},)"
      R"("descriptions":[{{"lang":"en","value":"a \"quoted\" text"}}],"id":"{}"}}}})",
      matches, score, cve);
}
std::string nvd_feed(const std::vector<std::string>& records) {
  return fmt::format(
      R"({{"resultsPerPage":1,"format":"NVD_CVE","version":"2.0","vulnerabilities":[{}]}})",
      fmt::join(records, ","));
}
std::string match(const std::string& cpe, const std::string& bounds = "", bool vulnerable = true) {
  return fmt::format(R"({{"vulnerable":{},"criteria":"{}"{}}})", vulnerable, cpe, bounds);
}
const std::string kFortios = "cpe:2.3:o:fortinet:fortios:*:*:*:*:*:*:*:*";

Installed installed(std::string_view vendor, std::string_view product, std::string_view version,
                    std::string_view platform = {}) {
  Installed one;
  one.vendor = vendor;
  one.product = product;
  one.version = Scheme::makers().read(version);
  one.version_text = version;
  one.platform = platform;
  return one;
}
/// What is open for certain.
std::vector<Weaknesses::Found> open(const Weaknesses& all, std::string_view vendor,
                                    std::string_view product, std::string_view version,
                                    std::string_view platform = {}) {
  return all.of(installed(vendor, product, version, platform)).open;
}
/// "open", "unclear" or "fixed": what is said of a CPE name on a platform.
std::string said(const Weaknesses& all, const std::string& cpe, std::string_view platform = {}) {
  const auto matches = all.of(installed_of(*parse_cpe(cpe), platform));
  return !matches.open.empty() ? "open" : !matches.unclear.empty() ? "unclear" : "fixed";
}

std::string dated(const char* day, const std::vector<std::string>& records) {
  return fmt::format(R"({{"timestamp":"{}T01:02:03.000",{})", day, nvd_feed(records).substr(1));
}
/// Kept, and read again.
Weaknesses again(const Weaknesses& all) {
  Weaknesses read;
  EXPECT_TRUE(read.add_serialised(all.serialised()));
  EXPECT_EQ(read.as_of(), all.as_of());
  return read;
}

TEST(Weaknesses, AreAsOldAsTheOldestOfThem) {
  const std::string one = weakness_record("CVE-2024-0001", match(kFortios, ""));
  const std::string two = weakness_record("CVE-2025-0002", match(kFortios, ""));
  const auto day = [](const char* text) { return *parse_day(text); };
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(dated("2026-11-02", {one})));
  ASSERT_TRUE(all.add_nvd(dated("2026-11-01", {two})));
  EXPECT_EQ(all.as_of(), day("2026-11-01"));
  Weaknesses kept = again(all);
  ASSERT_TRUE(kept.add_nvd(dated("2026-11-20", {one})));
  EXPECT_EQ(kept.as_of(), day("2026-11-01")) << "one of two says nothing of the other";
  ASSERT_TRUE(kept.add_nvd(dated("2026-11-19", {two})));
  EXPECT_EQ(kept.as_of(), day("2026-11-19")) << "now all are new";
  kept = again(kept);
  // A feed of changes reaches back eight days.
  ASSERT_TRUE(kept.add_nvd(dated("2026-11-26", {one}), NvdPart::changes));
  EXPECT_EQ(kept.as_of(), day("2026-11-26"));
  ASSERT_TRUE(kept.add_nvd(dated("2026-12-04", {one}), NvdPart::changes));
  EXPECT_EQ(kept.as_of(), day("2026-11-26")) << "what changed between is missing";
  ASSERT_TRUE(kept.add_nvd(dated("2026-11-20", {one}), NvdPart::changes));
  EXPECT_EQ(kept.as_of(), day("2026-11-26"));
  Weaknesses undated;
  ASSERT_TRUE(undated.add_nvd(nvd_feed({one})));
  EXPECT_EQ(undated.as_of(), Day{});
  EXPECT_TRUE(undated.serialised().starts_with("sekisho-weaknesses 2\n"));
  EXPECT_EQ(again(undated).as_of(), Day{});
  ASSERT_TRUE(undated.add_nvd(dated("2026-11-20", {two}), NvdPart::changes));
  EXPECT_EQ(undated.as_of(), Day{}) << "changes alone are not all";
  for (const char* wrong : {"sekisho-weaknesses 3\t\n", "sekisho-weaknesses 3\t2026-13-01\n",
                            "sekisho-weaknesses 2\t2026-11-01\n"})
    EXPECT_FALSE(Weaknesses().add_serialised(wrong)) << wrong;
}

TEST(Weaknesses, AreFoundByTheRangeOfVersions) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(nvd_feed(
      {weakness_record(
           "CVE-2024-21762",
           match(kFortios, R"(,"versionStartIncluding":"7.4.0","versionEndExcluding":"7.4.3")") +
               "," +
               match(kFortios,
                     R"(,"versionStartIncluding":"7.2.0","versionEndExcluding":"7.2.7")")),
       weakness_record("CVE-2022-40684", match("cpe:2.3:o:fortinet:fortios:7.4.1:*:*:*:*:*:*:*"),
                       7.5),
       weakness_record("CVE-2020-0001", match(kFortios, R"(,"versionEndIncluding":"6.0.9")")),
       weakness_record(
           "CVE-2020-0002",
           match(kFortios, R"(,"versionStartExcluding":"7.4.1","versionEndIncluding":"7.4.2")"), 5),
       weakness_record("CVE-2020-0003", match(kFortios, "", false))})));
  EXPECT_THAT(names(open(all, "fortinet", "fortios", "7.4.1")),
              ElementsAre("CVE-2024-21762 9.8", "CVE-2022-40684 7.5"));
  EXPECT_THAT(names(open(all, "fortinet", "fortios", "7.4.2")),
              ElementsAre("CVE-2024-21762 9.8", "CVE-2020-0002 5.0"));
  EXPECT_THAT(names(open(all, "fortinet", "fortios", "7.2.6")), ElementsAre("CVE-2024-21762 9.8"));
  EXPECT_THAT(names(open(all, "fortinet", "fortios", "6.0.9")), ElementsAre("CVE-2020-0001 9.8"));
  EXPECT_THAT(open(all, "fortinet", "fortios", "7.4.3"), IsEmpty());
  EXPECT_THAT(open(all, "fortinet", "fortios", ""), IsEmpty());
  EXPECT_THAT(open(all, "fortinet", "fortiweb", "7.4.1"), IsEmpty());
  EXPECT_EQ(all.about("CVE-2024-21762", installed("fortinet", "fortios", "7.4.3")), Match::no);
  EXPECT_EQ(all.about("CVE-2024-21762", installed("fortinet", "fortios", "7.4.2")), Match::yes);
  EXPECT_EQ(all.about("CVE-2024-21762", installed("fortinet", "fortios", "7.4.x")), Match::maybe);
  EXPECT_EQ(all.about("CVE-2020-0003", installed("fortinet", "fortios", "7.4.3")), std::nullopt);
  EXPECT_TRUE(all.covers("fortinet", "fortios") && !all.covers("fortinet", "fortiweb"));
  EXPECT_TRUE(all.has("CVE-2020-0003") && !all.tells("CVE-2020-0003"));
  EXPECT_TRUE(all.tells("CVE-2024-21762") && !all.has("CVE-2024-21763"));
}

TEST(Weaknesses, ANewerRecordTakesTheOldOnesPlace) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(nvd_feed(
      {weakness_record("CVE-2024-0001", match(kFortios, R"(,"versionEndExcluding":"8")"))})));
  ASSERT_TRUE(all.add_nvd(nvd_feed(
      {weakness_record("CVE-2024-0001", match(kFortios, R"(,"versionEndExcluding":"7.2")"))})));
  EXPECT_THAT(open(all, "fortinet", "fortios", "7.4"), IsEmpty());
  EXPECT_EQ(all.size(), 1);
  // A rejected CVE has no configurations.
  ASSERT_TRUE(all.add_nvd(
      R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","vulnStatus":"Rejected"}}]})"));
  EXPECT_THAT(open(all, "fortinet", "fortios", "7.1"), IsEmpty());
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
  ASSERT_TRUE(all.add_nvd(nvd_feed(
      {weakness_record("CVE-2024-0001", match("cpe:2.3:a:maker:tool:*:*:*:*:*:windows:*:*"), 1),
       weakness_record("CVE-2024-0002", match("cpe:2.3:a:maker:tool:*:*:*:*:*:wordpress:*:*"), 2),
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
      for (const auto& weakness : open(*one, "maker", "tool", "1", platform))
        found += weakness.cve.back();
      std::ranges::sort(found);
      return found;
    };
    const auto unclear_on = [&](std::string_view platform) {
      std::string found;
      for (const auto& weakness : one->of(installed("maker", "tool", "1", platform)).unclear)
        found += weakness.cve.back();
      std::ranges::sort(found);
      return found;
    };
    EXPECT_EQ(on("windows") + unclear_on("windows"), "142");
    EXPECT_EQ(on("linux") + "|" + unclear_on("linux"), "3|24");
    EXPECT_EQ(on("darwin") + "|" + unclear_on("darwin"), "3|24");
    EXPECT_EQ(on("mobile") + "|" + unclear_on("mobile"), "|24");
    EXPECT_EQ(on("") + "|" + unclear_on(""), "|1234") << "not known";
  }
  for (const char* wrong : {"*:*:*:*:*:*:", "*:*:*:*:*:*:*:*:", "x", "", "\tyyyyyx", "\tyyyyyy",
                            "\tyyyyy", "*:*:*:*:*:*:*:\tnnnnnn\t"})
    EXPECT_FALSE(Weaknesses().add_serialised(kept + "\ta\tb\t0\t0\t\t\t" + wrong + "\n")) << wrong;
}

TEST(Weaknesses, AreKeptAsTheyWere) {
  Weaknesses all;
  ASSERT_TRUE(all.add_nvd(nvd_feed(
      {weakness_record(
           "CVE-2024-21762",
           match(kFortios, R"(,"versionStartExcluding":"7.4.0","versionEndIncluding":"7.4.3")")),
       weakness_record("CVE-2023-0001", match("cpe:2.3:a:x:y:1.0:p1:*:*:*:*:*:*"), 0)})));
  const std::string kept = all.serialised();
  Weaknesses again;
  ASSERT_TRUE(again.add_serialised(kept));
  EXPECT_EQ(again.serialised(), kept);
  EXPECT_THAT(names(open(again, "x", "y", "1.0 P1")), ElementsAre("CVE-2023-0001 0.0"));
  EXPECT_THAT(names(open(again, "fortinet", "fortios", "7.4.3")),
              ElementsAre("CVE-2024-21762 9.8"));
  EXPECT_THAT(open(again, "fortinet", "fortios", "7.4"), IsEmpty());
  for (const std::string& wrong :
       {std::string("nonsense\n"), kept + "CVE-x\t1\n", kept + "CVE-2024-0001\t101\n",
        kept + "\ta\tb\t3\t0\t\t\n", kept + "\ta\tb\t0\t0\t\n", kept + "\t\tb\t0\t0\t\t\n",
        std::string("sekisho-weaknesses 2\n\ta\tb\t0\t0\t1\t2\n"),
        std::string("sekisho-weaknesses 3\n")})
    EXPECT_FALSE(Weaknesses().add_serialised(wrong)) << wrong;
}

TEST(Weaknesses, OfTheFirstKeptFormAreReadStill) {
  Weaknesses all;
  ASSERT_TRUE(
      all.add_serialised("sekisho-weaknesses 1\nCVE-2024-0001\t98\n\tmaker\ttool\t0\t2\t\t2.0\t1\n"
                         "CVE-2024-0002\t50\tjvn\n\tmaker\ttool\tx\t0+\t1.0 p1\t\n"));
  EXPECT_THAT(names(open(all, "maker", "tool", "1.0 p1", "windows")),
              ElementsAre("CVE-2024-0001 9.8", "CVE-2024-0002 5.0"));
  EXPECT_THAT(names(open(all, "maker", "tool", "1.0", "linux")), IsEmpty());
  for (const char* wrong : {"0", "16", "x", ""})
    EXPECT_FALSE(Weaknesses().add_serialised(
        std::string("sekisho-weaknesses 1\nCVE-2024-0001\t98\n\ta\tb\t0\t0\t\t\t") + wrong + "\n"))
        << wrong;
}

/// The score is that of the newest CVSS version, and of several of that the highest; whatever the
/// order in which they stand.
TEST(Weaknesses, AreAsGraveAsTheirNewestScoreSays) {
  const auto score = [](const std::string& metrics) {
    Weaknesses all;
    EXPECT_TRUE(all.add_nvd(R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","metrics":{)" +
                            metrics + R"(},"configurations":[{"nodes":[{"cpeMatch":[)" +
                            match(kFortios) + R"(]}]}]}}]})"));
    return open(all, "fortinet", "fortios", "7").front().score;
  };
  const auto metric = [](const char* kind, const std::string& scores) {
    std::string list;
    for (const char c : scores)
      list += fmt::format(R"({}{{"cvssData":{{"baseScore":{}.5}}}})", list.empty() ? "" : ",", c);
    return fmt::format(R"("cvssMetric{}":[{}])", kind, list);
  };
  EXPECT_EQ(score(metric("V31", "5") + "," + metric("V2", "9")), 5.5);
  EXPECT_EQ(score(metric("V2", "9") + "," + metric("V31", "5")), 5.5);
  EXPECT_EQ(score(metric("V40", "6") + "," + metric("V31", "9") + "," + metric("V30", "8")), 6.5);
  EXPECT_EQ(score(metric("V31", "396")), 9.5);
  EXPECT_EQ(score(metric("V31", "963")), 9.5);
}

TEST(Weaknesses, FollowNistsRelationOfNames) {
  const auto feed_of = [](const std::string& matches) {
    Weaknesses all;
    EXPECT_TRUE(all.add_nvd(nvd_feed({weakness_record("CVE-2024-0001", matches)})));
    Weaknesses again;
    EXPECT_TRUE(again.add_serialised(all.serialised()));
    EXPECT_EQ(again.serialised(), all.serialised());
    return again;
  };
  const std::string p = "cpe:2.3:a:acme:gw:";
  struct Case {
    std::string in_feed, bounds, there, expected;
  };
  for (const Case& one : std::initializer_list<Case>{
           // ANY is a superset, NA is not, and is what nobody wrote.
           {"9.0:*:*:*:*:*:*:*", "", "9.0:r3:*:*:*:*:*:*", "open"},
           {"9.0:*:*:*:*:*:*:*", "", "9.0:-:*:*:*:*:*:*", "open"},
           {"9.0:*:*:*:*:*:*:*", "", "9.1:*:*:*:*:*:*:*", "fixed"},
           {"9.0:-:*:*:*:*:*:*", "", "9.0:r3:*:*:*:*:*:*", "fixed"},
           {"9.0:-:*:*:*:*:*:*", "", "9.0:-:*:*:*:*:*:*", "open"},
           {"9.0:-:*:*:*:*:*:*", "", "9.0:*:*:*:*:*:*:*", "open"},
           {"9.0:r3:*:*:*:*:*:*", "", "9.0:r3:*:*:*:*:*:*", "open"},
           {"9.0:r3:*:*:*:*:*:*", "", "9.0:r4:*:*:*:*:*:*", "fixed"},
           {"*:sp2:*:*:*:*:*:*", "", "9.0:sp2:*:*:*:*:*:*", "open"},
           {"*:sp2:*:*:*:*:*:*", "", "9.0:sp3:*:*:*:*:*:*", "fixed"},
           {"*:sp2:*:*:*:*:*:*", "", "9.0:-:*:*:*:*:*:*", "fixed"},
           {"*:sp2:*:*:*:*:*:*", "", "9.0:*:*:*:*:*:*:*", "unclear"},
           {"-:*:*:*:*:*:*:*", "", "2.4.58:*:*:*:*:*:*:*", "fixed"},
           {"-:*:*:*:*:*:*:*", "", "-:*:*:*:*:*:*:*", "unclear"},
           {"9.*:*:*:*:*:*:*:*", "", "9.5:*:*:*:*:*:*:*", "open"},
           {"9.*:*:*:*:*:*:*:*", "", "10:*:*:*:*:*:*:*", "fixed"},
           {R"(\\*:*:*:*:*:*:*:*)", "", "3:*:*:*:*:*:*:*", "unclear"},
           {"r81.20:*:*:*:*:*:*:*", "", "r81.20:*:*:*:*:*:*:*", "open"},
           // Milestones come before.
           {"*:*:*:*:*:*:*:*", R"(,"versionStartIncluding":"9.0.0","versionEndExcluding":"10.0.0")",
            "10.0.0:milestone5:*:*:*:*:*:*", "open"},
           {"*:*:*:*:*:*:*:*", R"(,"versionStartIncluding":"9.0.0","versionEndExcluding":"10.0.0")",
            "9.0.0:m1:*:*:*:*:*:*", "fixed"},
           // What can't be placed isn't fixed.
           {"*:*:*:*:*:*:*:*", R"(,"versionEndExcluding":"2.0")", "latest:*:*:*:*:*:*:*",
            "unclear"},
           {"*:*:*:*:*:*:*:*", R"(,"versionEndExcluding":"2.0")", "*:*:*:*:*:*:*:*", "unclear"},
           {"*:*:*:*:*:*:*:*", R"(,"versionEndExcluding":"bookworm")", "2.0:*:*:*:*:*:*:*",
            "unclear"},
           {"*:*:*:*:*:*:*:*", R"(,"versionEndExcluding":"2.0")", "2.0-foo:*:*:*:*:*:*:*",
            "unclear"},
           {"*:*:*:*:*:*:*:*", R"(,"versionEndExcluding":"2.0")", "2.0:*:*:*:*:*:*:*", "fixed"},
           // Editions.
           {"*:*:*:*:esr:*:*:*", "", "1:*:*:*:esr:*:*:*", "open"},
           {"*:*:*:*:esr:*:*:*", "", "1:*:*:*:-:*:*:*", "fixed"},
           {"*:*:*:*:esr:*:*:*", "", "1:*:*:*:*:*:*:*", "unclear"},
           {"*:*:*:*:-:*:*:*", "", "1:*:*:*:esr:*:*:*", "fixed"},
           {"*:*:*:*:-:*:*:*", "", "1:*:*:*:*:*:*:*", "open"},
           {"*:*:*:ja:*:*:*:*", "", "1:*:*:en:*:*:*:*", "fixed"},
           {"*:*:pro:*:*:*:*:*", "", "1:*:pro:*:*:*:*:*", "open"},
           {"*:*:*:*:*:*:x86:*", "", "1:*:*:*:*:*:x64:*", "fixed"},
           {"*:*:*:*:*:wordpress:*:*", "", "3:*:*:*:*:node.js:*:*", "fixed"},
           {"*:*:*:*:*:wordpress:*:*", "", "3:*:*:*:*:wordpress:*:*", "open"},
       }) {
    const Weaknesses all = feed_of(match(p + one.in_feed, one.bounds));
    EXPECT_EQ(said(all, p + one.there), one.expected)
        << one.in_feed << one.bounds << " " << one.there;
  }
}

/// Configurations of several parts, by Kleene's logic: a part that isn't known is not absent.
TEST(Weaknesses, OfSeveralPartsNeedThemAll) {
  const std::string tool = "cpe:2.3:o:acme:box_firmware:*:*:*:*:*:*:*:*";
  const std::string asked = "cpe:2.3:o:acme:box_firmware:1:*:*:*:*:*:*:*";
  const auto node = [](const std::string& matches, bool negate = false, const char* how = "OR") {
    return fmt::format(R"({{"operator":"{}","negate":{},"cpeMatch":[{}]}})", how, negate, matches);
  };
  const auto on = [&](const std::string& nodes, std::string_view platform,
                      const std::string& how = R"("operator":"AND",)") {
    Weaknesses all;
    EXPECT_TRUE(
        all.add_nvd(R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":[{)" +
                    how + R"("nodes":[)" + nodes + "]}]}}]}"));
    return said(all, asked, platform);
  };
  const auto system = [](const char* name) {
    return match(std::string("cpe:2.3:o:") + name + ":-:*:*:*:*:*:*:*", "", false);
  };
  const std::string one = node(match(tool));
  const std::string hardware = match("cpe:2.3:h:acme:box:-:*:*:*:*:*:*:*", "", false);
  const std::string other_hardware = match("cpe:2.3:h:acme:other:-:*:*:*:*:*:*:*", "", false);
  const std::string application = match("cpe:2.3:a:oracle:database:12.1:*:*:*:*:*:*:*", "", false);
  EXPECT_EQ(on(one, "windows"), "open");
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows")), "windows"), "open");
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows")), "linux"), "fixed");
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows")), ""), "unclear");
  EXPECT_EQ(
      on(one + "," +
             node(system("redhat:enterprise_linux") + "," + system("suse:linux_enterprise_server")),
         "windows"),
      "fixed");
  EXPECT_EQ(on(one + "," + node(system("redhat:enterprise_linux")), "linux"), "unclear");
  EXPECT_EQ(on(one + "," + node(system("acme:own_system")), "windows"), "fixed");
  EXPECT_EQ(on(one + "," + node(system("acme:own_system")), "linux"), "unclear");
  EXPECT_EQ(on(one + "," + node(application), "windows"), "unclear");
  EXPECT_EQ(on(one + "," + node(application + "," + system("microsoft:windows")), "windows"),
            "open");
  EXPECT_EQ(on(one + "," + node(application + "," + system("microsoft:windows"), false, "AND"),
               "windows"),
            "unclear");
  // A firmware runs on its own hardware.
  EXPECT_EQ(on(one + "," + node(hardware), "appliance"), "open");
  EXPECT_EQ(on(one + "," + node(other_hardware), "appliance"), "unclear");
  EXPECT_EQ(on(one + "," + node(hardware) + "," + node(system("microsoft:windows")), "appliance"),
            "fixed");
  // "But not on".
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows"), true), "windows"), "fixed");
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows"), true), "linux"), "open");
  EXPECT_EQ(on(one + "," + node(system("microsoft:windows"), true), ""), "unclear");
  // A node that is negated tells of no version that is vulnerable.
  EXPECT_EQ(on(node(match(tool), true), "windows"), "fixed");
  EXPECT_EQ(on(one, "windows", R"("negate":true,)"), "fixed");
  // Without AND the nodes stand for themselves.
  EXPECT_EQ(on(one + "," + node(application), "windows", R"("operator":"OR",)"), "open");
  EXPECT_EQ(on(one + "," + node(application), "windows", ""), "open");
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

/// A version as an SBOM writes it against one entry of a feed: a name from the version on, with an
/// end of a range or without.
TEST(Weaknesses, VersionsAreHeldAgainstFeedsAsToolsWriteThem) {
  const auto asked = [](const std::string& product, const std::string& feed, const std::string& end,
                        const std::string& there) -> std::string {
    Weaknesses all;
    const std::string json = fmt::format(
        R"({{"vulnerabilities":[{{"cve":{{"id":"CVE-2024-0001","configurations":[{{"nodes":[{{"cpeMatch":[{{"vulnerable":true,"criteria":"cpe:2.3:a:acme:{}:{}:*:*:*:*:*:*"{}}}]}}]}}]}}}}]}})",
        product, feed, end);
    EXPECT_TRUE(all.add_nvd(json)) << json;
    const auto cpe = parse_cpe("cpe:2.3:a:acme:" + product + ":" + there + ":*:*:*:*:*:*");
    if (!cpe) return "no CPE";
    const auto found = all.of(installed_of(*cpe, "linux"));
    return !found.open.empty() ? "open" : found.unclear.empty() ? "no" : "perhaps";
  };
  const auto before = [](const std::string& version) {
    return R"(,"versionEndExcluding":")" + version + R"(")";
  };
  const auto up_to = [](const std::string& version) {
    return R"(,"versionEndIncluding":")" + version + R"(")";
  };
  struct Case {
    std::string product, feed, end, there, expected;
  };
  for (const Case& one : std::vector<Case>{
           // Java, whose updates stand behind an underscore, a u or a point.
           {"jdk", "1.8.0:update351", "", "1.8.0_351:*", "open"},
           {"jdk", "1.8.0:update351", "", "1.8.0_351-b10:*", "open"},
           {"jdk", "1.8.0:update351", "", "8u351:*", "open"},
           {"jdk", "1.8.0:update351", "", "8:update351", "open"},
           {"jre", "1.8.0:update351", "", "1.8.0:update_351", "open"},
           {"openjdk", "8:update352", "", "1.8.0_352-b08:*", "open"},
           {"openjdk", "8:update352", "", "1.8.0_362-b08:*", "no"},
           {"jdk", "1.8.0:*", "", "1.8.0_351:*", "open"},
           {"jdk", "*:*", before("11.0.17"), "11.0.16\\+8:*", "open"},
           {"jdk", "*:*", before("11.0.17"), "11.0.17\\+8:*", "no"},
           {"jdk", "1.8.0:update351", "", "newest:*", "perhaps"},
           // An update that nothing was said of.
           {"p", "9.0:sp2", "", "9.0:*", "perhaps"},
           {"p", "10.2:hotfix1", "", "10.2:*", "perhaps"},
           {"p", "9.0:sp2", "", "9.0:sp1", "no"},
           {"p", "9.0:sp2", "", "9.0:-", "no"},
           {"p", "9.0:sp2", "", "9.1:*", "no"},
           {"p", "9.0:sp2", "", "9.0_sp2:*", "open"},
           {"p", "2021:update5", "", "2021.0.05.330109:*", "perhaps"},
           {"p", "2.0.0:rc1", "", "2.0.0:*", "no"},
           // Commits of Go come before the version that they bear.
           {"p", "*:*", before("2.0.0"), "2.0.0-0.20230101-deadbeef:*", "open"},
           {"p", "*:*", before("1.4.2"), "v1.4.2-0.20220722155237-a158d28d115b:*", "open"},
           {"p", "*:*", before("0.17.0"), "v0.0.0-20220722155237-a158d28d115b:*", "open"},
           {"p", "*:*", before("1.4.1"), "v1.4.2-0.20220722155237-a158d28d115b:*", "no"},
           // Words of two meanings.
           {"p", "*:*", before("2.0.0"), "2.0.0c1:*", "perhaps"},
           {"p", "*:*", before("1.0.2zf"), "1.0.2zd:*", "open"},
           // What may be one of the last versions that a range includes.
           {"p", "*:*", up_to("1.2.3"), "1.2.3_\\(64-bit\\):*", "open"},
           {"p", "*:*", up_to("1.2.3"), "1.2.3-1:*", "perhaps"},
           {"p", "*:*", up_to("1.2.3"), "1.2.3_1:*", "perhaps"},
           {"p", "*:*", up_to("1.2.3"), "1.2.3-hotfix:*", "perhaps"},
           {"p", "*:*", up_to("1.2.3"), "1.2.3.sp1:*", "perhaps"},
           {"p", "*:*", up_to("1.2.3"), "20240101:*", "perhaps"},
           {"p", "*:*", up_to("1.2.3"), "1.2.4:*", "no"},
           {"p", "*:*", up_to("1.2.3"), "1.2.31:*", "no"},
           {"p", "*:*", before("2.0.0"), "2.0.0-20240101.1-abc:*", "perhaps"},
           {"p", "*:*", before("9.3"), "9.3p1:*", "no"}})
    EXPECT_EQ(asked(one.product, one.feed, one.end, one.there), one.expected)
        << one.feed << one.end << " " << one.there;
}

}  // namespace
}  // namespace sekisho
