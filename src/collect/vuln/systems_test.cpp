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
           {"Windows 10 Pro", "1809", "", State::unknown},
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
