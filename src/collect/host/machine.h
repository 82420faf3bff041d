// SPDX-License-Identifier: Apache-2.0
// A machine as the checks see it: files, accounts, packages, processes and programs below a root
// folder. Nothing here changes the machine.
//
// What a look meets is noted in its Trace. A pass is a proof, so what was there and could not be
// read, or was read and not understood, takes the pass away, whichever check it is and whether or
// not the check thought of it.
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
#include "evidence/finding.h"

namespace sekisho {

struct FileFacts {
  mode_t mode = 0;  // type and permission bits
  uid_t owner = 0;
  gid_t group = 0;
  dev_t device = 0;   // of the file system it is on
  dev_t special = 0;  // of the device it stands for, for device files
  Time modified;

  bool others_may(mode_t bits) const { return (mode & bits & 07U) != 0; }
};

template <typename T>
using FileResult = std::expected<T, FileProblem>;

/// What one look at a machine met.
class Trace {
 public:
  /// A file, folder or program is there;
  void saw(const std::string& source) { seen_.insert(source); }
  /// and its content was had.
  void read(const std::string& source) { read_.insert(source); }
  /// A program was run and answered.
  void asked(const std::string& program) {
    saw(program);
    asked_.insert(program);
  }
  /// A value that was held against another.
  void compared(Compared one) { compared_.add(std::move(one)); }
  /// Something that may decide could not be read or understood; `why` is the unknown to be told.
  void gap(Finding why) { gaps_.push_back(std::move(why)); }

  const std::set<std::string>& seen() const { return seen_; }
  const std::set<std::string>& contents() const { return read_; }
  const std::set<std::string>& programs() const { return asked_; }
  const Basis& comparisons() const { return compared_; }
  const std::vector<Finding>& gaps() const { return gaps_; }

 private:
  std::set<std::string> seen_;
  std::set<std::string> read_;
  std::set<std::string> asked_;
  Basis compared_;
  std::vector<Finding> gaps_;
};

class Machine {
 public:
  /// `root` is "/" for the running system, or the folder of a container-like system. Symbolic links
  /// are followed inside it only (openat2's RESOLVE_IN_ROOT).
  explicit Machine(const std::filesystem::path& root = "/");

  /// The same machine for one look: what it meets is noted in `trace`, which must outlive it.
  Machine watched(Trace& trace) const;
  /// Notes that `what` (a file, or "file:line") says something that this program can't place.
  void not_understood(std::string_view what, std::string_view text = {}) const;
  /// Notes that a source other than a file or program was asked.
  void saw(const std::string& source) const {
    if (trace_ != nullptr) trace_->saw(source);
  }
  /// Notes a value that `place` (a file, or "file:line") has, and what it was held against.
  void compared(std::string_view place, std::string seen, std::string limit = {}) const {
    compared({.place = std::string(place), .seen = std::move(seen), .limit = std::move(limit)});
  }
  void compared(Compared one) const {
    if (trace_ != nullptr) trace_->compared(std::move(one));
  }
  /// Notes any other reason why a pass can't be given.
  void gap(Finding why) const;

  /// It is the running system, so its kernel's state is its own.
  bool live() const { return root() == "/"; }
  const std::filesystem::path& root() const;

  /// A regular file's content; paths are absolute, as the machine itself names them. What is there
  /// but can't be read is a gap; what is missing isn't.
  FileResult<std::string> read(const std::string& path,
                               std::size_t max_bytes = std::size_t{1} << 20U) const;
  /// At most the first `bytes` of it.
  FileResult<std::string> read_start(const std::string& path, std::size_t bytes) const;
  /// The names in a folder, sorted; at most 20,000.
  FileResult<std::vector<std::string>> list(const std::string& folder) const;
  FileResult<FileFacts> facts(const std::string& path) const;
  bool exists(const std::string& path) const { return facts(path).has_value(); }
  /// The rights that a file has besides its mode (acl(5)), as the kernel keeps them; empty for
  /// none.
  std::string acl(const std::string& path) const;
  /// What a symbolic link says, whether or not that is there; empty for all else.
  std::string link_target(const std::string& path) const;

  /// Where a program is, of the folders that distributions keep programs in; empty when nowhere.
  std::string program(std::string_view name) const;
  /// Runs a program of the machine by path; below another root through chroot, which needs root.
  std::expected<ProcessOutput, ProcessProblem> run(
      std::vector<std::string> arguments, const std::vector<std::string>& environment = {}) const;

  /// The accounts and groups of /etc/passwd, /etc/group and Ubuntu's /var/lib/extrausers; a line
  /// of them that isn't clear is a gap. Other sources (a domain) aren't in them: see people.h.
  FileResult<std::vector<Account>> accounts() const;
  FileResult<std::vector<Group>> groups() const;
  /// The accounts that people sign in with: those with a shell from UID_MIN on, those with a home
  /// below /home, and whoever runs this. That others come from elsewhere is a gap.
  FileResult<std::vector<Account>> people() const;
  /// Installed packages of dpkg, read once.
  const FileResult<PackageList>& packages() const;
  /// Those of rpm and apk. What isn't among them may be there under a name that isn't known here:
  /// that a package is missing proves nothing.
  const PackageList& other_packages() const;
  /// Names of running processes (/proc/*/comm).
  FileResult<std::set<std::string>> processes() const;
  /// It runs as a container, whose kernel and disks are its host's.
  bool container() const;

 private:
  struct Opened;
  FileResult<int> open(const std::string& path, int flags) const;
  FileResult<std::string> raw(const std::string& path, std::size_t bytes) const;
  FileResult<std::vector<std::string>> raw_list(const std::string& folder) const;
  void read_other_packages() const;
  template <typename T>
  FileResult<T> noted(const std::string& path, FileResult<T> result) const;

  std::shared_ptr<Opened> opened_;
  Trace* trace_ = nullptr;
};

/// Unknown, because `what` could not be read, with how to let it be read.
Finding unreadable(std::string_view what, FileProblem problem);

}  // namespace sekisho
