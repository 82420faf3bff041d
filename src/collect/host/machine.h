// A machine as the checks see it: files, accounts, packages, processes and programs below a root
// folder. Nothing here changes the machine.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/base.h"
#include "collect/host/parse.h"

namespace sekisho {

struct FileFacts {
  mode_t mode = 0;  // type and permission bits
  uid_t owner = 0;
  dev_t device = 0;   // of the file system it is on
  dev_t special = 0;  // of the device it stands for, for device files
  Time modified;

  bool others_may(mode_t bits) const { return (mode & bits & 07U) != 0; }
};

template <typename T>
using FileResult = std::expected<T, FileProblem>;

class Machine {
 public:
  /// `root` is "/" for the running system, or the folder of a container-like system. Symbolic links
  /// are followed inside it only (openat2's RESOLVE_IN_ROOT).
  explicit Machine(const std::filesystem::path& root = "/");
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// It is the running system, so its kernel's state is its own.
  bool live() const { return root_ == "/"; }
  const std::filesystem::path& root() const { return root_; }

  /// A regular file's content; paths are absolute, as the machine itself names them.
  FileResult<std::string> read(const std::string& path,
                               std::size_t max_bytes = std::size_t{1} << 20U) const;
  /// At most the first `bytes` of it.
  FileResult<std::string> read_start(const std::string& path, std::size_t bytes) const;
  /// The names in a folder, sorted; at most 20,000.
  FileResult<std::vector<std::string>> list(const std::string& folder) const;
  FileResult<FileFacts> facts(const std::string& path) const;
  bool exists(const std::string& path) const { return facts(path).has_value(); }

  /// Runs a program of the machine by path; below another root through chroot, which needs root.
  std::expected<ProcessOutput, ProcessProblem> run(
      std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) const;

  /// The accounts of /etc/passwd.
  FileResult<std::vector<Account>> accounts() const;
  /// The accounts that people sign in with: uid 1000 to 59999 with a shell, and whoever runs this.
  FileResult<std::vector<Account>> people() const;
  /// Installed packages of dpkg, read once.
  const FileResult<PackageList>& packages() const;
  /// Names of running processes (/proc/*/comm).
  FileResult<std::set<std::string>> processes() const;
  /// It runs as a container, whose kernel and disks are its host's.
  bool container() const;

 private:
  struct Cache;
  FileResult<int> open(const std::string& path, int flags) const;

  std::filesystem::path root_;
  int root_fd_ = -1;
  std::unique_ptr<Cache> cache_;
};

}  // namespace sekisho
