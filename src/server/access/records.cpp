// SPDX-License-Identifier: Apache-2.0
#include "server/access/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "base/crypto.h"
#include "store/columns.h"
#include "store/migrations.h"
#include "store/store.h"

namespace sekisho {
namespace {

/// The end of what an SQL statement asks for: one row of `column`, or all.
template <typename Id>
std::pair<std::string, Values> one_or_all(std::string_view column, std::optional<Id> only) {
  if (!only) return {};
  return {" WHERE " + std::string(column) + " = ?", {*only}};
}

/// Of whoever is suspended (`which`, of access_suspension s), until when: of several suspensions
/// the longest.
std::string suspended(std::string_view which) {
  return fmt::format(
      "(SELECT MAX(COALESCE(s.ends_at, 9223372036854775807)) FROM access_suspension s WHERE "
      "s.restored_at IS NULL AND {})",
      which);
}

struct PersonRow {
  PersonId id;
  std::string name;
  std::string email;
  std::string roles;
  std::string state;
  bool has_code = false;
  bool has_passkey = false;
  std::optional<Time> suspended_until;
  std::optional<Time> unsealed_until;
  std::int64_t keys_ended = 0;

  static std::span<const Column<PersonRow>> columns() {
    using Of = Column<PersonRow>;
    static const std::string kUntil = suspended("s.person_id = p.id");
    static const std::array kColumns{
        Of{"p.id", &PersonRow::id},
        Of{"p.name", &PersonRow::name},
        Of{"p.email", &PersonRow::email},
        Of{"p.roles", &PersonRow::roles},
        Of{"p.state", &PersonRow::state},
        Of{"CASE WHEN p.totp IS NULL OR p.totp = '' THEN 0 ELSE 1 END", &PersonRow::has_code},
        Of{"(SELECT COUNT(*) FROM passkey k WHERE k.person_id = p.id)", &PersonRow::has_passkey},
        Of{kUntil.c_str(), &PersonRow::suspended_until},
        Of{"(SELECT MAX(e.open_until) FROM emergency_seal e WHERE e.person_id = p.id AND "
           "e.ended_at IS NULL)",
           &PersonRow::unsealed_until},
        Of{"p.keys_ended", &PersonRow::keys_ended}};
    return kColumns;
  }
};

struct DeviceRow {
  DeviceId id;
  std::string subject;
  std::string name;
  std::optional<PersonId> holder;
  std::string state;
  bool own = true;
  std::optional<Time> copied_at;
  std::optional<Time> suspended_until;

  static std::span<const Column<DeviceRow>> columns() {
    using Of = Column<DeviceRow>;
    static const std::string kUntil = suspended("s.device_id = d.id");
    static const std::array kColumns{Of{"d.id", &DeviceRow::id},
                                     Of{"d.subject", &DeviceRow::subject},
                                     Of{"d.name", &DeviceRow::name},
                                     Of{"d.person_id", &DeviceRow::holder},
                                     Of{"d.state", &DeviceRow::state},
                                     Of{"d.own", &DeviceRow::own},
                                     Of{"d.copied_at", &DeviceRow::copied_at},
                                     Of{kUntil.c_str(), &DeviceRow::suspended_until}};
    return kColumns;
  }
};

Result<void> read_groups(Database& database, std::optional<PersonId> only,
                         std::vector<AccessPerson>& people) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < people.size(); ++i) places.emplace(people[i].id.number(), i);
  const auto [where, values] = one_or_all("person_id", only);
  return database.each("SELECT person_id, name FROM person_group" + where + " ORDER BY name",
                       values, [&](const Row& row) {
                         const auto found = places.find(row.integer(0));
                         if (found != places.end())
                           people[found->second].groups.push_back(row.text(1));
                         return true;
                       });
}

Result<void> read_confirmations(Database& database, std::optional<PersonId> only,
                                std::vector<AccessPerson>& people) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < people.size(); ++i) places.emplace(people[i].id.number(), i);
  const auto [where, values] = one_or_all("person_id", only);
  return database.each(
      "SELECT person_id, device_id, code_at, passkey_at FROM access_confirmation" + where, values,
      [&](const Row& row) {
        const auto found = places.find(row.integer(0));
        FactorsShown shown;
        if (row.integer(2) > 0) shown.code = row.time(2);
        if (row.integer(3) > 0) shown.passkey = row.time(3);
        if (found != places.end())
          people[found->second].confirmed.emplace_back(row.id<DeviceId>(1), shown);
        return true;
      });
}

/// None where it is no SHA-256 in hexadecimal.
std::optional<KeyDigest> digest_of_hex(std::string_view text) {
  KeyDigest digest{};
  if (text.size() != digest.size() * 2) return std::nullopt;
  const auto value = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = value(text[2 * i]);
    const int low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest.at(i) = static_cast<unsigned char>(high * 16 + low);
  }
  return digest;
}

std::optional<AccessCertificate> certificate_of(const Row& row) {
  const auto whole = digest_of_hex(row.text(1));
  const auto key = from_base64url(row.text(2));
  if (!whole) return std::nullopt;
  AccessCertificate certificate{*whole, {}, row.time(3)};
  if (key && !key->empty()) std::ranges::copy(sha256(*key), certificate.key.emplace().begin());
  return certificate;
}

Result<void> read_certificates(Database& database, std::optional<DeviceId> only,
                               std::vector<AccessDevice>& devices) {
  std::unordered_map<std::int64_t, std::size_t> places;
  for (std::size_t i = 0; i < devices.size(); ++i) places.emplace(devices[i].id.number(), i);
  const std::string one = only ? " AND device_id = ?" : "";
  return database.each(
      "SELECT device_id, fingerprint, public_key, expires_at FROM device_certificate WHERE "
      "revoked_at IS NULL" +
          one,
      only ? Values{*only} : Values{}, [&](const Row& row) {
        const auto found = places.find(row.integer(0));
        // What can't be read proves nothing.
        if (const auto certificate = certificate_of(row); certificate && found != places.end())
          devices[found->second].certificates.push_back(*certificate);
        return true;
      });
}

}  // namespace

bool AccessPerson::administrator() const {
  return active && std::ranges::find(roles, "administrator") != roles.end();
}

PersonFacts AccessPerson::facts(const Policy& policy) const {
  PersonFacts facts;
  facts.is = policy.principals_of(roles, groups, email);
  facts.active = active;
  facts.has_code = has_code;
  facts.has_passkey = has_passkey;
  facts.suspended_until = suspended_until;
  // It gives nothing that its person couldn't give themselves: they could change the policy.
  if (administrator()) facts.unsealed_until = unsealed_until;
  facts.keys_ended = keys_ended;
  return facts;
}

Time AccessDevice::proven_until() const {
  Time until = Time::min();
  for (const AccessCertificate& one : certificates) until = std::max(until, one.until);
  return until;
}

Result<std::vector<AccessPerson>> read_access_people(Database& database,
                                                     std::optional<PersonId> only) {
  std::vector<AccessPerson> people;
  const auto [where, values] = one_or_all("p.id", only);
  const auto read = database.each(
      "SELECT " + columns_of<PersonRow>() + " FROM person p" + where + " ORDER BY p.id", values,
      [&](const Row& row) {
        auto kept = read_as<PersonRow>(row);
        AccessPerson person;
        person.id = kept.id;
        person.name = std::move(kept.name);
        person.email = std::move(kept.email);
        for (const std::string_view role : words(kept.roles)) person.roles.emplace_back(role);
        person.active = kept.state == "active";
        person.has_code = kept.has_code;
        person.has_passkey = kept.has_passkey;
        if (kept.suspended_until) person.suspended_until = *kept.suspended_until;
        if (kept.unsealed_until) person.unsealed_until = *kept.unsealed_until;
        person.keys_ended = static_cast<std::uint32_t>(kept.keys_ended);
        people.push_back(std::move(person));
        return true;
      });
  if (!read) return std::unexpected(read.error());
  if (auto groups = read_groups(database, only, people); !groups)
    return std::unexpected(groups.error());
  if (auto confirmed = read_confirmations(database, only, people); !confirmed)
    return std::unexpected(confirmed.error());
  return people;
}

Result<std::vector<AccessDevice>> read_access_devices(Database& database,
                                                      std::optional<DeviceId> only) {
  std::vector<AccessDevice> devices;
  const auto [where, values] = one_or_all("d.id", only);
  const auto read = database.each(
      "SELECT " + columns_of<DeviceRow>() + " FROM device d" + where + " ORDER BY d.id", values,
      [&](const Row& row) {
        auto kept = read_as<DeviceRow>(row);
        AccessDevice device;
        device.id = kept.id;
        device.subject = {std::move(kept.subject)};
        device.name = std::move(kept.name);
        device.holder = kept.holder;
        device.condition = kept.state == "active" ? DeviceCondition::active
                           : kept.state == "lost" ? DeviceCondition::lost
                                                  : DeviceCondition::retired;
        device.own = kept.own;
        device.copied = kept.copied_at.has_value();
        if (kept.suspended_until) device.suspended_until = *kept.suspended_until;
        devices.push_back(std::move(device));
        return true;
      });
  if (!read) return std::unexpected(read.error());
  if (auto certified = read_certificates(database, only, devices); !certified)
    return std::unexpected(certified.error());
  return devices;
}

Result<std::optional<SavedPolicy>> saved_policy(Database& database) {
  const auto rows = database.query("SELECT id, text FROM access_policy ORDER BY id DESC LIMIT 1");
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return SavedPolicy{rows->front().integer(0), rows->front().text(1)};
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
    auto policy = saved_policy(database);
    if (!policy) return std::unexpected(policy.error());
    records.policy = std::move(*policy);
    auto people = read_access_people(database);
    if (!people) return std::unexpected(people.error());
    records.people = std::move(*people);
    auto devices = read_access_devices(database);
    if (!devices) return std::unexpected(devices.error());
    records.devices = std::move(*devices);
    return sightings_since(database, 0,
                           [&](const KeptSighting& one) { records.seen.push_back(one); });
  });
  if (!read) return std::unexpected(read.error());
  return records;
}

DeviceFacts facts_of(const AccessDevice& device, PersonSlot holder,
                     const std::vector<MeasureState>& states) {
  DeviceFacts facts;
  facts.holder = holder;
  facts.condition = device.condition;
  facts.own = device.own;
  facts.copied = device.copied;
  facts.proven_until = device.proven_until();
  facts.suspended_until = device.suspended_until;
  facts.measures = states;
  return facts;
}

AccessWorld access_world(const std::vector<AccessPerson>& people,
                         const std::vector<AccessDevice>& devices,
                         const std::vector<std::vector<MeasureState>>& states,
                         const Snapshot::Frame& frame) {
  SnapshotBuilder builder(frame);
  AccessWorld world;
  world.people.reserve(people.size());
  world.devices.reserve(devices.size());
  std::unordered_map<std::int64_t, PersonSlot> slots;
  for (const AccessPerson& person : people) {
    world.people.push_back(builder.add(person.facts(*frame.policy)));
    slots.emplace(person.id.number(), world.people.back());
  }
  for (std::size_t i = 0; i < devices.size(); ++i) {
    PersonSlot holder;
    if (devices[i].holder)
      if (const auto found = slots.find(devices[i].holder->number()); found != slots.end())
        holder = found->second;
    world.devices.push_back(builder.add(facts_of(devices[i], holder, states[i])));
  }
  world.snapshot = std::move(builder).build();
  return world;
}

AccessWorld access_world(const AccessRecords& records, std::shared_ptr<const Policy> policy,
                         Time at) {
  AccessEvidence evidence(*policy, records.organisation.methods, records.organisation.situations);
  for (const KeptSighting& one : records.seen) evidence.take(one.subject, one.check, one.sighting);
  std::vector<std::vector<MeasureState>> states;
  states.reserve(records.devices.size());
  for (const AccessDevice& device : records.devices)
    states.push_back(evidence.states(device.subject, at));
  return access_world(records.people, records.devices, states,
                      {std::move(policy), records.organisation.calendar, at, Time::max()});
}

}  // namespace sekisho
