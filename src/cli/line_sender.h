// SPDX-License-Identifier: Apache-2.0
// Sends what a sensor counts to the organisation's server. What the server doesn't have yet waits
// in files, so that nothing is lost without a connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "collect/observe/sensor.h"

namespace sekisho {

/// What was counted since the last time, and is in no file yet.
struct LineCount {
  std::vector<LinePiece::Minute> minutes;
  std::int64_t seconds = 0;
  std::vector<LoginCount> logins;
  std::optional<LineFound> found;

  bool is_empty() const;
  std::size_t bytes() const;
  /// Packets of all minutes, as their tallies under `key` say.
  std::uint64_t packets(const HashKey& key) const;
};

/// The files in which pieces wait. One thread may write while another sends.
class LineSender {
 public:
  /// As the device that was enrolled in `folder`. Asks its server for the key to count under and
  /// for the organisation's addresses; what it said last serves where it cannot be reached.
  static Result<LineSender> open(const std::filesystem::path& folder);

  const SensorTask& task() const { return task_; }
  /// Makes pieces of `count`, durable when it returns; `dropped` is what was lost since the sensor
  /// began. What is in a file, or may be, is taken out of `count`, also where the rest can't be
  /// written: it is held then, and written with the next.
  Result<void> keep(LineCount& count, std::uint64_t dropped);
  /// Sends what waits. What the server refuses for good, and what is damaged, is put aside, and is
  /// the error once the rest was sent.
  Result<void> send_waiting();
  /// Whether the server has come to want something else than what the sensor began with: it says so
  /// with each piece that it takes. Then that is what the next open() finds.
  bool has_another_task() const { return *another_task_; }
  /// Packets of what is held because it couldn't be written.
  std::uint64_t unwritten() const;
  /// Packets of pieces that were let go because too many waited.
  std::uint64_t let_go() const { return *let_go_; }

 private:
  /// `text` as the server wrote it.
  static Result<LineSender> with_task(const std::filesystem::path& folder, const std::string& text);
  LineSender(std::filesystem::path folder, SensorTask task, std::string task_hash);
  Result<void> write(const LinePiece& piece) const;
  Result<void> write_held();
  std::filesystem::path file_of(const LinePiece& piece) const;
  void bound(const std::filesystem::path& folder, std::size_t most) const;
  Result<void> set_aside(const std::filesystem::path& file) const;
  /// Asks for the task anew when an answer says that there is another.
  void look_at_task(const std::string& answer) const;

  std::filesystem::path folder_;
  SensorTask task_;
  std::string task_hash_;  // of its text
  std::unique_ptr<std::atomic<bool>> another_task_;
  std::int64_t sequence_ = 0;      // that was used last
  std::optional<LinePiece> held_;  // that is not on the disk for certain
  std::unique_ptr<std::atomic<std::uint64_t>> let_go_;
};

/// Brings what a line gives to the disk, and from there to the server, each on a thread of its own:
/// who captures and counts waits for neither.
class LinePost {
 public:
  /// When more is given than the disk takes.
  enum class WhenFull : std::uint8_t {
    let_go,  // of a live line the oldest, which is counted
    wait,    // captures can wait
  };
  LinePost(LineSender sender, WhenFull when_full, std::function<void(const Error&)> complain);
  ~LinePost();
  LinePost(const LinePost&) = delete;
  LinePost& operator=(const LinePost&) = delete;

  /// `dropped`: packets that the kernel had no room for, since the beginning.
  void give(LineCount count, std::uint64_t dropped);
  /// Brings all that was given to the disk, and tries once more to send what waits there. Whether
  /// nothing is left.
  bool finish();
  /// Packets that were counted and that the server will not hear of.
  std::uint64_t let_go() const;
  bool has_another_task() const { return sender_.has_another_task(); }

 private:
  void keep_all();
  void send_all();
  /// Runs `work` so that nothing that it throws ends the program.
  void guarded(void (LinePost::*work)());
  void tell(const Error& error, bool& worked);
  void make_room();

  LineSender sender_;
  WhenFull when_full_;
  std::function<void(const Error&)> complain_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LineCount> given_;
  std::size_t given_bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::atomic<std::uint64_t> let_go_ = 0;
  bool ending_ = false;    // no more is given
  bool all_kept_ = false;  // no more is put on the disk
  bool fresh_ = false;     // on the disk
  bool disk_works_ = true;
  bool net_works_ = true;
  bool told_ = false;  // that there is another task
  std::jthread keeper_;
  std::jthread sending_;
};

}  // namespace sekisho
