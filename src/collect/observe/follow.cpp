// SPDX-License-Identifier: Apache-2.0
// Captures that are still being written.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "base/posix/descriptor.h"
#include "collect/observe/files.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;

/// Records that are read at a time.
constexpr std::size_t kPiece = 8192;
/// Files that are held open; others are opened anew when they grow.
constexpr std::size_t kMostOpenFiles = 64;
/// Of a capture's beginning: its header and when its first packet came, in the form of the file.
constexpr std::size_t kBeginning = 64;
/// Of bytes, as many as a header has: what has fewer is not begun.
constexpr std::uint64_t kHeader = 24;

/// Which file, whatever it is called.
using FileId = std::pair<dev_t, ino_t>;

struct Stat {
  FileId id;
  bool regular = false;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
};

std::optional<Stat> stat_of(const fs::path& path) {
  if (path == "-") return Stat{};
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stat{{status.st_dev, status.st_ino},
              S_ISREG(status.st_mode),
              static_cast<std::uint64_t>(status.st_size),
              std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::string beginning_of(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return {};
  return read_start_of(file, kBeginning).value_or("");
}

/// One capture, from its first packet to its last.
struct Followed {
  fs::path path;
  bool regular = false;
  std::string beginning;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;
  std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
  std::optional<CaptureReader> reader;  // none before it has a beginning, and while it rests
  std::uint64_t records = 0;            // that were counted
  std::uint64_t taken = 0;              // bytes of the file
  std::uint64_t corrupt = 0;
  bool cut_short = false;
  bool refused = false;         // it is no capture, unless it changes
  std::uint64_t last_pass = 0;  // in which it gave something
  bool seen = false;            // in this pass
};

class Follower {
 public:
  Follower(const std::vector<fs::path>& paths, const LineScope& scope, Findings& findings,
           const std::atomic<bool>& stop)
      : paths_(paths), stop_(stop), observer_(scope, findings), records_(kPiece) {}

  /// Reads what is there; whether there was anything.
  Result<bool> pass() {
    ++pass_;
    if (auto looked = look(); !looked) return std::unexpected(looked.error());
    std::vector<Followed*> in_order;
    for (auto& [id, one] : files_) in_order.push_back(&one);
    std::ranges::stable_sort(in_order, {}, &Followed::first_ns);
    bool more = false;
    for (Followed* one : in_order) {
      if (stop_) break;
      more = read(*one) || more;
    }
    // Those that are gone were read to their end, as long as they were open.
    for (auto it = files_.begin(); it != files_.end();) {
      const bool gone = !it->second.seen && it->second.regular;
      if (gone) lose(it->second);
      it = gone ? files_.erase(it) : std::next(it);
    }
    rest();
    return more;
  }
  FilesRead end() {
    for (auto& [id, one] : files_) finish(one);
    files_.clear();
    observer_.hand_over();
    return std::move(done_);
  }
  std::uint64_t frames() const { return frames_; }

 private:
  Result<void> look() {
    for (auto& [id, one] : files_) one.seen = false;
    // A folder that is empty for now will not be for ever.
    for (const fs::path& path : list_captures(paths_).value_or(std::vector<fs::path>())) {
      const auto stat = stat_of(path);
      if (!stat && pass_ == 1) return std::unexpected(open_source(path).error());
      if (stat) look_at(path, *stat);
    }
    return {};
  }

  void look_at(const fs::path& path, const Stat& stat) {
    Followed& one = files_[stat.id];
    const bool touched = one.changed_ns != stat.changed_ns || one.size != stat.size;
    if (touched && stat.regular) {
      const std::string beginning = beginning_of(path);
      // Written anew in its place, or another file under a number that was free again.
      if (stat.size < one.taken || !beginning.starts_with(one.beginning)) {
        lose(one);
        one = Followed();
      }
      one.beginning = beginning;
      one.refused = false;
      if (one.records == 0) one.first_ns = first_time(path).value_or(one.first_ns);
    }
    one.path = path;
    one.regular = stat.regular;
    one.size = stat.size;
    one.changed_ns = stat.changed_ns;
    one.seen = true;
  }

  /// Opens what has a beginning, and goes on behind what was counted before it rested.
  bool open(Followed& one) {
    auto source = open_source(one.path);
    if (!source) return false;  // it went away meanwhile
    one.reader.emplace(std::move(*source));
    if (const auto started = one.reader->start(); !started) {
      const bool begun = one.reader->source().taken() >= kHeader;
      one.reader.reset();
      if (begun) refuse(one, started.error());
      return false;
    }
    if (one.records == 0) ++done_.read;
    for (std::uint64_t left = one.records; left > 0;) {
      const std::size_t count = one.reader->next(
          std::span(records_).first(std::min<std::uint64_t>(left, records_.size())));
      if (count == 0) break;
      left -= count;
    }
    return true;
  }

  /// Told of once, however often it changes without becoming one.
  void refuse(Followed& one, const Error& why) {
    one.refused = true;
    if (told_.insert(one.path).second) done_.refused.push_back({why.message, one.path.string()});
  }

  bool read(Followed& one) {
    // A packed file that grew behind what looked like its end.
    if (one.reader && one.taken < one.size && one.reader->source().damaged()) one.reader.reset();
    const bool nothing_more = one.regular && (one.taken >= one.size || !one.seen);
    if ((!one.reader && nothing_more) || stop_) return false;
    if (!one.reader && (one.refused || !open(one))) return false;
    bool got = false;
    while (const std::size_t count = stop_ ? 0 : one.reader->next(records_)) {
      observer_.take({records_.data(), count}, pieces_++);
      one.records += count;
      frames_ += count;
      one.last_pass = pass_;
      got = true;
    }
    note(one);
    return got;
  }

  static void note(Followed& one) {
    one.taken = one.reader->source().taken();
    one.corrupt = one.reader->corrupt();
    one.cut_short = one.reader->cut_short() || one.reader->source().damaged();
  }

  /// Closes those that gave nothing for the longest time.
  void rest() {
    std::vector<Followed*> open;
    for (auto& [id, one] : files_)
      if (one.reader && one.regular) open.push_back(&one);
    if (open.size() <= kMostOpenFiles) return;
    std::ranges::sort(open, {}, &Followed::last_pass);
    for (std::size_t i = 0; i + kMostOpenFiles < open.size(); ++i) open[i]->reader.reset();
  }

  /// No more will come of it, be it read or not.
  void lose(Followed& one) {
    finish(one);
    if (one.taken < one.size) ++done_.overtaken;
  }

  void finish(Followed& one) {
    if (one.reader) note(one);
    done_.corrupt += one.corrupt;
    if (one.cut_short) done_.short_files.push_back(one.path);
    one.reader.reset();
  }

  const std::vector<fs::path>& paths_;
  const std::atomic<bool>& stop_;
  Observer observer_;
  std::vector<Record> records_;
  std::map<FileId, Followed> files_;
  std::set<fs::path> told_;  // that are no captures
  std::uint64_t pieces_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t pass_ = 0;
  FilesRead done_;
};

}  // namespace

Result<FilesRead> follow_files(const std::vector<fs::path>& paths, const LineScope& scope,
                               Findings& findings,
                               const std::function<void(const ReadingProgress&)>& tick,
                               const std::atomic<bool>& stop) {
  Follower follower(paths, scope, findings, stop);
  while (!stop) {
    const auto more = follower.pass();
    if (!more) return std::unexpected(more.error());
    ReadingProgress so_far;
    so_far.frames = follower.frames();
    if (tick) tick(so_far);
    if (!*more) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  return follower.end();
}

}  // namespace sekisho
