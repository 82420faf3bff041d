// SPDX-License-Identifier: Apache-2.0
// Text of a machine, read into types: files under /etc and /proc, and what programs print. Each
// reader takes any bytes and gives what it could make of them; what doesn't fit is skipped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// What a file of the C library's says. A line that it reads otherwise than everybody expects is
/// `unclear`: no entry, one of NIS, a number in a strange spelling. It may be in `list` as well.
template <typename T>
struct Entries {
  std::vector<T> list;
  std::vector<std::size_t> unclear;  // numbers of lines
};

/// passwd(5).
struct Account {
  std::string name;
  std::string password;  // "x" where shadow has it
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::string gecos;
  std::string home;
  std::string shell;
};
Entries<Account> parse_passwd(std::string_view text);

/// group(5).
struct Group {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
  std::string password = {};
};
Entries<Group> parse_group(std::string_view text);

/// Name and password field of shadow(5) and gshadow(5).
struct Secret {
  std::string name;
  std::string stored;
};
Entries<Secret> parse_shadow(std::string_view text);

/// How a password is kept (crypt(5)).
struct Hash {
  enum class Strength : std::uint8_t {
    none,    // no password fits
    weak,    // quickly guessed, whatever it costs
    priced,  // as strong as its `cost`
    strong,
    unknown
  };
  std::string name;  // "SHA-512"
  Strength strength = Strength::unknown;
  std::optional<std::int64_t>
      cost;  // rounds of SHA, the logarithm of bcrypt's; negative: unreadable
};
Hash read_hash(std::string_view stored);

/// KEY=value lines, the value without its quotes (os-release(5), /etc/environment, ufw.conf).
std::map<std::string, std::string> parse_assignments(std::string_view text);

/// A line of an INI file: the section it stands in, key and value. Comments begin with '#' or ';'.
struct IniLine {
  std::string section;
  std::string key;
  std::string value;
};
std::vector<IniLine> parse_ini(std::string_view text);
/// The last value of `key` in `section`, names compared without case; nothing when it isn't there.
std::optional<std::string> ini_value(const std::vector<IniLine>& lines, std::string_view section,
                                     std::string_view key);

/// "NAME value" lines of login.defs(5); the last one counts.
std::optional<std::string> login_defs_value(std::string_view text, std::string_view key);

/// Settings of apt, names joined by "::" in lower case. A list ("Name:: \"x\"") holds its values
/// under "name::", each in a line of its own.
using AptSettings = std::map<std::string, std::string>;
/// apt.conf(5) in both of its forms, put over what `values` has; false when it can't be read whole.
bool parse_apt_conf(std::string_view text, AptSettings& values);

/// deb822 paragraphs (dpkg's status, Packages, .sources), only the fields in `wanted`, in that
/// order; a folded one with its further lines, as they stand there.
using Paragraph = std::vector<std::string_view>;
void each_paragraph(std::string_view text, const std::vector<std::string_view>& wanted,
                    const auto& visit);

struct Package {
  std::string name;
  std::string architecture;
  std::string version;
  std::string maintainer;
  std::string source;          // the source package that it was built from,
  std::string source_version;  // and that one's version
  enum class Kind : std::uint8_t { deb, rpm, apk };
  Kind kind = Kind::deb;
  std::string module;  // of rpm's modular packages: "nodejs:18:…"; empty for others
  bool held = false;   // apt leaves it at its version (apt-mark(8))
};

/// Installed packages by name; the same name may be there for two architectures.
struct PackageList {
  std::multimap<std::string, Package, std::less<>> by_name;

  const Package* find(std::string_view name) const;
  /// By name, or by the start of one when `pattern` ends with '*'.
  std::vector<const Package*> matching(std::string_view pattern) const;
};
PackageList parse_dpkg_status(std::string_view text);
/// One package of rpm's database, as rpm keeps it there: a header without its first eight bytes.
/// Nothing for what isn't one whole.
std::optional<Package> parse_rpm_header(std::string_view blob);
/// rpmdb.sqlite; nothing when any of it can't be read.
std::optional<PackageList> read_rpm_database(std::string bytes);
/// apk's lib/apk/db/installed; nothing when any of it can't be read.
std::optional<PackageList> parse_apk_installed(std::string_view text);
/// Version by name and architecture, of an apt Packages index; the highest of several.
using PackageIndex = std::map<std::pair<std::string, std::string>, std::string>;
void parse_packages_index(std::string_view text, PackageIndex& into);

/// A line of /proc/self/mountinfo (proc(5)).
struct Mount {
  unsigned major = 0;
  unsigned minor = 0;
  std::string point;
  std::string options;  // comma-separated
  std::string type;
  std::string source;

  bool has(std::string_view option) const;
};
std::vector<Mount> parse_mountinfo(std::string_view text);

/// A socket of /proc/net/{tcp,udp}{,6} that waits for others.
struct Listener {
  std::uint16_t port = 0;
  bool udp = false;
  bool loopback = false;    // only reachable from this machine
  std::uint64_t inode = 0;  // by which /proc/PID/fd names it; 0 where it isn't told
};
std::vector<Listener> parse_listeners(std::string_view text, bool udp);

/// Whether a file is a private key and asks for a passphrase, by how it begins: OpenSSH's form,
/// PEM, PuTTY's, SSH 1's. `unclear` is one whose protection can't be told.
enum class KeyKind : std::uint8_t { none, bare, locked, unclear };
KeyKind key_kind(std::string_view start);

/// How a Wi-Fi is protected, from the words that NetworkManager or wpa_supplicant use.
enum class WifiSecurity : std::uint8_t { open, weak, sound };
WifiSecurity wifi_security(std::string_view words);

struct WifiNetwork {
  std::string name;
  WifiSecurity security = WifiSecurity::open;
};
/// The network in use, of `nmcli -t -e yes -f IN-USE,SSID,SECURITY device wifi list`.
std::optional<WifiNetwork> parse_nmcli_wifi(std::string_view text);
/// The same of `wpa_cli status`.
std::optional<WifiNetwork> parse_wpa_status(std::string_view text);
/// A NetworkManager keyfile; nothing when it isn't for Wi-Fi.
std::optional<WifiNetwork> parse_nm_keyfile(std::string_view text);
/// A profile of netctl; nothing when it isn't a wireless one whose security is written in it.
std::optional<WifiNetwork> parse_netctl(std::string_view text);
/// The networks of wpa_supplicant.conf(5).
std::vector<WifiNetwork> parse_wpa_supplicant(std::string_view text);

/// The day a ClamAV database was built, from its header.
std::optional<Day> clamav_built(std::string_view start);

/// What LibreOffice's settings say of macros, in registrymodifications.xcu or an .xcd of the
/// program's.
struct MacroSettings {
  std::optional<int> level;  // 0 low … 3 very high
  bool unclear = false;      // a level is set, and it can't be told which
  bool final = false;        // nobody's own setting changes the level
  std::string trusted;       // places whose macros run without a question; empty for none
};
MacroSettings macro_settings(std::string_view xml);

/// The preferences that a file of Firefox's sets (prefs.js, user.js, defaults, AutoConfig), in
/// order; strings without their quotes.
struct FirefoxPreferences {
  std::vector<std::pair<std::string, std::string>> list;
  std::size_t unclear = 0;  // the first line that is neither one nor a comment; 0 for none
};
FirefoxPreferences parse_firefox_preferences(std::string_view text);

/// The value of a property in Xfce's settings, by its names from the outermost ("lock/enabled").
std::optional<std::string> xfconf_value(std::string_view xml, std::string_view path);

/// An OpenVPN configuration, as its own reader cuts it.
struct OpenvpnSettings {
  std::vector<std::string> weaknesses;  // each as it stands there
  std::vector<std::string> secrets;     // files that hold a key or a password
  std::vector<std::string> includes;    // further files ("config")
};
OpenvpnSettings read_openvpn(std::string_view text);

/// Host and port of a proxy URL, without a name and password.
std::string proxy_host(std::string_view url);

// ---

/// Names of fields are told apart without their case.
inline bool same_field(std::string_view a, std::string_view b) {
  return a == b || (a.size() == b.size() && lower(a) == lower(b));
}

void each_paragraph(std::string_view text, const std::vector<std::string_view>& wanted,
                    const auto& visit) {
  Paragraph fields(wanted.size());
  std::string_view* folds = nullptr;  // the field whose value may go on, from `start`
  const char* start = nullptr;
  bool any = false;
  const auto finish = [&] {
    if (any) visit(fields);
    fields.assign(wanted.size(), {});
    folds = nullptr;
    any = false;
  };
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line == "\r") {
      finish();
      continue;
    }
    if (line[0] == '#') continue;
    if (line[0] == ' ' || line[0] == '\t') {
      if (folds != nullptr)
        *folds = trim({start, static_cast<std::size_t>(line.data() + line.size() - start)});
      continue;
    }
    folds = nullptr;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    any = true;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      if (same_field(line.substr(0, colon), wanted[i])) {
        fields[i] = trim(line.substr(colon + 1));
        folds = &fields[i];
        start = line.data() + colon + 1;
      }
  }
  finish();
}

}  // namespace sekisho
