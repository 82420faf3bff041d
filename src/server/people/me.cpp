// SPDX-License-Identifier: Apache-2.0
// One's own account: name, password, sessions, API tokens.
#include <array>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/oidc_person.h"
#include "server/people/people.h"
#include "server/people/proof.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Outcome me(Call& call) {
  const auto rows = call.db.query(
      "SELECT password IS NOT NULL, totp IS NOT NULL, recovery, lang, COALESCE(oidc, ''), (SELECT "
      "COUNT(*) "
      "FROM passkey WHERE person_id = person.id), (SELECT open_until FROM emergency_seal WHERE id "
      "= "
      "?) FROM person WHERE id = ?",
      {call.who.seal, call.who.person});
  if (!rows) return broken(rows.error());
  const Row& row = rows->front();
  const std::string recovery = row.text(2);
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const Organisation organisation = organisation_of(call.guideline(), *kept);
  json::array roles;
  for (const std::string& role : call.who.roles) roles.emplace_back(role);
  return reply_json(json::object{
      {"id", call.who.person},
      {"name", call.who.name},
      {"email", call.who.email},
      {"roles", std::move(roles)},
      {"lang", row.text(3)},
      {"stage", call.who.token ? "full" : call.who.stage},
      {"csrf", !call.who.session ? json::value(nullptr) : json::value(csrf_token(call.who))},
      {"factors", json::object{{"password", row.integer(0) != 0},
                               {"totp", row.integer(1) != 0},
                               {"oidc", linked_by(call.shop.options.oidc.issuer, row.text(4))},
                               {"passkeys", row.integer(5)},
                               {"recovery_codes", words(recovery).size()}}},
      {"organisation", json::object{{"name", organisation.name}, {"ready", organisation.ready}}},
      {"emergency_until", json_time_or_null(row, 6)},
      {"demo", kept->contains("demo")}});
}

struct Profile {
  std::string name;
  std::string lang;
};

Outcome change_me(Call& call) {
  const auto given = read_body<Profile>(call, [](const Node& node) {
    node.only({"name", "lang"});
    return Profile{read_person_name(node.at("name")), read_lang(node.at("lang"))};
  });
  if (!given) return std::unexpected(given.error());
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto set = call.db.execute("UPDATE person SET name = ?, lang = ? WHERE id = ?",
                                   {given->name, given->lang, call.who.person});
        !set || given->name == call.who.name)
      return set;
    // Under the name that the log knows, so that both stand in it.
    return audit(call, "renamed", call.who.email, {{"from", call.who.name}, {"to", given->name}});
  });
  return written(done, reply_nothing());
}

struct Passwords {
  std::string old_one;
  std::string new_one;
};

std::unexpected<Problem> someone_else_did() {
  return problem(409, "ほかの人が先に変えました。読み直してください。",
                 "someone else changed it first; load it again.");
}

/// Whoever knew the old one is out.
Result<void> end_what_the_old_one_opened(Call& call, const Counts& counts) {
  if (auto forgiven = forgive_guesses(call.db, counts); !forgiven) return forgiven;
  if (auto ended = end_all_of(call.db, call.who.person, call.who.session); !ended) return ended;
  if (auto told = tell_of_change(
          call, call.who.email,
          {"パスワードが変えられました。ほかのサインインと API トークンはすべて終わりました。",
           "The password was changed. Every other sign-in and all API tokens have ended."});
      !told)
    return told;
  return audit(call, "password-changed", call.who.email);
}

Outcome change_password(Call& call) {
  const auto given = read_body<Passwords>(call, [](const Node& node) {
    node.only({"current", "password"});
    return Passwords{read_password(node.at("current")), read_password(node.at("password"))};
  });
  if (!given) return std::unexpected(given.error());
  if (const auto wrong = password_problem(given->new_one, call.who.email, call.who.name))
    return wrong_at("/password", wrong->ja, wrong->en);
  const Counts counts = counts_of_session(call);
  const auto may_guess = take_guess(call.db, counts, call.now);
  if (!may_guess) return broken(may_guess.error());
  if (!*may_guess) return too_many_guesses();
  const auto rows = call.db.query("SELECT password FROM person WHERE id = ?", {call.who.person});
  if (!rows) return broken(rows.error());
  if (rows->front().null(0) || !password_matches(rows->front().text(0), given->old_one))
    return wrong_at("/current", "今のパスワードが違います。", "the current password is wrong.");
  Problem why;
  const std::string hash = hash_password(given->new_one);
  const auto done = call.db.write([&]() -> Result<void> {
    // Hashing took a while: of two changes at once, the one that knew the password of now counts.
    const auto set =
        call.db.query("UPDATE person SET password = ? WHERE id = ? AND password = ? RETURNING id",
                      {hash, call.who.person, rows->front().text(0)});
    if (!set) return std::unexpected(set.error());
    if (set->empty()) return stop(why, someone_else_did().error());
    return end_what_the_old_one_opened(call, counts);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome list_sessions(Call& call) {
  const auto rows = call.db.query(
      "SELECT id, created_at, seen_at, peer, agent FROM session WHERE person_id = ? AND expires_at "
      "> ? AND seen_at > ? ORDER BY id DESC",
      {call.who.person, value_of(call.now), value_of(call.now - kSessionIdle)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"this", row.id<SessionId>(0) == call.who.session},
                                    {"created_at", json_time(row.time(1))},
                                    {"seen_at", json_time(row.time(2))},
                                    {"peer", row.text(3)},
                                    {"agent", row.text(4)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

/// Removes something of one's own by its id.
template <typename Id>
Outcome remove_own(Call& call, const char* sql, std::string_view action) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(sql, {call.id<Id>(0), call.who.person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return audit(call, action, call.who.email);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome end_session(Call& call) {
  return remove_own<SessionId>(
      call, "DELETE FROM session WHERE id = ? AND person_id = ? RETURNING id", "session-ended");
}

/// A session that ended since the request began makes nothing that outlives it.
Result<void> must_be_signed_in(Call& call, Problem& why) {
  const auto there = call.db.query("SELECT 1 FROM session WHERE id = ?", {call.who.session});
  if (!there) return std::unexpected(there.error());
  if (there->empty()) return stop(why, {401, {"サインインしてください。", "sign in first."}, {}});
  return {};
}

struct NewToken {
  std::string name;
  std::string scopes;
  std::int64_t days = 0;
};

Outcome make_token(Call& call) {
  const auto given = read_body<NewToken>(call, [](const Node& node) {
    constexpr std::array<std::string_view, 3> kScopes{"read", "evidence", "manage"};
    node.only({"name", "scopes", "days"});
    NewToken token{read_name(node.at("name")), {}, node.at("days").integer(1, 365)};
    for (const std::string_view scope : kScopes)
      for (const Node& wanted : node.at("scopes").items())
        if (wanted.value().is_string() && wanted.value().get_string() == scope)
          token.scopes += (token.scopes.empty() ? "" : " ") + std::string(scope);
    if (token.scopes.empty())
      node.at("scopes").report("範囲を一つ以上選んでください。", "choose at least one scope.");
    return token;
  });
  if (!given) return std::unexpected(given.error());
  const std::string secret = "sekisho_" + random_token();
  std::int64_t id = 0;
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto still = must_be_signed_in(call, why); !still) return still;
    const auto rows = call.db.query(
        "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at) VALUES (?, ?, "
        "?, ?, ?, ?) RETURNING id",
        {call.who.person, given->name, secret_hash(secret), given->scopes, value_of(call.now),
         value_of(call.now + std::chrono::days(given->days))});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    if (auto told = tell_of_change(call, call.who.email,
                                   {fmt::format("API トークン「{}」が作られました。", given->name),
                                    fmt::format("The API token \"{}\" was made.", given->name)});
        !told)
      return told;
    return audit(call, "token-made", given->name, {{"scopes", given->scopes}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"id", id}, {"token", secret}}, 201));
}

Outcome list_tokens(Call& call) {
  const auto rows = call.db.query(
      "SELECT id, name, scopes, created_at, expires_at, used_at FROM token WHERE person_id = ? AND "
      "expires_at > ? ORDER BY id",
      {call.who.person, value_of(call.now)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"name", row.text(1)},
                                    {"scopes", roles_json(row.text(2))},
                                    {"created_at", json_time(row.time(3))},
                                    {"expires_at", json_time(row.time(4))},
                                    {"used_at", json_time_or_null(row, 5)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome remove_token(Call& call) {
  return remove_own<TokenId>(call, "DELETE FROM token WHERE id = ? AND person_id = ? RETURNING id",
                             "token-removed");
}

}  // namespace

void add_me(Handlers& handlers) {
  handlers.insert({{"getMe", me},
                   {"changeMe", change_me},
                   {"changePassword", change_password},
                   {"listSessions", list_sessions},
                   {"endSession", end_session},
                   {"makeToken", make_token},
                   {"listTokens", list_tokens},
                   {"removeToken", remove_token}});
}

}  // namespace sekisho
