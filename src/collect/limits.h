// SPDX-License-Identifier: Apache-2.0
// What every collector holds a machine to, whatever system it runs.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sekisho {

// Why each is this one is told in data/limits.yaml, and a test holds the two against each other.

inline constexpr std::size_t kMostAdministrators = 2;
inline constexpr std::int64_t kShortestPassword = 12;  // characters
inline constexpr std::int64_t kMostPasswordTries = 10;
inline constexpr std::int64_t kShortestLockout = 600;  // seconds
inline constexpr std::int64_t kLongestIdle = 600;      // seconds until the screen locks
inline constexpr std::int64_t kLongestSudo = 60;       // minutes that a typed password holds
inline constexpr std::int64_t kMostSshTries = 4;
inline constexpr std::int64_t kLeastShaRounds = 5000;  // of crypt's SHA-512 and SHA-256
inline constexpr std::int64_t kLeastBcryptCost = 10;   // the logarithm of its rounds
inline constexpr std::chrono::days kOldestPackageLists{7};
inline constexpr int kMostDaysBetweenBackups = 7;
inline constexpr std::chrono::days kOldestSignatures{3};  // of an antivirus
inline constexpr std::chrono::days kSearchHolds{14};  // Windows Update's, that nothing is missing
inline constexpr std::chrono::days kPatchGrace{7};    // for the month's updates of Windows
inline constexpr double kGraveScore = 7.0;            // CVSS: high

/// The same by the names of data/limits.yaml.
inline constexpr std::array<std::pair<std::string_view, std::int64_t>, 15> kLimits{
    {{"most_administrators", std::int64_t{kMostAdministrators}},
     {"shortest_password", kShortestPassword},
     {"most_password_tries", kMostPasswordTries},
     {"shortest_lockout", kShortestLockout},
     {"longest_idle", kLongestIdle},
     {"longest_sudo", kLongestSudo},
     {"most_ssh_tries", kMostSshTries},
     {"least_sha_rounds", kLeastShaRounds},
     {"least_bcrypt_cost", kLeastBcryptCost},
     {"oldest_package_lists", kOldestPackageLists.count()},
     {"most_days_between_backups", std::int64_t{kMostDaysBetweenBackups}},
     {"oldest_signatures", kOldestSignatures.count()},
     {"windows_search_holds", kSearchHolds.count()},
     {"windows_patch_grace", kPatchGrace.count()},
     {"grave_score", static_cast<std::int64_t>(kGraveScore)}}};

/// A service by the ports that it waits at.
struct Service {
  std::uint16_t first;
  std::uint16_t last;
  bool udp;
  std::string_view name;

  bool at(std::uint16_t port, bool over_udp) const {
    return udp == over_udp && port >= first && port <= last;
  }
};

/// Adds the service that waits at a port to `names`, once: "RDP (3389/tcp)". The first that fits
/// counts: what has one port goes before what has a range.
inline void note_services(std::span<const Service> services, std::uint16_t port, bool udp,
                          std::vector<std::string>& names) {
  const auto service =
      std::ranges::find_if(services, [&](const Service& one) { return one.at(port, udp); });
  if (service == services.end()) return;
  std::string label = fmt::format("{} ({}/{})", service->name, port, udp ? "udp" : "tcp");
  if (std::ranges::find(names, label) == names.end()) names.push_back(std::move(label));
}

// Ports: IANA's registry, and what each maker documents where it is none of IANA's.

/// 5985 and 5986 are no VNC: see kRemoteManagement.
inline constexpr std::array kRemoteDesktops{
    Service{3389, 3389, false, "RDP"},          Service{3389, 3389, true, "RDP"},
    Service{5938, 5938, false, "TeamViewer"},   Service{5938, 5938, true, "TeamViewer"},
    Service{7070, 7070, false, "AnyDesk"},      Service{6568, 6568, false, "AnyDesk"},
    Service{50'001, 50'003, true, "AnyDesk"},   Service{5405, 5405, false, "NetSupport"},
    Service{5500, 5500, false, "VNC"},          Service{3283, 3283, false, "Apple Remote Desktop"},
    Service{14'500, 14'500, false, "Xpra"},     Service{177, 177, true, "XDMCP"},
    Service{21'115, 21'119, false, "RustDesk"}, Service{21'116, 21'116, true, "RustDesk"},
    Service{6783, 6785, false, "Splashtop"},    Service{4899, 4899, false, "Radmin"},
    Service{4000, 4000, false, "NoMachine"},    Service{5650, 5651, false, "Remote Utilities"},
    Service{6129, 6129, false, "DameWare"},     Service{5631, 5631, false, "pcAnywhere"},
    Service{5632, 5632, true, "pcAnywhere"},    Service{1494, 1494, false, "Citrix ICA"},
    Service{2598, 2598, false, "Citrix CGP"},   Service{4172, 4172, false, "PCoIP"},
    Service{4172, 4172, true, "PCoIP"},         Service{22'443, 22'443, false, "Horizon Blast"},
    Service{47'984, 47'990, false, "Sunshine"}, Service{48'010, 48'010, false, "Sunshine"},
    Service{5800, 5809, false, "VNC"},          Service{5900, 5983, false, "VNC"},
    Service{5987, 5999, false, "VNC"}};

/// Of a machine, by commands: encrypted, and no desktop.
inline constexpr std::array kRemoteManagement{Service{5985, 5986, false, "WinRM"},
                                              Service{47'001, 47'001, false, "WinRM"}};

inline constexpr std::array kFileSharing{
    Service{139, 139, false, "NetBIOS"}, Service{445, 445, false, "SMB"},
    Service{137, 138, true, "NetBIOS"},  Service{2049, 2049, false, "NFS"},
    Service{873, 873, false, "rsync"},   Service{548, 548, false, "AFP"}};

inline constexpr std::array kDatabases{Service{1433, 1434, false, "SQL Server"},
                                       Service{1434, 1434, true, "SQL Server"},
                                       Service{1521, 1522, false, "Oracle"},
                                       Service{2483, 2484, false, "Oracle"},
                                       Service{3306, 3306, false, "MySQL"},
                                       Service{33'060, 33'060, false, "MySQL X"},
                                       Service{5432, 5433, false, "PostgreSQL"},
                                       Service{6379, 6379, false, "Redis"},
                                       Service{26'379, 26'379, false, "Redis Sentinel"},
                                       Service{9200, 9200, false, "Elasticsearch"},
                                       Service{9300, 9300, false, "Elasticsearch"},
                                       Service{11'211, 11'211, false, "memcached"},
                                       Service{11'211, 11'211, true, "memcached"},
                                       Service{27'017, 27'019, false, "MongoDB"},
                                       Service{5984, 5984, false, "CouchDB"},
                                       Service{6984, 6984, false, "CouchDB"},
                                       Service{8123, 8123, false, "ClickHouse"},
                                       Service{9042, 9042, false, "Cassandra"},
                                       Service{3050, 3050, false, "Firebird"},
                                       Service{50'000, 50'000, false, "Db2"},
                                       Service{8086, 8086, false, "InfluxDB"},
                                       Service{7474, 7474, false, "Neo4j"},
                                       Service{7687, 7687, false, "Neo4j"},
                                       Service{1583, 1583, false, "Zen"},
                                       Service{3351, 3351, false, "Zen"},
                                       Service{5003, 5003, false, "FileMaker"},
                                       Service{2379, 2380, false, "etcd"}};

/// Not SSDP (1900/udp): it tells that a machine is there, as Windows does by itself on private
/// networks; nobody signs in there.
inline constexpr std::array kLegacyServices{
    Service{21, 21, false, "FTP"},       Service{23, 23, false, "telnet"},
    Service{69, 69, true, "TFTP"},       Service{79, 79, false, "finger"},
    Service{109, 110, false, "POP"},     Service{143, 143, false, "IMAP"},
    Service{111, 111, false, "rpcbind"}, Service{161, 161, true, "SNMP"},
    Service{512, 514, false, "rsh"},     Service{2375, 2375, false, "Docker API"},
    Service{6000, 6063, false, "X11"},   Service{5555, 5555, false, "ADB"}};

}  // namespace sekisho
