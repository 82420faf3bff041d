// SPDX-License-Identifier: Apache-2.0
#include "server/people/seals.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/http/secrets.h"
#include "server/outbox/outbox.h"
#include "store/audit.h"

namespace sekisho {
namespace {

/// Characters of 5 bits each (Crockford's base 32), in groups that can be read out.
constexpr std::size_t kSealCharacters = 24;
constexpr std::size_t kSealGroup = 4;

std::string new_seal_code() {
  constexpr std::string_view kClear = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  static_assert(kClear.size() == 32);
  std::string code;
  std::size_t at = 0;
  for (const char byte : random_bytes(kSealCharacters)) {
    if (at != 0 && at % kSealGroup == 0) code += '-';
    code += kClear[static_cast<unsigned char>(byte) & 31U];
    ++at;
  }
  return code;
}

Value maybe(PersonId person) { return person ? Value(person) : Value(std::monostate()); }

}  // namespace

std::string seal_digest(std::string_view code) {
  std::string plain;
  for (const char c : lower(code))
    if (c != '-' && c != ' ') plain += c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
  return secret_hash("emergency|" + plain);
}

Result<NewSeal> seal_access(Database& db, PersonId person, PersonId by, std::int64_t hours,
                            Time now) {
  NewSeal made{{}, new_seal_code()};
  const auto rows = db.query(
      "INSERT INTO emergency_seal (person_id, code, hours, sealed_at, sealed_by, opened_from, "
      "reason) VALUES (?, ?, ?, ?, ?, '', '') RETURNING id, (SELECT email FROM person WHERE id = "
      "?)",
      {person, seal_digest(made.code), hours, value_of(now), maybe(by), person});
  if (!rows) return std::unexpected(rows.error());
  made.id = rows->front().id<SealId>(0);
  const std::string email = rows->front().text(1);
  if (auto told = tell(
          db, now, "emergency-sealed",
          {"緊急アクセスのコードが作られました", "A code for emergency access was made"},
          {fmt::format("{} のための緊急アクセスのコードが作られました。このコードを持つ人は、いつで"
                       "も {} 時間、管理者として使えます。心当たりがなければ取り消してください。\n",
                       email, hours),
           fmt::format("A code for emergency access as {} was made. Whoever holds it can act as an "
                       "administrator for {} at any time. Take it back if nobody meant to.\n",
                       email, hours == 1 ? "an hour" : fmt::format("{} hours", hours))},
          {{"account", email}}, "/people");
      !told)
    return std::unexpected(told.error());
  return made;
}

namespace {

/// What ends with it: invitations that it made and nobody has accepted. Of a code that was never
/// used everybody is told, as when it was made.
Result<void> end_with_seal(Database& db, SealId seal, PersonId by, Time now) {
  const auto rows = db.query(
      "SELECT p.id, p.email, e.opened_at FROM emergency_seal e JOIN person p ON p.id = e.person_id "
      "WHERE e.id = ?",
      {seal});
  if (!rows) return std::unexpected(rows.error());
  const Row& row = rows->front();
  if (!row.null(2))
    return db.execute(
        "UPDATE invitation SET withdrawn_at = ?, withdrawn_by = ? WHERE created_by = ? AND "
        "created_at >= ? AND withdrawn_at IS NULL AND expires_at > ?",
        {value_of(now), maybe(by), row.id<PersonId>(0), row.value(2), value_of(now)});
  const std::string email = row.text(1);
  return tell(
      db, now, "emergency-taken-back",
      {"緊急アクセスのコードが取り消されました", "A code for emergency access was taken back"},
      {fmt::format(
           "{} のための緊急アクセスのコードが取り消され、もう使えません。紙を処分し、必要なら"
           "新しいコードを作ってください。\n",
           email),
       fmt::format("A code for emergency access as {} was taken back, and opens nothing any more. "
                   "Destroy the paper, and make a new one if you need it.\n",
                   email)},
      {{"account", email}}, "/people");
}

}  // namespace

Result<bool> end_seal(Database& db, SealId seal, PersonId by, Time now) {
  const auto rows = db.query(
      "UPDATE emergency_seal SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL AND "
      "(open_until IS NULL OR open_until > ?) RETURNING id",
      {value_of(now), maybe(by), seal, value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  if (auto gone = db.execute("DELETE FROM session WHERE seal_id = ?", {seal}); !gone)
    return std::unexpected(gone.error());
  if (rows->empty()) return false;
  if (auto done = end_with_seal(db, seal, by, now); !done) return std::unexpected(done.error());
  return true;
}

namespace {

/// Once, whichever server is first.
Result<void> note_end(Database& db, SealId seal, const char* how, Time at, Time now) {
  return db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "UPDATE emergency_seal SET ended_at = ? WHERE id = ? AND ended_at IS NULL RETURNING "
        "(SELECT "
        "email FROM person WHERE id = person_id)",
        {value_of(at), seal});
    if (!rows || rows->empty()) return rows ? Result<void>() : std::unexpected(rows.error());
    if (auto gone = db.execute("DELETE FROM session WHERE seal_id = ?", {seal}); !gone) return gone;
    if (auto done = end_with_seal(db, seal, PersonId(), now); !done) return done;
    return append_audit(db, now, "", "emergency-over", rows->front().text(0),
                        boost::json::serialize(boost::json::object{{"how", how}}));
  });
}

}  // namespace

Result<void> SealWatch::look(Database& db, Time now, std::chrono::steady_clock::time_point tick) {
  const auto rows = db.query(
      "SELECT e.id, e.hours, e.open_until, CASE WHEN EXISTS (SELECT 1 FROM session s WHERE "
      "s.seal_id = e.id) THEN 1 ELSE 0 END FROM emergency_seal e WHERE e.ended_at IS NULL AND "
      "e.open_until > 0");
  if (!rows) return std::unexpected(rows.error());
  std::map<SealId, std::chrono::steady_clock::time_point> open;
  for (const Row& row : *rows) {
    const auto id = row.id<SealId>(0);
    const Time until = row.time(2);
    const auto left = std::clamp<std::chrono::seconds>(until - now, std::chrono::seconds(0),
                                                       std::chrono::hours(row.integer(1)));
    const auto known = ends_.find(id);
    const auto ends = known == ends_.end() ? tick + left : std::min(known->second, tick + left);
    const bool over = tick >= ends;
    if (!over && row.integer(3) != 0) {
      open.emplace(id, ends);
      continue;
    }
    if (auto done = note_end(db, id, over ? "time" : "session", std::min(until, now), now); !done)
      return done;
  }
  ends_ = std::move(open);
  return {};
}

Result<void> end_seals_of(Database& db, PersonId person, PersonId by, Time now) {
  const auto rows =
      db.query("SELECT id FROM emergency_seal WHERE person_id = ? AND ended_at IS NULL", {person});
  if (!rows) return std::unexpected(rows.error());
  for (const Row& row : *rows)
    if (auto ended = end_seal(db, row.id<SealId>(0), by, now); !ended)
      return std::unexpected(ended.error());
  return {};
}

}  // namespace sekisho
