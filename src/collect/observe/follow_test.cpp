// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <random>
#include <set>

#include "collect/observe/files.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using ::testing::SizeIs;

const LineScope kScope = [] {
  LineScope scope;
  scope.key = {1, 2};
  return scope;
}();

template <typename T>
void append(std::string& bytes, T value) {
  std::array<char, sizeof value> raw{};
  std::memcpy(raw.data(), &value, sizeof value);
  bytes.append(raw.data(), raw.size());
}

/// The header of a capture of IP packets (LINKTYPE_RAW).
std::string header() {
  std::string bytes;
  append(bytes, std::uint32_t{0xa1b2c3d4});
  append(bytes, std::uint16_t{2});
  append(bytes, std::uint16_t{4});
  for (const std::uint32_t word : {0U, 0U, 65'535U, 101U}) append(bytes, word);
  return bytes;
}

/// A packet of this second.
std::string packet(std::uint32_t second) {
  std::string bytes;
  for (const std::uint32_t word : {second, 0U, 40U, 40U}) append(bytes, word);
  std::string frame(40, '\0');
  frame[0] = 0x45;
  frame[3] = 40;
  frame[8] = 64;
  frame[9] = 6;
  frame[15] = 1;
  frame[19] = 2;
  frame[32] = 0x50;
  return bytes + frame;
}

std::string packets(std::uint32_t first, std::uint32_t count) {
  std::string bytes;
  for (std::uint32_t i = 0; i < count; ++i) bytes += packet(first + i);
  return bytes;
}

class Following : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes, std::ios::openmode how) {
    std::ofstream(root_.at("/" + name), std::ios::binary | how) << bytes;
  }
  void anew(const std::string& name, const std::string& bytes) {
    write(name, bytes, std::ios::trunc);
  }
  void more(const std::string& name, const std::string& bytes) {
    write(name, bytes, std::ios::app);
  }
  /// Calls `step` whenever all that is there was read, until it says that there is no more to come.
  FilesRead follow(const std::function<bool()>& step) {
    std::atomic<bool> stop = false;
    const auto read = follow_files(
        {root_.path()}, kScope, findings_,
        [&](const ReadingProgress&) {
          if (!step()) stop = true;
        },
        stop);
    EXPECT_TRUE(read);
    return read.value_or(FilesRead());
  }

  TempRoot root_;
  Findings findings_{kScope.key};
};

TEST_F(Following, ANameThatComesAgainIsReadAgain) {
  // tcpdump -C -W 3: the file is truncated and written anew, to the same size.
  std::uint32_t step = 0;
  const FilesRead read = follow([&] {
    if (step == 9) return false;
    anew("line.pcap" + std::to_string(step % 3), header() + packets(1000 * (step + 1), 100));
    ++step;
    return true;
  });
  EXPECT_EQ(findings_.frames.frames, 900U);
  EXPECT_EQ(read.overtaken, 0U);
}

TEST_F(Following, WhatIsRenamedIsReadOnce) {
  std::uint32_t step = 0;
  (void)follow([&] {
    if (step == 6) return false;
    if (step > 0)
      std::filesystem::rename(root_.at("/line.pcap"),
                              root_.at("/line.pcap." + std::to_string(step)));
    if (step < 5) anew("line.pcap", header() + packets(1000 * (step + 1), 10));
    ++step;
    return true;
  });
  EXPECT_EQ(findings_.frames.frames, 50U);
}

TEST_F(Following, SaysWhenAFileWasWrittenAnewBeforeItWasRead) {
  int step = 0;
  // Grows and is begun anew between two looks.
  const FilesRead read = follow([&] {
    if (++step == 1) anew("line.pcap", header() + packets(1000, 10));
    if (step == 2) more("line.pcap", packets(1010, 10).substr(0, 90));
    if (step == 3) anew("line.pcap", header() + packets(5000, 1));
    return step < 5;
  });
  EXPECT_EQ(findings_.frames.frames, 12U);
  EXPECT_THAT(read.short_files, SizeIs(1)) << "it ended in the middle of a packet";
}

/// Whatever writers do: each packet is counted once. The reference is the number that was written.
TEST_F(Following, ManyWritersAreReadToThePacket) {
  std::mt19937 random(20'261'126);  // NOLINT: the same each time
  const auto below = [&](std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most - 1)(random);
  };
  struct File {
    std::string name;
    std::string rest;  // of a packet that is half written
  };
  std::vector<File> files;
  std::uint32_t clock = 1000;
  std::uint64_t written = 0;
  std::uint32_t names = 0;
  int steps = 0;
  const auto fresh = [&] { return "line.pcap" + std::to_string(names++); };
  const auto some = [&] {
    const std::uint32_t count = 1 + below(40);
    written += count;
    const std::string bytes = packets(clock, count);
    clock += count;
    return bytes;
  };
  const FilesRead read = follow([&] {
    if (++steps > 400) return false;
    const bool last = steps == 400;
    if (files.empty() || (below(10) == 0 && !last)) {
      files.push_back({fresh(), {}});
      anew(files.back().name, header() + some());
      return true;
    }
    File& file = files[below(static_cast<std::uint32_t>(files.size()))];
    const std::uint32_t what = last ? 9 : below(10);
    if (!file.rest.empty() || what < 5) {  // goes on, perhaps in the middle of a packet
      std::string bytes = std::exchange(file.rest, {}) + (last ? "" : some());
      if (below(3) == 0 && !last) {
        file.rest = bytes.substr(bytes.size() - 20);
        bytes.resize(bytes.size() - 20);
      }
      more(file.name, bytes);
    } else if (what < 7) {  // in place
      anew(file.name, header() + some());
    } else if (what == 7) {  // another file under its name
      anew("other.tmp", header() + some());
      std::filesystem::rename(root_.at("/other.tmp"), root_.at("/" + file.name));
    } else if (what == 8) {  // rotated
      const std::string to = fresh();
      std::filesystem::rename(root_.at("/" + file.name), root_.at("/" + to));
      file.name = to;
      more(file.name, some());
    } else if (!last) {  // given up
      std::filesystem::remove(root_.at("/" + file.name));
      file.name = fresh();
      anew(file.name, header() + some());
    }
    if (last)
      for (File& one : files) more(one.name, std::exchange(one.rest, {}));
    return true;
  });
  EXPECT_EQ(findings_.frames.frames, written);
  EXPECT_EQ(read.corrupt, 0U);
  EXPECT_EQ(read.overtaken, 0U);
}

TEST_F(Following, MoreFilesThanMayBeOpenAreFollowed) {
  int step = 0;
  (void)follow([&] {
    ++step;
    for (std::uint32_t i = 0; i < 200; ++i) {
      const std::string name = "line.pcap" + std::to_string(i);
      if (step == 1) anew(name, header() + packets(1000 * (i + 1), 3));
      if (step == 3) more(name, packets(1000 * (i + 1) + 3, 2));
    }
    return step < 5;
  });
  EXPECT_EQ(findings_.frames.frames, 1000U);
}

TEST(Files, AreReadByWhenTheyBegin) {
  const TempRoot root;
  root.add("/line.pcap10", header() + packets(1000, 5));
  root.add("/line.pcap2", header() + packets(2000, 5));
  root.add("/line.pcap1", header());
  EXPECT_EQ(first_time(root.at("/line.pcap10")), 1'000'000'000'000);
  EXPECT_EQ(first_time(root.at("/line.pcap1")), std::nullopt);
  EXPECT_EQ(first_time(root.at("/none")), std::nullopt);
  Findings findings(kScope.key);
  std::vector<Time> minutes;
  findings.periods.tell([&](Time start, const std::string&) { minutes.push_back(start); });
  std::atomic<bool> stop = false;
  (void)observe_files({root.at("/line.pcap2"), root.at("/line.pcap10")}, kScope, findings, 1, {},
                      stop);
  findings.periods.close();
  EXPECT_EQ(findings.frames.frames, 10U);
  EXPECT_THAT(minutes, ::testing::BeginEndDistanceIs(::testing::Ge(2)));
  EXPECT_TRUE(std::ranges::is_sorted(minutes));
}

/// What lies in folders: whole, empty, foreign and half-written captures, in any order and packing.
/// The reference is what was written whole.
TEST(Files, WhatIsNoCaptureIsToldOfAndTheRestIsCounted) {
  std::minstd_rand random(20'261'127);  // NOLINT: the same each time
  const auto below = [&](std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most - 1)(random);
  };
  for (int turn = 0; turn < 60; ++turn) {
    const TempRoot root;
    std::uint64_t frames = 0;
    std::size_t captures = 0;
    std::set<std::string> foreign;
    std::set<std::string> cut;
    for (std::uint32_t i = 0; i < 8; ++i) {
      const std::string name = "line" + std::to_string(i) + ".pcap";
      const std::uint32_t count = 1 + below(50);
      std::string bytes = header() + packets(1000 * (1 + below(100)), count);
      switch (below(5)) {
        case 0: bytes.clear(); break;
        case 1: bytes = std::string(1 + below(200), 'x'); break;
        case 2: bytes.resize(below(24)); break;  // not even all of its header
        case 3:
          bytes.resize(bytes.size() - 1 - below(40));
          cut.insert(name);
          frames += count - 1;
          ++captures;
          root.add("/" + name, bytes);
          continue;
        default:
          frames += count;
          ++captures;
          root.add("/" + name, bytes);
          continue;
      }
      foreign.insert(name);
      root.add("/" + name, bytes);
    }
    const auto names = [](const auto& list, const auto& name_of) {
      std::set<std::string> found;
      for (const auto& one : list) found.insert(std::filesystem::path(name_of(one)).filename());
      return found;
    };
    for (const bool following : {false, true}) {
      if (following && turn % 6 != 0) continue;  // takes its time
      Findings findings(kScope.key);
      std::atomic<bool> stop = false;
      int ticks = 0;
      const auto read =
          following ? follow_files(
                          {root.path()}, kScope, findings,
                          [&](const ReadingProgress&) { stop = ++ticks == 2; }, stop)
                    : observe_files(*list_captures({root.path()}), kScope, findings, 2, {}, stop);
      ASSERT_TRUE(read);
      EXPECT_EQ(findings.frames.frames, frames);
      EXPECT_EQ(read->read, captures);
      EXPECT_EQ(names(read->short_files, [](const auto& path) { return path; }), cut);
      const auto refused = names(read->refused, [](const Error& one) { return one.where; });
      // What is followed may get its header yet.
      EXPECT_TRUE(std::ranges::includes(foreign, refused));
      EXPECT_TRUE(following || refused == foreign);
    }
  }
}

TEST(Files, WhatIsThrownInAThreadComesOut) {
  const TempRoot root;
  root.add("/line.pcap", header() + packets(1000, 20'000));
  for (const unsigned threads : {1U, 3U}) {
    Findings findings(kScope.key);
    // Whoever takes the minutes has no memory left, say.
    findings.periods.tell([](Time, const std::string&) { throw std::bad_alloc(); });
    std::atomic<bool> stop = false;
    EXPECT_THROW((void)observe_files({root.at("/line.pcap")}, kScope, findings, threads, {}, stop),
                 std::bad_alloc);
  }
}

}  // namespace
}  // namespace sekisho
