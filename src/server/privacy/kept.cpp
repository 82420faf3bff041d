// SPDX-License-Identifier: Apache-2.0
#include "server/privacy/kept.h"

#include <array>

#include "base/text.h"
#include "server/clouds/handlers.h"
#include "server/privacy/forget.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMost = 20'000;  // of one kind

enum class Form : std::uint8_t { text, number, time, document };
struct Field {
  const char* name;
  Form form = Form::text;
};

json::value value_in(const Row& row, std::size_t at, Form form) {
  if (row.null(at)) return nullptr;
  if (form == Form::number) return row.integer(at);
  if (form == Form::time) return json::string(format_time(row.time(at)));
  if (form == Form::document) {
    boost::system::error_code wrong;
    if (json::value document = json::parse(row.text(at), wrong); !wrong) return document;
  }
  return json::string(row.text(at));
}

/// `sql` gives the fields in their order, ends with LIMIT ?, and takes the person as often as
/// `times` says.
struct Kind {
  const char* name;
  const char* sql;
  std::vector<Field> fields;
};

const std::vector<Kind>& kinds() {
  using enum Form;
  static const std::vector<Kind> kAll{
      {"passkeys",
       "SELECT name, created_at, used_at FROM passkey WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"name"}, {"created_at", time}, {"used_at", time}}},
      {"sessions",
       "SELECT created_at, seen_at, peer, agent FROM session WHERE person_id = ? ORDER BY id DESC "
       "LIMIT ?",
       {{"created_at", time}, {"seen_at", time}, {"address"}, {"browser"}}},
      {"tokens",
       "SELECT name, scopes, created_at, expires_at, used_at FROM token WHERE person_id = ? ORDER "
       "BY id DESC LIMIT ?",
       {{"name"}, {"scopes"}, {"created_at", time}, {"expires_at", time}, {"used_at", time}}},
      {"directory",
       "SELECT user_name, external_id FROM directory_person WHERE person_id = ? LIMIT ?",
       {{"user_name"}, {"external_id"}}},
      {"directory_groups",
       "SELECT g.name FROM directory_member m JOIN directory_group g ON g.id = m.group_id WHERE "
       "m.person_id = ? ORDER BY g.name LIMIT ?",
       {{"name"}}},
      {"groups",
       "SELECT name FROM person_group WHERE person_id = ? ORDER BY name LIMIT ?",
       {{"name"}}},
      {"access_confirmations",
       "SELECT d.name, c.code_at, c.passkey_at FROM access_confirmation c JOIN device d ON d.id = "
       "c.device_id WHERE c.person_id = ? ORDER BY d.id LIMIT ?",
       {{"device"}, {"code_at", time}, {"passkey_at", time}}},
      {"access_suspensions",
       "SELECT reason, begun_at, ends_at, restored_at FROM access_suspension WHERE person_id = ? "
       "ORDER BY id DESC LIMIT ?",
       {{"reason"}, {"begun_at", time}, {"until", time}, {"restored_at", time}}},
      {"emergency_seals",
       "SELECT sealed_at, opened_at, opened_from, reason, open_until, ended_at FROM emergency_seal "
       "WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"sealed_at", time},
        {"opened_at", time},
        {"address"},
        {"reason"},
        {"until", time},
        {"ended_at", time}}},
      {"access",
       "SELECT kind, first_at, last_at, count, resource, origin, codes FROM access_event WHERE "
       "person_id = ? ORDER BY id DESC LIMIT ?",
       {{"kind"},
        {"first_at", time},
        {"last_at", time},
        {"count", number},
        {"resource"},
        {"address"},
        {"reasons"}}},
      {"sign_ins",
       "SELECT at, outcome, factor, place, origin, agent, device_id, disowned_at FROM sign_in "
       "WHERE "
       "person_id = ? ORDER BY id DESC LIMIT ?",
       {{"at", time},
        {"outcome"},
        {"factor"},
        {"place"},
        {"address"},
        {"browser"},
        {"device", number},
        {"disowned_at", time}}},
      {"device_views",
       "SELECT name, query FROM device_view WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"name"}, {"query"}}},
      {"devices",
       "SELECT id, subject, name, state, created_at, seen_at, system_name, system_version, serial, "
       "team, own FROM device WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"id", number},
        {"subject"},
        {"name"},
        {"state"},
        {"created_at", time},
        {"seen_at", time},
        {"system"},
        {"version"},
        {"serial"},
        {"team"},
        {"own", number}}},
      {"findings_on_devices",
       "SELECT e.subject, e.check_id, e.verdict, e.first_at, e.observed_at, e.detail_ja, "
       "e.detail_en FROM device d JOIN evidence e ON e.subject = d.subject WHERE d.person_id = ? "
       "ORDER BY e.id DESC LIMIT ?",
       {{"subject"},
        {"check"},
        {"verdict"},
        {"first_at", time},
        {"observed_at", time},
        {"detail_ja"},
        {"detail_en"}}},
      {"software_on_devices",
       "SELECT d.subject, s.name, s.version FROM device d JOIN software s ON s.device_id = d.id "
       "WHERE d.person_id = ? ORDER BY s.id DESC LIMIT ?",
       {{"subject"}, {"name"}, {"version"}}},
      {"answers",
       "SELECT e.check_id, e.observed_at, e.verdict, a.note FROM answer a JOIN evidence e ON e.id "
       "= a.evidence_id WHERE a.person_id = ? ORDER BY a.evidence_id DESC LIMIT ?",
       {{"item"}, {"at", time}, {"verdict"}, {"note"}}},
      {"attachments",
       "SELECT name, type, size, sha256, at FROM attachment WHERE person_id = ? ORDER BY id DESC "
       "LIMIT ?",
       {{"name"}, {"type"}, {"size", number}, {"sha256"}, {"at", time}}},
      {"assignments",
       "SELECT item, due, at FROM assignment WHERE person_id = ? ORDER BY item LIMIT ?",
       {{"item"}, {"due"}, {"at", time}}},
      {"cloud_services",
       "SELECT name FROM cloud_service WHERE owner_id = ? ORDER BY id LIMIT ?",
       {{"name"}}},
      {"questions_due",
       "SELECT due, remind FROM question_round WHERE person_id = ? LIMIT ?",
       {{"due"}, {"remind"}}},
      {"remarks",
       "SELECT item, at, text FROM remark WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"item"}, {"at", time}, {"text"}}},
      {"incidents",
       "SELECT kind, at, state, text FROM incident WHERE person_id = ? ORDER BY id DESC LIMIT ?",
       {{"kind"}, {"at", time}, {"state"}, {"text"}}}};
  return kAll;
}

Result<json::array> rows_of(Database& db, const Kind& kind, const Values& values) {
  json::array list;
  const auto read = db.each(kind.sql, values, [&](const Row& row) {
    json::object one;
    for (std::size_t i = 0; i < kind.fields.size(); ++i)
      one[kind.fields[i].name] = value_in(row, i, kind.fields[i].form);
    list.emplace_back(std::move(one));
    return true;
  });
  if (!read) return std::unexpected(read.error());
  return list;
}

/// What the log says of them, or they did: while an address was theirs.
Result<json::array> log_of(Database& db, PersonId person, const std::string& name) {
  const Kind log{"audit_log",
                 "SELECT at, actor, action, item, detail FROM audit WHERE actor = ? AND id > ? AND "
                 "id <= ? UNION SELECT at, actor, action, item, detail FROM audit WHERE item = ? "
                 "AND id > ? AND id <= ? ORDER BY 1 DESC LIMIT ?",
                 {{"at", Form::time}, {"by"}, {"action"}, {"item"}, {"detail", Form::document}}};
  const auto addresses = addresses_of(db, person);
  if (!addresses) return std::unexpected(addresses.error());
  json::array all;
  for (const KnownAs& one : *addresses) {
    auto entries = rows_of(db, log,
                           {name + " <" + one.email + ">", one.after, one.up_to, one.email,
                            one.after, one.up_to, kMost});
    if (!entries) return entries;
    for (json::value& entry : *entries) all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace

Result<json::object> kept_of(Database& db, PersonId person, Time now) {
  const auto self = db.query(
      "SELECT name, email, roles, lang, state, created_at, seen_at, left_at, password IS NOT NULL, "
      "totp IS NOT NULL, oidc IS NOT NULL FROM person WHERE id = ? AND state <> 'erased'",
      {person});
  if (!self) return std::unexpected(self.error());
  if (self->empty()) return json::object();
  const Row& row = self->front();
  json::object all{{"as_of", format_time(now)},
                   {"person",
                    {{"name", row.text(0)},
                     {"email", row.text(1)},
                     {"roles", row.text(2)},
                     {"lang", row.text(3)},
                     {"state", row.text(4)},
                     {"created_at", value_in(row, 5, Form::time)},
                     {"seen_at", value_in(row, 6, Form::time)},
                     {"left_at", value_in(row, 7, Form::time)},
                     {"password_set", row.integer(8) != 0},
                     {"authenticator_app", row.integer(9) != 0},
                     {"other_sign_in", row.integer(10) != 0}}}};
  for (const Kind& kind : kinds()) {
    auto list = rows_of(db, kind, {person, kMost});
    if (!list) return std::unexpected(list.error());
    all[kind.name] = std::move(*list);
  }
  auto clouds = kept_in_clouds(db, row.text(1));
  if (!clouds) return std::unexpected(clouds.error());
  all["clouds"] = std::move(*clouds);
  auto entries = log_of(db, person, row.text(0));
  if (!entries) return std::unexpected(entries.error());
  all["audit_log"] = std::move(*entries);
  return all;
}

}  // namespace sekisho
