#include "collect/observe/files.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <thread>

namespace sekisho {
namespace {

/// Records of one piece at most: all that the reader has at hand, so that whoever takes the next
/// one seldom waits for another.
constexpr std::size_t kPiece = 8192;

struct Piece {
  std::vector<Record> records = std::vector<Record>(kPiece);
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

  /// The next records; with their bytes where others have the reader go on while they are counted.
  bool take(Piece& piece) {
    const std::scoped_lock lock(mutex_);
    if (stop_) return false;
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
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

bool named_like_a_capture(const std::filesystem::path& path) {
  std::string name = lower(path.filename().string());
  for (const char* packed : {".gz", ".zst"})
    if (name.ends_with(packed)) name.resize(name.size() - std::strlen(packed));
  // dumpcap and tcpdump number the files of a ring: line.pcap1, line.pcap2.
  return name.contains(".pcap") || name.ends_with(".cap");
}

}  // namespace

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
      if (it->is_regular_file(error) && named_like_a_capture(it->path())) inside.push_back(*it);
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

Result<FilesRead> observe_files(const std::vector<std::filesystem::path>& files,
                                const LineScope& scope, Findings& findings, unsigned threads,
                                const std::function<void(const ReadingProgress&)>& progress,
                                const std::atomic<bool>& stop) {
  FilesRead read;
  ReadingProgress so_far;
  std::uint64_t pieces = 0;
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
    if (!source) return std::unexpected(source.error());
    CaptureReader reader(std::move(*source));
    if (const auto started = reader.start(); !started)
      return failure(started.error().message.ja, started.error().message.en, path.string());
    Shared shared(reader, observers.size() == 1, progress, so_far, pieces, stop);
    const auto work = [&shared](Observer& observer) {
      Piece piece;
      while (shared.take(piece)) observer.take({piece.records.data(), piece.count}, piece.number);
    };
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 1; i < observers.size(); ++i)
        helpers.emplace_back([&, i] { work(*observers[i]); });
      work(*observers[0]);
    }
    read.corrupt += reader.corrupt();
    so_far.bytes += reader.source().taken();
    if (!stop && (reader.cut_short() || reader.source().damaged()))
      read.short_files.push_back(path);
  }
  for (const auto& observer : observers) observer->hand_over();
  return read;
}

Result<FilesRead> follow_files(const std::vector<std::filesystem::path>& paths,
                               const LineScope& scope, Findings& findings,
                               const std::function<void(const ReadingProgress&)>& tick,
                               const std::atomic<bool>& stop) {
  struct Followed {
    std::optional<CaptureReader>
        reader;  // none before it has a beginning, and none when it is over
    bool over = false;
  };
  FilesRead read;
  ReadingProgress so_far;
  std::uint64_t pieces = 0;
  Observer observer(scope, findings);
  std::vector<Record> records(kPiece);
  std::map<std::filesystem::path, Followed> followed;
  const auto finish = [&](Followed& one, const std::filesystem::path& path) {
    read.corrupt += one.reader->corrupt();
    if (one.reader->cut_short()) read.short_files.push_back(path);
    one.reader.reset();
    one.over = true;
  };
  while (!stop) {
    // A folder that is empty for now will not be for ever.
    const auto files = list_captures(paths).value_or(std::vector<std::filesystem::path>());
    bool more = false;
    for (std::size_t i = 0; i < files.size() && !stop; ++i) {
      Followed& one = followed[files[i]];
      if (one.over) continue;
      if (!one.reader) {
        auto source = open_source(files[i]);
        if (!source) return std::unexpected(source.error());
        one.reader.emplace(std::move(*source));
        if (const auto started = one.reader->start(); !started) {
          const bool begun = one.reader->source().taken() >= 24;
          one.reader.reset();
          if (begun)
            return failure(started.error().message.ja, started.error().message.en,
                           files[i].string());
          continue;
        }
      }
      std::size_t got = 0;
      while (const std::size_t count = stop ? 0 : one.reader->next(records)) {
        observer.take({records.data(), count}, pieces++);
        so_far.frames += count;
        got += count;
      }
      more = more || got > 0;
      // Whoever writes has gone on to the next file.
      if (got == 0 && i + 1 < files.size() && followed.contains(files[i + 1]))
        finish(one, files[i]);
    }
    if (tick) tick(so_far);
    if (!more) std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  for (auto& [path, one] : followed)
    if (one.reader) finish(one, path);
  observer.hand_over();
  return read;
}

}  // namespace sekisho
