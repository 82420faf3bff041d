// SPDX-License-Identifier: Apache-2.0
// Every kind of gear and every program of the data, in a writing of its own, against a record as
// NVD has them.
#include "collect/inventory/written.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "collect/inventory/judged_gear.h"
#include "collect/inventory/programs.h"

namespace sekisho {
namespace {

const std::vector<Gear> kGear{
    {"fortigate", "", "FortiOS 7.2.6", "o:fortinet:fortios", "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "FortiGate 60F v7.2.6 build1575", "o:fortinet:fortios", "[7.2.0,7.2.7)",
     "open"},
    {"fortigate", "", "FortiGate-60F v7.2.6,build1575,231016 (GA.M)", "o:fortinet:fortios",
     "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "FGT_60F 7.2.6", "o:fortinet:fortios", "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "７．２．６", "o:fortinet:fortios", "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "v7.0.16 build0667", "o:fortinet:fortios", "[7.0.0,7.0.16]", "open"},
    {"fortigate", "", "7.0.16-build0667", "o:fortinet:fortios", "[7.0.0,7.0.16]", "open"},
    {"fortigate", "", "version 7.2.6 patch 6", "o:fortinet:fortios", "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "v7.4.8M", "o:fortinet:fortios", "[7.2.0,7.2.7)", "fixed"},
    {"fortigate", "", "v7.2.6F", "o:fortinet:fortios", "[7.2.0,7.2.7)", "open"},
    {"fortigate", "", "FortiProxy v7.4.8", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unknown"},
    {"fortigate", "", "FortiWeb-VM 7.4.8", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unknown"},
    {"cisco-asa", "", "asa9-16-4-85-smp-k8.bin", "o:cisco:adaptive_security_appliance_software",
     "[9.16,9.16.4.84)", "fixed"},
    {"cisco-asa", "", "asa9-16-4-82-smp-k8.bin", "o:cisco:adaptive_security_appliance_software",
     "[9.16,9.16.4.84)", "open"},
    {"cisco-asa", "", "FTD 9.16.4", "o:cisco:adaptive_security_appliance_software",
     "[9.8,9.8.4.20)", "unknown"},
    {"cisco-asa", "", "Cisco Firepower Threat Defense 9.16.4",
     "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)", "unknown"},
    {"cisco-ios-xe", "", "16.12.4s1", "o:cisco:ios_xe", "=16.12.4", "fixed"},
    {"cisco-ios-xe", "", "IOS XR 17.9.4", "o:cisco:ios_xe", "=17.9.3", "unknown"},
    {"synology", "", "SRM 7.2.2-72806", "o:synology:diskstation_manager", "[7.2.1,7.2.1-69057-5)",
     "unknown"},
    {"qnap-qts", "", "QuTS hero h5.2.0.2823", "o:qnap:qts", "[5.1.0,5.1.5.2645)", "unknown"},
    {"qnap-qts", "", "h5.2.0.2823", "o:qnap:qts", "[5.1.0,5.1.5.2645)", "unknown"},
    {"sonicwall", "", "SMA 410 10.2.1.14-75sv", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]",
     "unknown"},
    {"fortigate", "", "v7.4.8.M", "o:fortinet:fortios", "[7.2.0,7.2.7)", "fixed"},
    {"fortigate", "", "FortiOS v7.2.7 build1577 (GA)", "o:fortinet:fortios", "[7.2.0,7.2.7)",
     "fixed"},
    {"fortigate", "", "7.2", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unclear"},
    {"fortigate", "", "7.2.x", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unclear"},
    {"fortigate", "", "7.4", "o:fortinet:fortios", "[7.2.0,7.2.7)", "fixed"},
    {"fortigate", "", "最新", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unknown"},
    {"fortigate", "", "7.2.7 より前", "o:fortinet:fortios", "[7.2.0,7.2.7)", "unknown"},
    {"pan-os", "", "PAN-OS 10.2.9", "o:paloaltonetworks:pan-os", "=10.2.9:-", "open"},
    {"pan-os", "", "sw-version: 10.2.8-h1", "o:paloaltonetworks:pan-os", "=10.2.8:h1", "open"},
    {"pan-os", "", "10.2.9-h1", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9-h1)", "fixed"},
    {"pan-os", "", "10.2.9", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9-h1)", "open"},
    {"connect-secure", "", "22.7R2.4 (build 3597)", "a:ivanti:connect_secure", "=22.7:r2.4",
     "open"},
    {"connect-secure", "", "ICS 22.7R2.4", "a:ivanti:connect_secure", "=22.7:r2.4", "open"},
    {"connect-secure", "", "Ivanti Connect Secure 22.7R2.5", "a:ivanti:connect_secure",
     "=22.7:r2.4", "fixed"},
    {"connect-secure", "", "9.0R4.1 (build 64053)", "a:ivanti:connect_secure", "=9.0", "open"},
    {"sonicwall", "", "SonicOS Enhanced 6.5.4.14-109n", "o:sonicwall:sonicos",
     "[6.0.0,6.5.4.15-116n)", "open"},
    {"sonicwall", "", "SonicOS 7.0.1-5035-R2489", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]",
     "open"},
    {"sonicwall", "", "6.5.4.15-116n", "o:sonicwall:sonicos", "[6.0.0,6.5.4.15-116n)", "fixed"},
    {"sma100", "", "SMA 200 10.2.1.1-19sv", "o:sonicwall:sma_200_firmware", "=10.2.1.1-19sv",
     "open"},
    {"sma100", "", "10.2.1.3-27sv", "o:sonicwall:sma_200_firmware", "=10.2.1.1-19sv", "fixed"},
    {"sma1000", "", "12.4.3-02758", "o:sonicwall:sma7210_firmware", "[,12.4.3-02804)", "open"},
    {"sma1000", "", "12.4.3-02804 (platform-hotfix)", "o:sonicwall:sma7210_firmware",
     "[,12.4.3-02804)", "fixed"},
    // Without its build it is one of several.
    {"sma100", "", "10.2.1.1", "o:sonicwall:sma_200_firmware", "=10.2.1.1-19sv", "unclear"},
    {"sma1000", "", "12.4.3", "o:sonicwall:sma7210_firmware", "=12.4.3-02758", "unclear"},
    {"sma1000", "", "12.4.2", "o:sonicwall:sma7210_firmware", "[,12.4.3-02804)", "open"},
    {"sonicwall", "", "SonicOS 7.0.1", "o:sonicwall:sonicos", "=7.0.1-5035", "unclear"},
    {"sonicwall", "", "SonicOS 7.0.1", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]", "unclear"},
    {"netscaler", "", "NS13.1: Build 48.47.nc", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)",
     "open"},
    {"netscaler", "", "NetScaler NS13.1: Build 48.47.nc, Date: Jul 2023",
     "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", "open"},
    {"netscaler", "", "NS13.1 48.47.nc", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", "open"},
    {"netscaler", "", "13.1-49.15", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", "fixed"},
    {"netscaler", "", "NS13.1 FIPS: Build 37.159.nc",
     "a:citrix:netscaler_application_delivery_controller|*:*:-:*:*:*", "[13.1,13.1-49.15)",
     "fixed"},
    {"netscaler", "", "13.1-FIPS 37.159",
     "a:citrix:netscaler_application_delivery_controller|*:*:fips:*:*:*", "[13.1,13.1-37.164)",
     "open"},
    {"netscaler", "", "NetScaler Gateway Plug-in 23.8.1.5",
     "a:citrix:netscaler_application_delivery_controller|*:*:-:*:*:*", "[13.1,13.1-49.15)",
     "unknown"},
    {"pan-os", "", "GlobalProtect 10.2.9", "o:paloaltonetworks:pan-os", "=10.2.9:-", "unknown"},
    {"cisco-asa", "", "9.16(4.57)", "o:cisco:adaptive_security_appliance_software",
     "[9.16,9.16.4.84)", "unknown"},
    {"cisco-asa", "", "asa916-4-57-lfbff-k8.SPA", "o:cisco:adaptive_security_appliance_software",
     "[9.16,9.16.4.84)", "unknown"},
    {"netscaler", "", "13.1-37.159 FIPS",
     "a:citrix:netscaler_application_delivery_controller|*:*:-:*:*:*", "[13.1,13.1-49.15)",
     "fixed"},
    {"netscaler", "", "13.1-37.159 FIPS",
     "a:citrix:netscaler_application_delivery_controller|*:*:fips:*:*:*", "[13.1,13.1-37.164)",
     "open"},
    {"netscaler", "", "13.1-48.47",
     "a:citrix:netscaler_application_delivery_controller|*:*:-:*:*:*", "[13.1,13.1-49.15)", "open"},
    {"cisco-asa", "", "ASA 9.16(4)57", "o:cisco:adaptive_security_appliance_software", "=9.16.4.57",
     "open"},
    {"cisco-asa", "", "Cisco Adaptive Security Appliance Software Version 9.8(4)15",
     "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)", "open"},
    {"cisco-asa", "", "9.8(4)20", "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)",
     "fixed"},
    {"cisco-ftd", "", "7.2.5 (Build 208)", "a:cisco:firepower_threat_defense", "[7.2.0,7.2.5]",
     "open"},
    {"cisco-ftd", "", "7.2.5.1", "a:cisco:firepower_threat_defense", "[7.2.0,7.2.5]", "fixed"},
    {"cisco-ios-xe", "", "IOS XE 17.09.03", "o:cisco:ios_xe", "=17.9.3", "open"},
    {"cisco-ios-xe", "", "Cisco IOS XE Software, Version 17.06.05", "o:cisco:ios_xe", "=17.6.5",
     "open"},
    {"cisco-ios-xe", "", "Amsterdam-17.3.5", "o:cisco:ios_xe", "[17.3,17.3.8a)", "open"},
    {"cisco-ios-xe", "", "17.09.04a", "o:cisco:ios_xe", "=17.9.4", "fixed"},
    {"cisco-rv", "RV320", "v1.4.2.19 (Oct 2018)", "o:cisco:rv320_firmware", "[1.4.2.15,1.4.2.19]",
     "open"},
    {"cisco-rv", "RV320", "1.4.2.22", "o:cisco:rv320_firmware", "[1.4.2.15,1.4.2.19]", "fixed"},
    {"checkpoint", "", "R81.20 Take 26", "o:checkpoint:quantum_security_gateway_firmware",
     "=r81.20", "open"},
    {"checkpoint", "", "R82", "o:checkpoint:quantum_security_gateway_firmware", "=r81.20",
     "unknown"},
    {"checkpoint", "", "R81.10", "o:checkpoint:quantum_security_gateway_firmware", "=r81.20",
     "fixed"},
    {"big-ip", "", "BIG-IP 15.1.10 Build 0.0.10", "a:f5:big-ip_access_policy_manager",
     "[15.1.0,15.1.10]", "open"},
    {"big-ip", "", "15.1.10.2 Build 0.44.2 Final", "a:f5:big-ip_access_policy_manager",
     "[15.1.0,15.1.10]", "fixed"},
    {"junos", "", "21.4R3-S4.9", "o:juniper:junos", "=21.4:r3-s4", "open"},
    {"junos", "", "20.4R1.12", "o:juniper:junos", "=20.4:r1", "open"},
    {"junos", "", "JUNOS Software Release [20.4R1.12]", "o:juniper:junos", "=20.4:r1", "open"},
    {"junos", "", "20.3R2", "o:juniper:junos", "=20.3", "open"},
    {"junos", "", "21.4R3-S5.4", "o:juniper:junos", "=21.4:r3-s4", "fixed"},
    {"junos", "", "12.3X48-D100", "o:juniper:junos", "=12.3x48:d100", "open"},
    {"sophos", "", "SFOS 18.5.3 MR-3-Build408", "o:sophos:sfos", "[,18.5.3]", "open"},
    {"sophos", "", "18.5.4 MR-4-Build418", "o:sophos:sfos", "[,18.5.3]", "fixed"},
    {"sophos", "", "19.5 MR3", "o:sophos:sfos", "=19.5:mr3", "open"},
    {"firebox", "", "Fireware v12.5.9 (Build 657251) Update 1", "o:watchguard:fireware",
     "[12.2,12.5.9]", "open"},
    {"firebox", "", "12.5.9 Update 2", "o:watchguard:fireware", "[12.2,12.5.9]", "fixed"},
    {"firebox", "", "12.11", "o:watchguard:fireware", "[12.2,12.5.9]", "fixed"},
    {"zyxel", "USG FLEX 100", "V5.35(ABUH.0)", "o:zyxel:usg_flex_100_firmware", "[4.60,5.36)",
     "open"},
    {"zyxel", "USG FLEX 100", "ZLD V5.36 Patch 1", "o:zyxel:usg_flex_100_firmware", "=5.36:patch1",
     "open"},
    {"zyxel", "USG FLEX 100", "V5.36(ABUH.2)", "o:zyxel:usg_flex_100_firmware", "[4.60,5.36)",
     "fixed"},
    {"array-ag", "", "Rel.AG.9.4.0.481", "o:arraynetworks:arrayos_ag", "[,9.4.0.481]", "open"},
    {"array-ag", "", "ArrayOS AG 9.4.0.484", "o:arraynetworks:arrayos_ag", "[,9.4.0.481]", "fixed"},
    {"vigor", "Vigor2960", "1.5.1.3", "o:draytek:vigor2960_firmware", "[,1.5.1.4)", "open"},
    {"vigor", "2960", "1.5.1.4", "o:draytek:vigor2960_firmware", "[,1.5.1.4)", "fixed"},
    {"mikrotik", "", "RouterOS v6.40.7 (long-term)", "o:mikrotik:routeros", "[,6.40.8)", "open"},
    {"mikrotik", "", "7.16.2 (stable)", "o:mikrotik:routeros", "[,6.40.8)", "fixed"},
    {"mikrotik", "", "7.16rc2", "o:mikrotik:routeros", "[,6.40.8)", "unknown"},
    {"yamaha-rtx", "RTX830", "RTX830 Rev.15.02.17 (Mon Feb 1 09:00:00 2021)",
     "o:yamaha:rtx830_firmware", "[,15.02.17]", "open"},
    {"yamaha-rtx", "RTX830", "Rev.15.02.30", "o:yamaha:rtx830_firmware", "[,15.02.17]", "fixed"},
    {"nec-ix", "IX2105", "Version 10.2.42", "o:nec:univerge_ix2105_firmware", "[8.7.22,10.2.42]",
     "open"},
    {"nec-ix", "UNIVERGE IX2105", "Ver.10.7.18", "o:nec:univerge_ix2105_firmware",
     "[8.7.22,10.2.42]", "fixed"},
    {"buffalo", "WSR-2533DHP3", "ファームウェア Ver.1.24", "o:buffalo:wsr-2533dhp3_firmware",
     "[,1.24]", "open"},
    {"buffalo", "wsr-2533dhp3/NBK", "1.24", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]", "open"},
    {"buffalo", "WSR-2533DHP3-BK", "Ver.1.25", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]",
     "fixed"},
    {"buffalo", "WSR-9999DHP3", "Ver.1.25", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]",
     "unknown"},
    {"aterm", "PA-WG1200HP4", "1.2.0", "o:nec:aterm_wg1200hp4_firmware", "[,1.3.2)", "open"},
    {"aterm", "Aterm WG1200HP4", "Ver1.3.2", "o:nec:aterm_wg1200hp4_firmware", "[,1.3.2)", "fixed"},
    {"elecom", "WRC-1167GHBK2-S", "v1.66", "o:elecom:wrc-1167ghbk2-s_firmware", "[,1.67)", "open"},
    {"elecom", "WRC-1167GHBK2-S", "Ver. 1.67", "o:elecom:wrc-1167ghbk2-s_firmware", "[,1.67)",
     "fixed"},
    {"iodata", "WN-AX1167GR", "3.00", "o:iodata:wn-ax1167gr_firmware", "[,3.01)", "open"},
    {"iodata", "WN-AX1167GR", "Ver.3.01", "o:iodata:wn-ax1167gr_firmware", "[,3.01)", "fixed"},
    {"tp-link", "Archer AX21", "1.1.3 Build 20221125 rel.55421(5553)",
     "o:tp-link:archer_ax21_firmware", "[,1.1.4)", "open"},
    {"tp-link", "Archer AX21 v3", "1.1.3", "o:tp-link:archer_ax21_firmware", "[,1.1.4)", "open"},
    {"tp-link", "Archer AX21(JP)", "1.1.3", "o:tp-link:archer_ax21_firmware", "[,1.1.3]", "open"},
    {"tp-link", "TP-Link Archer C7 V5.0", "1.1.3", "o:tp-link:archer_c7_v5.0_firmware", "[,1.1.3]",
     "open"},
    {"tp-link", "Archer AX21", "1.1.4 Build 20230219", "o:tp-link:archer_ax21_firmware", "[,1.1.4)",
     "fixed"},
    {"asus", "RT-AX55", "3.0.0.4.386_51948", "o:asus:rt-ax55_firmware", "=3.0.0.4.386.51948",
     "open"},
    {"asus", "RT-AX55", "3.0.0.4.386_52041", "o:asus:rt-ax55_firmware", "[,3.0.0.4.386_51948]",
     "fixed"},
    {"netgear", "R7000", "V1.0.11.116_10.2.100", "o:netgear:r7000_firmware", "[,1.0.11.123)",
     "open"},
    {"netgear", "R7000", "V1.0.11.136_10.2.120", "o:netgear:r7000_firmware", "[,1.0.11.123)",
     "fixed"},
    {"d-link", "DIR-859 A1", "1.05B03", "o:dlink:dir-859_firmware", "[,1.06b01]", "open"},
    {"d-link", "DIR-859", "v1.07B03", "o:dlink:dir-859_firmware", "[,1.06b01]", "fixed"},
    {"synology", "", "DSM 7.2.1-69057 Update 4", "o:synology:diskstation_manager",
     "[7.2.1,7.2.1-69057-5)", "open"},
    {"synology", "", "7.2.1-69057 Update 5", "o:synology:diskstation_manager",
     "[7.2.1,7.2.1-69057-5)", "fixed"},
    {"synology", "", "DSM 7.2.1", "o:synology:diskstation_manager", "[7.2.1,7.2.1-69057-5)",
     "unclear"},
    {"qnap-qts", "", "QTS 5.1.0.2348 build 20230325", "o:qnap:qts", "=5.1.0.2348:build_20230325",
     "open"},
    {"qnap-qts", "", "5.1.5.2645", "o:qnap:qts", "[5.1.0,5.1.5.2645)", "fixed"},
    {"qnap-quts", "", "QuTS hero h5.1.0.2424 build 20230609", "o:qnap:quts_hero",
     "[h5.1.0,h5.1.5.2647)", "open"},
    {"qnap-quts", "", "h5.1.5.2647", "o:qnap:quts_hero", "[h5.1.0,h5.1.5.2647)", "fixed"},
    {"buffalo-nas", "TS5410DN", "Ver.4.00", "o:buffalo:ts5410dn_firmware", "[,4.00]", "open"},
    {"buffalo-nas", "TeraStation TS5410DN", "4.10", "o:buffalo:ts5410dn_firmware", "[,4.00]",
     "fixed"},
};

TEST(Written, GearIsReadAsItsPageShowsIt) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Gear& one : kGear) {
    ASSERT_NE(guideline().appliance(one.kind), nullptr) << one.kind;
    EXPECT_EQ(judged(one), one.expected) << one.kind << " " << one.model << " '" << one.written
                                         << "' " << one.record << one.versions;
    seen.emplace(one.kind, one.expected);
  }
  for (const Appliance& kind : guideline().appliances) {
    EXPECT_TRUE(scheme_of(kind.versions)) << kind.id;
    if (kind.cpe.empty() && !kind.models) continue;
    EXPECT_TRUE(seen.contains({kind.id, "open"}) && seen.contains({kind.id, "fixed"})) << kind.id;
    EXPECT_TRUE(firmware_version(kind, kind.versions.example)) << kind.id;
  }
}

// A version that is read of the kind alone is read of it no more once another product's name stands
// before it, and people are told whose it is.
TEST(Written, OfAnotherProductIsNeverReadAsOfTheChosenOne) {
  const std::vector<std::pair<std::string, std::set<std::string>>> products{
      {"FortiOS", {"fortigate"}},
      {"FortiProxy", {}},
      {"FortiWeb", {}},
      {"FortiManager", {}},
      {"PAN-OS", {"pan-os"}},
      {"Panorama", {}},
      {"Policy Secure", {}},
      {"SonicOS", {"sonicwall"}},
      {"SMA 100", {"sma100"}},
      {"SMA1000", {"sma1000"}},
      {"NetScaler", {"netscaler"}},
      {"Cisco ASA", {"cisco-asa"}},
      {"FTD", {"cisco-ftd"}},
      {"NX-OS", {}},
      {"IOS XR", {}},
      {"IOS XE", {"cisco-ios-xe"}},
      {"BIG-IP", {"big-ip"}},
      {"BIG-IQ", {}},
      {"Junos", {"junos"}},
      {"ScreenOS", {}},
      {"SFOS", {"sophos"}},
      {"Fireware", {"firebox"}},
      {"RouterOS", {"mikrotik"}},
      {"SwOS", {}},
      {"DSM", {"synology"}},
      {"SRM", {}},
      {"QTS", {"qnap-qts"}},
      {"QuTS hero", {"qnap-quts"}},
      {"QuTScloud", {}},
      {"OpenWrt", {}},
      {"DD-WRT", {}},
      {"pfSense", {}}};
  std::size_t refused = 0;
  for (const Appliance& kind : guideline().appliances) {
    if (kind.versions.example.empty()) continue;
    ASSERT_TRUE(firmware_version(kind, kind.versions.example)) << kind.id;
    for (const auto& [product, kinds] : products)
      for (const std::string& text :
           {product + " " + kind.versions.example, product + "-" + kind.versions.example,
            lower(product) + " v" + kind.versions.example,
            kind.versions.example + " (" + product + ")"}) {
        if (kinds.contains(kind.id)) continue;
        EXPECT_FALSE(firmware_version(kind, text)) << kind.id << " '" << text << "'";
        EXPECT_THAT(firmware_words(kind, text).en, testing::HasSubstr("choose its kind anew"))
            << kind.id << " '" << text << "'";
        ++refused;
      }
  }
  EXPECT_GT(refused, 3000U);
}

TEST(Written, OfNoGearIsReadWhatSomebodyOnlySaysOfAVersion) {
  for (const Appliance& kind : guideline().appliances) {
    if (kind.versions.example.empty()) continue;
    const std::string& one = kind.versions.example;
    for (const std::string& text :
         {one + " 未適用", one + "に上げたい", one + " 相当", "最新版 " + one, one + "+", "~" + one,
          one + "^", "at least " + one, one + " (old)", one + "〜" + one + "9", one + " 以降"})
      EXPECT_FALSE(firmware_version(kind, text)) << kind.id << " '" << text << "'";
    for (const std::string& text : {one + " 適用済み", "バージョン: " + one, one + "（確認済み）"})
      EXPECT_TRUE(firmware_version(kind, text)) << kind.id << " '" << text << "'";
  }
}

TEST(Written, WhatWasReadIsSaidBack) {
  const Appliance& fortigate = *guideline().appliance("fortigate");
  EXPECT_EQ(firmware_words(fortigate, "FGT_60F v7.2.6,build1575").en, "FortiOS 7.2.6");
  EXPECT_EQ(firmware_words(fortigate, "7.2").en, "some version of FortiOS 7.2");
  EXPECT_EQ(firmware_words(fortigate, "最新").en,
            "no version can be read from '最新' (one looks like 7.4.8)");
}

struct Program {
  const char* name;
  const char* version;
  const char* record;
  const char* versions;
  const char* expected;  // open, fixed, unclear, or unknown where its version can't be read
};

std::string judged(const Program& one) {
  const Software* software = software_of_program(guideline().software, one.name);
  if (software == nullptr) return "no such program";
  const auto judgement = judge_program(*software, one.name, one.version,
                                       *feed_of(one.record, one.versions).weaknesses, "windows");
  return !judgement.open.empty()      ? "open"
         : !judgement.unclear.empty() ? "unclear"
         : judgement.known            ? "fixed"
                                      : "unknown";
}

const std::vector<Program> kPrograms{
    {"OpenVPN 2.6.9-I001 amd64", "2.6.901", "a:openvpn:openvpn", "[2.6.0,2.6.11)", "open"},
    {"OpenVPN 2.6.12-I001 amd64", "2.6.1201", "a:openvpn:openvpn", "[2.6.0,2.6.11)", "fixed"},
    {"OpenVPN Connect", "3.4.2", "a:openvpn:connect", "[,3.4.3)", "open"},
    {"WireGuard", "0.5.2", "a:wireguard:wireguard", "[,0.5.3)", "open"},
    {"GlobalProtect", "6.0.4", "a:paloaltonetworks:globalprotect|*:*:*:windows:*:*",
     "[6.0.0,6.0.7)", "open"},
    {"Cisco AnyConnect Secure Mobility Client ", "4.10.05095",
     "a:cisco:anyconnect_secure_mobility_client|*:*:*:windows:*:*", "[,4.10.05111)", "open"},
    {"Cisco Secure Client - AnyConnect VPN", "5.0.01242", "a:cisco:secure_client",
     "[5.0,5.0.02075)", "open"},
    {"FortiClient VPN", "7.2.4.0972", "a:fortinet:forticlient|*:*:*:windows:*:*", "[7.2.0,7.2.4]",
     "open"},
    {"FortiClient", "7.2.5.1053", "a:fortinet:forticlient|*:*:*:windows:*:*", "[7.2.0,7.2.4]",
     "fixed"},
    {"Ivanti Secure Access Client", "22.6.1.26825", "a:ivanti:secure_access_client", "=22.6:r1",
     "open"},
    {"Ivanti Secure Access Client", "9.1.15819", "a:ivanti:secure_access_client", "[,22.7)",
     "unclear"},
    {"Tailscale", "1.30.2", "a:tailscale:tailscale|*:*:*:windows:*:*", "[,1.32.3)", "open"},
    {"RealVNC Server 6.11.0", "6.11.0.47988", "a:realvnc:vnc_server", "[,6.11.0]", "open"},
    {"RealVNC Viewer 7.5.1", "7.5.1.50075", "a:realvnc:vnc_viewer", "[,6.22.826]", "fixed"},
    {"TightVNC", "2.8.8.0", "a:tightvnc:tightvnc", "[,2.8.75)", "open"},
    {"UltraVNC", "1.2.2.3", "a:uvnc:ultravnc", "[,1.2.2.4)", "open"},
    {"TigerVNC 64-bit v1.9.0", "1.9.0", "a:tigervnc:tigervnc", "[,1.10.1)", "open"},
    {"TeamViewer", "15.50.5", "a:teamviewer:teamviewer", "[,15.51.5)", "open"},
    {"AnyDesk", "ad 8.0.8", "a:anydesk:anydesk|*:*:*:windows:*:*", "[,8.1.0)", "open"},
    {"VMware Horizon Client", "5.5.2.21092", "a:vmware:horizon_client|*:*:*:windows:*:*",
     "[5.0.0,5.5.3)", "open"},
    {"Mozilla Firefox (x64 ja)", "127.0", "a:mozilla:firefox|*:*:-:*:*:*", "[,128.0)", "open"},
    {"Mozilla Firefox ESR (x64 ja)", "115.14.0", "a:mozilla:firefox|*:*:-:*:*:*", "[,128.0)",
     "fixed"},
    {"Mozilla Firefox 115.12.0 ESR (x64 ja)", "115.12.0", "a:mozilla:firefox|*:*:esr:*:*:*",
     "[,115.13)", "open"},
    {"Mozilla Firefox ESR (x64 ja)", "115.14.0", "a:mozilla:firefox", "[,128.0)", "open"},
    {"Google Chrome", "130.0.6723.70", "a:google:chrome", "[,130.0.6723.92)", "open"},
    {"Google Chrome", "130.0.6723.92", "a:google:chrome", "[,130.0.6723.92)", "fixed"},
    {"Microsoft Edge", "129.0.2792.52", "a:microsoft:edge_chromium", "[,130.0.2849.46)", "open"},
    {"Microsoft Edge WebView2 Runtime", "129.0.2792.52", "a:microsoft:edge_chromium",
     "[,130.0.2849.46)", "open"},
    {"LibreOffice 7.6.3.2", "7.6.3.2", "a:libreoffice:libreoffice", "[7.6.0,7.6.4)", "open"},
    {"LibreOffice 7.6.4.1", "7.6.4.1", "a:libreoffice:libreoffice", "[7.6.0,7.6.4)", "fixed"},
    {"Mozilla Thunderbird ESR (x64 ja)", "115.9.0", "a:mozilla:thunderbird", "[,115.10.1)", "open"},
    {"ONLYOFFICE Desktop Editors 8.0 (x64)", "8.0.0.99", "a:onlyoffice:desktop_editors", "[,8.0.1)",
     "open"},
    {"Zoom", "5.17.5 (29101)", "a:zoom:zoom|*:*:*:windows:*:*", "[,5.17.5]", "open"},
    {"Zoom Workplace (64-bit)", "5.17.29101", "a:zoom:zoom|*:*:*:windows:*:*", "[,5.17.10)",
     "unclear"},
    {"Zoom(64bit)", "5.16.26186", "a:zoom:zoom|*:*:*:windows:*:*", "[,5.17.10)", "open"},
    {"Zoom(64bit)", "5.18.30000", "a:zoom:zoom|*:*:*:windows:*:*", "[,5.17.10)", "fixed"},
    {"Zoom", "5.15.3", "a:zoom:meetings|*:*:*:android:*:*", "[,5.15.5)", "fixed"},
    {"Git", "2.43.0", "a:git-scm:git", "[,2.45.1)", "open"},
    {"Git version 2.43.0.windows.1", "2.43.0.windows.1", "a:git-scm:git", "[,2.43.0]", "open"},
    {"7-Zip 23.01 (x64)", "23.01", "a:7-zip:7-zip", "[,24.07)", "open"},
    {"7-Zip 24.09 (x64 edition)", "24.09.00.0", "a:7-zip:7-zip", "[,24.07)", "fixed"},
    {"WinRAR 6.22 (64 ビット)", "6.22.0", "a:rarlab:winrar", "[,6.23)", "open"},
    {"Lhaplus", "1.73", "a:lhaplus:lhaplus", "[,1.73]", "open"},
    {"Adobe Acrobat (64-bit)", "23.003.20215", "a:adobe:acrobat_dc|*:*:continuous:*:*:*",
     "[15.007.20033,23.003.20284)", "open"},
    {"Adobe Acrobat (64-bit)", "23.003.20284", "a:adobe:acrobat_dc|*:*:continuous:*:*:*",
     "[15.007.20033,23.003.20284)", "fixed"},
    {"Adobe Acrobat 2020", "20.005.30516", "a:adobe:acrobat|*:*:classic:*:*:*",
     "[20.001.30005,20.005.30524)", "open"},
    {"Adobe Acrobat 2020", "20.005.30524", "a:adobe:acrobat|*:*:classic:*:*:*",
     "[20.001.30005,20.005.30524)", "fixed"},
    {"Adobe Acrobat Reader 2020", "20.005.30516", "a:adobe:acrobat_reader|*:*:classic:*:*:*",
     "[20.001.30005,20.005.30524)", "open"},
    {"Foxit PDF Reader", "12.1.2.15332", "a:foxit:pdf_reader", "[,12.1.2.15332]", "open"},
    {"Foxit PDF Editor", "12.1.2.15332", "a:foxit:pdf_editor", "[12.0,12.1.2.15332]", "open"},
    {"一太郎2021", "", "a:justsystems:ichitaro", "=2021", "open"},
    {"OpenOffice 4.1.13", "4.113.9810", "a:apache:openoffice", "[,4.1.14)", "open"},
    {"OpenOffice 4.1.15", "4.115.9813", "a:apache:openoffice", "[,4.1.14)", "fixed"},
    {"Microsoft Teams", "1.6.00.18000", "a:microsoft:teams|*:*:*:-:*:*", "[,1.6.00.18681)", "open"},
    {"Microsoft Teams classic", "1.7.00.1859", "a:microsoft:teams|*:*:*:android:*:*", "[,9)",
     "fixed"},
    {"Webex", "42.10.0.24000", "a:cisco:webex_teams", "[,43.0)", "open"},
    {"Slack", "4.22.1", "a:slack:slack|*:*:*:windows:*:*", "[,4.23.0)", "open"},
    {"Java 8 Update 401 (64-bit)", "8.0.4010.10", "a:oracle:jre", "=1.8.0:update401", "open"},
    {"Java 8 Update 401 (64-bit)", "8.0.4010.10", "a:oracle:jre", "=1.8.0:update_401", "open"},
    {"Java 8 Update 411", "8.0.4110.9", "a:oracle:jre", "=1.8.0:update401", "fixed"},
    {"Java(TM) SE Development Kit 21.0.2 (64-bit)", "21.0.2.0", "a:oracle:jdk", "[21,21.0.2]",
     "open"},
    {"Java SE Development Kit 8 Update 401 (64-bit)", "8.0.4010.10", "a:oracle:jdk",
     "=1.8.0:update401", "open"},
    {"Python 3.12.1 (64-bit)", "3.12.1150.0", "a:python:python", "[3.12.0,3.12.4)", "open"},
    {"Python 3.13.0 (64-bit)", "3.13.150.0", "a:python:python", "=3.13.0:alpha1", "fixed"},
    {"Node.js", "18.19.0", "a:nodejs:node.js|*:*:lts:*:*:*", "[18.0.0,18.19.1)", "open"},
    {"Node.js", "21.6.1", "a:nodejs:node.js|*:*:-:*:*:*", "[21.0.0,21.6.2)", "open"},
    {"PuTTY release 0.80 (64-bit)", "0.80.0.0", "a:putty:putty", "[0.68,0.81)", "open"},
    {"PuTTY release 0.81 (64-bit)", "0.81.0.0", "a:putty:putty", "[0.68,0.81)", "fixed"},
    {"WinSCP 6.1.2", "6.1.2", "a:winscp:winscp", "[,6.3.3)", "open"},
    {"FileZilla 3.66.4", "3.66.4", "a:filezilla-project:filezilla_client", "[,3.67.0)", "open"},
    {"FileZilla Server 1.8.0", "1.8.0", "a:filezilla-project:filezilla_server", "[,1.8.1)", "open"},
    {"Notepad++ (64-bit x64)", "8.5.6", R"(a:notepad-plus-plus:notepad\\+\\+)", "[,8.5.7)", "open"},
    {"Notepad++ (64-bit x64)", "8.5.7", R"(a:notepad-plus-plus:notepad\\+\\+)", "[,8.5.7)",
     "fixed"},
    {"サクラエディタ バージョン 2.2.0.1", "2.2.0.1", "a:sakura-editor:sakura_editor", "[,2.2.0.1]",
     "open"},
    {"VLC media player", "3.0.18", "a:videolan:vlc_media_player", "[,3.0.19)", "open"},
    {"KeePass Password Safe 2.53.1", "2.53.1", "a:keepass:keepass", "[2.00,2.54)", "open"},
    {"Docker Desktop", "4.43.2", "a:docker:desktop", "[,4.44.3)", "open"},
    {"Oracle VM VirtualBox 7.0.14", "7.0.14", "a:oracle:vm_virtualbox", "[7.0.0,7.0.16)", "open"},
    {"VMware Workstation", "17.5.1", "a:vmware:workstation", "[17.0,17.5.2)", "open"},
    {"VMware Player", "17.5.1", "a:vmware:workstation_player", "[17.0,17.5.2)", "open"},
    {"Wireshark 4.2.2 x64", "4.2.2", "a:wireshark:wireshark", "[4.2.0,4.2.3)", "open"},
    {"SKYSEA Client View", "19.200.5", "a:skygroup:skysea_client_view", "[,19.2]", "fixed"},
    {"SKYSEA Client View", "16.1.3", "a:skygroup:skysea_client_view", "[,19.2]", "open"},
    {"LANSCOPE Client", "9.4.7.1", "a:motex:lanscope_endpoint_manager", "[,9.4.7.1]", "open"},
    {"iTunes", "12.13.1.3", "a:apple:itunes|*:*:*:windows:*:*", "[,12.13.2)", "open"},
    {"Adobe Flash Player 32 NPAPI", "32.0.0.371", "a:adobe:flash_player", "[,32.0.0.387)", "open"},
    // An installer's build behind the version of a feed.
    {"Wireshark 4.2.2 x64", "4.2.2.1", "a:wireshark:wireshark", "[,4.2.2]", "unclear"},
    {"VLC media player", "nightly", "a:videolan:vlc_media_player", "[,3.0.19)", "unclear"},
    {"VLC media player", "", "a:videolan:vlc_media_player", "[,3.0.19)", "unclear"},
    {"VLC media player", "3.0.18", "a:acme:other", "[,3.0.19)", "unknown"},
};

TEST(Written, ProgramsAreReadAsWindowsListsThem) {
  std::set<std::string> seen;
  for (const Program& one : kPrograms) {
    EXPECT_EQ(judged(one), one.expected)
        << one.name << " '" << one.version << "' " << one.record << one.versions;
    if (std::string_view(one.expected) == "open")
      seen.insert(software_of_program(guideline().software, one.name)->id);
  }
  for (const Software& software : guideline().software) {
    EXPECT_TRUE(scheme_of(software.versions)) << software.id;
    EXPECT_TRUE(software.cpe.empty() || seen.contains(software.id)) << software.id;
  }
}

}  // namespace
}  // namespace sekisho
