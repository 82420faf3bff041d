// SPDX-License-Identifier: Apache-2.0
#include "server/api/kept_answers.h"

#include <algorithm>

namespace sekisho {

/// Under the lock. The oldest makes room, unless somebody waits for it.
std::shared_ptr<KeptAnswers::Entry> KeptAnswers::entry(const std::string& url) {
  if (const auto found = entries_.find(url); found != entries_.end()) return found->second;
  if (entries_.size() >= kMost) {
    const auto oldest = std::ranges::min_element(entries_, {}, [](const auto& one) {
      return std::pair(one.second->asking, one.second->at);
    });
    entries_.erase(oldest);
  }
  return entries_.emplace(url, std::make_shared<Entry>()).first->second;
}

/// Held while one asks for the others, and let go of whatever is thrown meanwhile.
class KeptAnswers::Asking {
 public:
  Asking(Entry& one, std::condition_variable& said, std::unique_lock<std::mutex>& lock)
      : one_(one), said_(said), lock_(lock) {
    one_.asking = true;
  }
  ~Asking() {
    if (!lock_.owns_lock()) lock_.lock();
    one_.asking = false;
    said_.notify_all();
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  Result<Answer> outside(const auto& ask) const {
    lock_.unlock();
    auto said = ask();
    lock_.lock();
    return said;
  }

 private:
  Entry& one_;
  std::condition_variable& said_;
  std::unique_lock<std::mutex>& lock_;
};

Result<KeptAnswers::Answer> KeptAnswers::get(const std::string& url, bool anew) {
  std::unique_lock lock(mutex_);
  const auto one = entry(url);
  const bool waited = one->asking;
  said_.wait(lock, [&] { return !one->asking; });
  const Moment now = clock_();
  if (one->said && (waited || now - one->at < (anew ? std::chrono::seconds(kAnew) : kGood)))
    return one->said;
  if (now < one->again_at) return one->said;
  const Asking asking(*one, said_, lock);
  one->said = asking.outside([&]() -> Result<Answer> {
    try {
      auto given = ask_(url);
      if (!given) return std::unexpected(given.error());
      return std::make_shared<const boost::json::value>(std::move(*given));
    } catch (const std::exception& error) {
      return failure("答えを読めません。", error.what());
    }
  });
  one->at = clock_();
  one->pause = one->said
                   ? std::chrono::seconds(0)
                   : std::clamp<std::chrono::seconds>(2 * one->pause, kFirstPause, kLongestPause);
  one->again_at = one->at + one->pause;
  return one->said;
}

}  // namespace sekisho
