// SPDX-License-Identifier: Apache-2.0
#include "collect/host/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>

#include <fmt/format.h>

#include "base/posix/descriptor.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostEntries = 20'000;
constexpr std::size_t kPackageBytes = std::size_t{64} << 20U;

}  // namespace

Finding unreadable(std::string_view what, FileProblem problem) {
  switch (problem) {
    case FileProblem::denied:
      return unknown(
          fmt::format("{} を読む権限がありません。sudo sekisho check なら確かめられます", what),
          fmt::format("no right to read {}; sudo sekisho check can tell", what));
    case FileProblem::missing:
      return unknown(fmt::format("{} がありません", what), fmt::format("there is no {}", what));
    case FileProblem::too_large:
      return unknown(fmt::format("{} が大きすぎて読めません", what),
                     fmt::format("{} is too large to read", what));
    case FileProblem::special:
    case FileProblem::unreadable: break;
  }
  return unknown(fmt::format("{} を読めません", what), fmt::format("{} cannot be read", what));
}

/// What all looks at one machine share.
struct Machine::Opened {
  explicit Opened(const std::filesystem::path& at)
      : root(std::filesystem::weakly_canonical(at)),
        fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

  std::filesystem::path root;
  Descriptor fd;
  std::once_flag once;
  FileResult<PackageList> packages = std::unexpected(FileProblem::missing);

  std::once_flag others_once;
  PackageList others;
  std::set<std::string> others_seen;            // files that they were read from
  std::map<std::string, Text> others_not_read;  // and those that couldn't be, with why
};

Machine::Machine(const std::filesystem::path& root) : opened_(std::make_shared<Opened>(root)) {}

const std::filesystem::path& Machine::root() const { return opened_->root; }

Machine Machine::watched(Trace& trace) const {
  Machine copy = *this;
  copy.trace_ = &trace;
  return copy;
}

void Machine::gap(Finding why) const {
  if (trace_ != nullptr) trace_->gap(std::move(why));
}

void Machine::not_understood(std::string_view what, std::string_view text) const {
  const std::string shown =
      text.empty() ? printable(what, 200)
                   : fmt::format("{} ({})", printable(what, 200), printable(trim(text), 80));
  gap(unknown(fmt::format("{} を読み解けません。設定を見て確かめてください", shown),
              fmt::format("{} is not understood; look at it yourself", shown)));
}

template <typename T>
FileResult<T> Machine::noted(const std::string& path, FileResult<T> result) const {
  if (trace_ == nullptr) return result;
  if (result)
    trace_->saw(path);
  else if (result.error() != FileProblem::missing)
    trace_->gap(unreadable(path, result.error()));
  return result;
}

FileResult<int> Machine::open(const std::string& path, int flags) const {
  // openat2 refuses flags that make no sense together, as O_NONBLOCK with O_PATH.
  flags |= O_CLOEXEC | ((flags & O_PATH) == 0 ? O_NONBLOCK : 0);
  open_how how{};
  how.flags = static_cast<__u64>(flags);
  how.resolve = RESOLVE_IN_ROOT;
  long fd = ::syscall(SYS_openat2, opened_->fd.get(), path.c_str(), &how, sizeof how);
  // Old kernels and some container engines refuse openat2; on the running system nothing is lost.
  if (fd < 0 && live() && (errno == ENOSYS || errno == EPERM)) fd = ::open(path.c_str(), flags);
  if (fd < 0) return std::unexpected(file_problem(errno));
  return static_cast<int>(fd);
}

FileResult<std::string> Machine::read(const std::string& path, std::size_t max_bytes) const {
  auto content = raw(path, max_bytes + 1);
  if (content && content->size() > max_bytes) content = std::unexpected(FileProblem::too_large);
  if (trace_ != nullptr && content) trace_->read(path);
  return noted(path, std::move(content));
}

FileResult<std::string> Machine::read_start(const std::string& path, std::size_t bytes) const {
  return noted(path, raw(path, bytes));
}

FileResult<std::string> Machine::raw(const std::string& path, std::size_t bytes) const {
  const auto fd = open(path, O_RDONLY | O_NOCTTY);
  if (!fd) return std::unexpected(fd.error());
  return read_start_of(Descriptor(*fd), bytes);
}

FileResult<std::vector<std::string>> Machine::list(const std::string& folder) const {
  auto names = raw_list(folder);
  if (names && names->size() == kMostEntries) names = std::unexpected(FileProblem::too_large);
  return noted(folder, std::move(names));
}

FileResult<std::vector<std::string>> Machine::raw_list(const std::string& folder) const {
  const auto fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return std::unexpected(fd.error());
  DIR* stream = ::fdopendir(*fd);
  if (stream == nullptr) {
    ::close(*fd);
    return std::unexpected(FileProblem::unreadable);
  }
  std::vector<std::string> names;
  // Each stream is this call's own, which readdir is safe for.
  while (const dirent* entry = ::readdir(stream)) {  // NOLINT(concurrency-mt-unsafe)
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && names.size() < kMostEntries) names.emplace_back(name);
  }
  ::closedir(stream);
  std::ranges::sort(names);
  return names;
}

std::string Machine::link_target(const std::string& path) const {
  const auto fd = open(path, O_PATH | O_NOFOLLOW);
  if (!fd) return {};
  const Descriptor link(*fd);
  std::string target(4096, '\0');
  const ssize_t length = ::readlinkat(link.get(), "", target.data(), target.size());
  target.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return target;
}

FileResult<FileFacts> Machine::facts(const std::string& path) const {
  const auto fd = open(path, O_PATH);
  if (!fd) return noted(path, FileResult<FileFacts>(std::unexpected(fd.error())));
  const Descriptor file(*fd);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(file_problem(errno));
  return noted(path, FileResult<FileFacts>(FileFacts{
                         status.st_mode, status.st_uid, status.st_gid, status.st_dev,
                         status.st_rdev, Time(std::chrono::seconds(status.st_mtim.tv_sec))}));
}

std::string Machine::acl(const std::string& path) const {
  const auto fd = open(path, O_PATH);
  if (!fd) return {};
  const Descriptor file(*fd);
  std::string value(4096, '\0');
  const std::string link = fmt::format("/proc/self/fd/{}", file.get());
  const ssize_t length =
      ::getxattr(link.c_str(), "system.posix_acl_access", value.data(), value.size());
  value.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  // None there, or none on this file system, is no gap.
  if (length < 0 && errno != ENODATA && errno != EOPNOTSUPP)
    gap(unreadable(path, FileProblem::unreadable));
  return value;
}

std::expected<ProcessOutput, ProcessProblem> Machine::run(
    std::vector<std::string> arguments, const std::vector<std::string>& environment) const {
  if (!exists(arguments.front())) return std::unexpected(ProcessProblem::missing);
  const std::string program = arguments.front();
  if (!live()) arguments.insert(arguments.begin(), {"/usr/sbin/chroot", root().string()});
  auto output = run_process(
      arguments,
      ProcessLimits{.time = std::chrono::seconds(4), .output_bytes = std::size_t{32} << 20U},
      environment);
  if (trace_ != nullptr && output && output->exit_code == 0) trace_->asked(program);
  return output;
}

namespace {

/// Its programs stand where no list of places can name them. Beside another distribution's packages
/// a store has a person's own programs, not the system's.
bool keeps_store(const Machine& unwatched) {
  const auto any = [&](std::initializer_list<const char*> paths) {
    return std::ranges::any_of(paths, [&](const char* path) { return unwatched.exists(path); });
  };
  return any({"/nix/store", "/gnu/store"}) &&
         !any({"/var/lib/dpkg/status", "/var/lib/rpm", "/usr/lib/sysimage/rpm", "/lib/apk/db",
               "/usr/lib/apk/db", "/var/lib/pacman"});
}

}  // namespace

std::string Machine::program(std::string_view name) const {
  // Debian and Red Hat, Arch, what is built by hand, NixOS.
  for (const char* folder :
       {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/",
        "/run/wrappers/bin/", "/run/current-system/sw/bin/"})
    if (std::string path = folder + std::string(name); exists(path)) return path;
  Machine unwatched = *this;
  unwatched.trace_ = nullptr;
  if (keeps_store(unwatched))
    gap(unknown(fmt::format("プログラムが /nix/store や /gnu/store に置かれるシステムで、{} "
                            "があるか分かりません。設定を見て確かめてください",
                            name),
                fmt::format("programs of this system are kept in /nix/store or /gnu/store, so it "
                            "isn't known whether {} is there; look at its settings yourself",
                            name)));
  return {};
}

const FileResult<PackageList>& Machine::packages() const {
  constexpr const char* kStatus = "/var/lib/dpkg/status";
  std::call_once(opened_->once, [&] {
    const auto content = raw(kStatus, kPackageBytes);
    if (content)
      opened_->packages = parse_dpkg_status(*content);
    else
      opened_->packages = std::unexpected(content.error());
  });
  if (trace_ != nullptr && opened_->packages) trace_->saw(kStatus);
  if (!opened_->packages && opened_->packages.error() != FileProblem::missing)
    gap(unreadable(kStatus, opened_->packages.error()));
  return opened_->packages;
}

const PackageList& Machine::other_packages() const {
  std::call_once(opened_->others_once, [&] { read_other_packages(); });
  if (trace_ != nullptr)
    for (const std::string& path : opened_->others_seen) {
      trace_->read(path);
      trace_->saw(path);
    }
  for (const auto& [path, why] : opened_->others_not_read)
    gap(unknown(
        fmt::format("{} を読めません（{}）。rpm -qa や apk info で確かめてください", path, why.ja),
        fmt::format("{} can't be read ({}); see rpm -qa or apk info", path, why.en)));
  return opened_->others;
}

void Machine::read_other_packages() const {
  Opened& into = *opened_;
  const auto take = [&](const std::string& path, std::optional<PackageList> list) {
    if (list) {
      into.others.by_name.merge(list->by_name);
      into.others_seen.insert(path);
    } else {
      into.others_not_read[path] = {"読み解けない形です", "its form isn't understood"};
    }
  };
  constexpr std::size_t kMostBytes = std::size_t{512} << 20U;
  Machine unwatched = *this;
  unwatched.trace_ = nullptr;
  // Fedora's place, and the older one; where one links to the other it is read once.
  for (const std::string folder : {"/usr/lib/sysimage/rpm", "/var/lib/rpm"}) {
    const std::string path = folder + "/rpmdb.sqlite";
    auto bytes = raw(path, kMostBytes);
    const auto log = unwatched.facts(path + "-wal");
    const auto log_bytes = log ? raw(path + "-wal", 1) : FileResult<std::string>("");
    if (bytes && log_bytes && !log_bytes->empty()) {
      into.others_not_read[path] = {"書きかけの変更があります（-wal）",
                                    "changes wait in its log, -wal"};
      break;
    }
    if (bytes) {
      take(path, read_rpm_database(std::move(*bytes)));
      break;
    }
    if (bytes.error() != FileProblem::missing)
      into.others_not_read[path] = {"権限がないか、読めません", "no right to, or broken"};
    // Without dpkg's list these are what the system's packages stand in.
    for (const auto& [name, form] : {std::pair("Packages", "Berkeley DB"), {"Packages.db", "NDB"}})
      if (!unwatched.exists("/var/lib/dpkg/status") && unwatched.exists(folder + "/" + name))
        into.others_not_read[folder + "/" + name] = {fmt::format("{} の形式です", form),
                                                     fmt::format("it is in the form of {}", form)};
  }
  for (const char* path : {"/lib/apk/db/installed", "/usr/lib/apk/db/installed"}) {
    const auto text = raw(path, kPackageBytes);
    if (text) {
      take(path, parse_apk_installed(*text));
      break;
    }
    if (text.error() != FileProblem::missing)
      into.others_not_read[path] = {"権限がないか、読めません", "no right to, or broken"};
  }
}

FileResult<std::set<std::string>> Machine::processes() const {
  const auto entries = list("/proc");
  if (!entries) return std::unexpected(entries.error());
  std::set<std::string> names;
  for (const std::string& entry : *entries) {
    if (whole_number(entry) <= 0) continue;
    // A process may end while it is looked at.
    if (const auto name = raw("/proc/" + entry + "/comm", 64)) names.emplace(trim(*name));
  }
  // An empty /proc is one that isn't mounted.
  if (names.empty()) return std::unexpected(FileProblem::missing);
  return names;
}

bool Machine::container() const {
  // Marks, not sources of a verdict: what hides them takes no pass away.
  Machine unwatched = *this;
  unwatched.trace_ = nullptr;
  const auto there = [&](const char* path) { return unwatched.exists(path); };
  if (there("/.dockerenv") && there("/proc/1/root")) {
    // A virtual machine made from a container image keeps the marker; it boots a kernel of its own,
    // which has block devices of its own below /.
    const auto mounts = unwatched.read("/proc/self/mountinfo");
    if (!mounts) return true;
    for (const Mount& mount : parse_mountinfo(*mounts))
      if (mount.point == "/") return mount.type == "overlay";
  }
  return there("/run/.containerenv") || there("/run/systemd/container");
}

}  // namespace sekisho
