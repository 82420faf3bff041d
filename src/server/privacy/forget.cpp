// SPDX-License-Identifier: Apache-2.0
#include "server/privacy/forget.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "server/clouds/handlers.h"
#include "server/devices/device_state.h"
#include "server/people/guess.h"
#include "server/people/identity.h"
#include "server/people/seals.h"
#include "store/audit.h"
#include "store/store.h"

namespace sekisho {
namespace {

Result<void> run_all(Database& db, std::initializer_list<std::pair<const char*, Values>> all) {
  for (const auto& [sql, values] : all)
    if (auto done = db.execute(sql, values); !done) return done;
  return {};
}

}  // namespace

Result<void> forget_device(Database& db, DeviceId device, Time now) {
  if (auto ended = revoke_device(db, device, now); !ended) return ended;
  if (auto done = run_all(
          db, {{"UPDATE device SET name = ?, person_id = NULL, state = 'retired', retired_at = "
                "COALESCE(retired_at, ?), erased = 1, machine = '', serial = '', team = '', "
                "wiped_how = '', software_at = NULL, software_version = '', software_exploited = "
                "'', software_grave = '', listed_at = NULL WHERE id = ?",
                {fmt::format("device-{}", device), value_of(now), device}},
               {"DELETE FROM software WHERE device_id = ?", {device}}});
      !done)
    return done;
  if (auto gone =
          forget_evidence(db, "subject = (SELECT subject FROM device WHERE id = ?)", {device});
      !gone)
    return gone;
  return set_setting(db, "devices.change", random_token(8));
}

Result<void> forget_person(Database& db, PersonId person, std::string_view actor, Time now) {
  const auto still =
      db.query("SELECT email FROM person WHERE id = ? AND state = 'disabled'", {person});
  if (!still || still->empty())  // another server was first
    return still ? Result<void>() : std::unexpected(still.error());
  const auto addresses = addresses_of(db, person);
  if (!addresses) return std::unexpected(addresses.error());
  KnownAs known = addresses->front();
  if (auto ended = end_all_of(db, person); !ended) return ended;
  if (auto ended = end_seals_of(db, person, {}, now); !ended) return ended;
  const auto own = db.query(
      "SELECT id, subject FROM device WHERE person_id = ? AND own = 1 AND erased = 0", {person});
  if (!own) return std::unexpected(own.error());
  for (const Row& row : *own) {
    known.devices.insert(row.text(1));
    if (auto gone = forget_device(db, row.id<DeviceId>(0), now); !gone) return gone;
  }
  const std::string number = fmt::format("person-{}", person);
  const auto guessed = account_guess(db, known.email);
  if (!guessed) return std::unexpected(guessed.error());
  if (auto done = run_all(
          db,
          {{"DELETE FROM passkey WHERE person_id = ?", {person}},
           {"DELETE FROM device_view WHERE person_id = ?", {person}},
           {"DELETE FROM kept_reply WHERE person_id = ?", {person}},
           {"DELETE FROM enrolment WHERE person_id = ?", {person}},
           {"DELETE FROM question_round WHERE person_id = ?", {person}},
           {"DELETE FROM directory_person WHERE person_id = ?", {person}},
           {"DELETE FROM directory_member WHERE person_id = ?", {person}},
           {"DELETE FROM former_address WHERE person_id = ?", {person}},
           {"DELETE FROM person_group WHERE person_id = ?", {person}},
           {"UPDATE access_suspension SET reason = '' WHERE person_id = ?", {person}},
           {"UPDATE emergency_seal SET reason = '', opened_from = '' WHERE person_id = ?",
            {person}},
           {"UPDATE access_event SET origin = '' WHERE person_id = ?", {person}},
           {"DELETE FROM sign_in WHERE person_id = ?", {person}},
           {"DELETE FROM invitation WHERE email = ?", {known.email}},
           {"DELETE FROM outbox WHERE target = ?", {known.email}},
           {"DELETE FROM guess WHERE name = ?", {*guessed}},
           {"UPDATE device SET person_id = NULL WHERE person_id = ?", {person}},
           {"UPDATE assignment SET person_id = NULL WHERE person_id = ?", {person}},
           {"UPDATE cloud_service SET owner_id = NULL, version = version + 1 WHERE owner_id = ?",
            {person}},
           // The address that nobody has: .invalid is nobody's (RFC 2606, 2).
           {"UPDATE person SET email = ?, name = ?, roles = '', state = 'erased', password = "
            "NULL, totp = NULL, recovery = '', oidc = NULL, seen_at = NULL WHERE id = ?",
            {number + "@erased.invalid", number, person}}});
      !done)
    return done;
  for (const KnownAs& one : *addresses) {
    if (auto gone = forget_in_clouds(db, one.email); !gone) return gone;
    KnownAs all = one;
    all.devices = known.devices;
    if (const auto redacted = redact_audit(db, now, actor, all, number); !redacted)
      return std::unexpected(redacted.error());
  }
  return {};
}

}  // namespace sekisho
