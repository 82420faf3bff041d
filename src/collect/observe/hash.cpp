#include "collect/observe/hash.h"

namespace sekisho {
namespace {

// gcc builds it for what the processor has and chooses at the start; sanitizers run before that.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define SEKISHO_FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SEKISHO_FOR_EACH_PROCESSOR
#endif

/// All as if they were IPv4: the loop has no branch, so that it is done in vectors.
SEKISHO_FOR_EACH_PROCESSOR void hash_v4(const HashKey& key, const Address* addresses,
                                        std::uint64_t* hashes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    SipHash<1, 3> hash(key);
    hash.word((std::uint64_t{4} << 56U) | (addresses[i].low & 0xffffffffU));
    hashes[i] = hash.end();
  }
}

}  // namespace

void hash_all(const HashKey& key, std::span<const Address> addresses,
              std::span<std::uint64_t> hashes) {
  hash_v4(key, addresses.data(), hashes.data(), addresses.size());
  for (std::size_t i = 0; i < addresses.size(); ++i)
    if (!addresses[i].is_v4()) hashes[i] = hash_of(key, addresses[i]);
}

}  // namespace sekisho
