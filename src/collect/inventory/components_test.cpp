// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/components.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/vuln/osv_list.h"
#include "collect/vuln/weaknesses.h"

namespace sekisho {
namespace {

TEST(Components, AreJudgedByTheFeedThatKnowsThem) {
  auto debian = std::make_shared<OsvList>(Ecosystem::debian);
  ASSERT_TRUE(debian->add_osv(
      R"({"id":"DEBIAN-CVE-2023-4911","affected":[{"package":{"ecosystem":"Debian:12","name":"glibc"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"2.36-9+deb12u3"}]}]}]})"));
  auto nvd = std::make_shared<Weaknesses>();
  ASSERT_TRUE(nvd->add_nvd(
      R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","metrics":{"cvssMetricV31":[{"cvssData":{"baseScore":8}}]},"configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:zoom:meetings:*:*:*:*:*:*:*:*","versionEndExcluding":"5.17"}]}]}]}}]})"));
  Feeds feeds;
  feeds.osv.at(0) = debian;
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

/// A record of OSV's.
std::string osv(const std::string& id, const std::string& ecosystem, const std::string& package,
                const std::string& type, const std::string& events, const std::string& more = "") {
  return fmt::format(
      R"({{"id":"{}",{}"affected":[{{"package":{{"ecosystem":"{}","name":"{}"}},"ranges":[{{"type":"{}","events":[{}]}}]}}]}})",
      id, more, ecosystem, package, type, events);
}

TEST(Components, AreJudgedByTheRecordsOfTheirEcosystem) {
  Feeds feeds;
  const auto give = [&](Ecosystem ecosystem, const std::vector<std::string>& records) {
    auto list = std::make_shared<OsvList>(ecosystem);
    for (const std::string& record : records) ASSERT_TRUE(list->add_osv(record)) << record;
    feeds.osv.at(static_cast<std::size_t>(ecosystem)) = list;
  };
  give(Ecosystem::ubuntu, {osv("UBUNTU-CVE-2024-1", "Ubuntu:24.04:LTS", "openssl", "ECOSYSTEM",
                               R"({"introduced":"0"},{"fixed":"3.0.13-0ubuntu3.1"})"),
                           osv("UBUNTU-CVE-2024-2", "Ubuntu:Pro:24.04:LTS", "openssl", "ECOSYSTEM",
                               R"({"introduced":"0"})")});
  give(Ecosystem::almalinux,
       {osv("ALSA-2024:1", "AlmaLinux:9", "openssl-libs", "ECOSYSTEM",
            R"({"introduced":"0"},{"fixed":"1:3.0.7-25.el9_3"})", R"("related":["CVE-2024-3"],)")});
  give(Ecosystem::npm, {osv("GHSA-a", "npm", "@angular/core", "SEMVER",
                            R"({"introduced":"17.0.0-rc.1"},{"fixed":"17.1.0"})",
                            R"("aliases":["CVE-2024-4"],"related":["CVE-1999-1"],)")});
  give(Ecosystem::pypi,
       {osv("PYSEC-1", "PyPI", "Zope.Interface", "ECOSYSTEM",
            R"({"introduced":"0"},{"fixed":"5.0.post1"})", R"("aliases":["GHSA-b"],)"),
        osv("GHSA-b", "PyPI", "zope-interface", "ECOSYSTEM",
            R"({"introduced":"0"},{"fixed":"5.0.post1"})", R"("aliases":["PYSEC-1"],)")});
  give(Ecosystem::maven, {osv("GHSA-c", "Maven", "org.apache.logging.log4j:log4j-core", "ECOSYSTEM",
                              R"({"introduced":"2.0-beta9"},{"fixed":"2.15.0"})",
                              R"("aliases":["CVE-2021-44228"],)")});
  give(Ecosystem::go,
       {osv("GO-1", "Go", "github.com/Masterminds/goutils/v2", "SEMVER",
            R"({"introduced":"0"},{"fixed":"2.1.1"})"),
        osv("GO-2", "Go", "stdlib", "SEMVER", R"({"introduced":"0"},{"fixed":"1.21.0-rc.2"})")});
  const auto judged = [&](const std::string& purl) {
    const auto judgement = judge({"x", "", "", purl}, feeds);
    std::string out = judgement.known ? "known" : "not known";
    for (const auto& open : judgement.open) out += " " + open.id + " " + open.fixed;
    for (const auto& unclear : judgement.unclear) out += " maybe " + unclear.id;
    return out;
  };
  for (const auto& [purl, expected] : std::vector<std::pair<std::string, std::string>>{
           {"pkg:deb/ubuntu/libssl3t64@3.0.13-0ubuntu3?distro=ubuntu-24.04&upstream=openssl",
            "known CVE-2024-1 3.0.13-0ubuntu3.1"},
           {"pkg:deb/ubuntu/openssl@3.0.13-0ubuntu3.1?distro=noble", "known"},
           {"pkg:deb/ubuntu/openssl@3.0.13-0ubuntu3?distro=ubuntu-24.04.1",
            "known CVE-2024-1 3.0.13-0ubuntu3.1"},
           {"pkg:deb/ubuntu/openssl@3.0.13-0ubuntu3?distro=ubuntu-22.04", "not known"},
           {"pkg:deb/ubuntu/openssl@3.0.13-0ubuntu3?distro=ubuntu-24", "not known"},
           {"pkg:deb/ubuntu/openssl@3.0.13-0ubuntu3", "not known"},
           {"pkg:rpm/almalinux/openssl-libs@3.0.7-24.el9?epoch=1&distro=almalinux-9.3",
            "known CVE-2024-3 1:3.0.7-25.el9_3"},
           {"pkg:rpm/alma/"
            "openssl-libs@3.0.7-25.el9_3?epoch=1&distro=alma-9.3&upstream=openssl-3.0.7-25.el9_3."
            "src.rpm",
            "known"},
           {"pkg:rpm/redhat/openssl-libs@3.0.7-24.el9?epoch=1&distro=rhel-9.3", "not known"},
           {"pkg:npm/%40angular/core@17.0.5", "known CVE-2024-4 17.1.0"},
           {"pkg:npm/%40angular/core@17.0.0-rc.0", "known"},
           {"pkg:npm/%40angular/core@17.1.0", "known"},
           {"pkg:npm/%40angular/core@latest", "not known"},
           {"pkg:npm/core@17.0.5", "not known"},
           {"pkg:pypi/zope_interface@5.0", "known GHSA-b 5.0.post1"},
           {"pkg:pypi/ZOPE.interface@5.0-1", "known"},
           {"pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1?type=jar",
            "known CVE-2021-44228 2.15.0"},
           {"pkg:maven/org.apache.logging.log4j/log4j-core@2.0-beta8", "known"},
           {"pkg:maven/log4j-core@2.14.1", "not known"},
           {"pkg:golang/github.com/masterminds/goutils/v2@v2.1.0", "known GO-1 2.1.1"},
           {"pkg:golang/github.com/Masterminds/goutils/v2@v2.1.1-0.20200101000000-abcdef123456",
            "known GO-1 2.1.1"},
           {"pkg:golang/github.com/Masterminds/goutils@v2.1.0", "not known"},
           {"pkg:golang/std@1.20.1", "known GO-2 1.21.0-rc.2"},
           {"pkg:golang/stdlib@go1.21.0", "known"},
           {"pkg:golang/stdlib@(devel)", "not known"}})
    EXPECT_EQ(judged(purl), expected) << purl;
  // Without a version in its package URL, that of the component counts.
  EXPECT_EQ(judge({"x", "17.0.5", "", "pkg:npm/%40angular/core"}, feeds).open.size(), 1U);
}

/// A distribution's records tell nothing of what it doesn't build, whatever release it is said to
/// be of.
TEST(Components, OfADistributionAreMatchedByTheSourceThatItsRecordsName) {
  Feeds feeds;
  auto debian = std::make_shared<OsvList>(Ecosystem::debian);
  for (const char* source : {"openssl", "linux", "nodejs", "q"})
    ASSERT_TRUE(debian->add_osv(osv(fmt::format("DEBIAN-CVE-2024-{}", source), "Debian:12", source,
                                    "ECOSYSTEM", R"({"introduced":"0"},{"fixed":"3.0.15-1"})")));
  feeds.osv.at(0) = debian;
  const auto judged = [&](const std::string& package) {
    const auto judgement = judge({"x", "", "", "pkg:deb/debian/" + package}, feeds);
    return fmt::format("{}{}{}", judgement.known ? "known" : "not known",
                       judgement.open.empty() ? "" : " open",
                       judgement.unclear.empty() ? "" : " maybe");
  };
  for (const auto& [package, expected] : std::vector<std::pair<std::string, std::string>>{
           {"openssl@3.0.15-1?distro=debian-12", "known"},
           {"openssl@3.0.14-1?distro=debian-12", "known open"},
           {"libssl3@3.0.15-1?distro=debian-12&upstream=openssl", "known"},
           // The name of what was built is no source's.
           {"libssl3@3.0.14-1?distro=debian-12", "not known"},
           {"linux-image-6.1.0-30-amd64@2.1.124-1?distro=debian-12", "not known"},
           {"linux-image-6.1.0-30-amd64@2.1-1?distro=debian-12&upstream=linux-signed-amd64%402.1%"
            "2B1",
            "known open"},
           // What others build, under their own names and under Debian's.
           {"google-chrome-stable@90.0.4430.72-1?distro=debian-12", "not known"},
           {"docker-ce@5:20.10.1~3-0~debian-bookworm?distro=debian-12", "not known"},
           {"nodejs@20.10.0-1nodesource1?distro=debian-12", "not known"},
           {"nodejs@2.10.0-1nodesource1?distro=debian-12", "not known maybe"},
           {"q@5:27.1-1~debian.12~bookworm?distro=debian-12", "not known"},
           {"q@9.0-1ubuntu3?distro=debian-12", "not known"},
           {"q@9.0-1.pgdg120%2B1?distro=debian-12", "not known"},
           // Debian's own ways to write a revision.
           {"q@9.0-1%2Bdeb12u3?distro=debian-12", "known"},
           {"q@9.0-1.1%2Bb2?distro=debian-12", "known"},
           {"q@9.0-2~bpo12%2B1?distro=debian-12", "known"},
           {"q@9.0%2Bdfsg-1~deb12u1?distro=debian-12", "known"},
           {"q@9.0?distro=debian-12", "known"}})
    EXPECT_EQ(judged(package), expected) << package;
}

TEST(Components, OfTwoVersionsAreOpenByBothAlone) {
  auto nvd = std::make_shared<Weaknesses>();
  ASSERT_TRUE(nvd->add_nvd(
      R"({"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:acme:p:*:*:*:*:*:*:*:*","versionEndExcluding":"2.0"}]}]}]}}]})"));
  Feeds feeds;
  feeds.weaknesses = nvd;
  const auto judged = [&](const std::string& version, const std::string& cpe) {
    const auto judgement =
        judge({"p", version, "cpe:2.3:a:acme:p:" + cpe + ":*:*:*:*:*:*", ""}, feeds);
    return std::pair(judgement.open.size(), judgement.unclear.size());
  };
  using Found = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(judged("1.0", "3.0:*"), Found(0, 1));
  EXPECT_EQ(judged("3.0", "1.0:*"), Found(0, 1));
  EXPECT_EQ(judged("1.1", "1.0:*"), Found(1, 0));
  EXPECT_EQ(judged("3.1", "3.0:*"), Found(0, 0));
  EXPECT_EQ(judged("1.0", "1.0:sp1"), Found(1, 0));
  EXPECT_EQ(judged("?", "3.0:*"), Found(0, 0));
}

}  // namespace
}  // namespace sekisho
