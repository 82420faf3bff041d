// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/channel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace sekisho {
namespace {

/// What waits for one that doesn't read: thousands of cuts.
constexpr std::size_t kMostUnread = std::size_t{4} << 20U;

}  // namespace

LineChannel::LineChannel(std::unique_ptr<Stream> stream, std::size_t most)
    : stream_(std::move(stream)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), most_(most) {
  over_ = wake_ < 0;
}

LineChannel::~LineChannel() {
  if (wake_ >= 0) ::close(wake_);
}

bool LineChannel::send(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!over_ && out_.size() + line.size() > kMostUnread) over_ = true;
  if (!over_) out_ += line;
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
  return !over_;
}

void LineChannel::end() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  // The other end hears of it whoever still has this one.
  (void)::shutdown(stream_->socket(), SHUT_RDWR);
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

bool LineChannel::take_line(std::string& line) {
  const auto end = in_.find('\n', looked_at_);
  if (end == std::string::npos) {
    looked_at_ = in_.size();
    return false;
  }
  line.assign(in_, 0, end);
  in_.erase(0, end + 1);
  looked_at_ = 0;
  return true;
}

bool LineChannel::read_some() {
  std::array<char, 16384> some{};
  const auto [count, over] = stream_->receive(some);
  in_.append(some.data(), count);
  return !over;
}

bool LineChannel::waits_to_send() const {
  const std::lock_guard lock(mutex_);
  return !out_.empty();
}

bool LineChannel::write_some() {
  const std::lock_guard lock(mutex_);
  if (out_.empty()) return true;
  const auto [count, over] = stream_->send(out_);
  out_.erase(0, count);
  return !over;
}

LineChannel::Came LineChannel::next(std::string& line, Moment until) {
  while (true) {
    if (take_line(line)) return line.size() < most_ ? Came::line : Came::too_long;
    if (in_.size() >= most_) return Came::too_long;
    {
      const std::lock_guard lock(mutex_);
      if (over_) return Came::over;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Came::nothing;
    const auto events = static_cast<short>(waits_to_send() ? POLLIN | POLLOUT : POLLIN);
    std::array<pollfd, 2> both{{{stream_->socket(), events, 0}, {wake_, POLLIN, 0}}};
    constexpr std::int64_t kMostWait = 60'000;
    const bool more = stream_->holds_more();
    const int wait = more ? 0 : static_cast<int>(std::min(left.count(), kMostWait));
    if (::poll(both.data(), both.size(), wait) < 0 && errno != EINTR) return Came::over;
    std::uint64_t woken = 0;
    if (both[1].revents != 0) (void)!::read(wake_, &woken, sizeof woken);
    if (!write_some()) return Came::over;
    if ((more || (both[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) && !read_some())
      return Came::over;
  }
}

void LineChannel::finish(Moment until) {
  while (waits_to_send() && write_some() && std::chrono::steady_clock::now() < until) {
    pollfd one{stream_->socket(), POLLOUT, 0};
    (void)::poll(&one, 1, 10);
  }
}

}  // namespace sekisho
