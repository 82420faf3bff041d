// What was read of a Windows machine, before anyone judges it: the form in which a machine is
// recorded and looked at again elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// A value of the registry: a number (REG_DWORD) or a text (REG_SZ and the like).
using RegistryValue = std::variant<std::int64_t, std::string>;

/// Where a fact could not be had it is absent, and every check that needs it is unknown.
struct WindowsFacts {
  std::string computer;  // the name that it goes by

  /// By path and name: HKLM\KEY\NAME, and HKU\SID\KEY\NAME for each person who is signed in. A key
  /// that only has to be there is HKLM\KEY\ with nothing after it, and 1.
  std::map<std::string, RegistryValue, std::less<>> registry;
  /// How many people's part of the registry could be read.
  std::int64_t people = 0;

  /// Windows Security Center, of WMI's AntiVirusProduct.
  struct Antivirus {
    std::string name;
    bool on = false;
    bool up_to_date = false;
  };
  std::optional<std::vector<Antivirus>> antivirus;

  /// Of the volume that Windows is on, as the Shell tells anyone
  /// (System.Volume.BitLockerProtection).
  enum class DriveProtection : std::uint8_t { off, on, changing, suspended, locked };
  std::optional<DriveProtection> system_drive;

  struct FirewallProfile {
    std::string name;  // domain, private, public
    bool enabled = false;
    bool active = false;  // of a network that is connected now
  };
  std::optional<std::vector<FirewallProfile>> firewall;

  /// The members of the local group of administrators, without accounts that are off.
  std::optional<std::vector<std::string>> administrators;
  /// Accounts that are on and need no password.
  std::optional<std::vector<std::string>> without_password;
  std::optional<std::int64_t> shortest_password;  // characters; 0: none is asked for
  std::optional<std::int64_t> tries;              // until an account is locked; 0: never

  struct Listener {
    std::uint16_t port = 0;
    bool udp = false;
    bool loopback = false;
  };
  std::optional<std::vector<Listener>> listening;
  /// Folders that are shared, without those that Windows shares for administrators.
  std::optional<std::vector<std::string>> shares;

  struct Wifi {
    std::string name;
    std::string authentication;  // as in a profile: open, WEP, WPAPSK, WPA2PSK, WPA3SAE …
    bool in_use = false;
  };
  /// Saved networks, and the one in use; absent where nothing could be asked.
  std::optional<std::vector<Wifi>> wifi;
  bool wifi_device = false;

  /// Security updates that Windows Update knows of and that are not installed.
  std::optional<std::vector<std::string>> missing_updates;
  struct Program {
    std::string name;
    std::string version;
  };
  /// Installed programs, as Windows lists them for people ("Apps"); those of every person.
  std::optional<std::vector<Program>> programs;
  /// Services that are running, of those that checks ask for.
  std::optional<std::vector<std::string>> running;
};

/// The registry's values that checks ask for; HKU\*\ stands for each person.
const std::vector<std::string>& wanted_registry();
/// The services that checks ask for.
const std::vector<std::string>& wanted_services();

/// A product and the state that Security Center keeps of it, 0xPPSSDD: SS is 0x10 or 0x11 while it
/// is on, DD 0x00 while its definitions are current. Not documented by Microsoft, but what its own
/// tools show.
WindowsFacts::Antivirus antivirus_product(std::string name, std::uint32_t state);
/// The authentication that a saved network asks for, of its profile (Microsoft's WLANProfile
/// schema, MSM/security/authEncryption); an open one with a WEP key is WEP. Empty where there is
/// none.
std::string wifi_authentication(std::string_view xml);

/// JSON, for recordings. What is not asked for is not written.
std::string write_windows_facts(const WindowsFacts& facts);
Result<WindowsFacts> read_windows_facts(std::string_view text);

}  // namespace sekisho
