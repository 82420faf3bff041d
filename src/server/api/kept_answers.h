// SPDX-License-Identifier: Apache-2.0
// What somebody else's server said, kept for a while: one asks, the others wait for that, and one
// that doesn't answer is left alone for a while. Knows nothing of how one asks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <boost/json.hpp>

#include "base/base.h"

namespace sekisho {

class KeptAnswers {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  using Answer = std::shared_ptr<const boost::json::value>;
  using Ask = std::function<Result<boost::json::value>(const std::string& url)>;

  static constexpr std::chrono::minutes kGood{10};
  /// An answer that turned out not to be enough is younger than this: nobody asks again yet.
  static constexpr std::chrono::seconds kAnew{30};
  /// After a failure; twice as long each time, up to the longest.
  static constexpr std::chrono::seconds kFirstPause{5};
  static constexpr std::chrono::seconds kLongestPause{60};
  static constexpr std::size_t kMost = 16;

  KeptAnswers(Ask ask, std::function<Moment()> clock)
      : ask_(std::move(ask)), clock_(std::move(clock)) {}

  /// What is said at `url`: what is kept of it, or what `ask` gives now. `anew`: what is kept was
  /// not enough. Whoever asks waits for as long as `ask` takes; so does who comes meanwhile.
  Result<Answer> get(const std::string& url, bool anew = false);

 private:
  struct Entry {
    Result<Answer> said = failure("", "");
    Moment at;        // when it was said
    Moment again_at;  // after a failure: not before
    std::chrono::seconds pause{0};
    bool asking = false;
  };
  class Asking;
  std::shared_ptr<Entry> entry(const std::string& url);

  Ask ask_;
  std::function<Moment()> clock_;
  std::mutex mutex_;
  std::condition_variable said_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  // at most kMost
};

}  // namespace sekisho
