// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/hearing.h"

#include <algorithm>
#include <utility>

#include "collect/agent/pace.h"

namespace sekisho {
namespace {

/// Whoever answers at once, over and over, is not asked more often.
constexpr std::chrono::seconds kPause{1};
/// A server that was away is to be heard soon.
constexpr std::chrono::seconds kLongestSilence{120};
/// An older server has nothing to say, until it is updated.
constexpr std::chrono::seconds kOlderServer{3600};

}  // namespace

void Hearing::run(const std::stop_token& quit) {
  std::mutex mutex;
  std::condition_variable_any never;
  while (!quit.stop_requested()) {
    const auto pause = ask_once(quit);
    std::unique_lock lock(mutex);
    never.wait_for(lock, quit, pause, [] { return false; });
  }
}

std::chrono::seconds Hearing::later() {
  retry_ = std::clamp(2 * retry_, kFirstRetry, kLongestSilence);
  return about(retry_);
}

std::chrono::milliseconds Hearing::ask_once(const std::stop_token& quit) {
  constexpr long kGood = 200;
  constexpr long kForbidden = 403;
  constexpr long kNotThere = 404;
  constexpr long kCopied = 409;
  const auto asked_at = std::chrono::steady_clock::now();
  const auto reply = ask_(word_, quit);
  if (!reply) return later();  // that the server can't be reached is told by whoever reports
  if (reply->status == kNotThere) return about(kOlderServer);
  if (reply->status == kForbidden || reply->status == kCopied) {
    refused(reply->refusal({}));
    return about(kLastRetry);
  }
  if (reply->status == kHeldStatus) {  // it was, and there may be something now
    retry_ = {};
    const auto left = asked_at + kPause - std::chrono::steady_clock::now();
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), {});
  }
  auto told = reply->status == kGood ? read_told(reply->body) : failure("", "");
  // The same again is no answer to what was asked.
  if (!told || told->word == word_) return later();
  retry_ = {};
  refusal_.clear();
  word_ = told->word;
  heard(std::move(*told));
  return kPause;
}

void Hearing::heard(Told told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
  come_.notify_all();
}

void Hearing::refused(Error why) {
  word_.clear();
  if (std::exchange(refusal_, why.message.en) == why.message.en) return;
  const std::lock_guard lock(mutex_);
  no_more_ = std::move(why);
  come_.notify_all();
}

bool Hearing::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  return come_.wait_for(lock, longest, [this] { return told_ || no_more_; });
}

std::optional<Told> Hearing::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(told_, std::nullopt);
}

std::optional<Error> Hearing::take_refusal() {
  const std::lock_guard lock(mutex_);
  return std::exchange(no_more_, std::nullopt);
}

}  // namespace sekisho
