// SPDX-License-Identifier: Apache-2.0
#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <functional>

#include "base/gzip.h"
#include "frames.h"

namespace sekisho {
namespace {

using namespace frames;

struct Seen {
  std::vector<std::int64_t> times;
  std::vector<std::size_t> sizes;
  std::vector<std::uint32_t> lengths;
  std::vector<std::uint32_t> links;
  std::uint64_t corrupt = 0;
  bool cut_short = false;
  bool damaged = false;
  std::string refused;
};

Seen read(const Bytes& bytes, std::size_t at_once = 7) {
  CaptureReader reader(memory_source(bytes));
  Seen seen;
  if (const auto started = reader.start(); !started) {
    seen.refused = started.error().message.en;
    return seen;
  }
  std::vector<Record> records(at_once);
  while (const std::size_t count = reader.next(records))
    for (std::size_t i = 0; i < count; ++i) {
      seen.times.push_back(records[i].time_ns);
      seen.sizes.push_back(records[i].captured);
      seen.lengths.push_back(records[i].length);
      seen.links.push_back(records[i].link);
    }
  seen.corrupt = reader.corrupt();
  seen.cut_short = reader.cut_short();
  seen.damaged = reader.source().damaged();
  return seen;
}

const Bytes kFrame = ethernet(0x0800, ip4(6, tcp({})));

TEST(Capture, PcapOfBothOrdersAndResolutions) {
  for (const bool little : {true, false}) {
    const auto micro =
        read(pcap({{kFrame, 100, 5}, {kFrame, 101, 999'999}}, 1, 0xa1b2c3d4, little));
    EXPECT_THAT(micro.times, testing::ElementsAre(100'000'005'000, 101'999'999'000));
    const auto nano = read(pcap({{kFrame, 100, 5}}, 101, 0xa1b23c4d, little));
    EXPECT_THAT(nano.times, testing::ElementsAre(100'000'000'005));
    EXPECT_THAT(nano.links, testing::ElementsAre(101));
    EXPECT_THAT(nano.sizes, testing::ElementsAre(kFrame.size()));
  }
}

TEST(Capture, ALengthThatNoFrameHasIsNotBelieved) {
  for (const std::uint32_t said : {1500U, 262'144U, 262'145U, 4'093'509'168U, 1U}) {
    Bytes classic = pcap({{kFrame, 100, 5}});
    const Bytes length = number(said, 4, true);
    std::ranges::copy(length, classic.begin() + 24 + 12);
    Bytes next = section() + interface(1) + enhanced(kFrame, 1);
    const auto at = static_cast<std::ptrdiff_t>((section() + interface(1)).size() + 24);
    std::ranges::copy(length, next.begin() + at);
    const auto expected =
        said == 1500 || said == 262'144 ? said : static_cast<std::uint32_t>(kFrame.size());
    for (const Bytes& bytes : {classic, next})
      EXPECT_THAT(read(bytes).lengths, testing::ElementsAre(expected)) << said;
  }
}

TEST(Capture, PcapngWithItsUnitsOffsetsAndInterfaces) {
  for (const bool little : {true, false}) {
    const Bytes nano = number(9, 2, little) + number(1, 2, little) + number(9, 1) + zeros(3);
    const Bytes binary = number(9, 2, little) + number(1, 2, little) + number(0x8a, 1) + zeros(3);
    const Bytes offset = number(14, 2, little) + number(8, 2, little) + number(1000, 8, little);
    const auto seen =
        read(section(little) + interface(1, {}, little) + interface(101, nano, little) +
             interface(113, binary + offset, little) + block(0x99, zeros(40), little) +
             enhanced(kFrame, 7'000'001, 0, little) + enhanced(kFrame, 7'000'000'001, 1, little) +
             enhanced(kFrame, 7 * 1024 + 512, 2, little) +
             block(3, number(kFrame.size(), 4, little) + kFrame, little));
    EXPECT_THAT(seen.times, testing::ElementsAre(7'000'001'000, 7'000'000'001, 1'007'500'000'000,
                                                 1'007'500'000'000));
    EXPECT_THAT(seen.links, testing::ElementsAre(1, 101, 113, 1));
    EXPECT_EQ(seen.corrupt, 0U);
  }
}

TEST(Capture, ASecondSectionMayHaveTheOtherByteOrder) {
  const auto seen = read(section(true) + interface(1) + enhanced(kFrame, 1) + section(false) +
                         interface(101, {}, false) + enhanced(kFrame, 2, 0, false));
  EXPECT_THAT(seen.links, testing::ElementsAre(1, 101));
}

TEST(Capture, WhatIsDamagedIsCountedAndPassedOver) {
  Bytes broken = pcap({{kFrame, 100, 0}, {kFrame, 100, 1}});
  broken = broken + number(100, 4, true) + zeros(4) + number(0xffffff, 4, true) + zeros(90);
  const Bytes rest = pcap({{kFrame, 100, 2}, {kFrame, 100, 3}, {kFrame, 100, 4}});
  broken.insert(broken.end(), rest.begin() + 24, rest.end());
  const auto seen = read(broken);
  EXPECT_EQ(seen.corrupt, 1U);
  EXPECT_EQ(seen.times.size(), 5U);
  // pcapng: a length that its end doesn't repeat, and a packet of an interface that isn't there
  Bytes other = section() + interface(1) + enhanced(kFrame, 1);
  Bytes bad = enhanced(kFrame, 2);
  bad[4] = 0xff;
  const auto ng = read(other + bad + enhanced(kFrame, 3, 9) + enhanced(kFrame, 4));
  EXPECT_EQ(ng.corrupt, 2U);
  EXPECT_EQ(ng.times.size(), 2U);
}

TEST(Capture, AnEndInTheMiddleIsSaid) {
  Bytes whole = pcap({{kFrame, 100, 0}, {kFrame, 100, 1}});
  whole.resize(whole.size() - 3);
  const auto seen = read(whole);
  EXPECT_EQ(seen.times.size(), 1U);
  EXPECT_TRUE(seen.cut_short);
  EXPECT_FALSE(read(pcap({{kFrame, 1, 1}})).cut_short);
}

TEST(Capture, WhatIsNoCaptureIsRefused) {
  EXPECT_EQ(read({}).refused, "the file is empty.");
  EXPECT_EQ(read(zeros(4000)).refused, "this is not a packet capture (pcap, pcapng).");
  EXPECT_EQ(read(Bytes{0x1f, 0x8b, 1, 2, 3}).refused, "the compressed file is damaged.");
}

TEST(Capture, EveryPackingAlsoInSeveralParts) {
  std::vector<Stamped> many(3000, {kFrame, 100, 0});
  const Bytes plain = pcap(many);
  const auto as_text = [](const Bytes& bytes) { return std::string(bytes.begin(), bytes.end()); };
  const auto as_bytes = [](const std::string& text) { return Bytes(text.begin(), text.end()); };
  const std::string text = as_text(plain);
  const Bytes gz = as_bytes(gzip(text.substr(0, 5000), 6)) + as_bytes(gzip(text.substr(5000), 1));
  EXPECT_EQ(read(gz).times.size(), many.size());
  const auto zstd = [](const std::string& part) {
    Bytes out(ZSTD_compressBound(part.size()));
    out.resize(ZSTD_compress(out.data(), out.size(), part.data(), part.size(), 3));
    return out;
  };
  const auto xz = [](const std::string& part) {
    Bytes out(lzma_stream_buffer_bound(part.size()));
    std::size_t size = 0;
    EXPECT_EQ(lzma_easy_buffer_encode(
                  3, LZMA_CHECK_CRC64, nullptr,
                  static_cast<const std::uint8_t*>(static_cast<const void*>(part.data())),
                  part.size(), out.data(), &size, out.size()),
              LZMA_OK);
    out.resize(size);
    return out;
  };
  const auto bzip2 = [](std::string part) {
    std::string out(part.size() + part.size() / 100 + 600, '\0');
    auto size = static_cast<unsigned>(out.size());
    EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &size, part.data(),
                                       static_cast<unsigned>(part.size()), 1, 0, 0),
              BZ_OK);
    return Bytes(out.begin(), out.begin() + size);
  };
  const auto lz4 = [](const std::string& part) {
    Bytes out(LZ4F_compressFrameBound(part.size(), nullptr));
    out.resize(LZ4F_compressFrame(out.data(), out.size(), part.data(), part.size(), nullptr));
    return out;
  };
  for (const auto& pack : std::vector<std::function<Bytes(const std::string&)>>{
           [&](const std::string& part) { return as_bytes(gzip(part, 6)); }, zstd, xz, bzip2,
           lz4}) {
    Bytes packed = pack(text.substr(0, 5000)) + pack(text.substr(5000));
    const auto whole = read(packed);
    EXPECT_EQ(whole.times.size(), many.size());
    EXPECT_FALSE(whole.damaged || whole.cut_short);
    packed.resize(packed.size() - 5);
    const auto seen = read(packed);
    EXPECT_TRUE(seen.damaged);
    EXPECT_LE(seen.times.size(), many.size());
  }
  // Zeros behind the end are no end in the middle.
  const auto padded = read(gz + zeros(700'000));
  EXPECT_EQ(padded.times.size(), many.size());
  EXPECT_FALSE(padded.damaged || padded.cut_short);
}

}  // namespace
}  // namespace sekisho
