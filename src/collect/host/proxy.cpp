// SPDX-License-Identifier: Apache-2.0
// What passes the machine's traffic on: proxies of the system, desktops, browsers and tools.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/apt.h"
#include "collect/host/browsers.h"
#include "collect/host/environment.h"

namespace sekisho {
namespace {

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

void proxies_of_text(std::string_view text, const std::string& path,
                     std::vector<std::string>& found) {
  for (const std::string_view line : split(text, '\n'))
    for (const Assigned& one : assigned_in(line))
      if (names_proxy(one.name)) note_proxy(one.value, path, found);
}

std::string unquoted_setting(std::string_view value) {
  value = trim(value);
  while (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
  while (value.ends_with('"') || value.ends_with('\'')) value.remove_suffix(1);
  return std::string(value);
}

/// Where tools keep a proxy of their own: git, curl, wget, pip, npm.
void proxies_of_tools(const Machine& machine, std::vector<std::string>& found) {
  std::vector<std::string> paths{"/etc/gitconfig", "/etc/wgetrc",           "/etc/curlrc",
                                 "/etc/pip.conf",  "/etc/xdg/pip/pip.conf", "/etc/npmrc"};
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    for (const char* name :
         {".gitconfig", ".config/git/config", ".curlrc", ".config/curlrc", ".wgetrc",
          ".config/wget/wgetrc", ".config/pip/pip.conf", ".pip/pip.conf", ".npmrc"})
      paths.push_back(person.home + "/" + name);
  constexpr std::array<std::string_view, 15> kKeys{
      "proxy",  "https-proxy", "http-proxy",      "https_proxy", "http_proxy",
      "-x",     "--proxy",     "preproxy",        "--preproxy",  "socks5",
      "socks4", "socks4a",     "socks5-hostname", "--socks5",    "--socks5-hostname"};
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    for (std::string_view line : split(std::string_view(*text), '\n')) {
      line = trim(line);
      const std::size_t end = line.find_first_of("=: \t");
      if (end == std::string_view::npos || !among(kKeys, lower(line.substr(0, end)))) continue;
      const std::size_t value = line.find_first_not_of("=: \t", end);
      if (value != std::string_view::npos)
        note_proxy(unquoted_setting(line.substr(value)), path, found);
    }
  }
}

/// GNOME's, where dconf keeps it: text files of an administrator's, and databases that say nothing
/// to others than dconf, but hold the words that they are made of.
void proxies_of_dconf(const Machine& machine, std::vector<std::string>& found) {
  std::vector<std::string> databases;
  const auto names = machine.list("/etc/dconf/db");
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const std::string path = "/etc/dconf/db/" + name;
    if (!name.ends_with(".d")) {
      databases.push_back(path);
      continue;
    }
    for (const std::string& file : files_in(machine, path, "")) {
      const auto facts = machine.facts(file);
      if (!facts || !S_ISREG(facts->mode)) continue;
      const auto text = machine.read(file);
      if (!text) continue;
      const auto lines = parse_ini(*text);
      const std::string mode =
          unquoted_setting(ini_value(lines, "system/proxy", "mode").value_or(""));
      if (mode == "manual")
        found.push_back(fmt::format(
            "{} ({})",
            unquoted_setting(ini_value(lines, "system/proxy/http", "host").value_or("manual")),
            file));
      if (mode == "auto")
        found.push_back(fmt::format(
            "{} ({})",
            unquoted_setting(ini_value(lines, "system/proxy", "autoconfig-url").value_or("WPAD")),
            file));
    }
  }
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    databases.push_back(person.home + "/.config/dconf/user");
  for (const std::string& path : databases) {
    const auto facts = machine.facts(path);
    if (!facts || !S_ISREG(facts->mode)) continue;
    const auto bytes = machine.read(path, std::size_t{64} << 20U);
    if (bytes && bytes->contains("proxy/") &&
        (bytes->contains(std::string_view("manual\0", 7)) ||
         bytes->contains(std::string_view("auto\0", 5))))
      machine.not_understood(path, "system/proxy");
  }
}

/// KDE's kioslaverc: 1 by hand, 2 a script, 3 a script that the network names, 4 the environment.
void proxies_of_kde(const Machine& machine, std::vector<std::string>& found) {
  std::vector<std::string> paths{"/etc/xdg/kioslaverc", "/etc/kde5rc"};
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>())
    paths.push_back(person.home + "/.config/kioslaverc");
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    const auto lines = parse_ini(*text);
    const std::string type = ini_value(lines, "Proxy Settings", "ProxyType").value_or("0");
    const auto value = [&](const char* key) {
      return printable(ini_value(lines, "Proxy Settings", key).value_or("ProxyType=" + type), 80);
    };
    if (type == "1") found.push_back(fmt::format("{} ({})", value("httpProxy"), path));
    if (type == "2") found.push_back(fmt::format("{} ({})", value("Proxy Config Script"), path));
    if (type != "0" && type != "1" && type != "2" && type != "4")
      machine.not_understood(path, "ProxyType=" + type);
  }
}

/// NetworkManager hands a script of a network on (nm-settings(5), proxy.method).
void proxies_of_networks(const Machine& machine, std::vector<std::string>& found) {
  for (const char* folder :
       {"/etc/NetworkManager/system-connections", "/run/NetworkManager/system-connections",
        "/usr/lib/NetworkManager/system-connections"})
    for (const std::string& path : files_in(machine, folder, "")) {
      const auto text = machine.read(path);
      if (!text) continue;
      const auto lines = parse_ini(*text);
      const std::string method = lower(ini_value(lines, "proxy", "method").value_or("0"));
      if (method == "1" || method == "auto")
        found.push_back(fmt::format(
            "{} ({})", printable(ini_value(lines, "proxy", "pac-url").value_or("PAC"), 80), path));
    }
}

/// One way in which browsers write modes; `mode` in lower case.
void note_browser_mode(const Machine& machine, const std::string& mode, const std::string& server,
                       const std::string& path, std::vector<std::string>& found) {
  if (mode == "fixed_servers" || mode == "manual" || mode == "pac_script" || mode == "autoconfig")
    note_proxy(server.empty() ? mode : server, path, found);
  if (mode == "auto_detect" || mode == "autodetect") machine.not_understood(path, "WPAD");
}

void proxies_of_policy(const Machine& machine, const BrowserPolicy& policy,
                       std::vector<std::string>& found) {
  const boost::json::object* values = &policy.values;
  const bool firefox = policy.family == BrowserFamily::firefox;
  const auto* inner = values->if_contains(firefox ? "Proxy" : "ProxySettings");
  if (firefox && (inner == nullptr || !inner->is_object())) return;
  for (const auto* one :
       {firefox ? nullptr : values, inner == nullptr ? nullptr : inner->if_object()}) {
    if (one == nullptr) continue;
    std::string mode = lower(text_of(*one, firefox ? "Mode" : "ProxyMode"));
    std::string server;
    for (const char* key :
         {"ProxyServer", "ProxyPacUrl", "HTTPProxy", "SSLProxy", "SOCKSProxy", "AutoConfigURL"})
      if (server.empty()) server = text_of(*one, key);
    if (mode.empty() && !server.empty()) mode = "manual";
    note_browser_mode(machine, mode, server, policy.path, found);
  }
}

void proxies_of_browsers(const Machine& machine, std::vector<std::string>& found) {
  const Browsers browsers = browsers_of(machine);
  for (const BrowserPolicy& policy : browsers.policies) proxies_of_policy(machine, policy, found);
  // A later line of a file, and user.js after prefs.js, decides.
  std::map<std::string, std::map<std::string, std::string>> by_folder;
  for (const Preference& one : browsers.preferences)
    if (one.name.starts_with("network.proxy."))
      by_folder[one.path.substr(0, one.path.rfind('/'))][one.name] = one.value;
  for (auto& [folder, values] : by_folder) {
    const std::string type = values["network.proxy.type"];
    const std::string path = folder + "/prefs.js";
    if (type == "1") {
      std::string server;
      for (const char* name : {"network.proxy.http", "network.proxy.ssl", "network.proxy.socks"})
        if (server.empty()) server = values[name];
      note_proxy(server.empty() ? "manual" : server, path, found);
    }
    if (type == "2") {
      const std::string script = values["network.proxy.autoconfig_url"];
      note_proxy(script.empty() ? "PAC" : script, path, found);
    }
    if (type == "4") machine.not_understood(path, "WPAD");
  }
  for (const ChromeProfile& profile : browsers.profiles)
    if (const auto* one = profile.values.if_contains("proxy"); one != nullptr && one->is_object()) {
      const boost::json::object& values = one->get_object();
      std::string server = text_of(values, "server");
      if (server.empty()) server = text_of(values, "pac_url");
      note_browser_mode(machine, lower(text_of(values, "mode")), server, profile.path, found);
    }
}

/// Browsers that are started with one: their own files of options, and what is in menus.
void proxies_of_options(const Machine& machine, std::vector<std::string>& found) {
  std::vector<std::string> paths{"/etc/chromium/default", "/etc/default/chromium",
                                 "/etc/default/chromium-browser", "/etc/chromium-browser/default",
                                 "/etc/default/google-chrome"};
  std::vector<std::string> folders{"/etc/chromium.d", "/etc/xdg/autostart",
                                   "/usr/local/share/applications", "/usr/share/applications"};
  const auto people = machine.people();
  for (const Account& person : people ? *people : std::vector<Account>()) {
    for (const char* name : {"chromium-flags.conf", "chrome-flags.conf", "brave-flags.conf",
                             "microsoft-edge-stable-flags.conf", "electron-flags.conf"})
      paths.push_back(person.home + "/.config/" + name);
    for (const char* folder : {"/.local/share/applications", "/.config/autostart", "/Desktop"})
      folders.push_back(person.home + folder);
  }
  for (const std::string& folder : folders)
    for (std::string& path : files_in(machine, folder, folder.ends_with(".d") ? "" : ".desktop"))
      paths.push_back(std::move(path));
  for (const std::string& path : paths) {
    const auto facts = machine.facts(path);
    if (!facts || !S_ISREG(facts->mode)) continue;
    const auto text = machine.read(path);
    if (!text) continue;
    for (const std::string_view line : split(std::string_view(*text), '\n'))
      for (const std::string_view option : {"--proxy-server=", "--proxy-pac-url="})
        if (const std::size_t at = line.find(option);
            at != std::string_view::npos && !trim(line).starts_with('#')) {
          std::string_view value = line.substr(at + option.size());
          while (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
          note_proxy(std::string(value.substr(0, value.find_first_of("\"' \t"))), path, found);
        }
  }
}

/// What package managers fetch through.
bool proxies_of_packages(const Machine& machine, std::vector<std::string>& found) {
  bool any = machine.exists("/etc/apt");
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
  for (const auto& [key, value] : apt_settings(machine))
    if ((key.starts_with("acquire::http::proxy") || key.starts_with("acquire::https::proxy")) &&
        !value.empty())
      note_proxy(value, key, found);
  return any;
}

}  // namespace

/// Every place where a proxy is set for all of the machine, or for one person.
Finding proxy(const Look& look) {
  const Machine& machine = look.machine;
  std::vector<std::string> found;
  const std::vector<EnvironmentText> texts = environment_texts(machine);
  for (const EnvironmentText& one : texts) proxies_of_text(one.text, one.place, found);
  const bool packages = proxies_of_packages(machine, found);
  proxies_of_tools(machine, found);
  proxies_of_dconf(machine, found);
  proxies_of_kde(machine, found);
  proxies_of_networks(machine, found);
  proxies_of_browsers(machine, found);
  proxies_of_options(machine, found);
  if (texts.empty() && !packages && found.empty())
    return not_applicable("設定ファイルがありません", "there are no settings");
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

}  // namespace sekisho
