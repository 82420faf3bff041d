// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/live/network.h"

#include <windows.h>
#include <winsock2.h>
// These need windows.h before them.
#include <iphlpapi.h>
#include <winhttp.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <span>

#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

using ServiceHandle =
    std::unique_ptr<SC_HANDLE__, decltype([](SC_HANDLE h) { ::CloseServiceHandle(h); })>;
using Process = std::unique_ptr<void, decltype([](HANDLE h) { ::CloseHandle(h); })>;

/// A table of iphlpapi, as bytes; nothing where it can't be had.
template <typename Ask>
std::optional<std::vector<std::uint64_t>> table(Ask ask) {
  DWORD bytes = 0;
  std::vector<std::uint64_t> buffer;
  for (int tries = 0; tries < 8; ++tries) {
    const DWORD status = ask(buffer.empty() ? nullptr : buffer.data(), &bytes);
    if (status == NO_ERROR && !buffer.empty()) return buffer;
    // A machine without IPv6 has no such table.
    if (status == ERROR_NOT_SUPPORTED || status == ERROR_NO_DATA)
      return std::vector<std::uint64_t>(512, 0);
    if (status != ERROR_INSUFFICIENT_BUFFER && status != NO_ERROR) return std::nullopt;
    buffer.assign(bytes / sizeof(std::uint64_t) + 512, 0);
    bytes = static_cast<DWORD>(buffer.size() * sizeof(std::uint64_t));
  }
  return std::nullopt;
}

std::uint16_t port_of(DWORD network_order) {
  return ::ntohs(static_cast<std::uint16_t>(network_order));
}
bool loopback4(DWORD address) { return (::ntohl(address) >> 24U) == 127; }
bool loopback6(const UCHAR* address) {
  static constexpr std::array<UCHAR, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::equal(kLoopback.begin(), kLoopback.end(), address);
}

/// The services of each process that has any.
std::map<DWORD, std::string> services_by_process() {
  std::map<DWORD, std::string> names;
  const ServiceHandle manager(::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_ENUMERATE_SERVICE));
  if (!manager) return names;
  std::vector<std::uint64_t> buffer(std::size_t{32'768});
  DWORD needed = 0;
  DWORD count = 0;
  DWORD from = 0;
  BOOL more = TRUE;
  while (more != FALSE) {
    const BOOL whole = ::EnumServicesStatusExW(
        manager.get(), SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
        reinterpret_cast<BYTE*>(buffer.data()),
        static_cast<DWORD>(buffer.size() * sizeof(std::uint64_t)), &needed, &count, &from, nullptr);
    if (whole == FALSE && ::GetLastError() != ERROR_MORE_DATA) break;
    const auto* list = reinterpret_cast<const ENUM_SERVICE_STATUS_PROCESSW*>(buffer.data());
    for (const auto& service : std::span(list, count)) {
      std::string& known = names[service.ServiceStatusProcess.dwProcessId];
      known += (known.empty() ? "" : ",") + utf8(service.lpServiceName);
    }
    more = whole == FALSE && count > 0 ? TRUE : FALSE;
  }
  return names;
}

/// Who waits: a process' services, or its program. Asked once for each.
class Owners {
 public:
  const std::string& of(DWORD process) {
    const auto [known, added] = names_.try_emplace(process);
    if (added) known->second = printable(process == kSystem ? "System" : program(process), 150);
    return known->second;
  }

 private:
  static constexpr DWORD kSystem = 4;
  static std::string program(DWORD process) {
    const Process opened(::OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, process));
    std::array<wchar_t, 1024> path{};
    auto size = static_cast<DWORD>(path.size());
    if (!opened || ::QueryFullProcessImageNameW(opened.get(), 0, path.data(), &size) == 0)
      return {};
    const std::string whole = utf8(path.data());
    return whole.substr(whole.rfind('\\') + 1);
  }
  std::map<DWORD, std::string> names_ = services_by_process();
};

template <typename Table, typename Loopback>
void add_rows(const std::vector<std::uint64_t>& bytes, bool udp, Loopback loopback, Owners& owners,
              std::vector<WindowsFacts::Listener>& list) {
  const auto* table = reinterpret_cast<const Table*>(bytes.data());
  for (const auto& row : std::span(&table->table[0], table->dwNumEntries))
    list.push_back({port_of(row.dwLocalPort), udp, loopback(row), owners.of(row.dwOwningPid)});
}

}  // namespace

void read_listening(WindowsFacts& facts) {
  const auto tcp = [](ULONG family) {
    return table([family](void* into, DWORD* size) {
      return ::GetExtendedTcpTable(into, size, FALSE, family, TCP_TABLE_OWNER_PID_LISTENER, 0);
    });
  };
  const auto udp = [](ULONG family) {
    return table([family](void* into, DWORD* size) {
      return ::GetExtendedUdpTable(into, size, FALSE, family, UDP_TABLE_OWNER_PID, 0);
    });
  };
  const auto tcp4 = tcp(AF_INET);
  const auto tcp6 = tcp(AF_INET6);
  const auto udp4 = udp(AF_INET);
  const auto udp6 = udp(AF_INET6);
  if (!tcp4 || !tcp6 || !udp4 || !udp6) return;
  const auto by4 = [](const auto& row) { return loopback4(row.dwLocalAddr); };
  const auto by6 = [](const auto& row) { return loopback6(row.ucLocalAddr); };
  Owners owners;
  std::vector<WindowsFacts::Listener> list;
  add_rows<MIB_TCPTABLE_OWNER_PID>(*tcp4, false, by4, owners, list);
  add_rows<MIB_TCP6TABLE_OWNER_PID>(*tcp6, false, by6, owners, list);
  add_rows<MIB_UDPTABLE_OWNER_PID>(*udp4, true, by4, owners, list);
  add_rows<MIB_UDP6TABLE_OWNER_PID>(*udp6, true, by6, owners, list);
  facts.listening = std::move(list);
}

void read_services(WindowsFacts& facts) {
  const ServiceHandle manager(::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
  if (!manager) return;
  std::vector<std::string> running;
  for (const std::string& name : wanted_services()) {
    const ServiceHandle service(
        ::OpenServiceW(manager.get(), wide(name).c_str(), SERVICE_QUERY_STATUS));
    if (!service) {
      if (::GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST) return;
      continue;
    }
    SERVICE_STATUS status{};
    if (::QueryServiceStatus(service.get(), &status) == 0) return;
    if (status.dwCurrentState == SERVICE_RUNNING) running.push_back(name);
  }
  facts.running = std::move(running);
}

void read_winhttp_proxy(WindowsFacts& facts) {
  WINHTTP_PROXY_INFO info{};
  if (::WinHttpGetDefaultProxyConfiguration(&info) == FALSE) return;
  facts.winhttp_proxy.emplace();
  if (info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY)
    facts.winhttp_proxy->push_back(printable(utf8(info.lpszProxy), 200));
  ::GlobalFree(info.lpszProxy);
  ::GlobalFree(info.lpszProxyBypass);
}

}  // namespace sekisho
