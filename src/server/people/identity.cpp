// SPDX-License-Identifier: Apache-2.0
#include "server/people/identity.h"

#include <fmt/format.h>

#include "server/http/secrets.h"
#include "server/people/guess.h"
#include "server/people/sign_in_history.h"

namespace sekisho {
namespace {

void set_words(std::set<std::string, std::less<>>& into, const std::string& text) {
  for (const std::string_view word : words(text)) into.emplace(word);
}

void set_person(Identity& who, const Row& row, std::size_t at) {
  who.person = row.id<PersonId>(at);
  who.name = row.text(at + 1);
  who.email = row.text(at + 2);
  set_words(who.roles, row.text(at + 3));
  who.lang = row.text(at + 4) == "en" ? Lang::en : Lang::ja;
}

/// What a request shows to be known by.
struct Shown {
  std::string_view secret;
  bool token = false;
};

Shown shown_in(const ServerOptions& options, const HttpRequest& request) {
  // RFC 9110, 11.1: in either case.
  constexpr std::string_view kBearer = "bearer ";
  if (const std::string_view header = request.header("authorization");
      lower(header.substr(0, kBearer.size())) == kBearer)
    return {trim(header.substr(kBearer.size())), true};
  return {request.cookie(session_cookie_name(options)), false};
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
  who.token = row.id<TokenId>(0);
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
      "SELECT s.id, s.stage, s.seen_at, s.proved_at, s.seal_id, p.id, p.name, p.email, p.roles, "
      "p.lang FROM session s JOIN person p ON p.id = s.person_id WHERE s.secret = ? AND "
      "s.expires_at > ? AND "
      "s.expires_at <= ? AND s.seen_at > ? AND p.state = 'active'",
      {secret_hash(secret), value_of(now), latest_end(now, kSessionLasts),
       value_of(now - kSessionIdle)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return who;
  const Row& row = rows->front();
  who.session = row.id<SessionId>(0);
  who.stage = row.text(1);
  who.secret = secret;
  if (!row.null(4)) who.seal = row.id<SealId>(4);
  // The code can't be shown once more, and is why somebody is in.
  who.proved_at = who.seal ? now : row.time(3);
  set_person(who, row, 5);
  // Written down once a minute: reading a page is not worth a write each time.
  if (now - row.time(2) > std::chrono::minutes(1)) {
    const auto noted =
        db.execute("UPDATE session SET seen_at = ? WHERE id = ?", {value_of(now), who.session});
    if (!noted) return std::unexpected(noted.error());
  }
  return who;
}

/// The old session ends with each step: its secret was known before the step was taken. One that
/// ended since the request began takes no step.
Result<void> end_this_session(Call& call, Problem& why) {
  if (!call.who.session) return {};
  const auto gone =
      call.db.query("DELETE FROM session WHERE id = ? RETURNING id", {call.who.session});
  if (!gone) return std::unexpected(gone.error());
  if (gone->empty()) return stop(why, {401, {"サインインしてください。", "sign in first."}, {}});
  return {};
}

}  // namespace

std::string session_cookie_name(const ServerOptions& options) {
  return options.browser_has_tls() ? "__Host-sekisho" : "sekisho";
}

std::string make_cookie(const ServerOptions& options, const std::string& name,
                        const std::string& value, std::optional<std::chrono::seconds> lasts) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", name, value,
                     lasts ? fmt::format("; Max-Age={}", lasts->count()) : "",
                     options.browser_has_tls() ? "; Secure" : "");
}

std::string end_cookie(const ServerOptions& options) {
  return make_cookie(options, session_cookie_name(options), "", std::chrono::seconds(0));
}

Result<Identity> identify(Database& db, const ServerOptions& options, const HttpRequest& request,
                          Time now) {
  const Shown shown = shown_in(options, request);
  if (shown.secret.empty() && !shown.token) return Identity{};
  return shown.token ? by_token(db, shown.secret, now) : by_session(db, shown.secret, now);
}

std::string hash_of_shown(const ServerOptions& options, const HttpRequest& request) {
  const Shown shown = shown_in(options, request);
  return shown.secret.empty() ? std::string() : secret_hash(shown.secret);
}

std::string owner_of(PersonId person) { return fmt::format("person {}", person); }

Result<std::vector<HttpIntroduction>> signed_in(Database& db, Time now) {
  constexpr std::int64_t kMost = 8000;  // fewer than are remembered
  std::vector<HttpIntroduction> all;
  const auto take = [&](const Row& row) {
    all.push_back({row.text(0), owner_of(row.id<PersonId>(1))});
    return true;
  };
  if (auto read = db.each(
          "SELECT secret, person_id FROM (SELECT s.secret, s.person_id, s.seen_at AS at FROM "
          "session s JOIN person p ON p.id = s.person_id WHERE s.stage = 'full' AND s.expires_at > "
          "? AND s.expires_at <= ? AND s.seen_at > ? AND p.state = 'active' UNION ALL SELECT "
          "t.secret, t.person_id, COALESCE(t.used_at, t.created_at) AS at FROM token t JOIN person "
          "p ON p.id = t.person_id WHERE t.expires_at > ? AND p.state = 'active' ORDER BY 3 DESC "
          "LIMIT ?) AS everybody ORDER BY at",
          {value_of(now), latest_end(now, kSessionLasts), value_of(now - kSessionIdle),
           value_of(now), kMost},
          take);
      !read)
    return std::unexpected(read.error());
  return all;
}

Result<std::string> open_session(Call& call, PersonId person, std::string_view stage, Problem& why,
                                 SecondFactor shown, SealShown sealed) {
  const std::string secret = random_token();
  const auto at = [&](SecondFactor factor) {
    return shown == factor ? value_of(call.now) : Value(std::int64_t{0});
  };
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto ended = end_this_session(call, why); !ended) return ended;
    for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
             {"DELETE FROM session WHERE expires_at < ?", {value_of(call.now)}},
             {"INSERT INTO session (person_id, secret, stage, created_at, seen_at, expires_at, "
              "proved_at, code_at, passkey_at, peer, agent, seal_id) VALUES (?, ?, ?, ?, ?, ?, ?, "
              "?, ?, ?, ?, ?)",
              {person, secret_hash(secret), std::string(stage), value_of(call.now),
               value_of(call.now), value_of(std::min(call.now + kSessionLasts, sealed.until)),
               value_of(call.now), at(SecondFactor::code), at(SecondFactor::passkey),
               call.request.peer, printable(call.request.header("user-agent"), 200),
               sealed.seal ? Value(sealed.seal) : Value(std::monostate())}},
             {"UPDATE person SET seen_at = ? WHERE id = ?", {value_of(call.now), person}}}) {
      if (auto ran = call.db.execute(sql, values); !ran) return ran;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (stage == "full") call.let_in = {secret_hash(secret), owner_of(person)};
  return make_cookie(call.shop.options, session_cookie_name(call.shop.options), secret);
}

std::expected<std::vector<std::string>, Problem> enter(
    Call& call, const Entrance& entrance, const std::function<Result<void>(Problem&)>& also) {
  const PersonId person = entrance.person;
  std::vector<std::string> cookies;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto row =
        call.db.query("SELECT name, email FROM person WHERE id = ? AND state = 'active'", {person});
    if (!row) return std::unexpected(row.error());
    if (row->empty())
      return stop(why, {401, {"このアカウントは使えません。", "this account is not in use."}, {}});
    if (auto still = also(why); !still) return still;
    auto opened = open_session(call, person, entrance.stage, why, entrance.shown, entrance.sealed);
    if (!opened) return std::unexpected(opened.error());
    if (entrance.stage == "full") {
      call.who.person = person;
      call.who.name = row->front().text(0);
      call.who.email = row->front().text(1);
      // Whoever holds a code for emergencies isn't known here from then on.
      if (!entrance.sealed.seal) {
        const auto known = know_browser(call, person);
        if (!known) return std::unexpected(known.error());
        if (*known) cookies.push_back(**known);
      }
      boost::json::object detail = entrance.detail;
      detail["from"] = call.request.peer;
      if (!entrance.how.empty()) detail["how"] = entrance.how;
      if (auto noted = audit(call, entrance.action, call.who.email, std::move(detail)); !noted)
        return noted;
      const std::string_view factor = entrance.shown == SecondFactor::passkey ? "passkey"
                                      : entrance.shown == SecondFactor::code  ? "code"
                                                                              : entrance.factor;
      // Whoever adds a second one was in already.
      if (entrance.action == "sign-in" || entrance.shown != SecondFactor::none)
        if (auto kept = note_sign_in(call.db, person, note_of(call, "signed_in", factor)); !kept)
          return kept;
    }
    cookies.push_back(std::move(*opened));
    return {};
  });
  if (!why.text.empty()) return std::unexpected(why);
  if (!done) return broken(done.error());
  return cookies;
}

Reply stage_reply(std::string_view stage, std::vector<std::string> cookies) {
  Reply reply = reply_json(boost::json::object{{"stage", stage}});
  for (std::string& cookie : cookies) reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
}

Result<void> note_factor(Database& db, SessionId session, SecondFactor factor, Time now) {
  switch (factor) {
    case SecondFactor::none: return {};
    case SecondFactor::code:
      return db.execute("UPDATE session SET code_at = ? WHERE id = ?", {value_of(now), session});
    case SecondFactor::passkey:
      return db.execute("UPDATE session SET passkey_at = ? WHERE id = ?", {value_of(now), session});
  }
  return {};
}

Result<void> end_sessions_of(Database& db, PersonId person, SessionId but_session) {
  return db.execute("DELETE FROM session WHERE person_id = ? AND id <> ?", {person, but_session});
}

Result<void> end_keys_of(Database& db, PersonId person) {
  return db.execute("UPDATE person SET keys_ended = keys_ended + 1 WHERE id = ?", {person});
}

Result<void> end_all_of(Database& db, PersonId person, SessionId but_session) {
  if (auto ended = end_sessions_of(db, person, but_session); !ended) return ended;
  for (const char* sql :
       {"DELETE FROM token WHERE person_id = ?", "DELETE FROM browser WHERE person_id = ?",
        "DELETE FROM access_confirmation WHERE person_id = ?"})
    if (auto ended = db.execute(sql, {person}); !ended) return ended;
  // Where they came in by a device's key (SSH) no session here says that it is over.
  return but_session ? Result<void>() : end_keys_of(db, person);
}

std::string csrf_token(const Identity& who) { return keyed_hash(who.secret, "csrf"); }

}  // namespace sekisho
