// SPDX-License-Identifier: Apache-2.0
#include "cli/line_watch.h"

#include <fmt/format.h>

#include "cli/line_reporter.h"
#include "cli/status_line.h"
#include "collect/observe/live.h"
#include "report/line/line.h"

namespace sekisho {
namespace {

using Clock = std::chrono::steady_clock;

/// How often the interface is asked how it is.
constexpr std::chrono::milliseconds kAskEvery{500};
/// What was sent before the end may not have come to the capture yet where the machine is busy.
constexpr std::chrono::milliseconds kOnItsWay{300};
/// At the end, for what the kernel still holds.
constexpr std::chrono::seconds kLongestEnd{5};

class LineLook {
 public:
  LineLook(const App& app, const LineWatch& what, LiveCapture& live, Observer& observer)
      : app_(app), what_(what), live_(live), observer_(observer) {}

  /// Takes what has come, waiting a little.
  void take() {
    const std::size_t count = live_.next(records_, std::chrono::milliseconds(200));
    observer_.take({records_.data(), count}, pieces_++);
    frames_ += count;
  }

  void look_at_interface(Clock::time_point now) {
    if (now - asked_ < kAskEvery) return;
    asked_ = now;
    const LineState state = live_.state();
    if (state == state_) return;
    if (state_ == LineState::up) dark_since_ = now;
    if (state == LineState::up) dark_ += now - dark_since_;
    state_ = state;
    status_.wipe();
    fmt::print(stderr, "{}\n", words_of(state));
  }

  void show(Clock::time_point now) {
    if (now - shown_ < std::chrono::seconds(1)) return;
    status_.show(fmt::format("{} {}  {}/s  {} {}", grouped(static_cast<double>(frames_)),
                             app_.tr("パケット", "packets"),
                             grouped(static_cast<double>(frames_ - before_) /
                                     std::chrono::duration<double>(now - shown_).count()),
                             app_.tr("取りこぼし", "dropped"), live_.dropped()));
    before_ = frames_;
    shown_ = now;
  }

  /// Everything that had come by now: the kernel says how much that is.
  void take_the_rest() {
    const auto now = Clock::now();
    while (Clock::now() < now + kOnItsWay) take();
    const std::uint64_t all = live_.arrived();
    while (frames_ + live_.dropped() < all && Clock::now() < now + kLongestEnd) take();
  }

  LineWatched end() {
    if (state_ != LineState::up) dark_ += Clock::now() - dark_since_;
    return {live_.dropped(), std::chrono::duration_cast<std::chrono::seconds>(dark_)};
  }

 private:
  std::string words_of(LineState state) const {
    const std::string& name = what_.interface;
    switch (state) {
      case LineState::up:
        return app_.tr(name + " が戻りました。数え続けます。",
                       name + " is back; counting goes on.");
      case LineState::down:
        return app_.tr(name + " は停止しているか、ケーブルが抜けています。今は何も届きません。",
                       name + " is down or unplugged: nothing comes in now.");
      default:
        return app_.tr(name + " がなくなりました。今は何も届きません。",
                       name + " is gone: nothing comes in now.");
    }
  }

  const App& app_;
  const LineWatch& what_;
  LiveCapture& live_;
  Observer& observer_;
  std::vector<Record> records_ = std::vector<Record>(4096);
  StatusLine status_;
  std::uint64_t pieces_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t before_ = 0;
  Clock::time_point shown_ = Clock::now();
  Clock::time_point asked_;
  LineState state_ = LineState::up;
  Clock::time_point dark_since_;
  Clock::duration dark_{};
};

}  // namespace

Result<LineWatched> watch_line(const App& app, const LineWatch& what, const LineScope& scope,
                               Findings& findings, LineReporter* reporter,
                               const std::function<bool()>& stop) {
  auto live = LiveCapture::open(what.interface);
  if (!live) return std::unexpected(live.error());
  fmt::print(stderr, "{}\n",
             app.tr(what.interface + " を見ています。Ctrl-C で結果を出します。",
                    "Watching " + what.interface + ". Ctrl-C shows the result."));
  Observer observer(scope, findings);
  LineLook look(app, what, *live, observer);
  const auto began = Clock::now();
  auto sent = began;
  for (auto now = began; !stop() && (what.time.count() == 0 || now - began < what.time);
       now = Clock::now()) {
    look.look_at_interface(now);
    look.take();
    if (reporter != nullptr && now - sent >= what.every) {
      observer.hand_over();
      reporter->send(findings, live->dropped(), false);
      sent = now;
    }
    look.show(now);
  }
  look.take_the_rest();
  observer.hand_over();
  return look.end();
}

}  // namespace sekisho
