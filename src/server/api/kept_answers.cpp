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

Result<KeptAnswers::Answer> KeptAnswers::get(const std::string& url, bool anew) {
  std::unique_lock lock(mutex_);
  const auto one = entry(url);
  const bool waited = one->asking;
  said_.wait(lock, [&] { return !one->asking; });
  const Moment now = clock_();
  if (one->said && (waited || now - one->at < (anew ? std::chrono::seconds(kAnew) : kGood)))
    return one->said;
  if (now < one->again_at) return one->said;
  one->asking = true;
  lock.unlock();
  Result<Answer> said = failure("", "");
  try {
    auto given = ask_(url);
    said = given ? Result<Answer>(std::make_shared<const boost::json::value>(std::move(*given)))
                 : std::unexpected(given.error());
  } catch (const std::exception& error) {
    said = failure("答えを読めません。", error.what());
  }
  lock.lock();
  one->asking = false;
  one->at = clock_();
  one->pause = said ? std::chrono::seconds(0)
                    : std::clamp<std::chrono::seconds>(2 * one->pause, kFirstPause, kLongestPause);
  one->again_at = one->at + one->pause;
  one->said = std::move(said);
  said_.notify_all();
  return one->said;
}

}  // namespace sekisho
