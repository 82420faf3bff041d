// What can be reached from outside, and what traffic passes through.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/apt.h"
#include "collect/host/units.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// "3389, 5900-5983".
std::string ports_of(std::span<const Service> services, bool udp) {
  std::vector<std::string> ports;
  for (const Service& one : services)
    if (one.udp == udp)
      ports.push_back(one.first == one.last ? std::to_string(one.first)
                                            : fmt::format("{}-{}", one.first, one.last));
  return ports.empty() ? "-" : join(ports, ", ");
}

/// Services of a table that wait where others can reach them.
Finding listening(const Look& look, std::span<const Service> services) {
  std::vector<std::string> reachable;
  bool any = false;
  struct Source {
    const char* path;
    bool udp;
  };
  for (const Source source : {Source{"/proc/net/tcp", false}, Source{"/proc/net/tcp6", false},
                              Source{"/proc/net/udp", true}, Source{"/proc/net/udp6", true}}) {
    const auto text = look.machine.read(source.path, std::size_t{16} << 20U);
    if (!text && text.error() == FileProblem::missing) continue;
    if (!text) return unreadable(source.path, text.error());
    any = true;
    std::vector<std::string> here;
    std::size_t waiting = 0;
    for (const Listener& listener : parse_listeners(*text, source.udp)) {
      if (listener.loopback) continue;
      ++waiting;
      note_services(services, listener.port, listener.udp, here);
    }
    look.machine.compared(
        source.path,
        fmt::format("{} / {}{}", here.size(), waiting, here.empty() ? "" : ": " + listed(here)),
        "0: " + ports_of(services, source.udp));
    for (std::string& one : here)
      if (std::ranges::find(reachable, one) == reachable.end()) reachable.push_back(std::move(one));
  }
  if (!any) return unreadable("/proc/net/tcp", FileProblem::missing);
  return reachable_services(reachable);
}

Finding listening_remote_desktop(const Look& look) { return listening(look, kRemoteDesktops); }

Finding listening_file_sharing(const Look& look) { return listening(look, kFileSharing); }

Finding listening_database(const Look& look) { return listening(look, kDatabases); }

Finding listening_legacy(const Look& look) { return listening(look, kLegacyServices); }

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

constexpr const char* kBundle = "/etc/ssl/certs/ca-certificates.crt";

/// The certificates of a PEM text, each as its base64 alone (RFC 7468).
std::vector<std::string> certificates(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = text.find(kBegin, at)) != std::string_view::npos;) {
    at += kBegin.size();
    const std::size_t end = std::min(text.find(kEnd, at), text.size());
    std::string one;
    for (const char c : text.substr(at, end - at))
      if (c > ' ') one += c;
    found.push_back(std::move(one));
    at = end;
  }
  return found;
}

/// How many authorities Debian's bundle holds that no file brought: neither of the package's, nor
/// of an administrator's folder, which is counted by itself. None where the package's files aren't
/// there to tell by.
std::size_t foreign_in_bundle(const Machine& machine) {
  const auto bundle = machine.read(kBundle);
  std::set<std::string, std::less<>> known;
  std::vector<std::string> folders{"/usr/share/ca-certificates",
                                   "/usr/local/share/ca-certificates"};
  for (std::size_t i = 0; i < folders.size() && i < 64; ++i) {
    const auto names = machine.list(folders[i]);
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = folders[i] + "/" + name;
      const auto facts = machine.facts(path);
      if (facts && S_ISDIR(facts->mode))
        folders.push_back(path);
      else if (const auto text = machine.read(path))
        for (std::string& one : certificates(*text)) known.insert(std::move(one));
    }
  }
  if (!bundle || known.empty()) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(
      certificates(*bundle), [&](const std::string& one) { return !known.contains(one); }));
}

Finding https_trust(const Look& look) {
  const Machine& machine = look.machine;
  // Where an administrator's authorities lie, by Debian, Red Hat, SUSE, Arch and Alpine.
  struct Place {
    const char* folder;
    bool any_name;  // update-ca-trust and its like take files of any name
  };
  constexpr std::array<Place, 9> kPlaces{
      {{"/usr/local/share/ca-certificates", false},
       {"/etc/pki/ca-trust/source/anchors", true},
       {"/etc/pki/ca-trust/source", true},
       {"/usr/share/pki/ca-trust-source/anchors", true},
       {"/etc/pki/trust/anchors", true},
       {"/usr/share/pki/trust/anchors", true},
       {"/etc/ca-certificates/trust-source/anchors", true},
       {"/etc/ca-certificates/trust-source", true},
       {"/usr/share/ca-certificates/trust-source/anchors", true}}};
  std::vector<std::string> added;
  for (const Place& place : kPlaces) {
    const std::size_t before = added.size();
    std::vector<std::string> folders{place.folder};
    for (std::size_t i = 0; i < folders.size() && i < 64; ++i) {
      const auto names = machine.list(folders[i]);
      if (!names) continue;
      for (const std::string& name : *names) {
        const std::string path = folders[i] + "/" + name;
        const auto facts = machine.facts(path);
        const bool folder = facts && S_ISDIR(facts->mode);
        const bool certificate =
            name.ends_with(".crt") || name.ends_with(".pem") || name.ends_with(".cer");
        // Red Hat's link to its own old list.
        const bool readme = name.starts_with("README") || name == "ca-bundle.legacy.crt";
        if (folder && std::string_view(place.folder).ends_with("source")) continue;
        if (folder)
          folders.push_back(path);
        else if (certificate || (place.any_name && !readme))
          added.push_back(path);
      }
    }
    if (machine.exists(place.folder))
      note_count(machine, place.folder, "*.crt, *.pem, *.cer", added.size() - before, "0");
  }
  if (const std::size_t foreign = foreign_in_bundle(machine); foreign > 0)
    added.push_back(fmt::format("{} ({})", kBundle, foreign));
  note_count(machine, "*/ca-certificates, */ca-trust, */pki/trust", "added", added.size(), "0");
  if (!added.empty())
    return fail(fmt::format("OS にない認証局が足されています: {}", listed(added)),
                fmt::format("authorities were added to the system's own: {}", listed(added)));
  if (machine.exists("/nix/store"))
    return unknown("NixOS では一覧に組み込まれています。security.pki の設定を確かめてください",
                   "on NixOS they are built into the list; see the settings under security.pki");
  if (!machine.exists("/etc/ssl/certs") && !machine.exists("/etc/pki"))
    return not_applicable("認証局の一覧がありません", "there is no list of authorities");
  return pass("足された認証局はありません", "no authority was added");
}

/// A proxy among settings, unless it is this machine's own.
void note_proxy(const std::string& value, const std::string& where,
                std::vector<std::string>& found) {
  const std::string host = proxy_host(value);
  const bool local =
      host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
  const std::string word = lower(value);
  if (!host.empty() && !local && word != "direct" && word != "false" && word != "_none_" &&
      word != "none")
    found.push_back(fmt::format("{} ({})", host, where));
}

bool names_proxy(std::string_view name) {
  const std::string key = lower(name);
  return key == "http_proxy" || key == "https_proxy" || key == "all_proxy" || key == "ftp_proxy";
}

/// Assignments in shell, environment files and the like; also "VAR=value" within quotes.
void proxies_of_text(std::string_view text, const std::string& path,
                     std::vector<std::string>& found) {
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.starts_with('#')) continue;
    for (std::size_t at = 0; (at = line.find('=', at)) != std::string_view::npos; ++at) {
      std::size_t start = at;
      while (start > 0 && (std::isalnum(static_cast<unsigned char>(line[start - 1])) != 0 ||
                           line[start - 1] == '_'))
        --start;
      if (!names_proxy(line.substr(start, at - start))) continue;
      std::string_view value = line.substr(at + 1);
      while (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
      note_proxy(std::string(value.substr(0, value.find_first_of("\"' \t;"))), path, found);
    }
  }
}

/// Every place where a proxy is set for all of the machine.
Finding proxy(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> found;
  std::vector<std::string> paths{"/etc/environment",    "/etc/profile",        "/etc/bashrc",
                                 "/etc/bash.bashrc",    "/etc/zprofile",       "/etc/wgetrc",
                                 "/etc/default/docker", "/etc/set-environment"};
  for (const char* folder : {"/etc/profile.d", "/etc/environment.d", "/usr/lib/environment.d"})
    std::ranges::copy(
        files_in(machine, folder, folder == std::string_view("/etc/profile.d") ? ".sh" : ".conf"),
        std::back_inserter(paths));
  bool any = false;
  const auto people = machine.people();
  if (!people && people.error() != FileProblem::missing)
    machine.gap(unreadable("/etc/passwd", people.error()));
  // What people's own shells and sessions set.
  for (const Account& person : people ? *people : std::vector<Account>()) {
    for (const char* name :
         {".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc",
          ".pam_environment", ".xprofile", ".xsessionrc", ".curlrc", ".wgetrc"})
      paths.push_back(person.home + "/" + name);
    std::ranges::copy(files_in(machine, person.home + "/.config/environment.d", ".conf"),
                      std::back_inserter(paths));
  }
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) {
      if (text.error() != FileProblem::missing) machine.gap(unreadable(path, text.error()));
      continue;
    }
    any = true;
    proxies_of_text(*text, path, found);
  }
  for (const char* name : {"systemd/system.conf", "systemd/user.conf"})
    for (const char* key : {"DefaultEnvironment", "ManagerEnvironment"})
      for (const Decided& one : systemd_settings(machine, name, "Manager", key))
        proxies_of_text(one.value, one.place, found);
  if (const auto text = machine.read("/etc/sysconfig/proxy")) {
    any = true;
    auto values = parse_assignments(*text);
    if (lower(values["PROXY_ENABLED"]) != "no")
      for (const auto& [name, value] : values)
        if (names_proxy(name)) note_proxy(value, "/etc/sysconfig/proxy", found);
  }
  for (const char* path : {"/etc/dnf/dnf.conf", "/etc/yum.conf"})
    if (const auto text = machine.read(path)) {
      any = true;
      if (const auto value = ini_value(parse_ini(*text), "main", "proxy"))
        note_proxy(*value, path, found);
    }
  if (machine.exists("/etc/apt")) any = true;
  for (const auto& [key, value] : apt_settings(machine))
    if ((key.starts_with("acquire::http::proxy") || key.starts_with("acquire::https::proxy")) &&
        !value.empty())
      note_proxy(value, key, found);
  if (!any) return not_applicable("設定ファイルがありません", "there are no settings");
  note_count(machine, "/etc/environment, /etc/profile, apt, dnf, systemd *", "http(s)_proxy",
             found.size(), "0");
  for (const std::string& one : found) {
    // "host:port (place)"
    const std::size_t open = one.rfind(" (");
    machine.compared(one.substr(open + 2, one.size() - open - 3), one.substr(0, open), "-");
  }
  if (!found.empty())
    return fail(fmt::format("通信を中継するプロキシが設定されています: {}", listed(found)),
                fmt::format("a proxy passes the traffic on: {}", listed(found)));
  return pass("プロキシは設定されていません", "no proxy is set");
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
