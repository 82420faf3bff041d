// SPDX-License-Identifier: Apache-2.0
#include "access/risk_board.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace sekisho {
namespace {

std::uint64_t number_of(LivePerson person) { return static_cast<std::uint64_t>(person); }
std::uint64_t number_of(LiveDevice device) { return static_cast<std::uint64_t>(device); }

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
  PersonRow row{Signs(against.elsewhere)};
  if (!against.at.empty() || !against.trusted.empty()) {
    against_.push_back(std::move(against));
    row.against = static_cast<std::uint32_t>(against_.size());
  }
  people_.put(number_of(person), row);
}

void RiskBoard::add(FlatTable<Signs>& table, std::uint64_t number, const RiskSignals& signs) {
  const Signs* before = table.find(number);
  table.put(number, Signs(before == nullptr ? signs : before->all() | signs));
}

void RiskBoard::put(LiveDevice device, RiskSignals signs) {
  add(devices_, number_of(device), signs);
}

void RiskBoard::put(RiskValue address, RiskSignals signs) {
  if (address != RiskValue()) add(addresses_, address.number(), signs);
}

RiskSignals RiskBoard::signs(LivePerson person, std::optional<LiveDevice> device,
                             RiskValue address) const {
  RiskSignals all;
  if (const Signs* found = addresses_.find(address.number())) all = found->all();
  if (const PersonRow* row = people_.find(number_of(person))) {
    if (row->against == 0) {
      all |= row->elsewhere.all();
    } else {
      const Against& against = against_[row->against - 1];
      if (all.any() && std::ranges::find(against.trusted, address) != against.trusted.end())
        all.reset(static_cast<std::size_t>(RiskSignal::spraying));
      all |= against.from(address);
    }
  }
  if (device)
    if (const Signs* found = devices_.find(number_of(*device))) all |= found->all();
  return all;
}

bool RiskBoard::operator==(const RiskBoard& other) const {
  return silenced_ == other.silenced_ && devices_.equals(other.devices_, std::equal_to()) &&
         addresses_.equals(other.addresses_, std::equal_to()) &&
         people_.equals(other.people_, [&](const PersonRow& one, const PersonRow& two) {
           if (one.against == 0 || two.against == 0)
             return one.elsewhere == two.elsewhere && one.against == two.against;
           return against_[one.against - 1] == other.against_[two.against - 1];
         });
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
