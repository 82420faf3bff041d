// SPDX-License-Identifier: Apache-2.0
#include "access/snapshot.h"

#include <algorithm>
#include <bit>

#include <sodium.h>

#include "base/crypto.h"

namespace sekisho {

std::optional<SessionToken> SessionToken::of_bytes(std::string_view bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  SessionToken token;
  std::ranges::copy(bytes, token.bytes_.begin());
  return token;
}

std::optional<SessionToken> SessionToken::parse(std::string_view text) {
  constexpr std::size_t kLetters = 43;  // of 32 bytes, without padding
  if (text.size() != kLetters) return std::nullopt;
  const auto bytes = from_base64url(text);
  // The last letter has two bits too many: of several spellings only one is ours.
  if (!bytes || base64url(*bytes) != text) return std::nullopt;
  return of_bytes(*bytes);
}

bool SessionToken::operator==(const SessionToken& other) const {
  static_assert(kBytes == crypto_verify_32_BYTES);
  return crypto_verify_32(bytes_.data(), other.bytes_.data()) == 0;
}

Snapshot::Snapshot(Frame frame)
    : policy_(std::move(frame.policy)),
      calendar_(frame.calendar),
      made_at_(frame.made_at),
      good_until_(frame.good_until),
      states_(policy_->measures().size()) {
  std::ranges::copy(random_bytes(secret_.size()), secret_.begin());
}

ResourceSlot Snapshot::resource(std::string_view id) const {
  const auto& rules = policy_->rules();
  const AccessRule* rule = policy_->rule(id);
  return rule == nullptr ? ResourceSlot()
                         : ResourceSlot(static_cast<std::size_t>(rule - rules.data()));
}

const AccessRule* Snapshot::at(ResourceSlot slot) const {
  return slot.number_ < policy_->rules().size() ? &policy_->rules()[slot.number_] : nullptr;
}

const PersonFacts* Snapshot::at(PersonSlot slot) const {
  return slot.number_ < people_.size() ? &people_[slot.number_]->facts : nullptr;
}

const Snapshot::DeviceRow* Snapshot::at(DeviceSlot slot) const {
  return slot.number_ < devices_.size() ? devices_[slot.number_] : nullptr;
}

void Snapshot::prefetch(const AccessParty& party) const {
  if (party.person.number_ < people_.size()) __builtin_prefetch(people_[party.person.number_]);
  if (party.device.number_ >= devices_.size()) return;
  __builtin_prefetch(devices_[party.device.number_]);
  const std::size_t measures = policy_->measures().size();
  const MeasureState* first = states_[party.device.number_];
  constexpr std::size_t kLine = 64 / sizeof(MeasureState);
  static_assert(sizeof(MeasureState) == 16);
  for (std::size_t i = 0; i < std::min<std::size_t>(measures, 4 * kLine); i += kLine)
    __builtin_prefetch(first + i);
}

std::size_t Snapshot::place(const SessionToken& token) const {
  static_assert(sizeof(HashSecret) == crypto_shorthash_KEYBYTES);
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), token.bytes().data(), SessionToken::kBytes, secret_.data());
  return std::bit_cast<std::uint64_t>(hash) & (sessions_.size() - 1);
}

AccessParty Snapshot::party(const SessionToken& token) const {
  if (sessions_.empty()) return {};
  for (std::size_t at = place(token);; at = (at + 1) & (sessions_.size() - 1)) {
    const SessionRow& row = sessions_[at];
    if (!row.person) return {};
    if (row.token == token) return {row.person, row.device, row.shown, row.until};
  }
}

SnapshotBuilder::SnapshotBuilder(Snapshot::Frame frame)
    : made_(std::make_shared<Snapshot>(std::move(frame))) {}

SnapshotBuilder::SnapshotBuilder(const Snapshot& before, Snapshot::Frame frame)
    : SnapshotBuilder(std::move(frame)) {
  made_->people_ = before.people_;
  made_->devices_ = before.devices_;
  made_->states_ = before.states_;
}

void SnapshotBuilder::set(PersonSlot slot, const PersonFacts& person) {
  made_->people_.change(slot.number_)->facts = person;
}

void SnapshotBuilder::set(DeviceSlot slot, const DeviceFacts& device) {
  *made_->devices_.change(slot.number_) = {device.holder,       device.condition,
                                           device.own,          device.copied,
                                           device.proven_until, device.suspended_until};
  MeasureState* states = made_->states_.change(slot.number_);
  for (std::size_t i = 0; i < made_->states_.width(); ++i)
    states[i] =
        i < device.measures.size() ? device.measures[i].as_of(made_->made_at_) : MeasureState();
}

PersonSlot SnapshotBuilder::add(const PersonFacts& person) {
  const PersonSlot slot(made_->people_.size());
  made_->people_.append()->facts = person;
  return slot;
}

DeviceSlot SnapshotBuilder::add(const DeviceFacts& device) {
  const DeviceSlot slot(made_->devices_.size());
  (void)made_->devices_.append();
  (void)made_->states_.append();
  set(slot, device);
  return slot;
}

void SnapshotBuilder::add(const SessionToken& token, const AccessParty& party) {
  sessions_.emplace_back(token, party);
}

std::shared_ptr<const Snapshot> SnapshotBuilder::build() && {
  // At least one place stays empty, so that a search ends.
  made_->sessions_.resize(std::bit_ceil(sessions_.size() * 2 + 1));
  for (const auto& [token, party] : sessions_) {
    if (!party.person) continue;
    std::size_t at = made_->place(token);
    while (made_->sessions_[at].person && !(made_->sessions_[at].token == token))
      at = (at + 1) & (made_->sessions_.size() - 1);
    Snapshot::SessionRow& row = made_->sessions_[at];
    // A token that two have is nobody's: whose it is isn't clear.
    const bool twice = static_cast<bool>(row.person);
    row = {token, party.person, party.device, party.shown, twice ? Time::min() : party.until};
  }
  return std::move(made_);
}

}  // namespace sekisho
