#include "server/http/budget.h"

#include <algorithm>

namespace sekisho {

bool Budget::take(const std::string& who, bool known, std::size_t bytes) {
  const std::size_t large = bytes > kLarge ? bytes : 0;
  if (used_ + bytes > bounds_.all || of_large_ + large > bounds_.of_large) return false;
  if (!known && of_strangers_ + bytes > bounds_.of_strangers) return false;
  if (!who.empty()) {
    const auto found = shares_.find(who);
    if (found != shares_.end() && (found->second.bytes + bytes > bounds_.of_one ||
                                   found->second.count >= bounds_.at_once_of_one))
      return false;
    Share& share = shares_[who];
    share.bytes += bytes;
    ++share.count;
  }
  used_ += bytes;
  of_large_ += large;
  if (!known) of_strangers_ += bytes;
  return true;
}

void Budget::give(const std::string& who, bool known, std::size_t bytes) {
  used_ -= bytes;
  if (bytes > kLarge) of_large_ -= bytes;
  if (!known) of_strangers_ -= bytes;
  if (who.empty()) return;
  const auto found = shares_.find(who);
  found->second.bytes -= bytes;
  if (--found->second.count == 0) shares_.erase(found);
}

void TransferPace::moved(std::size_t bytes, Moment now) {
  // In microseconds: a second is 4096 bytes, so nothing is lost to rounding that would matter.
  const std::chrono::microseconds bought(static_cast<std::int64_t>(bytes) * 1'000'000 /
                                         static_cast<std::int64_t>(kLeastRate));
  until_ = std::min(now + kGrace, until_ + bought);
}

}  // namespace sekisho
