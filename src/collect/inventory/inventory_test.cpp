// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "collect/vuln/embedded.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(List, TakesIntunesExport) {
  const auto devices = read_device_list(
      "Device ID,Device name,Enrollment date,Last check-in,OS,OS version,SkuFamily,Primary user "
      "UPN,Serial number\n"
      "1,PC-001,2026-01-01,2026-11-20,Windows,10.0.22631.4317,Pro,hanako@firm.example,SN1\n"
      "2,iPad-1,2026-01-01,2026-11-20,iOS/iPadOS,26.1,,taro@firm.example,SN2\n");
  ASSERT_TRUE(devices);
  ASSERT_EQ(devices->size(), 2U);
  EXPECT_EQ((*devices)[0].name, "PC-001");
  EXPECT_EQ((*devices)[0].system, "Windows Pro");
  EXPECT_EQ((*devices)[0].version, "10.0.22631.4317");
  EXPECT_EQ((*devices)[0].user, "hanako@firm.example");
  EXPECT_EQ((*devices)[0].serial, "SN1");
  EXPECT_EQ((*devices)[1].system, "iOS/iPadOS");
  EXPECT_EQ((*devices)[1].line, 3U);
}

TEST(List, TakesJapaneseHeadings) {
  const auto devices = read_device_list(
      "管理番号,コンピューター名,OS名,OSバージョン,使用者\nA-1,PC-1,Windows 11 "
      "Pro,10.0.26200,花子\n");
  ASSERT_TRUE(devices);
  EXPECT_EQ(devices->front().serial, "A-1");
  EXPECT_EQ(devices->front().name, "PC-1");
  EXPECT_EQ(devices->front().user, "花子");
}

std::string why(std::string_view bytes) {
  const auto devices = read_device_list(bytes);
  if (devices) return "none";
  return devices.error().front().where + "|" + devices.error().front().message.en;
}

/// What lists look like that tools and spreadsheets write.
TEST(List, TakesTheLinesAroundTheTable) {
  const auto names = [](std::string_view bytes) {
    const auto devices = read_device_list(bytes);
    if (!devices) return "refused: " + devices.error().front().message.en;
    std::string out;
    for (const ListedDevice& one : *devices)
      out += fmt::format("{}|{}|{};", one.name, one.system, one.version);
    return out;
  };
  const std::string one = "A|Windows|10.0.26200.1;";
  EXPECT_EQ(names("Device name,OS,OS version\nA,Windows,10.0.26200.1\n,,\n,,\n"), one);
  EXPECT_EQ(names("端末名,OS,OSバージョン\rA,Windows,10.0.26200.1\r"), one);
  EXPECT_EQ(names("sep=;\n端末名;OS;OSバージョン\nA;Windows;10.0.26200.1\n"), one);
  EXPECT_EQ(names("#TYPE Selected.System.Object\n\"DeviceName\",\"OS\",\"OSVersion\"\n"
                  "\"A\",\"Windows\",\"10.0.26200.1\"\n"),
            one);
  EXPECT_EQ(names("端末一覧（2026年11月）\n\n端末名,OS,OSバージョン\nA,Windows,10.0.26200.1\n"),
            one);
  EXPECT_EQ(names("端末名,OS,OSバージョン\nA,Windows,10.0.26200.1\n合計 1 台\n"), one);
  EXPECT_EQ(names("displayName,operatingSystem,operatingSystemVersion\nA,Windows,10.0.26200.1\n"),
            one);
  EXPECT_EQ(names("端末機名,ＯＳ,ＯＳバージョン\nA,Windows,10.0.26200.1\n"), one);
  EXPECT_EQ(names("Device Name,OS Platform,OS Version\nA,Windows11,24H2\n"), "A|Windows11|24H2;");
  EXPECT_EQ(
      names("コンピューター名,OS,バージョン,OSビルド番号\nA,Windows 11 Pro,25H2,26200.7171\n"),
      "A|Windows 11 Pro|25H2 26200.7171;");
  EXPECT_EQ(names("機器名,OS種別,OSビルド番号\nA,Windows 11,26100\n"), "A|Windows 11|26100;");
  EXPECT_EQ(names("Device name,OS,OS version\nA,Windows,10.0.26200.1\nB,,\n"), one + "B|?|;");
}

TEST(List, TellsDevicesOfOneNameApartByTheirNumbers) {
  const auto devices = read_device_list(
      "Device ID,Device name,Serial number,OS,OS version\n1,iPhone,,iOS,18.7\n2,iPhone,,iOS,17.1\n"
      "3,PC,SN3,Windows,10.0.26200.1\n4,pc,SN4,Windows,10.0.22631.1\n5,Alone,SN5,Windows,1\n");
  ASSERT_TRUE(devices);
  std::vector<std::string> names;
  for (const ListedDevice& one : *devices) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("iPhone (1)", "iPhone (2)", "PC (SN3)", "pc (SN4)", "Alone"));
  EXPECT_FALSE(read_device_list("Device ID,Device name,OS\n1,iPhone,iOS\n1,iPhone,iOS\n"));
}

TEST(List, IsRefusedWholeWithTheLine) {
  EXPECT_THAT(why(""), HasSubstr("empty"));
  EXPECT_THAT(why("a,b\n1,2\n"), HasSubstr("1|the first line has no heading for a device"));
  EXPECT_THAT(why("name\nPC-1\n"), HasSubstr("no heading for its OS"));
  EXPECT_THAT(why("name,os\n"), HasSubstr("lists no device"));
  EXPECT_THAT(why("name,os\nPC-1,Windows\n,Windows\n"), HasSubstr("3|the device has no name"));
  EXPECT_THAT(why("name,os\nPC-1,Windows\npc-1,Windows\n"), HasSubstr("3|'pc-1' is there twice"));
  EXPECT_THAT(why("name,os\n\"PC-1,Windows\n"), HasSubstr("2|a quote"));
  EXPECT_THAT(why(std::string("\x00\x01", 2)), HasSubstr("encoding"));
  std::string many = "name,os\n";
  for (std::size_t i = 0; i <= kMostListedDevices; ++i) many += "p" + std::to_string(i) + ",x\n";
  EXPECT_THAT(why(many), HasSubstr("too many"));
  EXPECT_THAT(why(std::string(kMostListBytes + 1, 'a')), HasSubstr("too large"));
}

TEST(Support, FailsWhatEndedAndCountsPaidExtensions) {
  const auto guideline = load_guideline(embedded_guideline());
  auto feed = read_support(*parse_json("eol", embedded_support(), kFeedLimits));
  const Time now = *parse_time("2026-11-24T09:00:00Z");
  feed->as_of = Calendar().day(now) - kSupportStaleAfter;
  const auto judge = [&](const char* system, const char* version, bool extended) {
    return support_evidence(*guideline, *feed, {"device:x"}, system, version, extended, now,
                            Calendar().day(now), "collector:list");
  };
  EXPECT_EQ(judge("Windows", "10.0.26200", false).verdict(), Verdict::pass);
  EXPECT_EQ(judge("Windows", "10.0.22631", false).verdict(), Verdict::fail);
  EXPECT_EQ(judge("Windows", "10.0.19045", false).verdict(), Verdict::fail);
  const Evidence paid = judge("Windows", "10.0.19045", true);
  EXPECT_EQ(paid.verdict(), Verdict::pass);
  EXPECT_THAT(paid.detail().en, HasSubstr("extended support goes on until 2028-10-10"));
  const Evidence home = judge("Windows 10 Home", "22H2", true);
  EXPECT_EQ(home.verdict(), Verdict::fail) << "what is sold to firms can't be had for it";
  EXPECT_EQ(judge("Red Hat Enterprise Linux", "9.4", false).verdict(), Verdict::unknown);
  EXPECT_THAT(judge("Rocky Linux", "9.3", false).detail().en, HasSubstr("update to 9.8"));
  EXPECT_EQ(judge("macOS", "26.1", false).verdict(), Verdict::pass) << "its end is open";
  EXPECT_EQ(judge("Debian GNU/Linux", "12", false).verdict(), Verdict::pass) << "its LTS is free";
  EXPECT_EQ(judge("Plan 9", "4", true).verdict(), Verdict::unknown);
  EXPECT_EQ(judge("Windows 7", "", true).verdict(), Verdict::fail) << "its ESU has ended as well";
  EXPECT_EQ(judge("Windows", "10.0.26200", false).valid_until,
            std::chrono::sys_days(std::chrono::days(1) + Calendar().day(now).time_since_epoch()))
      << "it holds no longer than the list";
  // The same by a list that is a day older: what has ended has ended, all else is not known.
  feed->as_of -= std::chrono::days(1);
  for (const auto& [system, version] :
       {std::pair("Windows", "10.0.26200"), {"macOS", "26.1"}, {"Debian GNU/Linux", "12"}}) {
    const Evidence old = judge(system, version, false);
    EXPECT_EQ(old.verdict(), Verdict::unknown) << system;
    EXPECT_THAT(old.detail().en, HasSubstr("is of 2026-08-25, 91 days old")) << system;
  }
  EXPECT_EQ(judge("Windows", "10.0.19045", false).verdict(), Verdict::fail);
  // A date that lies ahead would never grow old.
  feed->as_of = Calendar().day(now) + kMostAhead + std::chrono::days(1);
  EXPECT_EQ(judge("Windows", "10.0.26200", false).verdict(), Verdict::unknown);
  feed->as_of -= std::chrono::days(1);
  EXPECT_EQ(judge("Windows", "10.0.26200", false).verdict(), Verdict::pass);
}

TEST(Platforms, HaveNothingToDoWithChecksOfOthers) {
  const auto guideline = load_guideline(embedded_guideline());
  const auto ids = [&](const char* platform) {
    std::vector<std::string> list;
    for (const Evidence& one : unconcerned_evidence(*guideline, {"x"}, platform, Time{}, "s")) {
      EXPECT_EQ(one.verdict(), Verdict::not_applicable);
      list.push_back(one.check);
    }
    return list;
  };
  EXPECT_THAT(ids("windows"), testing::IsSupersetOf({"umask", "ssh-root-login", "uid-zero"}));
  EXPECT_THAT(ids("windows"), testing::Not(testing::Contains("disk-encryption")));
  EXPECT_THAT(ids("darwin"), testing::Not(testing::Contains("umask")));
  EXPECT_THAT(ids("darwin"), testing::Contains("package-lists-age"));
  EXPECT_TRUE(ids("linux").empty());
  EXPECT_TRUE(ids("").empty());
}

}  // namespace
}  // namespace sekisho
