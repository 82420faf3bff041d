// SPDX-License-Identifier: Apache-2.0
// What checks ask Windows for, each with where Microsoft (or who else) says what it means.
#include <array>

#include <fmt/format.h>

#include "collect/windows/facts.h"

namespace sekisho {
namespace {

using Paths = std::vector<std::string>;

void add(Paths& all, std::string_view key, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) all.push_back(fmt::format("{}{}", key, name));
}

/// Browsers whose policies are Chromium's, below keys of their own.
constexpr std::array<std::string_view, 3> kChromiums{R"(BraveSoftware\Brave)", "Vivaldi",
                                                     "Chromium"};
/// Policies of the machine, of a person, and what a person has set.
constexpr std::array<std::string_view, 2> kRoots{R"(HKLM\SOFTWARE\)", R"(HKU\*\Software\)"};

void add_system(Paths& all) {
  // learn.microsoft.com/windows/win32/sysinfo/operating-system-version; EditionID: dism's
  // /Get-CurrentEdition. A name alone is what marketing made of it.
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)",
      {"ProductName", "EditionID", "InstallationType", "DisplayVersion", "CurrentBuildNumber",
       "UBR"});
  // learn.microsoft.com/windows/deployment/update/waas-wu-settings, and policy-csp-update (what
  // Intune sets is below PolicyManager\current).
  const std::string update = R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\)";
  add(all, update + R"(AU\)", {"NoAutoUpdate", "AUOptions", "UseWUServer"});
  add(all, update,
      {"WUServer", "DisableWindowsUpdateAccess", "DoNotConnectToWindowsUpdateInternetLocations",
       "PauseQualityUpdates", "PauseQualityUpdatesStartTime", "DeferQualityUpdates",
       "DeferQualityUpdatesPeriodInDays", "TargetReleaseVersion", "TargetReleaseVersionInfo"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Update\)",
      {"AllowAutoUpdate", "AllowUpdateService", "PauseQualityUpdates",
       "PauseQualityUpdatesStartTime", "DeferQualityUpdatesPeriodInDays"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings\)",
      {"PauseUpdatesExpiryTime", "PauseQualityUpdatesEndTime", "DeferQualityUpdatesPeriodInDays"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\)",
      {"AUOptions", R"(RebootRequired\)"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\)",
      {R"(RebootPending\)"});
  // Start of a service, 4: disabled (CreateService's dwStartType).
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Services\)",
      {R"(wuauserv\Start)",
       R"(UsoSvc\Start)",
       R"(TrustedInstaller\Start)",
       R"(CryptSvc\Start)",
       R"(BITS\Start)",
       R"(DoSvc\Start)",
       R"(mpssvc\Start)",
       R"(BFE\Start)",
       R"(wscsvc\Start)",
       R"(WinDefend\Start)",
       R"(USBSTOR\Start)",
       R"(UASPStor\Start)",
       R"(W32Time\Start)",
       R"(W32Time\Parameters\Type)",
       R"(W32Time\Parameters\NtpServer)",
       R"(NTP\Start)",
       R"(W32Time\TimeProviders\NtpClient\Enabled)",
       R"(EventLog\Security\MaxSize)",
       R"(W32Time\TimeProviders\NtpClient\InputProvider)",
       R"(W32Time\TimeProviders\NtpClient\SpecialPollInterval)",
       R"(W32Time\Config\MaxPosPhaseCorrection)",
       R"(W32Time\Config\MaxNegPhaseCorrection)"});
  // learn.microsoft.com/windows-server/networking/windows-time-service (policies go before).
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\W32Time\)",
      {R"(Parameters\Type)", R"(Parameters\NtpServer)", R"(TimeProviders\NtpClient\Enabled)",
       R"(TimeProviders\NtpClient\InputProvider)", R"(TimeProviders\NtpClient\SpecialPollInterval)",
       R"(Config\MaxPosPhaseCorrection)", R"(Config\MaxNegPhaseCorrection)"});
  // A member of a domain has both: its name, and Netlogon starting by itself (2; else 3).
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Services\)",
      {R"(Netlogon\Start)", R"(Tcpip\Parameters\Domain)"});
  // policy-csp-eventlogservice: SpecifyMaximumFileSizeSecurityLog, in KB.
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security\)", {"MaxSize"});
  // 1: BIOS, 2: UEFI (learn.microsoft.com, "Boot to UEFI mode or legacy BIOS mode").
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Control\)",
      {"PEFirmwareType", R"(SecureBoot\State\UEFISecureBootEnabled)",
       R"(ProductOptions\ProductType)", R"(Lsa\LimitBlankPasswordUse)"});
  // learn.microsoft.com/troubleshoot/windows-server/user-profiles-and-logon/turn-on-automatic-logon
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\)",
      {"AutoAdminLogon", "ForceAutoLogon", "DefaultPassword", "ScreenSaverGracePeriod"});
  // [MS-ADTS], Entra: dsregcmd's join, a key for each.
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo\)", {""});
}

void add_desktop(Paths& all) {
  // "Interactive logon: Machine inactivity limit"; policy-csp-devicelock (minutes).
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\)",
      {"InactivityTimeoutSecs"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\DeviceLock\)",
      {"MaxInactivityTimeDeviceLock", "DevicePasswordEnabled"});
  // ADMX_ControlPanelDisplay: what runs is SCRNSAVE.EXE, and nothing without one.
  for (const char* desktop :
       {R"(HKU\*\Control Panel\Desktop\)",
        R"(HKU\*\Software\Policies\Microsoft\Windows\Control Panel\Desktop\)"})
    add(all, desktop,
        {"ScreenSaveActive", "ScreenSaverIsSecure", "ScreenSaveTimeOut", "SCRNSAVE.EXE"});
  add(all, R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Policies\System\)",
      {"DisableLockWorkstation"});
  // learn.microsoft.com/windows/win32/shell/autoplay-reg; ADMX Autoplay.
  for (const std::string_view root : kRoots)
    add(all, fmt::format(R"({}Microsoft\Windows\CurrentVersion\Policies\Explorer\)", root),
        {"NoDriveTypeAutoRun", "NoAutorun"});
  add(all, R"(HKU\*\Software\Microsoft\Windows\CurrentVersion\Explorer\AutoplayHandlers\)",
      {"DisableAutoplay"});
  // ADMX RemovableStorage; policy-csp-storage, policy-csp-system (AllowStorageCard); policies of
  // device installation; VolumeEncryption (BitLocker To Go).
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\RemovableStorageDevices\)",
      {"Deny_All", R"({53f5630d-b6bf-11d0-94f2-00a0c91efb8b}\Deny_Read)",
       R"({53f5630d-b6bf-11d0-94f2-00a0c91efb8b}\Deny_Write)"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\)",
      {R"(Storage\RemovableDiskDenyWriteAccess)", R"(System\AllowStorageCard)"});
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\DeviceInstall\Restrictions\)",
      {"DenyRemovableDevices", "AllowAdminInstall"});
  for (const char* root :
       {R"(HKLM\SOFTWARE\Policies\)", R"(HKLM\SYSTEM\CurrentControlSet\Policies\)"})
    add(all, fmt::format(R"({}Microsoft\FVE\)", root), {"RDVDenyWriteAccess"});
}

void add_office(Paths& all) {
  for (const char* view : {R"(HKLM\SOFTWARE\)", R"(HKLM\SOFTWARE\WOW6432Node\)"})
    add(all, fmt::format(R"({}Microsoft\Office\16.0\)", view),
        {R"(Word\InstallRoot\Path)", R"(Excel\InstallRoot\Path)", R"(PowerPoint\InstallRoot\Path)",
         R"(Access\InstallRoot\Path)"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration\)",
      {"VersionToReport", "ProductReleaseIds"});
  // learn.microsoft.com/microsoft-365-apps/security/internet-macros-blocked; the policies' ADMX
  // (office16.admx and those of the programs). Cloud Policy goes before group policy
  // (microsoft-365-apps/admin-center/overview-cloud-policy).
  for (const char* root : {R"(HKU\*\Software\Policies\Microsoft\Cloud\Office\16.0\)",
                           R"(HKLM\SOFTWARE\Policies\Microsoft\Cloud\Office\16.0\)",
                           R"(HKU\*\Software\Policies\Microsoft\Office\16.0\)",
                           R"(HKU\*\Software\Microsoft\Office\16.0\)"}) {
    for (const char* program :
         {"Word", "Excel", "PowerPoint", "Access", "Visio", "MS Project", "Publisher"})
      add(all, fmt::format(R"({}{}\Security\)", root, program),
          {"blockcontentexecutionfrominternet", "VBAWarnings",
           R"(Trusted Locations\AllLocationsDisabled)", R"(Trusted Locations\*\Path)"});
    add(all, fmt::format(R"({}Common\)", root), {"VBAOff", R"(Security\Trusted Locations\*\Path)"});
    add(all, fmt::format(R"({}Outlook\Security\)", root), {"Level"});
  }
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Office\16.0\Common\)", {"VBAOff"});
  for (const std::string_view root : kRoots)
    add(all, fmt::format(R"({}Microsoft\Windows\CurrentVersion\Policies\Attachments\)", root),
        {"SaveZoneInformation"});
  // wiki.documentfoundation.org/Deployment_and_Migration, "Windows registry": of the machine, and
  // of a person over it. SecureURL: trusted places.
  for (const std::string_view root : kRoots)
    add(all,
        fmt::format(R"({}Policies\LibreOffice\org.openoffice.Office.Common\Security\Scripting\)",
                    root),
        {R"(MacroSecurityLevel\Value)", R"(DisableMacrosExecution\Value)", R"(SecureURL\Value)"});
}

void add_browsers(Paths& all) {
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\)", {"SmartScreenEnabled"});
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\System\)", {"EnableSmartScreen"});
  // policy-csp-smartscreen.
  add(all, R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\SmartScreen\)",
      {"EnableSmartScreenInShell"});
  // The switch in Edge's settings: the default value of a key of that name.
  add(all, R"(HKU\*\Software\Microsoft\Edge\SmartScreenEnabled\)", {""});
  // learn.microsoft.com/deployedge/microsoft-edge-policies, chromeenterprise.google/policies,
  // mozilla.github.io/policy-templates.
  for (const std::string_view root : kRoots) {
    add(all, fmt::format(R"({}Policies\Microsoft\Edge\)", root),
        {"SmartScreenEnabled", R"(Recommended\SmartScreenEnabled)", "PasswordManagerEnabled",
         R"(SmartScreenAllowListDomains\*)", "ProxyMode", "ProxyServer", "ProxyPacUrl",
         "ProxySettings"});
    add(all, fmt::format(R"({}Policies\Google\Chrome\)", root),
        {"SafeBrowsingProtectionLevel", "SafeBrowsingEnabled",
         R"(Recommended\SafeBrowsingProtectionLevel)", R"(Recommended\SafeBrowsingEnabled)",
         R"(SafeBrowsingAllowlistDomains\*)", "PasswordManagerEnabled", "ProxyMode", "ProxyServer",
         "ProxyPacUrl", "ProxySettings"});
    add(all, fmt::format(R"({}Policies\Mozilla\Firefox\)", root),
        {"PasswordManagerEnabled", "OfferToSaveLogins", "DisableSafeBrowsing", "Preferences",
         R"(Preferences\*)", "Proxy", R"(Proxy\Mode)", R"(Proxy\HTTPProxy)", R"(Proxy\SSLProxy)",
         R"(Proxy\SOCKSProxy)", R"(Proxy\AutoConfigURL)"});
    // Of Chromium's other children, by its own policies' names (support.brave.com,
    // help.vivaldi.com).
    for (const std::string_view browser : kChromiums)
      add(all, fmt::format(R"({}Policies\{}\)", root, browser),
          {"SafeBrowsingProtectionLevel", "SafeBrowsingEnabled",
           R"(Recommended\SafeBrowsingProtectionLevel)", R"(Recommended\SafeBrowsingEnabled)",
           R"(SafeBrowsingAllowlistDomains\*)", "PasswordManagerEnabled", "ProxyMode",
           "ProxyServer", "ProxyPacUrl", "ProxySettings"});
  }
}

void add_network(Paths& all) {
  // [MS-GPFAS]; what group policy sets, what Intune sets, and what is set here.
  for (const char* root :
       {R"(HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\)",
        R"(HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\Mdm\)",
        R"(HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\)"})
    for (const char* profile :
         {"DomainProfile", "StandardProfile", "PrivateProfile", "PublicProfile"})
      add(all, fmt::format(R"({}{}\)", root, profile),
          {"EnableFirewall", "DefaultInboundAction", "DisabledInterfaces"});
  // ADMX TerminalServer goes before what is set here; PortNumber: learn.microsoft.com,
  // "Change the listening port in Remote Desktop".
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services\)",
      {"fDenyTSConnections", "UserAuthentication"});
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\)",
      {"fDenyTSConnections", R"(WinStations\RDP-Tcp\UserAuthentication)",
       R"(WinStations\RDP-Tcp\PortNumber)"});
  // ProxySettingsPerUser 0: those of the machine, of either view, count for everybody
  // (ADMX InetRes: "Make proxy settings per-machine").
  constexpr std::string_view kSettings = R"(Windows\CurrentVersion\Internet Settings\)";
  add(all, fmt::format(R"(HKLM\SOFTWARE\Policies\Microsoft\{})", kSettings),
      {"ProxySettingsPerUser"});
  for (const char* root : {R"(HKLM\SOFTWARE\Microsoft\)", R"(HKLM\SOFTWARE\WOW6432Node\Microsoft\)",
                           R"(HKLM\SOFTWARE\Policies\Microsoft\)",
                           R"(HKU\*\Software\Policies\Microsoft\)", R"(HKU\*\Software\Microsoft\)"})
    add(all, fmt::format("{}{}", root, kSettings), {"ProxyEnable", "ProxyServer", "AutoConfigURL"});
  // curl.se/docs/manpage.html, ENVIRONMENT: what it, Git, Python and others take.
  for (const char* environment :
       {R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment\)",
        R"(HKU\*\Environment\)"})
    add(all, environment, {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"});
}

void add_malware(Paths& all) {
  // learn.microsoft.com/defender-endpoint, "Troubleshoot onboarding": 1 once it reports anywhere.
  add(all, R"(HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status\)",
      {"OnboardingState"});
  // learn.microsoft.com/defender-endpoint, "Configure exclusions"; names of values are what is
  // excluded. ADMX WindowsDefender: DisableAntiSpyware, DisableRealtimeMonitoring.
  for (const char* root : {R"(HKLM\SOFTWARE\Microsoft\Windows Defender\)",
                           R"(HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\)"})
    add(all, root,
        {"DisableAntiSpyware", "DisableAntiVirus",
         R"(Real-Time Protection\DisableRealtimeMonitoring)",
         R"(Real-Time Protection\DisableOnAccessProtection)",
         R"(Real-Time Protection\DisableBehaviorMonitoring)",
         R"(Real-Time Protection\DisableIOAVProtection)",
         R"(Real-Time Protection\RealtimeScanDirection)", R"(Exclusions\Paths\*)",
         R"(Exclusions\Extensions\*)", R"(Exclusions\Processes\*)"});
  add(all, R"(HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Defender\)",
      {"AllowRealtimeMonitoring", "AllowOnAccessProtection", "AllowBehaviorMonitoring",
       "AllowIOAVProtection", "RealTimeScanDirection", "ThreatSeverityDefaultAction",
       "ExcludedPaths", "ExcludedExtensions", "ExcludedProcesses"});
  for (const char* severity : {"1", "2", "4", "5"})
    add(all,
        R"(HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Threats\ThreatSeverityDefaultAction\)",
        {severity});
  add(all, R"(HKLM\SYSTEM\CurrentControlSet\Services\)", {R"(WdFilter\Start)"});
  add(all, R"(HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection\)",
      {"ForceDefenderPassiveMode"});
}

}  // namespace

const std::vector<std::string>& wanted_registry() {
  static const Paths all = [] {
    Paths paths;
    add_system(paths);
    add_desktop(paths);
    add_office(paths);
    add_browsers(paths);
    add_network(paths);
    add_malware(paths);
    return paths;
  }();
  return all;
}

const std::vector<std::string>& wanted_services() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names{"EventLog", "WinDefend", "NTP", "osqueryd"};
    for (const auto& [service, product] : edr_services()) names.emplace_back(service);
    return names;
  }();
  return all;
}

const std::vector<std::pair<std::string_view, std::string_view>>& edr_services() {
  // The services of what records and answers attacks, by their makers' documentation and
  // github.com/tothi/serviceDetector. Not those of their antivirus, which other products of the
  // same makers have alone (ekrn, ntrtscan, TMBMServer, Sophos Endpoint Defense Service), nor of
  // agents that only ship logs (elastic-agent).
  static const std::vector<std::pair<std::string_view, std::string_view>> all{
      {"Sense", "Microsoft Defender for Endpoint"},
      {"CSFalconService", "CrowdStrike Falcon"},
      {"SentinelAgent", "SentinelOne"},
      {"CbDefense", "Carbon Black Cloud"},
      {"CarbonBlack", "Carbon Black EDR"},
      {"cyserver", "Cortex XDR"},
      {"CybereasonActiveProbe", "Cybereason"},
      {"ElasticEndpoint", "Elastic Defend"},
      {"CyOptics", "CylanceOPTICS"},
      {"xagt", "Trellix Endpoint Security (HX)"},
      {"FortiEDR Collector Service", "FortiEDR"},
      {"hurukai", "HarfangLab"},
  };
  return all;
}

}  // namespace sekisho
