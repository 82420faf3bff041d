// The clock, the records and the start of the machine.
#include <algorithm>

#include <fmt/format.h>

#include "collect/windows/judges.h"

namespace sekisho::judge {

namespace {

/// Where the time service would have the time from: a list of servers, or a domain's controllers.
std::optional<Finding> without_source(const FactsLook& look, const std::string& service,
                                      const std::string& policy, const std::string& type) {
  const std::string tcpip = std::string(kServices) + R"(Tcpip\Parameters\Domain)";
  const auto netlogon = look.number(std::string(kServices) + R"(Netlogon\Start)");
  constexpr std::int64_t kByItself = 2;
  const bool member = netlogon == kByItself || !look.text(tcpip).empty();
  std::string servers = look.text(policy + R"(Parameters\NtpServer)");
  if (servers.empty()) servers = look.text(service + R"(Parameters\NtpServer)");
  const bool by_servers = type == "ntp" || (type == "allsync" && !member);
  if (type == "nt5ds" && !member) {
    if (netlogon)
      return fail("ドメインの時計に合わせる設定ですが、ドメインに参加していません",
                  "it is set to follow a domain's clock, but is in no domain");
    look.note("ドメインに参加しているか", "whether it is in a domain");
    return FactsLook::undecided();
  }
  if (type != "nt5ds" && type != "ntp" && type != "allsync")
    return unknown(fmt::format("時刻サービスの種類「{}」を読み解けません", printable(type, 20)),
                   fmt::format("the kind of time service '{}' is not known", printable(type, 20)));
  if (!by_servers || !trim(std::string_view(servers)).empty()) return std::nullopt;
  const std::string parameters = service + R"(Parameters\)";
  const std::vector<std::string> there = look.below(parameters);
  if (std::ranges::find(there, parameters + "NtpServer") == there.end()) {
    look.note("時刻の入手元（NtpServer）", "the source of time (NtpServer)");
    return FactsLook::undecided();
  }
  return fail("時刻サービスに時刻の入手元がありません（NtpServer）",
              "the time service has no source of time (NtpServer)");
}

}  // namespace

Finding time_sync(const FactsLook& look) {
  const std::string service = std::string(kServices) + R"(W32Time\)";
  const std::string policy = R"(HKLM\SOFTWARE\Policies\Microsoft\W32Time\)";
  // A client of another maker (Meinberg's NTP).
  const auto* running = look.glance(&WindowsFacts::running, "サービスの一覧", "the services");
  if (running != nullptr && std::ranges::find(*running, "NTP") != running->end())
    return pass("NTP のサービスが時計を合わせます", "an NTP service keeps the clock");
  const auto start = look.number(service + "Start");
  std::string type = look.text(policy + R"(Parameters\Type)");
  if (type.empty()) type = look.text(service + R"(Parameters\Type)");
  const auto client = look.first_number({policy + R"(TimeProviders\NtpClient\Enabled)",
                                         service + R"(TimeProviders\NtpClient\Enabled)"});
  if (start == kDisabled) {
    if (look.number(std::string(kServices) + R"(NTP\Start)").value_or(kDisabled) != kDisabled)
      return unknown("Windows の時刻サービスは無効で、NTP のサービスが動いているか分かりません",
                     "the Windows time service is disabled; whether an NTP service runs is not "
                     "known");
    return fail("時計合わせが切れています", "clock synchronisation is off");
  }
  if (lower(trim(std::string_view(type))) == "nosync" || client == 0)
    return fail("時計合わせが切れています", "clock synchronisation is off");
  if (!start || type.empty()) {
    look.note("時刻サービスの設定", "the time service's settings");
    return FactsLook::undecided();
  }
  if (auto fault = without_source(look, service, policy, lower(trim(std::string_view(type)))))
    return *fault;
  return pass(fmt::format("Windows の時刻サービスが合わせます（{}）", type),
              fmt::format("the Windows time service keeps it ({})", type));
}

Finding audit_log(const FactsLook& look) {
  /// What Windows itself begins with.
  constexpr std::int64_t kSmallestLog = std::int64_t{20} << 20U;
  const auto* running = look.ask(&WindowsFacts::running, "サービスの一覧", "the services");
  if (running == nullptr) return FactsLook::undecided();
  if (std::ranges::find(*running, "EventLog") == running->end())
    return fail("イベントログのサービスが止まっています", "the event log service is stopped");
  // The policy is in KB.
  const auto policy =
      look.number(R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security\MaxSize)");
  const auto bytes = policy ? std::optional(std::min(*policy, kSmallestLog) * 1024)
                            : look.number(std::string(kServices) + R"(EventLog\Security\MaxSize)");
  if (bytes && *bytes < kSmallestLog)
    return fail(fmt::format("セキュリティのログが小さすぎます（{} KB）", *bytes / 1024),
                fmt::format("the security log is too small ({} KB)", *bytes / 1024));
  const auto* audited = look.ask(&WindowsFacts::audited, "監査ポリシー", "the audit policy");
  if (audited != nullptr && std::ranges::find(*audited, "logon") == audited->end())
    return fail("サインインが記録されません（監査ポリシー）",
                "signing in is not recorded (audit policy)");
  return pass("サインインがイベントログに記録されます", "signing in is recorded in the event log");
}

Finding secure_boot(const FactsLook& look) {
  const std::string control = R"(HKLM\SYSTEM\CurrentControlSet\Control\)";
  constexpr std::int64_t kBios = 1;
  if (look.number(control + "PEFirmwareType") == kBios)
    return fail("従来の BIOS で起動しており、セキュアブートがありません",
                "it starts by a legacy BIOS, which has no Secure Boot");
  const auto on = look.number(control + R"(SecureBoot\State\UEFISecureBootEnabled)");
  if (!on) {
    look.note("セキュアブートの状態", "the state of Secure Boot");
    return FactsLook::undecided();
  }
  if (*on == 1) return pass("セキュアブートは有効です", "Secure Boot is on");
  return fail("セキュアブートが有効ではありません", "Secure Boot is not on");
}

}  // namespace sekisho::judge
