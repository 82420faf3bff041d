#include "server/gate/insiders.h"

#include <algorithm>
#include <cstring>

#include "base/crypto.h"

namespace sekisho {

std::size_t Insiders::Hash::operator()(const SessionToken& token) const {
  std::size_t hash = 0;
  std::memcpy(&hash, token.bytes().data(), sizeof hash);
  return hash;
}

bool Insiders::Same::operator()(const SessionToken& a, const SessionToken& b) const {
  const auto text = [](const SessionToken& token) {
    return std::string_view(reinterpret_cast<const char*>(token.bytes().data()),
                            token.bytes().size());
  };
  return equal_in_constant_time(text(a), text(b));
}

void Insiders::add(const Insider& insider, AppIdentity identity) {
  const std::scoped_lock lock(mutex_);
  entries_.insert_or_assign(
      insider.token,
      Entry{insider, std::make_shared<const AppIdentity>(std::move(identity)), {}, 0, true});
}

std::shared_ptr<const AppIdentity> Insiders::asked(const SessionToken& token, const Application& at,
                                                   const std::optional<ClientEnd>& from) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end() || found->second.insider.application != &at) return nullptr;
  Entry& entry = found->second;
  entry.used = true;
  if (from && std::ranges::find(entry.ends, *from) == entry.ends.end()) {
    if (entry.ends.size() < kMostEnds)
      entry.ends.push_back(*from);
    else
      entry.ends[entry.next++ % kMostEnds] = *from;
  }
  return entry.identity;
}

std::optional<Insider> Insiders::find(const SessionToken& token) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return std::nullopt;
  return found->second.insider;
}

std::vector<ClientEnd> Insiders::remove(const SessionToken& token) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  if (found == entries_.end()) return {};
  std::vector<ClientEnd> ends = std::move(found->second.ends);
  entries_.erase(found);
  return ends;
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
