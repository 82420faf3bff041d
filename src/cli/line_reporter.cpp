// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reporter.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kFoundEvery{60};
constexpr std::chrono::seconds kAnswerTakes{5};
/// Of tallies; more is given before it is time for it.
constexpr std::size_t kMostHeld = 900'000;

}  // namespace

Periods::Sink LineReporter::sink() {
  return [this](Time start, const std::string& tally) {
    count_.minutes.push_back({start, tally});
    bytes_ += tally.size();
    if (bytes_ > kMostHeld) give(0);
  };
}

void LineReporter::send(Findings& findings, std::uint64_t dropped, bool last) {
  findings.periods.close();
  const auto now = std::chrono::steady_clock::now();
  if (last || !found_at_ || now - *found_at_ >= kFoundEvery) {
    found_at_ = now;
    count_.found = found(findings, last);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - sent_at_);
  sent_at_ += seconds;
  count_.seconds = seconds.count();
  count_.logins = fresh_logins(findings.attempts);
  give(dropped);
}

void LineReporter::give(std::uint64_t dropped) {
  post_.give(std::exchange(count_, {}), dropped);
  bytes_ = 0;
}

LineFound LineReporter::found(const Findings& findings, bool last) const {
  LineFound found =
      found_of(summarise(findings, names_, geo_), find_attacks(findings.attempts), names_);
  // An answer may be on its way.
  if (!last)
    std::erase_if(found.ours, [before = now() - kAnswerTakes](const SeenSource& one) {
      return one.first > before;
    });
  if (pseudonyms_ == nullptr) return found;
  found.pseudonyms = true;
  for (SeenSource& one : found.busiest) one.address = pseudonyms_->of(one.address);
  for (SeenAttack& one : found.attacks)
    for (Address& client : one.from) client = pseudonyms_->of(client);
  return found;
}

std::vector<LoginCount> LineReporter::fresh_logins(const Attempts& attempts) {
  std::vector<LoginCount> fresh;
  for (const auto& [at, count] : attempts.hours()) {
    std::uint64_t& told = told_[at];
    if (count == told || fresh.size() == kMostLogins) continue;
    fresh.push_back(
        {names_.logins[at.first].id, at.second, static_cast<std::int64_t>(count - told)});
    told = count;
  }
  return fresh;
}

}  // namespace sekisho
