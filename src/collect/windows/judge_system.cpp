// SPDX-License-Identifier: Apache-2.0
// The clock, the records and the start of the machine.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "collect/windows/judges.h"

namespace sekisho::judge {

namespace {

/// A server of NtpServer's list, "time.windows.com,0x9" (flags: 1 at SpecialPollInterval, 2 a
/// fallback only, 4 symmetric, 8 as a client).
struct TimeServer {
  std::string host;
  std::int64_t flags = 0;
  bool understood = true;
};

std::vector<TimeServer> time_servers(std::string_view list) {
  std::vector<TimeServer> servers;
  for (const std::string_view word : words(list)) {
    const std::size_t comma = word.find(',');
    TimeServer one{.host = lower(word.substr(0, comma))};
    if (comma != std::string_view::npos) {
      std::string_view flags = word.substr(comma + 1);
      const bool hexadecimal = flags.starts_with("0x") || flags.starts_with("0X");
      if (hexadecimal) flags.remove_prefix(2);
      const auto [end, error] = std::from_chars(flags.data(), flags.data() + flags.size(),
                                                one.flags, hexadecimal ? 16 : 10);
      one.understood = error == std::errc() && end == flags.data() + flags.size();
    }
    servers.push_back(std::move(one));
  }
  return servers;
}

/// Whether a server is asked, and what it says is heeded.
std::optional<Finding> of_servers(const FactsLook& look, const std::string& service,
                                  const std::string& policy, std::string_view list) {
  constexpr std::int64_t kSpecial = 1;
  constexpr std::int64_t kFallback = 2;
  constexpr std::int64_t kSymmetric = 4;
  constexpr std::int64_t kLongest = 7L * 24 * 60 * 60;  // seconds; Windows' own is a day to a week
  const std::string client = R"(TimeProviders\NtpClient\)";
  const auto set = [&](const std::string& name) {
    return look.first_number({policy + name, service + name});
  };
  const auto interval = set(client + "SpecialPollInterval");
  bool unclear = false;
  for (const TimeServer& server : time_servers(list)) {
    if (is_itself(look, server.host) || (server.flags & kFallback) != 0) continue;
    if (!server.understood || (server.flags & kSymmetric) != 0) {
      unclear = true;
      continue;
    }
    if ((server.flags & kSpecial) == 0 || interval.value_or(0) <= kLongest) return std::nullopt;
  }
  if (unclear)
    return unknown(fmt::format("時刻の入手元「{}」を読み解けません", printable(list, 100)),
                   fmt::format("the source of time '{}' is not understood", printable(list, 100)));
  return fail(fmt::format("時刻の入手元「{}」からは時刻が得られません", printable(list, 100)),
              fmt::format("no time comes from '{}'", printable(list, 100)));
}

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
  if (!by_servers) return std::nullopt;
  if (!trim(std::string_view(servers)).empty()) return of_servers(look, service, policy, servers);
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
  const auto input = look.first_number({policy + R"(TimeProviders\NtpClient\InputProvider)",
                                        service + R"(TimeProviders\NtpClient\InputProvider)"});
  if (lower(trim(std::string_view(type))) == "nosync" || client == 0 || input == 0)
    return fail("時計合わせが切れています", "clock synchronisation is off");
  if (!start || type.empty()) {
    look.note("時刻サービスの設定", "the time service's settings");
    return FactsLook::undecided();
  }
  if (auto fault = without_source(look, service, policy, lower(trim(std::string_view(type)))))
    return *fault;
  // How far the clock may be set: by nothing at all.
  for (const char* most : {R"(Config\MaxPosPhaseCorrection)", R"(Config\MaxNegPhaseCorrection)"})
    if (look.first_number({policy + most, service + most}) == 0)
      return fail("時計のずれを直さない設定です", "it is set to correct the clock by nothing");
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
