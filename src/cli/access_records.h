// What the server keeps, as far as decisions on access stand on it: read once, changed in nothing.
#pragma once

#include "access/access.h"
#include "server/api/board.h"
#include "store/database.h"
#include "store/id.h"

namespace sekisho {

struct AccessPerson {
  PersonId id;
  std::string name;
  std::string email;
  std::vector<std::string> roles;
  bool active = false;
  bool has_code = false;
  bool has_passkey = false;

  bool administrator() const;
};

struct AccessDevice {
  DeviceId id;
  SubjectId subject;
  std::string name;
  std::optional<PersonId> holder;
  DeviceCondition condition = DeviceCondition::retired;
  bool own = true;
  bool copied = true;
  Time proven_until = Time::min();
};

struct AccessRecords {
  Organisation organisation;
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

}  // namespace sekisho
