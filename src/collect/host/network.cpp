// SPDX-License-Identifier: Apache-2.0
// What can be reached from outside, and what traffic passes through.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

/// A network of its own whose names are looked up in another way than resolved's own setting says.
std::optional<Finding> by_network(const Machine& machine) {
  struct Setting {
    std::string place;
    std::string value;
  };
  std::vector<Setting> settings;
  for (const char* folder :
       {"/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
        "/usr/lib/systemd/network", "/lib/systemd/network"}) {
    std::vector<std::string> paths = files_in(machine, folder, ".network");
    for (const std::string& one : files_in(machine, folder, ".network.d"))
      std::ranges::copy(files_in(machine, one, ".conf"), std::back_inserter(paths));
    for (const std::string& path : paths) {
      if (is_mask(machine, path)) continue;
      for (const Decided& one : settings_of(machine, {path}, "Network", "DNSOverTLS"))
        settings.push_back({one.place, one.value});
    }
  }
  const auto add = [&](const std::string& path) {
    const auto text = machine.read(path);
    if (!text) return;
    for (const IniLine& line : parse_ini(*text))
      if (line.key == "dns-over-tls" || line.key == "connection.dns-over-tls")
        // 0 no, 1 opportunistic, 2 yes, -1 as resolved says (nm-settings(5)).
        settings.push_back({path, line.value == "2" || line.value == "-1" || line.value == "yes" ||
                                          line.value == "default"
                                      ? "yes"
                                      : "no"});
  };
  for (const char* folder :
       {"/etc/NetworkManager/system-connections", "/run/NetworkManager/system-connections",
        "/usr/lib/NetworkManager/system-connections", "/etc/NetworkManager/conf.d",
        "/run/NetworkManager/conf.d", "/usr/lib/NetworkManager/conf.d"})
    for (const std::string& path : files_in(machine, folder, "")) add(path);
  add("/etc/NetworkManager/NetworkManager.conf");
  for (const Setting& one : settings) {
    if (one.value.empty() || systemd_boolean(one.value) == std::optional(true)) continue;
    machine.compared(one.place, "DNSOverTLS=" + printable(one.value, 20), "yes");
    return fail(fmt::format("一部のネットワークで DNS over TLS が切られています（{}）", one.place),
                fmt::format("DNS over TLS is off for a network ({})", one.place));
  }
  return std::nullopt;
}

/// What resolved itself does, for all and for each network, by `resolvectl dnsovertls`:
/// "Global: yes", "Link 2 (eth0): no".
std::optional<Finding> by_resolvectl(const Machine& machine) {
  const std::string program = machine.program("resolvectl");
  if (!machine.live() || !machine.exists("/run/systemd/resolve") || program.empty())
    return std::nullopt;
  const auto answer = machine.run({program, "--no-pager", "dnsovertls"});
  if (!answer) return unanswered(program, answer.error());
  std::size_t said = 0;
  for (const std::string_view line : split(std::string_view(answer->out), '\n')) {
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = trim(line.substr(colon + 1));
    machine.compared({.source = Compared::Source::program,
                      .place = program,
                      .seen = printable(line, 60),
                      .limit = "yes"});
    if (value != "yes")
      return fail(
          fmt::format("動いている systemd-resolved は DNS over TLS だけを使っていません（{}）",
                      printable(line, 60)),
          fmt::format("systemd-resolved as it runs does not use DNS over TLS alone ({})",
                      printable(line, 60)));
    ++said;
  }
  if (answer->exit_code != 0 || said == 0)
    return unknown("resolvectl dnsovertls が答えません。sudo sekisho check で確かめてください",
                   "resolvectl dnsovertls gives no answer; try sudo sekisho check");
  return std::nullopt;
}

Finding by_resolved(const Machine& machine) {
  const UnitState state = note_unit(machine, "systemd-resolved.service", {"systemd-resolved"});
  Decided mode{"no", "the default"};
  for (const Decided& one :
       systemd_settings(machine, "systemd/resolved.conf", "Resolve", "DNSOverTLS"))
    if (lower(one.value) == "opportunistic" || systemd_boolean(one.value)) mode = one;
  const bool set = mode.place != "the default";
  machine.compared(set ? mode.place : "systemd/resolved.conf*",
                   fmt::format("DNSOverTLS={}{}", mode.value, set ? "" : " (default)"), "yes");
  if (lower(mode.value) == "opportunistic")
    return fail(
        fmt::format("DNS over TLS が使えないと、暗号化なしに切り替わります（opportunistic、{}）",
                    mode.place),
        fmt::format("DNS over TLS falls back to clear text (opportunistic; {})", mode.place));
  if (systemd_boolean(mode.value) != std::optional(true))
    return fail(
        fmt::format("systemd-resolved の DNSOverTLS が有効ではありません（{}）", mode.place),
        fmt::format("systemd-resolved's DNSOverTLS is off ({})", mode.place));
  if (state == UnitState::masked || state == UnitState::disabled || state == UnitState::changed)
    return fail("DNS over TLS の設定はありますが、systemd-resolved が動きません",
                "DNS over TLS is set, but systemd-resolved does not run");
  if (state == UnitState::missing)
    return unknown("systemd-resolved が見つかりません", "systemd-resolved was not found");
  if (auto other = by_network(machine)) return *other;
  if (auto other = by_resolvectl(machine)) return *other;
  return pass(fmt::format("DNS over TLS を使います（{}、{}）", mode.value, mode.place),
              fmt::format("DNS over TLS is used ({}; {})", mode.value, mode.place));
}

/// A resolver on this machine that encrypts, as far as it is the only one that could be asked.
Finding by_local_resolver(const Machine& machine) {
  Finding open = unknown("この端末の中継が名前解決を暗号化しているか分かりません",
                         "it cannot be told whether the local resolver encrypts");
  const auto processes = machine.processes();
  if (!processes) return open;
  for (const char* other : {"dnsmasq", "unbound", "named", "pdns_recursor", "coredns", "kresd",
                            "systemd-resolve", "nscd", "bind9", "AdGuardHome", "pihole-FTL"})
    if (processes->contains(other)) return open;
  for (const char* name : {"dnscrypt-proxy", "stubby"}) {
    if (!processes->contains(name)) continue;
    if (const auto text = machine.read("/etc/stubby/stubby.yml");
        text && name == std::string_view("stubby"))
      for (const std::string_view line : split(std::string_view(*text), '\n'))
        for (const char* loose :
             {"GETDNS_TRANSPORT_UDP", "GETDNS_TRANSPORT_TCP", "GETDNS_AUTHENTICATION_NONE"})
          if (!trim(line).starts_with('#') && line.contains(loose)) return open;
    return pass(fmt::format("{} が名前解決を暗号化します", name),
                fmt::format("{} encrypts name resolution", name),
                Compared{.place = "/proc/*/comm", .seen = name, .limit = ">= 1"});
  }
  return open;
}

Finding dns_protection(const Look& look) {
  const auto text = look.machine.read("/etc/resolv.conf");
  if (!text) return unreadable("/etc/resolv.conf", text.error());
  std::vector<std::string> servers;
  for (const std::string_view line : split(*text, '\n')) {
    const auto parts = words(line);
    if (parts.size() >= 2 && parts[0] == "nameserver") servers.emplace_back(parts[1]);
  }
  if (servers.empty())
    return not_applicable("名前解決の設定がありません", "no name servers are set");
  const auto local = [](const std::string& server) {
    return server.starts_with("127.") || server == "::1";
  };
  look.machine.compared(line_of("/etc/resolv.conf", *text, "nameserver"), listed(servers),
                        "127.0.0.0/8, ::1");
  if (!std::ranges::all_of(servers, local))
    return fail(fmt::format("名前解決が暗号化されずに {} へ送られます", listed(servers)),
                fmt::format("names are looked up unencrypted at {}", listed(servers)));
  const auto stub = [](const std::string& server) {
    return server == "127.0.0.53" || server == "127.0.0.54";
  };
  if (std::ranges::all_of(servers, stub)) return by_resolved(look.machine);
  return by_local_resolver(look.machine);
}

constexpr std::array kNetworkChecks{
    HostCheck{"firewall",
              firewall,
              {"/usr/sbin/nft", "/usr/bin/nft", "/sbin/nft", "/run/current-system/sw/bin/nft",
               "/usr/sbin/iptables-save", "/sbin/iptables-save", "/usr/bin/iptables-save",
               "/etc/ufw/", "/etc/nftables", "/etc/sysconfig/", "/etc/iptables", "/etc/firewalld"}},
    HostCheck{"listening-remote-desktop", listening_remote_desktop, {"/proc/net/"}},
    HostCheck{"listening-file-sharing", listening_file_sharing, {"/proc/net/"}},
    HostCheck{"listening-database", listening_database, {"/proc/net/"}},
    HostCheck{"listening-legacy", listening_legacy, {"/proc/net/"}},
    HostCheck{"dns-protection", dns_protection, {"/etc/resolv.conf"}},
    HostCheck{"https-trust", https_trust, {"/etc/ssl/certs", "/etc/pki/"}},
    HostCheck{"proxy", proxy, {"/etc/environment", "/etc/profile"}},
};

}  // namespace

std::span<const HostCheck> network_checks() { return kNetworkChecks; }

}  // namespace sekisho
