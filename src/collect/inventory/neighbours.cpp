// SPDX-License-Identifier: Apache-2.0
#include "collect/inventory/neighbours.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "collect/vuln/version.h"

namespace sekisho {
namespace {

/// A word of a maker's writing, in lower case, and the kinds whose it is, between blanks; none for
/// products that aren't known here.
struct Word {
  std::string_view word;
  std::string_view product;
  std::string_view kinds = {};
};

// clang-format off: a table
constexpr auto kWords = std::to_array<Word>({
    // Fortinet: its other products are all called Forti-; see below.
    {"fortios", "FortiOS", " fortigate "}, {"fortigate", "FortiGate", " fortigate "},
    {"fortiwifi", "FortiWiFi", " fortigate "},
    // Palo Alto Networks.
    {"pan-os", "PAN-OS", " pan-os "}, {"panos", "PAN-OS", " pan-os "}, {"panorama", "Panorama"},
    {"prisma", "Prisma"}, {"cortex", "Cortex"}, {"globalprotect app", "GlobalProtect app"},
    // Ivanti.
    {"connect secure", "Connect Secure", " connect-secure "}, {"policy secure", "Policy Secure"},
    {"neurons", "Ivanti Neurons"}, {"zta", "ZTA Gateway"}, {"epmm", "EPMM"},
    {"mobileiron", "MobileIron"}, {"sentry", "Sentry"}, {"avalanche", "Avalanche"},
    {"secure access client", "Secure Access Client"},
    // SonicWall.
    {"sonicos", "SonicOS", " sonicwall "}, {"sra", "SRA", " sma100 "},
    {"sma 1000", "SMA 1000", " sma1000 "}, {"sma1000", "SMA 1000", " sma1000 "},
    {"sma 6200", "SMA 1000", " sma1000 "}, {"sma6200", "SMA 1000", " sma1000 "},
    {"sma 6210", "SMA 1000", " sma1000 "}, {"sma6210", "SMA 1000", " sma1000 "},
    {"sma 7200", "SMA 1000", " sma1000 "}, {"sma7200", "SMA 1000", " sma1000 "},
    {"sma 7210", "SMA 1000", " sma1000 "}, {"sma7210", "SMA 1000", " sma1000 "},
    {"sma 8200v", "SMA 1000", " sma1000 "}, {"sma8200v", "SMA 1000", " sma1000 "},
    {"sma 100", "SMA 100", " sma100 "}, {"sma100", "SMA 100", " sma100 "},
    {"sma 200", "SMA 100", " sma100 "}, {"sma200", "SMA 100", " sma100 "},
    {"sma 210", "SMA 100", " sma100 "}, {"sma210", "SMA 100", " sma100 "},
    {"sma 400", "SMA 100", " sma100 "}, {"sma400", "SMA 100", " sma100 "},
    {"sma 410", "SMA 100", " sma100 "}, {"sma410", "SMA 100", " sma100 "},
    {"sma 500v", "SMA 100", " sma100 "}, {"sma500v", "SMA 100", " sma100 "},
    {"sma", "SMA", " sma100 sma1000 "}, {"netextender", "NetExtender"},
    {"global vpn client", "Global VPN Client"}, {"capture client", "Capture Client"},
    {"sonicwave", "SonicWave"}, {"email security", "Email Security"},
    // Citrix.
    {"netscaler", "NetScaler", " netscaler "}, {"sd-wan", "SD-WAN"}, {"xenserver", "XenServer"},
    {"xenmobile", "XenMobile"}, {"storefront", "StoreFront"}, {"sharefile", "ShareFile"},
    {"netscaler console", "NetScaler Console"}, {"netscaler adm", "NetScaler ADM"},
    {"application delivery management", "NetScaler ADM"},
    // Cisco.
    {"asa", "Cisco ASA", " cisco-asa "}, {"asav", "Cisco ASA", " cisco-asa "},
    {"adaptive security", "Cisco ASA", " cisco-asa "}, {"asdm", "ASDM"},
    {"ftd", "Cisco FTD", " cisco-ftd "}, {"threat defense", "Cisco FTD", " cisco-ftd "},
    {"ftdv", "Cisco FTD", " cisco-ftd "}, {"fmc", "Cisco FMC"},
    {"firepower management", "Cisco FMC"}, {"firewall management", "Cisco FMC"},
    {"fxos", "FXOS"}, {"firepower extensible", "FXOS"}, {"nx-os", "NX-OS"}, {"nxos", "NX-OS"},
    {"ios xr", "IOS XR"}, {"ios-xr", "IOS XR"}, {"iosxr", "IOS XR"}, {"aireos", "AireOS"},
    {"meraki", "Meraki"}, {"anyconnect", "AnyConnect"}, {"cisco secure client", "Cisco Secure Client"},
    {"ios xe", "IOS XE", " cisco-ios-xe "}, {"ios-xe", "IOS XE", " cisco-ios-xe "},
    {"iosxe", "IOS XE", " cisco-ios-xe "}, {"cat9k", "IOS XE", " cisco-ios-xe "},
    // Check Point, F5, Juniper, Sophos, WatchGuard, Zyxel.
    {"gaia", "Gaia", " checkpoint "}, {"smartconsole", "SmartConsole"}, {"harmony", "Harmony"},
    {"big-ip", "BIG-IP", " big-ip "}, {"bigip", "BIG-IP", " big-ip "}, {"big-iq", "BIG-IQ"},
    {"bigiq", "BIG-IQ"}, {"f5os", "F5OS"}, {"nginx", "NGINX"},
    {"junos", "Junos OS", " junos "}, {"junos space", "Junos Space"}, {"screenos", "ScreenOS"},
    {"session smart", "Session Smart Router"}, {"apstra", "Apstra"}, {"ctpview", "CTPView"},
    {"sfos", "SFOS", " sophos "}, {"sophos firewall", "SFOS", " sophos "}, {"utm", "UTM"},
    {"cyberoam", "Cyberoam"}, {"sophos connect", "Sophos Connect"},
    {"fireware", "Fireware", " firebox "}, {"watchguard dimension", "WatchGuard Dimension"},
    {"zld", "ZLD", " zyxel "}, {"uos", "uOS"}, {"nas326", "Zyxel NAS"}, {"nas542", "Zyxel NAS"},
    // Array Networks, DrayTek, MikroTik, Yamaha, NEC.
    {"arrayos ag", "ArrayOS AG", " array-ag "}, {"vxag", "ArrayOS AG", " array-ag "},
    {"apv", "ArrayOS APV"}, {"avx", "ArrayOS AVX"},
    {"drayos", "DrayOS", " vigor "}, {"vigorswitch", "VigorSwitch"}, {"vigorap", "VigorAP"},
    {"vigoracs", "VigorACS"}, {"routeros", "RouterOS", " mikrotik "}, {"swos", "SwOS"},
    {"winbox", "WinBox"}, {"swx", "Yamaha SWX"}, {"wlx", "Yamaha WLX"},
    {"rtx", "Yamaha RTX", " yamaha-rtx "}, {"nvr", "Yamaha NVR", " yamaha-rtx "},
    {"univerge", "UNIVERGE", " nec-ix "},
    // At home, and storage.
    {"airstation", "AirStation", " buffalo "}, {"terastation", "TeraStation", " buffalo-nas "},
    {"linkstation", "LinkStation", " buffalo-nas "}, {"aterm", "Aterm", " aterm "},
    {"asuswrt-merlin", "Asuswrt-Merlin"}, {"merlin", "Asuswrt-Merlin"},
    {"dsm", "Synology DSM", " synology "}, {"srm", "Synology SRM"},
    {"synology router", "Synology SRM"}, {"dsmuc", "Synology DSM UC"}, {"bsm", "Synology BSM"},
    {"beestation", "Synology BSM"}, {"surveillance station", "Surveillance Station"},
    {"qts", "QTS", " qnap-qts "}, {"quts", "QuTS hero", " qnap-quts "},
    {"qutscloud", "QuTScloud"}, {"qes", "QES"}, {"qne", "QNE"}, {"qurouter", "QuRouter"},
    {"qss", "QSS"}, {"qvr", "QVR"}, {"qvp", "QVP"}, {"quwan", "QuWAN"},
    // Put on gear of many makers in place of its own.
    {"openwrt", "OpenWrt"}, {"lede", "LEDE"}, {"dd-wrt", "DD-WRT"}, {"tomato", "Tomato"},
    {"freshtomato", "FreshTomato"}, {"pfsense", "pfSense"}, {"opnsense", "OPNsense"},
    {"vyos", "VyOS"}, {"edgeos", "EdgeOS"}, {"unifi", "UniFi"}, {"arubaos", "ArubaOS"},
    {"aos-cx", "AOS-CX"}, {"esxi", "ESXi"}, {"truenas", "TrueNAS"}, {"openmediavault", "OpenMediaVault"},
});
// clang-format on

bool letter(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

/// Whether `text` has the word, neither within nor before a longer one: "sma 100" isn't in
/// "sma 1000", but "ftd" is in "ftd7.2".
bool has(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !letter(text[at - 1]);
    const bool ends =
        end == text.size() ||
        (digit(word.back()) ? !digit(text[end]) && !letter(text[end]) : !letter(text[end]));
    if (begins && ends) return true;
  }
  return false;
}

/// "fortiproxy" of "FortiProxy-VM v7.4.3".
std::string word_from(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && letter(text[end])) ++end;
  return std::string(text.substr(at, end - at));
}

}  // namespace

std::optional<std::string> other_product(const Appliance& kind, std::string_view given) {
  std::string text = lower(plain_width(given));
  std::ranges::replace(text, '_', ' ');
  const std::string id = " " + kind.id + " ";
  for (const Word& one : kWords)
    if (!one.kinds.contains(id) && has(text, one.word)) return std::string(one.product);
  for (std::size_t at = text.find("forti"); at != std::string::npos;
       at = text.find("forti", at + 1)) {
    std::string word = word_from(text, at);
    const bool known = word == "forti" || word == "fortinet" || word == "fortios" ||
                       word == "fortigate" || word == "fortiwifi" || word == "fortiguard";
    if ((at == 0 || !letter(text[at - 1])) && !known) return word;
  }
  // QuTS hero puts a letter before the numbers.
  if (kind.id == "qnap-qts")
    for (std::size_t at = 0; at + 1 < text.size(); ++at)
      if (text[at] == 'h' && digit(text[at + 1]) &&
          (at == 0 || !(letter(text[at - 1]) || digit(text[at - 1]))))
        return "QuTS hero";
  return std::nullopt;
}

}  // namespace sekisho
