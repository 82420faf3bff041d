// SPDX-License-Identifier: Apache-2.0
#include "server/http/connections.h"

#include <algorithm>

namespace sekisho {

/// The one whose count is bounded with its own kind; nullptr for what says nothing of who it is.
Connections::Group* Connections::group(const Entry& entry) {
  if (entry.owner == kFront) return nullptr;
  if (!entry.owner.empty()) return &owners_[entry.owner];
  return entry.client.empty() ? nullptr : &clients_[entry.client];
}

std::optional<Connections::Id> Connections::longest(const Group& group, Id but) {
  for (const Id id : group.waiting)
    if (id != but) return id;
  return std::nullopt;
}

void Connections::join(Id id, Entry& entry, bool waiting) {
  const auto enter = [&](Group& group, std::list<Id>::iterator& place) {
    ++group.count;
    if (waiting) place = group.waiting.insert(group.waiting.end(), id);
  };
  entry.waiting = waiting;
  enter(kind(entry), entry.in_kind);
  if (Group* own = group(entry)) enter(*own, entry.in_group);
}

void Connections::leave(Entry& entry) {
  const auto go = [&](Group& group, std::list<Id>::iterator place) {
    --group.count;
    if (entry.waiting) group.waiting.erase(place);
  };
  go(kind(entry), entry.in_kind);
  if (Group* own = group(entry)) {
    go(*own, entry.in_group);
    if (own->count == 0) {
      if (entry.owner.empty())
        clients_.erase(entry.client);
      else
        owners_.erase(entry.owner);
    }
  }
}

std::optional<Connections::Id> Connections::add(Id id, const std::string& client) {
  Entry& entry = all_[id];
  entry.client = client;
  join(id, entry, true);
  if (const Group* own = group(entry); own != nullptr && own->count > bounds_.of_client)
    return longest(*own, id).value_or(id);
  // Those who are known may fill more than what is kept for them, but never the last places.
  const std::size_t room = std::max(
      std::min(bounds_.all - bounds_.reserved, bounds_.all - std::min(bounds_.all, known_.count)),
      bounds_.all / 16);
  if (strangers_.count > room) return longest(strangers_, id).value_or(id);
  if (all_.size() > bounds_.all) return longest(known_, id).value_or(id);
  return std::nullopt;
}

std::optional<Connections::Id> Connections::known(Id id, const std::string& owner) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.owner == owner || found->second.owner == kFront)
    return std::nullopt;
  Entry& entry = found->second;
  const bool waiting = entry.waiting;
  leave(entry);
  entry.owner = owner;
  join(id, entry, waiting);
  if (const Group* own = group(entry); own != nullptr && own->count > bounds_.of_owner)
    return longest(*own, id).value_or(id);
  return std::nullopt;
}

void Connections::works(Id id) {
  const auto found = all_.find(id);
  if (found == all_.end() || !found->second.waiting) return;
  leave(found->second);
  join(id, found->second, false);
}

void Connections::waits(Id id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  leave(found->second);
  join(id, found->second, true);
}

void Connections::remove(Id id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  leave(found->second);
  all_.erase(found);
}

}  // namespace sekisho
