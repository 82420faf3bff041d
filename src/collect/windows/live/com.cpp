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

std::optional<std::vector<WindowsFacts::Antivirus>> antivirus_products() {
  const auto locator = made<IWbemLocator>(CLSID_WbemLocator);
  if (!locator) return std::nullopt;
  const Bstr place(LR"(ROOT\SecurityCenter2)");
  const auto services = held<IWbemServices>([&](IWbemServices** into) {
    return locator->ConnectServer(place.get(), nullptr, nullptr, nullptr,
                                  WBEM_FLAG_CONNECT_USE_MAX_WAIT, nullptr, nullptr, into);
  });
  if (!services) return std::nullopt;
  (void)::CoSetProxyBlanket(services.get(), RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, nullptr,
                            RPC_C_AUTHN_LEVEL_CALL, RPC_C_IMP_LEVEL_IMPERSONATE, nullptr,
                            EOAC_NONE);
  const Bstr language(L"WQL");
  const Bstr query(L"SELECT displayName, productState FROM AntiVirusProduct");
  const auto rows = held<IEnumWbemClassObject>([&](IEnumWbemClassObject** into) {
    return services->ExecQuery(language.get(), query.get(),
                               WBEM_FLAG_FORWARD_ONLY | WBEM_FLAG_RETURN_IMMEDIATELY, nullptr,
                               into);
  });
  if (!rows) return std::nullopt;
  std::vector<WindowsFacts::Antivirus> products;
  for (int i = 0; i < 50; ++i) {
    ULONG count = 0;
    IWbemClassObject* raw = nullptr;
    const HRESULT got = rows->Next(10'000, 1, &raw, &count);
    const Held<IWbemClassObject> row(raw);
    if (got == WBEM_S_FALSE && count == 0) return products;
    if (FAILED(got) || !row) return std::nullopt;
    Variant name;
    Variant state;
    if (FAILED(row->Get(L"displayName", 0, &name.value, nullptr, nullptr)) ||
        FAILED(row->Get(L"productState", 0, &state.value, nullptr, nullptr)) ||
        name.value.vt != VT_BSTR || state.value.vt != VT_I4)
      return std::nullopt;
    products.push_back(antivirus_product(printable(utf8(name.value.bstrVal), 200),
                                         static_cast<std::uint32_t>(state.value.lVal)));
  }
  return products;
}

std::optional<WindowsFacts::DriveProtection> system_drive_protection() {
  std::array<wchar_t, MAX_PATH> folder{};
  if (::GetWindowsDirectoryW(folder.data(), folder.size()) < 3) return std::nullopt;
  const std::wstring drive(folder.data(), 3);
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

std::optional<std::vector<std::string>> missing_security_updates() {
  const auto session = made<IUpdateSession>(__uuidof(UpdateSession));
  if (!session) return std::nullopt;
  const auto searcher = held<IUpdateSearcher>(
      [&](IUpdateSearcher** into) { return session->CreateUpdateSearcher(into); });
  // What Windows itself found last: nothing is asked over the network.
  if (!searcher || FAILED(searcher->put_Online(VARIANT_FALSE))) return std::nullopt;
  const Bstr wanted(
      L"IsInstalled=0 AND IsHidden=0 AND "
      L"CategoryIDs contains '0fa1201d-4330-4fa8-8ae9-b877473b6441'");  // security updates
  const auto result = held<ISearchResult>(
      [&](ISearchResult** into) { return searcher->Search(wanted.get(), into); });
  if (!result) return std::nullopt;
  const auto updates =
      held<IUpdateCollection>([&](IUpdateCollection** into) { return result->get_Updates(into); });
  LONG count = 0;
  if (!updates || FAILED(updates->get_Count(&count))) return std::nullopt;
  std::vector<std::string> titles;
  for (LONG i = 0; i < count && i < 200; ++i) {
    const auto update = held<IUpdate>([&](IUpdate** into) { return updates->get_Item(i, into); });
    BSTR title = nullptr;
    if (!update || FAILED(update->get_Title(&title))) return std::nullopt;
    titles.push_back(printable(utf8(title), 200));
    ::SysFreeString(title);
  }
  return titles;
}

}  // namespace sekisho
