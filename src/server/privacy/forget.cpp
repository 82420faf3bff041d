#include "server/privacy/forget.h"

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "server/devices/device_state.h"
#include "server/people/identity.h"
#include "store/store.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Result<void> run_all(Database& db, std::initializer_list<std::pair<const char*, Values>> all) {
  for (const auto& [sql, values] : all)
    if (auto done = db.execute(sql, values); !done) return done;
  return {};
}

/// Names that the log tells of in entries about this address.
void add_former_names(const json::value& detail, KnownAs& called) {
  const auto take = [&](const json::object& renamed) {
    for (const char* which : {"from", "to"})
      if (const auto* name = renamed.if_contains(which); name != nullptr && name->is_string())
        called.names.emplace(name->get_string());
  };
  if (!detail.is_object()) return;
  const json::object& all = detail.get_object();
  if (const auto* renamed = all.if_contains("renamed"); renamed != nullptr && renamed->is_object())
    take(renamed->get_object());
  else if (renamed == nullptr)
    take(all);
}

}  // namespace

Result<KnownAs> called_in_log(Database& db, PersonId person) {
  const auto rows = db.query("SELECT email, name FROM person WHERE id = ?", {person});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return KnownAs{};
  KnownAs called{rows->front().text(0), {rows->front().text(1)}};
  const auto entries = db.query(
      "SELECT detail FROM audit WHERE item = ? AND action IN ('renamed', 'person-changed')",
      {called.email});
  if (!entries) return std::unexpected(entries.error());
  for (const Row& entry : *entries) {
    boost::system::error_code wrong;
    if (const auto detail = json::parse(entry.text(0), wrong); !wrong)
      add_former_names(detail, called);
  }
  return called;
}

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
  const auto still = db.query("SELECT 1 FROM person WHERE id = ? AND state = 'disabled'", {person});
  if (!still || still->empty())  // another server was first
    return still ? Result<void>() : std::unexpected(still.error());
  const auto called = called_in_log(db, person);
  if (!called) return std::unexpected(called.error());
  if (auto ended = end_all_of(db, person); !ended) return ended;
  const auto own =
      db.query("SELECT id FROM device WHERE person_id = ? AND own = 1 AND erased = 0", {person});
  if (!own) return std::unexpected(own.error());
  for (const Row& row : *own)
    if (auto gone = forget_device(db, row.id<DeviceId>(0), now); !gone) return gone;
  const std::string number = fmt::format("person-{}", person);
  if (auto done = run_all(
          db, {{"DELETE FROM passkey WHERE person_id = ?", {person}},
               {"DELETE FROM device_view WHERE person_id = ?", {person}},
               {"DELETE FROM enrolment WHERE person_id = ?", {person}},
               {"DELETE FROM invitation WHERE email = ?", {called->email}},
               {"DELETE FROM outbox WHERE target = ?", {called->email}},
               {"UPDATE device SET person_id = NULL WHERE person_id = ?", {person}},
               {"UPDATE assignment SET person_id = NULL WHERE person_id = ?", {person}},
               // The address that nobody has: .invalid is nobody's (RFC 2606, 2).
               {"UPDATE person SET email = ?, name = ?, roles = '', state = 'erased', password = "
                "NULL, totp = NULL, recovery = '', oidc = NULL, seen_at = NULL WHERE id = ?",
                {number + "@erased.invalid", number, person}}});
      !done)
    return done;
  const auto redacted = redact_audit(db, now, actor, *called, number);
  return redacted ? Result<void>() : std::unexpected(redacted.error());
}

}  // namespace sekisho
