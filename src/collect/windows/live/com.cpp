// SPDX-License-Identifier: Apache-2.0
#include "collect/windows/live/com.h"

#include <windows.h>
#include <winsock2.h>
// These need windows.h before them.
#include <netfw.h>
#include <oleauto.h>
#include <propsys.h>
#include <shlobj.h>
#include <wbemidl.h>
#include <wuapi.h>

#include <array>
#include <chrono>
#include <cwchar>
#include <memory>
#include <utility>

#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

struct Release {
  void operator()(IUnknown* object) const { object->Release(); }
};
template <typename T>
using Held = std::unique_ptr<T, Release>;

/// The object that a function gives through its last argument.
template <typename T, typename Ask>
Held<T> held(Ask ask) {
  T* raw = nullptr;
  return Held<T>(SUCCEEDED(ask(&raw)) ? raw : nullptr);
}

class Bstr {
 public:
  explicit Bstr(const wchar_t* text) : text_(::SysAllocString(text)) {}
  ~Bstr() { ::SysFreeString(text_); }
  Bstr(const Bstr&) = delete;
  Bstr& operator=(const Bstr&) = delete;
  BSTR get() const { return text_; }

 private:
  BSTR text_;
};

class Variant {
 public:
  Variant() { ::VariantInit(&value); }
  ~Variant() { ::VariantClear(&value); }
  Variant(const Variant&) = delete;
  Variant& operator=(const Variant&) = delete;
  VARIANT value{};
};

template <typename T>
Held<T> made(const CLSID& kind) {
  return held<T>([&](T** into) {
    return ::CoCreateInstance(kind, nullptr, CLSCTX_INPROC_SERVER | CLSCTX_LOCAL_SERVER,
                              __uuidof(T), reinterpret_cast<void**>(into));
  });
}

}  // namespace

void start_com() {
  static const HRESULT started = ::CoInitializeEx(nullptr, COINIT_MULTITHREADED);
  (void)started;
}

namespace {

/// The rows of a question to WMI, each given to `take`, which says whether it could use it; false
/// where they could not be had.
template <typename Take>
bool each_row(const wchar_t* place, const wchar_t* question, Take take) {
  const auto locator = made<IWbemLocator>(CLSID_WbemLocator);
  if (!locator) return false;
  const Bstr path(place);
  const auto services = held<IWbemServices>([&](IWbemServices** into) {
    return locator->ConnectServer(path.get(), nullptr, nullptr, nullptr,
                                  WBEM_FLAG_CONNECT_USE_MAX_WAIT, nullptr, nullptr, into);
  });
  if (!services) return false;
  (void)::CoSetProxyBlanket(services.get(), RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, nullptr,
                            RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, nullptr,
                            EOAC_NONE);
  const Bstr language(L"WQL");
  const Bstr query(question);
  const auto rows = held<IEnumWbemClassObject>([&](IEnumWbemClassObject** into) {
    return services->ExecQuery(language.get(), query.get(),
                               WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, nullptr,
                               into);
  });
  if (!rows) return false;
  for (int i = 0; i < 50; ++i) {
    ULONG count = 0;
    IWbemClassObject* raw = nullptr;
    const HRESULT got = rows->Next(10'000, 1, &raw, &count);
    const Held<IWbemClassObject> row(raw);
    if (got == WBEM_S_FALSE && count == 0) return true;
    if (FAILED(got) || !row || !take(*row)) return false;
  }
  return false;  // more than anybody has
}

/// A column of the wanted kind.
bool column(IWbemClassObject& row, const wchar_t* name, VARTYPE kind, Variant& into) {
  return SUCCEEDED(row.Get(name, 0, &into.value, nullptr, nullptr)) && into.value.vt == kind;
}

std::optional<std::vector<WindowsFacts::Antivirus>> products(const wchar_t* question) {
  std::vector<WindowsFacts::Antivirus> list;
  const bool whole = each_row(LR"(ROOT\SecurityCenter2)", question, [&](IWbemClassObject& row) {
    Variant name;
    Variant state;
    if (!column(row, L"displayName", VT_BSTR, name) || !column(row, L"productState", VT_I4, state))
      return false;
    list.push_back(antivirus_product(printable(utf8(name.value.bstrVal), 200),
                                     static_cast<std::uint32_t>(state.value.lVal)));
    return true;
  });
  return whole ? std::optional(std::move(list)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<WindowsFacts::Antivirus>> antivirus_products() {
  return products(L"SELECT displayName, productState FROM AntiVirusProduct");
}

std::optional<std::vector<WindowsFacts::Antivirus>> firewall_products() {
  return products(L"SELECT displayName, productState FROM FirewallProduct");
}

std::optional<WindowsFacts::Antivirus> defender() {
  // learn.microsoft.com/previous-versions/windows/desktop/defender/msft-mpcomputerstatus: the age
  // is in days.
  constexpr LONG kOldest = 7;
  std::optional<WindowsFacts::Antivirus> found;
  const bool whole = each_row(
      LR"(ROOT\Microsoft\Windows\Defender)",
      L"SELECT AntivirusEnabled, RealTimeProtectionEnabled, AntivirusSignatureAge FROM "
      L"MSFT_MpComputerStatus",
      [&](IWbemClassObject& row) {
        Variant enabled;
        Variant watching;
        Variant age;
        if (!column(row, L"AntivirusEnabled", VT_BOOL, enabled) ||
            !column(row, L"RealTimeProtectionEnabled", VT_BOOL, watching) ||
            !column(row, L"AntivirusSignatureAge", VT_I4, age))
          return false;
        found = {"Microsoft Defender Antivirus",
                 enabled.value.boolVal != VARIANT_FALSE && watching.value.boolVal != VARIANT_FALSE,
                 age.value.lVal >= 0 && age.value.lVal <= kOldest};
        return true;
      });
  return whole ? found : std::nullopt;
}

namespace {

/// As the Shell tells of a drive ("C:\").
std::optional<WindowsFacts::DriveProtection> protection_of(const std::wstring& drive) {
  const auto item = held<IShellItem2>([&](IShellItem2** into) {
    return ::SHCreateItemFromParsingName(drive.c_str(), nullptr, __uuidof(IShellItem2),
                                         reinterpret_cast<void**>(into));
  });
  PROPERTYKEY key{};
  INT state = 0;
  if (!item || FAILED(::PSGetPropertyKeyFromName(L"System.Volume.BitLockerProtection", &key)) ||
      FAILED(item->GetInt32(key, &state)))
    return std::nullopt;
  using Drive = WindowsFacts::DriveProtection;
  switch (state) {
    case 1: return Drive::on;
    case 3:
    case 4: return Drive::changing;
    case 5:
    case 8: return Drive::suspended;  // 8: encrypted, and waiting for someone to turn it on
    case 6: return Drive::locked;
    case 0:
    case 2: return Drive::off;
    default: return std::nullopt;
  }
}

}  // namespace

DrivesSeen drives() {
  std::array<wchar_t, MAX_PATH> folder{};
  if (::GetWindowsDirectoryW(folder.data(), folder.size()) < 3) return {};
  const std::wstring system(folder.data(), 3);
  DrivesSeen seen{protection_of(system), {}};
  std::array<wchar_t, 256> names{};
  const DWORD size = ::GetLogicalDriveStringsW(static_cast<DWORD>(names.size()), names.data());
  if (size == 0 || size >= names.size()) return seen;
  seen.others.emplace();
  for (const wchar_t* one = names.data(); *one != L'\0'; one += std::wcslen(one) + 1)
    if (const std::wstring drive(one);
        ::lstrcmpiW(one, system.c_str()) != 0 && ::GetDriveTypeW(one) == DRIVE_FIXED)
      seen.others->push_back({utf8(drive.substr(0, 2).c_str()), protection_of(drive)});
  return seen;
}

std::optional<std::vector<WindowsFacts::FirewallProfile>> firewall_profiles() {
  const auto policy = made<INetFwPolicy2>(__uuidof(NetFwPolicy2));
  LONG active = 0;
  if (!policy || FAILED(policy->get_CurrentProfileTypes(&active))) return std::nullopt;
  std::vector<WindowsFacts::FirewallProfile> profiles;
  for (const auto& [kind, name] : {std::pair{NET_FW_PROFILE2_DOMAIN, "domain"},
                                   {NET_FW_PROFILE2_PRIVATE, "private"},
                                   {NET_FW_PROFILE2_PUBLIC, "public"}}) {
    VARIANT_BOOL enabled = VARIANT_FALSE;
    if (FAILED(policy->get_FirewallEnabled(kind, &enabled))) return std::nullopt;
    profiles.push_back({name, enabled != VARIANT_FALSE, (active & kind) != 0});
  }
  return profiles;
}

namespace {

std::optional<std::vector<std::string>> titles(IUpdateSearcher& searcher, const wchar_t* which) {
  const Bstr wanted(which);
  const auto result = held<ISearchResult>(
      [&](ISearchResult** into) { return searcher.Search(wanted.get(), into); });
  if (!result) return std::nullopt;
  const auto updates =
      held<IUpdateCollection>([&](IUpdateCollection** into) { return result->get_Updates(into); });
  LONG count = 0;
  if (!updates || FAILED(updates->get_Count(&count))) return std::nullopt;
  std::vector<std::string> found;
  for (LONG i = 0; i < count && i < 200; ++i) {
    const auto update = held<IUpdate>([&](IUpdate** into) { return updates->get_Item(i, into); });
    BSTR title = nullptr;
    if (!update || FAILED(update->get_Title(&title))) return std::nullopt;
    found.push_back(printable(utf8(title), 200));
    ::SysFreeString(title);
  }
  return found;
}

/// A property by its name: mingw's headers lack the newer interfaces.
bool property(IDispatch& object, std::wstring name, VARTYPE kind, Variant& into) {
  OLECHAR* names = name.data();
  DISPID id = 0;
  DISPPARAMS none{};
  return SUCCEEDED(object.GetIDsOfNames(IID_NULL, &names, 1, LOCALE_USER_DEFAULT, &id)) &&
         SUCCEEDED(object.Invoke(id, IID_NULL, LOCALE_USER_DEFAULT, DISPATCH_PROPERTYGET, &none,
                                 &into.value, nullptr, nullptr)) &&
         into.value.vt == kind;
}

/// IAutomaticUpdatesResults::LastSearchSuccessDate, in UTC; nothing where it never did.
std::optional<Time> last_search() {
  const auto service = made<IAutomaticUpdates>(__uuidof(AutomaticUpdates));
  Variant results;
  Variant date;
  SYSTEMTIME day{};
  FILETIME moment{};
  if (!service || !property(*service, L"Results", VT_DISPATCH, results) ||
      results.value.pdispVal == nullptr ||
      !property(*results.value.pdispVal, L"LastSearchSuccessDate", VT_DATE, date) ||
      ::VariantTimeToSystemTime(date.value.date, &day) == 0 ||
      ::SystemTimeToFileTime(&day, &moment) == 0)
    return std::nullopt;
  // Tenths of microseconds since 1601.
  constexpr std::int64_t kUnixEpoch = 11'644'473'600;
  const std::int64_t ticks =
      (static_cast<std::int64_t>(moment.dwHighDateTime) << 32) | moment.dwLowDateTime;
  return Time{std::chrono::seconds(ticks / 10'000'000 - kUnixEpoch)};
}

}  // namespace

UpdatesSeen security_updates() {
  const auto session = made<IUpdateSession>(__uuidof(UpdateSession));
  if (!session) return {};
  const auto searcher = held<IUpdateSearcher>(
      [&](IUpdateSearcher** into) { return session->CreateUpdateSearcher(into); });
  // What Windows itself found last: nothing is asked over the network.
  if (!searcher || FAILED(searcher->put_Online(VARIANT_FALSE))) return {};
  // The category is that of security updates.
  return {titles(*searcher,
                 L"IsInstalled=0 AND IsHidden=0 AND "
                 L"CategoryIDs contains '0fa1201d-4330-4fa8-8ae9-b877473b6441'"),
          titles(*searcher,
                 L"IsInstalled=0 AND IsHidden=1 AND "
                 L"CategoryIDs contains '0fa1201d-4330-4fa8-8ae9-b877473b6441'"),
          last_search()};
}

}  // namespace sekisho
