// SPDX-License-Identifier: Apache-2.0
// Sends what is due, several messages at once and to each receiver one after the other: one that
// doesn't answer holds up nobody but itself.
//
// A failure is tried again after 15 s, then twice as long each time up to an hour, for about three
// days; a receiver that asks for more time (Retry-After) has up to a day, and one that is gone
// (410) is not asked again. Each failure is a line for the operator; the first of a notice and the
// giving up are audited. Of several servers one sends a message.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

#include "server/outbox/letters.h"
#include "store/pool.h"

namespace sekisho {

class Sending {
 public:
  /// Both must outlive it.
  Sending(Pool& pool, const ServerOptions& options) : pool_(pool), options_(options) {}
  /// Calls off what is under way and waits for its end.
  ~Sending();
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  /// Begins all that is due to receivers to whom nothing is under way.
  Result<void> begin();
  /// Waits for `longest`, or until something has ended or `quit` says so.
  void wait(const std::stop_token& quit, std::chrono::milliseconds longest);

 private:
  /// As many as there may be receivers: ten webhooks and a mail server.
  static constexpr std::size_t kMostAtOnce = 12;

  struct Run {
    Road road;
    bool over = true;  // until its thread is there, and when that has done
    std::jthread thread;
  };
  void forget_ended();
  void send(const std::stop_token& quit, const Due& due) const;

  Pool& pool_;
  const ServerOptions& options_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::list<Run> runs_;  // the last: its threads use what stands above
};

}  // namespace sekisho
