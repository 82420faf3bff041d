#include "cli/line_sender.h"

#include <algorithm>

#include <fmt/format.h>

#include "collect/agent/agent.h"

namespace sekisho {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPath = "/agent/v1/line";
/// Of tallies in a piece: compressed they stay about as long, and a body has at most 1 MiB.
constexpr std::size_t kPieceBytes = 900'000;
/// Of pieces that wait; then the oldest are let go.
constexpr std::size_t kMostWaiting = 20'000;
constexpr std::size_t kMostRefused = 100;

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
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<LineSender> LineSender::open(const fs::path& folder) {
  const auto said = ask_as_device(folder, kPath, "", kMostPieceBytes);
  if (!said || said->status != 200) {
    const auto before = read_regular_file(task_file(folder), kMostPieceBytes);
    if (!before) return std::unexpected(said ? said->refusal(folder.string()) : said.error());
    auto task = read_task(*before);
    if (!task) return std::unexpected(task.error());
    return LineSender(folder, std::move(*task));
  }
  auto task = read_task(said->body);
  if (!task) return std::unexpected(task.error());
  if (auto made = make_private_folder(pieces(folder)); !made) return std::unexpected(made.error());
  if (auto kept = write_file_atomically(task_file(folder), said->body, 0600); !kept)
    return std::unexpected(kept.error());
  return LineSender(folder, std::move(*task));
}

Result<void> LineSender::add(Time minute, const std::string& tally) {
  if (tally.size() > kPieceBytes) {
    LineTally large;
    if (auto read = large.merge(tally, task_.key); !read) return read;
    for (const std::string& part : large.encode_in_parts(task_.key, kPieceBytes / 2))
      if (auto added = add(minute, part); !added) return added;
    return {};
  }
  if (bytes_ + tally.size() > kPieceBytes || minutes_.size() == kMostMinutes)
    if (auto kept = keep(0, 0, {}, {}); !kept) return kept;
  minutes_.push_back({minute, tally});
  bytes_ += tally.size();
  return {};
}

Result<void> LineSender::keep(std::int64_t seconds, std::uint64_t dropped,
                              std::vector<LoginCount> logins, std::optional<LineFound> found) {
  const auto last = read_regular_file(sequence_file(folder_), 64);
  // By the clock, so that a lost file does not begin anew from 1.
  const std::int64_t sequence = std::max(last ? whole_number(trim(std::string_view(*last))) + 1 : 1,
                                         std::chrono::duration_cast<std::chrono::milliseconds>(
                                             std::chrono::system_clock::now().time_since_epoch())
                                             .count());
  if (auto used = write_file_atomically(sequence_file(folder_), std::to_string(sequence), 0600);
      !used)
    return used;
  const LinePiece piece{
      sequence,          seconds,         static_cast<std::int64_t>(dropped), std::move(minutes_),
      std::move(logins), std::move(found)};
  minutes_.clear();
  bytes_ = 0;
  return write_file_atomically(pieces(folder_) / fmt::format("{:020}.json", sequence),
                               write_piece(piece), 0600);
}

Result<void> LineSender::send(std::int64_t seconds, std::uint64_t dropped,
                              std::vector<LoginCount> logins, std::optional<LineFound> found) {
  if (auto kept = keep(seconds, dropped, std::move(logins), std::move(found)); !kept) return kept;
  return send_waiting();
}

Result<void> LineSender::send_waiting() {
  std::error_code error;
  auto files = pieces_in(pieces(folder_));
  for (; files.size() > kMostWaiting; files.erase(files.begin())) fs::remove(files.front(), error);
  Result<void> all;
  for (const fs::path& file : files) {
    const auto piece = read_regular_file(file, kMostPieceBytes);
    if (piece) {
      const auto answer = ask_as_device(folder_, kPath, *piece, 65'536);
      if (!answer) return std::unexpected(answer.error());
      if (answer->status != 200) {
        all = std::unexpected(answer->refusal(file.string()));
        if (!refused_for_good(answer->status)) return all;
        if (auto kept = set_aside(file); !kept) return kept;
        continue;
      }
    }
    fs::remove(file, error);
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
  auto files = pieces_in(aside);
  for (; files.size() > kMostRefused; files.erase(files.begin())) fs::remove(files.front(), error);
  return {};
}

}  // namespace sekisho
