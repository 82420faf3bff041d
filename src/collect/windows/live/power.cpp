// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/live/power.h"

#include <windows.h>
// After windows.h.
#include <powrprof.h>

#include "collect/windows/live/registry.h"

namespace sekisho {
namespace {

// learn.microsoft.com/windows-hardware/customize/power-settings: the names of settings.
constexpr GUID kSleepGroup{
    0x238c9fa8, 0x0aad, 0x41ed, {0x83, 0xf4, 0x97, 0xbe, 0x24, 0x2c, 0x8f, 0x20}};
constexpr GUID kSleepAfter{
    0x29f6c1db, 0x86da, 0x48c5, {0x9f, 0xdb, 0xf2, 0xb6, 0x7b, 0x1f, 0x44, 0xda}};
constexpr GUID kNoGroup{
    0xfea3413e, 0x7e05, 0x4911, {0x9a, 0x71, 0x70, 0x03, 0x31, 0xf1, 0xc2, 0x94}};
constexpr GUID kAskOnWake{
    0x0e796bdb, 0x100d, 0x47d6, {0xa2, 0xd5, 0xf7, 0xd2, 0xda, 0xa5, 0x1f, 0x51}};
constexpr const wchar_t* kPolicies = LR"(SOFTWARE\Policies\Microsoft\Power\PowerSettings\)";

struct Setting {
  const GUID& group;
  const GUID& name;
  const wchar_t* text;
};

/// Plugged in or on battery; a policy goes before the plan.
std::optional<std::int64_t> value_of(const GUID& plan, const Setting& setting, bool battery) {
  const Key policy(HKEY_LOCAL_MACHINE, std::wstring(kPolicies) + setting.text);
  if (policy.refused()) return std::nullopt;
  const auto decided = policy.value(battery ? L"DCSettingIndex" : L"ACSettingIndex");
  if (decided.unread) return std::nullopt;
  if (decided.held)
    if (const auto* number = std::get_if<std::int64_t>(&*decided.held)) return *number;
  DWORD value = 0;
  const DWORD status =
      battery ? ::PowerReadDCValueIndex(nullptr, &plan, &setting.group, &setting.name, &value)
              : ::PowerReadACValueIndex(nullptr, &plan, &setting.group, &setting.name, &value);
  if (status != ERROR_SUCCESS) return std::nullopt;
  return value;
}

}  // namespace

void read_sleep(WindowsFacts& facts) {
  GUID* raw = nullptr;
  if (::PowerGetActiveScheme(nullptr, &raw) != ERROR_SUCCESS || raw == nullptr) return;
  const GUID plan = *raw;
  ::LocalFree(raw);
  // With modern standby each person decides when to be asked again. Windows calls the third of
  // these bytes AoAc; mingw's headers don't name it.
  SYSTEM_POWER_CAPABILITIES can{};
  if (::CallNtPowerInformation(SystemPowerCapabilities, nullptr, 0, &can, sizeof can) != 0 ||
      can.spare2[2] != FALSE)
    return;
  if (can.SystemS1 == FALSE && can.SystemS2 == FALSE && can.SystemS3 == FALSE) {
    facts.sleep = WindowsFacts::Sleep{};  // it never does
    return;
  }
  const Setting after{kSleepGroup, kSleepAfter, L"29f6c1db-86da-48c5-9fdb-f2b67b1f44da"};
  const Setting ask{kNoGroup, kAskOnWake, L"0e796bdb-100d-47d6-a2d5-f7d2daa51f51"};
  const auto plugged_in = value_of(plan, after, false);
  const auto on_battery = value_of(plan, after, true);
  const auto asks_plugged_in = value_of(plan, ask, false);
  const auto asks_on_battery = value_of(plan, ask, true);
  if (!plugged_in || !on_battery || !asks_plugged_in || !asks_on_battery) return;
  facts.sleep = {*plugged_in, *on_battery, *asks_plugged_in == 1 && *asks_on_battery == 1};
}

}  // namespace sekisho
