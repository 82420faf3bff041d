// SPDX-License-Identifier: Apache-2.0
#include "cli/line_sender.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/document.h"
#include "base/durable.h"
#include "collect/agent/agent.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPath = "/agent/v1/line";
/// Of tallies in a piece: compressed they stay about as long, and a body has at most 1 MiB.
constexpr std::size_t kPieceBytes = 900'000;
/// Of pieces that wait; then the oldest are let go.
constexpr std::size_t kMostWaiting = 20'000;
constexpr std::size_t kMostAside = 100;

fs::path pieces(const fs::path& folder) { return folder / "line"; }
fs::path refused_pieces(const fs::path& folder) { return folder / "line.refused"; }
fs::path task_file(const fs::path& folder) { return folder / "line.json"; }
fs::path sequence_file(const fs::path& folder) { return folder / "line.sequence"; }

/// It will never be taken, however often it is sent: not what an enrolled device may send, or not
/// under the key that the server has now.
bool refused_for_good(long status) { return status == 400 || status == 413 || status == 422; }

/// The pieces in a folder, oldest first: their names are their sequences, all of one length.
std::vector<fs::path> pieces_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".json") files.push_back(it->path());
  std::ranges::sort(files);
  return files;
}

std::uint64_t packets_of(const std::vector<LinePiece::Minute>& minutes, const HashKey& key) {
  std::uint64_t packets = 0;
  for (const LinePiece::Minute& minute : minutes)
    if (LineTally tally; tally.merge(minute.tally, key)) packets += tally.all().packets;
  return packets;
}

/// Minutes that are too large to travel, in parts.
Result<void> split_minutes(std::vector<LinePiece::Minute>& minutes, const HashKey& key) {
  const auto large = [](const LinePiece::Minute& one) { return one.tally.size() > kPieceBytes; };
  if (std::ranges::none_of(minutes, large)) return {};
  std::vector<LinePiece::Minute> parts;
  for (LinePiece::Minute& one : minutes) {
    if (!large(one)) {
      parts.push_back(std::move(one));
      continue;
    }
    LineTally tally;
    if (auto read = tally.merge(one.tally, key); !read) return read;
    for (std::string& part : tally.encode_in_parts(key, kPieceBytes / 2))
      parts.push_back({one.start, std::move(part)});
  }
  minutes = std::move(parts);
  return {};
}

}  // namespace

std::size_t LineCount::bytes() const {
  std::size_t sum = 0;
  for (const LinePiece::Minute& minute : minutes) sum += minute.tally.size();
  return sum;
}

bool LineCount::is_empty() const {
  return minutes.empty() && seconds == 0 && logins.empty() && !found;
}

std::uint64_t LineCount::packets(const HashKey& key) const { return packets_of(minutes, key); }

LineSender::LineSender(fs::path folder, SensorTask task, std::string task_hash)
    : folder_(std::move(folder)),
      task_(std::move(task)),
      task_hash_(std::move(task_hash)),
      another_task_(std::make_unique<std::atomic<bool>>(false)),
      let_go_(std::make_unique<std::atomic<std::uint64_t>>(0)) {
  for (const fs::path& one : {folder_, pieces(folder_)}) remove_leftovers(one);
}

Result<LineSender> LineSender::with_task(const fs::path& folder, const std::string& text) {
  auto task = read_task(text);
  if (!task) return std::unexpected(task.error());
  return LineSender(folder, std::move(*task), secret_hash(text));
}

Result<LineSender> LineSender::open(const fs::path& folder) {
  const auto said = ask_as_device(folder, kPath, "", kMostPieceBytes);
  if (!said || said->status != 200) {
    const auto before = read_regular_file(task_file(folder), kMostPieceBytes);
    if (!before) return std::unexpected(said ? said->refusal(folder.string()) : said.error());
    return with_task(folder, *before);
  }
  auto sender = with_task(folder, said->body);
  if (!sender) return sender;
  if (auto made = make_private_folder(pieces(folder)); !made) return std::unexpected(made.error());
  if (auto kept = write_file_atomically(task_file(folder), said->body, 0600); !kept)
    return std::unexpected(kept.error());
  return sender;
}

void LineSender::look_at_task(const std::string& answer) const {
  const auto document = parse_json("", answer);
  const auto* hash = document && document->root.is_object()
                         ? document->root.get_object().if_contains("task")
                         : nullptr;
  // An older server doesn't say.
  if (hash == nullptr || !hash->is_string() || hash->get_string() == task_hash_ || *another_task_)
    return;
  const auto said = ask_as_device(folder_, kPath, "", kMostPieceBytes);
  if (!said || said->status != 200 || secret_hash(said->body) == task_hash_) return;
  if (!read_task(said->body)) return;  // of a newer server: what is understood stays
  *another_task_ = true;
}

fs::path LineSender::file_of(const LinePiece& piece) const {
  return pieces(folder_) / fmt::format("{:020}.json", piece.sequence);
}

/// After an error the piece may be in its file all the same, or have been sent from there: then it
/// is written once more as it is, and the server takes one of a number once.
Result<void> LineSender::write_held() {
  if (!held_) return {};
  if (auto written = write(*held_); !written) return written;
  held_.reset();
  return {};
}

Result<void> LineSender::write(const LinePiece& piece) const {
  if (auto used =
          write_file_atomically(sequence_file(folder_), std::to_string(piece.sequence), 0600);
      !used)
    return used;
  return write_file_atomically(file_of(piece), write_piece(piece), 0600);
}

Result<void> LineSender::keep(LineCount& count, std::uint64_t dropped) {
  if (held_) {
    if (auto written = write_held(); !written) return written;
    if (count.is_empty()) return {};  // that was all of it
  }
  if (auto parted = split_minutes(count.minutes, task_.key); !parted) return parted;
  const auto last = read_regular_file(sequence_file(folder_), 64);
  if (last) sequence_ = std::max(sequence_, whole_number(trim(std::string_view(*last))));
  for (bool done = false; !done;) {
    LinePiece piece;
    std::size_t bytes = 0;
    std::size_t minutes = 0;
    while (minutes < std::min(count.minutes.size(), kMostMinutes)) {
      bytes += count.minutes[minutes].tally.size();
      if (bytes > kPieceBytes) break;
      ++minutes;
    }
    const auto end_of_minutes = count.minutes.begin() + static_cast<std::ptrdiff_t>(minutes);
    const auto end_of_logins = count.logins.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                          count.logins.size(), kMostLogins));
    piece.minutes.assign(count.minutes.begin(), end_of_minutes);
    piece.logins.assign(count.logins.begin(), end_of_logins);
    piece.dropped = static_cast<std::int64_t>(dropped);
    done = end_of_minutes == count.minutes.end() && end_of_logins == count.logins.end();
    if (done) {
      piece.seconds = count.seconds;
      piece.found = count.found;
    }
    // By the clock, so that a lost file does not begin anew from 1.
    piece.sequence =
        std::max(sequence_ + 1, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::system_clock::now().time_since_epoch())
                                    .count());
    sequence_ = piece.sequence;
    count.minutes.erase(count.minutes.begin(), end_of_minutes);
    count.logins.erase(count.logins.begin(), end_of_logins);
    if (done) count = {};
    held_ = std::move(piece);
    if (auto written = write_held(); !written) return written;
  }
  return {};
}

std::uint64_t LineSender::unwritten() const {
  std::error_code error;
  if (!held_ || fs::exists(file_of(*held_), error)) return 0;
  return packets_of(held_->minutes, task_.key);
}

/// Of the files in a folder the newest stay; what the others held is let go.
void LineSender::bound(const fs::path& folder, std::size_t most) const {
  auto files = pieces_in(folder);
  std::error_code error;
  for (; files.size() > most; files.erase(files.begin())) {
    if (const auto text = read_regular_file(files.front(), kMostPieceBytes))
      if (const auto piece = read_piece(*text)) *let_go_ += packets_of(piece->minutes, task_.key);
    fs::remove(files.front(), error);
  }
}

Result<void> LineSender::send_waiting() {
  bound(pieces(folder_), kMostWaiting);
  Result<void> all;
  for (const fs::path& file : pieces_in(pieces(folder_))) {
    const auto piece = read_regular_file(file, kMostPieceBytes);
    if (!piece && piece.error() == FileProblem::missing) continue;
    if (!piece && piece.error() != FileProblem::too_large)
      return failure("送信待ちのものを今は読めません。後でもう一度試します。",
                     "what waits cannot be read now; it is tried again later.", file.string());
    if (piece) {
      const auto answer = ask_as_device(folder_, kPath, *piece, 65'536);
      if (!answer) return std::unexpected(answer.error());
      if (answer->status == 200) {
        look_at_task(answer->body);
        std::error_code error;
        fs::remove(file, error);
        continue;
      }
      all = std::unexpected(answer->refusal(file.string()));
      if (!refused_for_good(answer->status)) return all;
    } else {
      all = failure("大きすぎます。脇に置きました。", "it is too large; it was put aside.",
                    file.string());
    }
    if (auto kept = set_aside(file); !kept) return kept;
  }
  return all;
}

Result<void> LineSender::set_aside(const fs::path& file) const {
  const fs::path aside = refused_pieces(folder_);
  if (auto made = make_private_folder(aside); !made) return made;
  std::error_code error;
  fs::rename(file, aside / file.filename(), error);
  if (error)
    return failure("断られたものを脇に置けません（" + error.message() + "）。",
                   "what was refused could not be put aside (" + error.message() + ").",
                   file.string());
  bound(aside, kMostAside);
  return {};
}

}  // namespace sekisho
