// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/osv_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "temp_root.h"

namespace sekisho {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names(const std::vector<OsvList::Found>& found) {
  std::vector<std::string> list;
  for (const auto& one : found) list.push_back(one.id + " " + one.fixed);
  return list;
}

std::string debian_record(const std::string& id, const std::string& package,
                          const std::string& events, const std::string& more = "",
                          const std::string& ecosystem = "Debian:12") {
  return fmt::format(
      R"({{"schema_version":"1.6.0","id":"{}",{}"affected":[{{"package":{{"ecosystem":"{}","name":"{}","purl":"x"}},)"
      R"("ranges":[{{"type":"GIT","events":[{{"introduced":"0"}}]}},{{"type":"ECOSYSTEM","events":[{}]}}],"versions":["1"]}}]}})",
      id, more, ecosystem, package, events);
}

TEST(Debian, AFixOfItsOwnCountsThoughTheVersionLooksOld) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2023-4911", "glibc",
                                        R"({"introduced":"0"},{"fixed":"2.36-9+deb12u3"})")));
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2010-4756", "glibc", R"({"introduced":"0"})")));
  EXPECT_THAT(names(all.of("12", "glibc", "2.36-9")),
              ElementsAre("CVE-2010-4756 ", "CVE-2023-4911 2.36-9+deb12u3"));
  EXPECT_THAT(names(all.of("12", "glibc", "2.36-9+deb12u3")), ElementsAre("CVE-2010-4756 "));
  EXPECT_THAT(names(all.of("12", "glibc", "2.36-9+deb12u3~bpo11+1")),
              ElementsAre("CVE-2010-4756 ", "CVE-2023-4911 2.36-9+deb12u3"));
  EXPECT_THAT(names(all.of("12", "glibc", "1:2.0")), ElementsAre("CVE-2010-4756 "));
  EXPECT_THAT(all.of("11", "glibc", "2.36-9"), IsEmpty());
  EXPECT_TRUE(all.covers("12"));
  EXPECT_FALSE(all.covers("11"));
}

TEST(Debian, AnAdvisoryStandsForItsCves) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(debian_record("DSA-5514-1", "glibc",
                                        R"({"introduced":"0"},{"fixed":"2.36-9+deb12u3"})",
                                        R"("upstream":["CVE-2023-4911","CVE-2023-5156"],)")));
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2023-4911", "glibc", R"({"introduced":"0"})")));
  ASSERT_TRUE(
      all.add_osv(debian_record("DSA-1-1", "glibc", R"({"introduced":"0"},{"fixed":"3"})")));
  EXPECT_THAT(
      names(all.of("12", "glibc", "2.36-9")),
      ElementsAre("CVE-2023-4911 2.36-9+deb12u3", "CVE-2023-5156 2.36-9+deb12u3", "DSA-1-1 3"));
}

TEST(Debian, EventsMayStandInAnyOrder) {
  const std::vector<std::string> events{R"({"introduced":"0"})", R"({"fixed":"1.2"})",
                                        R"({"introduced":"2.0"})", R"({"fixed":"3.0"})"};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    std::string text;
    for (const std::size_t i : order) text += (text.empty() ? "" : ",") + events[i];
    OsvList all(Ecosystem::debian);
    ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2024-1", "x", text)));
    for (const char* open : {"0.9", "1.1", "2.0", "2.9"})
      EXPECT_EQ(all.of("12", "x", open).size(), 1) << open << " " << text;
    for (const char* closed : {"1.2", "1.9", "3.0", "4"})
      EXPECT_EQ(all.of("12", "x", closed).size(), 0) << closed << " " << text;
  } while (std::ranges::next_permutation(order).found);
}

TEST(Debian, VersionsCountWhereThereAreNoRanges) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(
      R"({"id":"DEBIAN-CVE-2024-1","affected":[{"package":{"ecosystem":"Debian:12","name":"x"},"versions":["1-1","1-2"]}]})"));
  for (const char* open : {"1-1", "1-2"}) EXPECT_EQ(all.of("12", "x", open).size(), 1) << open;
  for (const char* closed : {"1-0", "1-1.1", "1-3"})
    EXPECT_EQ(all.of("12", "x", closed).size(), 0) << closed;
}

TEST(Debian, SignedAndRebuiltPackagesCountAsTheirSource) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(
      debian_record("DEBIAN-CVE-2024-1", "linux", R"({"introduced":"0"},{"fixed":"6.1.140-1"})")));
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2024-2", "grub2",
                                        R"({"introduced":"0"},{"fixed":"2.06-13+deb12u1"})")));
  ASSERT_TRUE(
      all.add_osv(debian_record("DEBIAN-CVE-2024-3", "chromium",
                                R"({"introduced":"0"},{"fixed":"149.0.7827.120-1~deb12u1"})")));
  ASSERT_TRUE(all.add_osv(
      debian_record("DEBIAN-CVE-2024-4", "vim", R"({"introduced":"0"},{"fixed":"2:9.0.1378-2"})")));
  EXPECT_EQ(all.of("12", "linux-signed-amd64", "6.1.124+1").size(), 1);
  EXPECT_EQ(all.of("12", "linux-signed-arm64", "6.1.140+1").size(), 0);
  EXPECT_EQ(all.of("12", "grub-efi-amd64-signed", "1+2.06+13").size(), 1);
  EXPECT_EQ(all.of("12", "grub-efi-amd64-signed", "1+2.06+13+deb12u1").size(), 0);
  EXPECT_EQ(all.of("12", "chromium", "1:149.0.7827.114-1~deb12u1+rpt1").size(), 1);
  EXPECT_EQ(all.of("12", "chromium", "1:149.0.7827.120-1~deb12u1+rpt1").size(), 0);
  EXPECT_EQ(all.of("12", "chromium", "1:149.0.7827.114-1~deb12u1").size(), 0) << "its own epoch";
  EXPECT_EQ(all.of("12", "vim", "2:9.0.1378-1+rpt1").size(), 1);
}

TEST(Debian, EventsOpenAndCloseMoreThanOnce) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(debian_record(
      "DEBIAN-CVE-2024-1", "x",
      R"({"introduced":"1.0"},{"fixed":"1.2"},{"introduced":"2.0"},{"last_affected":"2.3"})")));
  for (const char* open : {"1.0", "1.1", "2.0", "2.3"})
    EXPECT_EQ(all.of("12", "x", open).size(), 1) << open;
  for (const char* closed : {"0.9", "1.2", "1.9", "2.3-1"})
    EXPECT_EQ(all.of("12", "x", closed).size(), 0) << closed;
}

TEST(Debian, ANewerReadingOrAWithdrawalTakesTheOldOnesPlace) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2024-1", "x", R"({"introduced":"0"})")));
  ASSERT_TRUE(
      all.add_osv(debian_record("DEBIAN-CVE-2024-1", "x", R"({"introduced":"0"},{"fixed":"2"})")));
  EXPECT_THAT(all.of("12", "x", "3"), IsEmpty());
  EXPECT_EQ(all.of("12", "x", "1").size(), 1);
  ASSERT_TRUE(all.add_osv(debian_record("DEBIAN-CVE-2024-1", "x", R"({"introduced":"0"})",
                                        R"("withdrawn":"2024-01-01T00:00:00Z",)")));
  EXPECT_THAT(all.of("12", "x", "1"), IsEmpty());
  ASSERT_TRUE(all.add_osv(debian_record("GHSA-1", "x", R"({"introduced":"0"})", "", "PyPI")));
  EXPECT_THAT(all.of("12", "x", "1"), IsEmpty());
}

TEST(Debian, IsKeptAsItWas) {
  OsvList all(Ecosystem::debian);
  ASSERT_TRUE(all.add_osv(debian_record("DSA-1-1", "x",
                                        R"({"introduced":"1:1"},{"last_affected":"1:2~rc1"})",
                                        R"("aliases":["CVE-2024-1"],)")));
  ASSERT_TRUE(all.add_osv(
      debian_record("DEBIAN-CVE-2024-2", "y", R"({"introduced":"0"})", "", "Debian:13")));
  const std::string kept = all.serialised();
  OsvList again(Ecosystem::debian);
  ASSERT_TRUE(again.add_serialised(kept));
  EXPECT_EQ(again.serialised(), kept);
  EXPECT_EQ(again.of("12", "x", "1:2~rc1").size(), 1);
  EXPECT_EQ(again.of("13", "y", "1").size(), 1);
  for (const std::string& wrong :
       {std::string("x"), kept + "a\tb\n", kept + "a\t12\tx\tCVE-1\t0\tq\t\n",
        "sekisho-debian 1\textra\n" + kept})
    EXPECT_FALSE(OsvList(Ecosystem::debian).add_serialised(wrong)) << wrong;
}

TEST(Debian, WhatIsNoRecordIsRefusedAndChangesNothing) {
  OsvList all(Ecosystem::debian);
  for (const std::string& wrong :
       {std::string(), std::string("{}"), std::string("[]"), std::string(R"({"id":"a b"})"),
        std::string(R"({"id":"X-1","affected":[{"package":{}}]})"),
        debian_record("X-1", "x", R"({"introduced":0})"), std::string(R"({"id":"X-1")")})
    EXPECT_FALSE(all.add_osv(wrong)) << wrong;
  EXPECT_EQ(all.size(), 0);
}

TEST(Debian, ReadsAnArchiveAndRefusesABrokenOneByItsRecord) {
  const TempRoot folder;
  const auto archive = [&](const std::string& name, const std::vector<std::string>& texts) {
    const std::string path = (folder.path() / name).string();
    int code = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
    for (std::size_t i = 0; i < texts.size(); ++i)
      zip_file_add(zip, fmt::format("{}.json", i).c_str(),
                   zip_source_buffer(zip, texts[i].data(), texts[i].size(), 0), 0);
    EXPECT_EQ(zip_close(zip), 0);
    return *read_input_file(path, 1U << 30U);
  };
  OsvList all(Ecosystem::debian);
  const std::vector<std::string> good{
      debian_record("DEBIAN-CVE-2024-1", "x", R"({"introduced":"0"})"),
      debian_record("DEBIAN-CVE-2024-2", "x", R"({"introduced":"0"},{"fixed":"9"})")};
  ASSERT_TRUE(all.add_osv_archive(archive("good.zip", good)));
  EXPECT_EQ(all.of("12", "x", "1").size(), 2);
  const std::vector<std::string> bad{good[0], "{}"};
  EXPECT_EQ(all.add_osv_archive(archive("bad.zip", bad)).error().where, "1.json");
  const std::vector<std::string> bomb{std::string(kMostOsvRecord + 1, ' ')};
  EXPECT_FALSE(all.add_osv_archive(archive("bomb.zip", bomb)));
  EXPECT_FALSE(all.add_osv_archive("PK\x03\x04 but no more"));
  EXPECT_EQ(all.as_of(), Day{}) << "none of them says when it was changed";
  // It is as old as the newest debian_record of an archive; one debian_record more makes it no
  // newer.
  const auto changed = [](const char* id, const char* day) {
    return debian_record(id, "x", R"({"introduced":"0"})",
                         fmt::format(R"("modified":"{}T01:02:03Z",)", day));
  };
  const std::vector<std::string> dated{changed("DEBIAN-CVE-2024-1", "2026-11-20"),
                                       changed("DEBIAN-CVE-2024-2", "2026-01-01")};
  ASSERT_TRUE(all.add_osv_archive(archive("dated.zip", dated)));
  EXPECT_EQ(all.as_of(), *parse_day("2026-11-20"));
  OsvList kept(Ecosystem::debian);
  ASSERT_TRUE(kept.add_serialised(all.serialised()));
  ASSERT_TRUE(kept.add_osv(changed("DEBIAN-CVE-2024-3", "2026-11-25")));
  EXPECT_EQ(kept.as_of(), *parse_day("2026-11-20"));
  for (const char* wrong : {"sekisho-debian 2\n", "sekisho-debian 2\tx\n", "sekisho-debian 1\t\n"})
    EXPECT_FALSE(OsvList(Ecosystem::debian).add_serialised(wrong)) << wrong;
}

std::string record_of(const std::string& affected, const std::string& more = "") {
  return fmt::format(R"({{"id":"GHSA-1",{}"affected":[{}]}})", more, affected);
}

TEST(Osv, RangesListsAndLimitsAreReadAsTheSchemaSays) {
  const auto open = [](const std::string& affected, const std::string& version) {
    OsvList list(Ecosystem::npm);
    EXPECT_TRUE(
        list.add_osv(record_of(R"({"package":{"ecosystem":"npm","name":"x"},)" + affected + "}")))
        << affected;
    OsvList again(Ecosystem::npm);
    EXPECT_TRUE(again.add_serialised(list.serialised())) << list.serialised();
    const auto found = again.of("", "x", version);
    return found.empty()            ? std::string("no")
           : found[0].unclear       ? "perhaps"
           : found[0].fixed.empty() ? "yes"
                                    : "yes, until " + found[0].fixed;
  };
  const std::string two =
      R"("ranges":[{"type":"SEMVER","events":[{"fixed":"2.1.0"},{"introduced":"0"},{"fixed":"1.2.0"},{"introduced":"2.0.0-beta"}]},
                   {"type":"ECOSYSTEM","events":[{"introduced":"4.0.0"},{"last_affected":"4.2.0"}]},
                   {"type":"GIT","repo":"https://example.jp","events":[{"introduced":"0"}]}],
         "versions":["1.0.0","3.0.0","not a version"])";
  for (const auto& [version, said] :
       std::vector<std::pair<const char*, const char*>>{{"0.0.1", "yes, until 1.2.0"},
                                                        {"1.2.0-rc.1", "yes, until 1.2.0"},
                                                        {"1.2.0", "no"},
                                                        {"2.0.0-alpha", "no"},
                                                        {"2.0.0-beta", "yes, until 2.1.0"},
                                                        {"2.1.0", "no"},
                                                        {"3.0.0", "yes"},
                                                        {"3.0.1", "no"},
                                                        {"4.2.0", "yes"},
                                                        {"4.2.1", "no"}})
    EXPECT_EQ(open(two, version), said) << version;
  const std::string limited =
      R"("ranges":[{"type":"SEMVER","events":[{"introduced":"1.0.0"},{"limit":"2.0.0"}]}])";
  EXPECT_EQ(open(limited, "1.9.9"), "yes");
  EXPECT_EQ(open(limited, "2.0.0"), "no");
  EXPECT_EQ(
      open(R"("ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"limit":"*"}]}])", "9.0.0"),
      "yes");
  EXPECT_EQ(
      open(
          R"("ranges":[{"type":"SEMVER","events":[{"introduced":"3.0.0"},{"limit":"2.0.0"}]}],"versions":["1.0.0"])",
          "3.0.0"),
      "no");
  // Where a bound can't be read, neither can be told.
  const std::string odd =
      R"("ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2"}]}])";
  EXPECT_EQ(open(odd, "0.0.1"), "perhaps");
  EXPECT_EQ(open(odd, "9.0.0"), "perhaps");
}

TEST(Osv, WhatIsLeftOutIsCounted) {
  const auto record = read_osv(record_of(
      R"({"package":{"ecosystem":"RubyGems","name":"x"}},{"package":{"ecosystem":"npm","name":"y"},"ranges":[{"type":"GIT","repo":"r","events":[{"introduced":"0"}]}]},
         {"ranges":[{"type":"GIT","repo":"r","events":[{"introduced":"0"}]}]})"));
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->affected.empty());
  OsvTally tally;
  tally.count(*record, {});
  tally.count(*read_osv(record_of(R"({"package":{"ecosystem":"RubyGems","name":"x"}})")), {});
  tally.count(*read_osv(record_of("", R"("withdrawn":"2024-01-01T00:00:00Z",)")), {});
  std::array<bool, kEcosystems> npm{};
  npm.at(3) = true;
  tally.count(
      *read_osv(record_of(R"({"package":{"ecosystem":"npm","name":"y"},"versions":["1.0.0"]})")),
      npm);
  EXPECT_EQ(tally.records, 4U);
  EXPECT_EQ(tally.all_kept(), 1U);
  EXPECT_EQ(tally.left_out().en,
            "1 of RubyGems, an ecosystem that isn't used; 1 with no versions that can be used; 1 "
            "withdrawn");
}

TEST(Osv, AnotherEcosystemsKeptListIsNotRead) {
  OsvList list(Ecosystem::npm);
  ASSERT_TRUE(list.add_osv(
      record_of(R"({"package":{"ecosystem":"npm","name":"y"},"versions":["1.0.0"]})")));
  const std::string kept = list.serialised();
  EXPECT_TRUE(OsvList(Ecosystem::npm).add_serialised(kept));
  EXPECT_FALSE(OsvList(Ecosystem::pypi).add_serialised(kept));
  EXPECT_FALSE(OsvList(Ecosystem::npm).add_serialised("sekisho-debian 1\n"));
  // As the release before kept Debian's.
  OsvList debian(Ecosystem::debian);
  ASSERT_TRUE(debian.add_serialised(
      "sekisho-debian "
      "2\t2026-11-20\nA\t12\tx\tCVE-2024-1\t0\tf\t2\nB\t12\tx\tCVE-2024-2\t0\tf\t\n"));
  EXPECT_EQ(debian.of("12", "x", "1").size(), 2U);
  EXPECT_EQ(debian.of("12", "x", "2").size(), 1U);
}

}  // namespace
}  // namespace sekisho
