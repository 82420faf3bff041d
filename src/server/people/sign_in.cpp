// SPDX-License-Identifier: Apache-2.0
// Signing in and out.
#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/proof.h"
#include "server/people/seals.h"
#include "server/people/sign_in_history.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::unexpected<Problem> wrong_credentials() {
  return problem(401, "メールアドレスかパスワードが違います。",
                 "the address or the password is wrong.");
}

struct Credentials {
  std::string email;
  std::string password;
};

/// The person who has shown the password.
struct Known {
  PersonId id;
  std::string hash;
  bool has_second = false;
};

Result<std::optional<Known>> who_knows(Call& call, const Credentials& given) {
  const auto rows = call.db.query(
      "SELECT id, password, totp, (SELECT COUNT(*) FROM passkey WHERE person_id = person.id) FROM "
      "person WHERE email = ? AND state = 'active'",
      {given.email});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || rows->front().null(1)) {
    waste_password_time(given.password);
    return std::nullopt;
  }
  const Row& row = rows->front();
  if (!password_matches(row.text(1), given.password)) return std::nullopt;
  return Known{row.id<PersonId>(0), row.text(1), !row.null(2) || row.integer(3) > 0};
}

/// Checking took a while: the password that was right may be the old one by now.
Result<void> still_good(Call& call, const Known& known, Problem& why) {
  const auto same =
      call.db.query("SELECT 1 FROM person WHERE id = ? AND password = ?", {known.id, known.hash});
  if (!same) return std::unexpected(same.error());
  return same->empty() ? stop(why, wrong_credentials().error()) : Result<void>();
}

Outcome sign_in(Call& call) {
  const auto given = read_body<Credentials>(call, [](const Node& node) {
    node.only({"email", "password"});
    // As it was read when the account was made (read_email), whether it is one or not.
    const std::string email = narrowed(clean_text(node.at("email"), 3 * kLongestEmail));
    return Credentials{lower(trim(std::string_view(email))), read_password(node.at("password"))};
  });
  if (!given) return std::unexpected(given.error());
  const auto counts = counts_of_password(call, given->email);
  if (!counts) return broken(counts.error());
  const auto may_guess = take_guess(call.db, *counts, call.now);
  if (!may_guess) return broken(may_guess.error());
  if (!*may_guess) return too_many_guesses();
  const auto known = who_knows(call, *given);
  if (!known) return broken(known.error());
  if (!*known) {
    if (const auto noted = note_refusal(call, given->email); !noted) return broken(noted.error());
    if (const auto noted = note_failure(call, given->email, {{"from", call.request.peer}}); !noted)
      return broken(noted.error());
    return wrong_credentials();
  }
  // The made-up people of a demo have no telephones; nothing of value is behind them.
  const bool demo = !(*known)->has_second && call.shop.options.demo;
  const std::string_view stage = demo ? "full" : (*known)->has_second ? "second" : "enrol";
  auto cookies = enter(call, {(*known)->id, stage, "demo"}, [&](Problem& why) -> Result<void> {
    if (auto same = still_good(call, **known, why); !same) return same;
    return give_back_guess(call.db, *counts);
  });
  if (!cookies) return std::unexpected(cookies.error());
  return stage_reply(stage, std::move(*cookies));
}

/// All that failed before a whole sign-in is forgotten.
Result<void> forgive(Call& call, const Counts& counts) {
  const auto earlier = counts_of_password(call, call.who.email);
  if (!earlier) return std::unexpected(earlier.error());
  if (auto done = forgive_guesses(call.db, *earlier); !done) return done;
  return forgive_guesses(call.db, counts);
}

std::unexpected<Problem> wrong_code() {
  auto wrong =
      wrong_at("/code", "コードが違うか、もう使われています。次のコードを待って試してください。",
               "the code is wrong or was used; wait for the next one.");
  wrong.error().status = 401;
  return wrong;
}

Outcome sign_in_code(Call& call) {
  const auto code = read_body<std::string>(call, [](const Node& node) {
    node.only({"code"});
    return read_code(node.at("code"), 40);
  });
  if (!code) return std::unexpected(code.error());
  if (call.who.stage != "second") return forbidden();
  const auto counts = counts_of_code(call, call.who.email);
  if (!counts) return broken(counts.error());
  const auto may_guess = take_guess(call.db, *counts, call.now);
  if (!may_guess) return broken(may_guess.error());
  if (!*may_guess) return too_many_guesses();
  const auto fits = code_fits(call, *code);
  if (!fits) return broken(fits.error());
  if (!*fits) {
    if (const auto noted = note_refusal(call, call.who.person, "factor_refused", "code"); !noted)
      return broken(noted.error());
    return wrong_code();
  }
  auto cookies =
      enter(call, {call.who.person, "full", "password+code", "sign-in", SecondFactor::code},
            [&](Problem& /*why*/) { return forgive(call, *counts); });
  if (!cookies) return std::unexpected(cookies.error());
  return stage_reply("full", std::move(*cookies));
}

Outcome passkey_sign_in_options(Call& call) {
  const auto challenge = new_passkey_challenge(call);
  if (!challenge) return broken(challenge.error());
  return reply_json(json::object{{"challenge", *challenge}, {"rp_id", relying_party(call)}});
}

Outcome passkey_sign_in(Call& call) {
  const auto given = read_body<PasskeyAnswer>(call, read_passkey_answer);
  if (!given) return std::unexpected(given.error());
  const auto shown = check_passkey(call, *given);
  if (!shown) return std::unexpected(shown.error());
  auto cookies = enter(call, {shown->person, "full", "passkey", "sign-in", SecondFactor::passkey},
                       [&](Problem& why) { return believe_passkey(call, *shown, why); });
  if (!cookies) return std::unexpected(cookies.error());
  return stage_reply("full", std::move(*cookies));
}

Outcome sign_out(Call& call) {
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto gone = call.db.execute("DELETE FROM session WHERE id = ?", {call.who.session}); !gone)
      return gone;
    // The code is used up: nobody could come back by it.
    if (call.who.seal) {
      if (auto ended = end_seal(call.db, call.who.seal, call.who.person, call.now); !ended)
        return std::unexpected(ended.error());
      if (auto noted = audit(call, "emergency-closed", call.who.email); !noted) return noted;
    }
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
                   {"signIn", sign_in},
                   {"signInCode", sign_in_code},
                   {"signInPasskeyOptions", passkey_sign_in_options},
                   {"signInPasskey", passkey_sign_in},
                   {"signOut", sign_out}});
}

}  // namespace sekisho
