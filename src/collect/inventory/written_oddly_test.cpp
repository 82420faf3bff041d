// SPDX-License-Identifier: Apache-2.0
// Versions as people, other lists and file names have them: each is open to the record beside it,
// so that whatever is made of it, "fixed" is wrong. Most are no form that a page shows.
#include <vector>

#include <gtest/gtest.h>

#include "collect/inventory/judged_gear.h"

namespace sekisho {
namespace {

// clang-format off: a table
const std::vector<Gear> kOpen{
    {"fortigate", "", "FG100F-7.2.6-FW-build1575-231016", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "FortiOS7.2.6", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "Forti OS ver7.2.6", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7.2.6（build1575）", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7.2.6 → 7.2.8 に更新予定", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7.2.6/7.4.8", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7.2.6 以上", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7.2系", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "build1575", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "60F", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "2023年11月に更新 (7.2.6)", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "最新 (7.4.9 のはず)", "o:fortinet:fortios", "[,]", ""},
    {"fortigate", "", "7-2-6", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7,2,6", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "7。2。6", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"fortigate", "", "バージョン７.２.６", "o:fortinet:fortios", "[7.2.0,7.2.7)", ""},
    {"pan-os", "", "PA-440 10.2.8-h1", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9)", ""},
    {"pan-os", "", "PA-440 PAN-OS 10.2.8h1", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9)", ""},
    {"pan-os", "", "PanOS_vm-10.2.8", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9)", ""},
    {"pan-os", "", "GlobalProtect 6.2.1, PAN-OS 10.2.8", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9)", ""},
    {"pan-os", "", "10.2.8-h3 (preferred)", "o:paloaltonetworks:pan-os", "[10.2.0,10.2.9)", ""},
    {"connect-secure", "", "22.7r2.4", "a:ivanti:connect_secure", "=22.7:r2.4", ""},
    {"connect-secure", "", "Pulse Connect Secure 9.1R11.4 (build 12319)", "a:ivanti:connect_secure", "=9.1:r11.4", ""},
    {"connect-secure", "", "ICS-22.7R2.4-3597", "a:ivanti:connect_secure", "=22.7:r2.4", ""},
    {"connect-secure", "", "22.7 R2.4", "a:ivanti:connect_secure", "=22.7:r2.4", ""},
    {"sonicwall", "", "SonicOS 7.0.1-5035", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]", ""},
    {"sonicwall", "", "sw_tz-470_eng.7.0.1-5035.bin", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]", ""},
    {"sonicwall", "", "7.0.1", "o:sonicwall:sonicos", "[7.0.0,7.0.1-5035]", ""},
    {"netscaler", "", "NetScaler ADC 13.1 build 48.47", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", ""},
    {"netscaler", "", "13.1.48.47", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", ""},
    {"netscaler", "", "NSVPX-KVM-13.1-48.47_nc_64.tgz", "a:citrix:netscaler_gateway", "[13.1,13.1-49.15)", ""},
    {"cisco-asa", "", "asa9-8-4-15-smp-k8.bin", "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)", ""},
    {"cisco-asa", "", "9.8.4.15", "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)", ""},
    {"cisco-asa", "", "Version 9.8(4)", "o:cisco:adaptive_security_appliance_software", "[9.8,9.8.4.20)", ""},
    {"cisco-ftd", "", "Cisco Firepower Threat Defense for Azure v7.2.5 (build 208)", "a:cisco:firepower_threat_defense", "[7.2.0,7.2.5]", ""},
    {"cisco-ios-xe", "", "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software, Version 17.9.3, RELEASE SOFTWARE (fc6)", "o:cisco:ios_xe", "=17.9.3", ""},
    {"cisco-ios-xe", "", "cat9k_iosxe.17.09.03.SPA.bin", "o:cisco:ios_xe", "=17.9.3", ""},
    {"cisco-ios-xe", "", "17.9.3 (Cupertino)", "o:cisco:ios_xe", "=17.9.3", ""},
    {"checkpoint", "", "R81.20 - Build 627", "o:checkpoint:quantum_security_gateway_firmware", "=r81.20", ""},
    {"checkpoint", "", "Product version Check Point Gaia R81.20", "o:checkpoint:quantum_security_gateway_firmware", "=r81.20", ""},
    {"checkpoint", "", "81.20", "o:checkpoint:quantum_security_gateway_firmware", "=r81.20", ""},
    {"big-ip", "", "Main Package Product BIG-IP Version 15.1.10 Build 0.0.10 Edition Final", "a:f5:big-ip_access_policy_manager", "[15.1.0,15.1.10]", ""},
    {"big-ip", "", "BIGIP-15.1.10-0.0.10", "a:f5:big-ip_access_policy_manager", "[15.1.0,15.1.10]", ""},
    {"junos", "", "Junos: 21.4R3-S4.9", "o:juniper:junos", "=21.4:r3-s4", ""},
    {"junos", "", "junos-srxsme-21.4R3-S4.9.tgz", "o:juniper:junos", "=21.4:r3-s4", ""},
    {"junos", "", "21.4R3 S4", "o:juniper:junos", "=21.4:r3-s4", ""},
    {"junos", "", "SRX345 21.4R3-S4.9 built 2023-05-01", "o:juniper:junos", "=21.4:r3-s4", ""},
    {"sophos", "", "XGS116 (SFOS 18.5.3 MR-3-Build408)", "o:sophos:sfos", "[,18.5.3]", ""},
    {"sophos", "", "SFOS v18.5 MR3", "o:sophos:sfos", "[,18.5.3]", ""},
    {"firebox", "", "Firebox T20 12.5.9.B657251", "o:watchguard:fireware", "[12.2,12.5.9]", ""},
    {"zyxel", "USG FLEX 100", "V5.35(ABUH.0) 2023-02-01", "o:zyxel:usg_flex_100_firmware", "[4.60,5.36)", ""},
    {"zyxel", "USG FLEX 100", "ZLD5.35", "o:zyxel:usg_flex_100_firmware", "[4.60,5.36)", ""},
    {"array-ag", "", "ArrayOS Rel.AG.9.4.0.481 build on Tue", "o:arraynetworks:arrayos_ag", "[,9.4.0.481]", ""},
    {"vigor", "Vigor2960", "1.5.1.3_STD", "o:draytek:vigor2960_firmware", "[,1.5.1.4)", ""},
    {"vigor", "DrayTek Vigor 2960", "v1.5.1.3", "o:draytek:vigor2960_firmware", "[,1.5.1.4)", ""},
    {"mikrotik", "", "RouterOS 6.40.7", "o:mikrotik:routeros", "[,6.40.8)", ""},
    {"mikrotik", "", "hAP ac2 6.40.7 (bugfix)", "o:mikrotik:routeros", "[,6.40.8)", ""},
    {"mikrotik", "", "6.40", "o:mikrotik:routeros", "[,6.40.8)", ""},
    {"yamaha-rtx", "RTX830", "RTX830 BootROM Ver. 1.01 RTX830 Rev.15.02.17", "o:yamaha:rtx830_firmware", "[,15.02.17]", ""},
    {"yamaha-rtx", "RTX830", "rev15.02.17", "o:yamaha:rtx830_firmware", "[,15.02.17]", ""},
    {"yamaha-rtx", "RTX830", "リビジョン 15.02.17", "o:yamaha:rtx830_firmware", "[,15.02.17]", ""},
    {"nec-ix", "IX2105", "NEC Portable Internetwork Core Operating System Software, IX Series IX2105 (magellan-sec) Software, Version 10.2.42", "o:nec:univerge_ix2105_firmware", "[8.7.22,10.2.42]", ""},
    {"buffalo", "WSR-2533DHP3", "1.24 (R0.00/B0.00)", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]", ""},
    {"buffalo", "ＷＳＲ－２５３３ＤＨＰ３", "Ver.1.24", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]", ""},
    {"buffalo", "AirStation WSR-2533DHP3", "1.24", "o:buffalo:wsr-2533dhp3_firmware", "[,1.24]", ""},
    {"aterm", "AtermWG1200HP4", "1.2.0", "o:nec:aterm_wg1200hp4_firmware", "[,1.3.2)", ""},
    {"aterm", "WG1200HP4", "Ver.1.2.0 (2020/1/1)", "o:nec:aterm_wg1200hp4_firmware", "[,1.3.2)", ""},
    {"elecom", "WRC-1167GHBK2-S", "1.66 (最新)", "o:elecom:wrc-1167ghbk2-s_firmware", "[,1.67)", ""},
    {"iodata", "WN-AX1167GR", "Ver 3.00", "o:iodata:wn-ax1167gr_firmware", "[,3.01)", ""},
    {"tp-link", "Archer AX21", "1.1.3 build 20221125", "o:tp-link:archer_ax21_firmware", "[,1.1.4)", ""},
    {"tp-link", "Archer AX21", "20221125", "o:tp-link:archer_ax21_firmware", "[,1.1.4)", ""},
    {"tp-link", "ArcherAX21", "1.1.3", "o:tp-link:archer_ax21_firmware", "[,1.1.4)", ""},
    {"asus", "RT-AX55", "FW_RT_AX55_300438651948", "o:asus:rt-ax55_firmware", "=3.0.0.4.386.51948", ""},
    {"asus", "RT-AX55", "386_51948", "o:asus:rt-ax55_firmware", "=3.0.0.4.386.51948", ""},
    {"netgear", "R7000", "V1.0.11.116", "o:netgear:r7000_firmware", "[,1.0.11.123)", ""},
    {"netgear", "NETGEAR Nighthawk R7000", "1.0.11.116_10.2.100", "o:netgear:r7000_firmware", "[,1.0.11.123)", ""},
    {"d-link", "DIR-859 A1", "Firmware 1.05 B03 Beta", "o:dlink:dir-859_firmware", "[,1.06b01]", ""},
    {"synology", "", "DS220+ DSM 7.2.1-69057", "o:synology:diskstation_manager", "[7.2.1,7.2.1-69057-5)", ""},
    {"synology", "", "7.2.1 69057 update4", "o:synology:diskstation_manager", "[7.2.1,7.2.1-69057-5)", ""},
    {"synology", "", "69057", "o:synology:diskstation_manager", "[7.2.1,7.2.1-69057-5)", ""},
    {"qnap-qts", "", "QTS 5.1.0 (20230325)", "o:qnap:qts", "=5.1.0.2348:build_20230325", ""},
    {"qnap-qts", "", "5.1.0.2348", "o:qnap:qts", "=5.1.0.2348:build_20230325", ""},
    {"qnap-quts", "", "QuTS hero 5.1.0.2424", "o:qnap:quts_hero", "[h5.1.0,h5.1.5.2647)", ""},
    {"buffalo-nas", "TS5410DN0802", "4.00-0.07", "o:buffalo:ts5410dn_firmware", "[,4.00]", ""},
};
// clang-format on

TEST(Written, WhatIsWrittenOddlyIsNeverTakenAsFixed) {
  for (const Gear& one : kOpen) {
    const std::string found = judged(one);
    EXPECT_NE(found, "fixed") << one.kind << " " << one.model << " '" << one.written << "'";
  }
}

}  // namespace
}  // namespace sekisho
