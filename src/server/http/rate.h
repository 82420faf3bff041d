// How much anyone may ask for: a bucket of tokens for each person or address.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace sekisho {

class RateLimit {
 public:
  /// Whether `who` may ask once more now: 200 a second, up to 1,000 at once.
  bool allow(const std::string& who, Time now);

 private:
  struct Bucket {
    double left = 0;
    Time filled;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  Time swept_;
};

}  // namespace sekisho
