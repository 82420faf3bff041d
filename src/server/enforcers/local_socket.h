// SPDX-License-Identifier: Apache-2.0
// Unix sockets for their owner and root alone, and who is at the other end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>

#include "base/result.h"

namespace sekisho {

enum class LocalKind : std::uint8_t { stream, packets };

struct LocalPeer {
  pid_t pid = 0;
  uid_t uid = 0;
};
/// As the kernel says (SO_PEERCRED).
std::optional<LocalPeer> peer_of(int socket);

/// A connection that doesn't block; -1 where nobody listens.
int connect_local(const std::filesystem::path& path, LocalKind kind);

class LocalListener {
 public:
  /// Mode 0600. A socket that nobody listens at any more is taken away; one that is in use, and any
  /// other file, is left alone, and an error.
  static Result<LocalListener> open(const std::filesystem::path& path, LocalKind kind);
  ~LocalListener();
  LocalListener(LocalListener&& other) noexcept;
  LocalListener& operator=(LocalListener&&) = delete;
  LocalListener(const LocalListener&) = delete;
  LocalListener& operator=(const LocalListener&) = delete;

  /// The next connection, which doesn't block; -1 where none came.
  int accept(std::chrono::milliseconds wait) const;

 private:
  LocalListener(int socket, std::filesystem::path path);
  int socket_;
  std::filesystem::path path_;
};

}  // namespace sekisho
