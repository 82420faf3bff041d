// One's own account: password, second factors, sessions, API tokens.
#include <array>

#include <fmt/format.h>

#include "server/http/secrets.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/webauthn.h"

namespace sekisho {
namespace {

namespace json = boost::json;

Outcome me(Call& call) {
  const auto rows = call.db.query(
      "SELECT password IS NOT NULL, totp IS NOT NULL, recovery, lang, oidc IS NOT NULL, (SELECT "
      "COUNT(*) "
      "FROM passkey WHERE person_id = person.id) FROM person WHERE id = ?",
      {call.who.person});
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
      {"stage", call.who.token != 0 ? "full" : call.who.stage},
      {"csrf", call.who.session == 0 ? json::value(nullptr) : json::value(csrf_token(call.who))},
      {"factors", json::object{{"password", row.integer(0) != 0},
                               {"totp", row.integer(1) != 0},
                               {"oidc", row.integer(4) != 0},
                               {"passkeys", row.integer(5)},
                               {"recovery_codes", words(recovery).size()}}},
      {"organisation", json::object{{"name", organisation.name}, {"ready", organisation.ready}}},
      {"demo", kept->contains("demo")}});
}

struct Profile {
  std::string name;
  std::string lang;
};

Outcome change_me(Call& call) {
  const auto given = read_body<Profile>(call, [](const Node& node) {
    node.only({"name", "lang"});
    return Profile{clean_text(node.at("name"), kLongestName), read_lang(node.at("lang"))};
  });
  if (!given) return std::unexpected(given.error());
  return written(call.db.execute("UPDATE person SET name = ?, lang = ? WHERE id = ?",
                                 {given->name, given->lang, call.who.person}),
                 reply_nothing());
}

struct Passwords {
  std::string old_one;
  std::string new_one;
};

Outcome change_password(Call& call) {
  const auto given = read_body<Passwords>(call, [](const Node& node) {
    node.only({"current", "password"});
    return Passwords{read_password(node.at("current")), read_password(node.at("password"))};
  });
  if (!given) return std::unexpected(given.error());
  const std::string name = fmt::format("password|{}", call.who.person);
  const auto is_locked = guess_locked(call.db, name, call.now);
  if (!is_locked) return broken(is_locked.error());
  if (*is_locked)
    return problem(429, "時間をおいて試してください。", "wait a while and try again.");
  const auto rows = call.db.query("SELECT password FROM person WHERE id = ?", {call.who.person});
  if (!rows) return broken(rows.error());
  if (rows->front().null(0) || !password_matches(rows->front().text(0), given->old_one)) {
    if (const auto counted = guess_failed(call.db, name, call.now); !counted)
      return broken(counted.error());
    return problem(422, "今のパスワードが違います。", "the current password is wrong.");
  }
  if (const auto wrong = password_problem(given->new_one, call.who.email, call.who.name))
    return std::unexpected(Problem{422, *wrong, {}});
  const std::string hash = hash_password(given->new_one);
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto set =
            call.db.execute("UPDATE person SET password = ? WHERE id = ?", {hash, call.who.person});
        !set)
      return set;
    // Whoever knew the old one is out.
    if (auto ended = call.db.execute("DELETE FROM session WHERE person_id = ? AND id <> ?",
                                     {call.who.person, call.who.session});
        !ended)
      return ended;
    return audit(call, "password-changed", call.who.email);
  });
  return written(done, reply_nothing());
}

/// A second factor may be added while signing up, or by someone wholly signed in.
bool may_enrol(const Call& call) { return call.who.stage == "enrol" || call.who.stage == "full"; }

std::string totp_pending(const Call& call) { return fmt::format("totp|{}", call.who.session); }

Outcome start_totp(Call& call) {
  if (!may_enrol(call)) return forbidden();
  const std::string secret = new_totp_secret();
  const auto kept =
      keep_pending(call.db, totp_pending(call), secret, call.now + std::chrono::minutes(30));
  return written(kept, reply_json(json::object{{"secret", secret},
                                               {"uri", totp_uri(secret, call.who.email)}}));
}

/// Ten characters of 5 bits each, written in two groups.
std::string new_recovery_code() {
  constexpr std::string_view kClear =
      "abcdefghjkmnpqrstuvwxyz23456789a";  // nothing that looks alike
  const std::string random = from_base64url(random_token(10)).value_or(std::string(10, 'a'));
  std::string code;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i == 5) code += '-';
    code += kClear[static_cast<unsigned char>(random[i]) & 31U];
  }
  return code;
}

/// Writes down new recovery codes and gives them, to be shown once.
Result<json::array> renew_recovery(Call& call) {
  constexpr int kCodes = 8;
  json::array shown;
  std::string hashes;
  for (int i = 0; i < kCodes; ++i) {
    const std::string code = new_recovery_code();
    shown.emplace_back(code);
    hashes += (hashes.empty() ? "" : " ") + recovery_hash(code);
  }
  const auto done =
      call.db.execute("UPDATE person SET recovery = ? WHERE id = ?", {hashes, call.who.person});
  if (!done) return std::unexpected(done.error());
  return shown;
}

/// Ends what a new factor ends: the half session becomes a whole one.
Outcome enrolled(Call& call, const std::function<Result<void>()>& store, std::string_view action) {
  json::array codes;
  std::string cookie;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto stored = store(); !stored) return stored;
    auto renewed = renew_recovery(call);
    if (!renewed) return std::unexpected(renewed.error());
    codes = std::move(*renewed);
    auto opened = open_session(call, call.who.person, "full");
    if (!opened) return std::unexpected(opened.error());
    cookie = std::move(*opened);
    return audit(call, action, call.who.email);
  });
  Reply reply = reply_json(json::object{{"stage", "full"}, {"recovery_codes", std::move(codes)}});
  reply.headers.emplace_back("set-cookie", std::move(cookie));
  return written(done, std::move(reply));
}

Outcome confirm_totp(Call& call) {
  const auto code = read_body<std::string>(call, [](const Node& node) {
    node.only({"code"});
    return clean_text(node.at("code"), 10);
  });
  if (!code) return std::unexpected(code.error());
  if (!may_enrol(call)) return forbidden();
  const auto secret = take_pending(call.db, totp_pending(call), call.now);
  if (!secret) return broken(secret.error());
  if (!*secret)
    return problem(409, "最初からやり直してください。", "start again from the beginning.");
  const auto step = totp_step(**secret, *code, call.now, 0);
  if (!step) {
    // The same picture may be tried again.
    if (const auto kept = keep_pending(call.db, totp_pending(call), **secret,
                                       call.now + std::chrono::minutes(30));
        !kept)
      return broken(kept.error());
    return problem(
        422,
        "コードが違います。スマートフォンの時計が合っているか確かめ、次のコードで試してください。",
        "the code is wrong; check the phone's clock and try the next code.");
  }
  return enrolled(
      call,
      [&] {
        return call.db.execute("UPDATE person SET totp = ?, totp_step = ? WHERE id = ?",
                               {**secret, *step, call.who.person});
      },
      "totp-added");
}

Outcome passkey_options(Call& call) {
  if (!may_enrol(call)) return forbidden();
  const std::string challenge = random_token();
  const auto rows =
      call.db.query("SELECT credential FROM passkey WHERE person_id = ?", {call.who.person});
  if (!rows) return broken(rows.error());
  json::array there;
  for (const Row& row : *rows) there.emplace_back(row.text(0));
  const auto kept = keep_pending(call.db, fmt::format("passkey|{}", call.who.session), challenge,
                                 call.now + std::chrono::minutes(10));
  return written(kept, reply_json(json::object{
                           {"challenge", challenge},
                           {"rp_id", relying_party(call)},
                           {"user_id", base64url(fmt::format("person-{}", call.who.person))},
                           {"user_name", call.who.email},
                           {"display_name", call.who.name},
                           {"exclude", std::move(there)}}));
}

struct NewPasskey {
  std::string name;
  std::string client_data;
  std::string attestation;
};

Outcome add_passkey(Call& call) {
  const auto given = read_body<NewPasskey>(call, [](const Node& node) {
    node.only({"name", "client_data", "attestation_object"});
    return NewPasskey{clean_text(node.at("name"), kLongestName), read_bytes(node.at("client_data")),
                      read_bytes(node.at("attestation_object"))};
  });
  if (!given) return std::unexpected(given.error());
  if (!may_enrol(call)) return forbidden();
  const auto challenge =
      take_pending(call.db, fmt::format("passkey|{}", call.who.session), call.now);
  if (!challenge) return broken(challenge.error());
  if (!*challenge)
    return problem(409, "最初からやり直してください。", "start again from the beginning.");
  const auto passkey = register_passkey({**challenge, call.origin(), relying_party(call)},
                                        given->client_data, given->attestation);
  if (!passkey) return invalid(passkey.error());
  return enrolled(
      call,
      [&] {
        return call.db.execute(
            "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
            "created_at) VALUES "
            "(?, ?, ?, ?, ?, ?, ?)",
            {call.who.person, given->name, passkey->credential, std::int64_t{passkey->algorithm},
             Bytes{passkey->public_key}, std::int64_t{passkey->counter}, value_of(call.now)});
      },
      "passkey-added");
}

Outcome list_passkeys(Call& call) {
  const auto rows = call.db.query(
      "SELECT id, name, created_at, used_at FROM passkey WHERE person_id = ? ORDER BY id",
      {call.who.person});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"name", row.text(1)},
                                    {"created_at", json_time(row.time(2))},
                                    {"used_at", json_time_or_null(row, 3)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

/// Removes something of one's own by its id.
Outcome remove_own(Call& call, const char* sql, std::string_view action) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(sql, {call.id(0), call.who.person});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    return audit(call, action, call.who.email);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome remove_passkey(Call& call) {
  const auto rows = call.db.query(
      "SELECT (SELECT COUNT(*) FROM passkey WHERE person_id = person.id), totp IS NOT NULL FROM "
      "person WHERE id = ?",
      {call.who.person});
  if (!rows) return broken(rows.error());
  if (rows->front().integer(0) <= 1 && rows->front().integer(1) == 0)
    return problem(409, "最後の二つ目の認証は消せません。先に別のものを加えてください。",
                   "the last second factor can't be removed; add another first.");
  return remove_own(call, "DELETE FROM passkey WHERE id = ? AND person_id = ? RETURNING id",
                    "passkey-removed");
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
                                    {"this", row.integer(0) == call.who.session},
                                    {"created_at", json_time(row.time(1))},
                                    {"seen_at", json_time(row.time(2))},
                                    {"peer", row.text(3)},
                                    {"agent", row.text(4)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

Outcome end_session(Call& call) {
  return remove_own(call, "DELETE FROM session WHERE id = ? AND person_id = ? RETURNING id",
                    "session-ended");
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
    NewToken token{clean_text(node.at("name"), kLongestName), {}, node.at("days").integer(1, 365)};
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
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "INSERT INTO token (person_id, name, secret, scopes, created_at, expires_at) VALUES (?, ?, "
        "?, ?, ?, ?) RETURNING id",
        {call.who.person, given->name, secret_hash(secret), given->scopes, value_of(call.now),
         value_of(call.now + std::chrono::days(given->days))});
    if (!rows) return std::unexpected(rows.error());
    id = rows->front().integer(0);
    return audit(call, "token-made", given->name, {{"scopes", given->scopes}});
  });
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
  return remove_own(call, "DELETE FROM token WHERE id = ? AND person_id = ? RETURNING id",
                    "token-removed");
}

}  // namespace

void add_me(Handlers& handlers) {
  handlers.insert({{"getMe", me},
                   {"changeMe", change_me},
                   {"changePassword", change_password},
                   {"startTotp", start_totp},
                   {"confirmTotp", confirm_totp},
                   {"passkeyOptions", passkey_options},
                   {"addPasskey", add_passkey},
                   {"listPasskeys", list_passkeys},
                   {"removePasskey", remove_passkey},
                   {"listSessions", list_sessions},
                   {"endSession", end_session},
                   {"makeToken", make_token},
                   {"listTokens", list_tokens},
                   {"removeToken", remove_token}});
}

}  // namespace sekisho
