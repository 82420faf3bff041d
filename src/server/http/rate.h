// SPDX-License-Identifier: Apache-2.0
// How much anyone may ask for: a bucket of tokens for each person or address. By a steady clock:
// one that is set must neither refuse nor forgive.
#pragma once

#include <chrono>
#include <mutex>
#include <string_view>
#include <vector>

namespace sekisho {

class RateLimit {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  struct Bounds {
    float a_second = 200;
    float at_once = 1000;
  };
  RateLimit() : RateLimit(Bounds{}) {}
  explicit RateLimit(Bounds bounds);
  /// Whether `who` may ask once more now.
  bool allow(std::string_view who, Moment now = std::chrono::steady_clock::now());

 private:
  struct Bucket {
    float used = 0;  // at `at`; it drains
    Moment at;
  };
  Bounds bounds_;
  std::mutex mutex_;
  /// As many as there are, whoever comes: a name's two buckets are found by a keyed hash, and only
  /// who finds both drained is refused.
  std::vector<Bucket> buckets_;
};

}  // namespace sekisho
