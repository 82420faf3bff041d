// SPDX-License-Identifier: Apache-2.0
#include "server/access/access_log.h"

#include <algorithm>

namespace sekisho {
namespace {

/// "measure_failing:8-3 second_factor_due"
std::string codes_of(const LiveDecision& made) {
  std::string all;
  for (const AccessReason& reason : made.decision.reasons) {
    if (!all.empty()) all += ' ';
    all += name(reason.code);
    if (made.by != nullptr && name(reason.code).starts_with("measure_"))
      all += ":" + made.by->snapshot->policy().measures().at(reason.measure)->id;
  }
  return all;
}

}  // namespace

void AccessLog::add(const Key& key, const Times& times) {
  auto place = waiting_.find(key);
  // What there is no room for is counted by its kind.
  if (place == waiting_.end() && waiting_.size() >= kMostWaiting)
    place = waiting_.try_emplace(Key{key.kind, 0, 0, "", "", ""}).first;
  else if (place == waiting_.end())
    place = waiting_.try_emplace(key).first;
  Times& there = place->second;
  if (there.count == 0) there = {times.first, times.last, 0, times.origin};
  there.first = std::min(there.first, times.first);
  there.last = std::max(there.last, times.last);
  there.count += times.count;
}

void AccessLog::note(std::string_view kind, const LiveEntry& entry, const LiveDecision& made,
                     Time at) {
  const Key key{std::string(kind),
                static_cast<std::int64_t>(entry.person),
                entry.device ? static_cast<std::int64_t>(*entry.device) : 0,
                entry.resource.text(),
                entry.enforcer,
                codes_of(made)};
  const std::lock_guard lock(mutex_);
  add(key, {at, at, 1, entry.from ? entry.from->text() : ""});
}

Result<void> AccessLog::write_one(Database& database, const Key& key, const Times& times) {
  const auto folded = database.query(
      "UPDATE access_event SET last_at = ?, count = count + ? WHERE id = (SELECT MAX(id) FROM "
      "access_event WHERE person_id = ? AND kind = ? AND device_id = ? AND resource = ? AND "
      "enforcer = ? AND codes = ? AND first_at > ? AND last_at <= ?) RETURNING id",
      {value_of(times.last), times.count, key.person, key.kind, key.device, key.resource,
       key.enforcer, key.codes, value_of(times.first - kFolds), value_of(times.last)});
  if (!folded) return std::unexpected(folded.error());
  if (!folded->empty()) return {};
  return database.execute(
      "INSERT INTO access_event (kind, first_at, last_at, count, person_id, device_id, resource, "
      "enforcer, origin, codes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {key.kind, value_of(times.first), value_of(times.last), times.count, key.person, key.device,
       key.resource, key.enforcer, times.origin, key.codes});
}

Result<void> AccessLog::write(Database& database) {
  Waiting now;
  {
    const std::lock_guard lock(mutex_);
    now.swap(waiting_);
  }
  if (now.empty()) return {};
  auto done = database.write([&]() -> Result<void> {
    for (const auto& [key, times] : now)
      if (auto one = write_one(database, key, times); !one) return one;
    return database.execute(
        "DELETE FROM access_event WHERE id <= (SELECT MAX(id) FROM access_event) - ?", {kMostKept});
  });
  if (done) return done;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, times] : now) add(key, times);
  return done;
}

}  // namespace sekisho
