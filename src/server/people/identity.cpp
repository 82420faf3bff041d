#include "server/people/identity.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/http/secrets.h"

namespace sekisho {
namespace {

void set_words(std::set<std::string, std::less<>>& into, const std::string& text) {
  for (const std::string_view word : words(text)) into.emplace(word);
}

void set_person(Identity& who, const Row& row, std::size_t at) {
  who.person = row.integer(at);
  who.name = row.text(at + 1);
  who.email = row.text(at + 2);
  set_words(who.roles, row.text(at + 3));
  who.lang = row.text(at + 4) == "en" ? Lang::en : Lang::ja;
}

Result<Identity> by_token(Database& db, std::string_view secret, Time now) {
  Identity who;
  const auto rows = db.query(
      "SELECT t.id, t.scopes, t.used_at, p.id, p.name, p.email, p.roles, p.lang FROM token t JOIN "
      "person p ON p.id = t.person_id WHERE t.secret = ? AND t.expires_at > ? AND p.state = "
      "'active'",
      {secret_hash(secret), value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return who;
  const Row& row = rows->front();
  who.token = row.integer(0);
  set_words(who.scopes, row.text(1));
  set_person(who, row, 3);
  if (now - row.time(2) > std::chrono::minutes(10)) {
    const auto noted =
        db.execute("UPDATE token SET used_at = ? WHERE id = ?", {value_of(now), who.token});
    if (!noted) return std::unexpected(noted.error());
  }
  return who;
}

Result<Identity> by_session(Database& db, std::string_view secret, Time now) {
  Identity who;
  const auto rows = db.query(
      "SELECT s.id, s.stage, s.seen_at, p.id, p.name, p.email, p.roles, p.lang FROM session s JOIN "
      "person p ON p.id = s.person_id WHERE s.secret = ? AND s.expires_at > ? AND s.seen_at > ? "
      "AND p.state = 'active'",
      {secret_hash(secret), value_of(now), value_of(now - kSessionIdle)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return who;
  const Row& row = rows->front();
  who.session = row.integer(0);
  who.stage = row.text(1);
  who.secret = secret;
  set_person(who, row, 3);
  // Written down once a minute: reading a page is not worth a write each time.
  if (now - row.time(2) > std::chrono::minutes(1)) {
    const auto noted =
        db.execute("UPDATE session SET seen_at = ? WHERE id = ?", {value_of(now), who.session});
    if (!noted) return std::unexpected(noted.error());
  }
  return who;
}

}  // namespace

std::string session_cookie_name(const ServerOptions& options) {
  return options.browser_has_tls() ? "__Host-sekisho" : "sekisho";
}

Result<Identity> identify(Database& db, const ServerOptions& options, const HttpRequest& request,
                          Time now) {
  constexpr std::string_view kBearer = "Bearer ";
  if (const std::string_view header = request.header("authorization"); header.starts_with(kBearer))
    return by_token(db, trim(header.substr(kBearer.size())), now);
  const std::string_view cookie = request.cookie(session_cookie_name(options));
  if (cookie.empty()) return Identity{};
  return by_session(db, cookie, now);
}

Result<std::string> open_session(Call& call, std::int64_t person, std::string_view stage) {
  const std::string secret = random_token();
  const auto done = call.db.write([&]() -> Result<void> {
    // The old session ends with each step: its secret was known before the step was taken.
    for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
             {"DELETE FROM session WHERE id = ? OR expires_at < ?",
              {call.who.session, value_of(call.now)}},
             {"INSERT INTO session (person_id, secret, stage, created_at, seen_at, expires_at, "
              "peer, "
              "agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
              {person, secret_hash(secret), std::string(stage), value_of(call.now),
               value_of(call.now), value_of(call.now + kSessionLasts), call.request.peer,
               printable(call.request.header("user-agent"), 200)}},
             {"UPDATE person SET seen_at = ? WHERE id = ?", {value_of(call.now), person}}}) {
      if (auto ran = call.db.execute(sql, values); !ran) return ran;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}",
                     session_cookie_name(call.shop.options), secret,
                     call.shop.options.browser_has_tls() ? "; Secure" : "");
}

std::string end_cookie(const ServerOptions& options) {
  return fmt::format("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}",
                     session_cookie_name(options), options.browser_has_tls() ? "; Secure" : "");
}

std::string csrf_token(const Identity& who) { return keyed_hash(who.secret, "csrf"); }

Result<bool> guess_locked(Database& db, const std::string& name, Time now) {
  const auto rows =
      db.query("SELECT 1 FROM guess WHERE name = ? AND locked_until > ?", {name, value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  return !rows->empty();
}

Result<void> guess_failed(Database& db, const std::string& name, Time now, std::int64_t free) {
  return db.write([&]() -> Result<void> {
    const auto rows = db.query("SELECT failures, last_at FROM guess WHERE name = ?", {name});
    if (!rows) return std::unexpected(rows.error());
    std::int64_t failures = 1;
    if (!rows->empty() && now - rows->front().time(1) < std::chrono::hours(24))
      failures += rows->front().integer(0);
    const std::int64_t seconds =
        failures <= free
            ? 0
            : std::min<std::int64_t>(3600, 30LL << std::min<std::int64_t>(failures - free - 1, 10));
    const auto done = db.query(
        "INSERT INTO guess (name, failures, last_at, locked_until) VALUES (?, ?, ?, ?) ON CONFLICT "
        "(name) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, "
        "locked_until = excluded.locked_until",
        {name, failures, value_of(now), value_of(now + std::chrono::seconds(seconds))});
    if (!done) return std::unexpected(done.error());
    return db.execute("DELETE FROM guess WHERE last_at < ?",
                      {value_of(now - std::chrono::hours(48))});
  });
}

Result<void> guess_right(Database& db, const std::string& name) {
  return db.execute("DELETE FROM guess WHERE name = ?", {name});
}

Result<void> keep_pending(Database& db, const std::string& name, const std::string& value,
                          Time until) {
  return db.execute(
      "INSERT INTO pending (name, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
      "SET value = excluded.value, expires_at = excluded.expires_at",
      {secret_hash(name), value, value_of(until)});
}

Result<std::optional<std::string>> take_pending(Database& db, const std::string& name, Time now) {
  std::optional<std::string> value;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query("DELETE FROM pending WHERE name = ? RETURNING value, expires_at",
                               {secret_hash(name)});
    if (!rows) return std::unexpected(rows.error());
    if (!rows->empty() && rows->front().time(1) > now) value = rows->front().text(0);
    return db.execute("DELETE FROM pending WHERE expires_at < ?", {value_of(now)});
  });
  if (!done) return std::unexpected(done.error());
  return value;
}

}  // namespace sekisho
