// SPDX-License-Identifier: Apache-2.0
// Reads this machine through Windows' own interfaces (Microsoft's reference of the Windows API).
#include <windows.h>

#include <chrono>
#include <map>
#include <memory>
#include <set>

#include "collect/windows/live/accounts.h"
#include "collect/windows/live/com.h"
#include "collect/windows/live/network.h"
#include "collect/windows/live/power.h"
#include "collect/windows/live/registry.h"
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

// Programs.

/// What is listed below `root`\`path` (Microsoft's "Uninstall Registry Key"), without parts of
/// Windows and updates of other entries, which people aren't shown either; false where it may not
/// be read.
bool add_programs(HKEY root, const std::wstring& path,
                  std::map<std::string, std::set<std::string>>& programs) {
  const auto names = Key(root, path).keys();
  if (!names) return false;
  for (const std::wstring& name : *names) {
    const std::wstring below = path + L"\\" + name;
    const Key key(root, below);
    const auto part = key.value(L"SystemComponent").held;
    const auto* hidden = part ? std::get_if<std::int64_t>(&*part) : nullptr;
    if ((hidden != nullptr && *hidden == 1) || key.value(L"ParentKeyName").held) continue;
    if (const std::string shown = text_of(key, L"DisplayName", 200); !shown.empty())
      programs[shown].insert(text_of(key, L"DisplayVersion", 100));
  }
  return true;
}

std::string computer_name() {
  std::array<wchar_t, 256> name{};
  auto size = static_cast<DWORD>(name.size());
  if (::GetComputerNameExW(ComputerNameDnsHostname, name.data(), &size) == 0) return "windows";
  return printable(utf8(name.data()), 100);
}

/// What Windows Update said last, asked again from time to time.
const UpdatesSeen& updates() {
  static UpdatesSeen last;
  static std::optional<std::chrono::steady_clock::time_point> asked;
  const auto moment = std::chrono::steady_clock::now();
  if (!asked || moment - *asked > kSearchEvery) {
    asked = moment;
    last = bounded(security_updates, kSearchBound);
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
  read_audit_policy(facts);
  read_listening(facts);
  read_services(facts);
  read_winhttp_proxy(facts);
  read_sleep(facts);
  start_com();
  facts.antivirus = bounded(antivirus_products, kBound);
  facts.firewall_products = bounded(firewall_products, kBound);
  facts.defender = bounded(defender, kBound);
  DrivesSeen seen = bounded(drives, kBound);
  facts.system_drive = seen.system;
  facts.drives = std::move(seen.others);
  facts.firewall = bounded(firewall_profiles, kBound);
  facts.open_rules = open_firewall_rules();
  if (auto wifi = bounded(wifi_networks, kBound)) {
    facts.wifi_device = wifi->device;
    facts.wifi_connected = wifi->connected;
    facts.wifi = std::move(wifi->networks);
  }
  facts.missing_updates = updates().missing;
  facts.hidden_updates = updates().hidden;
  facts.searched_at = updates().searched_at;
  facts.patched_at = newest_cumulative_update();
  facts.programs = windows_programs();
  return facts;
}

std::optional<std::vector<WindowsFacts::Program>> windows_programs() {
  const std::wstring list = LR"(Microsoft\Windows\CurrentVersion\Uninstall)";
  if (!Key(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\)" + list).open()) return std::nullopt;
  std::map<std::string, std::set<std::string>> found;
  // Those of 32 bits have a list of their own.
  bool whole = add_programs(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\)" + list, found) &&
               add_programs(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\WOW6432Node\)" + list, found);
  for (const std::string& person : signed_in())
    whole = add_programs(HKEY_USERS, wide(person) + LR"(\Software\)" + list, found) && whole;
  if (!whole) return std::nullopt;
  std::vector<WindowsFacts::Program> programs;
  for (const auto& [name, versions] : found)
    for (const std::string& version : versions) programs.push_back({name, version});
  return programs;
}

bool windows_administrator() {
  HANDLE raw = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &raw) == 0) return false;
  const std::unique_ptr<void, decltype([](HANDLE h) { ::CloseHandle(h); })> token(raw);
  TOKEN_ELEVATION elevation{};
  DWORD size = sizeof(elevation);
  return ::GetTokenInformation(token.get(), TokenElevation, &elevation, size, &size) != 0 &&
         elevation.TokenIsElevated != 0;
}

std::string windows_machine() {
  const auto value =
      Key(HKEY_LOCAL_MACHINE, LR"(SOFTWARE\Microsoft\Cryptography)").value(L"MachineGuid").held;
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string() : *text;
}

}  // namespace sekisho
