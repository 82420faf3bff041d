// SPDX-License-Identifier: Apache-2.0
// What the operator is told while the server runs: one line for each refusal and each failure, in
// logfmt or JSON. Nobody who asks waits for it: lines are handed to a thread of their own, and of a
// flood of one kind a few are written and the others counted.
//
// May enter: addresses, names of operations, statuses, codes, numbers of requests, reasons.
// May not enter: paths, queries, bodies, names of people, secrets.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// By the numbers of syslog and sd-daemon(3).
enum class Severity : std::uint8_t { error = 3, warning = 4, notice = 5, info = 6 };
std::string_view name_of(Severity severity);

struct LogLine {
  Severity severity = Severity::info;
  std::string event;  // refused, failed, job-failed, …: fixed words
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct LogForm {
  bool json = false;
  bool prefixed = false;  // with <3> and the like before each line, as the journal takes it
};
/// One line with its end; whatever the fields hold, it is one.
std::string written(const LogLine& line, Time at, const LogForm& form);

/// Whether standard error is the journal's (JOURNAL_STREAM of systemd.exec(5)).
bool speaks_to_journal();

class Journal {
 public:
  using Write = std::function<void(std::string_view)>;
  using Moment = std::chrono::steady_clock::time_point;

  Journal(LogForm form, Write write);
  /// What was told is written by then.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void tell(LogLine line, Moment now = std::chrono::steady_clock::now());
  /// How many were told of a severity, and how many were left out of all.
  std::uint64_t told(Severity severity) const { return told_[static_cast<std::size_t>(severity)]; }
  std::uint64_t left_out() const { return left_out_; }

 private:
  /// Of one kind this many at once, and then so many a second.
  static constexpr float kAtOnce = 100;
  static constexpr float kASecond = 5;
  static constexpr std::size_t kMostWaiting = 2048;

  struct Kind {
    float used = 0;  // at `at`; it drains
    Moment at;
    std::uint64_t left_out = 0;
  };
  bool has_room(Kind& kind, Moment now) const;
  void run(const std::stop_token& quit);
  void say_what_was_left_out(Moment now);

  LogForm form_;
  Write write_;
  std::array<std::atomic<std::uint64_t>, 8> told_{};
  std::atomic<std::uint64_t> left_out_{0};
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::string> waiting_;
  std::map<std::string, Kind, std::less<>> kinds_;  // by severity and event: few, as both are
  std::jthread writer_;                             // the last: it uses what stands above
};

}  // namespace sekisho
