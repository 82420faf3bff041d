#include "collect/windows/facts.h"

#include <array>
#include <utility>

#include <boost/json.hpp>

namespace sekisho {
namespace {

namespace json = boost::json;

/// Of a recording: a machine has some thousand listeners and saved networks at most.
constexpr DocumentLimits kRecordingLimits{
    .bytes = std::size_t{4} << 20U, .nodes = 100'000, .depth = 6};

using Drive = WindowsFacts::DriveProtection;
constexpr std::array<std::pair<std::string_view, Drive>, 5> kDrives{
    {{"off", Drive::off},
     {"on", Drive::on},
     {"changing", Drive::changing},
     {"suspended", Drive::suspended},
     {"locked", Drive::locked}}};

json::array strings(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

template <typename T>
std::optional<T> read(const Node& node, std::string_view key, T (*how)(const Node&)) {
  const auto found = node.find(key);
  if (!found) return std::nullopt;
  return how(*found);
}

std::vector<std::string> read_strings(const Node& node) {
  std::vector<std::string> list;
  for (const Node& one : node.items()) list.push_back(printable(one.string(), 400));
  return list;
}

std::int64_t read_count(const Node& node) { return node.integer(0, 1'000'000); }

std::vector<WindowsFacts::Antivirus> read_antivirus(const Node& node) {
  std::vector<WindowsFacts::Antivirus> list;
  for (const Node& one : node.items()) {
    one.only({"name", "on", "up_to_date"});
    list.push_back({printable(one.at("name").string(), 200), one.at("on").boolean(),
                    one.at("up_to_date").boolean()});
  }
  return list;
}

std::vector<WindowsFacts::FirewallProfile> read_firewall(const Node& node) {
  std::vector<WindowsFacts::FirewallProfile> list;
  for (const Node& one : node.items()) {
    one.only({"name", "enabled", "active"});
    list.push_back({printable(one.at("name").string(), 40), one.at("enabled").boolean(),
                    one.at("active").boolean()});
  }
  return list;
}

std::vector<WindowsFacts::Listener> read_listening(const Node& node) {
  std::vector<WindowsFacts::Listener> list;
  for (const Node& one : node.items()) {
    one.only({"port", "udp", "loopback"});
    list.push_back({static_cast<std::uint16_t>(one.at("port").integer(0, 65'535)),
                    one.at("udp").boolean(), one.at("loopback").boolean()});
  }
  return list;
}

std::vector<WindowsFacts::Wifi> read_wifi(const Node& node) {
  std::vector<WindowsFacts::Wifi> list;
  for (const Node& one : node.items()) {
    one.only({"name", "authentication", "in_use"});
    list.push_back({printable(one.at("name").string(), 200),
                    printable(one.at("authentication").string(), 40), one.at("in_use").boolean()});
  }
  return list;
}

std::vector<WindowsFacts::Program> read_programs(const Node& node) {
  std::vector<WindowsFacts::Program> list;
  for (const Node& one : node.items()) {
    one.only({"name", "version"});
    const auto version = one.find("version");
    list.push_back({printable(one.at("name").string(), 200),
                    version ? printable(version->string(), 100) : std::string()});
  }
  return list;
}

Drive read_drive(const Node& node) { return node.one_of<Drive>(kDrives); }

}  // namespace

const std::vector<std::string>& wanted_registry() {
  static const std::vector<std::string> all{
      // Which Windows.
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProductName)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\DisplayVersion)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\CurrentBuildNumber)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\UBR)",
      // Updates.
      R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU\NoAutoUpdate)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU\AUOptions)",
      R"(HKLM\SYSTEM\CurrentControlSet\Services\wuauserv\Start)",
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired\)",
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending\)",
      // Starting and signing in.
      R"(HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State\UEFISecureBootEnabled)",
      R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoAdminLogon)",
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Lsa\LimitBlankPasswordUse)",
      // The screen.
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\InactivityTimeoutSecs)",
      R"(HKU\*\Control Panel\Desktop\ScreenSaveActive)",
      R"(HKU\*\Control Panel\Desktop\ScreenSaverIsSecure)",
      R"(HKU\*\Control Panel\Desktop\ScreenSaveTimeOut)",
      R"(HKU\*\Software\Policies\Microsoft\Windows\Control Panel\Desktop\ScreenSaveActive)",
      R"(HKU\*\Software\Policies\Microsoft\Windows\Control Panel\Desktop\ScreenSaverIsSecure)",
      R"(HKU\*\Software\Policies\Microsoft\Windows\Control Panel\Desktop\ScreenSaveTimeOut)",
      // Media.
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer\NoDriveTypeAutoRun)",
      R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Policies\Explorer\NoDriveTypeAutoRun)",
      R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers\DisableAutoplay)",
      R"(HKLM\SYSTEM\CurrentControlSet\Services\USBSTOR\Start)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices\Deny_All)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices\{53f5630d-b6bf-11d0-94f2-00a0c91efb8b}\Deny_Write)",
      // Office.
      R"(HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration\VersionToReport)",
      R"(HKLM\SOFTWARE\Microsoft\Office\16.0\Word\InstallRoot\Path)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\Word\Security\blockcontentexecutionfrominternet)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\Excel\Security\blockcontentexecutionfrominternet)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\PowerPoint\Security\blockcontentexecutionfrominternet)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\Word\Security\VBAWarnings)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\Excel\Security\VBAWarnings)",
      R"(HKU\*\Software\Policies\Microsoft\Office\16.0\PowerPoint\Security\VBAWarnings)",
      R"(HKU\*\Software\Microsoft\Office\16.0\Word\Security\VBAWarnings)",
      R"(HKU\*\Software\Microsoft\Office\16.0\Excel\Security\VBAWarnings)",
      R"(HKU\*\Software\Microsoft\Office\16.0\PowerPoint\Security\VBAWarnings)",
      // Browsers.
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\SmartScreenEnabled)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\System\EnableSmartScreen)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Edge\SmartScreenEnabled)",
      R"(HKLM\SOFTWARE\Policies\Google\Chrome\SafeBrowsingProtectionLevel)",
      R"(HKLM\SOFTWARE\Policies\Google\Chrome\SafeBrowsingEnabled)",
      R"(HKLM\SOFTWARE\Policies\Microsoft\Edge\PasswordManagerEnabled)",
      R"(HKLM\SOFTWARE\Policies\Google\Chrome\PasswordManagerEnabled)",
      R"(HKLM\SOFTWARE\Policies\Mozilla\Firefox\PasswordManagerEnabled)",
      R"(HKLM\SOFTWARE\Policies\Mozilla\Firefox\OfferToSaveLogins)",
      // The network.
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\fDenyTSConnections)",
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp\UserAuthentication)",
      R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Internet Settings\ProxyEnable)",
      R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Internet Settings\ProxyServer)",
      R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Internet Settings\AutoConfigURL)",
      // The clock.
      R"(HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters\Type)",
      R"(HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Start)",
  };
  return all;
}

const std::vector<std::string>& wanted_services() {
  static const std::vector<std::string> all{
      "EventLog",         // the system's own records
      "Sense",            // Microsoft Defender for Endpoint
      "CSFalconService",  // CrowdStrike Falcon
      "SentinelAgent",    // SentinelOne
      "CbDefense",        // Carbon Black Cloud
      "cyserver",         // Cortex XDR
      "Sophos Endpoint Defense Service",
      "TMBMServer",  // Trend Micro Apex One
      "ntrtscan",    // Trend Micro Apex One
      "ekrn",        // ESET
      "elastic-agent",
      "osqueryd",
  };
  return all;
}

WindowsFacts::Antivirus antivirus_product(std::string name, std::uint32_t state) {
  return {std::move(name), (state & 0xF000U) == 0x1000U, (state & 0xF0U) == 0};
}

std::string wifi_authentication(std::string_view xml) {
  const auto element = [&](std::string_view begin) {
    const std::size_t at = xml.find(begin);
    if (at == std::string_view::npos) return std::string();
    const std::string_view rest = xml.substr(at + begin.size());
    return printable(rest.substr(0, rest.find('<')), 40);
  };
  const std::string authentication = element("<authentication>");
  return authentication == "open" && element("<encryption>") == "WEP" ? "WEP" : authentication;
}

std::string write_windows_facts(const WindowsFacts& facts) {
  json::object out{{"computer", facts.computer}, {"people", facts.people}};
  json::object registry;
  for (const auto& [path, value] : facts.registry)
    std::visit([&](const auto& v) { registry[path] = v; }, value);
  out["registry"] = std::move(registry);
  if (facts.antivirus) {
    json::array list;
    for (const auto& one : *facts.antivirus)
      list.push_back({{"name", one.name}, {"on", one.on}, {"up_to_date", one.up_to_date}});
    out["antivirus"] = std::move(list);
  }
  if (facts.system_drive)
    for (const auto& [name, drive] : kDrives)
      if (drive == *facts.system_drive) out["system_drive"] = name;
  if (facts.firewall) {
    json::array list;
    for (const auto& one : *facts.firewall)
      list.push_back({{"name", one.name}, {"enabled", one.enabled}, {"active", one.active}});
    out["firewall"] = std::move(list);
  }
  if (facts.administrators) out["administrators"] = strings(*facts.administrators);
  if (facts.without_password) out["without_password"] = strings(*facts.without_password);
  if (facts.shortest_password) out["shortest_password"] = *facts.shortest_password;
  if (facts.tries) out["tries"] = *facts.tries;
  if (facts.listening) {
    json::array list;
    for (const auto& one : *facts.listening)
      list.push_back({{"port", one.port}, {"udp", one.udp}, {"loopback", one.loopback}});
    out["listening"] = std::move(list);
  }
  if (facts.shares) out["shares"] = strings(*facts.shares);
  if (facts.wifi) {
    json::array list;
    for (const auto& one : *facts.wifi)
      list.push_back(
          {{"name", one.name}, {"authentication", one.authentication}, {"in_use", one.in_use}});
    out["wifi"] = std::move(list);
  }
  out["wifi_device"] = facts.wifi_device;
  if (facts.missing_updates) out["missing_updates"] = strings(*facts.missing_updates);
  if (facts.programs) {
    json::array list;
    for (const auto& one : *facts.programs) {
      json::object program{{"name", one.name}};
      if (!one.version.empty()) program["version"] = one.version;
      list.push_back(std::move(program));
    }
    out["programs"] = std::move(list);
  }
  if (facts.running) out["running"] = strings(*facts.running);
  return json::serialize(out);
}

Result<WindowsFacts> read_windows_facts(std::string_view text) {
  const auto document = parse_json("(facts)", text, kRecordingLimits);
  if (!document) return std::unexpected(document.error());
  std::vector<Error> problems;
  const Node node(*document, problems);
  node.only({"computer", "people", "registry", "antivirus", "system_drive", "firewall",
             "administrators", "without_password", "shortest_password", "tries", "listening",
             "shares", "wifi", "wifi_device", "missing_updates", "programs", "running"});
  WindowsFacts facts;
  facts.computer = printable(node.at("computer").string(), 100);
  facts.people = read_count(node.at("people"));
  for (const auto& [path, value] : node.at("registry").entries()) {
    if (const auto* number = value.value().if_int64())
      facts.registry[path] = *number;
    else if (const auto* words = value.value().if_string())
      facts.registry[path] = printable(std::string_view(*words), 1000);
    else
      value.report("数か文字列ではありません。", "is neither a number nor a text.");
  }
  facts.antivirus = read(node, "antivirus", read_antivirus);
  facts.system_drive = read(node, "system_drive", read_drive);
  facts.firewall = read(node, "firewall", read_firewall);
  facts.administrators = read(node, "administrators", read_strings);
  facts.without_password = read(node, "without_password", read_strings);
  facts.shortest_password = read(node, "shortest_password", read_count);
  facts.tries = read(node, "tries", read_count);
  facts.listening = read(node, "listening", read_listening);
  facts.shares = read(node, "shares", read_strings);
  facts.wifi = read(node, "wifi", read_wifi);
  facts.wifi_device = node.at("wifi_device").boolean();
  facts.missing_updates = read(node, "missing_updates", read_strings);
  facts.programs = read(node, "programs", read_programs);
  facts.running = read(node, "running", read_strings);
  if (!problems.empty()) return std::unexpected(first_of(problems));
  return facts;
}

}  // namespace sekisho
