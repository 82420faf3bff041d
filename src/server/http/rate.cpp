// SPDX-License-Identifier: Apache-2.0
#include "server/http/rate.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sekisho {
namespace {

constexpr std::size_t kBuckets = std::size_t{1} << 16U;

/// Of this process: nobody can look for names that share a victim's buckets.
const std::array<unsigned char, crypto_shorthash_KEYBYTES>& key() {
  static const auto made = [] {
    if (sodium_init() < 0) std::abort();
    std::array<unsigned char, crypto_shorthash_KEYBYTES> fresh{};
    randombytes_buf(fresh.data(), fresh.size());
    return fresh;
  }();
  return made;
}

}  // namespace

RateLimit::RateLimit(Bounds bounds) : bounds_(bounds), buckets_(kBuckets) {}

bool RateLimit::allow(std::string_view who, Moment now) {
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(who.data()), who.size(),
                   key().data());
  std::array<std::uint32_t, 2> places{};
  std::memcpy(places.data(), hash.data(), sizeof places);
  const std::lock_guard lock(mutex_);
  bool allowed = false;
  for (const std::uint32_t place : places) {
    Bucket& bucket = buckets_[place % kBuckets];
    const float passed = std::max(0.0F, std::chrono::duration<float>(now - bucket.at).count());
    bucket.used = std::max(0.0F, bucket.used - bounds_.a_second * passed);
    bucket.at = std::max(bucket.at, now);
    if (bucket.used > bounds_.at_once - 1) continue;
    bucket.used += 1;
    allowed = true;
  }
  return allowed;
}

}  // namespace sekisho
