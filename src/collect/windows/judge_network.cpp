// SPDX-License-Identifier: Apache-2.0
// What lets others in over the network, and what traffic goes through.
#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "collect/limits.h"
#include "collect/maker.h"
#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

// The firewall.

constexpr const char* kByPolicy = R"(HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\)";
constexpr const char* kHere =
    R"(HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\)";

/// The private networks' are also called standard, as they were before Windows Vista.
std::vector<std::string_view> keys_of(std::string_view profile) {
  if (profile == "private") return {"PrivateProfile", "StandardProfile"};
  if (profile == "public") return {"PublicProfile"};
  return {"DomainProfile"};
}

/// Whether the firewall is told to leave out interfaces (INetFwPolicy2::ExcludedInterfaces).
bool interfaces_left_out(const FactsLook& look, std::string_view profile) {
  for (const std::string& root :
       {std::string(kByPolicy), std::string(kHere) + R"(Mdm\)", std::string(kHere)})
    for (const std::string_view name : keys_of(profile)) {
      const std::string left_out = look.text(fmt::format(R"({}{}\DisabledInterfaces)", root, name));
      if (!trim(std::string_view(left_out)).empty()) return true;
    }
  return false;
}

/// A setting of a kind of network: by group policy, else by the device management, else as set
/// here.
std::optional<std::int64_t> of_profile(const FactsLook& look, std::string_view profile,
                                       std::string_view setting, bool here) {
  const std::vector<std::string_view> names = keys_of(profile);
  std::vector<std::string> roots{kByPolicy, std::string(kHere) + R"(Mdm\)"};
  if (here) roots.emplace_back(kHere);
  for (const std::string& root : roots)
    for (const std::string_view name : names)
      if (const auto value = look.number(fmt::format(R"({}{}\{})", root, name, setting)))
        return value;
  return std::nullopt;
}

/// Off where Windows' own is off: another firewall may have taken its place.
Finding without_windows(const FactsLook& look, const std::vector<std::string>& off) {
  const auto* products = look.glance(&WindowsFacts::firewall_products, "ファイアウォールの一覧",
                                     "the list of firewalls");
  const auto* antivirus =
      look.glance(&WindowsFacts::antivirus, "ウイルス対策の一覧", "the list of antivirus");
  std::vector<std::string> others;
  for (const auto* list : {products, products == nullptr ? antivirus : nullptr})
    if (list != nullptr)
      for (const auto& product : *list)
        if (product.on && product.name.find("Defender") == std::string::npos)
          others.push_back(product.name);
  if (!others.empty())
    return unknown(
        fmt::format("Windows ファイアウォールは切れています（{}）。{} の設定は読めません",
                    listed(off), listed(others)),
        fmt::format("Windows Firewall is off ({}); what {} lets in can't be read", listed(off),
                    listed(others)));
  return fail(
      fmt::format("Windows ファイアウォールが切れています: {}（* は今の接続）", listed(off)),
      fmt::format("Windows Firewall is off for: {} (* connected now)", listed(off)));
}

}  // namespace

Finding firewall(const FactsLook& look) {
  for (const char* service : {"mpssvc", "BFE"})
    if (look.number(fmt::format(R"({}{}\Start)", kServices, service)) == kDisabled)
      return fail(fmt::format("ファイアウォールのサービス（{}）が無効です", service),
                  fmt::format("a service of the firewall ({}) is disabled", service));
  const auto* profiles = look.ask(&WindowsFacts::firewall, "Windows ファイアウォールの状態",
                                  "the state of Windows Firewall");
  if (profiles == nullptr || profiles->empty()) return FactsLook::undecided();
  std::vector<std::string> off;
  std::vector<std::string> open;
  std::vector<std::string> left_out;
  for (const auto& profile : *profiles) {
    const std::string name = profile.name + (profile.active ? "*" : "");
    const auto enabled = of_profile(look, profile.name, "EnableFirewall", false);
    if (!enabled.value_or(profile.enabled ? 1 : 0)) off.push_back(name);
    // 0: let in what no rule is about. Without a value it is blocked.
    if (of_profile(look, profile.name, "DefaultInboundAction", true) == 0) open.push_back(name);
    if (interfaces_left_out(look, profile.name)) left_out.push_back(name);
  }
  for (const char* kind : {"domain", "private", "public"})
    if (std::ranges::find(*profiles, kind, &WindowsFacts::FirewallProfile::name) == profiles->end())
      look.note(fmt::format("ファイアウォールの {} の設定", kind),
                fmt::format("the firewall's {} profile", kind));
  if (!off.empty()) return without_windows(look, off);
  if (!open.empty())
    return fail(
        fmt::format("ファイアウォールは有効ですが、外からの通信を断りません: {}", listed(open)),
        fmt::format("the firewall is on but lets everything in: {}", listed(open)));
  if (!left_out.empty())
    return fail(
        fmt::format("ファイアウォールが働かない接続が決められています: {}", listed(left_out)),
        fmt::format("some network interfaces are without the firewall: {}", listed(left_out)));
  const auto* rules =
      look.ask(&WindowsFacts::open_rules, "ファイアウォールの規則", "the firewall's rules");
  if (rules != nullptr && !rules->empty())
    return fail(fmt::format("すべての通信を通す規則があります: {}", listed(*rules)),
                fmt::format("these rules let everything in: {}", listed(*rules)));
  return pass("どのネットワークでも Windows ファイアウォールが働き、外からの通信を断ります",
              "Windows Firewall is on for every kind of network and refuses what comes in");
}

// What is listening.

namespace {

/// Programs that wait for others, by how their services or programs are called (beginnings, in
/// lower case): a port can be any.
struct Owner {
  std::string_view begins;
  std::string_view name;
};
constexpr std::array kRemoteOwners{Owner{"termservice", "RDP"},
                                   Owner{"sshd", "OpenSSH"},
                                   Owner{"tvnserver", "TightVNC"},
                                   Owner{"winvnc", "UltraVNC"},
                                   Owner{"uvnc_service", "UltraVNC"},
                                   Owner{"vncserver", "RealVNC"},
                                   Owner{"teamviewer", "TeamViewer"},
                                   Owner{"anydesk", "AnyDesk"},
                                   Owner{"rustdesk", "RustDesk"},
                                   Owner{"splashtop", "Splashtop"},
                                   Owner{"srserver", "Splashtop"},
                                   Owner{"rserver3", "Radmin"},
                                   Owner{"radmin", "Radmin"},
                                   Owner{"nxserver", "NoMachine"},
                                   Owner{"nxservice", "NoMachine"},
                                   Owner{"rutserv", "Remote Utilities"},
                                   Owner{"romserver", "LiteManager"},
                                   Owner{"sunshine", "Sunshine"},
                                   Owner{"dwmrcs", "DameWare"},
                                   Owner{"parsec", "Parsec"},
                                   Owner{"ultraviewer", "UltraViewer"},
                                   Owner{"remoting_host", "Chrome Remote Desktop"},
                                   Owner{"chromoting", "Chrome Remote Desktop"},
                                   Owner{"screenconnect", "ScreenConnect"},
                                   Owner{"dwagsvc", "DWService"},
                                   Owner{"dwagent", "DWService"},
                                   Owner{"aa_v3", "Ammyy Admin"},
                                   Owner{"ammyyadmin", "Ammyy Admin"},
                                   Owner{"supremo", "Supremo"},
                                   Owner{"hoptodesk", "HopToDesk"},
                                   Owner{"mesh agent", "MeshCentral"},
                                   Owner{"meshagent", "MeshCentral"},
                                   Owner{"client32", "NetSupport"},
                                   Owner{"g2comm", "GoToMyPC"},
                                   Owner{"g2svc", "GoToMyPC"},
                                   Owner{"logmein", "LogMeIn"},
                                   Owner{"bomgar", "BeyondTrust"},
                                   Owner{"zaservice", "Zoho Assist"},
                                   Owner{"remotepc", "RemotePC"},
                                   Owner{"vncserverui", "RealVNC"},
                                   Owner{"winvnc4", "VNC"},
                                   Owner{"aeroadmin", "AeroAdmin"}};

/// Programs of a group that only look at other machines.
constexpr std::array kViewers{
    "citrix",         "amazon workspaces", "teradici",        "hp anyware",
    "remote desktop", "windows app",       "moonlight",       "cachatto",
    "omnissa",        "vmware horizon",    "soliton",         "freerdp",
    "realvnc viewer", "vnc viewer",        "real vnc viewer", "tigervnc viewer"};

/// What lets people in through its maker's servers, and needs no port of its own for it.
std::vector<std::string> remote_controls(const FactsLook& look) {
  std::vector<std::string> found;
  const auto* programs =
      look.ask(&WindowsFacts::programs, "入っているプログラムの一覧", "the installed programs");
  if (programs == nullptr) return found;
  for (const WindowsFacts::Program& program : *programs) {
    const Software* software = software_of_program(look.guideline.software, program.name);
    if (software == nullptr || software->group != "remote_desktop") continue;
    const std::string name = lower(program.name);
    if (std::ranges::none_of(kViewers, [&](const char* one) { return name.starts_with(one); }))
      found.push_back(printable(program.name, 60));
  }
  return found;
}
constexpr std::array kDatabaseOwners{Owner{"mssql", "SQL Server"},
                                     Owner{"sqlservr", "SQL Server"},
                                     Owner{"sqlbrowser", "SQL Server"},
                                     Owner{"mysql", "MySQL"},
                                     Owner{"mariadb", "MariaDB"},
                                     Owner{"postgres", "PostgreSQL"},
                                     Owner{"mongo", "MongoDB"},
                                     Owner{"redis", "Redis"},
                                     Owner{"memurai", "Redis"},
                                     Owner{"oracle", "Oracle"},
                                     Owner{"tnslsnr", "Oracle"},
                                     Owner{"elasticsearch", "Elasticsearch"},
                                     Owner{"opensearch", "OpenSearch"},
                                     Owner{"memcached", "memcached"},
                                     Owner{"clickhouse", "ClickHouse"},
                                     Owner{"couchdb", "CouchDB"},
                                     Owner{"firebird", "Firebird"},
                                     Owner{"fbserver", "Firebird"},
                                     Owner{"db2", "Db2"},
                                     Owner{"influxd", "InfluxDB"},
                                     Owner{"neo4j", "Neo4j"},
                                     Owner{"cassandra", "Cassandra"},
                                     Owner{"fmserver", "FileMaker"},
                                     Owner{"psqlwge", "Zen"}};
constexpr std::array kLegacyOwners{
    Owner{"ftpsvc", "FTP"},           Owner{"tlntsvr", "telnet"}, Owner{"filezilla server", "FTP"},
    Owner{"filezilla-server", "FTP"}, Owner{"snmp", "SNMP"},      Owner{"nfssvc", "NFS"}};
/// Windows' own remote shell.
constexpr std::array kShells{Service{22, 22, false, "SSH"}};

std::string_view owner_of(const WindowsFacts::Listener& listener, std::span<const Owner> owners) {
  const std::string names = lower(listener.owner);
  for (const std::string_view part : split(std::string_view(names), ','))
    for (const Owner& owner : owners)
      if (trim(part).starts_with(owner.begins)) return owner.name;
  return {};
}

/// What is known of these kinds to wait where other machines can reach it; null where the list of
/// listeners could not be read.
std::optional<std::vector<std::string>> heard(const FactsLook& look, std::span<const Owner> owners,
                                              std::span<const Service> services) {
  const auto* listening = look.ask(&WindowsFacts::listening, "待ち受けの一覧", "what is listening");
  if (listening == nullptr) return std::nullopt;
  std::vector<std::string> reachable;
  for (const auto& listener : *listening) {
    if (listener.loopback) continue;
    if (const std::string_view name = owner_of(listener, owners); !name.empty())
      note_services(std::array{Service{listener.port, listener.port, listener.udp, name}},
                    listener.port, listener.udp, reachable);
    else
      note_services(services, listener.port, listener.udp, reachable);
  }
  return reachable;
}

Finding by_reach(const std::optional<std::vector<std::string>>& reachable) {
  if (!reachable) return FactsLook::undecided();
  if (!reachable->empty()) return reachable_services(*reachable);
  return pass("知られているものは待ち受けていないか、この端末の中だけです",
              "none that is known listens, or only inside this machine");
}

constexpr const char* kRdpPolicy =
    R"(HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services\)";
constexpr const char* kRdp = R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\)";

}  // namespace

Finding listening_remote_desktop(const FactsLook& look) {
  const std::string rdp = R"(WinStations\RDP-Tcp\)";
  const auto denied = look.first_number(
      {std::string(kRdpPolicy) + "fDenyTSConnections", std::string(kRdp) + "fDenyTSConnections"});
  const auto port = look.number(kRdp + rdp + "PortNumber").value_or(3389);
  std::vector<Service> services(kRemoteDesktops.begin(), kRemoteDesktops.end());
  services.insert(services.end(), kShells.begin(), kShells.end());
  if (port > 0 && port <= 65'535)
    for (const bool udp : {false, true})
      services.insert(services.begin(), Service{static_cast<std::uint16_t>(port),
                                                static_cast<std::uint16_t>(port), udp, "RDP"});
  const auto reachable = heard(look, kRemoteOwners, services);
  Finding found = by_reach(reachable);
  if (found.verdict == Verdict::fail) {
    // On, but without network level authentication: the screen for passwords is open to anyone.
    if (denied == 0 && look.first_number({std::string(kRdpPolicy) + "UserAuthentication",
                                          kRdp + rdp + "UserAuthentication"}) == 0)
      return fail(found.fact.ja + "。ネットワークレベル認証も切れています",
                  found.fact.en + "; network level authentication is off too");
    return found;
  }
  if (denied == 0)
    return unknown("リモートデスクトップは許可されていますが、今は待ち受けていません",
                   "Remote Desktop is allowed, but does not listen now");
  // Windows' own management, which a server opens by itself: no desktop, and encrypted.
  if (const auto managed = heard(look, {}, kRemoteManagement); managed && !managed->empty())
    return unknown(
        fmt::format("遠隔管理が待ち受けています。使っているか確かめてください: {}",
                    listed(*managed)),
        fmt::format("remote management is listening; see that it is wanted: {}", listed(*managed)));
  if (const auto controls = remote_controls(look);
      !controls.empty() && found.verdict == Verdict::pass)
    return unknown(
        fmt::format("提供元のサーバーを通して外から操作できるソフトがあります。設定を確かめて"
                    "ください: {}",
                    listed(controls)),
        fmt::format("these let people in through their makers' servers; see how they are set: {}",
                    listed(controls)));
  return found;
}

/// Windows itself waits at the ports of file sharing; what counts is whether it shares anything.
Finding listening_file_sharing(const FactsLook& look) {
  const auto* shares =
      look.ask(&WindowsFacts::shares, "共有フォルダーの一覧", "the list of shared folders");
  if (shares == nullptr) return FactsLook::undecided();
  std::vector<std::string> own;
  std::vector<std::string> of_domain;
  for (const std::string& share : *shares) {
    const std::string name = lower(share);
    if (name == "sysvol" || name == "netlogon")
      of_domain.push_back(share);
    else if (name != "print$")  // made for printers
      own.push_back(share);
  }
  // What a domain controller has to share.
  if (!of_domain.empty()) {
    const std::string kind =
        look.text(R"(HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions\ProductType)");
    if (kind.empty())
      look.note("ドメイン コントローラーかどうか", "whether it is a domain controller");
    if (!kind.empty() && lower(kind) != "lanmannt")
      own.insert(own.end(), of_domain.begin(), of_domain.end());
  }
  // Servers of other protocols (NFS, rsync, AFP) have shares of their own, which that list lacks.
  std::vector<Service> others;
  for (const Service& service : kFileSharing)
    if (service.name != "SMB" && service.name != "NetBIOS") others.push_back(service);
  others.push_back({2049, 2049, true, "NFS"});
  if (const auto reachable = heard(look, {}, others))
    own.insert(own.end(), reachable->begin(), reachable->end());
  if (own.empty()) return pass("共有しているフォルダーはありません", "no folder is shared");
  return fail(fmt::format("フォルダーを共有しています: {}", listed(own)),
              fmt::format("folders are shared: {}", listed(own)));
}

Finding listening_database(const FactsLook& look) {
  return by_reach(heard(look, kDatabaseOwners, kDatabases));
}
Finding listening_legacy(const FactsLook& look) {
  return by_reach(heard(look, kLegacyOwners, kLegacyServices));
}

// What traffic goes through.

namespace {

constexpr const char* kInternet = R"(Windows\CurrentVersion\Internet Settings\)";

void add_proxy(const FactsLook& look, const std::string& policy, const std::string& own,
               std::vector<std::string>& found) {
  const auto settings = [&](const std::string& root) { return root + kInternet; };
  if (look.first_number({settings(policy) + "ProxyEnable", settings(own) + "ProxyEnable"}) == 1) {
    const std::string decided = look.text(settings(policy) + "ProxyServer");
    const std::string set = decided.empty() ? look.text(settings(own) + "ProxyServer") : decided;
    found.push_back(set.empty() ? "?" : set);
  }
  for (const std::string& root : {policy, own})
    if (const std::string script = look.text(settings(root) + "AutoConfigURL"); !script.empty())
      found.push_back(script);
}

/// What browsers are told beside Windows' own setting.
void add_browser_proxies(const FactsLook& look, const std::string& policies,
                         std::vector<std::string>& found) {
  for (const char* browser : {R"(Microsoft\Edge\)", R"(Google\Chrome\)", R"(BraveSoftware\Brave\)",
                              R"(Vivaldi\)", R"(Chromium\)"}) {
    for (const char* name : {"ProxyServer", "ProxyPacUrl", "ProxySettings"})
      if (const std::string set = look.text(policies + browser + name); !set.empty())
        found.push_back(set);
    // The network says then what traffic goes through.
    if (const std::string mode = lower(look.text(policies + browser + "ProxyMode"));
        !mode.empty() && mode != "direct" && mode != "system")
      found.push_back(mode);
  }
  const std::string firefox = policies + R"(Mozilla\Firefox\)";
  const std::string set_mode = look.text(firefox + R"(Proxy\Mode)");
  if (const std::string mode = lower(trim(std::string_view(set_mode)));
      !mode.empty() && mode != "none" && mode != "system")
    found.push_back("Firefox: " + mode);
  for (const char* name : {"HTTPProxy", "SSLProxy", "SOCKSProxy", "AutoConfigURL"})
    if (const std::string set = look.text(firefox + R"(Proxy\)" + name); !set.empty())
      found.push_back("Firefox: " + set);
  // JSON, in one value; and preferences of the same name as in about:config.
  if (const std::string whole = look.text(firefox + "Proxy");
      !trim(std::string_view(whole)).empty())
    found.emplace_back("Firefox: Proxy");
  if (look.text(firefox + "Preferences").contains("network.proxy."))
    found.emplace_back("Firefox: network.proxy");
}

/// What programs that came from other systems go by.
void add_environment(const FactsLook& look, const std::string& environment,
                     std::vector<std::string>& found) {
  for (const char* name : {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
    if (const std::string set = look.text(environment + name); !set.empty()) found.push_back(set);
}

}  // namespace

Finding proxy(const FactsLook& look) {
  std::vector<std::string> found;
  const std::string policies = R"(HKLM\SOFTWARE\Policies\)";
  const bool of_machine =
      look.number(policies + R"(Microsoft\)" + kInternet + "ProxySettingsPerUser") == 0;
  if (of_machine)
    for (const char* view :
         {R"(HKLM\SOFTWARE\Microsoft\)", R"(HKLM\SOFTWARE\WOW6432Node\Microsoft\)"})
      add_proxy(look, policies + R"(Microsoft\)", view, found);
  add_browser_proxies(look, policies, found);
  add_environment(look, R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\)",
                  found);
  for (const std::string& person : look.people()) {
    const std::string software = person + R"(\Software\)";
    if (!of_machine)
      add_proxy(look, software + R"(Policies\Microsoft\)", software + R"(Microsoft\)", found);
    add_browser_proxies(look, software + R"(Policies\)", found);
    add_environment(look, person + R"(\Environment\)", found);
  }
  if (const auto* winhttp =
          look.ask(&WindowsFacts::winhttp_proxy, "WinHTTP のプロキシ", "the proxy of WinHTTP"))
    found.insert(found.end(), winhttp->begin(), winhttp->end());
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  if (!found.empty())
    return fail(fmt::format("通信が中継されます: {}", listed(found)),
                fmt::format("traffic goes through a proxy: {}", listed(found)));
  return pass("中継の設定はありません", "no proxy is set");
}

}  // namespace sekisho::judge
