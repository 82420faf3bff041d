// SPDX-License-Identifier: Apache-2.0
#include "access/risk_history.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/crypto.h"

namespace sekisho {
namespace {

/// Of each level, then of devices: how many values are kept of one person.
constexpr std::array<std::size_t, kRiskLevels> kMostValues{32, 16, 8, 16, 8, 8, 4};
constexpr std::size_t kMostDevices = 16;
constexpr std::size_t kNetworkLevels = 3;

std::size_t hour_of(const Calendar& calendar, Time at) {
  const auto since = at - calendar.start(calendar.day(at));
  return static_cast<std::size_t>(std::chrono::floor<std::chrono::hours>(since).count()) % 24;
}

RiskValue device_value(RiskDevice device) {
  return RiskValue::of(std::to_string(static_cast<std::uint64_t>(device)));
}

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

}  // namespace

RiskValue RiskValue::of(std::string_view text) {
  if (text.empty()) return {};
  const std::string digest = sha256(text);
  RiskValue value;
  for (std::size_t i = 0; i < 8; ++i)
    value.number_ = value.number_ << 8U | static_cast<unsigned char>(digest.at(i));
  return value;
}

RiskValue RiskValue::of(const ClientAddress& address) {
  const auto& bytes = address.bytes();
  const bool four = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
                    bytes[10] == 0xff && bytes[11] == 0xff;
  return of({reinterpret_cast<const char*>(bytes.data()), four ? bytes.size() : 8});
}

double kilometres(const GeoPoint& from, const GeoPoint& to) {
  constexpr double kEarth = 6371;
  const double lat = std::sin(radians(to.latitude - from.latitude) / 2);
  const double lon = std::sin(radians(to.longitude - from.longitude) / 2);
  const double a =
      lat * lat + std::cos(radians(from.latitude)) * std::cos(radians(to.latitude)) * lon * lon;
  return 2 * kEarth * std::asin(std::sqrt(std::clamp(a, 0.0, 1.0)));
}

RiskLevels levels_of(const SignIn& attempt) {
  return {attempt.origin.address, attempt.origin.system, attempt.origin.country,
          attempt.agent.whole,    attempt.agent.browser, attempt.agent.system,
          attempt.agent.kind};
}

void SeenCounts::see(RiskValue value, Time at, std::size_t most) {
  ++total_;
  const auto found = std::ranges::find(seen_, value, &Seen::value);
  if (found != seen_.end()) {
    ++found->count;
    found->last = std::max(found->last, at);
    return;
  }
  if (seen_.size() >= most) {
    const auto oldest = std::ranges::min_element(
        seen_, {}, [](const Seen& one) { return std::pair(one.last, one.value); });
    total_ -= oldest->count;
    seen_.erase(oldest);
  }
  seen_.push_back({value, 1, at});
}

void SeenCounts::halve() {
  total_ = 0;
  for (Seen& one : seen_) total_ += one.count /= 2;
  std::erase_if(seen_, [](const Seen& one) { return one.count == 0; });
}

std::uint32_t SeenCounts::of(RiskValue value) const {
  const auto found = std::ranges::find(seen_, value, &Seen::value);
  return found == seen_.end() ? 0 : found->count;
}

Time PersonHabits::vouched(RiskValue address, SignInFactor least, Time until) const {
  Time last = Time::min();
  if (address == RiskValue()) return last;
  for (const Vouch& one : vouches_)
    if (one.address == address && one.factor >= least && one.at <= until)
      last = std::max(last, one.at);
  return last;
}

void PersonHabits::learn(const SignIn& attempt, const Calendar& calendar) {
  seen_ = std::max(seen_, attempt.at);
  if (attempt.end == SignInEnd::vouched) {
    if (vouches_.size() >= kMostVouches)
      vouches_.erase(std::ranges::min_element(vouches_, {}, &Vouch::at));
    vouches_.push_back({attempt.at, attempt.factor, attempt.origin.address});
    return;
  }
  if (attempt.end != SignInEnd::signed_in) {
    // Of each end by itself: wrong passwords push no refused factors out.
    if (std::ranges::count(refusals_, attempt.end, &Refusal::end) >= kMostRefusals)
      refusals_.erase(std::ranges::min_element(refusals_, {}, [&](const Refusal& one) {
        return one.end == attempt.end ? one.at : Time::max();
      }));
    refusals_.push_back({attempt.at, attempt.end, attempt.origin.address});
    return;
  }
  if (sign_ins_ >= kMostSignIns) halve();
  ++sign_ins_;
  const RiskLevels levels = levels_of(attempt);
  for (std::size_t i = 0; i < kRiskLevels; ++i)
    if (levels.at(i)) levels_.at(i).see(*levels.at(i), attempt.at, kMostValues.at(i));
  if (attempt.device) devices_.see(device_value(*attempt.device), attempt.at, kMostDevices);
  ++hours_.at(hour_of(calendar, attempt.at));
  ++factors_.at(static_cast<std::size_t>(attempt.factor));
  if (!last_ || last_->at <= attempt.at) last_ = attempt;
}

void PersonHabits::halve() {
  sign_ins_ /= 2;
  for (SeenCounts& level : levels_) level.halve();
  devices_.halve();
  for (std::uint32_t& hour : hours_) hour /= 2;
  for (std::uint32_t& factor : factors_) factor /= 2;
}

bool PersonHabits::knows(RiskDevice device) const { return devices_.of(device_value(device)) > 0; }

std::uint32_t PersonHabits::near_hour(const Calendar& calendar, Time at) const {
  const std::size_t hour = hour_of(calendar, at);
  return hours_.at((hour + 23) % 24) + hours_.at(hour) + hours_.at((hour + 1) % 24);
}

void RiskHistory::AllCounts::see(RiskValue value, std::size_t most) {
  // Halved as a whole, so that the shares of what stays are what they were.
  while (counts.size() >= most && !counts.contains(value.number())) {
    total = 0;
    for (auto& [number, count] : counts) total += count /= 2;
    std::erase_if(counts, [](const auto& one) { return one.second == 0; });
  }
  ++counts[value.number()];
  ++total;
}

double RiskHistory::AllCounts::share(RiskValue value) const {
  const auto found = counts.find(value.number());
  const double count = found == counts.end() ? 0 : found->second;
  return (count + 1) / (static_cast<double>(total) + 1);
}

RiskHistory::RiskHistory(Calendar calendar, RiskBounds bounds)
    : calendar_(calendar), bounds_(bounds) {}

void RiskHistory::learn(std::vector<SignIn> attempts) {
  std::ranges::sort(attempts);
  for (const SignIn& attempt : attempts) learn_one(attempt);
}

void RiskHistory::learn_one(const SignIn& attempt) {
  if (!people_.contains(attempt.person) && people_.size() >= bounds_.people) forget_people();
  PersonHabits& habits = people_[attempt.person];
  const std::uint32_t before = habits.sign_ins();
  habits.learn(attempt, calendar_);
  if (attempt.end != SignInEnd::signed_in) return knock(attempt);
  signed_in_ += before == 0 ? 1U : 0U;
  sign_ins_ = sign_ins_ + habits.sign_ins() - before;
  const RiskLevels levels = levels_of(attempt);
  for (std::size_t i = 0; i < kRiskLevels; ++i)
    if (levels.at(i)) all_.at(i).see(*levels.at(i), bounds_.values);
}

void RiskHistory::knock(const SignIn& attempt) {
  if (attempt.end != SignInEnd::password_refused && attempt.end != SignInEnd::factor_refused)
    return;
  // Those of whom nobody saw from where don't come from one place.
  if (attempt.origin.address == RiskValue()) return;
  const std::uint64_t address = attempt.origin.address.number();
  if (!knocks_.contains(address) && knocks_.size() >= bounds_.addresses) forget_addresses();
  Knocks& knocks = knocks_[address];
  knocks.last = std::max(knocks.last, attempt.at);
  const auto found =
      std::ranges::find(knocks.people, attempt.person, &std::pair<RiskPerson, Time>::first);
  if (found != knocks.people.end()) {
    found->second = std::max(found->second, attempt.at);
    return;
  }
  if (knocks.people.size() >= kMostKnocks)
    knocks.people.erase(std::ranges::min_element(
        knocks.people, {}, [](const auto& one) { return std::pair(one.second, one.first); }));
  knocks.people.emplace_back(attempt.person, attempt.at);
}

void RiskHistory::forget_people() {
  std::vector<std::pair<Time, RiskPerson>> all;
  for (const auto& [person, habits] : people_) all.emplace_back(habits.seen(), person);
  // An eighth at once, so that a full table isn't looked through at every attempt.
  const std::size_t gone = all.size() / 8 + 1;
  std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(gone - 1));
  for (std::size_t i = 0; i < gone; ++i) {
    const auto found = people_.find(all[i].second);
    signed_in_ -= found->second.sign_ins() > 0 ? 1U : 0U;
    sign_ins_ -= found->second.sign_ins();
    people_.erase(found);
  }
}

void RiskHistory::forget_addresses() {
  std::vector<std::pair<Time, std::uint64_t>> all;
  for (const auto& [address, knocks] : knocks_) all.emplace_back(knocks.last, address);
  const std::size_t gone = all.size() / 8 + 1;
  std::ranges::nth_element(all, all.begin() + static_cast<std::ptrdiff_t>(gone - 1));
  for (std::size_t i = 0; i < gone; ++i) knocks_.erase(all[i].second);
}

const PersonHabits* RiskHistory::habits(RiskPerson person) const {
  const auto found = people_.find(person);
  return found == people_.end() ? nullptr : &found->second;
}

std::size_t RiskHistory::others_refused(RiskValue address, RiskPerson person, Time since,
                                        Time until) const {
  const auto found = knocks_.find(address.number());
  if (found == knocks_.end()) return 0;
  return static_cast<std::size_t>(std::ranges::count_if(found->second.people, [&](const auto& one) {
    return one.first != person && one.second > since && one.second <= until;
  }));
}

std::vector<RiskValue> RiskHistory::addresses_refused(std::size_t people, Time since,
                                                      Time until) const {
  std::vector<RiskValue> found;
  for (const auto& [address, knocks] : knocks_) {
    if (knocks.last <= since || knocks.people.size() < people) continue;
    const auto within = std::ranges::count_if(
        knocks.people, [&](const auto& one) { return one.second > since && one.second <= until; });
    if (static_cast<std::size_t>(within) >= people) found.push_back(RiskValue::numbered(address));
  }
  return found;
}

std::optional<double> RiskHistory::unlikeness(const SignIn& attempt) const {
  const PersonHabits* mine = habits(attempt.person);
  if (mine == nullptr || mine->sign_ins() < kFewest) return std::nullopt;
  const RiskLevels levels = levels_of(attempt);
  // How much likelier the chain's value is of this person than of anybody. With p(x | wider) =
  // p(x) / p(wider), smoothing along the chain comes to the mean of its levels' own quotients.
  const auto likeness = [&](std::size_t from, std::size_t to, double most) {
    double sum = 0;
    double carried = 0;
    double left = 1;
    for (std::size_t i = from; i < to; ++i) {
      left -= kLevelShares.at(i);
      carried += kLevelShares.at(i);
      const SeenCounts& seen = mine->at(static_cast<RiskLevel>(i));
      if (seen.total() == 0) continue;
      if (levels.at(i)) {
        const double own = static_cast<double>(seen.of(*levels.at(i))) / seen.total();
        sum += carried * own / all_.at(i).share(*levels.at(i));
      }
      carried = 0;
    }
    return std::min(sum + carried + left, most);
  };
  const double prior = static_cast<double>(sign_ins_) / static_cast<double>(signed_in_) /
                       static_cast<double>(mine->sign_ins());
  return std::log(prior) - std::log(likeness(0, kNetworkLevels, kMostFamiliarNetwork)) -
         std::log(likeness(kNetworkLevels, kRiskLevels, kMostFamiliarAgent));
}

}  // namespace sekisho
