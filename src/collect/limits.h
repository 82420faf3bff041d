// What every collector holds a machine to, whatever system it runs.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace sekisho {

inline constexpr std::size_t kMostAdministrators = 2;
inline constexpr std::int64_t kShortestPassword = 10;  // characters
inline constexpr std::int64_t kMostPasswordTries = 10;
inline constexpr std::int64_t kLongestIdle = 600;  // seconds until the screen locks

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

/// Adds the services that wait at a port to `names`, each once: "RDP (3389/tcp)".
inline void note_services(std::span<const Service> services, std::uint16_t port, bool udp,
                          std::vector<std::string>& names) {
  for (const Service& service : services) {
    if (!service.at(port, udp)) continue;
    std::string label = fmt::format("{} ({}/{})", service.name, port, udp ? "udp" : "tcp");
    if (std::ranges::find(names, label) == names.end()) names.push_back(std::move(label));
  }
}

inline constexpr std::array<Service, 5> kRemoteDesktops{{{3389, 3389, false, "RDP"},
                                                         {3389, 3389, true, "RDP"},
                                                         {5900, 5999, false, "VNC"},
                                                         {7070, 7070, false, "AnyDesk"},
                                                         {5938, 5938, false, "TeamViewer"}}};

inline constexpr std::array<Service, 6> kFileSharing{{{139, 139, false, "NetBIOS"},
                                                      {445, 445, false, "SMB"},
                                                      {137, 138, true, "NetBIOS"},
                                                      {2049, 2049, false, "NFS"},
                                                      {873, 873, false, "rsync"},
                                                      {548, 548, false, "AFP"}}};

inline constexpr std::array<Service, 11> kDatabases{{{1433, 1434, false, "SQL Server"},
                                                     {1521, 1521, false, "Oracle"},
                                                     {3306, 3306, false, "MySQL"},
                                                     {5432, 5433, false, "PostgreSQL"},
                                                     {6379, 6379, false, "Redis"},
                                                     {9200, 9200, false, "Elasticsearch"},
                                                     {11211, 11211, false, "memcached"},
                                                     {27017, 27019, false, "MongoDB"},
                                                     {5984, 5984, false, "CouchDB"},
                                                     {8123, 8123, false, "ClickHouse"},
                                                     {11211, 11211, true, "memcached"}}};

inline constexpr std::array<Service, 10> kLegacyServices{{{21, 21, false, "FTP"},
                                                          {23, 23, false, "telnet"},
                                                          {69, 69, true, "TFTP"},
                                                          {111, 111, false, "rpcbind"},
                                                          {161, 161, true, "SNMP"},
                                                          {512, 514, false, "rsh"},
                                                          {2375, 2375, false, "Docker API"},
                                                          {6000, 6063, false, "X11"},
                                                          {5555, 5555, false, "ADB"},
                                                          {1900, 1900, true, "SSDP"}}};

}  // namespace sekisho
