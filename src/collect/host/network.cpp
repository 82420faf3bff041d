// What can be reached from outside, and what traffic passes through.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/look.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

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
    for (const Listener& listener : parse_listeners(*text, source.udp)) {
      if (listener.loopback) continue;
      note_services(services, listener.port, listener.udp, reachable);
    }
  }
  if (!any) return unreadable("/proc/net/tcp", FileProblem::missing);
  return reachable_services(reachable);
}

Finding listening_remote_desktop(const Look& look) { return listening(look, kRemoteDesktops); }

Finding listening_file_sharing(const Look& look) { return listening(look, kFileSharing); }

Finding listening_database(const Look& look) { return listening(look, kDatabases); }

Finding listening_legacy(const Look& look) { return listening(look, kLegacyServices); }

/// systemd-resolved's setting, of its main file and the folder beside it.
std::string resolved_setting(const Machine& machine, std::string_view key) {
  std::string value;
  std::vector<std::string> paths{"/etc/systemd/resolved.conf"};
  std::ranges::copy(files_in(machine, "/etc/systemd/resolved.conf.d", ".conf"),
                    std::back_inserter(paths));
  for (const std::string& path : paths)
    if (const auto text = machine.read(path))
      if (const auto found = ini_value(parse_ini(*text), "Resolve", key)) value = lower(*found);
  return value;
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
  if (!std::ranges::all_of(servers, local))
    return fail(fmt::format("名前解決が暗号化されずに {} へ送られます", listed(servers)),
                fmt::format("names are looked up unencrypted at {}", listed(servers)));
  if (servers.front() == "127.0.0.53") {
    const std::string mode = resolved_setting(look.machine, "DNSOverTLS");
    if (mode == "yes" || mode == "true" || mode == "opportunistic")
      return pass(fmt::format("DNS over TLS を使います（{}）", mode),
                  fmt::format("DNS over TLS is used ({})", mode));
    return fail("systemd-resolved の DNSOverTLS が有効ではありません",
                "systemd-resolved's DNSOverTLS is off");
  }
  const auto processes = look.machine.processes();
  if (processes)
    for (const char* name : {"dnscrypt-proxy", "stubby", "cloudflared"})
      if (processes->contains(name))
        return pass(fmt::format("{} が名前解決を暗号化します", name),
                    fmt::format("{} encrypts name resolution", name));
  return unknown("この端末の中継が名前解決を暗号化しているか分かりません",
                 "it cannot be told whether the local resolver encrypts");
}

Finding https_trust(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/etc/ssl/certs") && !machine.exists("/etc/pki/ca-trust"))
    return not_applicable("認証局の一覧がありません", "there is no list of authorities");
  std::vector<std::string> added;
  std::vector<std::string> folders{"/usr/local/share/ca-certificates",
                                   "/etc/pki/ca-trust/source/anchors"};
  for (std::size_t i = 0; i < folders.size() && i < 64; ++i) {
    const auto names = machine.list(folders[i]);
    if (!names && names.error() == FileProblem::denied)
      return unreadable(folders[i], names.error());
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = folders[i] + "/" + name;
      if (name.ends_with(".crt") || name.ends_with(".pem") || name.ends_with(".cer"))
        added.push_back(path);
      else if (const auto facts = machine.facts(path); facts && S_ISDIR(facts->mode))
        folders.push_back(path);
    }
  }
  if (!added.empty())
    return fail(fmt::format("OS にない認証局が足されています: {}", listed(added)),
                fmt::format("authorities were added to the system's own: {}", listed(added)));
  return pass("足された認証局はありません", "no authority was added");
}

Finding proxy(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> paths = files_in(machine, "/etc/profile.d", ".sh");
  paths.emplace_back("/etc/environment");
  std::vector<std::string> found;
  bool any = false;
  const auto note = [&](const std::string& value, const std::string& where) {
    const std::string host = proxy_host(value);
    const bool local =
        host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
    if (!host.empty() && !local && lower(value) != "direct" && lower(value) != "false")
      found.push_back(fmt::format("{} ({})", host, where));
  };
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    any = true;
    for (const auto& [name, value] : parse_assignments(*text))
      if (const std::string key = lower(name);
          key == "http_proxy" || key == "https_proxy" || key == "all_proxy" || key == "ftp_proxy")
        note(value, path);
  }
  for (const char* folder : {"/etc/apt/apt.conf.d", "/etc/apt"})
    for (const std::string& path : files_in(machine, folder, "")) {
      const std::string name = path.substr(path.rfind('/') + 1);
      if (std::string_view(folder) == "/etc/apt" && name != "apt.conf") continue;
      const auto text = machine.read(path);
      if (!text) continue;
      any = true;
      for (const auto& [key, value] : parse_apt_conf(*text))
        if (key == "acquire::http::proxy" || key == "acquire::https::proxy") note(value, path);
    }
  if (!any) return not_applicable("設定ファイルがありません", "there are no settings");
  if (!found.empty())
    return fail(fmt::format("通信を中継するプロキシが設定されています: {}", listed(found)),
                fmt::format("a proxy passes the traffic on: {}", listed(found)));
  return pass("プロキシは設定されていません", "no proxy is set");
}

constexpr std::array kChecks{
    HostCheck{
        "firewall",
        firewall,
        {"/usr/sbin/nft", "/usr/bin/nft", "/sbin/nft", "/run/current-system/sw/bin/nft",
         "/usr/sbin/iptables-save", "/sbin/iptables-save", "/usr/bin/iptables-save", "/etc/ufw/"}},
    HostCheck{"listening-remote-desktop", listening_remote_desktop, {"/proc/net/"}},
    HostCheck{"listening-file-sharing", listening_file_sharing, {"/proc/net/"}},
    HostCheck{"listening-database", listening_database, {"/proc/net/"}},
    HostCheck{"listening-legacy", listening_legacy, {"/proc/net/"}},
    HostCheck{"dns-protection", dns_protection, {"/etc/resolv.conf"}},
    HostCheck{"https-trust",
              https_trust,
              {"/etc/ssl/certs", "/etc/pki/ca-trust", "/etc/ca-certificates"}},
    HostCheck{"proxy", proxy, {"/etc/environment", "/etc/profile", "/etc/apt/apt.conf"}},
};

}  // namespace

std::span<const HostCheck> network_checks() { return kChecks; }

}  // namespace sekisho
