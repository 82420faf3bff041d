// SPDX-License-Identifier: Apache-2.0
// guard: SSH under Sekisho's decisions. On a server that people log in to it answers PAM, keeps all
// that a log-in starts in one control group, and ends that when the server says so.
//
// May enter: PAM's questions, sshd's keys, control groups, the enforcers' protocol.
// May not enter: how it is decided who may.
#pragma once

#include <functional>
#include <memory>

#include "guard/knock.h"
#include "guard/settings.h"

namespace sekisho {

struct GuardOptions {
  GuardSettings settings;
  std::filesystem::path folder;  // of the door and of what is remembered; for root alone
  std::function<void(const Text&)> log;
};

class Guard {
 public:
  static Result<std::unique_ptr<Guard>> start(GuardOptions options);
  /// Sessions go on; the next guard finds them.
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// What a process is told at the door.
  DoorAnswer answer(const Knock& knock, pid_t asker);
  std::size_t sessions() const;

 private:
  struct Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// In the guard's folder.
inline constexpr std::string_view kDoorName = "door";

/// What `sekisho access keys` asks the guard: lines as sshd wants them. `offered`: the key that
/// sshd was offered just now, as "TYPE BASE64"; may be empty.
Result<std::string> keys_of_login(const std::filesystem::path& door, const std::string& login,
                                  const std::string& offered);

}  // namespace sekisho
