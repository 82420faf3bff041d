// SPDX-License-Identifier: Apache-2.0
// What waits where other machines can reach it: by the program that owns the socket where that can
// be told, and by the port.
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/look.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

/// The kernel cuts a process's name to this many characters (TASK_COMM_LEN).
constexpr std::size_t kCommLength = 15;

struct Program {
  std::string_view name;
  std::string_view service;
};

constexpr std::array kDesktopPrograms{Program{"xrdp", "RDP"},
                                      Program{"gnome-remote-desktop-daemon", "RDP"},
                                      Program{"krdpserver", "RDP"},
                                      Program{"krfb", "VNC"},
                                      Program{"krfb-virtualmonitor", "VNC"},
                                      Program{"weston", "RDP"},
                                      Program{"vino-server", "VNC"},
                                      Program{"nxd", "NoMachine"},
                                      Program{"nxserver.bin", "NoMachine"},
                                      Program{"teamviewerd", "TeamViewer"},
                                      Program{"anydesk", "AnyDesk"},
                                      Program{"rustdesk", "RustDesk"},
                                      Program{"hbbs", "RustDesk"},
                                      Program{"hbbr", "RustDesk"},
                                      Program{"sunshine", "Sunshine"},
                                      Program{"xpra", "Xpra"},
                                      Program{"guacd", "Guacamole"},
                                      Program{"SRServer", "Splashtop"}};

constexpr std::array kSharingPrograms{Program{"smbd", "SMB"},
                                      Program{"nmbd", "NetBIOS"},
                                      Program{"ksmbd.mountd", "SMB"},
                                      Program{"rpc.mountd", "NFS"},
                                      Program{"nfsd", "NFS"},
                                      Program{"ganesha.nfsd", "NFS"},
                                      Program{"rsync", "rsync"},
                                      Program{"afpd", "AFP"},
                                      Program{"davserver", "WebDAV"},
                                      Program{"wsgidav", "WebDAV"},
                                      Program{"syncthing", "Syncthing"},
                                      Program{"glusterfsd", "Gluster"},
                                      Program{"minio", "MinIO"}};

constexpr std::array kDatabasePrograms{Program{"postgres", "PostgreSQL"},
                                       Program{"pgbouncer", "PostgreSQL"},
                                       Program{"mysqld", "MySQL"},
                                       Program{"mariadbd", "MariaDB"},
                                       Program{"redis-server", "Redis"},
                                       Program{"redis-sentinel", "Redis"},
                                       Program{"valkey-server", "Valkey"},
                                       Program{"keydb-server", "KeyDB"},
                                       Program{"dragonfly", "Dragonfly"},
                                       Program{"mongod", "MongoDB"},
                                       Program{"mongos", "MongoDB"},
                                       Program{"memcached", "memcached"},
                                       Program{"etcd", "etcd"},
                                       Program{"clickhouse-server", "ClickHouse"},
                                       Program{"clickhouse", "ClickHouse"},
                                       Program{"influxd", "InfluxDB"},
                                       Program{"sqlservr", "SQL Server"},
                                       Program{"tnslsnr", "Oracle"},
                                       Program{"firebird", "Firebird"},
                                       Program{"db2sysc", "Db2"},
                                       Program{"cockroach", "CockroachDB"},
                                       Program{"beam.smp", "CouchDB, RabbitMQ"},
                                       Program{"fmserverd", "FileMaker"}};

constexpr std::array kLegacyPrograms{
    Program{"vsftpd", "FTP"},        Program{"proftpd", "FTP"},
    Program{"pure-ftpd", "FTP"},     Program{"ftpd", "FTP"},
    Program{"in.ftpd", "FTP"},       Program{"telnetd", "telnet"},
    Program{"in.telnetd", "telnet"}, Program{"tftpd", "TFTP"},
    Program{"in.tftpd", "TFTP"},     Program{"atftpd", "TFTP"},
    Program{"in.rlogind", "rlogin"}, Program{"in.rshd", "rsh"},
    Program{"in.rexecd", "rexec"},   Program{"fingerd", "finger"},
    Program{"in.fingerd", "finger"}, Program{"snmpd", "SNMP"},
    Program{"rpcbind", "rpcbind"},   Program{"dockerd", "Docker API"},
    Program{"Xorg", "X11"},          Program{"X", "X11"},
    Program{"adb", "ADB"},           Program{"gdbserver", "gdbserver"}};

/// They hand on to others, or run what others wrote: whose service it is, they don't tell.
constexpr std::array<std::string_view, 33> kStandIns{
    "systemd",      "init",           "inetd",        "xinetd",
    "docker-proxy", "rootlessport",   "conmon",       "slirp4netns",
    "pasta",        "pasta.avx2",     "passt",        "rootlesskit",
    "java",         "node",           "ruby",         "perl",
    "php",          "socat",          "nc",           "ncat",
    "nc.openbsd",   "nc.traditional", "haproxy",      "ssh",
    "autossh",      "stunnel4",       "stunnel",      "qemu-system-x86",
    "containerd",   "frpc",           "VBoxHeadless", "VBoxNetNAT",
    "lxd"};

/// Ports over which nothing of the four kinds is offered by anybody's default: those of mail, the
/// web, names, time, printing, SSH, and Windows-like discovery.
constexpr std::array<std::uint16_t, 16> kOrdinary{22,  25,  53,  80,  123,  443,  465,  587,
                                                  631, 853, 993, 995, 5353, 5355, 8080, 8443};

bool is_program(std::string_view owner, std::string_view program) {
  return owner == program || (owner.size() == kCommLength && program.starts_with(owner));
}

bool hands_on(const std::string& owner) {
  return owner.starts_with("python") || std::ranges::any_of(kStandIns, [&](std::string_view one) {
           return is_program(owner, one);
         });
}

/// VNC's servers have their name in theirs: Xvnc, x11vnc, x0vncserver, Xtigervnc, wayvnc.
std::string_view service_of(const std::string& owner, std::span<const Program> programs) {
  for (const Program& one : programs)
    if (is_program(owner, one.name)) return one.service;
  if (programs.data() == kDesktopPrograms.data() && lower(owner).contains("vnc")) return "VNC";
  return {};
}

/// The names of the processes that have the sockets of `wanted` open. Of other people's, only root
/// can see it.
std::map<std::uint64_t, std::set<std::string>> owners_of(const Machine& machine,
                                                         const std::set<std::uint64_t>& wanted) {
  std::map<std::uint64_t, std::set<std::string>> owners;
  if (wanted.empty()) return owners;
  // Processes come and go, and most are others': what can't be seen here is told by what is left.
  Trace aside;
  const Machine unwatched = machine.watched(aside);
  const auto entries = unwatched.list("/proc");
  for (const std::string& entry : entries ? *entries : std::vector<std::string>()) {
    if (whole_number(entry) <= 0) continue;
    const std::string process = "/proc/" + entry;
    const auto files = unwatched.list(process + "/fd");
    for (const std::string& file : files ? *files : std::vector<std::string>()) {
      const std::string target = unwatched.link_target(process + "/fd/" + file);
      if (!target.starts_with("socket:[") || !target.ends_with(']')) continue;
      const auto inode = whole_number(std::string_view(target).substr(8, target.size() - 9));
      if (inode <= 0 || !wanted.contains(static_cast<std::uint64_t>(inode))) continue;
      auto& names = owners[static_cast<std::uint64_t>(inode)];
      if (const auto name = unwatched.read_start(process + "/comm", 64)) names.emplace(trim(*name));
      std::string program = unwatched.link_target(process + "/exe");
      program = program.substr(0, program.find(" (deleted)"));
      if (!program.empty()) names.insert(program.substr(program.rfind('/') + 1));
    }
  }
  return owners;
}

struct Waiting {
  Listener listener;
  std::set<std::string> owners;

  std::string port() const {
    return fmt::format("{}/{}", listener.port, listener.udp ? "udp" : "tcp");
  }
  /// "foo (9000/tcp)"
  std::string label() const {
    const std::string who = owners.empty() ? std::string("?") : printable(*owners.begin(), 20);
    return fmt::format("{} ({})", who, port());
  }
};

/// "3389, 5900-5983".
std::string ports_of(std::span<const Service> services, bool udp) {
  std::vector<std::string> ports;
  for (const Service& one : services)
    if (one.udp == udp)
      ports.push_back(one.first == one.last ? std::to_string(one.first)
                                            : fmt::format("{}-{}", one.first, one.last));
  return ports.empty() ? "-" : join(ports, ", ");
}

void add_once(std::vector<std::string>& into, std::string one) {
  if (std::ranges::find(into, one) == into.end()) into.push_back(std::move(one));
}

/// What waits beyond this machine, with its owners as far as they can be seen; by file.
std::expected<std::vector<std::pair<std::string, std::vector<Waiting>>>, Finding> all_waiting(
    const Machine& machine) {
  struct Source {
    const char* path;
    bool udp;
  };
  std::vector<std::pair<std::string, std::vector<Waiting>>> found;
  std::set<std::uint64_t> inodes;
  for (const Source source : {Source{"/proc/net/tcp", false}, Source{"/proc/net/tcp6", false},
                              Source{"/proc/net/udp", true}, Source{"/proc/net/udp6", true}}) {
    const auto text = machine.read(source.path, std::size_t{16} << 20U);
    if (!text && text.error() == FileProblem::missing) continue;
    if (!text) return std::unexpected(unreadable(source.path, text.error()));
    auto& [path, here] = found.emplace_back(source.path, std::vector<Waiting>());
    for (const Listener& listener : parse_listeners(*text, source.udp)) {
      if (listener.loopback) continue;
      here.push_back({listener, {}});
      if (listener.inode != 0) inodes.insert(listener.inode);
    }
  }
  if (found.empty()) return std::unexpected(unreadable("/proc/net/tcp", FileProblem::missing));
  const auto owners = owners_of(machine, inodes);
  for (auto& [path, here] : found)
    for (Waiting& one : here)
      if (const auto at = owners.find(one.listener.inode); at != owners.end())
        one.owners = at->second;
  return found;
}

/// Services of a kind that wait where others can reach them.
Finding listening(const Look& look, std::span<const Service> services,
                  std::span<const Program> programs) {
  const auto all = all_waiting(look.machine);
  if (!all) return all.error();
  std::vector<std::string> reachable;
  std::vector<std::string> unclear;  // nobody can say what it is
  std::vector<std::string> others;   // programs of no kind that is known here
  for (const auto& [path, waiting] : *all) {
    std::vector<std::string> here;
    for (const Waiting& one : waiting) {
      const std::size_t before = here.size();
      note_services(services, one.listener.port, one.listener.udp, here);
      const bool by_port = here.size() != before;
      for (const std::string& owner : one.owners)
        if (const std::string_view service = service_of(owner, programs);
            !service.empty() && !by_port)
          add_once(here, fmt::format("{} ({}, {})", service, one.port(), printable(owner, 20)));
      if (here.size() != before || among(kOrdinary, one.listener.port)) continue;
      // Who asks over UDP waits for the answer at a port like any other.
      if (one.listener.udp) continue;
      const bool known = std::ranges::any_of(
          std::array{std::span<const Service>(kRemoteDesktops),
                     std::span<const Service>(kFileSharing), std::span<const Service>(kDatabases),
                     std::span<const Service>(kLegacyServices),
                     std::span<const Service>(kRemoteManagement)},
          [&](std::span<const Service> kind) {
            return std::ranges::any_of(
                kind, [&](const Service& s) { return s.at(one.listener.port, false); });
          });
      if (known) continue;
      const bool told = !one.owners.empty() && std::ranges::none_of(one.owners, hands_on);
      add_once(told ? others : unclear, one.label());
    }
    look.machine.compared(path,
                          fmt::format("{} / {}{}", here.size(), waiting.size(),
                                      here.empty() ? "" : ": " + listed(here)),
                          "0: " + ports_of(services, waiting.empty() ? path.contains("udp")
                                                                     : waiting[0].listener.udp));
    for (std::string& one : here) add_once(reachable, std::move(one));
  }
  if (!reachable.empty()) return reachable_services(reachable);
  if (!unclear.empty())
    return unknown(
        fmt::format("何のサービスか分からない待ち受けがあります: {}。sudo sekisho check なら"
                    "プログラムが分かることがあります",
                    listed(unclear)),
        fmt::format("something waits whose service isn't known: {}; sudo sekisho check may tell "
                    "the program",
                    listed(unclear)));
  if (!others.empty())
    return pass(
        fmt::format("この種類のサービスは待ち受けていません（ほかの待ち受け: {}）", listed(others)),
        fmt::format("no service of this kind listens (others that do: {})", listed(others)));
  return reachable_services({});
}

}  // namespace

Finding listening_remote_desktop(const Look& look) {
  return listening(look, kRemoteDesktops, kDesktopPrograms);
}

Finding listening_file_sharing(const Look& look) {
  return listening(look, kFileSharing, kSharingPrograms);
}

Finding listening_database(const Look& look) {
  return listening(look, kDatabases, kDatabasePrograms);
}

Finding listening_legacy(const Look& look) {
  return listening(look, kLegacyServices, kLegacyPrograms);
}

}  // namespace sekisho
