// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <random>
#include <set>

#include "frames.h"

namespace sekisho {
namespace {

constexpr HashKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};

TEST(Hash, IsSipHashAsLibsodiumHasIt) {
  std::array<unsigned char, 16> key{};
  std::memcpy(key.data(), &kKey, key.size());
  for (std::uint64_t word : {0ULL, 1ULL, 0xfedcba9876543210ULL}) {
    std::array<unsigned char, 8> in{};
    std::array<unsigned char, 8> out{};
    std::memcpy(in.data(), &word, in.size());
    crypto_shorthash_siphash24(out.data(), in.data(), in.size(), key.data());
    std::uint64_t expected = 0;
    std::memcpy(&expected, out.data(), out.size());
    SipHash<2, 4> hash(kKey);
    hash.word(word);
    hash.word(std::uint64_t{8} << 56U);
    EXPECT_EQ(hash.end(), expected);
  }
}

TEST(Hash, ManyAtOnceAreTheSame) {
  std::vector<std::uint32_t> addresses;
  for (std::uint32_t i = 0; i < 77; ++i) addresses.push_back(i * 0x9e3779b9U);
  std::vector<std::uint64_t> hashes(addresses.size());
  hash_v4(kKey, addresses, hashes);
  for (std::size_t i = 0; i < addresses.size(); ++i)
    EXPECT_EQ(hashes[i], hash_of(kKey, Address::v4(addresses[i])));
}

template <typename Sketch>
struct Counter {
  std::vector<std::uint8_t> block = std::vector<std::uint8_t>(Sketch::kBytes);
  std::uint16_t state = 0;
  void add(std::uint64_t hash) {
    using Hash = decltype(Sketch::at(block.data(), 0));
    Sketch::add(block.data(), state, static_cast<Hash>(hash >> (64 - sizeof(Hash) * 8)));
  }
  double count() const { return Sketch::count(block.data(), state); }
};

TEST(Sketch, IsExactWhileSmallAndNearAfter) {
  Counter<PortSketch> small;
  for (std::uint32_t i = 0; i < PortSketch::kMostExact; ++i) {
    small.add(hash_of(kKey, Address::v4(i)));
    small.add(hash_of(kKey, Address::v4(i)));
    EXPECT_EQ(small.count(), i + 1);
  }
  // Addresses as scanners have them, in order or in whole networks: a keyed hash doesn't care. The
  // bound is four standard errors, for each of many sizes.
  for (const std::uint32_t stride : {1U, 256U, 65537U, 0x01000193U}) {
    Counter<WholeSketch> whole;
    Counter<PortSketch> port;
    std::uint32_t added = 0;
    for (const std::uint32_t size : {100U, 1'000U, 1'536U, 1'537U, 10'000U, 100'000U, 1'000'000U}) {
      for (; added < size; ++added) {
        const std::uint64_t hash = hash_of(kKey, Address::v4(added * stride));
        whole.add(hash);
        port.add(hash);
      }
      if (size <= WholeSketch::kMostExact)
        EXPECT_EQ(whole.count(), size);
      else
        EXPECT_NEAR(whole.count() / size, 1, 4 * WholeSketch::error()) << stride << " " << size;
      EXPECT_NEAR(port.count() / size, 1, 4 * PortSketch::error()) << stride << " " << size;
    }
  }
}

TEST(Sketch, ErrorIsWhatIsStated) {
  // Over many keys the root mean square of the error is the standard error.
  constexpr int kKeys = 200;
  double squares = 0;
  for (std::uint64_t key = 0; key < kKeys; ++key) {
    Counter<PortSketch> port;
    for (std::uint32_t i = 0; i < 5'000; ++i) port.add(hash_of({key, 7}, Address::v4(i)));
    squares += std::pow(port.count() / 5'000 - 1, 2);
  }
  EXPECT_NEAR(std::sqrt(squares / kKeys), PortSketch::error(), PortSketch::error() * 0.25);
}

std::vector<Packet> some_packets(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 dice(seed);
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < count; ++i) {
    Packet& one = packets.emplace_back();
    // Ports that one, a few and many sources come to.
    one.port = static_cast<std::uint16_t>(dice() % 3 == 0 ? dice() % 3 : dice() % 300);
    const bool udp = dice() % 8 == 0;
    one.source = Address::v4(static_cast<std::uint32_t>(dice() % 5000));
    one.target = Address::v4(static_cast<std::uint32_t>(dice() % 40));
    one.length = 60;
    one.has_ports = dice() % 50 != 0;
    one.protocol = udp ? kProtocolUdp : kProtocolTcp;
    one.purpose = udp ? Purpose::udp : Purpose::tcp_scan;
  }
  return packets;
}
void add_all(LineTally& tally, std::span<const Packet> packets) {
  while (!packets.empty()) {
    const auto some = packets.first(std::min<std::size_t>(100, packets.size()));
    packets = packets.subspan(some.size());
    std::vector<Hit> hits;
    for (const Packet& one : some)
      hits.push_back(hit_of(one, hash_of(kKey, one.source), hash_of(kKey, one.target)));
    tally.add(hits);
  }
}

TEST(LineTally, AHashWhoseUpperHalfIsZeroCountsTheSameInAnyOrder) {
  // Before there are registers and after; an empty place in the exact form is zero as well.
  Packet one;
  one.port = 22;
  one.has_ports = true;
  one.protocol = kProtocolTcp;
  const auto counted = [&](std::size_t zero_comes) {
    LineTally tally;
    for (std::size_t i = 0; i < 100; ++i) {
      const std::uint64_t hash =
          i == zero_comes ? 0xffffffff : hash_of(kKey, Address::v4(static_cast<std::uint32_t>(i)));
      tally.add(std::array{hit_of(one, hash, hash)});
    }
    // Whoever came in the place of it.
    const std::uint64_t hash = hash_of(kKey, Address::v4(static_cast<std::uint32_t>(zero_comes)));
    tally.add(std::array{hit_of(one, hash, hash)});
    return tally.encode(kKey);
  };
  EXPECT_EQ(counted(0), counted(99));
}

TEST(LineTally, PartsAddUpToTheSame) {
  LineTally whole;
  add_all(whole, some_packets(3, 5'000));
  for (const std::size_t most : {1U, 3'000U, 1'000'000U}) {
    auto parts = whole.encode_in_parts(kKey, most);
    EXPECT_EQ(parts.size() == 1, most == 1'000'000) << most;
    std::ranges::reverse(parts);
    LineTally sum;
    for (const std::string& part : parts) {
      LineTally one;
      ASSERT_TRUE(one.merge(part, kKey));
      EXPECT_FALSE(one.empty());
      sum.merge(one);
    }
    EXPECT_EQ(sum.encode(kKey), whole.encode(kKey)) << most;
  }
  EXPECT_EQ(LineTally().encode_in_parts(kKey, 100).size(), 1U);
}

TEST(LineTally, MergesInAnyOrderToTheSame) {
  std::vector<std::vector<Packet>> parts;
  LineTally whole;
  for (std::uint64_t i = 0; i < 7; ++i) {
    parts.push_back(some_packets(i, i * 700));
    add_all(whole, parts.back());
  }
  const std::string expected = whole.encode(kKey);
  std::mt19937 dice(1);
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5, 6};
  for (int turn = 0; turn < 10; ++turn) {
    std::ranges::shuffle(order, dice);
    LineTally merged;
    LineTally part;
    for (const std::size_t i : order) {
      part.clear();
      add_all(part, parts[i]);
      // Half of them by way of the wire.
      if (turn % 2 == 0)
        merged.merge(part);
      else
        ASSERT_TRUE(merged.merge(part.encode(kKey), kKey));
    }
    EXPECT_EQ(merged.encode(kKey), expected);
  }
}

TEST(LineTally, CountsWhatASlowReferenceCounts) {
  const auto packets = some_packets(3, 20'000);
  LineTally tally;
  add_all(tally, packets);
  struct Reference {
    std::uint64_t packets = 0;
    std::set<std::uint64_t> sources;
    std::set<std::uint64_t> targets;
  };
  std::map<std::uint32_t, Reference> reference;
  std::set<std::uint64_t> sources;
  for (const Packet& one : packets) {
    sources.insert(one.source.low);
    if (!one.has_ports) continue;
    Reference& port = reference[one.port + (one.protocol == kProtocolUdp ? 65536U : 0U)];
    ++port.packets;
    port.sources.insert(one.source.low);
    port.targets.insert(one.target.low);
  }
  EXPECT_EQ(tally.all(), (LineTally::Count{packets.size(), packets.size() * 60}));
  EXPECT_NEAR(tally.sources() / static_cast<double>(sources.size()), 1, 4 * WholeSketch::error());
  EXPECT_EQ(tally.targets(), 40);
  const auto ports = tally.ports(reference.size());
  EXPECT_EQ(ports.size(), reference.size());
  std::uint64_t before = ~std::uint64_t{0};
  for (const LineTally::Port& port : ports) {
    const Reference& expected =
        reference[port.port + (port.protocol == kProtocolUdp ? 65536U : 0U)];
    EXPECT_EQ(port.count.packets, expected.packets);
    EXPECT_LE(port.count.packets, before);
    before = port.count.packets;
    if (expected.sources.size() <= PortSketch::kMostExact) {
      EXPECT_EQ(tally.sources(port), static_cast<double>(expected.sources.size()));
    } else {
      EXPECT_NEAR(tally.sources(port) / static_cast<double>(expected.sources.size()), 1,
                  4 * PortSketch::error());
    }
  }
}

TEST(LineTally, RefusesWhatIsDamagedOrOfAnotherKeyAndChangesNothing) {
  LineTally tally;
  add_all(tally, some_packets(1, 3000));
  const std::string encoded = tally.encode(kKey);
  LineTally other;
  add_all(other, some_packets(2, 500));
  const std::string before = other.encode(kKey);
  EXPECT_EQ(other.merge(encoded, {1, 2}).error().message.en,
            "a tally made with another key can't be merged.");
  for (std::size_t size = 0; size < encoded.size(); size += 37)
    EXPECT_FALSE(other.merge(encoded.substr(0, size), kKey)) << size;
  // Nor does what was read of it spoil what is read next.
  LineTally next;
  ASSERT_TRUE(next.merge(encoded, kKey));
  EXPECT_EQ(next.encode(kKey), encoded);
  EXPECT_FALSE(other.merge(encoded + "x", kKey));
  EXPECT_FALSE(other.merge(std::string("SKT2") + std::string(5000, '\xff'), kKey));
  EXPECT_EQ(other.encode(kKey), before);
}

}  // namespace
}  // namespace sekisho
