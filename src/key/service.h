// SPDX-License-Identifier: Apache-2.0
// The two sockets: `key.sock` for the PKCS #11 module, `ssh.sock` for SSH. One thread, and nobody
// waits for a program that doesn't finish what it says.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "key/signer.h"

namespace sekisho {

class KeyService {
 public:
  /// Makes the sockets in `folder`, in place of those that a service before left there.
  static Result<KeyService> open(const std::filesystem::path& folder, Signer signer);
  ~KeyService();
  KeyService(KeyService&&) noexcept;
  KeyService& operator=(KeyService&&) noexcept;
  KeyService(const KeyService&) = delete;
  KeyService& operator=(const KeyService&) = delete;

  /// Until `ending`; `tell` hears every hour of the signatures in it, if there were any.
  void run(const std::atomic<bool>& ending, const std::function<void(const KeyUse&)>& tell);

 private:
  struct Impl;
  explicit KeyService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sekisho
