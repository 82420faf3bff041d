// SPDX-License-Identifier: Apache-2.0
// Generated inputs that are held against real programs. The seed is fixed, so that a run can be had
// again; SEKISHO_LONG=1 asks for the long form.
#pragma once

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sekisho {

inline int cases(int in_short, int in_long) {
  return std::getenv("SEKISHO_LONG") == nullptr ? in_short
                                                : in_long;  // NOLINT(concurrency-mt-unsafe)
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  bool once_in(int count) { return below(count) == 0; }
  template <typename T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(below(static_cast<int>(all.size())))];
  }
  std::string word(std::initializer_list<const char*> all) {
    return *(all.begin() + below(static_cast<int>(all.size())));
  }

 private:
  std::mt19937 random_;
};

/// Where a judgement is stricter than the truth, by the class of what was generated. One of no
/// class is a fault of the judgement.
class Stricter {
 public:
  /// The first of `classes` whose sign stands in `shown`; false where none does.
  bool note(std::string_view shown,
            std::initializer_list<std::pair<const char*, const char*>> classes) {
    for (const auto& [sign, name] : classes)
      if (shown.find(sign) != std::string_view::npos) {
        ++counts_[name];
        return true;
      }
    return false;
  }
  int count() const {
    int all = 0;
    for (const auto& [name, count] : counts_) all += count;
    return all;
  }
  /// In the long form, what docs/proofs.md lists.
  void print(std::string_view title) const {
    if (std::getenv("SEKISHO_LONG") == nullptr) return;  // NOLINT(concurrency-mt-unsafe)
    fmt::print(stderr, "{}\n", title);
    for (const auto& [name, count] : counts_) fmt::print(stderr, "  {:4} {}\n", count, name);
  }

 private:
  std::map<std::string, int> counts_;
};

/// Runs `work` in a process of its own that is root in namespaces of its own, whoever runs the
/// test; gives what it returns, one complaint a line, and a complaint when that can't be had.
inline std::string in_namespaces(int kinds, const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const uid_t uid = ::getuid();
  const gid_t gid = ::getgid();
  const pid_t child = ::fork();
  if (child == 0) {
    std::string complaint;
    if (uid != 0) kinds |= CLONE_NEWUSER;
    if (::unshare(kinds) != 0) {
      complaint = "no namespaces can be had here";
    } else {
      if (uid != 0) {
        std::ofstream("/proc/self/setgroups") << "deny";
        std::ofstream("/proc/self/uid_map") << fmt::format("0 {} 1", uid);
        std::ofstream("/proc/self/gid_map") << fmt::format("0 {} 1", gid);
      }
      complaint = work();
    }
    for (std::size_t at = 0; at < complaint.size();) {
      const ssize_t count = ::write(ends[1], complaint.data() + at, complaint.size() - at);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string complaints;
  char block[4096];
  for (ssize_t count = 0; (count = ::read(ends[0], block, sizeof block)) > 0;)
    complaints.append(block, static_cast<std::size_t>(count));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) complaints += "\nthe process broke off";
  return complaints;
}

}  // namespace sekisho
