// SPDX-License-Identifier: Apache-2.0
#include "server/api/jobs.h"

#include <fmt/format.h>

#include "server/api/once.h"
#include "server/devices/agents.h"
#include "server/privacy/forget.h"
#include "server/privacy/handlers.h"
#include "server/privacy/retention.h"

namespace sekisho {
namespace {

constexpr std::int64_t kAtOnce = 1000;  // rows in one transaction: nobody waits for all
constexpr std::chrono::days kDay{1};
constexpr std::chrono::days kMostAhead{7};
constexpr std::chrono::days kUnusedBrowser{400};
/// From where somebody came, and with what, is kept for as long: habits need no more.
constexpr std::chrono::days kAddressKept{30};

std::string marks(std::size_t count) {
  std::string list;
  for (std::size_t i = 0; i < count; ++i) list += list.empty() ? "?" : ", ?";
  return list;
}

/// The first column of up to kAtOnce rows.
Result<Values> ids(Database& db, const char* sql, Values values) {
  values.emplace_back(kAtOnce);
  const auto rows = db.query(sql, values);
  if (!rows) return std::unexpected(rows.error());
  Values found;
  for (const Row& row : *rows) found.emplace_back(row.value(0));
  return found;
}

/// Again and again, each time in a transaction of its own, until `some` finds nothing more.
Result<void> in_parts(Database& db, const std::function<Result<bool>()>& some) {
  bool more = true;
  while (more) {
    const auto done = db.write([&]() -> Result<void> {
      const auto found = some();
      if (!found) return std::unexpected(found.error());
      more = *found;
      return {};
    });
    if (!done) return done;
  }
  return {};
}

/// What was found before `before` and has been replaced by then, so that what was known on any
/// later day stays known; with it what a person said to it, and papers that nothing points to.
Result<void> findings(Database& db, Time before) {
  const std::int64_t horizon = before.time_since_epoch().count();
  const auto part = [&]() -> Result<bool> {
    const auto over = ids(db,
                          "SELECT e.id FROM evidence e WHERE e.valid_until < ? AND EXISTS (SELECT "
                          "1 FROM evidence n WHERE n.subject = e.subject AND n.check_id = "
                          "e.check_id AND n.observed_at > e.observed_at AND n.observed_at < ?) "
                          "ORDER BY e.valid_until LIMIT ?",
                          {horizon, horizon});
    if (!over || over->empty()) return over ? Result<bool>(false) : std::unexpected(over.error());
    // The database lets go of nothing that ended after this.
    if (auto set = set_setting(db, "retention.horizon", std::to_string(horizon)); !set)
      return std::unexpected(set.error());
    const std::string these = "(" + marks(over->size()) + ")";
    if (auto gone = db.execute("DELETE FROM answer WHERE evidence_id IN " + these, *over); !gone)
      return std::unexpected(gone.error());
    if (auto gone = forget_evidence(db, "id IN " + these, *over); !gone)
      return std::unexpected(gone.error());
    return true;
  };
  if (auto done = in_parts(db, part); !done) return done;
  return in_parts(db, [&]() -> Result<bool> {
    const auto loose = ids(db,
                           "SELECT id FROM attachment WHERE at < ? AND NOT EXISTS (SELECT 1 FROM "
                           "answer WHERE attachment_id = attachment.id) LIMIT ?",
                           {horizon});
    if (!loose || loose->empty())
      return loose ? Result<bool>(false) : std::unexpected(loose.error());
    const auto gone =
        db.execute("DELETE FROM attachment WHERE id IN (" + marks(loose->size()) + ")", *loose);
    return gone ? Result<bool>(true) : std::unexpected(gone.error());
  });
}

Result<void> incidents(Database& db, Time before) {
  return in_parts(db, [&]() -> Result<bool> {
    const auto over = ids(db, "SELECT id FROM incident WHERE at < ? AND state = 'closed' LIMIT ?",
                          {value_of(before)});
    if (!over) return std::unexpected(over.error());
    for (const Value& id : *over) {
      const std::int64_t number = std::get<std::int64_t>(id);
      if (auto gone =
              db.execute("DELETE FROM remark WHERE item = ?", {fmt::format("incident-{}", number)});
          !gone)
        return std::unexpected(gone.error());
      if (auto gone = db.execute("DELETE FROM incident WHERE id = ?", {number}); !gone)
        return std::unexpected(gone.error());
    }
    return !over->empty();
  });
}

Result<void> sign_ins(Database& db, Time before, Time addresses_before) {
  const auto part = [&](const char* found, Time time, const char* change) {
    return in_parts(db, [&, found, time, change]() -> Result<bool> {
      const auto over = ids(db, found, {value_of(time)});
      if (!over || over->empty()) return over ? Result<bool>(false) : std::unexpected(over.error());
      const auto done =
          db.execute(std::string(change) + " WHERE id IN (" + marks(over->size()) + ")", *over);
      return done ? Result<bool>(true) : std::unexpected(done.error());
    });
  };
  if (auto gone =
          part("SELECT id FROM sign_in WHERE at < ? LIMIT ?", before, "DELETE FROM sign_in");
      !gone)
    return gone;
  if (auto gone = part("SELECT id FROM emergency_seal WHERE opened_at < ? AND opened_from <> '' "
                       "LIMIT ?",
                       addresses_before, "UPDATE emergency_seal SET opened_from = ''");
      !gone)
    return gone;
  return part("SELECT id FROM sign_in WHERE at < ? AND (origin <> '' OR agent <> '') LIMIT ?",
              addresses_before, "UPDATE sign_in SET origin = '', agent = ''");
}

/// One of `sql` after the other, each in a transaction of its own.
Result<void> forget_each(Database& db, const char* sql, Time before,
                         const std::function<Result<void>(std::int64_t)>& forget) {
  const auto over = ids(db, sql, {value_of(before)});
  if (!over) return std::unexpected(over.error());
  for (const Value& id : *over)
    if (auto done = db.write([&] { return forget(std::get<std::int64_t>(id)); }); !done)
      return done;
  return {};
}

/// What ended by itself, of which nobody is to set how long.
Result<void> ended(Database& db, Time now) {
  return db.write([&]() -> Result<void> {
    for (const auto& [sql, before] : std::initializer_list<std::pair<const char*, Time>>{
             {"DELETE FROM session WHERE expires_at < ?", now},
             {"DELETE FROM kept_reply WHERE at < ?", now - Once::kKept},
             {"DELETE FROM invitation WHERE withdrawn_at IS NULL AND expires_at < ?", now},
             {"DELETE FROM invitation WHERE withdrawn_at < ?", now - kEnrolmentRemembered},
             {"DELETE FROM enrolment WHERE expires_at < ?", now - kEnrolmentRemembered},
             {"DELETE FROM token WHERE expires_at < ?", now},
             {"DELETE FROM pending WHERE expires_at < ?", now},
             {"DELETE FROM browser WHERE used_at < ?", now - kUnusedBrowser}})
      if (auto gone = db.execute(sql, {value_of(before)}); !gone) return gone;
    return {};
  });
}

Result<void> let_go(Database& db, const Settings& kept, Time now) {
  const auto before = [&](std::size_t kind) { return now - kept_for(kept, kRetentionKinds[kind]); };
  if (auto done = findings(db, before(0)); !done) return done;
  if (auto done = incidents(db, before(1)); !done) return done;
  if (auto done = forget_each(
          db,
          "SELECT id FROM device WHERE retired_at < ? AND state = 'retired' AND erased = 0 LIMIT ?",
          before(2), [&](std::int64_t id) { return forget_device(db, DeviceId(id), now); });
      !done)
    return done;
  if (auto done = forget_each(
          db, "SELECT id FROM person WHERE state = 'disabled' AND left_at < ? LIMIT ?", before(3),
          [&](std::int64_t id) { return forget_person(db, PersonId(id), "", now); });
      !done)
    return done;
  if (auto done = sign_ins(db, before(4), now - kAddressKept); !done) return done;
  return ended(db, now);
}

/// The day by which things are over goes on by a week at most at each look: a clock that is far
/// ahead for a while takes nothing away, and a server that was off for long makes up for it.
Time believed(const MaybeState& kept, Time now) {
  if (!kept) return now;
  return std::min(now, Time(std::chrono::seconds(whole_number(kept->seen))) + kMostAhead);
}

}  // namespace

Result<void> keep_to_retention(Database& db, Time now) {
  const auto kept = job_state(db, "retention");
  if (!kept) return std::unexpected(kept.error());
  if (*kept && (*kept)->due > now && (*kept)->due <= now + kDay) return {};
  const Time day = believed(*kept, now);
  const auto set = settings(db);
  if (!set) return std::unexpected(set.error());
  // The first look only notes the day: what was kept until now may be looked at for one more.
  if (*kept) {
    if (auto left =
            db.execute("UPDATE person SET left_at = ? WHERE state = 'disabled' AND left_at IS NULL",
                       {value_of(day)});
        !left)
      return left;
    if (auto done = let_go(db, *set, day); !done) return done;
  }
  return move_job(db, "retention", *kept,
                  {now + kDay, std::to_string(day.time_since_epoch().count())},
                  [] { return Result<void>(); });
}

void run_privacy_jobs(const Shop& shop, Database& db, Time now) {
  do_job(shop.options, "retention", [&] { return keep_to_retention(db, now); });
}

}  // namespace sekisho
