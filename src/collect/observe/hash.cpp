// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/hash.h"

namespace sekisho {
// gcc builds it for what the processor has and chooses at the start; sanitizers run before that.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define SEKISHO_FOR_EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SEKISHO_FOR_EACH_PROCESSOR
#endif

SEKISHO_FOR_EACH_PROCESSOR void hash_v4(const HashKey& key,
                                        std::span<const std::uint32_t> addresses,
                                        std::span<std::uint64_t> hashes) {
  const std::uint32_t* from = addresses.data();
  std::uint64_t* to = hashes.data();
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    SipHash<1, 3> hash(key);
    hash.word((std::uint64_t{4} << 56U) | from[i]);
    to[i] = hash.end();
  }
}

}  // namespace sekisho
