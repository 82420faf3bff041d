// SPDX-License-Identifier: Apache-2.0
// Internal to the room: where PAM knocks. Root alone is heard; each in a thread of its own, of
// which there is a bound: whoever comes when all are busy is told no at once.
#pragma once

#include <functional>
#include <memory>

#include "guard/knock.h"
#include "server/enforcers/local_socket.h"

namespace sekisho {

class Door {
 public:
  using Answer = std::function<DoorAnswer(const Knock&, pid_t asker)>;
  static Result<std::unique_ptr<Door>> open(const std::filesystem::path& path, Answer answer);
  /// Everybody was answered by then.
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

 private:
  struct Impl;
  explicit Door(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
