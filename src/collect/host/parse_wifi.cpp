// SPDX-License-Identifier: Apache-2.0
// Wi-Fi: what programs print, and saved networks.
#include <algorithm>

#include "collect/host/parse.h"

namespace sekisho {

WifiSecurity wifi_security(std::string_view words_in) {
  const std::string text = lower(words_in);
  for (const std::string_view sound : {"wpa2", "wpa3", "sae", "owe", "rsn", "wpa-eap-suite-b"})
    if (text.contains(sound)) return WifiSecurity::sound;
  for (const std::string_view weak : {"wpa", "wep", "802.1x"})
    if (text.contains(weak)) return WifiSecurity::weak;
  return WifiSecurity::open;
}

std::optional<WifiNetwork> parse_nmcli_wifi(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("*:")) continue;
    // ':' and '\' inside a field stand behind a backslash.
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size())
        fields.back() += line[++i];
      else if (line[i] == ':')
        fields.emplace_back();
      else
        fields.back() += line[i];
    }
    if (fields.size() == 3) return WifiNetwork{printable(fields[1], 64), wifi_security(fields[2])};
  }
  return std::nullopt;
}

std::optional<WifiNetwork> parse_wpa_status(std::string_view text) {
  const auto values = parse_assignments(text);
  const auto value = [&](const char* key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  };
  if (value("wpa_state") != "COMPLETED") return std::nullopt;
  // key_mgmt is NONE for open and for WEP; which of the two is told by the cipher.
  const std::string cipher = value("pairwise_cipher");
  const bool wep = cipher.starts_with("WEP");
  return WifiNetwork{printable(value("ssid"), 64),
                     wep ? WifiSecurity::weak : wifi_security(value("key_mgmt"))};
}

std::optional<WifiNetwork> parse_nm_keyfile(std::string_view text) {
  const auto lines = parse_ini(text);
  const auto type = ini_value(lines, "connection", "type");
  if (!type || (*type != "wifi" && *type != "802-11-wireless")) return std::nullopt;
  const auto either = [&](std::string_view now, std::string_view before, std::string_view key) {
    const auto value = ini_value(lines, now, key);
    return value ? value : ini_value(lines, before, key);
  };
  WifiNetwork network{printable(either("wifi", "802-11-wireless", "ssid").value_or("?"), 64),
                      WifiSecurity::open};
  const auto management = either("wifi-security", "802-11-wireless-security", "key-mgmt");
  if (!management) return network;
  const auto protocol = either("wifi-security", "802-11-wireless-security", "proto");
  const bool old_only =
      protocol && lower(*protocol).starts_with("wpa") && !lower(*protocol).contains("rsn");
  // "none" and "ieee8021x" are WEP, with a fixed or a changing key.
  const auto pairwise = either("wifi-security", "802-11-wireless-security", "pairwise");
  const bool tkip = pairwise && lower(*pairwise).contains("tkip") &&
                    !lower(*pairwise).contains("ccmp") && !lower(*pairwise).contains("gcmp");
  if (lower(*management) == "none" || lower(*management) == "ieee8021x" || old_only || tkip)
    network.security = WifiSecurity::weak;
  else
    network.security = WifiSecurity::sound;
  return network;
}

std::optional<WifiNetwork> parse_netctl(std::string_view text) {
  auto values = parse_assignments(text);
  if (lower(values["Connection"]) != "wireless") return std::nullopt;
  const std::string security = lower(values["Security"]);
  WifiNetwork network{printable(values["ESSID"].empty() ? "?" : values["ESSID"], 64),
                      WifiSecurity::sound};
  // netctl.profile(5): none is the default; "wpa" is WPA or WPA2 by what the access point offers,
  // as with every wpa_supplicant.
  if (security.empty() || security == "none") network.security = WifiSecurity::open;
  if (security == "wep") network.security = WifiSecurity::weak;
  if (security == "wpa-configsection" || security == "wpa-config") return std::nullopt;
  if (!security.empty() && security != "none" && security != "wep" && security != "wpa")
    return std::nullopt;
  return network;
}

std::vector<WifiNetwork> parse_wpa_supplicant(std::string_view text) {
  std::vector<WifiNetwork> networks;
  std::optional<WifiNetwork> open;
  bool has_key = false;
  bool guarded = false;  // it names a method or a secret
  const auto has = [](std::string_view value, std::string_view word) {
    const auto all = words(value);
    return std::ranges::find(all, word) != all.end();
  };
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('#')) continue;
    if (line.starts_with("network=")) {
      open = WifiNetwork{"?", WifiSecurity::sound};
      has_key = guarded = false;
      continue;
    }
    if (!open) continue;
    if (line.starts_with("}")) {
      // Without either nothing says that it is guarded.
      if (!guarded) open->security = WifiSecurity::open;
      networks.push_back(*open);
      open.reset();
      continue;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = trim(line.substr(0, equals));
    std::string_view value = trim(line.substr(equals + 1));
    if (key != "ssid" && !value.starts_with('"')) value = trim(value.substr(0, value.find('#')));
    has_key = has_key || key.starts_with("wep_key");
    guarded = guarded || key == "key_mgmt" || key == "psk" || key == "sae_password" ||
              key == "eap" || key == "ext_psk" || key == "raw_psk" || key == "mem_only_psk";
    if (key == "ssid")
      open->name = printable(
          value.size() > 2 && value[0] == '"' ? value.substr(1, value.size() - 2) : value, 64);
    const bool sound_so_far = open->security == WifiSecurity::sound;
    // Of several methods the weakest may be taken.
    if (key == "key_mgmt" && has(value, "NONE")) open->security = WifiSecurity::open;
    if (key == "key_mgmt" && sound_so_far && (has(value, "IEEE8021X") || has(value, "WPA-NONE")))
      open->security = WifiSecurity::weak;
    if (key == "proto" && sound_so_far && value == "WPA") open->security = WifiSecurity::weak;
    if (key == "pairwise" && sound_so_far && value == "TKIP") open->security = WifiSecurity::weak;
    if (open->security == WifiSecurity::open && has_key) open->security = WifiSecurity::weak;
  }
  // A block that doesn't end is one that couldn't be read: not sound.
  if (open) networks.push_back({open->name, WifiSecurity::open});
  return networks;
}

}  // namespace sekisho
