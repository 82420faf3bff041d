// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the sessions that a guard holds, remembered in a file, so that they are
// known after it was started anew.
#pragma once

#include <map>
#include <mutex>

#include "guard/session_group.h"
#include "server/enforcers/message.h"

namespace sekisho {

struct HeldSession {
  SessionToken token;
  CutHandle handle;
  AskToEnter asked;  // to be asked again where the server has forgotten it
  SessionGroup group;
};

class HeldSessions {
 public:
  /// Remembered in `file`.
  explicit HeldSessions(std::filesystem::path file) : file_(std::move(file)) {}

  /// What was remembered. What can't be read is an error: then it isn't known who is in.
  Result<void> recall();
  Result<void> add(HeldSession session);
  void remove(const CutHandle& handle);
  /// The server knows it by another token from now on.
  void renew(const CutHandle& handle, const SessionToken& token);
  std::optional<HeldSession> with(const SessionToken& token) const;
  std::vector<HeldSession> all() const;

 private:
  Result<void> remember() const;
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::map<CutHandle, HeldSession> sessions_;
};

}  // namespace sekisho
