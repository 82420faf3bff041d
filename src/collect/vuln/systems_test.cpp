// SPDX-License-Identifier: Apache-2.0
#include "collect/vuln/systems.h"

#include <gtest/gtest.h>

#include "collect/vuln/embedded.h"

namespace sekisho {
namespace {

using State = SystemSupport::State;

struct Case {
  const char* system;
  const char* version;
  const char* cycle;  // "" when it can't be told
  State state;
};

/// On 2026-11-24, with the feed that ships.
TEST(Systems, AreToldFromTheNamesThatListsAndToolsGiveThem) {
  const auto document = parse_json("eol", embedded_support(), kFeedLimits);
  const auto feed = read_support(*document);
  ASSERT_TRUE(feed);
  const Day today = *parse_day("2026-11-24");
  for (const Case& one : std::initializer_list<Case>{
           // Microsoft Intune's export: "Windows" and the full version; the edition may be beside
           // it.
           {"Windows", "10.0.26200.1234", "11-25h2-w", State::supported},
           {"Windows", "10.0.22631.4317", "11-23h2-w", State::ended},
           {"Windows Enterprise", "10.0.22631.4317", "11-23h2-e", State::ended},
           {"Windows Enterprise", "10.0.26100.1", "11-24h2-e", State::supported},
           {"Windows Education", "10.0.26100", "11-24h2-e", State::supported},
           {"Windows Pro", "10.0.26100.1", "11-24h2-w", State::ended},
           {"Windows", "10.0.19045.6456", "10-22h2", State::extended},
           // osquery: os_version.name and version.
           {"Microsoft Windows 11 Pro", "10.0.26200", "11-25h2-w", State::supported},
           {"Microsoft Windows 10 Enterprise LTSC", "10.0.19044", "10-21h2-e-lts",
            State::supported},
           {"Microsoft Windows 10 IoT Enterprise LTSC", "10.0.19044", "10-21h2-iot-lts",
            State::supported},
           {"Microsoft Windows Server 2022 Standard", "10.0.20348", "2022", State::supported},
           {"Microsoft Windows Server 2019 Standard", "10.0.17763", "2019", State::supported},
           {"Microsoft Windows Server 2012 R2 Standard", "6.3.9600", "2012-r2", State::ended},
           {"Windows Server 2016", "", "2016", State::supported},
           {"Windows Server 2008 R2", "", "2008-r2-sp1", State::ended},
           // As people write it.
           {"Windows 11 Pro 23H2", "", "11-23h2-w", State::ended},
           {"Windows 11 Home 25H2", "", "11-25h2-w", State::supported},
           {"Windows 10 Pro 22H2", "", "10-22h2", State::extended},
           {"Windows 10 Pro", "1809", "10-1809-w", State::ended},
           // Releases and builds in the version's column, in the usual writings.
           {"Windows 10 Pro", "22H2", "10-22h2", State::extended},
           {"Windows 10 Pro", "19045.4046", "10-22h2", State::extended},
           {"Windows 10 Pro 22H2 19045.4046", "", "10-22h2", State::extended},
           {"Windows 10 Pro", "22H2 (OS ビルド 19045.4046)", "10-22h2", State::extended},
           {"Windows 10 Pro", "バージョン 22H2 (OS ビルド 19045.4046)", "10-22h2", State::extended},
           {"Microsoft Windows 11 Pro", "10.0.26100 N/A Build 26100", "11-24h2-w", State::ended},
           {"Windows 11 Pro", "10.0 (26100)", "11-24h2-w", State::ended},
           {"Windows 11 Pro", "24H2 26100.4061", "11-24h2-w", State::ended},
           {"Windows 11 Pro", "25h2", "11-25h2-w", State::supported},
           {"Windows11 Pro 25H2", "", "11-25h2-w", State::supported},
           {"Windows10", "22H2", "10-22h2", State::extended},
           {"Win10 Pro", "22H2", "10-22h2", State::extended},
           {"Win11", "24H2", "11-24h2-w", State::ended},
           {"ＷＩＮＤＯＷＳ　１１ Ｐｒｏ", "２４Ｈ２", "11-24h2-w", State::ended},
           {"ウィンドウズ10", "22H2", "10-22h2", State::extended},
           {"Windows 10 Pro 64bit", "2004", "10-2004", State::ended},
           {"Windows 10 Pro (64ビット)", "1909", "10-1909-w", State::ended},
           {"WindowsServer2019", "1809", "2019", State::supported},
           // What contradicts itself, or could be two.
           {"Windows 11 Pro", "24H2→25H2", "", State::unknown},
           {"Windows 11 Pro", "24H2⇒25H2", "", State::unknown},
           {"Windows 11 Pro", "24H2から25H2", "", State::unknown},
           {"Windows 11 Pro", "25H2（予定）", "", State::unknown},
           {"Windows 11 Pro", "25H2未適用", "", State::unknown},
           {"Windows 11 Pro", "25H2+", "", State::unknown},
           {"Windows 11 Pro 25H2へ", "", "", State::unknown},
           {"Windows 11 Pro", "25H2 (planned)", "", State::unknown},
           {"macOS", "26以降", "", State::unknown},
           {"macOS", "26 or later", "", State::unknown},
           {"Windows 11 Pro", "25H2版", "11-25h2-w", State::supported},
           {"Microsoft® Windows 11 Pro", "25H2", "11-25h2-w", State::supported},
           {"Windows 11 Pro", "24H2 22631.1", "", State::unknown},
           {"Windows 11 Pro 23H2", "24H2", "", State::unknown},
           {"Windows", "22H2", "", State::unknown},
           {"Windows 11", "", "", State::unknown},
           {"W10", "", "", State::unknown},
           {"Windows", "0.0.0.0", "", State::unknown},
           // The registry of Windows 11 calls it Windows 10.
           {"Windows 10 Pro", "10.0.22631", "11-23h2-w", State::ended},
           // Editions by Microsoft's lifecycle.
           {"Windows 11 Pro Education", "10.0.26100.1", "11-24h2-w", State::ended},
           {"Windows 11 Education", "10.0.26100.1", "11-24h2-e", State::supported},
           {"Windows 11 Pro for Workstations", "10.0.26100", "11-24h2-w", State::ended},
           {"Windows 11 Enterprise N", "10.0.22631.1", "11-23h2-e", State::ended},
           {"Windows 11 IoT Enterprise", "10.0.26100", "11-24h2-e", State::supported},
           {"Windows 11 IoT Enterprise LTSC", "10.0.26100", "11-24h2-iot-lts", State::supported},
           {"Windows 10 IoT Enterprise LTSC", "10.0.17763", "10-1809-e-lts", State::supported},
           {"Windows 10 Enterprise LTSC 2019", "10.0.17763", "10-1809-e-lts", State::supported},
           {"Windows 10 Enterprise 2016 LTSB", "10.0.14393", "10-1607-e-lts", State::ended},
           {"Windows 10 Enterprise LTSC 2021", "", "10-21h2-e-lts", State::supported},
           {"Windows 10 Home", "22H2", "10-22h2", State::ended},
           {"Windows 11 Home", "10.0.26200", "11-25h2-w", State::supported},
           {"Windows Server 2022 Datacenter: Azure Edition", "10.0.20348", "2022",
            State::supported},
           {"Windows Server Standard", "10.0.26100", "2025", State::supported},
           {"Windows Server Standard", "10.0.17763", "", State::unknown},
           {"Windows Server 23H2 Datacenter", "10.0.25398", "23h2-ac", State::ended},
           {"Windows Server, version 20H2", "10.0.19042", "20h2-sac", State::ended},
           {"Windows Server 2016", "10.0.17763", "", State::unknown},
           {"Windows Server 2003 R2", "5.2.3790", "", State::unknown},
           {"Windows Storage Server 2016 Standard", "10.0.14393", "2016", State::supported},
           {"Hyper-V Server 2019", "10.0.17763", "2019", State::supported},
           {"Windows Embedded Standard 7", "6.1.7601", "", State::unknown},
           {"Windows Holographic", "10.0.22621.1", "", State::unknown},
           {"Windows Subsystem for Linux (Ubuntu 22.04)", "", "", State::unknown},
           // Families are known by what a name begins with.
           {"Cisco IOS", "15.2(7)E", "", State::unknown},
           {"Cisco IOS XE", "17.09.04a", "", State::unknown},
           {"IOS-XE", "17.3.5", "17.3", State::ended},
           {"IOS XR", "7.5.2", "", State::unknown},
           {"VIOS", "3.1", "", State::unknown},
           {"BIOS 1.2", "", "", State::unknown},
           {"LMDE 6 (Debian)", "6", "lmde6", State::ended},
           {"Ubuntu Core", "22", "", State::unknown},
           {"Ubuntu 18.04", "22.04", "", State::unknown},
           {"Linux (ubuntu)", "22.04", "22.04", State::supported},
           {"Apple iOS", "26.1", "26", State::supported},
           {"HarmonyOS", "4.0", "", State::unknown},
           // Long ended.
           {"CentOS Linux", "7.9.2009", "7", State::ended},
           {"CentOS Stream", "8", "8", State::ended},
           {"Amazon Linux", "2", "2", State::ended},
           {"VMware ESXi", "7.0.3", "7.0", State::ended},
           {"openSUSE Leap", "15.5", "15.5", State::ended},
           // Minor releases end with the next.
           {"Red Hat Enterprise Linux", "9.8", "9", State::supported},
           {"Red Hat Enterprise Linux", "9.4", "9", State::unknown},
           {"Red Hat Enterprise Linux", "9", "9", State::unknown},
           {"Rocky Linux", "9.3", "9", State::ended},
           {"AlmaLinux", "8.10", "8", State::supported},
           {"Windows 10 Pro 1809", "", "10-1809-w", State::ended},
           {"Windows 7 Professional", "6.1.7601", "7-sp1", State::ended},
           {"Windows 7", "", "7-sp1", State::ended},
           {"Windows 8.1", "", "8.1", State::ended},
           {"Windows XP", "", "5-sp3", State::ended},
           {"Windows 11 Pro", "", "", State::unknown},
           {"Windows", "", "", State::unknown},
           {"Windows", "10.0.99999.1", "", State::unknown},
           {"macOS", "26.1 (25B78)", "26", State::supported},
           {"macOS", "13.7.8", "13", State::ended},
           {"Mac OS X", "10.15.7", "10.15", State::ended},
           {"iOS/iPadOS", "26.1", "26", State::supported},
           {"Android", "12", "12", State::ended},
           {"Ubuntu 22.04.4 LTS", "", "22.04", State::supported},
           {"Ubuntu", "18.04", "18.04", State::extended},
           {"Debian GNU/Linux", "12", "12", State::extended},
           {"Debian GNU/Linux 13 (trixie)", "", "13", State::supported},
           {"Plan 9", "4", "", State::unknown},
           {"", "", "", State::unknown}}) {
    const SystemSupport support = support_of(*feed, one.system, one.version, today);
    EXPECT_EQ(support.cycle, one.cycle) << one.system << " " << one.version;
    EXPECT_EQ(static_cast<int>(support.state), static_cast<int>(one.state))
        << one.system << " " << one.version << ": " << support.cycle;
  }
}

TEST(Systems, BelongToAPlatform) {
  const auto document = parse_json("eol", embedded_support(), kFeedLimits);
  const auto feed = read_support(*document);
  const auto platform = [&](const char* system) {
    EXPECT_EQ(support_of(*feed, system, "", Day{}).platform(), platform_of(system)) << system;
    return support_of(*feed, system, "", Day{}).platform();
  };
  EXPECT_EQ(platform("Windows 11 Pro"), "windows");
  EXPECT_EQ(platform("Microsoft Windows Server 2022"), "windows");
  EXPECT_EQ(platform("macOS"), "darwin");
  EXPECT_EQ(platform("iOS/iPadOS"), "mobile");
  EXPECT_EQ(platform("Ubuntu 24.04"), "linux");
  EXPECT_EQ(platform("FortiOS 7.4"), "appliance");
  EXPECT_EQ(platform("Plan 9"), "");
}

TEST(Systems, EndOnTheDayThatTheFeedSays) {
  const auto document = parse_json("eol", embedded_support(), kFeedLimits);
  const auto feed = read_support(*document);
  EXPECT_EQ(support_of(*feed, "Windows", "10.0.26200", *parse_day("2027-10-12")).state,
            State::supported);
  EXPECT_EQ(support_of(*feed, "Windows", "10.0.26200", *parse_day("2027-10-13")).state,
            State::ended);
}

}  // namespace
}  // namespace sekisho
