// SPDX-License-Identifier: Apache-2.0
#include "access/risk_board.h"

#include <algorithm>
#include <map>
#include <set>

namespace sekisho {
namespace {

void add_sign(RiskSignals& signs, RiskSignal signal) {
  signs.set(static_cast<std::size_t>(signal));
}

/// The addresses at which it isn't as it is elsewhere.
std::set<RiskValue> addresses_of(const PersonHabits& habits, Time now) {
  std::set<RiskValue> all;
  for (const PersonHabits::Refusal& one : habits.refusals())
    if (one.at > now - kTriesCount) all.insert(one.address);
  for (const PersonHabits::Vouch& one : habits.vouches())
    if (one.at > now - kVouched) all.insert(one.address);
  return all;
}

/// Of one person's beginnings, those at an address that nobody vouched for since.
RiskSignals begun_at(const std::vector<const RiskBeginning*>& begun, RiskValue address,
                     Time vouched, Time now) {
  RiskSignals signs;
  for (const RiskBeginning* one : begun)
    if (one->address == address && one->at > now - kVouched && one->at <= now && one->at > vouched)
      signs |= one->signs;
  return signs;
}

RiskBoard::Against against(const RiskHistory& history, RiskPerson person, bool lost,
                           const std::vector<const RiskBeginning*>& begun, Time now) {
  RiskBoard::Against made;
  const PersonHabits* habits = history.habits(person);
  const auto at = [&](RiskValue address) {
    RiskSignals signs = tried_against(history, person, {.address = address}, now).open;
    const Time vouched =
        habits == nullptr ? Time::min() : habits->vouched(address, SignInFactor::code, now);
    if (lost && vouched <= now - kVouched) add_sign(signs, RiskSignal::loss_reported);
    if (address != RiskValue()) signs |= begun_at(begun, address, vouched, now);
    // Known of the address itself, whoever comes from it.
    signs.reset(static_cast<std::size_t>(RiskSignal::spraying));
    return signs;
  };
  made.elsewhere = at(RiskValue());
  std::set<RiskValue> addresses;
  if (habits != nullptr) {
    for (const PersonHabits::Vouch& one : habits->vouches())
      if (one.factor == SignInFactor::passkey && one.at > now - kVouched && one.at <= now)
        made.trusted.push_back(one.address);
    addresses = addresses_of(*habits, now);
  }
  for (const RiskBeginning* one : begun) addresses.insert(one->address);
  addresses.erase(RiskValue());
  for (const RiskValue address : addresses) {
    const RiskSignals signs = at(address);
    if (signs != made.elsewhere) made.at.emplace_back(address, signs);
  }
  return made;
}

}  // namespace

const RiskSignals& RiskBoard::Against::from(RiskValue address) const {
  const auto found = std::ranges::find(at, address, &std::pair<RiskValue, RiskSignals>::first);
  return found == at.end() ? elsewhere : found->second;
}

void RiskBoard::put(LivePerson person, Against against) {
  if (against.elsewhere.any() || !against.at.empty() || !against.trusted.empty())
    people_[person] = std::move(against);
}

void RiskBoard::put(LiveDevice device, RiskSignals signs) {
  if (signs.any()) devices_[device] |= signs;
}

void RiskBoard::put(RiskValue address, RiskSignals signs) {
  if (signs.any() && address != RiskValue()) addresses_[address.number()] |= signs;
}

RiskSignals RiskBoard::signs(LivePerson person, std::optional<LiveDevice> device,
                             RiskValue address) const {
  RiskSignals all;
  if (const auto found = addresses_.find(address.number()); found != addresses_.end())
    all = found->second;
  if (const auto found = people_.find(person); found != people_.end()) {
    const Against& against = found->second;
    if (all.any() && std::ranges::find(against.trusted, address) != against.trusted.end())
      all.reset(static_cast<std::size_t>(RiskSignal::spraying));
    all |= against.from(address);
  }
  if (device)
    if (const auto found = devices_.find(*device); found != devices_.end()) all |= found->second;
  return all;
}

RiskBoard risk_board(const RiskHistory& history, const std::vector<RiskPerson>& people,
                     const RiskStandings& standings, Time now) {
  RiskBoard board;
  board.silence(standings.silenced);
  const std::set<RiskPerson> lost(standings.lost.begin(), standings.lost.end());
  std::set<RiskPerson> all = lost;
  all.insert(people.begin(), people.end());
  std::map<RiskPerson, std::vector<const RiskBeginning*>> begun;
  for (const RiskBeginning& one : standings.begun) {
    if (one.signs.none()) continue;
    begun[one.person].push_back(&one);
    all.insert(one.person);
  }
  for (const RiskPerson person : all)
    board.put(LivePerson(static_cast<std::int64_t>(person)),
              against(history, person, lost.contains(person), begun[person], now));
  for (const RiskDevice device : standings.worse) {
    RiskSignals signs;
    add_sign(signs, RiskSignal::device_worse);
    board.put(LiveDevice(static_cast<std::int64_t>(device)), signs);
  }
  for (const RiskValue address : standings.sprayed) {
    RiskSignals signs;
    add_sign(signs, RiskSignal::spraying);
    board.put(address, signs);
  }
  for (const auto& [address, doubt] : standings.line) {
    RiskSignals signs;
    if (doubt != LineDoubt::none)
      add_sign(signs, doubt == LineDoubt::high ? RiskSignal::line_high : RiskSignal::line_raised);
    board.put(address, signs);
  }
  return board;
}

}  // namespace sekisho
