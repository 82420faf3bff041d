// First run, invitations, signing in and out.
#include <algorithm>

#include <fmt/format.h>

#include "server/http/secrets.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/webauthn.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::unexpected<Problem> wrong_credentials() {
  return problem(401, "メールアドレスかパスワードが違います。",
                 "the address or the password is wrong.");
}
std::unexpected<Problem> locked() {
  return problem(429, "失敗が続いたため、しばらく受け付けません。時間をおいて試してください。",
                 "too many failures; wait a while and try again.");
}

/// What the page does next.
Reply stage_reply(std::string_view stage, std::string cookie) {
  Reply reply = reply_json(json::object{{"stage", stage}});
  reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
}

Outcome enter(Call& call, std::int64_t person, std::string_view stage, std::string_view how) {
  std::string cookie;
  const auto done = call.db.write([&]() -> Result<void> {
    auto opened = open_session(call, person, stage);
    if (!opened) return std::unexpected(opened.error());
    cookie = std::move(*opened);
    if (stage != "full") return {};
    const auto row = call.db.query("SELECT name, email FROM person WHERE id = ?", {person});
    if (!row) return std::unexpected(row.error());
    call.who.person = person;
    call.who.name = row->front().text(0);
    call.who.email = row->front().text(1);
    return audit(call, "sign-in", call.who.email, {{"how", how}, {"from", call.request.peer}});
  });
  return written(done, stage_reply(stage, std::move(cookie)));
}

struct Newcomer {
  std::string token;
  std::string name;
  std::string email;
  std::string password;
  std::string lang;
};

Newcomer read_newcomer(const Node& node, bool with_email) {
  if (with_email)
    node.only({"token", "name", "email", "password", "lang"});
  else
    node.only({"token", "name", "password", "lang"});
  Newcomer one{clean_text(node.at("token"), 100),
               clean_text(node.at("name"), kLongestName),
               {},
               read_password(node.at("password")),
               read_lang(node.at("lang"))};
  if (with_email) one.email = read_email(node.at("email"));
  if (const auto wrong = password_problem(one.password, one.email, one.name))
    node.at("password").report(wrong->ja, wrong->en);
  return one;
}

Outcome newcomer(Call& call, const Newcomer& one, const std::string& roles,
                 std::string_view action) {
  std::int64_t person = 0;
  const std::string hash = hash_password(one.password);
  const auto done = call.db.write([&]() -> Result<void> {
    const auto id = add_person(call.db, {one.email, one.name, roles, one.lang, hash, ""}, call.now);
    if (!id) return std::unexpected(id.error());
    person = *id;
    call.who.name = one.name;
    call.who.email = one.email;
    call.who.person = person;
    return audit(call, action, one.email, {{"roles", roles}});
  });
  if (!done) return broken(done.error());
  return enter(call, person, "enrol", "");
}

Outcome setup(Call& call) {
  const auto one =
      read_body<Newcomer>(call, [](const Node& node) { return read_newcomer(node, true); });
  if (!one) return std::unexpected(one.error());
  const auto people = call.db.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return broken(people.error());
  if (!people->empty())
    return problem(409, "最初の管理者はもう登録されています。",
                   "the first administrator is there already.");
  const auto known = take_pending(call.db, "setup|" + one->token, call.now);
  if (!known) return broken(known.error());
  if (!*known)
    return problem(403,
                   "このリンクは使えません。sekisho serve を起動し直すと新しいリンクが出ます。",
                   "this link does not work; start sekisho serve again for a new one.");
  return newcomer(call, *one, "administrator", "setup");
}

Result<std::optional<Row>> invitation(Call& call, const std::string& token) {
  auto rows = call.db.query(
      "SELECT id, email, name, roles FROM invitation WHERE secret = ? AND expires_at > ?",
      {secret_hash(token), value_of(call.now)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return rows->front();
}

std::unexpected<Problem> no_invitation() {
  return problem(404, "この招待は使えません。期限が切れたか、もう使われています。",
                 "this invitation does not work: it has run out or was used.");
}

Outcome show_invitation(Call& call) {
  const auto row = invitation(call, call.parameter(0));
  if (!row) return broken(row.error());
  if (!*row) return no_invitation();
  return reply_json(json::object{{"email", (*row)->text(1)},
                                 {"name", (*row)->text(2)},
                                 {"roles", roles_json((*row)->text(3))}});
}

Outcome accept_invitation(Call& call) {
  auto one = read_body<Newcomer>(call, [](const Node& node) { return read_newcomer(node, false); });
  if (!one) return std::unexpected(one.error());
  const auto row = invitation(call, one->token);
  if (!row) return broken(row.error());
  if (!*row) return no_invitation();
  one->email = (*row)->text(1);
  if (const auto wrong = password_problem(one->password, one->email, one->name))
    return std::unexpected(Problem{422, *wrong, {}});
  bool used = false;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone =
        call.db.query("DELETE FROM invitation WHERE id = ? RETURNING id", {(*row)->integer(0)});
    if (!gone) return std::unexpected(gone.error());
    used = !gone->empty();
    return {};
  });
  if (!done) return broken(done.error());
  if (!used) return no_invitation();
  return newcomer(call, *one, (*row)->text(3), "invitation-accepted");
}

struct Credentials {
  std::string email;
  std::string password;
};

Outcome sign_in(Call& call) {
  const auto given = read_body<Credentials>(call, [](const Node& node) {
    node.only({"email", "password"});
    return Credentials{lower(clean_text(node.at("email"), kLongestEmail)),
                       read_password(node.at("password"))};
  });
  if (!given) return std::unexpected(given.error());
  const std::string account = "account|" + given->email;
  // Empty behind a proxy that isn't named: one outsider would lock all others out.
  const std::string address =
      call.request.payer.empty() ? std::string() : "address|" + call.request.payer;
  for (const std::string& name : {account, address}) {
    if (name.empty()) continue;
    const auto is_locked = guess_locked(call.db, name, call.now);
    if (!is_locked) return broken(is_locked.error());
    if (*is_locked) return locked();
  }
  const auto rows = call.db.query(
      "SELECT id, password, totp, (SELECT COUNT(*) FROM passkey WHERE person_id = person.id) FROM "
      "person WHERE email = ? AND state = 'active'",
      {given->email});
  if (!rows) return broken(rows.error());
  bool good = false;
  if (!rows->empty() && !rows->front().null(1))
    good = password_matches(rows->front().text(1), given->password);
  else
    waste_password_time(given->password);
  if (!good) {
    const auto counted = call.db.write([&]() -> Result<void> {
      if (auto done = guess_failed(call.db, account, call.now); !done) return done;
      if (!address.empty())
        if (auto done = guess_failed(call.db, address, call.now, kFreeGuessesOfAddress); !done)
          return done;
      return audit(call, "sign-in-failed", given->email, {{"from", call.request.peer}});
    });
    if (!counted) return broken(counted.error());
    return wrong_credentials();
  }
  const Row& row = rows->front();
  const bool has_second = !row.null(2) || row.integer(3) > 0;
  // The made-up people of a demo have no telephones; nothing of value is behind them.
  if (!has_second && call.shop.options.demo) return enter(call, row.integer(0), "full", "demo");
  return enter(call, row.integer(0), has_second ? "second" : "enrol", "");
}

/// A code of the app, or one of the recovery codes, which is used up.
Result<bool> code_fits(Call& call, const std::string& code) {
  const auto rows =
      call.db.query("SELECT totp, totp_step, recovery FROM person WHERE id = ?", {call.who.person});
  if (!rows) return std::unexpected(rows.error());
  const Row& row = rows->front();
  if (const auto step = totp_step(row.text(0), code, call.now, row.integer(1));
      step && !row.null(0)) {
    // Of two that bring the same code at once, one moves the step on.
    const auto moved =
        call.db.query("UPDATE person SET totp_step = ? WHERE id = ? AND totp_step < ? RETURNING id",
                      {*step, call.who.person, *step});
    if (!moved) return std::unexpected(moved.error());
    return !moved->empty();
  }
  std::string left;
  bool found = false;
  const std::string hashes = row.text(2);
  for (const std::string_view hash : words(hashes)) {
    if (!found && equal_in_constant_time(hash, recovery_hash(code)))
      found = true;
    else
      left += (left.empty() ? "" : " ") + std::string(hash);
  }
  if (!found) return false;
  const auto used =
      call.db.query("UPDATE person SET recovery = ? WHERE id = ? AND recovery = ? RETURNING id",
                    {left, call.who.person, row.text(2)});
  if (!used) return std::unexpected(used.error());
  return !used->empty();
}

Outcome sign_in_code(Call& call) {
  const auto code = read_body<std::string>(call, [](const Node& node) {
    node.only({"code"});
    return clean_text(node.at("code"), 40);
  });
  if (!code) return std::unexpected(code.error());
  if (call.who.stage != "second") return forbidden();
  const std::string name = fmt::format("code|{}", call.who.person);
  const auto is_locked = guess_locked(call.db, name, call.now);
  if (!is_locked) return broken(is_locked.error());
  if (*is_locked) return locked();
  const auto fits = code_fits(call, *code);
  if (!fits) return broken(fits.error());
  if (!*fits) {
    if (const auto counted = guess_failed(call.db, name, call.now); !counted)
      return broken(counted.error());
    return problem(401, "コードが違うか、もう使われています。次のコードを待って試してください。",
                   "the code is wrong or was used; wait for the next one.");
  }
  for (const std::string& forgiven :
       {name, "account|" + call.who.email, "address|" + call.request.payer})
    if (const auto done = guess_right(call.db, forgiven); !done) return broken(done.error());
  return enter(call, call.who.person, "full", "password+code");
}

Outcome passkey_sign_in_options(Call& call) {
  const std::string challenge = random_token();
  const auto kept =
      keep_pending(call.db, "passkey-sign-in|" + challenge, "", call.now + std::chrono::minutes(5));
  return written(
      kept, reply_json(json::object{{"challenge", challenge}, {"rp_id", relying_party(call)}}));
}

struct PasskeyAnswer {
  std::string challenge;
  std::string credential;
  std::string client_data;
  std::string authenticator_data;
  std::string signature;
};

Outcome passkey_sign_in(Call& call) {
  const auto given = read_body<PasskeyAnswer>(call, [](const Node& node) {
    node.only({"challenge", "credential", "client_data", "authenticator_data", "signature"});
    return PasskeyAnswer{
        clean_text(node.at("challenge"), 100), clean_text(node.at("credential"), 2000),
        read_bytes(node.at("client_data")), read_bytes(node.at("authenticator_data")),
        read_bytes(node.at("signature"))};
  });
  if (!given) return std::unexpected(given.error());
  const auto sent = take_pending(call.db, "passkey-sign-in|" + given->challenge, call.now);
  if (!sent) return broken(sent.error());
  const auto rows = call.db.query(
      "SELECT k.id, k.person_id, k.algorithm, k.public_key, k.counter FROM passkey k JOIN person p "
      "ON "
      "p.id = k.person_id WHERE k.credential = ? AND p.state = 'active'",
      {given->credential});
  if (!rows) return broken(rows.error());
  if (!*sent || rows->empty())
    return problem(401, "このパスキーは登録されていません。", "this passkey is not registered.");
  const Row& row = rows->front();
  const auto counter =
      verify_passkey({given->challenge, call.origin(), relying_party(call)},
                     {given->credential, static_cast<int>(row.integer(2)), row.text(3),
                      static_cast<std::uint32_t>(row.integer(4))},
                     given->client_data, given->authenticator_data, given->signature);
  if (!counter) return std::unexpected(Problem{401, counter.error().message, {}});
  const auto noted = call.db.execute("UPDATE passkey SET counter = ?, used_at = ? WHERE id = ?",
                                     {std::int64_t{*counter}, value_of(call.now), row.integer(0)});
  if (!noted) return broken(noted.error());
  return enter(call, row.integer(1), "full", "passkey");
}

Outcome sign_out(Call& call) {
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto gone = call.db.execute("DELETE FROM session WHERE id = ?", {call.who.session}); !gone)
      return gone;
    return audit(call, "sign-out", call.who.email);
  });
  Reply reply = reply_nothing();
  reply.headers.emplace_back("set-cookie", end_cookie(call.shop.options));
  return written(done, std::move(reply));
}

Outcome state(Call& call) {
  const auto people = call.db.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return broken(people.error());
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  return reply_json(json::object{{"setup_needed", people->empty()},
                                 {"organisation", organisation_of(call.guideline(), *kept).name},
                                 {"oidc", !call.shop.options.oidc.issuer.empty()},
                                 {"demo", kept->contains("demo")},
                                 {"version", call.shop.options.version}});
}

}  // namespace

void add_sign_in(Handlers& handlers) {
  handlers.insert({{"getState", state},
                   {"setUp", setup},
                   {"getInvitation", show_invitation},
                   {"acceptInvitation", accept_invitation},
                   {"signIn", sign_in},
                   {"signInCode", sign_in_code},
                   {"signInPasskeyOptions", passkey_sign_in_options},
                   {"signInPasskey", passkey_sign_in},
                   {"signOut", sign_out}});
}

}  // namespace sekisho
