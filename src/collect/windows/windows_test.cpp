// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/windows.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include <fmt/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/inventory/programs.h"
#include "collect/vuln/embedded.h"
#include "collect/vuln/weaknesses.h"
#include "guideline/embedded.h"

namespace sekisho {
namespace {

using ::testing::HasSubstr;

const Time kToday = *parse_time("2026-11-25T09:00:00Z");

const Guideline& windows_guideline() {
  static const Guideline built_in = *load_guideline(embedded_guideline());
  return built_in;
}

const Feeds& feeds() {
  static Feeds built_in{*read_support(*parse_json("", embedded_support(), kFeedLimits)),
                        *read_exploited(*parse_json("", embedded_exploited(), kFeedLimits)),
                        {},
                        {},
                        {},
                        {}};
  // Renewed today.
  built_in.support.as_of = built_in.exploited.as_of = Calendar::utc().day(kToday);
  return built_in;
}

constexpr const char* kPerson = R"(HKU\S-1-5-21-1-2-3-1001\)";
constexpr const char* kWindows = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)";

/// A machine on which all is well: its values are those of Microsoft's documentation.
WindowsFacts sound() {
  const auto text = read_regular_file(SEKISHO_SOURCE_DIR "/tests/windows/sound.json", 65'536);
  return *read_windows_facts(text.value_or(""));
}

Finding said_of(const WindowsFacts& facts, std::string_view check) {
  for (const WindowsFinding& one : judge_windows(facts, windows_guideline(), feeds(), kToday))
    if (one.check == check) return one.finding;
  ADD_FAILURE() << check;
  return {};
}

TEST(Windows, EveryCheckIsOneOfOursAndSpeaksBothLanguages) {
  for (const auto& facts : {sound(), WindowsFacts()})
    for (const auto& [check, finding, unread] :
         judge_windows(facts, windows_guideline(), feeds(), kToday)) {
      const CheckSpec* spec = windows_guideline().check(check);
      ASSERT_NE(spec, nullptr) << check;
      EXPECT_TRUE(spec->concerns("windows")) << check;
      EXPECT_FALSE(finding.fact.ja.empty() || finding.fact.en.empty()) << check;
    }
}

TEST(Windows, ASoundMachinePasses) {
  for (const auto& [check, finding, unread] :
       judge_windows(sound(), windows_guideline(), feeds(), kToday)) {
    // Nothing says how long an Edge is supported.
    const Verdict expected = check == "software-browser" ? Verdict::unknown : Verdict::pass;
    EXPECT_EQ(finding.verdict, expected) << check << ": " << finding.fact.en;
  }
}

TEST(Windows, WhatCannotBeReadIsUnknown) {
  for (const auto& [check, finding, unread] :
       judge_windows(WindowsFacts(), windows_guideline(), feeds(), kToday))
    EXPECT_EQ(finding.verdict, Verdict::unknown) << check << ": " << finding.fact.en;
}

struct Flip {
  std::string_view check;
  std::function<void(WindowsFacts&)> change;
  Verdict expected = Verdict::fail;
};

std::function<void(WindowsFacts&)> set(std::string path, RegistryValue value) {
  return [path = std::move(path), value = std::move(value)](WindowsFacts& facts) {
    facts.registry[path] = value;
  };
}
std::function<void(WindowsFacts&)> without(std::string path) {
  return [path = std::move(path)](WindowsFacts& facts) { facts.registry.erase(path); };
}

/// Each check, turned by what it is about and by nothing else.
TEST(Windows, EachCheckTurnsByWhatItIsAbout) {
  using Facts = WindowsFacts;
  const std::string person = kPerson;
  const std::string policies = R"(HKLM\SOFTWARE\Policies\)";
  const std::string services = R"(HKLM\SYSTEM\CurrentControlSet\Services\)";
  const std::string macros = person + R"(Software\Policies\Microsoft\Office\16.0\Excel\Security\)";
  const Flip flips[] = {
      // NOLINT(modernize-avoid-c-arrays): a table
      {"os-support",
       [](Facts& f) {
         f.registry[std::string(kWindows) + "CurrentBuildNumber"] = "19045";
         f.registry[std::string(kWindows) + "DisplayVersion"] = "22H2";
       }},
      {"os-support", set(std::string(kWindows) + "CurrentBuildNumber", "19045"), Verdict::unknown},
      {"security-updates", [](Facts& f) { f.missing_updates->emplace_back("KB5000001"); }},
      {"automatic-updates", set(services + R"(wuauserv\Start)", 4)},
      {"automatic-updates",
       set(policies + R"(Microsoft\Windows\WindowsUpdate\PauseQualityUpdatesStartTime)",
           "2026-11-20")},
      {"automatic-updates",
       set(policies + R"(Microsoft\Windows\WindowsUpdate\PauseQualityUpdatesStartTime)",
           "2026-10-20"),
       Verdict::pass},
      {"automatic-updates",
       set(policies + R"(Microsoft\Windows\WindowsUpdate\PauseQualityUpdatesStartTime)", "soon"),
       Verdict::unknown},
      {"automatic-updates",
       set(R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Update\PauseQualityUpdates)",
           1)},
      {"privileged-groups", [](Facts& f) { f.administrators->clear(); }, Verdict::unknown},
      {"automatic-updates",
       set(policies + R"(Microsoft\Windows\WindowsUpdate\AU\NoAutoUpdate)", 1)},
      {"automatic-updates", set(policies + R"(Microsoft\Windows\WindowsUpdate\AU\AUOptions)", 2)},
      {"automatic-updates", set(policies + R"(Microsoft\Windows\WindowsUpdate\AU\AUOptions)", 4),
       Verdict::pass},
      {"reboot-required",
       set(R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired\)",
           1)},
      {"known-exploited", [](Facts& f) { f.missing_updates->emplace_back("KB5000001"); }},
      {"software-vpn", [](Facts& f) { f.programs->back().name = "OpenVPN 2.5.11-I601 amd64"; }},
      {"software-vpn", [](Facts& f) { f.programs->pop_back(); }, Verdict::not_applicable},
      {"software-remote-desktop", [](Facts& f) { f.programs->at(3).version = "8.2512"; }},
      {"software-remote-desktop", [](Facts& f) { f.programs->at(3).version = "9"; },
       Verdict::unknown},
      {"software-browser", [](Facts& f) { f.programs->at(2).version = "152.0.6"; }},
      {"software-browser", [](Facts& f) { f.programs->push_back({"Google Chrome", "150.0.1.2"}); }},
      // Nothing says how long Edge is supported.
      {"software-browser", [](Facts& f) { f.programs->erase(f.programs->begin() + 2); },
       Verdict::unknown},
      {"software-office",
       [](Facts& f) { f.programs->front() = {"LibreOffice 25.8.7.1", "25.8.7.1"}; }},
      {"software-office",
       [](Facts& f) {
         f.programs->push_back(
             {"Microsoft Office Home and Business 2019 - ja-jp", "16.0.10417.20020"});
       }},
      {"software-office",
       [](Facts& f) {
         f.programs->push_back(
             {"Microsoft Office LTSC Professional Plus 2024 - ja-jp", "16.0.17932.20602"});
       },
       Verdict::pass},
      // Its version says when it was updated last, and nothing here says what is the newest.
      {"software-office",
       [](Facts& f) {
         f.programs->front() = {"Microsoft 365 Apps for business - ja-jp", "16.0.19328.20190"};
       },
       Verdict::unknown},
      {"disk-encryption", [](Facts& f) { f.system_drive = Facts::DriveProtection::off; }},
      {"disk-encryption", [](Facts& f) { f.system_drive = Facts::DriveProtection::suspended; }},
      {"disk-encryption", [](Facts& f) { f.system_drive = Facts::DriveProtection::changing; }},
      {"disk-encryption", [](Facts& f) { f.system_drive = Facts::DriveProtection::locked; },
       Verdict::pass},
      {"usb-storage", set(services + R"(USBSTOR\Start)", 3)},
      {"firewall", [](Facts& f) { f.firewall->back().enabled = false; }},
      {"listening-remote-desktop",
       [](Facts& f) { f.listening->push_back({3389, false, false, ""}); }},
      {"listening-remote-desktop",
       [](Facts& f) { f.listening->push_back({3389, false, true, ""}); }, Verdict::pass},
      {"listening-file-sharing", [](Facts& f) { f.shares->emplace_back("keiri"); }},
      {"listening-file-sharing", [](Facts& f) { f.listening->push_back({445, false, false, ""}); },
       Verdict::pass},
      {"listening-database", [](Facts& f) { f.listening->push_back({1433, false, false, ""}); }},
      {"listening-legacy", [](Facts& f) { f.listening->push_back({21, false, false, ""}); }},
      {"proxy",
       [&person](Facts& f) {
         const std::string settings =
             person + R"(Software\Microsoft\Windows\CurrentVersion\Internet Settings\)";
         f.registry[settings + "ProxyEnable"] = 1;
         f.registry[settings + "ProxyServer"] = "10.0.0.1:8080";
       }},
      {"wifi-in-use", [](Facts& f) { f.wifi->front().authentication = "open"; }},
      {"wifi-in-use", [](Facts& f) { f.wifi->front().authentication = "WPAPSK"; }},
      {"wifi-in-use", [](Facts& f) { f.wifi->front().authentication = "WPA3SAE"; }, Verdict::pass},
      {"wifi-in-use",
       [](Facts& f) {
         f.wifi->front().in_use = false;
         f.wifi_connected = false;
       },
       Verdict::not_applicable},
      {"wifi-in-use", [](Facts& f) { f.wifi_device = false; }, Verdict::not_applicable},
      {"wifi-saved", [](Facts& f) { f.wifi->push_back({"cafe", "open", false}); }},
      {"wifi-saved", [](Facts& f) { f.wifi->clear(); }, Verdict::not_applicable},
      {"empty-passwords",
       set(R"(HKLM\SYSTEM\CurrentControlSet\Control\Lsa\LimitBlankPasswordUse)", 0)},
      {"empty-passwords", [](Facts& f) { f.without_password->emplace_back("tanaka"); },
       Verdict::unknown},
      {"privileged-groups",
       [](Facts& f) {
         for (const char* name : {"PC\\a", "PC\\b"})
           f.administrators->push_back({name, Facts::Member::Kind::person});
       }},
      {"password-quality", [](Facts& f) { f.shortest_password = 0; }},
      {"password-lockout", [](Facts& f) { f.tries = 0; }},
      {"password-lockout", [](Facts& f) { f.tries = 50; }},
      {"screen-lock", set(person + R"(Control Panel\Desktop\ScreenSaveTimeOut)", "3600")},
      {"screen-lock", set(person + R"(Control Panel\Desktop\ScreenSaverIsSecure)", "0")},
      {"screen-lock", set(person + R"(Control Panel\Desktop\ScreenSaveActive)", "0")},
      {"screen-lock",
       set(person +
               R"(Software\Policies\Microsoft\Windows\Control Panel\Desktop\ScreenSaverIsSecure)",
           "0")},
      {"automatic-login", set(std::string(kWindows) + R"(Winlogon\AutoAdminLogon)", "1")},
      {"automount",
       without(
           person +
           R"(Software\Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers\DisableAutoplay)")},
      {"office-macros", set(macros + "blockcontentexecutionfrominternet", 0)},
      {"office-macros", set(macros + "VBAWarnings", 1)},
      {"office-macros",
       without(R"(HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration\VersionToReport)"),
       Verdict::not_applicable},
      {"safe-browsing", set(policies + R"(Microsoft\Edge\SmartScreenEnabled)", 0)},
      {"safe-browsing",
       set(R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SmartScreenEnabled)", "Off")},
      {"password-manager", without(policies + R"(Microsoft\Edge\PasswordManagerEnabled)")},
      {"antivirus-present",
       [](Facts& f) {
         f.antivirus->clear();
         f.defender.reset();
       }},
      {"antivirus-running", [](Facts& f) { f.antivirus->front().on = false; }},
      {"antivirus-signatures", [](Facts& f) { f.antivirus->front().up_to_date = false; }},
      {"antivirus-signatures", [](Facts& f) { f.antivirus->front().on = false; }, Verdict::unknown},
      {"edr-agent", [](Facts& f) { std::erase(*f.running, "Sense"); }},
      {"audit-log", [](Facts& f) { std::erase(*f.running, "EventLog"); }},
      {"time-sync", set(services + R"(W32Time\Parameters\Type)", "NoSync")},
      {"secure-boot",
       set(R"(HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State\UEFISecureBootEnabled)", 0)},
  };
  for (const Flip& flip : flips) {
    WindowsFacts facts = sound();
    flip.change(facts);
    const Finding found = said_of(facts, flip.check);
    EXPECT_EQ(found.verdict, flip.expected) << flip.check << ": " << found.fact.en;
  }
}

TEST(Windows, RemoteDesktopWithoutNetworkLevelAuthenticationSaysSo) {
  WindowsFacts facts = sound();
  const std::string server = R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\)";
  facts.listening->push_back({3389, false, false, ""});
  facts.registry[server + "fDenyTSConnections"] = 0;
  facts.registry[server + R"(WinStations\RDP-Tcp\UserAuthentication)"] = 0;
  EXPECT_THAT(said_of(facts, "listening-remote-desktop").fact.en, HasSubstr("network level"));
}

/// As NVD says it of each version of WinRAR that was attacked; `lacks`: but of that one.
Feeds with_winrar(std::string_view lacks, std::string_view day = "2026-11-24") {
  std::string kept = fmt::format("sekisho-weaknesses 3\t{}\n", day);
  for (const auto& entry : feeds().exploited.by_product.at({"RARLAB", "WinRAR"}))
    if (entry.cve != lacks)
      kept +=
          fmt::format("{}\t78\n\trarlab\twinrar\t0\t2\t\t7.13\t*:*:*:*:windows:*:*:\n", entry.cve);
  Weaknesses known;
  EXPECT_TRUE(known.add_serialised(kept));
  Feeds all = feeds();
  all.weaknesses = std::make_shared<const Weaknesses>(exploited_of_programs(
      windows_guideline().software,
      {{}, all.exploited, std::make_shared<const Weaknesses>(std::move(known)), {}, {}, {}}));
  return all;
}

TEST(Windows, AProgramIsSettledByTheVersionsThatNvdTells) {
  struct Case {
    const char* version;
    Feeds feeds;
    Verdict is;
    const char* says;
  };
  const std::vector<Case> cases{
      {"7.13.0", with_winrar(""), Verdict::pass, ""},
      {"6.11.0", with_winrar(""), Verdict::fail, "WinRAR 6.11 (64-bit) 6.11.0 is open"},
      {"", with_winrar(""), Verdict::unknown, "CVE-2023-38831"},
      {"7.13.0", with_winrar("CVE-2023-38831"), Verdict::unknown, "CVE-2023-38831"},
      {"6.11.0", with_winrar("CVE-2023-38831"), Verdict::fail, "CVE-2025"},
      // A list that is too old settles nothing.
      {"7.13.0", with_winrar("", "2026-09-01"), Verdict::unknown, "CVE-2023-38831"},
      {"7.13.0", feeds(), Verdict::unknown, "CVE-2023-38831"}};
  for (const Case& one : cases) {
    WindowsFacts facts = sound();
    facts.programs = {{"WinRAR 6.11 (64-bit)", one.version}, {"Lhaplus", "1.74"}};
    const auto found =
        judge_windows_check("known-exploited", facts, windows_guideline(), one.feeds, kToday);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->verdict, one.is) << one.version << ": " << found->fact.en;
    EXPECT_THAT(found->fact.en, HasSubstr(one.says)) << one.version;
    if (one.is == Verdict::pass) {
      EXPECT_TRUE(std::ranges::any_of(words(found->basis), [](const Text& line) {
        return line.en.contains("WinRAR") && line.en.contains("NVD");
      }));
    }
  }
}

/// A program that a catalogue's list names under another product of NVD's.
TEST(Windows, ARecordOfOtherProductsSaysNothingOfAProgram) {
  Weaknesses known;
  ASSERT_TRUE(known.add_serialised(
      "sekisho-weaknesses 3\t2026-11-24\nCVE-2023-38831\t78\n\tother\tthing\t0\t2\t\t7.13\n"));
  const Software* winrar = software_of_program(windows_guideline().software, "WinRAR 7.13");
  ASSERT_NE(winrar, nullptr);
  EXPECT_THAT(untold(*winrar, "WinRAR 7.13", "7.13", {"CVE-2023-38831", "CVE-1999-0001"}, known),
              ::testing::ElementsAre("CVE-2023-38831", "CVE-1999-0001"));
}

TEST(Windows, ARecordingHoldsFromWhenItWasMade) {
  const auto passes = [](std::optional<Time> made, Time now) {
    WindowsFacts facts = sound();
    facts.recorded_at = made;
    Feeds fresh = feeds();
    std::map<std::string, std::pair<Verdict, bool>> found;
    for (const Evidence& one :
         collect_recorded_windows(facts, windows_guideline(), fresh, windows_subject(facts), now)
             .evidence)
      found[one.check] = {one.verdict(), one.valid_at(now)};
    return found;
  };
  EXPECT_EQ(passes(kToday, kToday).at("firewall"), std::pair(Verdict::pass, true));
  EXPECT_EQ(passes(kToday - std::chrono::days(60), kToday).at("firewall"),
            std::pair(Verdict::pass, false))
      << "as any result that is too old";
  EXPECT_EQ(passes(std::nullopt, kToday).at("firewall").first, Verdict::unknown);
  EXPECT_EQ(passes(kToday + std::chrono::days(1), kToday).at("firewall").first, Verdict::unknown);
  EXPECT_EQ(passes(std::nullopt, kToday).at("sudo-passwordless").first, Verdict::not_applicable);
}

TEST(Windows, EveryPersonCounts) {
  WindowsFacts facts = sound();
  facts.registry[R"(HKU\S-1-5-21-1-2-3-1002\Control Panel\Desktop\ScreenSaveActive)"] = "0";
  facts.people = 2;
  for (const char* check : {"screen-lock", "automount"})
    EXPECT_EQ(said_of(facts, check).verdict, Verdict::fail) << check;
}

/// What real machines held (tests/windows/recorded/README.md), and what that must come to.
TEST(Windows, RealMachinesAreJudgedByWhatTheyHeld) {
  struct Held {
    const char* machine;
    const char* check;
    Verdict expected;
    const char* says;
  };
  for (const auto& [machine, check, expected, says] : std::initializer_list<Held>{
           {"wks-win732bita", "firewall", Verdict::unknown, "could not be read"},
           {"wks-win732bita", "automatic-updates", Verdict::unknown, "could not be read"},
           {"wks-win732bita", "time-sync", Verdict::unknown, "could not be read"},
           {"wks-win732bita", "usb-storage", Verdict::unknown, "could not be read"},
           {"wks-win732bita", "listening-file-sharing", Verdict::unknown, "what is listening"},
           // What was not recorded of it.
           {"wks-win732bita", "disk-encryption", Verdict::unknown, ""},
           {"wks-win732bita", "listening-remote-desktop", Verdict::unknown, ""},
           {"desktop-2kgm189", "firewall", Verdict::unknown, "could not be read"},
           {"desktop-2kgm189", "automatic-updates", Verdict::unknown, "could not be read"},
           {"desktop-2kgm189", "time-sync", Verdict::unknown, "could not be read"},
           {"desktop-2kgm189", "usb-storage", Verdict::unknown, "could not be read"},
           {"firewall-off", "firewall", Verdict::fail, "domain*, private, public"},
           {"encrypted", "disk-encryption", Verdict::unknown, "the other drives"},
           {"server-2019", "security-updates", Verdict::fail, "KB4601345"},
           {"xps-fusioninven", "empty-passwords", Verdict::unknown, "teclib"},
           {"person-2012", "screen-lock", Verdict::unknown, "InactivityTimeoutSecs"},
           {"person-2012", "automount", Verdict::unknown, "NoAutorun"},
           {"person-2012", "proxy", Verdict::unknown, ""},
           {"wireless", "wifi-saved", Verdict::fail, "connector623"},
           {"wireless", "wifi-in-use", Verdict::unknown, ""},
           {"programs-2012", "software-browser", Verdict::fail, "Firefox"},
           {"programs-2012", "software-office", Verdict::fail, "Office"},
           {"programs-2012", "software-vpn", Verdict::not_applicable, ""},
           {"programs-2012", "office-macros", Verdict::unknown, "Professional Plus 2010"},
       }) {
    const auto text = read_regular_file(
        fmt::format("{}/tests/windows/recorded/{}.json", SEKISHO_SOURCE_DIR, machine), 65'536);
    const auto facts = read_windows_facts(text.value_or(""));
    ASSERT_TRUE(facts) << machine;
    const Finding finding = said_of(*facts, check);
    EXPECT_EQ(finding.verdict, expected) << machine << ", " << check << ": " << finding.fact.en;
    EXPECT_THAT(finding.fact.en, HasSubstr(says)) << machine << ", " << check;
  }
}

TEST(Windows, ElevenIsToldFromTenByItsBuild) {
  WindowsFacts facts = sound();
  EXPECT_EQ(windows_name(facts).name, "Windows 11 Pro 25H2");
  EXPECT_EQ(windows_name(facts).version, "10.0.26200.7171");
  facts.registry[std::string(kWindows) + "CurrentBuildNumber"] = "19045";
  EXPECT_EQ(windows_name(facts).name, "Windows 10 Pro 25H2");
  EXPECT_EQ(windows_name(WindowsFacts()).version, "");
}

TEST(WindowsFacts, SecurityCentersStateIsTakenApart) {
  const auto state = [](std::uint32_t bits) {
    const auto product = antivirus_product("x", bits);
    return std::pair(product.on, product.up_to_date);
  };
  EXPECT_EQ(state(0x062100), std::pair(false, true));   // snoozed
  EXPECT_EQ(state(0x063110), std::pair(false, false));  // expired
  // What 34 products on 10,000 real machines gave (stackoverflow.com/questions/4700897), as it is
  // read in general (community.idera.com, "Identifying Antivirus Engine State", 2020).
  for (const auto& [seen, on, up_to_date] :
       std::initializer_list<std::tuple<std::uint32_t, bool, bool>>{{262'144, false, true},
                                                                    {262'160, false, false},
                                                                    {266'240, true, true},
                                                                    {270'336, false, true},
                                                                    {327'680, false, true},
                                                                    {327'696, false, false},
                                                                    {331'776, true, true},
                                                                    {393'216, false, true},
                                                                    {393'232, false, false},
                                                                    {393'472, false, true},
                                                                    {393'488, false, false},
                                                                    {397'312, true, true},
                                                                    {397'328, true, false},
                                                                    {397'568, true, true},
                                                                    {397'584, true, false}})
    EXPECT_EQ(state(seen), std::pair(on, up_to_date)) << seen;
}

TEST(WindowsFacts, AProfileSaysWhatItsNetworkAsksFor) {
  const auto of = [](std::string_view authentication, std::string_view encryption) {
    return wifi_authentication(fmt::format(
        "<WLANProfile><MSM><security><authEncryption><authentication>{}</authentication>"
        "<encryption>{}</encryption></authEncryption></security></MSM></WLANProfile>",
        authentication, encryption));
  };
  EXPECT_EQ(of("WPA2PSK", "AES"), "WPA2PSK");
  EXPECT_EQ(of("open", "none"), "open");
  EXPECT_EQ(of("open", "WEP"), "WEP");
  EXPECT_EQ(of("shared", "WEP"), "shared/WEP");
  EXPECT_EQ(of("WPA2PSK", "TKIP"), "WPA2PSK/TKIP");
  // As Windows itself writes one out, with what it puts around it.
  EXPECT_EQ(
      wifi_authentication(
          "<?xml version=\"1.0\"?>\n<WLANProfile "
          "xmlns=\"http://www.microsoft.com/networking/WLAN/profile/v1\">\n\t<name>office"
          "</name>\n\t<SSIDConfig>\n\t\t<SSID>\n\t\t\t<hex>6F6666696365</hex>\n\t\t\t<name>"
          "office</name>\n\t\t</SSID>\n\t</SSIDConfig>\n\t<connectionType>ESS</connectionType>"
          "\n\t<connectionMode>auto</connectionMode>\n\t<MSM>\n\t\t<security>\n\t\t\t"
          "<authEncryption>\n\t\t\t\t<authentication>WPA3SAE</authentication>\n\t\t\t\t"
          "<encryption>AES</encryption>\n\t\t\t\t<useOneX>false</useOneX>\n\t\t\t\t"
          "<transitionMode xmlns=\"http://www.microsoft.com/networking/WLAN/profile/v4\">true"
          "</transitionMode>\n\t\t\t</authEncryption>\n\t\t</security>\n\t</MSM>\n\t"
          "<MacRandomization xmlns=\"http://www.microsoft.com/networking/WLAN/profile/v3\">\n\t"
          "\t<enableRandomization>false</enableRandomization>\n\t</MacRandomization>\n"
          "</WLANProfile>\n"),
      "WPA3SAE");
  EXPECT_EQ(wifi_authentication("<authentication"), "");
  EXPECT_EQ(wifi_authentication("<authentication>WPA3"), "WPA3");
}

TEST(WindowsFacts, AConnectionSaysHowItIsEncrypted) {
  // DOT11_AUTH_ALGORITHM and DOT11_CIPHER_ALGORITHM of windot11.h.
  EXPECT_EQ(wifi_algorithm(1, 0), "open");
  EXPECT_EQ(wifi_algorithm(1, 0x101), "WEP");
  EXPECT_EQ(wifi_algorithm(4, 2), "WPAPSK/TKIP");
  EXPECT_EQ(wifi_algorithm(7, 4), "WPA2PSK");
  EXPECT_EQ(wifi_algorithm(7, 2), "WPA2PSK/TKIP");
  EXPECT_EQ(wifi_algorithm(9, 4), "WPA3SAE");
  EXPECT_EQ(wifi_algorithm(10, 4), "OWE");
  EXPECT_EQ(wifi_algorithm(0, 4), "");
  EXPECT_EQ(wifi_algorithm(99, 4), "");
}

TEST(WindowsFacts, AMemberIsKnownByItsSid) {
  using Kind = WindowsFacts::Member::Kind;
  EXPECT_EQ(member_kind("S-1-5-21-1-2-3-1001", false), Kind::person);
  EXPECT_EQ(member_kind("S-1-5-21-1-2-3-1104", true), Kind::group);
  EXPECT_EQ(member_kind("S-1-5-21-1-2-3-512", true), Kind::staff);
  for (const char* sid : {"S-1-1-0", "S-1-5-11", "S-1-5-4", "S-1-5-32-545", "S-1-5-21-1-2-3-513"})
    EXPECT_EQ(member_kind(sid, true), Kind::wide) << sid;
}

TEST(WindowsFacts, ARuleThatLetsInEverythingIsFound) {
  constexpr std::string_view kAll = "v2.31|Action=Allow|Active=TRUE|Dir=In|Name=all|";
  EXPECT_EQ(opens_everything(kAll), "all");
  for (const char* more : {"Protocol=256|", "Protocol=6|", "Protocol=17|LPort=0-65535|", "RA4=*|",
                           "Profile=Public|", "Desc=App=x here|"})
    EXPECT_TRUE(opens_everything(std::string(kAll) + more)) << more;
  for (const char* more :
       {"Protocol=58|", "Protocol=6|LPort=443|", "Protocol=6|LPort2_10=1000-2000|",
        "App=%SystemRoot%\\System32\\svchost.exe|", "Svc=termservice|", "RA4=LocalSubnet|",
        "RA62=LocalSubnet|", "AppPkgId=S-1-15-2-1|", "LUOwn=S-1-5-21-1-2-3-1001|",
        "Security2_9=AuthEnc|", "Platform=2:6:2|"})
    EXPECT_FALSE(opens_everything(std::string(kAll) + more)) << more;
  for (const char* rule : {"", "v2.31|Action=Block|Active=TRUE|Dir=In|Name=x|",
                           "v2.31|Action=Allow|Active=FALSE|Dir=In|Name=x|",
                           "v2.31|Action=Allow|Active=TRUE|Dir=Out|Name=x|"})
    EXPECT_FALSE(opens_everything(rule)) << rule;
}

TEST(WindowsFacts, ComeBackAsTheyWere) {
  const std::string text = write_windows_facts(sound());
  const auto again = read_windows_facts(text);
  ASSERT_TRUE(again);
  EXPECT_EQ(write_windows_facts(*again), text);
  WindowsFacts bare;
  bare.computer = "pc";
  const auto empty = read_windows_facts(write_windows_facts(bare));
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->firewall || empty->wifi || empty->system_drive);
}

TEST(WindowsFacts, RefuseWhatIsNone) {
  const std::string good = R"({"computer":"pc","people":0,"registry":{},"wifi_device":false)";
  EXPECT_TRUE(read_windows_facts(good + "}"));
  for (const char* more :
       {"", R"(,"more":1})", R"(,"people":-1})", R"(,"system_drive":"maybe"})",
        R"(,"firewall":[{}]})", R"(,"tries":"5"})",
        R"(,"listening":[{"port":70000,"udp":false,"loopback":false}]})", R"(,"shares":[1]})"})
    EXPECT_FALSE(read_windows_facts(good + more)) << more;
}

}  // namespace
}  // namespace sekisho
