// SPDX-License-Identifier: Apache-2.0
#include "guard/session_group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/base.h"
#include "base/posix/descriptor.h"

namespace sekisho {
namespace {

constexpr std::string_view kGroupPrefix = "sekisho-";
constexpr std::size_t kMostProc = std::size_t{1} << 20U;
constexpr std::size_t kMostChildren = 10'000;

/// Files of the kernel's have no size to go by.
std::string read_kernel_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> some{};
  while (file.get() >= 0 && text.size() < kMostProc) {
    const auto count = ::read(file.get(), some.data(), some.size());
    if (count <= 0) break;
    text.append(some.data(), static_cast<std::size_t>(count));
  }
  return text;
}

bool write_kernel_file(const std::filesystem::path& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.get() >= 0 &&
         ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// Where the tree of groups (v2) is mounted; empty: nowhere.
std::string groups_mounted_at() {
  const std::string mounts = read_kernel_file("/proc/self/mounts");
  for (const std::string_view line : split(mounts, '\n')) {
    const auto parts = words(line);
    if (parts.size() > 2 && parts[2] == "cgroup2") return std::string(parts[1]);
  }
  return {};
}

/// In which group a process is, from the root of the tree.
std::optional<std::string> group_of(pid_t pid) {
  const std::string text = read_kernel_file(fmt::format("/proc/{}/cgroup", pid));
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with("0::/")) return std::string(line.substr(3));
  return std::nullopt;
}

/// Not inside a session's group: an sshd that somebody started by hand is in theirs, and who comes
/// in by it isn't to go with them.
std::string outside_of_sessions(const std::string& group) {
  std::string outside;
  for (const std::string_view part : split(group, '/')) {
    if (part.starts_with(kGroupPrefix)) break;
    if (!part.empty()) outside.append("/").append(part);
  }
  return outside;
}

/// The fields of /proc/PID/stat behind the name, which may hold anything; the first is the state.
std::vector<std::string> stat_of(pid_t pid) {
  const std::string text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  const auto end = text.rfind(')');
  std::vector<std::string> fields;
  if (end == std::string::npos) return fields;
  for (const std::string_view field : words(std::string_view(text).substr(end + 1)))
    fields.emplace_back(field);
  return fields;
}

/// The number of a process's terminal among /dev/pts; none where it has none there.
std::optional<unsigned> terminal_of(pid_t pid) {
  constexpr std::size_t kTtyField = 4;
  constexpr unsigned kFirstMajor = 136;  // of UNIX 98 terminals (devices.txt)
  constexpr unsigned kLastMajor = 143;
  const auto fields = stat_of(pid);
  if (fields.size() <= kTtyField) return std::nullopt;
  const std::int64_t number = whole_number(fields[kTtyField]);
  if (number <= 0) return std::nullopt;
  const auto device = static_cast<dev_t>(number);
  if (::major(device) < kFirstMajor || ::major(device) > kLastMajor) return std::nullopt;
  return ::minor(device);
}

std::unexpected<Error> no_group(const std::string& where, int error) {
  auto refused = failure(
      "セッションの cgroup を作れません（Linux 5.14 以降と cgroup v2 が要りま"
      "す）。",
      "no control group can be made for the session (it takes Linux 5.14 and "
      "cgroup v2).",
      where);
  refused.error().reason = std::error_code(error, std::generic_category()).message();
  return refused;
}

}  // namespace

std::optional<ProcessName> process_name(pid_t pid) {
  constexpr std::size_t kStartField = 19;
  auto fields = stat_of(pid);
  if (fields.size() <= kStartField) return std::nullopt;
  return ProcessName{pid, std::move(fields[kStartField])};
}

std::optional<ProcessName> parent_of(pid_t pid) {
  constexpr std::size_t kParentField = 1;
  const auto fields = stat_of(pid);
  const std::int64_t parent = fields.size() > kParentField ? whole_number(fields[kParentField]) : 0;
  return parent > 0 ? process_name(static_cast<pid_t>(parent)) : std::nullopt;
}

void end_with_children(const ProcessName& process) {
  (void)::kill(process.pid, SIGSTOP);  // it starts nothing more
  std::vector<pid_t> all{process.pid};
  for (std::size_t at = 0; at < all.size() && all.size() < kMostChildren; ++at) {
    const std::string children =
        read_kernel_file(fmt::format("/proc/{0}/task/{0}/children", all[at]));
    for (const std::string_view child : words(children))
      all.push_back(static_cast<pid_t>(whole_number(child)));
  }
  for (const pid_t pid : all)
    if (pid > 1) (void)::kill(pid, SIGKILL);
}

Result<SessionGroup> SessionGroup::make(pid_t pid, const std::string& name) {
  const std::string mounted = groups_mounted_at();
  const auto group = group_of(pid);
  if (mounted.empty() || !group) return no_group(mounted, ENOENT);
  SessionGroup made(mounted + outside_of_sessions(*group) + "/" + std::string(kGroupPrefix) + name);
  if (::mkdir(made.path_.c_str(), 0755) != 0) return no_group(made.path_.string(), errno);
  if (::access((made.path_ / "cgroup.kill").c_str(), W_OK) != 0 ||
      !write_kernel_file(made.path_ / "cgroup.procs", std::to_string(pid))) {
    const int error = errno;
    made.remove();
    return no_group(made.path_.string(), error);
  }
  return made;
}

bool SessionGroup::populated() const {
  const std::string events = read_kernel_file(path_ / "cgroup.events");
  return events.contains("populated 1");
}

std::vector<pid_t> SessionGroup::members() const {
  std::vector<pid_t> pids;
  const std::string text = read_kernel_file(path_ / "cgroup.procs");
  for (const std::string_view line : split(text, '\n'))
    if (const std::int64_t pid = whole_number(line); pid > 0)
      pids.push_back(static_cast<pid_t>(pid));
  return pids;
}

void SessionGroup::tell(std::string_view text) const {
  std::set<unsigned> terminals;
  for (const pid_t pid : members())
    if (const auto terminal = terminal_of(pid)) terminals.insert(*terminal);
  for (const unsigned terminal : terminals) {
    const std::string path = fmt::format("/dev/pts/{}", terminal);
    const Descriptor open(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    if (open.get() >= 0) (void)!::write(open.get(), text.data(), text.size());
  }
}

bool SessionGroup::kill() const { return write_kernel_file(path_ / "cgroup.kill", "1"); }

void SessionGroup::remove() const { (void)::rmdir(path_.c_str()); }

}  // namespace sekisho
