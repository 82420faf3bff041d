// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/vuln.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/vuln/embedded.h"

namespace sekisho {
namespace {

TEST(VersionParts, OrderAsDebianDoes) {
  const std::vector<std::string> ascending{
      "1.0~beta1~svn1245", "1.0~beta1", "1.0",  "1.0-1", "1.0-1+deb12u1", "1.0-1+deb12u10", "1.0a",
      "1.0+dfsg",          "1.1",       "1.10", "1:0.1"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t j = 0; j < ascending.size(); ++j)
      EXPECT_EQ(compare_versions(ascending[i], ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
  EXPECT_EQ(compare_versions("0:1.00", "1.0"), std::strong_ordering::equal);
  EXPECT_EQ(compare_versions("", "0"), std::strong_ordering::equal);
}

TEST(VersionParts, UpstreamHasNoEpochAndRevision) {
  EXPECT_EQ(upstream_version("4:7.4.7-1+deb12u14"), "7.4.7");
  EXPECT_EQ(upstream_version("2.6.12-bookworm0"), "2.6.12");
  EXPECT_EQ(upstream_version("5"), "5");
}

SupportFeed embedded() { return *read_support(*parse_json("f", embedded_support(), kFeedLimits)); }

TEST(Support, FindsTheLineOfAVersion) {
  const SupportFeed feed = embedded();
  EXPECT_EQ(feed.products.size(), 102U);
  EXPECT_EQ(feed.find("debian", "12")->name, "12");
  EXPECT_EQ(feed.find("openvpn", "2.6.22")->name, "2.6");
  EXPECT_EQ(feed.find("openvpn", "2.60"), nullptr);
  EXPECT_EQ(feed.find("firefox", "15.0"), feed.find("firefox", "15"));
  EXPECT_EQ(feed.find("none", "1"), nullptr);
}

TEST(Support, WhatComesBeforeAllLinesHasEndedWithTheOldest) {
  const SupportFeed feed = embedded();
  const Day today = *parse_day("2026-08-22");
  const Cycle* firefox = feed.ended_after("firefox", "10.0.2", today);
  ASSERT_NE(firefox, nullptr);
  EXPECT_EQ(firefox->name, "78");
  EXPECT_EQ(feed.ended_after("fortios", "5.6.14", today)->name, "6.0");
  // The oldest went on until 2021-11-02.
  EXPECT_EQ(feed.ended_after("firefox", "10.0.2", *parse_day("2021-11-02")), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "78.1", today), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "1000", today), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "", today), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "esr", today), nullptr);
  // The oldest line itself has its own day.
  EXPECT_EQ(feed.ended_after("firefox", "78", today), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "78.0", today), nullptr);
  EXPECT_NE(feed.ended_after("firefox", "77.9", today), nullptr);
  EXPECT_EQ(feed.ended_after("firefox", "77.9 or so", today), nullptr);
  EXPECT_EQ(feed.ended_after("none", "1", today), nullptr);
}

TEST(Support, EndsOnItsLastDay) {
  const SupportFeed feed = embedded();
  const Cycle& bookworm = *feed.find("debian", "12");
  EXPECT_TRUE(bookworm.supported_on(*parse_day("2026-07-11")));
  EXPECT_FALSE(bookworm.supported_on(*parse_day("2026-07-12")));
  EXPECT_TRUE(bookworm.extended_on(*parse_day("2028-06-30")));
  EXPECT_FALSE(bookworm.extended_on(*parse_day("2028-07-01")));
}

TEST(Support, ReadsBothShapesOfTheApiAlike) {
  const auto v0 = parse_json(
      "debian.json",
      R"([{"cycle": "12", "eol": "2026-07-11", "extendedSupport": "2028-06-30", "latest": "12.15", "lts": false}, {"cycle": 11, "eol": true}])");
  const auto v1 = parse_json(
      "debian",
      R"({"schema_version": "1.2.0", "result": {"name": "debian", "label": "Debian", "releases": [
      {"name": "12", "isLts": false, "eolFrom": "2026-07-11", "isEol": true, "eoesFrom": "2028-06-30", "latest": {"name": "12.15", "date": "2026-07-11"}},
      {"name": "11", "isEol": true, "eolFrom": null}]}})");
  const auto a = read_product(*v0, "debian");
  const auto b = read_product(*v1, "x");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->first, "debian");
  EXPECT_EQ(b->first, "debian");
  ASSERT_EQ(a->second.size(), 2U);
  EXPECT_EQ(b->second[0].as_object().at("eol"), a->second[0].as_object().at("eol"));
  EXPECT_EQ(b->second[0].as_object().at("extendedSupport"),
            a->second[0].as_object().at("extendedSupport"));
  EXPECT_EQ(b->second[1].as_object().at("eol"), true);
}

TEST(Support, RefusesWhatIsNotAFeed) {
  for (const char* bad :
       {"[]", "{}", R"({"as_of": "2026-13-01", "products": {"a": [{"cycle": "1", "eol": false}]}})",
        R"({"as_of": "2026-01-01", "products": {}})",
        R"({"as_of": "2026-01-01", "products": {"a": [{"cycle": "1", "eol": "soon"}]}})",
        R"({"as_of": "2026-01-01", "products": {"a": 1}})"})
    EXPECT_FALSE(read_support(*parse_json("f", bad))) << bad;
}

TEST(Exploited, ReadsCisasCatalogue) {
  const auto feed = read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits));
  ASSERT_TRUE(feed) << feed.error().describe(Lang::en);
  EXPECT_EQ(format_day(feed->as_of), "2026-08-21");
  std::size_t entries = 0;
  for (const auto& [product, list] : feed->by_product) entries += list.size();
  EXPECT_EQ(entries, 1674U);
  EXPECT_THAT(feed->by_product.at({"Sudo", "Sudo"}),
              testing::Contains(testing::Field(&ExploitedEntry::cve, "CVE-2021-3156")));
}

TEST(Exploited, RefusesWhatIsNotTheCatalogue) {
  for (const char* bad : {"[]", "{}", R"({"dateReleased": "2026-01-01", "vulnerabilities": []})",
                          R"({"dateReleased": "2026-01-01", "vulnerabilities": [{"cveID": "x"}]})"})
    EXPECT_FALSE(read_exploited(*parse_json("f", bad))) << bad;
}

}  // namespace
}  // namespace sekisho
