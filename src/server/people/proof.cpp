// SPDX-License-Identifier: Apache-2.0
#include "server/people/proof.h"

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"
#include "server/people/guess.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/sign_in_history.h"
#include "server/people/webauthn.h"

namespace sekisho {
namespace {

constexpr std::chrono::minutes kChallengeLasts{5};

/// The one thing that is shown.
struct Proof {
  std::optional<std::string> password;
  std::optional<std::string> code;
  std::optional<PasskeyAnswer> passkey;
};

Proof read_proof(const Node& node) {
  node.only({"password", "code", "passkey"});
  Proof one;
  if (const auto password = node.find("password")) one.password = read_password(*password);
  if (const auto code = node.find("code")) one.code = read_code(*code, 40);
  if (const auto passkey = node.find("passkey")) one.passkey = read_passkey_answer(*passkey);
  if (one.password.has_value() + one.code.has_value() + one.passkey.has_value() != 1)
    node.report("パスワード、コード、パスキーのどれか一つを示してください。",
                "show one of password, code and passkey.");
  return one;
}

std::unexpected<Problem> not_shown(const Proof& proof) {
  if (proof.password)
    return wrong_at("/password", "パスワードが違います。", "the password is wrong.");
  if (proof.code) return wrong_at("/code", "コードが違います。", "the code is wrong.");
  return problem(422, "パスキーが違います。", "the passkey is wrong.");
}

std::expected<bool, Problem> holds(Call& call, const Proof& proof,
                                   std::optional<PasskeyShown>& passkey) {
  if (proof.passkey) {
    auto shown = check_passkey(call, *proof.passkey);
    if (!shown) return std::unexpected(shown.error());
    if (shown->person != call.who.person) return false;
    passkey = std::move(*shown);
    return true;
  }
  if (proof.code) {
    // Who has still to set up a second factor has none to show.
    if (call.who.stage != "full") return false;
    const auto fits = code_fits(call, *proof.code);
    if (!fits) return broken(fits.error());
    return *fits;
  }
  const auto rows = call.db.query("SELECT password FROM person WHERE id = ?", {call.who.person});
  if (!rows) return broken(rows.error());
  if (rows->empty() || rows->front().null(0)) return false;
  return password_matches(rows->front().text(0), *proof.password);
}

Outcome prove(Call& call) {
  const auto proof = read_body<Proof>(call, read_proof);
  if (!proof) return std::unexpected(proof.error());
  // A password alone is no way round the second factor of a sign-in that is half done.
  if (call.who.stage == "second") return forbidden();
  const Counts counts = counts_of_session(call);
  const auto may_guess = take_guess(call.db, counts, call.now);
  if (!may_guess) return broken(may_guess.error());
  if (!*may_guess) return too_many_guesses();
  std::optional<PasskeyShown> passkey;
  const auto shown = holds(call, *proof, passkey);
  if (!shown) return std::unexpected(shown.error());
  if (!*shown) {
    const std::string_view factor = proof->passkey ? "passkey" : proof->code ? "code" : "password";
    if (const auto noted = note_refusal(
            call, call.who.person, proof->password ? "password_refused" : "factor_refused", factor);
        !noted)
      return broken(noted.error());
    return not_shown(*proof);
  }
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    if (passkey)
      if (auto believed = believe_passkey(call, *passkey, why); !believed) return believed;
    if (auto forgiven = forgive_guesses(call.db, counts); !forgiven) return forgiven;
    const SecondFactor shown_now = proof->passkey ? SecondFactor::passkey
                                   : proof->code  ? SecondFactor::code
                                                  : SecondFactor::none;
    if (auto noted = note_factor(call.db, call.who.session, shown_now, call.now); !noted)
      return noted;
    if (shown_now != SecondFactor::none)
      if (auto kept = note_sign_in(call.db, call.who.person,
                                   note_of(call, "vouched", proof->passkey ? "passkey" : "code"));
          !kept)
        return kept;
    return call.db.execute("UPDATE session SET proved_at = ? WHERE id = ?",
                           {value_of(call.now), call.who.session});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

PasskeyAnswer read_passkey_answer(const Node& node) {
  node.only({"challenge", "credential", "client_data", "authenticator_data", "signature"});
  return {clean_text(node.at("challenge"), 100), clean_text(node.at("credential"), 2000),
          read_bytes(node.at("client_data")), read_bytes(node.at("authenticator_data")),
          read_bytes(node.at("signature"))};
}

std::unexpected<Problem> too_many_guesses() {
  return problem(429, "失敗が続いたため、しばらく受け付けません。時間をおいて試してください。",
                 "too many failures; wait a while and try again.");
}

Result<std::string> new_passkey_challenge(Call& call) {
  const auto key = stranger_key(call.db);
  if (!key) return std::unexpected(key.error());
  return make_challenge(*key, call.now + kChallengeLasts);
}

std::expected<PasskeyShown, Problem> check_passkey(Call& call, const PasskeyAnswer& answer) {
  const auto key = stranger_key(call.db);
  if (!key) return broken(key.error());
  const auto rows = call.db.query(
      "SELECT k.id, k.person_id, k.algorithm, k.public_key, k.counter FROM passkey k JOIN person p "
      "ON p.id = k.person_id WHERE k.credential = ? AND p.state = 'active'",
      {answer.credential});
  if (!rows) return broken(rows.error());
  if (!challenge_holds(*key, answer.challenge, call.now) || rows->empty())
    return problem(401, "このパスキーは登録されていません。", "this passkey is not registered.");
  const Row& row = rows->front();
  const auto counter =
      verify_passkey({answer.challenge, call.origin(), relying_party(call)},
                     {answer.credential, static_cast<int>(row.integer(2)), row.text(3),
                      static_cast<std::uint32_t>(row.integer(4))},
                     answer.client_data, answer.authenticator_data, answer.signature);
  if (!counter) {
    if (const auto noted = note_refusal(call, row.id<PersonId>(1), "factor_refused", "passkey");
        !noted)
      return broken(noted.error());
    return std::unexpected(Problem{401, counter.error().message, {}});
  }
  return PasskeyShown{row.id<PasskeyId>(0), row.id<PersonId>(1), row.integer(4),
                      std::int64_t{*counter}, answer.challenge};
}

Result<void> believe_passkey(Call& call, const PasskeyShown& shown, Problem& why) {
  const auto first = use_once(call.db, "passkey-challenge|" + shown.challenge, call.now,
                              call.now + kChallengeLasts);
  if (!first) return std::unexpected(first.error());
  const auto moved = call.db.query(
      "UPDATE passkey SET counter = ?, used_at = ? WHERE id = ? AND counter = ? RETURNING id",
      {shown.counter, value_of(call.now), shown.id, shown.counter_before});
  if (!moved) return std::unexpected(moved.error());
  if (!*first || moved->empty())
    return stop(why, {401,
                      {"パスキーを確かめられませんでした。もう一度試してください。",
                       "the passkey could not be verified; try again."},
                      {}});
  return {};
}

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

Result<void> tell_of_change(Call& call, const std::string& email, const Text& what) {
  const auto kept = settings(call.db);
  if (!kept) return std::unexpected(kept.error());
  if (mail_server(*kept).url.empty()) return {};
  const std::string at = calendar_of(*kept).format_minute(call.now);
  return put_out(
      call.db, call.now,
      {"mail",
       email,
       "account-changed",
       {"Sekisho のアカウントが変わりました", "Your Sekisho account was changed"},
       {fmt::format(
            "{}\n\n時刻: {}\n接続元: {}\n\n心当たりがなければ、すぐに管理者に知らせてください。\n",
            what.ja, at, call.request.peer),
        fmt::format("{}\n\nWhen: {}\nFrom: {}\n\nIf this was not you, tell your administrator at "
                    "once.\n",
                    what.en, at, call.request.peer)}});
}

void add_proof(Handlers& handlers) { handlers.insert({{"prove", prove}}); }

}  // namespace sekisho
