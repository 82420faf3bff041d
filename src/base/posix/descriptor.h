// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstddef>
#include <expected>
#include <string>

#include "base/file.h"

namespace sekisho {

/// Closes a file descriptor at the end of its scope; a negative one stands for none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// What an errno of opening or reading means for a file.
FileProblem file_problem(int error);

/// At most the first `bytes` of an open regular file, from where it stands.
std::expected<std::string, FileProblem> read_start_of(const Descriptor& file, std::size_t bytes);

}  // namespace sekisho
