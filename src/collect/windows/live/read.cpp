// Reads this machine through Windows' own interfaces (Microsoft's reference of the Windows API).
#include <windows.h>
#include <winsock2.h>
// These need windows.h before them.
#include <iphlpapi.h>
#include <lm.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <span>

#include "collect/windows/live/com.h"
#include "collect/windows/live/text.h"
#include "collect/windows/live/wifi.h"
#include "collect/windows/windows.h"

namespace sekisho {
namespace {

using Thread = std::unique_ptr<void, decltype([](HANDLE thread) { ::CloseHandle(thread); })>;

/// What the parts that ask other processes may take; what is not there by then is absent.
constexpr std::chrono::seconds kBound{20};
/// A search takes Windows Update some seconds of work, and its answer changes about once a day.
constexpr std::chrono::hours kSearchEvery{6};
constexpr std::chrono::minutes kSearchBound{3};

/// The answer of `ask`, which may hang; its thread is left behind then. By Windows' own threads:
/// detaching one of mingw's as it ends can hang.
template <typename T>
T bounded(T (*ask)(), std::chrono::milliseconds bound) {
  struct Question {
    T (*ask)();
    T answer;
  };
  const auto question = std::make_shared<Question>(Question{ask, T()});
  auto theirs = std::make_unique<std::shared_ptr<Question>>(question);
  const auto answer_it = [](void* given) -> DWORD {
    const std::unique_ptr<std::shared_ptr<Question>> one(
        static_cast<std::shared_ptr<Question>*>(given));
    (*one)->answer = (*one)->ask();
    return 0;
  };
  const Thread thread(::CreateThread(nullptr, 0, answer_it, theirs.get(), 0, nullptr));
  if (!thread) return T();
  (void)theirs.release();  // the thread's now
  if (::WaitForSingleObject(thread.get(), static_cast<DWORD>(bound.count())) != WAIT_OBJECT_0)
    return T();
  return std::move(question->answer);
}

// The registry.

class Key {
 public:
  Key(HKEY root, const std::wstring& path) {
    if (::RegOpenKeyExW(root, path.c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &key_) != ERROR_SUCCESS)
      key_ = nullptr;
  }
  ~Key() {
    if (key_ != nullptr) ::RegCloseKey(key_);
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  bool open() const { return key_ != nullptr; }

  std::optional<RegistryValue> value(const std::wstring& name) const {
    constexpr DWORD kMostBytes = 65'536;
    DWORD type = 0;
    DWORD size = 0;
    if (!open() ||
        ::RegQueryValueExW(key_, name.c_str(), nullptr, &type, nullptr, &size) != ERROR_SUCCESS ||
        size > kMostBytes)
      return std::nullopt;
    // One more, so that a text without its terminator ends.
    std::vector<wchar_t> buffer(size / sizeof(wchar_t) + 2, L'\0');
    if (::RegQueryValueExW(key_, name.c_str(), nullptr, &type,
                           reinterpret_cast<BYTE*>(buffer.data()), &size) != ERROR_SUCCESS)
      return std::nullopt;
    if (type == REG_DWORD && size == sizeof(DWORD)) {
      DWORD number = 0;
      std::copy_n(reinterpret_cast<const char*>(buffer.data()), sizeof(number),
                  reinterpret_cast<char*>(&number));
      return RegistryValue(static_cast<std::int64_t>(number));
    }
    if (type == REG_SZ || type == REG_EXPAND_SZ)
      return RegistryValue(printable(utf8(buffer.data()), 1000));
    return std::nullopt;
  }

  std::vector<std::wstring> keys() const {
    std::vector<std::wstring> names;
    for (DWORD i = 0; open() && i < 1000; ++i) {
      std::array<wchar_t, 256> name{};
      auto size = static_cast<DWORD>(name.size());
      if (::RegEnumKeyExW(key_, i, name.data(), &size, nullptr, nullptr, nullptr, nullptr) !=
          ERROR_SUCCESS)
        break;
      names.emplace_back(name.data());
    }
    return names;
  }

 private:
  HKEY key_ = nullptr;
};

/// Puts a wanted value at `path` (below `root`) into `facts` under the name `known`.
void read_value(HKEY root, const std::string& path, const std::string& known, WindowsFacts& facts) {
  const std::size_t slash = path.rfind('\\');
  const Key key(root, wide(path.substr(0, slash)));
  const std::string name = path.substr(slash + 1);
  if (name.empty()) {
    if (key.open()) facts.registry[known] = std::int64_t{1};
  } else if (auto value = key.value(wide(name))) {
    facts.registry[known] = std::move(*value);
  }
}

/// Of local accounts and those of a directory or of Entra, not of services.
bool of_person(const std::wstring& sid) {
  return (sid.starts_with(L"S-1-5-21-") || sid.starts_with(L"S-1-12-1-")) &&
         !sid.ends_with(L"_Classes");
}

/// The people whose part of the registry is loaded.
std::vector<std::string> signed_in() {
  std::vector<std::string> people;
  for (const std::wstring& sid : Key(HKEY_USERS, L"").keys())
    if (of_person(sid)) people.push_back(utf8(sid.c_str()));
  return people;
}

void read_registry(WindowsFacts& facts) {
  const std::vector<std::string> people = signed_in();
  facts.people = static_cast<std::int64_t>(people.size());
  constexpr std::string_view kMachine = R"(HKLM\)";
  constexpr std::string_view kPeople = R"(HKU\*\)";
  for (const std::string& wanted : wanted_registry()) {
    if (wanted.starts_with(kMachine))
      read_value(HKEY_LOCAL_MACHINE, wanted.substr(kMachine.size()), wanted, facts);
    else
      for (const std::string& person : people) {
        const std::string path = person + "\\" + wanted.substr(kPeople.size());
        read_value(HKEY_USERS, path, R"(HKU\)" + path, facts);
      }
  }
  // Each person is known, though nothing of theirs may be set.
  for (const std::string& person : people)
    facts.registry.try_emplace(R"(HKU\)" + person + "\\", std::int64_t{1});
}

// Programs.

/// A text of `key`; empty where there is none.
std::string text_of(const Key& key, const wchar_t* name, std::size_t most) {
  const auto value = key.value(name);
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string() : printable(*text, most);
}

/// What is listed below `root`\`path` (Microsoft's "Uninstall Registry Key"), without parts of
/// Windows and updates of other entries, which people aren't shown either.
void add_programs(HKEY root, const std::wstring& path,
                  std::map<std::string, std::set<std::string>>& programs) {
  for (const std::wstring& name : Key(root, path).keys()) {
    const std::wstring below = path + L"\\" + name;
    const Key key(root, below);
    const auto part = key.value(L"SystemComponent");
    const auto* hidden = part ? std::get_if<std::int64_t>(&*part) : nullptr;
    if ((hidden != nullptr && *hidden == 1) || key.value(L"ParentKeyName")) continue;
    if (const std::string shown = text_of(key, L"DisplayName", 200); !shown.empty())
      programs[shown].insert(text_of(key, L"DisplayVersion", 100));
  }
}

// Accounts.

/// Memory that the network management functions gave.
using NetBuffer = std::unique_ptr<BYTE, decltype([](BYTE* p) { ::NetApiBufferFree(p); })>;

/// The local accounts, whose names are in `holder`.
std::optional<std::vector<USER_INFO_1>> accounts(NetBuffer& holder) {
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  const NET_API_STATUS status = ::NetUserEnum(nullptr, 1, FILTER_NORMAL_ACCOUNT, &raw,
                                              MAX_PREFERRED_LENGTH, &count, &total, nullptr);
  holder.reset(raw);
  if (status != NERR_Success || raw == nullptr) return std::nullopt;
  const auto* list = reinterpret_cast<const USER_INFO_1*>(raw);
  return std::vector<USER_INFO_1>(list, list + count);
}

std::wstring administrators_group() {
  std::array<BYTE, SECURITY_MAX_SID_SIZE> sid{};
  DWORD size = sid.size();
  std::array<wchar_t, 256> name{};
  std::array<wchar_t, 256> domain{};
  DWORD name_size = name.size();
  DWORD domain_size = domain.size();
  SID_NAME_USE use{};
  if (::CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid.data(), &size) == 0 ||
      ::LookupAccountSidW(nullptr, sid.data(), name.data(), &name_size, domain.data(), &domain_size,
                          &use) == 0)
    return {};
  return name.data();
}

void read_accounts(WindowsFacts& facts) {
  NetBuffer holder;
  std::set<std::string> off;
  if (const auto list = accounts(holder)) {
    facts.without_password.emplace();
    for (const USER_INFO_1& account : *list) {
      const std::string name = printable(utf8(account.usri1_name), 200);
      if ((account.usri1_flags & UF_ACCOUNTDISABLE) != 0)
        off.insert(lower(name));
      else if ((account.usri1_flags & UF_PASSWD_NOTREQD) != 0)
        facts.without_password->push_back(name);
    }
  }
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  if (::NetLocalGroupGetMembers(nullptr, administrators_group().c_str(), 3, &raw,
                                MAX_PREFERRED_LENGTH, &count, &total, nullptr) == NERR_Success) {
    const NetBuffer members(raw);
    facts.administrators.emplace();
    const auto* list = reinterpret_cast<const LOCALGROUP_MEMBERS_INFO_3*>(raw);
    for (const auto& member : std::span(list, count)) {
      const std::string name = printable(utf8(member.lgrmi3_domainandname), 200);
      // Of this machine itself: COMPUTER\NAME.
      const std::string local = facts.computer + "\\";
      if (!(lower(name).starts_with(lower(local)) &&
            off.contains(lower(name.substr(local.size())))))
        facts.administrators->push_back(name);
    }
  }
  if (::NetUserModalsGet(nullptr, 0, &raw) == NERR_Success) {
    const NetBuffer modals(raw);
    facts.shortest_password =
        reinterpret_cast<const USER_MODALS_INFO_0*>(raw)->usrmod0_min_passwd_len;
  }
  if (::NetUserModalsGet(nullptr, 3, &raw) == NERR_Success) {
    const NetBuffer modals(raw);
    facts.tries = reinterpret_cast<const USER_MODALS_INFO_3*>(raw)->usrmod3_lockout_threshold;
  }
}

void read_shares(WindowsFacts& facts) {
  BYTE* raw = nullptr;
  DWORD count = 0;
  DWORD total = 0;
  if (::NetShareEnum(nullptr, 1, &raw, MAX_PREFERRED_LENGTH, &count, &total, nullptr) !=
      NERR_Success)
    return;
  const NetBuffer shares(raw);
  facts.shares.emplace();
  for (const auto& share : std::span(reinterpret_cast<const SHARE_INFO_1*>(raw), count))
    if (share.shi1_type == STYPE_DISKTREE)
      facts.shares->push_back(printable(utf8(share.shi1_netname), 200));
}

// The network.

/// A table of iphlpapi, as bytes; empty where it can't be had.
template <typename Ask>
std::vector<std::uint64_t> table(Ask ask) {
  DWORD bytes = 0;
  std::vector<std::uint64_t> buffer;
  for (int tries = 0; tries < 8; ++tries) {
    const DWORD status = ask(buffer.empty() ? nullptr : buffer.data(), &bytes);
    if (status == NO_ERROR && !buffer.empty()) return buffer;
    if (status != ERROR_INSUFFICIENT_BUFFER && status != NO_ERROR) return {};
    buffer.assign(bytes / sizeof(std::uint64_t) + 512, 0);
    bytes = static_cast<DWORD>(buffer.size() * sizeof(std::uint64_t));
  }
  return {};
}

std::uint16_t port_of(DWORD network_order) {
  return ::ntohs(static_cast<std::uint16_t>(network_order));
}
bool loopback4(DWORD address) { return (::ntohl(address) >> 24U) == 127; }
bool loopback6(const UCHAR* address) {
  static constexpr std::array<UCHAR, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::equal(kLoopback.begin(), kLoopback.end(), address);
}

template <typename Table, typename Loopback>
void add_rows(const std::vector<std::uint64_t>& bytes, bool udp, Loopback loopback,
              std::vector<WindowsFacts::Listener>& list) {
  if (bytes.empty()) return;
  const auto* table = reinterpret_cast<const Table*>(bytes.data());
  for (const auto& row : std::span(&table->table[0], table->dwNumEntries))
    list.push_back({port_of(row.dwLocalPort), udp, loopback(row)});
}

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
  const auto first = tcp(AF_INET);
  if (first.empty()) return;
  std::vector<WindowsFacts::Listener> list;
  add_rows<MIB_TCPTABLE_OWNER_PID>(
      first, false, [](const auto& row) { return loopback4(row.dwLocalAddr); }, list);
  add_rows<MIB_TCP6TABLE_OWNER_PID>(
      tcp(AF_INET6), false, [](const auto& row) { return loopback6(row.ucLocalAddr); }, list);
  add_rows<MIB_UDPTABLE_OWNER_PID>(
      udp(AF_INET), true, [](const auto& row) { return loopback4(row.dwLocalAddr); }, list);
  add_rows<MIB_UDP6TABLE_OWNER_PID>(
      udp(AF_INET6), true, [](const auto& row) { return loopback6(row.ucLocalAddr); }, list);
  facts.listening = std::move(list);
}

// Services.

using Service_ =
    std::unique_ptr<SC_HANDLE__, decltype([](SC_HANDLE h) { ::CloseServiceHandle(h); })>;

void read_services(WindowsFacts& facts) {
  const Service_ manager(::OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
  if (!manager) return;
  facts.running.emplace();
  for (const std::string& name : wanted_services()) {
    const Service_ service(::OpenServiceW(manager.get(), wide(name).c_str(), SERVICE_QUERY_STATUS));
    SERVICE_STATUS status{};
    if (service && ::QueryServiceStatus(service.get(), &status) != 0 &&
        status.dwCurrentState == SERVICE_RUNNING)
      facts.running->push_back(name);
  }
}

std::string computer_name() {
  std::array<wchar_t, 256> name{};
  auto size = static_cast<DWORD>(name.size());
  if (::GetComputerNameExW(ComputerNameDnsHostname, name.data(), &size) == 0) return "windows";
  return printable(utf8(name.data()), 100);
}

/// What Windows Update said last, asked again from time to time.
std::optional<std::vector<std::string>> missing_updates() {
  static std::optional<std::vector<std::string>> last;
  static std::optional<std::chrono::steady_clock::time_point> asked;
  const auto moment = std::chrono::steady_clock::now();
  if (!asked || moment - *asked > kSearchEvery) {
    asked = moment;
    last = bounded(missing_security_updates, kSearchBound);
  }
  return last;
}

}  // namespace

WindowsFacts windows_identity() {
  WindowsFacts facts;
  facts.computer = computer_name();
  read_registry(facts);
  return facts;
}

WindowsFacts windows_facts() {
  WindowsFacts facts = windows_identity();
  read_accounts(facts);
  read_shares(facts);
  read_listening(facts);
  read_services(facts);
  start_com();
  facts.antivirus = bounded(antivirus_products, kBound);
  facts.system_drive = bounded(system_drive_protection, kBound);
  facts.firewall = bounded(firewall_profiles, kBound);
  if (auto wifi = bounded(wifi_networks, kBound)) {
    facts.wifi_device = wifi->device;
    facts.wifi = std::move(wifi->networks);
  }
  facts.missing_updates = missing_updates();
  facts.programs = windows_programs();
  return facts;
}

std::optional<std::vector<WindowsFacts::Program>> windows_programs() {
  const std::wstring list = LR"(Microsoft\Windows\CurrentVersion\Uninstall)";
  if (!Key(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\)" + list).open()) return std::nullopt;
  std::map<std::string, std::set<std::string>> found;
  // Those of 32 bits have a list of their own.
  add_programs(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\)" + list, found);
  add_programs(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\WOW6432Node\)" + list, found);
  for (const std::string& person : signed_in())
    add_programs(HKEY_USERS, wide(person) + LR"(\Software\)" + list, found);
  std::vector<WindowsFacts::Program> programs;
  for (const auto& [name, versions] : found)
    for (const std::string& version : versions) programs.push_back({name, version});
  return programs;
}

std::string windows_machine() {
  const auto value =
      Key(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\Microsoft\Cryptography)").value(L"MachineGuid");
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string() : *text;
}

}  // namespace sekisho
