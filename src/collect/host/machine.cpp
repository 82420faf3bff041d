#include "collect/host/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "base/posix/descriptor.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostEntries = 20'000;
constexpr std::size_t kPackageBytes = std::size_t{64} << 20U;

}  // namespace

struct Machine::Cache {
  std::once_flag once;
  FileResult<PackageList> packages = std::unexpected(FileProblem::missing);
};

Machine::Machine(const std::filesystem::path& root)
    : root_(std::filesystem::weakly_canonical(root)),
      root_fd_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      cache_(std::make_unique<Cache>()) {}

Machine::~Machine() {
  if (root_fd_ >= 0) ::close(root_fd_);
}

FileResult<int> Machine::open(const std::string& path, int flags) const {
  // openat2 refuses flags that make no sense together, as O_NONBLOCK with O_PATH.
  flags |= O_CLOEXEC | ((flags & O_PATH) == 0 ? O_NONBLOCK : 0);
  open_how how{};
  how.flags = static_cast<__u64>(flags);
  how.resolve = RESOLVE_IN_ROOT;
  long fd = ::syscall(SYS_openat2, root_fd_, path.c_str(), &how, sizeof how);
  // Old kernels and some container engines refuse openat2; on the running system nothing is lost.
  if (fd < 0 && live() && (errno == ENOSYS || errno == EPERM)) fd = ::open(path.c_str(), flags);
  if (fd < 0) return std::unexpected(file_problem(errno));
  return static_cast<int>(fd);
}

FileResult<std::string> Machine::read(const std::string& path, std::size_t max_bytes) const {
  auto content = read_start(path, max_bytes + 1);
  if (content && content->size() > max_bytes) return std::unexpected(FileProblem::too_large);
  return content;
}

FileResult<std::string> Machine::read_start(const std::string& path, std::size_t bytes) const {
  const auto fd = open(path, O_RDONLY | O_NOCTTY);
  if (!fd) return std::unexpected(fd.error());
  return read_start_of(Descriptor(*fd), bytes);
}

FileResult<std::vector<std::string>> Machine::list(const std::string& folder) const {
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

FileResult<FileFacts> Machine::facts(const std::string& path) const {
  const auto fd = open(path, O_PATH);
  if (!fd) return std::unexpected(fd.error());
  const Descriptor file(*fd);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return std::unexpected(file_problem(errno));
  return FileFacts{status.st_mode, status.st_uid, status.st_dev, status.st_rdev,
                   Time(std::chrono::seconds(status.st_mtim.tv_sec))};
}

std::expected<ProcessOutput, ProcessProblem> Machine::run(
    std::vector<std::string> arguments, const std::vector<std::string>& environment) const {
  if (!exists(arguments.front())) return std::unexpected(ProcessProblem::missing);
  if (!live()) arguments.insert(arguments.begin(), {"/usr/sbin/chroot", root_.string()});
  return run_process(
      arguments,
      ProcessLimits{.time = std::chrono::seconds(4), .output_bytes = std::size_t{32} << 20U},
      environment);
}

FileResult<std::vector<Account>> Machine::accounts() const {
  const auto content = read("/etc/passwd");
  if (!content) return std::unexpected(content.error());
  return parse_passwd(*content);
}

FileResult<std::vector<Account>> Machine::people() const {
  auto all = accounts();
  if (!all) return all;
  std::erase_if(*all, [&](const Account& account) {
    const bool shell = !account.shell.ends_with("/nologin") && !account.shell.ends_with("/false");
    const bool person = account.uid >= 1000 && account.uid < 60'000 && shell;
    return !person && (!live() || account.uid != ::getuid());
  });
  return all;
}

const FileResult<PackageList>& Machine::packages() const {
  std::call_once(cache_->once, [&] {
    const auto content = read("/var/lib/dpkg/status", kPackageBytes);
    if (content)
      cache_->packages = parse_dpkg_status(*content);
    else
      cache_->packages = std::unexpected(content.error());
  });
  return cache_->packages;
}

FileResult<std::set<std::string>> Machine::processes() const {
  const auto entries = list("/proc");
  if (!entries) return std::unexpected(entries.error());
  std::set<std::string> names;
  for (const std::string& entry : *entries) {
    if (whole_number(entry) <= 0) continue;
    if (const auto name = read("/proc/" + entry + "/comm", 64)) names.emplace(trim(*name));
  }
  // An empty /proc is one that isn't mounted.
  if (names.empty()) return std::unexpected(FileProblem::missing);
  return names;
}

bool Machine::container() const {
  if (exists("/.dockerenv") && exists("/proc/1/root")) {
    // A virtual machine made from a container image keeps the marker; it boots a kernel of its own,
    // which has block devices of its own below /.
    const auto mounts = read("/proc/self/mountinfo");
    if (!mounts) return true;
    for (const Mount& mount : parse_mountinfo(*mounts))
      if (mount.point == "/") return mount.type == "overlay";
  }
  return exists("/run/.containerenv") || exists("/run/systemd/container");
}

}  // namespace sekisho
