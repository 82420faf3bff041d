// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/jvn.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sekisho {
namespace {

using ::testing::HasSubstr;

std::string item(std::string_view id, std::string_view title, std::string_view references,
                 std::string_view lang = "ja") {
  return fmt::format(
      "<item rdf:about=\"https://jvndb.jvn.jp/{0}/contents/2024/{1}.html\"><title>{2}</title>"
      "<link>https://jvndb.jvn.jp/{0}/contents/2024/{1}.html</link>"
      "<sec:identifier>{1}</sec:identifier>{3}"
      "<sec:cpe version=\"2.2\" vendor=\"V\" product=\"P\">cpe:/a:v:p</sec:cpe></item>",
      lang, id, title, references);
}
std::string cve(std::string_view id) {
  return fmt::format("<sec:references source=\"CVE\" id=\"{}\">x</sec:references>", id);
}
std::string jvn_feed(std::string_view items) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF "
      "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
      "xmlns=\"http://purl.org/rss/1.0/\" xmlns:sec=\"http://jvn.jp/rss/mod_sec/3.0/\">"
      "<channel><title>JVNDB</title></channel>{}</rdf:RDF>",
      items);
}

TEST(Jvn, NamesCvesInBothLanguages) {
  JvnNames names;
  const std::string both = cve("CVE-2024-0001") + cve("CVE-2024-0002");
  ASSERT_TRUE(names.add_rss(jvn_feed(item("JVNDB-2024-000001", "製品における複数の脆弱性", both))));
  ASSERT_TRUE(names.add_rss(
      jvn_feed(item("JVNDB-2024-000001", "Several weaknesses in a product", both, "en"))));
  EXPECT_EQ(names.size(), 2U);
  const auto name = names.of("CVE-2024-0002");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->id, "JVNDB-2024-000001");
  EXPECT_EQ(name->title.ja, "製品における複数の脆弱性");
  EXPECT_EQ(name->title.en, "Several weaknesses in a product");
  EXPECT_EQ(name->page().en, "https://jvndb.jvn.jp/en/contents/2024/JVNDB-2024-000001.html");
  EXPECT_FALSE(names.of("CVE-2024-0003"));
}

TEST(Jvn, TheNewestRecordOfACveCounts) {
  JvnNames names;
  for (const char* id : {"JVNDB-2024-000007", "JVNDB-2024-000009", "JVNDB-2024-000008"})
    ASSERT_TRUE(names.add_rss(jvn_feed(item(id, id, cve("CVE-2024-0001")))));
  const auto name = names.of("CVE-2024-0001");
  EXPECT_EQ(name->title.ja, "JVNDB-2024-000009");
  // Without an English record the Japanese one stands for both.
  EXPECT_EQ(name->title_in_both().en, name->title.ja);
  EXPECT_EQ(name->page().en, name->page().ja);
}

TEST(Jvn, LeavesAsideWhatIsNoRecord) {
  JvnNames names;
  const std::string jvn = "<sec:references source=\"JVN\" id=\"JVN#15201064\">x</sec:references>";
  ASSERT_TRUE(names.add_rss(jvn_feed(
      item("JVNDB-2024-000001", "CVE のないもの", jvn) +
      item("JVNDB-24-1", "番号が違うもの", cve("CVE-2024-0001")) +
      item("JVNDB-2024-000002", "", cve("CVE-2024-0002")) +
      item("JVNDB-2024-000003", "数の足りない CVE", cve("CVE-2024-1")) + "<item/><other/>")));
  EXPECT_EQ(names.size(), 0U);
  for (const char* bad : {"", "<rss/>", "{}", "<rdf:RDF>", "<rdf:RDF><item></rdf:RDF>"})
    EXPECT_FALSE(names.add_rss(bad)) << bad;
}

TEST(Jvn, ATitleCannotBreakALine) {
  JvnNames names;
  ASSERT_TRUE(names.add_rss(
      jvn_feed(item("JVNDB-2024-000001", "a&#9;b&#10;c&#x202e;d", cve("CVE-2024-0001")))));
  EXPECT_EQ(names.of("CVE-2024-0001")->title.ja, "a b c?d");
}

TEST(Jvn, IsKeptAsItIs) {
  JvnNames names;
  ASSERT_TRUE(
      names.add_rss(jvn_feed(item("JVNDB-2024-000001", "題", cve("CVE-2024-0001")) +
                             item("JVNDB-2024-000002", "name", cve("CVE-2023-12345"), "en"))));
  JvnNames again;
  ASSERT_TRUE(again.add_serialised(names.serialised()));
  EXPECT_EQ(again.serialised(), names.serialised());
  EXPECT_THAT(names.serialised(), HasSubstr("CVE-2024-0001\tJVNDB-2024-000001\t題\t\n"));
  const std::string good = "sekisho-jvn 1\n";
  for (const char* bad :
       {"x\n", "sekisho-jvn 1\t\n", "sekisho-jvn 1\nCVE-2024-0001\tJVNDB-2024-000001\t題\n",
        "sekisho-jvn 1\nCVE-2024-0001\tJVNDB-2024-000001\t\t\n",
        "sekisho-jvn 1\nCVE-2024-0001\tx\t題\t\n", "sekisho-jvn 1\nx\tJVNDB-2024-000001\t題\t\n"})
    EXPECT_FALSE(again.add_serialised(bad)) << bad;
  EXPECT_TRUE(again.add_serialised(good));
}

}  // namespace
}  // namespace sekisho
