// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/live/registry.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "collect/windows/live/text.h"

namespace sekisho {

Key::Key(HKEY root, const std::wstring& path) {
  const LSTATUS status = ::RegOpenKeyExW(root, path.c_str(), 0, KEY_READ | KEY_WOW64_64KEY, &key_);
  if (status == ERROR_SUCCESS) return;
  key_ = nullptr;
  refused_ = status != ERROR_FILE_NOT_FOUND && status != ERROR_PATH_NOT_FOUND;
}

Key::~Key() {
  if (key_ != nullptr) ::RegCloseKey(key_);
}

namespace {

/// The number in up to four bytes, the lowest first.
std::int64_t number_of(const BYTE* bytes, DWORD size) {
  std::int64_t number = 0;
  for (DWORD i = 0; i < size; ++i) number |= static_cast<std::int64_t>(bytes[i]) << (8U * i);
  return number;
}

/// What a value of a type holds; nothing for what no check asks for.
std::optional<RegistryValue> held_in(DWORD type, const std::vector<wchar_t>& buffer, DWORD size) {
  const auto* bytes = reinterpret_cast<const BYTE*>(buffer.data());
  if (type == REG_DWORD && size == sizeof(DWORD)) return number_of(bytes, size);
  // Some tools write a number's bytes.
  if (type == REG_BINARY && size > 0 && size <= sizeof(DWORD)) return number_of(bytes, size);
  if (type == REG_SZ || type == REG_EXPAND_SZ) return printable(utf8(buffer.data()), 1000);
  if (type == REG_MULTI_SZ) {
    std::string all;
    for (const wchar_t* one = buffer.data(); *one != L'\0'; one += std::wcslen(one) + 1)
      all += (all.empty() ? "" : " ") + utf8(one);
    return printable(all, 1000);
  }
  return std::nullopt;
}

}  // namespace

Key::Value Key::value(const std::wstring& name) const {
  constexpr DWORD kMostBytes = 1U << 20U;
  if (!open()) return {std::nullopt, refused_};
  DWORD type = 0;
  DWORD size = 0;
  const LSTATUS asked = ::RegQueryValueExW(key_, name.c_str(), nullptr, &type, nullptr, &size);
  if (asked == ERROR_FILE_NOT_FOUND) return {};
  if (asked != ERROR_SUCCESS || size > kMostBytes) return {std::nullopt, true};
  // Two more, so that texts without their terminators end.
  std::vector<wchar_t> buffer(size / sizeof(wchar_t) + 3, L'\0');
  if (::RegQueryValueExW(key_, name.c_str(), nullptr, &type, reinterpret_cast<BYTE*>(buffer.data()),
                         &size) != ERROR_SUCCESS)
    return {std::nullopt, true};
  auto held = held_in(type, buffer, size);
  const bool unread = !held;
  return {std::move(held), unread};
}

std::optional<std::vector<std::wstring>> Key::keys() const {
  constexpr DWORD kMost = 50'000;
  std::vector<std::wstring> names;
  if (!open()) return refused_ ? std::nullopt : std::optional(names);
  for (DWORD i = 0; i < kMost; ++i) {
    std::array<wchar_t, 256> name{};
    auto size = static_cast<DWORD>(name.size());
    const LSTATUS status =
        ::RegEnumKeyExW(key_, i, name.data(), &size, nullptr, nullptr, nullptr, nullptr);
    if (status == ERROR_NO_MORE_ITEMS) return names;
    if (status != ERROR_SUCCESS) break;
    names.emplace_back(name.data());
  }
  return std::nullopt;
}

std::optional<std::vector<std::wstring>> Key::values() const {
  constexpr DWORD kMost = 20'000;
  std::vector<std::wstring> names;
  if (!open()) return refused_ ? std::nullopt : std::optional(names);
  std::vector<wchar_t> name(16'384);
  for (DWORD i = 0; i < kMost; ++i) {
    auto size = static_cast<DWORD>(name.size());
    const LSTATUS status =
        ::RegEnumValueW(key_, i, name.data(), &size, nullptr, nullptr, nullptr, nullptr);
    if (status == ERROR_NO_MORE_ITEMS) return names;
    if (status != ERROR_SUCCESS) break;
    names.emplace_back(name.data(), size);
  }
  return std::nullopt;
}

std::string text_of(const Key& key, const wchar_t* name, std::size_t most) {
  const auto value = key.value(name).held;
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text == nullptr ? std::string() : printable(*text, most);
}

namespace {

/// A place in the registry, and the name that facts know it by.
struct Place {
  HKEY root;
  std::string path;
  std::string known;
};

void keep(const std::string& known, Key::Value value, WindowsFacts& facts) {
  if (value.unread) facts.unread.insert(known);
  if (!value.held) return;
  // That it is there says enough; what it is is nobody's business.
  if (known.ends_with(R"(\DefaultPassword)")) {
    const auto* text = std::get_if<std::string>(&*value.held);
    if (text == nullptr || !text->empty()) facts.registry[known] = std::int64_t{1};
    return;
  }
  facts.registry[known] = std::move(*value.held);
}

/// The key itself: its default value where that is a number, else that it is there.
void read_key(const Place& place, WindowsFacts& facts) {
  const Key key(place.root, wide(place.path.substr(0, place.path.size() - 1)));
  if (key.refused()) facts.unread.insert(place.known);
  if (!key.open()) return;
  const auto value = key.value(L"").held;
  const auto* number = value ? std::get_if<std::int64_t>(&*value) : nullptr;
  facts.registry[place.known] = number == nullptr ? 1 : *number;
}

void read_place(const Place& place, WindowsFacts& facts);

/// Each key, or value, that stands at the first * of a place.
void read_each(const Place& place, std::size_t star, WindowsFacts& facts) {
  const std::string parent = place.path.substr(0, star);
  const std::string rest = place.path.substr(star + 1);
  const std::string known = place.known.substr(0, place.known.size() - rest.size() - 1);
  const Key key(place.root, wide(parent.substr(0, parent.size() - 1)));
  const auto names = rest.empty() ? key.values() : key.keys();
  if (!names) facts.unread.insert(known);
  constexpr std::size_t kMost = 500;
  for (std::size_t i = 0; names && i < names->size(); ++i) {
    const std::string name = utf8(names->at(i).c_str());
    if (i >= kMost) facts.unread.insert(known);
    if (i >= kMost || name.empty()) break;
    if (rest.empty())
      keep(known + name, key.value(names->at(i)), facts);
    else
      read_place({place.root, parent + name + rest, known + name + rest}, facts);
  }
}

void read_place(const Place& place, WindowsFacts& facts) {
  if (const std::size_t star = place.path.find('*'); star != std::string::npos)
    return read_each(place, star, facts);
  const std::size_t slash = place.path.rfind('\\');
  if (slash + 1 == place.path.size()) return read_key(place, facts);
  const Key key(place.root, wide(place.path.substr(0, slash)));
  keep(place.known, key.value(wide(place.path.substr(slash + 1))), facts);
}

/// Of local accounts and those of a directory or of Entra, not of services.
bool of_person(const std::wstring& sid) {
  return (sid.starts_with(L"S-1-5-21-") || sid.starts_with(L"S-1-12-1-")) &&
         !sid.ends_with(L"_Classes");
}

}  // namespace

std::vector<std::string> signed_in() {
  std::vector<std::string> people;
  const Key all(HKEY_USERS, L"");
  for (const std::wstring& sid : all.keys().value_or(std::vector<std::wstring>()))
    if (of_person(sid) && Key(HKEY_USERS, sid + LR"(\Volatile Environment)").open())
      people.push_back(utf8(sid.c_str()));
  return people;
}

void read_registry(WindowsFacts& facts) {
  const std::vector<std::string> people = signed_in();
  facts.people = static_cast<std::int64_t>(people.size());
  constexpr std::string_view kMachine = R"(HKLM\)";
  constexpr std::string_view kPeople = R"(HKU\*\)";
  for (const std::string& wanted : wanted_registry()) {
    if (wanted.starts_with(kMachine))
      read_place({HKEY_LOCAL_MACHINE, wanted.substr(kMachine.size()), wanted}, facts);
    else
      for (const std::string& person : people) {
        const std::string path = person + "\\" + wanted.substr(kPeople.size());
        read_place({HKEY_USERS, path, R"(HKU\)" + path}, facts);
      }
  }
  // Their registry was opened, though nothing of theirs may be set.
  for (const std::string& person : people) {
    facts.registry.try_emplace(R"(HKU\)" + person + "\\", std::int64_t{1});
    facts.registry.try_emplace(R"(HKU\)" + person + R"(\Volatile Environment\)", std::int64_t{1});
  }
}

std::optional<Time> newest_cumulative_update() {
  const std::wstring packages =
      LR"(SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages)";
  constexpr std::int64_t kInstalled = 112;
  std::optional<Time> newest;
  const Key all(HKEY_LOCAL_MACHINE, packages);
  for (const std::wstring& name : all.keys().value_or(std::vector<std::wstring>())) {
    if (!name.starts_with(L"Package_for_RollupFix~")) continue;
    const Key package(HKEY_LOCAL_MACHINE, packages + L"\\" + name);
    const auto number = [&](const wchar_t* value) -> std::int64_t {
      const auto held = package.value(value).held;
      const auto* found = held ? std::get_if<std::int64_t>(&*held) : nullptr;
      return found == nullptr ? -1 : *found;
    };
    const std::int64_t high = number(L"InstallTimeHigh");
    const std::int64_t low = number(L"InstallTimeLow");
    if (number(L"CurrentState") != kInstalled || high < 0 || low < 0) continue;
    // FILETIME: tenths of microseconds since 1601.
    constexpr std::int64_t kUnixEpoch = 11'644'473'600;
    const std::int64_t seconds = ((high << 32) | low) / 10'000'000 - kUnixEpoch;
    const Time installed{std::chrono::seconds(seconds)};
    if (!newest || installed > *newest) newest = installed;
  }
  return newest;
}

std::optional<std::vector<std::string>> open_firewall_rules() {
  const std::wstring here =
      LR"(SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\)";
  std::vector<std::string> open;
  for (const std::wstring& place :
       {here + L"FirewallRules", here + LR"(Mdm\FirewallRules)",
        std::wstring(LR"(SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules)")}) {
    const Key rules(HKEY_LOCAL_MACHINE, place);
    const auto names = rules.values();
    if (!names) return std::nullopt;
    for (const std::wstring& name : *names) {
      const Key::Value rule = rules.value(name);
      const auto* text = rule.held ? std::get_if<std::string>(&*rule.held) : nullptr;
      if (text == nullptr) return std::nullopt;
      if (auto opened = opens_everything(*text)) open.push_back(std::move(*opened));
    }
  }
  return open;
}

}  // namespace sekisho
