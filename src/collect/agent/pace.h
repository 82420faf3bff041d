// SPDX-License-Identifier: Apache-2.0
// Internal to the room: how long to wait before what failed is tried again.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace sekisho {

inline constexpr std::chrono::seconds kFirstRetry{15};
inline constexpr std::chrono::seconds kLastRetry{600};

/// Up to a fifth more or less, so that a thousand devices don't come all at once.
inline std::chrono::seconds about(std::chrono::seconds time) {
  static thread_local std::mt19937 random{std::random_device{}()};
  const auto fifth = std::max<std::int64_t>(1, time.count() / 5);
  return time +
         std::chrono::seconds(std::uniform_int_distribution<std::int64_t>(-fifth, fifth)(random));
}

}  // namespace sekisho
