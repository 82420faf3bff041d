#include "collect/inventory/components.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/vuln/debian.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

std::string bom(const std::string& components, const std::string& version = "1.5") {
  return fmt::format(
      R"({{"$schema":"http://cyclonedx.org/schema/bom-1.5.schema.json","bomFormat":"CycloneDX","specVersion":"{}","version":1,"components":[{}]}})",
      version, components);
}

TEST(CycloneDx, ComponentsAreReadWithThoseInside) {
  const auto list = read_cyclonedx("\xEF\xBB\xBF" + bom(R"(
    {"type":"library","name":"libc6","version":"2.36-9","purl":"pkg:deb/debian/libc6@2.36-9?arch=amd64","components":[
      {"type":"application","name":"inner","version":"1"}]},
    {"type":"file","name":"/etc/passwd"},
    {"type":"library","name":"libc6","version":"2.36-9"},
    {"type":"application","name":"x","cpe":"cpe:/a:x:x:1"})"));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 3);
  EXPECT_EQ((*list)[0].purl, "pkg:deb/debian/libc6@2.36-9?arch=amd64");
  EXPECT_EQ((*list)[1].name, "inner");
  EXPECT_EQ((*list)[2].cpe, "cpe:/a:x:x:1") << "the older form of CPE counts as well";
}

TEST(CycloneDx, WhatIsWrongIsNamed) {
  for (
      const std::string& wrong :
      {std::string(), std::string("{}"), bom(""), bom(R"({"type":"library","name":"a"})", "2.0"),
       bom(R"({"type":"library","name":"a"})", "1.1"),
       std::string(
           R"({"bomFormat":"SPDX","specVersion":"1.5","components":[{"type":"library","name":"a"}]})")})
    EXPECT_FALSE(read_cyclonedx(wrong)) << wrong;
  std::string many;
  for (std::size_t i = 0; i <= kMostComponents; ++i)
    many += fmt::format(R"({}{{"type":"library","name":"n{}"}})", i == 0 ? "" : ",", i);
  const auto problems = read_cyclonedx(bom(many));
  ASSERT_FALSE(problems);
  EXPECT_EQ(problems.error().front().message.en, "there are too many components (at most 20,000).");
}

TEST(CycloneDx, NothingIsInANameThatPeopleDontSee) {
  const auto list = read_cyclonedx(bom(
      R"~({"type":"library","name":"open\u200Bssl\u202E","version":"1\uDB40\uDC41","cpe":"cpe:/a:x\u200B:x:1","purl":"pkg:deb/a\u2066@1"})~"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->front().name, "open?ssl?");
  EXPECT_EQ(list->front().version, "1?");
  EXPECT_EQ(list->front().cpe + list->front().purl, "");
}

/// They count as components that nobody knows, and refuse nothing.
TEST(CycloneDx, OddComponentsAreKeptAsFarAsTheyCanBe) {
  const auto list = read_cyclonedx(bom(R"~(
    {"type":"library"}, {"type":"library","name":"","version":"(devel)"},
    {"type":"library","name":"a\u0001b","version":"1"}, {"type":"library","name":"a","version":1},
    {"name":"b"}, 7, {"type":"library","name":"zlib","version":"1.2"})~",
                                       "1.7"));
  ASSERT_TRUE(list);
  std::string names;
  for (const Component& one : *list) names += one.name + " " + one.version + ",";
  EXPECT_EQ(names, "? ,? (devel),? 1,a ,b ,zlib 1.2,");
}

TEST(CycloneDx, TheSameNameWithOtherNamesOfFeedsIsAnother) {
  const auto list = read_cyclonedx(bom(
      R"({"type":"library","name":"openssl","version":"1.1.1","purl":"pkg:npm/openssl@1.1.1"},
         {"type":"library","name":"openssl","version":"1.1.1","cpe":"cpe:2.3:a:openssl:openssl:1.1.1:*:*:*:*:*:*:*"})"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->size(), 2);
}

TEST(CycloneDx, OtherFormatsAreRefusedWithWhatToDo) {
  for (const auto& [text, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {R"({"spdxVersion":"SPDX-2.3","packages":[]})", "this is SPDX; write CycloneDX in JSON"},
           {"SPDXVersion: SPDX-2.3\n", "this is SPDX; write CycloneDX in JSON"},
           {R"({"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]})",
            "this is SPDX; write CycloneDX in JSON"},
           {R"(<?xml version="1.0"?><bom/>)", "this is XML; write CycloneDX in JSON"}}) {
    const auto problems = read_cyclonedx(text);
    ASSERT_FALSE(problems) << text;
    EXPECT_THAT(problems.error().front().message.en, testing::HasSubstr(words));
  }
}

/// A million empty components were a million faults, and most of a gigabyte.
TEST(CycloneDx, TooManyAreNotLookedAt) {
  std::string many = "{}";
  for (int i = 0; i < 300'000; ++i) many += ",{}";
  const auto problems = read_cyclonedx(bom(many));
  ASSERT_FALSE(problems);
  EXPECT_EQ(problems.error().size(), 1);
  std::string nested = R"({"name":"a"})";
  for (int i = 0; i < 3; ++i) {
    std::string list = nested;
    for (int k = 1; k < 30; ++k) list += "," + nested;
    nested = fmt::format(R"({{"name":"a","components":[{}]}})", list);
  }
  EXPECT_FALSE(read_cyclonedx(bom(nested)));
}

TEST(PackageUrl, IsReadWithItsEscapes) {
  const auto url = parse_purl(
      "pkg:deb/debian/g%2B%2B@4%3A12.2.0-3?arch=amd64&distro=debian-12&upstream=gcc-defaults#sub");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->type, "deb");
  EXPECT_EQ(url->space, "debian");
  EXPECT_EQ(url->name, "g++");
  EXPECT_EQ(url->version, "4:12.2.0-3");
  EXPECT_EQ(url->qualifier("upstream"), "gcc-defaults");
  EXPECT_EQ(parse_purl("pkg:npm/%40angular/core@1")->space, "@angular");
  EXPECT_EQ(parse_purl("pkg:pypi/requests")->version, "");
  for (const char* wrong :
       {"", "npm/x", "pkg:", "pkg:npm", "pkg:npm/", "pkg:npm/x@%4", "pkg:npm/%0a", "pkg:npm/x?a"})
    EXPECT_FALSE(parse_purl(wrong)) << wrong;
}

TEST(Components, AreJudgedByTheFeedThatKnowsThem) {
  auto debian = std::make_shared<DebianWeaknesses>();
  ASSERT_TRUE(debian->add_osv(
      R"({"id":"DEBIAN-CVE-2023-4911","affected":[{"package":{"ecosystem":"Debian:12","name":"glibc"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.36-9+deb12u3"}]}]}]})"));
  auto nvd = std::make_shared<Weaknesses>();
  ASSERT_TRUE(nvd->add_nvd(
      R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","metrics":{"cvssMetricV31":[{"cvssData":{"baseScore":8}}]},"configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:zoom:meetings:*:*:*:*:*:*:*:*","versionEndExcluding":"5.17"}]}]}]}}]})"));
  Feeds feeds;
  feeds.debian = debian;
  feeds.weaknesses = nvd;
  const auto judged = [&](const Component& one) {
    const auto judgement = judge(one, feeds);
    std::string out = judgement.known ? "known" : "not known";
    for (const auto& open : judgement.open)
      out += fmt::format(" {} {} {}", open.id, open.score, open.fixed);
    for (const auto& unclear : judgement.unclear) out += " maybe " + unclear.id;
    return out;
  };
  const std::string libc = "pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc";
  EXPECT_EQ(judged({"libc6", "2.36-9", "", libc}), "known CVE-2023-4911 0 2.36-9+deb12u3");
  EXPECT_EQ(judged({"libc6", "", "",
                    "pkg:deb/debian/libc6@2.36-9%2Bdeb12u3?distro=debian-12.5&upstream=glibc"}),
            "known");
  EXPECT_EQ(judged({"x", "", "", "pkg:deb/debian/x@1?distro=debian-12&upstream=glibc%402.36-1"}),
            "known CVE-2023-4911 0 2.36-9+deb12u3");
  EXPECT_EQ(
      judged({"libc6", "", "", "pkg:deb/debian/libc6@2.36-9?distro=debian-11&upstream=glibc"}),
      "not known");
  EXPECT_EQ(judged({"Zoom", "5.16.1", "cpe:2.3:a:zoom:meetings:5.16.1:*:*:*:*:*:*:*", ""}),
            "known CVE-2024-0001 8 ");
  EXPECT_EQ(judged({"Zoom", "5.17", "cpe:2.3:a:zoom:meetings:*:*:*:*:*:*:*:*", ""}), "known");
  EXPECT_EQ(judged({"left-pad", "1.0", "", "pkg:npm/left-pad@1.0"}), "not known");
  EXPECT_EQ(judged({"Zoom", "5.16.1", "cpe:/a:zoom:meetings:5.16.1", ""}),
            "known CVE-2024-0001 8 ");
  // A name that no feed has, or a version that can't be read, is not matched.
  EXPECT_EQ(judged({"log4j", "2.14.1", "cpe:2.3:a:apache:log4j:2.14.1:*:*:*:*:*:*:*", ""}),
            "not known");
  EXPECT_EQ(judged({"Zoom", "newest", "cpe:2.3:a:zoom:meetings:newest:*:*:*:*:*:*:*", ""}),
            "not known maybe CVE-2024-0001");
  EXPECT_EQ(judged({"Zoom", "", "cpe:2.3:a:zoom:meetings:*:*:*:*:*:*:*:*", ""}),
            "not known maybe CVE-2024-0001");
  // A distribution mends old versions: its packages go by its own records alone.
  for (const char* purl :
       {"pkg:deb/ubuntu/zoom@5.16.1?distro=ubuntu-22.04",
        "pkg:rpm/redhat/zoom@5.16.1-1.el9?distro=rhel-9.4&epoch=1", "pkg:apk/alpine/zoom@5.16.1-r0",
        "pkg:deb/debian/zoom@5.16.1-1", "pkg:deb/debian/zoom@5.16.1?distro=debian-11"})
    EXPECT_EQ(judged({"zoom", "5.16.1", "cpe:2.3:a:zoom:meetings:5.16.1:*:*:*:*:*:*:*", purl}),
              "not known")
        << purl;
  EXPECT_EQ(judged({"libc6", "", "", "pkg:deb/debian/libc6@2.36-9?distro=bookworm&upstream=glibc"}),
            "known CVE-2023-4911 0 2.36-9+deb12u3");
  EXPECT_EQ(judged({"libc6", "", "",
                    "pkg:deb/debian/libc6@2.36-9?distro=debian-12&epoch=1&upstream=glibc"}),
            "known");
  EXPECT_EQ(judged({"libc6", "", "", "pkg:deb/debian/libc6@none?distro=debian-12&upstream=glibc"}),
            "not known");
}

}  // namespace
}  // namespace sekisho
