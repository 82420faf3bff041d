// SPDX-License-Identifier: Apache-2.0
// What a later request brings back: kept in the database for people who are known, carried about by
// themselves for strangers.
#include <array>

#include "server/http/secrets.h"
#include "server/people/identity.h"

namespace sekisho {
namespace {

constexpr std::size_t kRandom = 16;
constexpr std::size_t kMoment = 8;

std::string challenge_mark(const std::string& key, std::string_view body) {
  return keyed_hash(key, "challenge|" + std::string(body));
}

Result<void> sweep_pending(Database& db, Time now) {
  // What lies far ahead stays, though it isn't good: a mark that something was used must not go
  // before that has run out.
  return db.execute("DELETE FROM pending WHERE expires_at < ?", {value_of(now)});
}

}  // namespace

Result<void> keep_pending(Database& db, const std::string& name, const std::string& value, Time now,
                          Time until) {
  return db.write([&]() -> Result<void> {
    if (auto swept = sweep_pending(db, now); !swept) return swept;
    return db.execute(
        "INSERT INTO pending (name, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (name) DO "
        "UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        {secret_hash(name), value, value_of(until)});
  });
}

Result<std::optional<std::string>> take_pending(Database& db, const std::string& name, Time now) {
  std::optional<std::string> value;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "DELETE FROM pending WHERE name = ? AND expires_at > ? AND expires_at <= ? RETURNING value",
        {secret_hash(name), value_of(now), latest_end(now, kPendingLasts)});
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty()) value = rows->front().text(0);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return value;
}

Result<bool> is_pending(Database& db, const std::string& name, Time now) {
  const auto rows =
      db.query("SELECT 1 FROM pending WHERE name = ? AND expires_at > ? AND expires_at <= ?",
               {secret_hash(name), value_of(now), latest_end(now, kPendingLasts)});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

Result<std::string> stranger_key(Database& db) {
  constexpr const char* kName = "strangers.key";
  const auto kept = settings(db);
  if (!kept) return std::unexpected(kept.error());
  if (const auto found = kept->find(kName); found != kept->end()) return found->second;
  std::string key;
  const auto done = db.write([&]() -> Result<void> {
    // Read again inside the write: another request may have been first.
    const auto now_kept = settings(db);
    if (!now_kept) return std::unexpected(now_kept.error());
    if (const auto found = now_kept->find(kName); found != now_kept->end()) {
      key = found->second;
      return {};
    }
    key = random_token();
    return set_setting(db, kName, key);
  });
  if (!done) return std::unexpected(done.error());
  return key;
}

std::string make_challenge(const std::string& key, Time until) {
  std::string body;
  const auto seconds = static_cast<std::uint64_t>(until.time_since_epoch().count());
  for (unsigned i = 0; i < kMoment; ++i)
    body += static_cast<char>(seconds >> (8 * (kMoment - 1 - i)) & 0xFFU);
  body += random_bytes(kRandom);
  return base64url(body + from_base64url(challenge_mark(key, body)).value_or(""));
}

bool challenge_holds(const std::string& key, const std::string& challenge, Time now) {
  const auto bytes = from_base64url(challenge);
  if (!bytes || bytes->size() <= kMoment + kRandom || base64url(*bytes) != challenge) return false;
  const std::string_view body = std::string_view(*bytes).substr(0, kMoment + kRandom);
  if (!equal_in_constant_time(base64url(bytes->substr(body.size())), challenge_mark(key, body)))
    return false;
  std::uint64_t seconds = 0;
  for (const char c : body.substr(0, kMoment))
    seconds = seconds << 8U | static_cast<unsigned char>(c);
  return Time(std::chrono::seconds(static_cast<std::int64_t>(seconds))) > now;
}

Result<bool> use_once(Database& db, const std::string& name, Time now, Time until) {
  bool first = false;
  const auto done = db.write([&]() -> Result<void> {
    if (auto swept = sweep_pending(db, now); !swept) return swept;
    const auto rows = db.query(
        "INSERT INTO pending (name, value, expires_at) VALUES (?, '', ?) ON CONFLICT (name) DO "
        "NOTHING RETURNING name",
        {secret_hash(name), value_of(until)});
    if (!rows) return std::unexpected(rows.error());
    first = !rows->empty();
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return first;
}

}  // namespace sekisho
