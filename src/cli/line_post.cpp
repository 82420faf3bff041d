// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "cli/line_sender.h"

namespace sekisho {
namespace {

/// Of tallies that stand in line for the disk.
constexpr std::size_t kMostGivenBytes = std::size_t{64} << 20U;
constexpr std::size_t kMostGiven = 512;
/// How long after a failure until the next try, if nothing new comes before.
constexpr std::chrono::seconds kDiskRetry{1};
constexpr std::chrono::seconds kNetRetry{15};

}  // namespace

LinePost::LinePost(LineSender sender, WhenFull when_full,
                   std::function<void(const Error&)> complain)
    : sender_(std::move(sender)), when_full_(when_full), complain_(std::move(complain)) {
  keeper_ = std::jthread([this] { guarded(&LinePost::keep_all); });
  sending_ = std::jthread([this] { guarded(&LinePost::send_all); });
}

LinePost::~LinePost() { (void)finish(); }

std::uint64_t LinePost::let_go() const { return let_go_ + sender_.let_go(); }

void LinePost::give(LineCount count, std::uint64_t dropped) {
  std::unique_lock lock(mutex_);
  given_bytes_ += count.bytes();
  dropped_ = std::max(dropped_, dropped);
  given_.push_back(std::move(count));
  changed_.notify_all();
  const auto has_room = [&] {
    return given_bytes_ <= kMostGivenBytes && given_.size() <= kMostGiven;
  };
  if (when_full_ == WhenFull::wait) changed_.wait(lock, [&] { return has_room() || !disk_works_; });
  while (!has_room() && given_.size() > 1) make_room();
}

/// Lets the oldest minutes go; what is beside them goes with the next.
void LinePost::make_room() {
  LineCount oldest = std::move(given_.front());
  given_.pop_front();
  given_bytes_ -= oldest.bytes();
  let_go_ += oldest.packets(sender_.task().key);
  LineCount& next = given_.front();
  next.seconds += oldest.seconds;
  next.logins.insert(next.logins.end(), oldest.logins.begin(), oldest.logins.end());
  if (!next.found) next.found = std::move(oldest.found);
}

bool LinePost::finish() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  if (keeper_.joinable()) keeper_.join();
  if (sending_.joinable()) sending_.join();
  return disk_works_ && net_works_;
}

void LinePost::guarded(void (LinePost::*work)()) {
  try {
    (this->*work)();
  } catch (const std::exception& error) {
    const std::string why = printable(error.what());
    const std::scoped_lock lock(mutex_);
    tell({{fmt::format("送る仕事が止まりました（{}）。", why),
           fmt::format("sending came to a stop ({}).", why)},
          {}},
         disk_works_);
    all_kept_ = true;
    changed_.notify_all();
  }
}

/// Once for each time that it stops working. Under the lock.
void LinePost::tell(const Error& error, bool& worked) {
  if (worked) complain_(error);
  worked = false;
}

void LinePost::keep_all() {
  bool last_try = false;  // at the end what fails is tried once more
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !given_.empty(); });
    if (given_.empty()) break;
    // What is being written stands in line no more, and comes back if the disk doesn't take it.
    LineCount count = std::move(given_.front());
    given_.pop_front();
    given_bytes_ -= count.bytes();
    const std::uint64_t dropped = dropped_ + let_go();
    lock.unlock();
    const auto kept = sender_.keep(count, dropped);
    lock.lock();
    fresh_ = true;
    if (kept) {
      disk_works_ = true;
    } else {
      given_bytes_ += count.bytes();
      given_.push_front(std::move(count));
      tell(kept.error(), disk_works_);
      if (ending_ && std::exchange(last_try, true)) break;
      changed_.notify_all();
      changed_.wait_for(lock, kDiskRetry, [&] { return ending_; });
    }
    changed_.notify_all();
  }
  for (const LineCount& count : given_) let_go_ += count.packets(sender_.task().key);
  let_go_ += sender_.unwritten();
  all_kept_ = true;
  changed_.notify_all();
}

void LinePost::send_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait_for(lock, kNetRetry, [&] { return fresh_ || all_kept_; });
    const bool last = all_kept_;
    if (!fresh_ && !last && net_works_) continue;
    fresh_ = false;
    lock.unlock();
    const auto sent = sender_.send_waiting();
    lock.lock();
    if (sent)
      net_works_ = true;
    else
      tell(sent.error(), net_works_);
    // Who captures begins anew by it; files that were read are not read once more.
    if (when_full_ == WhenFull::wait && sender_.has_another_task() && !std::exchange(told_, true))
      complain_({{"組織のアドレスの設定が変わりました。次に始めたときから使います。",
                  "the organisation's addresses changed; they are used from the next start on."},
                 {}});
    if (last) return;
  }
}

}  // namespace sekisho
