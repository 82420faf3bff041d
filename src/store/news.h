// SPDX-License-Identifier: Apache-2.0
// Being told by PostgreSQL (LISTEN, NOTIFY) that something was committed, instead of asking again
// and again. What is told says only that there is something to read; a message that is lost delays,
// and misleads nobody.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/base.h"

namespace sekisho {

class News {
 public:
  virtual ~News() = default;
  /// Whether something was told within that time. An error: the connection is gone.
  virtual Result<bool> wait(std::chrono::milliseconds most) = 0;
};

/// Listens at `address` (postgres://…); `channel` is a plain name of ours.
Result<std::unique_ptr<News>> listen_for_news(const std::string& address,
                                              const std::string& channel);

}  // namespace sekisho
