// SPDX-License-Identifier: Apache-2.0
// One's second factors: the authenticator app, passkeys, recovery codes.
#include <functional>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/proof.h"
#include "server/people/webauthn.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::minutes kPatience{30};

/// A second factor may be added while signing up, or by someone wholly signed in; not by a code for
/// emergencies, whose access would outlast it.
bool may_enrol(const Call& call) {
  return !call.who.seal && (call.who.stage == "enrol" || call.who.stage == "full");
}

std::string totp_pending(const Call& call) { return fmt::format("totp|{}", call.who.session); }

Outcome start_totp(Call& call) {
  if (!may_enrol(call)) return forbidden();
  const std::string secret = new_totp_secret();
  const auto kept =
      keep_pending(call.db, totp_pending(call), secret, call.now, call.now + kPatience);
  return written(kept, reply_json(json::object{{"secret", secret},
                                               {"uri", totp_uri(secret, call.who.email)}}));
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

struct NewFactor {
  std::string_view action;  // for the audit log
  SecondFactor kind;
  Text told;  // to the person
  std::function<Result<void>(Problem&)> store;
};

/// What a new factor brings with it: new recovery codes, the half session becomes a whole one, and
/// all others of the person end, since whoever holds one may be why a new factor is wanted.
Outcome enrolled(Call& call, const NewFactor& factor) {
  json::array codes;
  const bool first = call.who.stage == "enrol";
  auto cookies = enter(
      call, {call.who.person, "full", "", factor.action, first ? factor.kind : SecondFactor::none},
      [&](Problem& wrong) -> Result<void> {
        if (auto stored = factor.store(wrong); !stored) return stored;
        auto renewed = renew_recovery(call);
        if (!renewed) return std::unexpected(renewed.error());
        codes = std::move(*renewed);
        if (!first)
          if (auto told = tell_of_change(call, call.who.email, factor.told); !told) return told;
        return end_sessions_of(call.db, call.who.person, call.who.session);
      });
  if (!cookies) return std::unexpected(cookies.error());
  Reply reply = reply_json(json::object{{"stage", "full"}, {"recovery_codes", std::move(codes)}});
  for (std::string& cookie : *cookies) reply.headers.emplace_back("set-cookie", std::move(cookie));
  return reply;
}

Outcome confirm_totp(Call& call) {
  const auto code = read_body<std::string>(call, [](const Node& node) {
    node.only({"code"});
    return read_code(node.at("code"), 10);
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
    if (const auto kept =
            keep_pending(call.db, totp_pending(call), **secret, call.now, call.now + kPatience);
        !kept)
      return broken(kept.error());
    return wrong_at(
        "/code",
        "コードが違います。スマートフォンの時計が合っているか確かめ、次のコードで試してください。",
        "the code is wrong; check the phone's clock and try the next code.");
  }
  return enrolled(
      call, {"totp-added",
             SecondFactor::code,
             {"認証アプリが設定されました。前の認証アプリと回復コードは使えなくなりました。",
              "An authenticator app was set up. The app and the recovery codes before it no longer "
              "work."},
             [&](Problem& /*why*/) {
               return call.db.execute("UPDATE person SET totp = ?, totp_step = ? WHERE id = ?",
                                      {**secret, *step, call.who.person});
             }});
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
                                 call.now, call.now + kPatience);
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

Result<void> keep_passkey(Call& call, const std::string& name, const Passkey& passkey,
                          Problem& why) {
  const auto kept = call.db.query(
      "INSERT INTO passkey (person_id, name, credential, algorithm, public_key, counter, "
      "created_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (credential) DO NOTHING RETURNING id",
      {call.who.person, name, passkey.credential, std::int64_t{passkey.algorithm},
       Bytes{passkey.public_key}, std::int64_t{passkey.counter}, value_of(call.now)});
  if (!kept) return std::unexpected(kept.error());
  if (kept->empty())
    return stop(
        why,
        {409, {"このパスキーはもう登録されています。", "this passkey is registered already."}, {}});
  return {};
}

Outcome add_passkey(Call& call) {
  const auto given = read_body<NewPasskey>(call, [](const Node& node) {
    node.only({"name", "client_data", "attestation_object"});
    return NewPasskey{read_name(node.at("name")), read_bytes(node.at("client_data")),
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
  return enrolled(call,
                  {"passkey-added",
                   SecondFactor::passkey,
                   {"パスキーが加えられました。前の回復コードは使えなくなりました。",
                    "A passkey was added. The recovery codes before it no longer work."},
                   [&](Problem& why) { return keep_passkey(call, given->name, *passkey, why); }});
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

/// The last second factor stays: seen in the transaction, since two may be removed at once.
Outcome remove_passkey(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone =
        call.db.query("DELETE FROM passkey WHERE id = ? AND person_id = ? RETURNING id",
                      {call.id<PasskeyId>(0), call.who.person});
    if (!gone) return std::unexpected(gone.error());
    if (gone->empty()) return stop(why, not_found().error());
    const auto left = call.db.query(
        "SELECT 1 FROM person WHERE id = ? AND (totp IS NOT NULL OR EXISTS (SELECT 1 FROM passkey "
        "WHERE person_id = person.id))",
        {call.who.person});
    if (!left) return std::unexpected(left.error());
    if (left->empty())
      return stop(why, {409,
                        {"最後の二要素認証は削除できません。先に別のものを加えてください。",
                         "the last second factor can't be removed; add another first."},
                        {}});
    if (auto ended = end_sessions_of(call.db, call.who.person, call.who.session); !ended)
      return ended;
    if (auto told = tell_of_change(call, call.who.email,
                                   {"パスキーが一つ消されました。", "A passkey was removed."});
        !told)
      return told;
    return audit(call, "passkey-removed", call.who.email);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_factors(Handlers& handlers) {
  handlers.insert({{"startTotp", start_totp},
                   {"confirmTotp", confirm_totp},
                   {"passkeyOptions", passkey_options},
                   {"addPasskey", add_passkey},
                   {"listPasskeys", list_passkeys},
                   {"removePasskey", remove_passkey}});
}

}  // namespace sekisho
