// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/files.h"

#include <sched.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>
#include <thread>

namespace sekisho {
namespace {

/// Records of one piece at most: all that the reader has at hand, so that whoever takes the next
/// one seldom waits for another.
constexpr std::size_t kPieceRecords = 8192;

struct Piece {
  std::vector<Record> records = std::vector<Record>(kPieceRecords);
  CaptureBuffer bytes;  // that they lie in, where others go on reading
  std::size_t count = 0;
  std::uint64_t number = 0;  // in the order of the input
};

class Shared {
 public:
  Shared(CaptureReader& reader, bool alone,
         const std::function<void(const ReadingProgress&)>& progress, ReadingProgress& so_far,
         std::uint64_t& pieces, const std::atomic<bool>& stop)
      : reader_(reader),
        alone_(alone),
        progress_(progress),
        so_far_(so_far),
        pieces_(pieces),
        stop_(stop) {}

  /// What went wrong in a thread, so that all others end too.
  void broke(std::exception_ptr why) {
    const std::scoped_lock lock(mutex_);
    if (!broken_) broken_ = std::move(why);
  }
  void rethrow() const {
    if (broken_) std::rethrow_exception(broken_);
  }

  /// The next records; with their bytes where others have the reader go on while they are counted.
  bool take(Piece& piece) {
    const std::scoped_lock lock(mutex_);
    if (stop_ || broken_) return false;
    piece.count = reader_.next(piece.records);
    if (piece.count == 0) return false;
    piece.number = pieces_++;
    if (!alone_) piece.bytes = reader_.give(std::move(piece.bytes));
    so_far_.frames += piece.count;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ > std::chrono::milliseconds(250)) {
      last_ = now;
      ReadingProgress progress = so_far_;
      progress.bytes += reader_.source().taken();
      if (progress_) progress_(progress);
    }
    return true;
  }

 private:
  std::mutex mutex_;
  CaptureReader& reader_;
  bool alone_;
  const std::function<void(const ReadingProgress&)>& progress_;
  ReadingProgress& so_far_;
  std::uint64_t& pieces_;
  const std::atomic<bool>& stop_;
  std::exception_ptr broken_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Whatever is named so is told of when it is none; of the rest, what is one is found by what it
/// is.
bool named_like_a_capture(const std::filesystem::path& path) {
  std::string name = lower(path.filename().string());
  for (const char* packed : {".gz", ".zst", ".xz", ".bz2", ".lz4"})
    if (name.ends_with(packed)) name.resize(name.size() - std::strlen(packed));
  // dumpcap and tcpdump number the files of a ring: line.pcap1, line.pcap2.
  return name.contains(".pcap") || name.ends_with(".cap");
}

/// What is to be read by when it begins: who tries passwords shows by what follows what, and names
/// say little of it (line.pcap10 before line.pcap2). Where a pipe is among them, as they were
/// given.
std::vector<std::filesystem::path> in_time_order(const std::vector<std::filesystem::path>& given) {
  std::vector<std::pair<std::int64_t, std::filesystem::path>> by_time;
  for (const auto& path : given) {
    std::error_code error;
    if (path == "-" || !std::filesystem::is_regular_file(path, error)) return given;
    by_time.emplace_back(first_time(path).value_or(std::numeric_limits<std::int64_t>::max()), path);
  }
  std::ranges::stable_sort(by_time, {}, &std::pair<std::int64_t, std::filesystem::path>::first);
  std::vector<std::filesystem::path> ordered;
  for (auto& [time, path] : by_time) ordered.push_back(std::move(path));
  return ordered;
}

}  // namespace

std::optional<std::int64_t> first_time(const std::filesystem::path& path) {
  auto source = open_source(path);
  if (!source) return std::nullopt;
  CaptureReader reader(std::move(*source));
  std::array<Record, 1> first;
  if (!reader.start() || reader.next(first) == 0) return std::nullopt;
  return first[0].time_ns;
}

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

Result<std::vector<std::filesystem::path>> list_captures(
    const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::filesystem::path> inside;
    for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
         it.increment(error))
      if (it->is_regular_file(error) &&
          (named_like_a_capture(it->path()) || first_time(it->path())))
        inside.push_back(*it);
    if (error)
      return failure("フォルダーを読めません。", "the folder can't be read.", path.string());
    if (inside.empty())
      return failure("フォルダーにキャプチャ（*.pcap・*.pcapng・*.cap）がありません。",
                     "the folder has no captures (*.pcap, *.pcapng, *.cap).", path.string());
    std::ranges::sort(inside);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

FilesRead observe_files(const std::vector<std::filesystem::path>& given, const LineScope& scope,
                        Findings& findings, unsigned threads,
                        const std::function<void(const ReadingProgress&)>& progress,
                        const std::atomic<bool>& stop) {
  FilesRead read;
  ReadingProgress so_far;
  std::uint64_t pieces = 0;
  const auto files = in_time_order(given);
  for (const auto& path : files) {
    std::error_code error;
    const auto size = path == "-" ? 0 : std::filesystem::file_size(path, error);
    if (!error) so_far.of += size;
  }
  std::vector<std::unique_ptr<Observer>> observers;
  for (unsigned i = 0; i < threads; ++i)
    observers.push_back(std::make_unique<Observer>(scope, findings));
  for (const auto& path : files) {
    if (stop) break;
    auto source = open_source(path);
    if (!source) {
      read.refused.push_back(source.error());
      continue;
    }
    CaptureReader reader(std::move(*source));
    if (const auto started = reader.start(); !started) {
      read.refused.push_back({started.error().message, path.string()});
      continue;
    }
    ++read.read;
    Shared shared(reader, observers.size() == 1, progress, so_far, pieces, stop);
    const auto work = [&shared](Observer& observer) {
      try {
        Piece piece;
        while (shared.take(piece)) observer.take({piece.records.data(), piece.count}, piece.number);
      } catch (...) {
        shared.broke(std::current_exception());
      }
    };
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 1; i < observers.size(); ++i)
        helpers.emplace_back([&, i] { work(*observers[i]); });
      work(*observers[0]);
    }
    shared.rethrow();
    read.corrupt += reader.corrupt();
    so_far.bytes += reader.source().taken();
    if (!stop && (reader.cut_short() || reader.source().damaged()))
      read.short_files.push_back(path);
  }
  for (const auto& observer : observers) observer->hand_over();
  return read;
}

}  // namespace sekisho
