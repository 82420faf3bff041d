#include "cli/access_records.h"

#include <algorithm>
#include <unordered_map>

#include "store/migrations.h"
#include "store/store.h"

namespace sekisho {
namespace {

Result<void> read_people(Database& database, AccessRecords& records) {
  return database.each(
      "SELECT p.id, p.name, p.email, p.roles, p.state, CASE WHEN p.totp IS NULL OR p.totp = '' "
      "THEN 0 ELSE 1 END, (SELECT "
      "COUNT(*) FROM passkey k WHERE k.person_id = p.id) FROM person p ORDER BY p.id",
      {}, [&](const Row& row) {
        AccessPerson person;
        person.id = row.id<PersonId>(0);
        person.name = row.text(1);
        person.email = row.text(2);
        const std::string roles = row.text(3);
        for (const std::string_view role : words(roles)) person.roles.emplace_back(role);
        person.active = row.text(4) == "active";
        person.has_code = row.integer(5) != 0;
        person.has_passkey = row.integer(6) != 0;
        records.people.push_back(std::move(person));
        return true;
      });
}

Result<void> read_devices(Database& database, AccessRecords& records) {
  return database.each(
      "SELECT d.id, d.subject, d.name, d.person_id, d.state, d.own, d.copied_at, (SELECT "
      "MAX(c.expires_at) FROM device_certificate c WHERE c.device_id = d.id AND c.revoked_at IS "
      "NULL) FROM device d ORDER BY d.id",
      {}, [&](const Row& row) {
        AccessDevice device;
        device.id = row.id<DeviceId>(0);
        device.subject = {row.text(1)};
        device.name = row.text(2);
        if (!row.null(3)) device.holder = row.id<PersonId>(3);
        const std::string state = row.text(4);
        device.condition = state == "active" ? DeviceCondition::active
                           : state == "lost" ? DeviceCondition::lost
                                             : DeviceCondition::retired;
        device.own = row.integer(5) != 0;
        device.copied = !row.null(6);
        if (!row.null(7)) device.proven_until = row.time(7);
        records.devices.push_back(std::move(device));
        return true;
      });
}

}  // namespace

bool AccessPerson::administrator() const {
  return active && std::ranges::find(roles, "administrator") != roles.end();
}

Result<AccessRecords> read_access_records(Database& database, const Guideline& guideline) {
  const auto version = database.version();
  if (!version) return std::unexpected(version.error());
  if (*version != migration_count())
    return failure(
        "記録が別のバージョンの Sekisho のものです。このバージョンの serve "
        "を一度動かしてください。",
        "the records are of another version of Sekisho; run serve of this one once.");
  AccessRecords records;
  const auto read = database.snapshot([&]() -> Result<void> {
    const auto kept = settings(database);
    if (!kept) return std::unexpected(kept.error());
    records.organisation = organisation_of(guideline, *kept);
    if (auto people = read_people(database, records); !people) return people;
    if (auto devices = read_devices(database, records); !devices) return devices;
    return sightings_since(database, 0,
                           [&](const KeptSighting& one) { records.seen.push_back(one); });
  });
  if (!read) return std::unexpected(read.error());
  return records;
}

AccessWorld access_world(const AccessRecords& records, std::shared_ptr<const Policy> policy,
                         Time at) {
  AccessEvidence evidence(*policy, records.organisation.methods, records.organisation.situations);
  for (const KeptSighting& one : records.seen) evidence.take(one.subject, one.check, one.sighting);
  SnapshotBuilder builder({policy, records.organisation.calendar, at, Time::max()});
  AccessWorld world;
  std::unordered_map<std::int64_t, PersonSlot> slots;
  for (const AccessPerson& person : records.people) {
    world.people.push_back(
        builder.add(PersonFacts{policy->principals_of(person.roles, {}, person.email),
                                person.active, person.has_code, person.has_passkey}));
    slots.emplace(person.id.number(), world.people.back());
  }
  for (const AccessDevice& device : records.devices) {
    DeviceFacts facts;
    if (device.holder)
      if (const auto holder = slots.find(device.holder->number()); holder != slots.end())
        facts.holder = holder->second;
    facts.condition = device.condition;
    facts.own = device.own;
    facts.copied = device.copied;
    facts.proven_until = device.proven_until;
    facts.measures = evidence.states(device.subject, at);
    world.devices.push_back(builder.add(facts));
  }
  world.snapshot = std::move(builder).build();
  return world;
}

}  // namespace sekisho
