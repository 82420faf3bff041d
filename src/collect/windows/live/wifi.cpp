#include "collect/windows/live/wifi.h"

#include <windows.h>
// After windows.h.
#include <wlanapi.h>

#include <memory>
#include <span>

#include "collect/windows/live/text.h"

namespace sekisho {
namespace {

/// Loaded only where it is there: a program linked with it would not start elsewhere.
class Wlan {
 public:
  Wlan() : library_(::LoadLibraryExW(L"wlanapi.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)) {
    DWORD version = 0;
    if (library_ == nullptr) return;
    find(open, "WlanOpenHandle");
    find(close, "WlanCloseHandle");
    find(interfaces, "WlanEnumInterfaces");
    find(query, "WlanQueryInterface");
    find(profiles, "WlanGetProfileList");
    find(profile, "WlanGetProfile");
    find(release, "WlanFreeMemory");
    if (complete_) error_ = open(2, nullptr, &version, &handle);
  }
  ~Wlan() {
    if (handle != nullptr) close(handle, nullptr);
    if (library_ != nullptr) ::FreeLibrary(library_);
  }
  Wlan(const Wlan&) = delete;
  Wlan& operator=(const Wlan&) = delete;
  /// There is no such thing on this edition, or its service is not there.
  bool absent() const {
    return library_ == nullptr || error_ == ERROR_SERVICE_NOT_ACTIVE ||
           error_ == ERROR_SERVICE_DOES_NOT_EXIST;
  }
  bool ready() const { return complete_ && error_ == ERROR_SUCCESS && handle != nullptr; }

  HANDLE handle = nullptr;
  decltype(&::WlanEnumInterfaces) interfaces = nullptr;
  decltype(&::WlanQueryInterface) query = nullptr;
  decltype(&::WlanGetProfileList) profiles = nullptr;
  decltype(&::WlanGetProfile) profile = nullptr;
  decltype(&::WlanFreeMemory) release = nullptr;

 private:
  template <typename F>
  void find(F& into, const char* name) {
    into = reinterpret_cast<F>(reinterpret_cast<void (*)()>(::GetProcAddress(library_, name)));
    complete_ = complete_ && into != nullptr;
  }
  decltype(&::WlanOpenHandle) open = nullptr;
  decltype(&::WlanCloseHandle) close = nullptr;
  HMODULE library_;
  bool complete_ = true;
  DWORD error_ = ERROR_INVALID_HANDLE;
};

void add_profiles(const Wlan& wlan, const GUID& interface, const std::string& connected,
                  std::vector<WindowsFacts::Wifi>& networks) {
  WLAN_PROFILE_INFO_LIST* list = nullptr;
  if (wlan.profiles(wlan.handle, &interface, nullptr, &list) != ERROR_SUCCESS) return;
  for (const auto& info : std::span(&list->ProfileInfo[0], list->dwNumberOfItems)) {
    wchar_t* xml = nullptr;
    DWORD flags = 0;
    DWORD access = 0;
    if (wlan.profile(wlan.handle, &interface, &info.strProfileName[0], nullptr, &xml, &flags,
                     &access) != ERROR_SUCCESS)
      continue;
    const std::string name = printable(utf8(&info.strProfileName[0]), 200);
    networks.push_back({name, wifi_authentication(utf8(xml)), name == connected});
    wlan.release(xml);
  }
  wlan.release(list);
}

std::string connected_profile(const Wlan& wlan, const GUID& interface) {
  DWORD size = 0;
  void* data = nullptr;
  if (wlan.query(wlan.handle, &interface, wlan_intf_opcode_current_connection, nullptr, &size,
                 &data, nullptr) != ERROR_SUCCESS)
    return {};
  const auto* connection = static_cast<const WLAN_CONNECTION_ATTRIBUTES*>(data);
  std::string name = printable(utf8(&connection->strProfileName[0]), 200);
  wlan.release(data);
  return name;
}

}  // namespace

std::optional<WifiSeen> wifi_networks() {
  const Wlan wlan;
  if (wlan.absent()) return WifiSeen();
  if (!wlan.ready()) return std::nullopt;
  WLAN_INTERFACE_INFO_LIST* list = nullptr;
  if (wlan.interfaces(wlan.handle, nullptr, &list) != ERROR_SUCCESS) return std::nullopt;
  WifiSeen seen;
  for (const auto& one : std::span(&list->InterfaceInfo[0], list->dwNumberOfItems)) {
    seen.device = true;
    add_profiles(wlan, one.InterfaceGuid, connected_profile(wlan, one.InterfaceGuid),
                 seen.networks);
  }
  wlan.release(list);
  return seen;
}

}  // namespace sekisho
