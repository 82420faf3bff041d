// SPDX-License-Identifier: Apache-2.0
#include "server/gate/insiders.h"

#include <algorithm>
#include <cstring>

namespace sekisho {

std::size_t Insiders::Hash::operator()(const SessionToken& token) const {
  std::size_t hash = 0;
  std::memcpy(&hash, token.bytes().data(), sizeof hash);
  return hash;
}

Insiders::Insiders(OpenEnds ends) : ends_(std::move(ends)) {
  for (const auto& [slot, end] : ends_.all()) leaving_.push_back({end, slot});
}

void Insiders::add(const Insider& insider, AppIdentity identity) {
  const std::scoped_lock lock(mutex_);
  entries_.insert_or_assign(
      insider.token,
      Entry{insider, std::make_shared<const AppIdentity>(std::move(identity)), {}, true});
}

/// False where it can't be remembered.
bool Insiders::note(Entry& entry, const ClientEnd& from) {
  if (std::ranges::find(entry.ends, from, &OpenEnd::end) != entry.ends.end()) return true;
  // Some are gone, most likely: that is looked up beside the requests.
  if (entry.ends.size() >= kMostEnds / 2) crowded_ = true;
  if (entry.ends.size() >= kMostEnds) return false;
  const auto slot = ends_.add(from);
  if (!slot) {
    crowded_ = true;
    return false;
  }
  entry.ends.push_back({from, *slot});
  return true;
}

std::expected<std::shared_ptr<const AppIdentity>, Insiders::Refused> Insiders::asked(
    const SessionToken& token, const Application& at, const std::optional<ClientEnd>& from) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end() || found->second.insider.application != &at)
    return std::unexpected(Refused::not_inside);
  Entry& entry = found->second;
  entry.used = true;
  if (from && !note(entry, *from)) return std::unexpected(Refused::too_many);
  return entry.identity;
}

std::optional<Insider> Insiders::find(const SessionToken& token) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return std::nullopt;
  return found->second.insider;
}

bool Insiders::has_open(const SessionToken& token) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  return found != entries_.end() && !found->second.ends.empty();
}

void Insiders::leave(Entry& entry, const std::optional<ClientEnd>& but) {
  for (const OpenEnd& one : entry.ends)
    if (one.end == but)
      ends_.drop(one.slot);
    else
      leaving_.push_back({one.end, one.slot});
}

void Insiders::remove(const SessionToken& token, const std::optional<ClientEnd>& but) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return;
  leave(found->second, but);
  entries_.erase(found);
}

void Insiders::remove_all() {
  const std::scoped_lock lock(mutex_);
  for (auto& [token, entry] : entries_) leave(entry, {});
  entries_.clear();
}

std::vector<Insiders::OpenEnd> Insiders::take_leaving() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(leaving_, {});
}

void Insiders::were_cut(const std::vector<OpenEnd>& ends) {
  const std::scoped_lock lock(mutex_);
  for (const OpenEnd& one : ends) ends_.drop(one.slot);
}

void Insiders::go_on(const std::vector<OpenEnd>& ends) {
  const std::scoped_lock lock(mutex_);
  leaving_.insert(leaving_.end(), ends.begin(), ends.end());
}

void Insiders::forget_gone(const std::unordered_set<ClientEnd>& open) {
  const std::scoped_lock lock(mutex_);
  // One may be left out of one look, when the kernel's table changes meanwhile.
  const auto forget = [&](std::vector<OpenEnd>& ends) {
    std::erase_if(ends, [&](OpenEnd& one) {
      const bool before = std::exchange(one.missed, !open.contains(one.end));
      if (!before || !one.missed) return false;
      ends_.drop(one.slot);
      return true;
    });
  };
  for (auto& [token, entry] : entries_) forget(entry.ends);
  forget(leaving_);
}

std::vector<Insiders::Standing> Insiders::look() {
  const std::scoped_lock lock(mutex_);
  std::vector<Standing> all;
  all.reserve(entries_.size());
  for (auto& [token, entry] : entries_)
    all.push_back({entry.insider, std::exchange(entry.used, false)});
  return all;
}

void Insiders::set_identity(const SessionToken& token, const AppIdentity& identity) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end() || *found->second.identity == identity) return;
  found->second.identity = std::make_shared<const AppIdentity>(identity);
}

std::size_t Insiders::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace sekisho
