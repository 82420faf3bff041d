// SPDX-License-Identifier: Apache-2.0
#include "store/pool.h"

namespace sekisho {
namespace {

/// More than handlers' threads and jobs; what a rush opened beyond it is closed again.
constexpr std::size_t kMostWaiting = 16;

}  // namespace

Result<std::unique_ptr<Pool::Lease>> Pool::take() {
  std::unique_ptr<Database> db;
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      db = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (!db) {
    auto fresh = open_();
    if (!fresh) return std::unexpected(fresh.error());
    db = std::move(*fresh);
  }
  return std::make_unique<Lease>(*this, std::move(db));
}

std::size_t Pool::waiting() const {
  const std::lock_guard lock(mutex_);
  return free_.size();
}

void Pool::give_back(std::unique_ptr<Database> db) noexcept {
  try {
    if (!db->idle()) return;
    const std::lock_guard lock(mutex_);
    if (free_.size() < kMostWaiting) free_.push_back(std::move(db));
  } catch (...) {  // no memory: this one is closed
    return;
  }
}

}  // namespace sekisho
