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
  EXPECT_EQ((*list)[2].cpe, "") << "the older form of CPE is left out";
}

TEST(CycloneDx, WhatIsWrongIsNamed) {
  for (
      const std::string& wrong :
      {std::string(), std::string("{}"), bom(""), bom(R"({"type":"library"})"),
       bom(R"({"type":"library","name":"a","version":1})"), bom(R"({"name":"a"})"),
       bom(R"({"type":"library","name":"a"})", "2.0"),
       bom(R"({"type":"library","name":"a\u0001b"})"),
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
}

}  // namespace
}  // namespace sekisho
