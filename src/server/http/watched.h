// SPDX-License-Identifier: Apache-2.0
// Files that are read at the start and may be renewed while the server runs: certificates, secrets.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// Whether files look otherwise than when they were last looked at.
class WatchedFiles {
 public:
  explicit WatchedFiles(std::vector<std::string> paths);
  bool changed();
  /// What was seen last could not be used: they count as changed until it could.
  void forget() { stamps_.clear(); }

 private:
  struct Stamp {
    long long seconds = 0;
    long long nanoseconds = 0;
    unsigned long long inode = 0;
    long long size = -1;  // not there
    bool operator==(const Stamp&) const = default;
  };
  static Stamp stamp_of(const std::string& path);
  std::vector<std::string> paths_;
  std::vector<Stamp> stamps_;
};

/// A secret that lies in a file. From any thread.
class SecretFile {
 public:
  /// Fails when the file can't be read, or nothing is in it.
  static Result<std::shared_ptr<SecretFile>> open(const std::string& path);
  std::string value() const;
  /// Reads it anew when it has changed, or when told to; keeps what it had when that fails.
  Result<void> refresh(bool now);

 private:
  explicit SecretFile(const std::string& path) : path_(path), watched_({path}) {}
  Result<void> read();
  std::string path_;
  mutable std::mutex mutex_;
  WatchedFiles watched_;
  std::string value_;
};

}  // namespace sekisho
