#include "server/http/rate.h"

#include <algorithm>

namespace sekisho {
namespace {

constexpr double kRefill = 200;  // a second
constexpr double kMost = 1000;
constexpr std::size_t kRemembered = 50'000;

}  // namespace

bool RateLimit::allow(const std::string& who, Time now) {
  const std::lock_guard lock(mutex_);
  // A full bucket is the same as none: those can be forgotten.
  if (buckets_.size() > kRemembered && swept_ != now) {
    swept_ = now;
    std::erase_if(buckets_, [&](const auto& entry) {
      return now - entry.second.filled > std::chrono::seconds(10);
    });
  }
  if (buckets_.size() > kRemembered) return false;
  const auto [found, added] = buckets_.try_emplace(who, Bucket{kMost, now});
  Bucket& bucket = found->second;
  bucket.left =
      std::min(kMost, bucket.left + kRefill * static_cast<double>((now - bucket.filled).count()));
  bucket.filled = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace sekisho
