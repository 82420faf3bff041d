// SPDX-License-Identifier: Apache-2.0
// A desk for tests of those who enforce: who has which device is told, and a device can go bad.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/crypto.h"
#include "server/access/desk.h"

namespace sekisho {

class FakeDesk : public AccessDesk {
 public:
  void person(const std::string& email, PersonId id) { people_[email] = id; }
  void device(DeviceId id, PersonId holder, const std::string& public_key) {
    holders_[id] = holder;
    keys_[digest_of(public_key)] = id;
  }
  static KeyDigest digest_of(const std::string& key) {
    KeyDigest digest{};
    std::ranges::copy(sha256(key), digest.begin());
    return digest;
  }
  FactorsShown shown_on(PersonId /*person*/, DeviceId device) const override {
    const auto found = shown.find(device);
    return found == shown.end() ? FactorsShown() : found->second;
  }
  std::map<DeviceId, FactorsShown> shown;  // by whom is the same to it
  /// Its evidence has gone bad, or is good again.
  void good(DeviceId device, bool is) {
    std::vector<std::pair<std::function<bool(const Cut&)>, Cut>> told;
    {
      const std::lock_guard lock(mutex_);
      if (is) {
        bad_.erase(device);
        return;
      }
      bad_.insert(device);
      for (auto at = sessions_.begin(); at != sessions_.end();) {
        const auto next = std::next(at);
        if (at->second.entry.device == device && at->second.open) {
          if (const auto to = told_.find(at->second.entry.enforcer); to != told_.end())
            told.emplace_back(to->second, Cut{at->second.token, at->second.handle, why});
          sessions_.erase(at);
        }
        at = next;
      }
    }
    for (const auto& [tell, cut] : told) tell(cut);
  }
  /// As a server that was started anew.
  void forget_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
  }
  std::vector<std::string> live_handles() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> handles;
    for (const auto& [bytes, session] : sessions_)
      if (session.open) handles.push_back(session.handle);
    return handles;
  }
  std::vector<AccessEntry> entered() const {
    const std::lock_guard lock(mutex_);
    return entered_;
  }

  std::optional<PersonId> person_of(std::string_view email) const override {
    const auto found = people_.find(std::string(email));
    return found == people_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<DeviceId> device_of_certificate(const KeyDigest& sha256) const override {
    return device_of_key(sha256);
  }
  std::optional<DeviceId> device_of_key(const KeyDigest& sha256) const override {
    const auto found = keys_.find(sha256);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<DeviceId> devices_of(PersonId person) const override {
    std::vector<DeviceId> devices;
    for (const auto& [device, holder] : holders_)
      if (holder == person) devices.push_back(device);
    return devices;
  }
  AccessVerdict look(const AccessEntry& entry) const override {
    const std::lock_guard lock(mutex_);
    return looked(entry);
  }
  AccessVerdict enter(const AccessEntry& entry) override {
    const std::lock_guard lock(mutex_);
    entered_.push_back(entry);
    if (!allowed(entry)) return looked(entry);
    const auto token = *SessionToken::of_bytes(random_bytes(SessionToken::kBytes));
    sessions_.emplace(token.bytes(), Session{token, entry, {}, false});
    return {{AccessAnswer::allow, {}}, {}, token};
  }
  bool opened(const EnforcerId& enforcer, const SessionToken& token, std::string handle) override {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(token.bytes());
    if (found == sessions_.end() || found->second.entry.enforcer != enforcer ||
        !allowed(found->second.entry))
      return false;
    found->second.handle = std::move(handle);
    found->second.open = true;
    return true;
  }
  void closed(const EnforcerId& enforcer, const SessionToken& token) override {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(token.bytes());
    if (found != sessions_.end() && found->second.entry.enforcer == enforcer)
      sessions_.erase(found);
  }
  AccessVerdict ask(const SessionToken& /*token*/, std::optional<DeviceId> /*device*/,
                    std::optional<ClientAddress> /*from*/) override {
    return {};
  }
  std::shared_ptr<void> on_cut(const EnforcerId& enforcer,
                               std::function<bool(const Cut&)> cut) override {
    const std::lock_guard lock(mutex_);
    told_[enforcer] = std::move(cut);
    return std::make_shared<int>(0);
  }
  std::vector<Cut> live(const EnforcerId& enforcer) const override {
    const std::lock_guard lock(mutex_);
    std::vector<Cut> live;
    for (const auto& [bytes, session] : sessions_)
      if (session.open && session.entry.enforcer == enforcer)
        live.push_back({session.token, session.handle, {}});
    return live;
  }

  inline static const Text kWhy{"ディスクが暗号化されていません。", "The disk is not encrypted."};
  Text why = kWhy;
  std::size_t reasons = 1;

 private:
  AccessVerdict looked(const AccessEntry& entry) const {
    if (allowed(entry)) return {{AccessAnswer::allow, {}}, {}, {}};
    return {{AccessAnswer::deny,
             std::vector<AccessReason>(reasons, {AccessReasonCode::measure_failing, 0, {}})},
            why,
            {}};
  }
  struct Session {
    SessionToken token;
    AccessEntry entry;
    std::string handle;
    bool open = false;
  };
  bool allowed(const AccessEntry& entry) const {
    return entry.person && entry.device && holders_.contains(*entry.device) &&
           holders_.at(*entry.device) == entry.person && !bad_.contains(*entry.device);
  }

  mutable std::mutex mutex_;
  std::map<std::string, PersonId> people_;
  std::map<DeviceId, PersonId> holders_;
  std::map<KeyDigest, DeviceId> keys_;
  std::set<DeviceId> bad_;
  std::map<std::array<unsigned char, SessionToken::kBytes>, Session> sessions_;
  std::map<EnforcerId, std::function<bool(const Cut&)>> told_;
  std::vector<AccessEntry> entered_;
};

}  // namespace sekisho
