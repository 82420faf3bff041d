// SPDX-License-Identifier: Apache-2.0
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

struct Connection {
  std::string profile;
  std::string authentication;
};

/// Nothing where there is none, or it isn't told to which: since Windows 11 24H2 that takes the
/// location to be on.
std::optional<Connection> connection_of(const Wlan& wlan, const GUID& interface) {
  DWORD size = 0;
  void* data = nullptr;
  if (wlan.query(wlan.handle, &interface, wlan_intf_opcode_current_connection, nullptr, &size,
                 &data, nullptr) != ERROR_SUCCESS)
    return std::nullopt;
  const auto* found = static_cast<const WLAN_CONNECTION_ATTRIBUTES*>(data);
  const auto& security = found->wlanSecurityAttributes;
  Connection connection{printable(utf8(&found->strProfileName[0]), 200),
                        wifi_algorithm(security.dot11AuthAlgorithm, security.dot11CipherAlgorithm)};
  wlan.release(data);
  return connection;
}

/// The saved networks of a device; false where they could not all be read.
bool add_profiles(const Wlan& wlan, const GUID& interface,
                  std::vector<WindowsFacts::Wifi>& networks) {
  WLAN_PROFILE_INFO_LIST* list = nullptr;
  if (wlan.profiles(wlan.handle, &interface, nullptr, &list) != ERROR_SUCCESS) return false;
  for (const auto& info : std::span(&list->ProfileInfo[0], list->dwNumberOfItems)) {
    wchar_t* xml = nullptr;
    DWORD flags = 0;
    DWORD access = 0;
    WindowsFacts::Wifi network{printable(utf8(&info.strProfileName[0]), 200), {}, false};
    // One that can't be read is saved all the same.
    if (wlan.profile(wlan.handle, &interface, &info.strProfileName[0], nullptr, &xml, &flags,
                     &access) == ERROR_SUCCESS) {
      network.authentication = wifi_authentication(utf8(xml));
      wlan.release(xml);
    }
    networks.push_back(std::move(network));
  }
  wlan.release(list);
  return true;
}

/// What is in use counts by how it is connected, not by what was asked for.
void mark(const std::optional<Connection>& connection, std::vector<WindowsFacts::Wifi>& networks) {
  if (!connection) return;
  for (auto& network : networks)
    if (network.name == connection->profile) {
      network.in_use = true;
      if (!connection->authentication.empty()) network.authentication = connection->authentication;
      return;
    }
  networks.push_back({connection->profile, connection->authentication, true});
}

}  // namespace

std::optional<WifiSeen> wifi_networks() {
  const Wlan wlan;
  if (wlan.absent()) return WifiSeen();
  if (!wlan.ready()) return std::nullopt;
  WLAN_INTERFACE_INFO_LIST* list = nullptr;
  if (wlan.interfaces(wlan.handle, nullptr, &list) != ERROR_SUCCESS) return std::nullopt;
  WifiSeen seen;
  bool whole = true;
  for (const auto& one : std::span(&list->InterfaceInfo[0], list->dwNumberOfItems)) {
    seen.device = true;
    whole = add_profiles(wlan, one.InterfaceGuid, seen.networks) && whole;
    if (one.isState != wlan_interface_state_connected) continue;
    seen.connected = true;
    mark(connection_of(wlan, one.InterfaceGuid), seen.networks);
  }
  wlan.release(list);
  if (!whole) return std::nullopt;
  return seen;
}

}  // namespace sekisho
