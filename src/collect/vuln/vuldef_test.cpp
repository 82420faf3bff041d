// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/vuldef.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/vuln/jvn.h"

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// "[1.0, 2.0)", "=7.7", "all"; empty: has no one meaning.
std::string meaning(std::string_view words) {
  const auto range = read_version_words(words);
  if (!range) return {};
  if (range->exact) return "=" + range->start;
  if (*range == VersionRange{}) return "all";
  using Bound = VersionRange::Bound;
  return fmt::format("{}{}, {}{}", range->from == Bound::including ? "[" : "(", range->start,
                     range->end, range->to == Bound::including ? "]" : ")");
}

TEST(Vuldef, ReadsWordsThatHaveOneMeaning) {
  const std::vector<std::pair<std::string_view, std::string_view>> known = {
      {"7.7", "=7.7"},
      {"ファームウェアバージョン 1.05およびそれ以前", "(, 1.05]"},
      {"Ver.1.4.2より前のバージョン", "(, 1.4.2)"},
      {"Ｖｅｒ．１．４．２　より前", "(, 1.4.2)"},
      {"7.6.2 未満", "(, 7.6.2)"},
      {"v6 R4 およびそれ以前のバージョン", "(, 6 R4]"},
      {"7.0.0 から 7.0.12", "[7.0.0, 7.0.12]"},
      {"7.0.0 から 7.0.12 まで", "[7.0.0, 7.0.12]"},
      {"7.0.0 以上 7.0.12 未満", "[7.0.0, 7.0.12)"},
      {"バージョン 3.1 から 3.1.5 より前のバージョン", "[3.1, 3.1.5)"},
      {"1.0～2.4", "[1.0, 2.4]"},
      {"1.0〜2.4", "[1.0, 2.4]"},
      {"2.0 以降", "[2.0, )"},
      {"9.0 以下", "(, 9.0]"},
      {"8.x", "[8, 9)"},
      {"7.0.x", "[7.0, 7.1)"},
      {"すべてのバージョン", "all"},
      {"all versions", "all"},
      {"versions prior to 2.4", "(, 2.4)"},
      {"firmware version 1.2 and earlier", "(, 1.2]"},
      {"6.4 to 6.4.9", "[6.4, 6.4.9]"},
  };
  for (const auto& [words, expected] : known) EXPECT_EQ(meaning(words), expected) << words;
  for (const std::string_view words :
       {"", "for NetApp 5.8 (Build 1299) 未満", "Windows 版", "2024年3月以前の版", "7.0.x 未満",
        "2.0 から 1.0", "1.0 から 2.0 以降", "Professional 10.0 未満", "一部の機種", "から", "未満",
        "1.0、1.1、1.2", "8.", "x.x"})
    EXPECT_EQ(meaning(words), words == "8." ? "=8." : "") << words;
}

std::string affected(std::string_view cpe, std::string_view versions) {
  return fmt::format(
      "<AffectedItem><Name>V</Name><ProductName>P</ProductName><Cpe version=\"2.2\">{}</Cpe>{}"
      "</AffectedItem>",
      cpe, versions);
}
std::string version(std::string_view words) {
  return fmt::format("<VersionNumber>{}</VersionNumber>", words);
}
std::string vuldef_record(std::string_view id, std::string_view cves, std::string_view items) {
  std::string related;
  for (std::size_t at = 0; at < cves.size(); at += 14)
    related += fmt::format(
        "<RelatedItem type=\"advisory\"><Name>Common Vulnerabilities and Exposures (CVE)</Name>"
        "<VulinfoID>{}</VulinfoID></RelatedItem>",
        cves.substr(at, 13));
  return fmt::format(
      "<Vulinfo><VulinfoID>{}</VulinfoID><VulinfoData><Title>ルーターにおける複数の脆弱性</Title>"
      "<Affected>{}</Affected><Impact><Cvss version=\"2.0\"><Base>5.0</Base></Cvss>"
      "<Cvss version=\"3.0\"><Base>8.8</Base></Cvss></Impact><Related>{}<RelatedItem type=\"cwe\">"
      "<VulinfoID>CWE-78</VulinfoID></RelatedItem></Related></VulinfoData></Vulinfo>",
      id, items, related);
}
std::string document(std::string_view records) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<VULDEF-Document version=\"3.2\" "
      "xmlns=\"http://jvn.jp/vuldef/\" xmlns:status=\"http://jvndb.jvn.jp/myjvn/Status\" "
      "xml:lang=\"ja\">{}<status:Status version=\"3.3\" retCd=\"0\" errMsg=\"\"/>"
      "</VULDEF-Document>",
      records);
}
Installed installed(std::string_view product, std::string_view version) {
  Installed one{"maker", std::string(product)};
  one.version = Scheme::makers().read(version);
  return one;
}
std::vector<std::string> found(const Weaknesses& all, std::string_view product,
                               std::string_view version) {
  std::vector<std::string> cves;
  for (const auto& one : all.of(installed(product, version)).open) cves.push_back(one.cve);
  return cves;
}

TEST(Vuldef, MatchesVersionsOfTheCvesThatTheyAreSaidOf) {
  const auto records = read_vuldef(document(vuldef_record(
      "JVNDB-2025-000001", "CVE-2025-0354 CVE-2025-0355",
      affected("cpe:/o:maker:router_firmware",
               version("Ver.1.4.2より前のバージョン（CVE-2025-0354、CVE-2025-0355）") +
                   version("1.5.0 から 1.5.3 未満（CVE-2025-0355）")) +
          affected("cpe:/a:maker:c%2b%2b_tool", version("2.0 およびそれ以前")) +
          affected("cpe:/o:maker:other",
                   version("for X 5.8 (Build 1299) 未満") + version("4.0 未満")) +
          affected("cpe:/h:maker:unsaid", "<VersionNumber />"))));
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().score, 8.8);
  EXPECT_EQ(records->front().unread, 2U);
  Weaknesses all;
  JvnNames names;
  all.add_vuldef(records->front());
  names.add_vuldef(records->front());
  EXPECT_THAT(found(all, "router_firmware", "1.4.1"),
              ElementsAre("CVE-2025-0355", "CVE-2025-0354"));
  EXPECT_THAT(found(all, "router_firmware", "1.5.2"), ElementsAre("CVE-2025-0355"));
  EXPECT_THAT(found(all, "router_firmware", "1.5.3"), IsEmpty());
  EXPECT_EQ(found(all, "c++_tool", "2.0").size(), 2U);
  EXPECT_EQ(found(all, "other", "3.9").size(), 2U);
  EXPECT_EQ(all.of(installed("router_firmware", "1.4.1")).open.front().score, 8.8);
  EXPECT_EQ(names.of("CVE-2025-0354")->id, "JVNDB-2025-000001");
  // What was read in part clears nobody.
  const auto about = [](const Weaknesses& one, const char* product, const char* there) {
    return one.about("CVE-2025-0354", installed(product, there));
  };
  EXPECT_EQ(about(all, "router_firmware", "1.4.2"), Match::no);
  EXPECT_EQ(about(all, "other", "5"), std::nullopt);
  EXPECT_EQ(about(all, "other", "3"), Match::yes);
  EXPECT_EQ(about(all, "unsaid", "5"), std::nullopt);
  Weaknesses again;
  ASSERT_TRUE(again.add_serialised(all.serialised()));
  EXPECT_EQ(again.serialised(), all.serialised());
  EXPECT_EQ(about(again, "other", "5"), std::nullopt);
}

std::string nvd(std::string_view configurations) {
  return fmt::format(
      R"({{"format":"NVD_CVE","vulnerabilities":[{{"cve":{{"id":"CVE-2025-0001","metrics":{{"cvssMetricV31":[{{"cvssData":{{"baseScore":9.8}}}}]}}{}}}}}]}})",
      configurations);
}
constexpr std::string_view kConfigured =
    R"(,"configurations":[{"nodes":[{"operator":"OR","negate":false,"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:maker:tool:*:*:*:*:*:*:*:*","versionEndExcluding":"3.0"}]}]}])";

TEST(Vuldef, GivesWayToNvdWhereThatGivesVersions) {
  const auto jvn = read_vuldef(document(vuldef_record(
      "JVNDB-2025-000002", "CVE-2025-0001", affected("cpe:/a:maker:tool", version("2.0 未満")))));
  ASSERT_TRUE(jvn);
  for (const bool jvn_first : {true, false}) {
    Weaknesses all;
    if (jvn_first) all.add_vuldef(jvn->front());
    ASSERT_TRUE(all.add_nvd(nvd("")));
    ASSERT_TRUE(all.add_nvd(nvd(R"(,"configurations":[])")));
    if (!jvn_first) all.add_vuldef(jvn->front());
    // NVD's vuldef_record has no versions yet.
    EXPECT_EQ(found(all, "tool", "1.9").size(), 1U) << jvn_first;
    EXPECT_THAT(found(all, "tool", "2.5"), IsEmpty()) << jvn_first;
    EXPECT_EQ(all.of(installed("tool", "1.9")).open.front().score, 9.8) << jvn_first;
    ASSERT_TRUE(all.add_nvd(nvd(kConfigured)));
    all.add_vuldef(jvn->front());
    EXPECT_EQ(found(all, "tool", "2.5").size(), 1U) << jvn_first;
  }
}

TEST(Vuldef, RefusesWhatIsNone) {
  EXPECT_FALSE(read_vuldef("<html/>"));
  EXPECT_FALSE(read_vuldef("<VULDEF-Document"));
  const auto error = read_vuldef(
      "<Result xmlns:status=\"http://jvndb.jvn.jp/myjvn/Status\"><status:Status retCd=\"1\" "
      "errMsg=\"vulnId is wrong\"/></Result>");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().where, "vulnId is wrong");
  const auto none =
      read_vuldef(document(vuldef_record("JVNDB-2025-1", "CVE-2025-0001", "") +
                           vuldef_record("JVNDB-2025-000001", "", "") + "<Vulinfo/>"));
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
}

}  // namespace
}  // namespace sekisho
