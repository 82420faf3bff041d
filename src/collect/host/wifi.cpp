// SPDX-License-Identifier: Apache-2.0
// Wi-Fi, in use and saved.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

std::vector<std::string> wireless_interfaces(const Machine& machine) {
  std::vector<std::string> found;
  if (const auto names = machine.list("/sys/class/net"))
    for (const std::string& name : *names)
      if (machine.exists("/sys/class/net/" + name + "/wireless") ||
          machine.exists("/sys/class/net/" + name + "/phy80211"))
        found.push_back(name);
  return found;
}

std::string_view word(WifiSecurity security) {
  switch (security) {
    case WifiSecurity::sound: return "WPA2+";
    case WifiSecurity::weak: return "WEP, WPA";
    case WifiSecurity::open: break;
  }
  return "open";
}

Finding judge(const Machine& machine, const std::string& program, const WifiNetwork& network) {
  machine.compared({.source = Compared::Source::program,
                    .place = program,
                    .seen = std::string(word(network.security)),
                    .limit = "WPA2, WPA3"});
  switch (network.security) {
    case WifiSecurity::sound:
      return pass(fmt::format("「{}」は WPA2 以上で暗号化されています", network.name),
                  fmt::format("'{}' is encrypted with WPA2 or better", network.name));
    case WifiSecurity::weak:
      return fail(fmt::format("「{}」は古く弱い方式（WEP・WPA）です", network.name),
                  fmt::format("'{}' uses an old, weak method (WEP or WPA)", network.name));
    case WifiSecurity::open: break;
  }
  return fail(fmt::format("「{}」は暗号化されていません", network.name),
              fmt::format("'{}' is not encrypted", network.name));
}

Finding wifi_in_use(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/sys/class/net")) return unreadable("/sys/class/net", FileProblem::missing);
  const auto interfaces = wireless_interfaces(machine);
  if (interfaces.empty())
    return not_applicable("Wi-Fi の装置がありません", "there is no Wi-Fi device");
  constexpr const char* kNmcli = "/usr/bin/nmcli";
  if (machine.exists(kNmcli)) {
    const auto output = machine.run({kNmcli, "-t", "-e", "yes", "-f", "IN-USE,SSID,SECURITY",
                                     "device", "wifi", "list", "--rescan", "no"});
    if (!output) return unanswered(kNmcli, output.error());
    if (output->exit_code == 0) {
      if (const auto network = parse_nmcli_wifi(output->out))
        return judge(machine, kNmcli, *network);
      return not_applicable("Wi-Fi につながっていません", "no Wi-Fi is connected");
    }
  }
  for (const char* program : {"/usr/sbin/wpa_cli", "/sbin/wpa_cli"}) {
    if (!machine.exists(program)) continue;
    for (const std::string& interface : interfaces) {
      const auto output = machine.run({program, "-i", interface, "status"});
      if (!output) return unanswered(program, output.error());
      if (output->exit_code != 0) continue;
      if (const auto network = parse_wpa_status(output->out))
        return judge(machine, program, *network);
      return not_applicable("Wi-Fi につながっていません", "no Wi-Fi is connected");
    }
  }
  return unknown("Wi-Fi の状態を答えるプログラム（NetworkManager か wpa_supplicant）に届きません",
                 "nothing that knows the Wi-Fi (NetworkManager or wpa_supplicant) could be asked");
}

/// Where else Wi-Fi is kept, in forms that aren't read here: netplan, ifupdown, SUSE's wicked, Red
/// Hat's old scripts, Gentoo's and OpenWrt's files, and ConnMan's.
void note_other_places(const Machine& machine) {
  std::vector<std::string> paths{"/etc/network/interfaces", "/etc/conf.d/net",  "/etc/conf.d/wifi",
                                 "/etc/config/wireless",    "/etc/dhcpcd.conf", "/etc/rc.conf"};
  for (const char* folder : {"/etc/netplan", "/run/netplan", "/usr/lib/netplan"})
    std::ranges::copy(files_in(machine, folder, ".yaml"), std::back_inserter(paths));
  for (const char* folder :
       {"/etc/network/interfaces.d", "/etc/sysconfig/network", "/etc/sysconfig/network-scripts"})
    std::ranges::copy(files_in(machine, folder, ""), std::back_inserter(paths));
  for (const std::string& path : paths) {
    const auto facts = machine.facts(path);
    if (!facts || !S_ISREG(facts->mode)) continue;
    const auto text = machine.read(path);
    if (!text) continue;
    const std::string small = lower(*text);
    for (const char* word : {"wifis:", "wpa-", "wpa_", "wireless", "essid", "network={",
                             "wifi-iface", "option ssid", "type=wifi"})
      if (small.contains(word)) {
        machine.not_understood(path, "Wi-Fi");
        break;
      }
  }
  if (const auto names = machine.list("/var/lib/connman"))
    for (const std::string& name : *names)
      if (name.starts_with("wifi_") || name.ends_with(".config"))
        machine.not_understood("/var/lib/connman/*", "Wi-Fi");
}

constexpr const char* kNetworkManager = "/etc/NetworkManager/system-connections";
constexpr const char* kIwd = "/var/lib/iwd";

/// One file of a folder of saved networks.
void take_saved(const Machine& machine, const std::string& folder, const std::string& name,
                std::vector<WifiNetwork>& networks) {
  const std::string path = folder + "/" + name;
  if (folder == kIwd) {
    if (name.ends_with(".open"))
      networks.push_back({name.substr(0, name.size() - 5), WifiSecurity::open});
    if (name.ends_with(".psk") || name.ends_with(".8021x"))
      networks.push_back({name, WifiSecurity::sound});
    return;
  }
  const bool supplicant = folder.ends_with("/wpa_supplicant") || name == "wpa_supplicant.conf";
  if (supplicant && !name.ends_with(".conf")) return;
  const auto facts = machine.facts(path);
  if (!facts || !S_ISREG(facts->mode)) return;
  const auto text = machine.read(path);
  if (!text) return;
  if (supplicant) {
    std::ranges::copy(parse_wpa_supplicant(*text), std::back_inserter(networks));
    return;
  }
  if (folder == "/etc/netctl") {
    if (auto network = parse_netctl(*text))
      networks.push_back(*network);
    else if (lower(*text).contains("wireless"))
      machine.not_understood(path, "Wi-Fi");
    return;
  }
  if (const auto network = parse_nm_keyfile(*text)) networks.push_back(*network);
}

/// The file that a unit of wpa_supplicant names: "-c/etc/wifi.conf".
std::vector<std::string> supplicant_files(const Machine& machine) {
  std::vector<std::string> paths{"/etc/wpa_supplicant.conf", "/boot/wpa_supplicant.conf",
                                 "/boot/firmware/wpa_supplicant.conf"};
  const Units units(machine);
  for (const std::string& unit : units.named(".service"))
    if (unit.contains("wpa") || unit.contains("wifi"))
      for (const Decided& command : units.list(unit, "Service", "ExecStart"))
        for (const std::string_view word : words(std::string_view(command.value))) {
          const std::size_t slash = word.find('/');
          if ((word.starts_with("-c/") || word.starts_with("/")) && word.ends_with(".conf"))
            paths.emplace_back(word.substr(slash));
        }
  return paths;
}

Finding wifi_saved(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<WifiNetwork> networks;
  bool manager = false;
  for (const char* folder :
       {kNetworkManager, "/run/NetworkManager/system-connections",
        "/usr/lib/NetworkManager/system-connections", kIwd, "/etc/wpa_supplicant", "/etc/netctl"}) {
    const auto names = machine.list(folder);
    if (!names && names.error() == FileProblem::missing) continue;
    if (!names) return unreadable(folder, names.error());
    manager = true;
    for (const std::string& name : *names) take_saved(machine, folder, name, networks);
  }
  for (const std::string& path : supplicant_files(machine))
    if (const auto text = machine.read(path); text && !path.starts_with("/etc/wpa_supplicant/"))
      std::ranges::copy(parse_wpa_supplicant(*text), std::back_inserter(networks));
  note_other_places(machine);
  if (networks.empty()) {
    // A device, and nothing known that would keep its networks.
    if (!manager && !wireless_interfaces(machine).empty())
      return unknown("Wi-Fi の装置はありますが、接続先がどこに保存されているか分かりません",
                     "there is a Wi-Fi device, but where its networks are saved is not known");
    return not_applicable("保存された Wi-Fi はありません", "no Wi-Fi is saved");
  }
  std::vector<std::string> bad;
  for (const WifiNetwork& network : networks)
    if (network.security != WifiSecurity::sound) bad.push_back(network.name);
  for (const WifiSecurity security : {WifiSecurity::open, WifiSecurity::weak, WifiSecurity::sound})
    if (const auto count = std::ranges::count(networks, security, &WifiNetwork::security);
        count > 0 || security == WifiSecurity::open)
      note_count(machine, "/etc/NetworkManager/*, /var/lib/iwd, /etc/wpa_supplicant, /etc/netctl",
                 word(security), static_cast<std::size_t>(count),
                 security == WifiSecurity::sound ? ">= 0" : "0");
  if (!bad.empty())
    return fail(fmt::format("暗号化がないか弱い接続先が保存されています: {}", listed(bad)),
                fmt::format("saved networks without sound encryption: {}", listed(bad)));
  return pass(fmt::format("保存された {} 件は WPA2 以上です", networks.size()),
              fmt::format("all {} saved networks use WPA2 or better", networks.size()));
}

constexpr std::array kWifiChecks{
    HostCheck{"wifi-in-use", wifi_in_use, {"/usr/bin/nmcli", "/usr/sbin/wpa_cli", "/sbin/wpa_cli"}},
    HostCheck{"wifi-saved",
              wifi_saved,
              {"/etc/NetworkManager/", "/run/NetworkManager/", "/usr/lib/NetworkManager/",
               "/var/lib/iwd", "/etc/wpa_supplicant", "/etc/netctl", "/boot/"}}};

}  // namespace

std::span<const HostCheck> wifi_checks() { return kWifiChecks; }

}  // namespace sekisho
