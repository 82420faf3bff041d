// SPDX-License-Identifier: Apache-2.0
#include "access/live.h"

#include <bit>
#include <mutex>

#include <sodium.h>

#include "base/crypto.h"

namespace sekisho {
namespace {

/// So many are looked at before others get their turn.
constexpr std::size_t kSlice = 2048;

AccessDecision denied(AccessReasonCode code) { return {AccessAnswer::deny, {{code, 0, {}}}}; }

SessionToken new_token() { return *SessionToken::of_bytes(random_bytes(SessionToken::kBytes)); }

}  // namespace

void LivePlaces::reserve(std::size_t people, std::size_t devices) {
  people_.reserve(people);
  devices_.reserve(devices);
}

void LivePlaces::put(LivePerson person, PersonSlot slot) {
  people_.put(static_cast<std::uint64_t>(person), slot);
}

void LivePlaces::put(LiveDevice device, DeviceSlot slot) {
  devices_.put(static_cast<std::uint64_t>(device), slot);
}

PersonSlot LivePlaces::at(LivePerson person) const {
  const PersonSlot* found = people_.find(static_cast<std::uint64_t>(person));
  return found == nullptr ? PersonSlot() : *found;
}

DeviceSlot LivePlaces::at(LiveDevice device) const {
  const DeviceSlot* found = devices_.find(static_cast<std::uint64_t>(device));
  return found == nullptr ? DeviceSlot() : *found;
}

PersonSlot LiveView::at(LivePerson person) const { return places->at(person); }

DeviceSlot LiveView::at(std::optional<LiveDevice> device) const {
  return device ? places->at(*device) : DeviceSlot();
}

const AccessRule* LiveDecision::rule(const ResourceId& resource) const {
  return by == nullptr ? nullptr : by->snapshot->policy().rule(resource.text());
}

Text LiveDecision::words(const ResourceId& resource) const {
  Text all;
  if (by == nullptr) return all;
  const auto say = [&](const Text& one, std::string_view before) {
    all.ja.append(all.ja.empty() ? "" : "\n").append(before).append(one.ja);
    all.en.append(all.en.empty() ? "" : "\n").append(before).append(one.en);
  };
  for (const AccessReason& reason : decision.reasons) {
    say(sekisho::words(by->snapshot->policy(), rule(resource), by->snapshot->calendar(), reason),
        "");
    if (speaks_of_risk(reason.code))
      for (const Text& sign : sekisho::words(signs)) say(sign, "- ");
  }
  return all;
}

std::size_t LiveSessions::TokenHash::operator()(const SessionToken& token) const {
  static_assert(sizeof secret == crypto_shorthash_KEYBYTES);
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), token.bytes().data(), SessionToken::kBytes, secret.data());
  return std::bit_cast<std::uint64_t>(hash);
}

LiveSessions::LiveSessions(Bounds bounds, std::function<void(const Cut&)> cut, CountryOf country_of)
    : bounds_(bounds),
      cut_(std::move(cut)),
      country_of_(std::move(country_of)),
      risks_(std::make_shared<RiskBoard>()),
      places_(0, [] {
        TokenHash hash{};
        std::ranges::copy(random_bytes(hash.secret.size()), hash.secret.begin());
        return hash;
      }()) {}

LiveDecision LiveSessions::decide_now(const LiveEntry& entry, const LiveMoment& moment,
                                      std::chrono::milliseconds bound) const {
  if (view_ == nullptr || moment.tick >= heard_ + bound)
    return {denied(AccessReasonCode::snapshot_over), view_};
  AccessRequest request;
  request.party = {view_->at(entry.person), view_->at(entry.device), entry.shown, entry.until};
  // While it is on its way, all else is looked up.
  view_->snapshot->prefetch(request.party);
  request.resource = view_->snapshot->resource(entry.resource.text());
  if (const PersonFacts* person = view_->snapshot->at(request.party.person);
      person != nullptr && entry.keys_ended && entry.keys_ended != person->keys_ended)
    return {denied(AccessReasonCode::session_over), view_};
  const RiskSignals signs =
      (entry.signs | risks_->signs(entry.person, entry.device, entry.place)) & ~risks_->silenced();
  request.context = {moment.now, entry.from, std::nullopt, risk_of(signs), entry.unsealed};
  const AccessRule* rule = view_->snapshot->at(request.resource);
  if (rule != nullptr && !rule->countries.empty() && entry.from && country_of_)
    request.context.country = country_of_(*entry.from);
  return {decide(*view_->snapshot, request), view_, signs};
}

const LiveSessions::Held* LiveSessions::held(const SessionToken& token) const {
  const auto found = places_.find(token);
  return found == places_.end() ? nullptr : &*held_[found->second];
}

void LiveSessions::let_go(const SessionToken& token) {
  const auto found = places_.find(token);
  if (found == places_.end()) return;
  const std::size_t place = found->second;
  if (held_[place]->live) {
    --live_;
    ++went_;
  }
  places_.erase(found);
  held_[place].reset();
  free_.push_back(place);
}

void LiveSessions::heard(std::chrono::steady_clock::time_point at) {
  const std::lock_guard lock(mutex_);
  heard_ = std::max(heard_, at);
}

void LiveSessions::publish(std::shared_ptr<const RiskBoard> risks, const LiveMoment& moment) {
  {
    const std::lock_guard lock(mutex_);
    if (*risks_ == *risks) return;
    risks_.swap(risks);
  }
  sweep(moment);
}

void LiveSessions::publish(std::shared_ptr<const LiveView> view, const LiveMoment& read,
                           std::shared_ptr<const RiskBoard> risks) {
  {
    const std::lock_guard lock(mutex_);
    view_.swap(view);
    if (risks != nullptr) risks_.swap(risks);
    heard_ = std::max(heard_, read.tick);
  }
  // What may take long to let go of, under no lock.
  view.reset();
  risks.reset();
  sweep(read);
}

std::vector<SessionToken> LiveSessions::ending(std::size_t from, std::size_t count,
                                               const LiveMoment& moment) const {
  std::vector<SessionToken> list;
  for (std::size_t i = from; i < std::min(from + count, held_.size()); ++i) {
    if (!held_[i]) continue;
    const Held& one = *held_[i];
    const bool stays = one.live
                           ? decide_now(one.session.entry, moment, bounds_.keeps).decision.answer ==
                                 AccessAnswer::allow
                           : moment.tick < one.forgotten;
    if (!stays) list.push_back(one.session.token);
  }
  return list;
}

void LiveSessions::sweep(const LiveMoment& moment) {
  for (std::size_t from = 0;; from += kSlice) {
    std::vector<SessionToken> ends;
    {
      const std::shared_lock lock(mutex_);
      if (from >= held_.size()) return;
      ends = ending(from, kSlice, moment);
    }
    if (ends.empty()) continue;
    std::vector<Cut> cuts;
    {
      const std::lock_guard lock(mutex_);
      for (const SessionToken& token : ends) {
        const Held* one = held(token);
        if (one == nullptr) continue;  // another thread was first
        LiveDecision why = decide_now(one->session.entry, moment, bounds_.keeps);
        // It may have been opened, or allowed again, meanwhile.
        if (one->live && why.decision.answer == AccessAnswer::allow) continue;
        if (one->live) cuts.push_back({one->session, std::move(why)});
        let_go(token);
      }
    }
    for (const Cut& cut : cuts) cut_(cut);
  }
}

LiveDecision LiveSessions::look(const LiveEntry& entry, const LiveMoment& moment) const {
  const std::shared_lock lock(mutex_);
  return decide_now(entry, moment, bounds_.answers);
}

LiveSessions::Entered LiveSessions::enter(const LiveEntry& entry, const LiveMoment& moment) {
  Entered entered;
  LiveEntry begun = entry;
  {
    const std::shared_lock lock(mutex_);
    entered.made = decide_now(entry, moment, bounds_.answers);
    if (entered.made.decision.answer != AccessAnswer::allow) return entered;
    // Allowed: there is a view, and the person in it.
    begun.keys_ended = view_->snapshot->at(view_->at(entry.person))->keys_ended;
  }
  const SessionToken token = new_token();
  const std::lock_guard lock(mutex_);
  if (places_.size() >= kMost) {
    entered.made.decision = denied(AccessReasonCode::snapshot_over);
    return entered;
  }
  std::size_t place = held_.size();
  if (free_.empty()) {
    held_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  held_[place] =
      Held{{token, std::move(begun), {}, moment.now}, false, moment.tick + kOpenedWithin};
  places_.emplace(token, place);
  entered.token = token;
  return entered;
}

bool LiveSessions::opened(std::string_view enforcer, const SessionToken& token, std::string handle,
                          const LiveMoment& moment) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(token);
  if (found == places_.end()) return false;
  Held& one = *held_[found->second];
  if (one.live) return false;  // a token opens once
  if (one.session.entry.enforcer != enforcer) return false;
  if (moment.tick >= one.forgotten ||
      decide_now(one.session.entry, moment, bounds_.answers).decision.answer !=
          AccessAnswer::allow) {
    let_go(token);
    return false;
  }
  one.session.handle = std::move(handle);
  one.session.since = moment.now;
  one.session.number = ++came_;
  one.live = true;
  ++live_;
  return true;
}

void LiveSessions::closed(std::string_view enforcer, const SessionToken& token) {
  const std::lock_guard lock(mutex_);
  const Held* one = held(token);
  if (one != nullptr && one->session.entry.enforcer == enforcer) let_go(token);
}

LiveSessions::Asked LiveSessions::ask(const SessionToken& token, std::optional<LiveDevice> device,
                                      std::optional<ClientAddress> from,
                                      const LiveMoment& moment) const {
  const std::shared_lock lock(mutex_);
  const Held* one = held(token);
  if (one == nullptr || !one->live)
    return {{denied(AccessReasonCode::session_unknown), view_}, std::nullopt};
  Asked asked{{}, one->session.entry};
  if (device && device != asked.entry->device) {
    asked.made = {denied(AccessReasonCode::device_changed), view_};
    return asked;
  }
  LiveEntry as_shown = *asked.entry;
  as_shown.device = device;
  as_shown.from = from;
  if (from != asked.entry->from) as_shown.place = from ? RiskValue::of(*from) : RiskValue();
  asked.made = decide_now(as_shown, moment, bounds_.answers);
  return asked;
}

std::vector<LiveSession> LiveSessions::live() const {
  std::vector<LiveSession> list;
  const std::shared_lock lock(mutex_);
  for (const auto& one : held_)
    if (one && one->live) list.push_back(one->session);
  return list;
}

std::size_t LiveSessions::size() const {
  const std::shared_lock lock(mutex_);
  return live_;
}

std::uint64_t LiveSessions::changes() const {
  const std::shared_lock lock(mutex_);
  return came_ + went_;
}

std::shared_ptr<const LiveView> LiveSessions::view() const {
  const std::shared_lock lock(mutex_);
  return view_;
}

}  // namespace sekisho
