// SPDX-License-Identifier: Apache-2.0
// What VPNs are set to: their ciphers, how they know the other side, and who can read their keys.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/own_commands.h"

namespace sekisho {
namespace {

struct VpnLook {
  const Machine& machine;
  std::vector<std::string> problems;  // "path: what", "path (mode)"
  std::size_t seen = 0;
  std::set<std::string> had = {};

  /// Others may read it.
  void readable(const std::string& path) {
    const auto facts = machine.facts(path);
    if (facts && S_ISREG(facts->mode) && facts->others_may(04))
      problem(fmt::format("{} ({:04o})", path, facts->mode & 07777U));
  }
  void problem(std::string one) {
    if (std::ranges::find(problems, one) == problems.end()) problems.push_back(std::move(one));
  }

  /// An OpenVPN configuration, and those that it takes in.
  void openvpn(const std::string& path, std::string_view text, const std::string& folder) {
    if (had.size() > 200 || !had.insert(path).second) return;
    // A key may stand in the file itself.
    if (text.contains("PRIVATE KEY-----") || text.contains("OpenVPN Static key") ||
        text.contains("<auth-user-pass>"))
      readable(path);
    const OpenvpnSettings settings = read_openvpn(text);
    for (const std::string& weakness : settings.weaknesses)
      problem(fmt::format("{}: {}", path, weakness));
    const auto beside = [&](const std::string& file) {
      return file.starts_with('/') ? file : folder + "/" + file;
    };
    for (const std::string& secret : settings.secrets) readable(beside(secret));
    for (const std::string& file : settings.includes) {
      const auto inner = machine.read(beside(file));
      if (inner)
        openvpn(beside(file), *inner, folder);
      else
        machine.gap(unreadable(beside(file), inner.error()));
    }
  }
};

std::optional<Finding> openvpn_folders(VpnLook& look) {
  for (const char* folder : {"/etc/openvpn", "/etc/openvpn/client", "/etc/openvpn/server"}) {
    const auto names = look.machine.list(folder);
    if (!names && names.error() == FileProblem::denied) return unreadable(folder, names.error());
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = std::string(folder) + "/" + name;
      if (name.ends_with(".key")) {
        look.readable(path);
        continue;
      }
      if (!name.ends_with(".conf") && !name.ends_with(".ovpn")) continue;
      const auto text = look.machine.read(path);
      if (!text) return unreadable(path, text.error());
      ++look.seen;
      look.openvpn(path, *text, folder);
    }
  }
  return std::nullopt;
}

/// Profiles that people keep in their home folders and start by hand.
void openvpn_of_people(VpnLook& look) {
  const auto people = look.machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    for (const char* place : {"", "/vpn", "/VPN", "/openvpn", "/.openvpn", "/.config/openvpn",
                              "/.vpn", "/.cert", "/Desktop", "/Documents"}) {
      const std::string folder = person.home + place;
      for (const std::string& path : files_in(look.machine, folder, ".ovpn"))
        if (const auto text = look.machine.read(path)) {
          ++look.seen;
          look.openvpn(path, *text, folder);
        }
    }
}

std::optional<Finding> wireguard(VpnLook& look) {
  const auto names = look.machine.list("/etc/wireguard");
  if (!names && names.error() == FileProblem::denied)
    return unreadable("/etc/wireguard", names.error());
  if (names)
    for (const std::string& name : *names) {
      const auto facts = look.machine.facts("/etc/wireguard/" + name);
      if (!name.ends_with(".conf") || !facts) continue;
      ++look.seen;
      if ((facts->mode & 077U) != 0)
        look.problem(fmt::format("/etc/wireguard/{} ({:04o})", name, facts->mode & 07777U));
    }
  // netplan writes networkd's or NetworkManager's settings of it.
  for (const std::string& path : files_in(look.machine, "/etc/netplan", ".yaml"))
    if (const auto text = look.machine.read(path); text && lower(*text).contains("wireguard")) {
      ++look.seen;
      if (text->contains("key:")) look.readable(path);
    }
  for (const char* folder :
       {"/etc/systemd/network", "/run/systemd/network", "/usr/lib/systemd/network"})
    for (const std::string& path : files_in(look.machine, folder, ".netdev")) {
      const auto text = look.machine.read(path);
      if (!text || !lower(*text).contains("kind=wireguard")) continue;
      if (text->contains("PrivateKey=")) look.readable(path);
      look.machine.not_understood(path, "WireGuard");
    }
  return std::nullopt;
}

/// VPNs that NetworkManager keeps. Of OpenVPN's the ciphers are looked at; of other kinds nothing
/// is known.
void vpn_profiles(VpnLook& look) {
  constexpr const char* kFolder = "/etc/NetworkManager/system-connections";
  for (const std::string& path : files_in(look.machine, kFolder, "")) {
    const auto text = look.machine.read(path);
    if (!text) continue;
    const auto lines = parse_ini(*text);
    if (ini_value(lines, "connection", "type").value_or("") != "vpn") continue;
    ++look.seen;
    const std::string service = ini_value(lines, "vpn", "service-type").value_or("");
    // Its encryption is broken (MS-CHAPv2 and RC4).
    if (service.ends_with(".pptp")) {
      look.problem(fmt::format("{}: pptp", path));
      continue;
    }
    if (!service.ends_with(".openvpn")) {
      look.machine.not_understood(path, "VPN");
      continue;
    }
    std::string settings = "client\nremote-cert-tls server\n";
    for (const auto& [key, name] : {std::pair("cipher", "cipher"),
                                    {"data-ciphers", "data-ciphers"},
                                    {"data-ciphers-fallback", "data-ciphers-fallback"},
                                    {"auth", "auth"},
                                    {"tls-cipher", "tls-cipher"},
                                    {"tls-version-min", "tls-version-min"},
                                    {"tls-version-max", "tls-version-max"},
                                    {"compress", "compress"},
                                    {"comp-lzo", "comp-lzo"},
                                    {"allow-compression", "allow-compression"},
                                    {"static-key", "secret"},
                                    {"key", "key"}})
      if (const auto value = ini_value(lines, "vpn", key))
        settings += fmt::format("{} {}\n", name, *value);
    look.openvpn(path, settings, kFolder);
    if (!ini_value(lines, "vpn", "remote-cert-tls") && !ini_value(lines, "vpn", "verify-x509-name"))
      look.problem(fmt::format("{}: no remote-cert-tls", path));
  }
}

/// Some line that is no comment contains `word`, in any case.
bool says(std::string_view text, std::string_view word) {
  return std::ranges::any_of(split(text, '\n'), [&](std::string_view line) {
    line = trim(line);
    return !line.empty() && !line.starts_with('#') && !line.starts_with(';') &&
           !line.starts_with("//") && lower(line).contains(word);
  });
}

/// IPsec by strongSwan or Libreswan: who can read its secrets; its proposals aren't judged.
void ipsec(VpnLook& look) {
  const Machine& machine = look.machine;
  for (const char* folder :
       {"/etc/swanctl/conf.d", "/etc/strongswan/swanctl/conf.d", "/etc/ipsec.d"})
    for (const std::string& path : files_in(machine, folder, ".conf"))
      if (const auto text = machine.read(path); !text || says(*text, "")) {
        machine.not_understood(path, "IPsec");
        if (text && says(*text, "secret")) look.readable(path);
      }
  for (const char* path : {"/etc/swanctl/swanctl.conf", "/etc/strongswan/swanctl/swanctl.conf"})
    if (const auto text = machine.read(path); text && says(*text, "{")) {
      machine.not_understood(path, "IPsec");
      if (says(*text, "secret")) look.readable(path);
    }
  for (const char* path : {"/etc/ipsec.conf", "/etc/strongswan/ipsec.conf"})
    if (const auto text = machine.read(path))
      for (const std::string_view line : split(std::string_view(*text), '\n'))
        if (line.starts_with("conn ") && trim(line.substr(5)) != "%default") {
          machine.not_understood(path, "IPsec");
          break;
        }
  std::vector<std::string> secrets{"/etc/ipsec.secrets", "/etc/strongswan/ipsec.secrets"};
  std::ranges::copy(files_in(machine, "/etc/ipsec.d", ".secrets"), std::back_inserter(secrets));
  for (const std::string& path : secrets) {
    const auto text = machine.read(path);
    if (!text) continue;
    const bool has_secret =
        says(*text, "psk") || says(*text, "xauth") || says(*text, "eap") || says(*text, "ntlm");
    if (has_secret || says(*text, "rsa") || says(*text, "ecdsa"))
      machine.not_understood(path, "IPsec");
    if (has_secret) look.readable(path);
  }
}

/// PPTP, L2TP, vpnc, openfortivpn.
void older_vpns(VpnLook& look) {
  const Machine& machine = look.machine;
  for (const std::string& path : files_in(machine, "/etc/ppp/peers", "")) {
    const auto text = machine.read(path);
    if (!text) continue;
    if (says(*text, "pptp"))
      look.problem(fmt::format("{}: pptp", path));
    else if (says(*text, "l2tp") || says(*text, "sstp") || says(*text, "vpn"))
      machine.not_understood(path, "VPN");
  }
  for (const std::string& path : files_in(machine, "/etc/vpnc", ".conf")) {
    const auto text = machine.read(path);
    if (!text || !says(*text, "")) continue;
    for (const char* word : {"enable single des", "enable no encryption", "dh group dh1"})
      if (says(*text, word)) look.problem(fmt::format("{}: {}", path, word));
    if (says(*text, "secret") || says(*text, "password")) look.readable(path);
    machine.not_understood(path, "vpnc");
  }
  for (const char* path : {"/etc/xl2tpd/xl2tpd.conf", "/etc/xl2tpd/l2tpd.conf"})
    if (const auto text = machine.read(path); text && (says(*text, "[lac") || says(*text, "[lns")))
      machine.not_understood(path, "L2TP");
  if (const auto text = machine.read("/etc/openfortivpn/config"); text && says(*text, "=")) {
    ++look.seen;
    const auto lines = parse_ini(*text);
    for (const IniLine& line : lines) {
      const std::string key = lower(line.key);
      if ((key == "insecure-ssl" || key == "seclevel-1") && line.value != "0")
        look.problem(fmt::format("/etc/openfortivpn/config: {}", key));
      if (key == "min-tls" && (line.value == "1.0" || line.value == "1.1"))
        look.problem("/etc/openfortivpn/config: min-tls " + line.value);
      if (key == "password" || key == "user-key") look.readable("/etc/openfortivpn/config");
    }
  }
}

/// Makers' own clients, whose settings aren't read here, and what is started without a check.
void note_other_vpns(const Machine& machine) {
  for (const char* place :
       {"/usr/local/vpnclient/vpn_client.config", "/opt/vpnclient/vpn_client.config",
        "/opt/cisco/anyconnect/profile", "/opt/cisco/secureclient/vpn/profile",
        "/opt/paloaltonetworks/globalprotect", "/opt/forticlient", "/opt/pulsesecure",
        "/opt/f5/vpn", "/usr/bin/snx", "/opt/sonicwall", "/usr/bin/netExtender"})
    if (machine.exists(place)) machine.not_understood(place, "VPN");
  for (const OwnCommand& one : own_commands(machine))
    for (const char* program : {"openconnect", "openfortivpn", "sstpc", "snx", "netExtender"})
      if (word_at(one.line, program) != std::string_view::npos)
        machine.not_understood(one.place, one.line);
}

}  // namespace

Finding vpn_configuration(const Look& look) {
  const Machine& machine = look.machine;
  VpnLook found{machine, {}, 0};
  if (auto finding = openvpn_folders(found)) return *finding;
  if (auto finding = wireguard(found)) return *finding;
  openvpn_of_people(found);
  vpn_profiles(found);
  ipsec(found);
  older_vpns(found);
  note_other_vpns(machine);
  for (const std::string& problem : found.problems) {
    // "path: what", "path (mode)"
    const std::size_t end = std::min(problem.find(": "), problem.find(" ("));
    const std::size_t rest = end == std::string::npos ? problem.size() : end + 2;
    machine.compared(problem.substr(0, end), problem.substr(rest),
                     "AES-GCM, ChaCha20, remote-cert-tls, o-r");
  }
  note_count(machine, "/etc/openvpn, /etc/wireguard/*",
             fmt::format("weak settings ({})", found.seen), found.problems.size(), "0");
  if (!found.problems.empty())
    return fail(fmt::format("弱い設定: {}", listed(found.problems)),
                fmt::format("weak settings: {}", listed(found.problems)));
  if (found.seen == 0) return not_applicable("VPN の設定はありません", "there are no VPN settings");
  return pass(fmt::format("VPN の設定 {} 件に弱い所はありません", found.seen),
              fmt::format("{} VPN settings show no vulnerability", found.seen));
}

}  // namespace sekisho
