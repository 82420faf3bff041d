// SPDX-License-Identifier: Apache-2.0
// All that decisions stand on, as it was at one moment: who is there, on which devices, with which
// sessions, under which policy. It never changes, so that any number of threads may decide by it;
// what happens makes a new one.
#pragma once

#include "access/large_allocator.h"
#include "access/measure_state.h"
#include "access/policy.h"
#include "access/shared_rows.h"

namespace sekisho {

/// The place of something in a snapshot; none (false) when it was made of nothing.
template <typename Of>
class Slot {
 public:
  constexpr Slot() = default;
  constexpr explicit operator bool() const { return number_ != kNone; }
  auto operator<=>(const Slot&) const = default;

 private:
  friend class Snapshot;
  friend class SnapshotBuilder;
  constexpr explicit Slot(std::size_t number) : number_(static_cast<std::uint32_t>(number)) {}
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  std::uint32_t number_ = kNone;
};
using PersonSlot = Slot<struct InSlotPerson_>;
using DeviceSlot = Slot<struct InSlotDevice_>;
using ResourceSlot = Slot<struct InSlotResource_>;

/// The secret of a session of access: 256 random bits, as base64url in a cookie.
class SessionToken {
 public:
  static constexpr std::size_t kBytes = 32;
  static std::optional<SessionToken> parse(std::string_view text);
  static std::optional<SessionToken> of_bytes(std::string_view bytes);
  const std::array<unsigned char, kBytes>& bytes() const { return bytes_; }
  /// In a time that says nothing of where they differ.
  bool operator==(const SessionToken& other) const;

 private:
  std::array<unsigned char, kBytes> bytes_{};
};

struct PersonFacts {
  Principals is;
  bool active = false;
  bool has_code = false;  // of an authenticator app
  bool has_passkey = false;
  Time suspended_until = Time::min();  // by hand; the last of all times: until restored
  Time unsealed_until = Time::min();   // by a code for emergencies
  std::uint32_t keys_ended = 0;        // rises whenever all that they get in with is taken away
};

enum class DeviceCondition : std::uint8_t { active, lost, retired };

/// A device of which nothing is known is one that nobody gets in with.
struct DeviceFacts {
  PersonSlot holder{};  // none: it is registered to nobody
  DeviceCondition condition = DeviceCondition::retired;
  bool own = true;                       // it belongs to who uses it (BYOD)
  bool copied = true;                    // its key is in use in two places
  Time proven_until = Time::min();       // of its certificates the last that isn't revoked
  std::vector<MeasureState> measures{};  // in the order of the policy's; what lacks is not known
  Time suspended_until = Time::min();    // as of a person
};

/// When which second factor was last shown; the least of all times: never.
struct FactorsShown {
  Time code = Time::min();
  Time passkey = Time::min();
};

/// Who asks, on what, having shown what; by default nobody.
struct AccessParty {
  PersonSlot person{};
  DeviceSlot device{};
  FactorsShown shown{};
  Time until = Time::min();  // the session's end
};

class Snapshot {
 public:
  struct Frame {
    std::shared_ptr<const Policy> policy;
    Calendar calendar{};
    Time made_at;
    Time good_until;
  };
  /// One in which nobody is there.
  explicit Snapshot(Frame frame);

  const Policy& policy() const { return *policy_; }
  const std::shared_ptr<const Policy>& policy_shared() const { return policy_; }
  const Calendar& calendar() const { return calendar_; }
  Time made_at() const { return made_at_; }
  /// When whoever made it must have made another: it decides nothing from then on.
  Time good_until() const { return good_until_; }

  /// None where the policy says nothing of it.
  ResourceSlot resource(std::string_view id) const;
  /// Whose session it is; nobody's where there is none.
  AccessParty party(const SessionToken& token) const;

  const AccessRule* at(ResourceSlot slot) const;
  const PersonFacts* at(PersonSlot slot) const;

  struct DeviceRow {
    PersonSlot holder;
    DeviceCondition condition = DeviceCondition::retired;
    bool own = false;
    bool copied = false;
    Time proven_until;
    Time suspended_until;
  };
  const DeviceRow* at(DeviceSlot slot) const;
  /// Begins to bring what is known of them near: asked for one after the other, each would be
  /// waited for.
  void prefetch(const AccessParty& party) const;
  /// Of a device that is there: of each measure of the policy, by its number in it.
  const MeasureState* states(DeviceSlot device) const { return states_[device.number_]; }
  const MeasureState& state(DeviceSlot device, std::uint16_t measure) const {
    return states(device)[measure];
  }

 private:
  friend class SnapshotBuilder;

  /// One line of the processor's cache.
  struct alignas(64) SessionRow {
    SessionToken token;
    PersonSlot person;
    DeviceSlot device;
    FactorsShown shown;
    Time until;
  };
  /// One as well.
  struct alignas(64) PersonRow {
    PersonFacts facts;
  };
  using HashSecret = std::array<unsigned char, 16>;
  std::size_t place(const SessionToken& token) const;

  std::shared_ptr<const Policy> policy_;
  Calendar calendar_;
  Time made_at_{};
  Time good_until_{};
  SharedRows<PersonRow> people_;
  SharedRows<DeviceRow> devices_;
  SharedRows<MeasureState> states_;  // of each device: by measure
  /// Open addressing, a power of two, at most half full.
  std::vector<SessionRow, LargeAllocator<SessionRow>> sessions_;
  HashSecret secret_{};  // nobody outside can choose tokens that meet
};

class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(Snapshot::Frame frame);
  /// From one of the same policy: people and devices keep their places, and only those that are set
  /// or added cost anything. Its sessions are left behind.
  SnapshotBuilder(const Snapshot& before, Snapshot::Frame frame);

  void set(PersonSlot slot, const PersonFacts& person);
  void set(DeviceSlot slot, const DeviceFacts& device);

  PersonSlot add(const PersonFacts& person);
  DeviceSlot add(const DeviceFacts& device);
  /// A token that is added twice opens nothing: whose it is isn't clear.
  void add(const SessionToken& token, const AccessParty& party);
  std::shared_ptr<const Snapshot> build() &&;

 private:
  std::shared_ptr<Snapshot> made_;
  std::vector<std::pair<SessionToken, AccessParty>> sessions_;
};

}  // namespace sekisho
