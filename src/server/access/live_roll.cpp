// SPDX-License-Identifier: Apache-2.0
#include "server/access/live_roll.h"

#include <algorithm>

#include "base/crypto.h"

namespace sekisho {
namespace {

std::int64_t number_of(const LiveSession& session) {
  return static_cast<std::int64_t>(session.number);
}

Values row_of(const std::string& server, const LiveSession& session) {
  const LiveEntry& entry = session.entry;
  return {server,
          number_of(session),
          static_cast<std::int64_t>(entry.person),
          entry.device ? Value(static_cast<std::int64_t>(*entry.device)) : Value(std::monostate()),
          entry.resource.text(),
          entry.enforcer,
          entry.from ? entry.from->text() : "",
          value_of(session.since),
          entry.until == Time::max() ? Value(std::monostate()) : value_of(entry.until),
          std::int64_t{entry.unsealed ? 1 : 0}};
}

/// Nothing where another version wrote what can't be read here.
std::optional<WhoIsIn> who_is_in(const Row& row) {
  const auto resource = ResourceId::parse(row.text(2));
  if (!resource) return std::nullopt;
  WhoIsIn one{{row.text(3), *resource, LivePerson(row.integer(0))}, row.time(5)};
  if (!row.null(1)) one.entry.device = LiveDevice(row.integer(1));
  one.entry.from = ClientAddress::parse(row.text(4));
  one.entry.until = row.null(6) ? Time::max() : row.time(6);
  one.entry.unsealed = row.integer(7) != 0;
  return one;
}

}  // namespace

LiveRoll::LiveRoll() : server_(hex(random_bytes(16))) {}

Result<void> LiveRoll::write(Database& database, const LiveSessions& sessions, Time now) {
  // Read before what is live: what comes in between is written the next time again.
  const std::uint64_t changes = sessions.changes();
  const bool news = changes_ != changes;
  const bool says = !written_.empty() && (now >= said_ + kSays || now < said_);
  if (!news && !says) return {};
  std::vector<LiveSession> live = news ? sessions.live() : std::vector<LiveSession>();
  std::ranges::sort(live, {}, &LiveSession::number);
  auto done = database.write([&]() -> Result<void> {
    if (auto said = database.execute("INSERT INTO live_server (name, seen_at) VALUES (?, ?) ON "
                                     "CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
                                     {server_, value_of(now)});
        !said)
      return said;
    if (auto gone = database.execute("DELETE FROM live_server WHERE seen_at < ? AND name <> ?",
                                     {value_of(now - kGone), server_});
        !gone)
      return gone;
    return news ? write_news(database, live) : Result<void>();
  });
  if (!done) {
    changes_.reset();
    return done;
  }
  said_ = now;
  if (!news) return done;
  changes_ = changes;
  written_.clear();
  for (const LiveSession& one : live) written_.push_back(number_of(one));
  return done;
}

Result<void> LiveRoll::write_news(Database& database, const std::vector<LiveSession>& live) const {
  if (!changes_) {
    const auto gone = database.execute("DELETE FROM live_access WHERE server = ?", {server_});
    if (!gone) return gone;
  }
  const std::vector<std::int64_t> before = changes_ ? written_ : std::vector<std::int64_t>();
  for (const std::int64_t number : before) {
    if (std::ranges::binary_search(live, number, {}, number_of)) continue;
    const auto gone = database.execute("DELETE FROM live_access WHERE server = ? AND number = ?",
                                       {server_, number});
    if (!gone) return gone;
  }
  auto loader =
      database.load("live_access", {"server", "number", "person_id", "device_id", "resource",
                                    "enforcer", "origin", "since", "until", "unsealed"});
  if (!loader) return std::unexpected(loader.error());
  for (const LiveSession& one : live) {
    if (std::ranges::binary_search(before, number_of(one))) continue;
    if (auto put = (*loader)->put(row_of(server_, one)); !put) return put;
  }
  return (*loader)->finish();
}

Result<void> LiveRoll::leave(Database& database) {
  auto done = database.execute("DELETE FROM live_server WHERE name = ?", {server_});
  changes_.reset();
  written_.clear();
  return done;
}

Result<std::vector<WhoIsIn>> LiveRoll::others(Database& database, Time now) const {
  const auto rows = database.query(
      "SELECT a.person_id, a.device_id, a.resource, a.enforcer, a.origin, a.since, a.until, "
      "a.unsealed FROM "
      "live_server s JOIN live_access a ON a.server = s.name WHERE s.name <> ? AND s.seen_at >= ? "
      "ORDER BY a.server, a.number",
      {server_, value_of(now - kGone)});
  if (!rows) return std::unexpected(rows.error());
  std::vector<WhoIsIn> list;
  for (const Row& row : *rows)
    if (auto one = who_is_in(row)) list.push_back(std::move(*one));
  return list;
}

}  // namespace sekisho
