// SPDX-License-Identifier: Apache-2.0
#include "server/outbox/sending.h"

#include <algorithm>
#include <iterator>

#include "server/api/jobs.h"

namespace sekisho {

Sending::~Sending() {
  for (Run& run : runs_) run.thread.request_stop();
}

void Sending::forget_ended() {
  std::list<Run> ended;
  const std::lock_guard lock(mutex_);
  for (auto at = runs_.begin(); at != runs_.end();) {
    const auto next = std::next(at);
    if (at->over) ended.splice(ended.end(), runs_, at);
    at = next;
  }
}

Result<void> Sending::begin() {
  forget_ended();
  std::set<Road> busy;
  for (const Run& run : runs_) busy.insert(run.road);
  while (runs_.size() < kMostAtOnce) {
    auto lease = pool_.take();
    if (!lease) return std::unexpected(lease.error());
    const auto due = take_due(***lease, options_.clock(), busy);
    if (!due) return std::unexpected(due.error());
    if (!*due) return {};
    busy.insert(road_of((*due)->letter));
    const std::lock_guard lock(mutex_);
    Run& run = runs_.emplace_back(Run{.road = road_of((*due)->letter), .thread = {}});
    run.thread = std::jthread([this, &run, due = **due](const std::stop_token& quit) {
      send(quit, due);
      const std::lock_guard over(mutex_);
      run.over = true;
      ended_.notify_all();
    });
    run.over = false;
  }
  return {};
}

/// No connection to the database is held while a receiver is waited for.
void Sending::send(const std::stop_token& quit, const Due& due) const {
  do_job(options_, "outbox", [&]() -> Result<void> {
    auto lease = pool_.take();
    if (!lease) return std::unexpected(lease.error());
    const auto attempt = attempt_of(***lease, options_, due);
    if (!attempt) return std::unexpected(attempt.error());
    lease->reset();
    const Sent sent = attempt->send(quit);
    if (!sent && quit.stop_requested()) return {};  // its lease ends, and it is tried again
    lease = pool_.take();
    if (!lease) return std::unexpected(lease.error());
    return note(***lease, options_, due, attempt->host, sent);
  });
}

void Sending::wait(const std::stop_token& quit, std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, quit, longest, [this] {
    return std::ranges::any_of(runs_, [](const Run& run) { return run.over; });
  });
}

}  // namespace sekisho
