// SPDX-License-Identifier: Apache-2.0
// What was read of a Windows machine, before anyone judges it: the form in which a machine is
// recorded and looked at again elsewhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// A value of the registry: a number (REG_DWORD, and REG_BINARY of four bytes) or a text (REG_SZ
/// and the like).
using RegistryValue = std::variant<std::int64_t, std::string>;

/// Names of the registry in order: to Windows, large and small letters are the same.
struct RegistryOrder {
  using is_transparent = void;
  static char small(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  bool operator()(std::string_view a, std::string_view b) const {
    const std::size_t shared = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < shared; ++i)
      if (a[i] != b[i] && small(a[i]) != small(b[i])) return small(a[i]) < small(b[i]);
    return a.size() < b.size();
  }
  static bool starts(std::string_view path, std::string_view with) {
    if (path.size() < with.size()) return false;
    for (std::size_t i = 0; i < with.size(); ++i)
      if (small(path[i]) != small(with[i])) return false;
    return true;
  }
};

/// Values, and keys that were asked for all below them.
using AskedPaths = std::set<std::string, RegistryOrder>;

/// Where a fact could not be had it is absent, and every check that needs it is unknown: that a
/// thing isn't there is a fact of its own (an empty list, false).
struct WindowsFacts {
  std::string computer;  // the name that it goes by
  /// Of a recording, when it was made.
  std::optional<Time> recorded_at;

  /// By path and name: HKLM\KEY\NAME, and HKU\SID\KEY\NAME for each person who is signed in. A key
  /// itself is HKLM\KEY\ with nothing after it: its default value where that is a number, else 1.
  std::map<std::string, RegistryValue, RegistryOrder> registry;
  /// Paths that Windows did not let be read, or not as what they should hold. What is neither here
  /// nor above isn't there, if anything of its hive was read.
  std::set<std::string, RegistryOrder> unread;
  /// How many people's part of the registry could be read.
  std::int64_t people = 0;

  /// What Windows Security Center lists (WMI's AntiVirusProduct and FirewallProduct).
  struct Antivirus {
    std::string name;
    bool on = false;
    bool up_to_date = false;
  };
  std::optional<std::vector<Antivirus>> antivirus;
  std::optional<std::vector<Antivirus>> firewall_products;
  /// Microsoft Defender by itself (WMI's MSFT_MpComputerStatus), which servers have without a
  /// Security Center.
  std::optional<Antivirus> defender;

  /// Of the volume that Windows is on, as the Shell tells anyone
  /// (System.Volume.BitLockerProtection).
  enum class DriveProtection : std::uint8_t { off, on, changing, suspended, locked };
  std::optional<DriveProtection> system_drive;
  /// The other fixed drives.
  struct Drive {
    std::string name;  // "D:"
    std::optional<DriveProtection> protection;
  };
  std::optional<std::vector<Drive>> drives;

  /// As set on this machine; policies go before (they are in the registry).
  struct FirewallProfile {
    std::string name;  // domain, private, public
    bool enabled = false;
    bool active = false;  // of a network that is connected now
  };
  std::optional<std::vector<FirewallProfile>> firewall;
  /// Names of the firewall's rules that let in everything from everywhere.
  std::optional<std::vector<std::string>> open_rules;

  /// Of the local group of administrators, without accounts that are off.
  struct Member {
    /// wide: everybody, or everybody of a domain. staff: those who keep the organisation's
    /// machines (its domain's administrators, roles of Entra).
    enum class Kind : std::uint8_t { person, group, wide, staff };
    std::string name;
    Kind kind = Kind::person;
  };
  std::optional<std::vector<Member>> administrators;
  /// Accounts that are on and need no password.
  std::optional<std::vector<std::string>> without_password;
  std::optional<bool> guest;                      // whether the guest's account is on
  std::optional<std::int64_t> shortest_password;  // characters; 0: none is asked for
  std::optional<std::int64_t> tries;              // until an account is locked; 0: never
  std::optional<std::int64_t> lockout;            // seconds; 0: until an administrator unlocks it

  struct Listener {
    std::uint16_t port = 0;
    bool udp = false;
    bool loopback = false;
    std::string owner;  // its services, or its program; empty where that can't be told
  };
  std::optional<std::vector<Listener>> listening;
  /// Folders that are shared, without those that Windows shares for administrators.
  std::optional<std::vector<std::string>> shares;
  /// The proxy of programs without a person (WinHTTP); empty: none.
  std::optional<std::vector<std::string>> winhttp_proxy;

  struct Wifi {
    std::string name;
    std::string authentication;  // as in a profile: open, WEP, WPAPSK, WPA2PSK …; empty: unknown
    bool in_use = false;
  };
  /// Saved networks, and the one in use; absent where nothing could be asked.
  std::optional<std::vector<Wifi>> wifi;
  bool wifi_device = false;
  /// Whether it is connected at all, which Windows tells where it doesn't tell to what.
  std::optional<bool> wifi_connected;

  /// Security updates that Windows Update knows of and that are not installed; those that someone
  /// hid are apart.
  std::optional<std::vector<std::string>> missing_updates;
  std::optional<std::vector<std::string>> hidden_updates;
  std::optional<Time> searched_at;  // when Windows Update last searched and was answered
  std::optional<Time> patched_at;   // when the newest cumulative update was installed

  /// Until an idle machine sleeps, in seconds (0: never), and whether waking asks for a password.
  struct Sleep {
    std::int64_t plugged_in = 0;
    std::int64_t on_battery = 0;
    bool locks = false;
  };
  std::optional<Sleep> sleep;
  /// What Windows' audit policy records: "logon" where signing in is.
  std::optional<std::vector<std::string>> audited;

  struct Program {
    std::string name;
    std::string version;
  };
  /// Installed programs, as Windows lists them for people ("Apps"); those of every person.
  std::optional<std::vector<Program>> programs;
  /// Services that are running, of those that checks ask for.
  std::optional<std::vector<std::string>> running;
};

/// The registry's values that checks ask for. HKU\*\ stands for each person; another * for each key
/// below, and at the end for each value.
const std::vector<std::string>& wanted_registry();
/// The services that checks ask for.
const std::vector<std::string>& wanted_services();
/// Those of them that are an EDR, and which.
const std::vector<std::pair<std::string_view, std::string_view>>& edr_services();

/// A product and the state that Security Center keeps of it, 0xPPSSDD: SS is 0x10 or 0x11 while it
/// is on, DD 0x00 while its definitions are current. Not documented by Microsoft, but what its own
/// tools show.
WindowsFacts::Antivirus antivirus_product(std::string name, std::uint32_t state);
/// What a saved network asks for, of its profile (Microsoft's WLANProfile schema,
/// MSM/security/authEncryption); what is encrypted by WEP or TKIP is told so ("WPA2PSK/TKIP").
/// Empty where there is none.
std::string wifi_authentication(std::string_view xml);
/// The same of a connection (DOT11_AUTH_ALGORITHM, DOT11_CIPHER_ALGORITHM of windot11.h).
std::string wifi_algorithm(std::uint32_t authentication, std::uint32_t cipher);
/// Who a member of a group is, by its SID ([MS-DTYP] 2.4.2.4, Microsoft's "Security identifiers").
WindowsFacts::Member::Kind member_kind(std::string_view sid, bool group);
/// The name of a rule of the firewall ([MS-FASP] and [MS-GPFAS] 2.2.2.19: "v2.31|Action=Allow|…")
/// that lets in anything, to any program, from anywhere; nothing for any other.
std::optional<std::string> opens_everything(std::string_view rule);

/// JSON, for recordings. What is not asked for is not written.
std::string write_windows_facts(const WindowsFacts& facts);
Result<WindowsFacts> read_windows_facts(std::string_view text);

}  // namespace sekisho
