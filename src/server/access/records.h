// SPDX-License-Identifier: Apache-2.0
// What the server keeps, as far as decisions on access stand on it: read, changed in nothing.
#pragma once

#include <map>

#include "access/live.h"
#include "server/access/desk.h"
#include "server/api/board.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

struct AccessPerson {
  PersonId id;
  std::string name;
  std::string email;
  std::vector<std::string> roles;
  std::vector<std::string> groups;
  bool active = false;
  bool has_code = false;
  bool has_passkey = false;
  Time suspended_until = Time::min();
  Time unsealed_until = Time::min();
  std::uint32_t keys_ended = 0;
  /// Second factors that were shown in the console for one of their devices.
  std::vector<std::pair<DeviceId, FactorsShown>> confirmed;

  bool administrator() const;
  PersonFacts facts(const Policy& policy) const;
};

/// A certificate that isn't revoked, and its key: both as a SHA-256.
struct AccessCertificate {
  KeyDigest whole{};
  std::optional<KeyDigest> key{};  // none: nobody shows it
  Time until;
};

struct AccessDevice {
  DeviceId id;
  SubjectId subject;
  std::string name;
  std::optional<PersonId> holder;
  DeviceCondition condition = DeviceCondition::retired;
  bool own = true;
  bool copied = true;
  Time suspended_until = Time::min();
  std::vector<AccessCertificate> certificates;

  /// Until when the last of them is good.
  Time proven_until() const;
};

/// One of them, or all (`only` none).
Result<std::vector<AccessPerson>> read_access_people(Database& database,
                                                     std::optional<PersonId> only = {});
Result<std::vector<AccessDevice>> read_access_devices(Database& database,
                                                      std::optional<DeviceId> only = {});

/// A policy as it was saved.
struct SavedPolicy {
  std::int64_t id = 0;
  std::string text;
};
/// The last that was saved; nothing where none ever was.
Result<std::optional<SavedPolicy>> saved_policy(Database& database);

struct AccessRecords {
  Organisation organisation;
  std::optional<SavedPolicy> policy;
  std::vector<AccessPerson> people;
  std::vector<AccessDevice> devices;
  std::vector<KeptSighting> seen;
};

/// All of one moment. A database of another version is refused: what it leaves unsaid can't be
/// told.
Result<AccessRecords> read_access_records(Database& database, const Guideline& guideline);

/// The same as decisions see it at a time. People, devices and sessions are as they are now; of
/// evidence it is what was known then.
struct AccessWorld {
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<PersonSlot> people;   // in the order of the records
  std::vector<DeviceSlot> devices;  // the same
};
AccessWorld access_world(const AccessRecords& records, std::shared_ptr<const Policy> policy,
                         Time at);
DeviceFacts facts_of(const AccessDevice& device, PersonSlot holder,
                     const std::vector<MeasureState>& states);
/// Of people and devices in this order, and of what is known of each device's measures.
AccessWorld access_world(const std::vector<AccessPerson>& people,
                         const std::vector<AccessDevice>& devices,
                         const std::vector<std::vector<MeasureState>>& states,
                         const Snapshot::Frame& frame);

}  // namespace sekisho
