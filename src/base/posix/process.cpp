// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is POSIX
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace sekisho {
namespace {

using Clock = std::chrono::steady_clock;

/// The two ends of a pipe, closed at the end of its scope.
struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  bool open() { return ::pipe2(ends.data(), O_CLOEXEC) == 0; }
  void close_end(std::size_t i) {
    if (ends.at(i) >= 0) ::close(std::exchange(ends.at(i), -1));
  }
};

/// posix_spawn's attributes, released at the end of their scope.
struct SpawnSettings {
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (std::string& s : strings) list.push_back(s.data());
  list.push_back(nullptr);
  return list;
}

std::expected<pid_t, ProcessProblem> spawn(std::vector<std::string> arguments,
                                           std::vector<std::string> environment, Pipe& out,
                                           Pipe& err) {
  SpawnSettings settings;
  posix_spawn_file_actions_addopen(&settings.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&settings.actions, out.ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, err.ends[1], STDERR_FILENO);
  // What whoever started us ignores or blocks is not for the child.
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawnattr_setflags(&settings.attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&settings.attributes, 0);
  pid_t child = -1;
  const std::string program = arguments[0];
  const int error = ::posix_spawn(&child, program.c_str(), &settings.actions, &settings.attributes,
                                  pointers(arguments).data(), pointers(environment).data());
  if (error == ENOENT || error == EACCES) return std::unexpected(ProcessProblem::missing);
  if (error != 0) return std::unexpected(ProcessProblem::failed);
  return child;
}

/// Reads both streams until they end, the time is up, or there is too much.
std::expected<void, ProcessProblem> collect(Pipe& out, Pipe& err, ProcessOutput& result,
                                            const ProcessLimits& limits, Clock::time_point end,
                                            const std::function<void(std::string_view)>& told) {
  std::string block(std::size_t{1} << 16U, '\0');
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return std::unexpected(ProcessProblem::timed_out);
    std::array<pollfd, 2> wanted{{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
    const int ready = ::poll(wanted.data(), wanted.size(), static_cast<int>(left.count()) + 1);
    if (ready < 0 && errno != EINTR) return std::unexpected(ProcessProblem::failed);
    if (ready <= 0) continue;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted.at(i).fd < 0 || wanted.at(i).revents == 0) continue;
      const ssize_t count = ::read(wanted.at(i).fd, block.data(), block.size());
      if (count > 0)
        (i == 0 ? result.out : result.err).append(block, 0, static_cast<std::size_t>(count));
      if (count > 0 && i == 1 && told) told(result.err);
      if (count == 0) (i == 0 ? out : err).close_end(0);
    }
    if (result.out.size() + result.err.size() > limits.output_bytes)
      return std::unexpected(ProcessProblem::too_much);
  }
  return {};
}

}  // namespace

std::expected<ProcessOutput, ProcessProblem> run_process(
    const std::vector<std::string>& arguments, const ProcessLimits& limits,
    const std::vector<std::string>& environment,
    const std::function<void(std::string_view)>& told) {
  std::vector<std::string> clean{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  clean.insert(clean.end(), environment.begin(), environment.end());
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open()) return std::unexpected(ProcessProblem::failed);
  const auto end = Clock::now() + limits.time;
  const auto child = spawn(arguments, std::move(clean), out, err);
  if (!child) return std::unexpected(child.error());
  out.close_end(1);
  err.close_end(1);

  ProcessOutput result;
  auto collected = collect(out, err, result, limits, end, told);
  int status = 0;
  // A program may close its output and go on: the bound holds for its end as well. Where SIGCHLD is
  // ignored (inherited from whoever started us) the kernel keeps no status: how it ended is not
  // known then, and must not be taken for a good end.
  while (collected) {
    const pid_t ended = ::waitpid(*child, &status, WNOHANG);
    if (ended == *child) break;
    if (ended < 0 && errno != EINTR) return std::unexpected(ProcessProblem::failed);
    if (Clock::now() >= end) collected = std::unexpected(ProcessProblem::timed_out);
    ::usleep(1000);
  }
  if (!collected) {
    ::kill(-*child, SIGKILL);
    while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
    return std::unexpected(collected.error());
  }
  if (!WIFEXITED(status)) return std::unexpected(ProcessProblem::failed);
  result.exit_code = WEXITSTATUS(status);
  return result;
}

}  // namespace sekisho
