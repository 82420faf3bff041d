// SPDX-License-Identifier: Apache-2.0
// The people of the organisation: who has which role, invitations, sessions of others.
#include "server/people/people.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/csv.h"
#include "server/api/moments.h"
#include "server/api/sealed.h"
#include "server/http/secrets.h"
#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"
#include "server/people/administrators.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/oidc_person.h"
#include "server/people/proof.h"
#include "server/people/seals.h"
#include "server/people/withdrawals.h"
#include "store/audit.h"

namespace sekisho {

namespace json = boost::json;

std::string read_password(const Node& node) {
  if (!node.value().is_string()) node.report("文字列ではありません。", "this is not a string.");
  return node.value().is_string() ? std::string(node.value().get_string()) : std::string();
}

std::string read_lang(const Node& node) {
  constexpr std::array<std::pair<std::string_view, Lang>, 2> kLangs{
      {{"ja", Lang::ja}, {"en", Lang::en}}};
  return node.one_of<Lang>(kLangs) == Lang::en ? "en" : "ja";
}

std::string read_bytes(const Node& node) {
  auto bytes = from_base64url(clean_text(node, 20'000));
  if (!bytes) node.report("base64url ではありません。", "this is not base64url.");
  return bytes.value_or("");
}

std::string read_roles(const Node& node) {
  std::string roles;
  for (const std::string_view role : kPersonRoles)
    for (const Node& given : node.items())
      if (given.value().is_string() && given.value().get_string() == role &&
          roles.find(role) == std::string::npos)
        roles += (roles.empty() ? "" : " ") + std::string(role);
  for (const Node& given : node.items())
    if (!given.value().is_string() ||
        std::ranges::find(kPersonRoles, std::string_view(given.value().get_string())) ==
            kPersonRoles.end())
      given.report("知らない役割です。", "this role is not known.");
  if (roles.empty()) node.report("役割を一つ以上選んでください。", "choose at least one role.");
  return roles;
}

json::array roles_json(const std::string& roles) {
  json::array list;
  for (const std::string_view role : words(roles)) list.emplace_back(role);
  return list;
}

Text role_words(const std::string& roles) {
  Text all;
  for (const std::string_view role : words(roles)) {
    const Text one = role == "administrator" ? Text{"システム・セキュリティ管理者", "administrator"}
                     : role == "executive"   ? Text{"経営者", "executive"}
                     : role == "auditor"     ? Text{"監査者", "auditor"}
                                             : Text{"テレワーク勤務者", "teleworker"};
    all.ja += (all.ja.empty() ? "" : "、") + one.ja;
    all.en += (all.en.empty() ? "" : ", ") + one.en;
  }
  return all;
}

Result<PersonId> add_person(Database& db, const NewPerson& person, Time now) {
  const auto optional = [](const std::string& text) {
    return text.empty() ? Value() : Value(text);
  };
  const auto rows = db.query(
      "INSERT INTO person (email, name, roles, lang, state, password, totp_step, recovery, oidc, "
      "created_at) VALUES (?, ?, ?, ?, 'active', ?, 0, '', ?, ?) RETURNING id",
      {person.email, person.name, person.roles, person.lang, optional(person.password_hash),
       optional(person.oidc), value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  return rows->front().id<PersonId>(0);
}

std::string new_recovery_code() {
  constexpr std::string_view kClear = "0123456789abcdefghjkmnpqrstvwxyz";
  static_assert(kClear.size() == 32);
  const std::string random = random_bytes(10);
  std::string code;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i == random.size() / 2) code += '-';
    code += kClear[static_cast<unsigned char>(random[i]) & 31U];
  }
  return code;
}

std::string recovery_hash(std::string_view code) {
  std::string plain;
  for (const char c : lower(code))
    if (c != '-' && c != ' ') plain += c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
  return secret_hash("recovery|" + plain);
}

std::string relying_party(const Call& call) {
  std::string host = call.origin();
  host.erase(0, host.find("//") + 2);
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) host.resize(colon);
  return host;
}

bool may_give(const Call& call, const std::string& roles, const std::string& had) {
  const auto of_before = words(had);
  return !call.who.token || std::ranges::all_of(words(roles), [&](std::string_view role) {
    return role == "teleworker" || std::ranges::find(of_before, role) != of_before.end();
  });
}

Problem not_by_token() {
  return {403,
          {"API トークンでは、テレワーク勤務者のほかの役割を与えられません。",
           "with an API token nobody is given a role beyond teleworker."},
          {}};
}

Result<Withdrawn> end_what_was_lost(Call& call, PersonId person, const PersonChange& change) {
  const bool out = change.state == "disabled";
  if (out)
    if (auto ended = end_all_of(call.db, person); !ended) return std::unexpected(ended.error());
  const bool administrates = change.roles.find("administrator") != std::string::npos;
  if (out || !administrates)
    if (auto ended = end_seals_of(call.db, person, call.who.person, call.now); !ended)
      return std::unexpected(ended.error());
  return withdraw_what_was_lost(call, person, out, administrates);
}

namespace {

/// With a second factor: an app, a passkey, or the firm's own sign-in as it is now.
std::string has_second(const Call& call) {
  return fmt::format(
      "(totp IS NOT NULL OR {} OR EXISTS (SELECT 1 FROM passkey WHERE person_id = person.id))",
      linked_sql(call.shop.options.oidc.issuer));
}

/// Who is asked for, as the end of a query.
std::pair<std::string, Values> filtered(const Call& call) {
  std::string where = "state <> 'erased'";
  Values values;
  if (const auto text = call.query("q")) {
    // Only what is typed counts: % and _ have no meaning of their own.
    std::string pattern = "%";
    for (const char c : lower(*text))
      pattern += (c == '%' || c == '_' || c == '!' ? std::string("!") : std::string()) + c;
    where += " AND (lower(name) LIKE ? ESCAPE '!' OR lower(email) LIKE ? ESCAPE '!')";
    values.emplace_back(pattern + "%");
    values.emplace_back(pattern + "%");
  }
  if (const auto role = call.query("role"))
    if (std::ranges::find(kPersonRoles, *role) != kPersonRoles.end())
      where += fmt::format(" AND roles LIKE '%{}%'", *role);
  if (const auto state = call.query("state")) {
    where += " AND state = ?";
    values.emplace_back(*state);
  }
  if (const auto only = call.query("only"))
    where += fmt::format(" AND NOT {} AND NOT {}",
                         *only == "unprotected" ? has_second(call) : "(seen_at IS NOT NULL)",
                         only_sealed("person"));
  return {std::move(where), std::move(values)};
}

/// Worst first: who may sign in without a second factor, and of those who never did or not for
/// long.
std::string order_of(const Call& call, std::string_view sort) {
  if (sort == "worst")
    return fmt::format(
        "CASE WHEN state = 'active' THEN 0 ELSE 1 END, CASE WHEN {} THEN 1 ELSE 0 END, CASE WHEN "
        "seen_at IS NULL THEN 0 ELSE 1 END, seen_at, id",
        has_second(call));
  if (sort == "seen") return "CASE WHEN seen_at IS NULL THEN 0 ELSE 1 END, seen_at, id";
  if (sort == "name") return "lower(name), id";
  return "id";
}

constexpr const char* kPersonColumns =
    "SELECT id, name, email, roles, state, seen_at, (SELECT COUNT(*) FROM device WHERE person_id = "
    "person.id AND state <> 'retired'), COALESCE(oidc, ''), CASE WHEN ";

Outcome take_people(Call& call, const std::string& where, const Values& values,
                    const std::string& order) {
  const auto tr = [&](const char* ja, const char* en) {
    return call.who.lang == Lang::ja ? ja : en;
  };
  const auto calendar = calendar_of(call.db);
  if (!calendar) return broken(calendar.error());
  std::string csv =
      kCsvStart + csv_row({tr("名前", "name"), tr("メールアドレス", "email"), tr("役割", "roles"),
                           tr("状態", "state"), tr("二要素認証", "second factor"),
                           tr("最後のサインイン", "last sign-in"), tr("端末", "devices")});
  const auto read =
      call.db.each(fmt::format("{}{} THEN 1 ELSE 0 END FROM person WHERE {} ORDER BY {}",
                               kPersonColumns, has_second(call), where, order),
                   values, [&](const Row& row) {
                     csv += csv_row({row.text(1), row.text(2), row.text(3), row.text(4),
                                     row.integer(8) != 0 ? tr("あり", "yes") : tr("なし", "no"),
                                     row.null(5) ? "" : moment_there(*calendar, row.time(5)),
                                     std::to_string(row.integer(6))});
                     return true;
                   });
  if (!read) return broken(read.error());
  return Reply{200,
               "text/csv; charset=utf-8",
               std::move(csv),
               {{"content-disposition", "attachment; filename=\"sekisho-people.csv\""}}};
}

Outcome list_people(Call& call) {
  const auto page = page_of(call);
  if (!page) return std::unexpected(page.error());
  auto [where, values] = filtered(call);
  const auto sort = call.query("sort");
  const std::string order = order_of(call, sort.value_or(""));
  if (call.query("format") == "csv") return take_people(call, where, values, order);
  const auto counted = call.db.query(
      fmt::format(
          "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN {0} OR {1} THEN 0 ELSE 1 END), 0) AS "
          "BIGINT), CAST(COALESCE(SUM(CASE WHEN seen_at IS NULL AND NOT {1} THEN 1 ELSE 0 END), 0) "
          "AS BIGINT) FROM person WHERE {2}",
          has_second(call), only_sealed("person"), where),
      values);
  if (!counted) return broken(counted.error());
  // A list in an order of its own goes on from a place in it, else from an id.
  values.emplace_back(page->after);
  values.emplace_back(static_cast<std::int64_t>(page->limit + 1));
  const auto rows = call.db.query(
      sort ? fmt::format(
                 "{}{} THEN 1 ELSE 0 END FROM (SELECT person.*, ROW_NUMBER() OVER (ORDER BY {}) "
                 "AS place FROM person WHERE {}) person WHERE place > ? ORDER BY place LIMIT ?",
                 kPersonColumns, has_second(call), order, where)
           : fmt::format(
                 "{}{} THEN 1 ELSE 0 END FROM person WHERE {} AND id > ? ORDER BY id LIMIT ?",
                 kPersonColumns, has_second(call), where),
      values);
  if (!rows) return broken(rows.error());
  const std::string& issuer = call.shop.options.oidc.issuer;
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"name", row.text(1)},
                                    {"email", row.text(2)},
                                    {"roles", roles_json(row.text(3))},
                                    {"state", row.text(4)},
                                    {"second_factor", row.integer(8) != 0},
                                    {"company_account", linked_by(issuer, row.text(7))},
                                    {"seen_at", json_time_or_null(row, 5)},
                                    {"devices", row.integer(6)}});
  json::object reply = paged(std::move(items), *page, [&](const json::value& last) {
    return sort ? json::value(page->after + static_cast<std::int64_t>(page->limit)) : last.at("id");
  });
  reply["totals"] = json::object{{"all", counted->front().integer(0)},
                                 {"unprotected", counted->front().integer(1)},
                                 {"never", counted->front().integer(2)}};
  return reply_json(reply);
}

json::object withdrawn_json(const Withdrawn& ended) {
  return {{"invitations", ended.invitations}, {"links", ended.links}};
}

/// Makes `change`, unless it leaves nobody who can administrate.
Result<void> keep_administrated(Call& call, const std::function<Result<void>()>& change,
                                Problem& why) {
  const auto remains = stays_administrated(call, change);
  if (!remains) return std::unexpected(remains.error());
  if (*remains) return {};
  return stop(why,
              {409,
               {"サインインできる管理者が一人もいなくなります。先に別の人を管理者にし、その人が"
                "二要素認証まで設定してから行ってください。",
                "no administrator who can sign in would be left; make someone else "
                "administrator first, and let them set up their second factor."},
               {}});
}

Result<Withdrawn> write_person(Call& call, const PersonChange& change, Problem& why) {
  const auto person = call.id<PersonId>(0);
  const auto before = call.db.query(
      "SELECT name, roles, state FROM person WHERE id = ? AND state <> 'erased'", {person});
  if (!before) return std::unexpected(before.error());
  if (before->empty()) return stop(why, not_found().error());
  // Who is let in again is given all their roles.
  const bool returns = before->front().text(2) != "active" && change.state == "active";
  if (!may_give(call, change.roles, returns ? "" : before->front().text(1)))
    return stop(why, not_by_token());
  const auto rows = call.db.query(
      "UPDATE person SET name = ?, roles = ?, state = ?, left_at = CASE WHEN ? = 'disabled' THEN "
      "COALESCE(left_at, ?) END WHERE id = ? RETURNING email",
      {change.name, change.roles, change.state, change.state, value_of(call.now), person});
  if (!rows) return std::unexpected(rows.error());
  const auto ended = end_what_was_lost(call, person, change);
  if (!ended) return ended;
  json::object detail{{"roles", change.roles}, {"state", change.state}};
  if (before->front().text(0) != change.name)
    detail["renamed"] = json::object{{"from", before->front().text(0)}, {"to", change.name}};
  if (ended->invitations > 0) detail["withdrawn_invitations"] = ended->invitations;
  if (ended->links > 0) detail["withdrawn_links"] = ended->links;
  if (auto noted = audit(call, "person-changed", rows->front().text(0), std::move(detail)); !noted)
    return std::unexpected(noted.error());
  return ended;
}

/// With try=yes it is only said how much would end, and nothing is changed.
Outcome change_person(Call& call) {
  const auto change = read_body<PersonChange>(call, [](const Node& node) {
    constexpr std::array<std::pair<std::string_view, int>, 2> kStates{
        {{"active", 1}, {"disabled", 2}}};
    node.only({"name", "roles", "state"});
    return PersonChange{read_person_name(node.at("name")), read_roles(node.at("roles")),
                        node.at("state").one_of<int>(kStates) == 2 ? "disabled" : "active"};
  });
  if (!change) return std::unexpected(change.error());
  const bool only_try = call.query("try") == "yes";
  Problem why;
  Withdrawn ended;
  const auto write = [&]() -> Result<void> {
    const auto done = write_person(call, *change, why);
    if (!done) return std::unexpected(done.error());
    ended = *done;
    return {};
  };
  const auto done = call.db.write([&]() -> Result<void> {
    auto kept = keep_administrated(call, write, why);
    // Ends the transaction as what fails does: nothing of it stays.
    return kept && only_try ? failure("", "") : kept;
  });
  if (!why.text.empty()) return std::unexpected(why);
  if (only_try && !done && done.error().message.empty()) return reply_json(withdrawn_json(ended));
  return written(done, reply_nothing());
}

/// The address of the person whom the path names.
Result<std::string> email_of(Call& call, Problem& why) {
  const auto rows = call.db.query("SELECT email FROM person WHERE id = ?", {call.id<PersonId>(0)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return stop(why, not_found().error());
  return rows->front().text(0);
}

Outcome end_sessions(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto email = email_of(call, why);
    if (!email) return std::unexpected(email.error());
    if (auto ended = end_sessions_of(call.db, call.id<PersonId>(0)); !ended) return ended;
    return audit(call, "sessions-ended", *email);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Result<void> take_factors(Call& call, Problem& why) {
  const auto email = email_of(call, why);
  if (!email) return std::unexpected(email.error());
  for (const char* sql : {"UPDATE person SET totp = NULL, recovery = '' WHERE id = ?",
                          "DELETE FROM passkey WHERE person_id = ?"})
    if (auto gone = call.db.execute(sql, {call.id<PersonId>(0)}); !gone) return gone;
  if (auto ended = end_all_of(call.db, call.id<PersonId>(0)); !ended) return ended;
  if (auto told = tell_of_change(
          call, *email,
          {"管理者が二要素認証を取り消しました。次のサインインで設定し直してください。",
           "An administrator removed your second factors. Set one up at the next sign-in."});
      !told)
    return told;
  return audit(call, "factors-reset", *email);
}

/// For someone who lost phone and recovery codes: they sign in with the password and set up anew.
/// In an emergency for the only administrator as well, who can't sign in without.
Outcome reset_factors(Call& call) {
  Problem why;
  const auto take = [&] { return take_factors(call, why); };
  const auto done = call.db.write([&]() -> Result<void> {
    return call.who.seal ? take() : keep_administrated(call, take, why);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

/// For who has another account at the provider by now: the next one with their address is linked.
Result<void> take_company_account(Call& call, Problem& why) {
  const PersonId id = call.id<PersonId>(0);
  const auto rows = call.db.query(
      "SELECT email, COALESCE(oidc, '') FROM person WHERE id = ? AND state <> 'erased'", {id});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return stop(why, not_found().error());
  const std::string email = rows->front().text(0);
  const std::string link = rows->front().text(1);
  if (link.empty())
    return stop(
        why,
        {409, {"会社のアカウントにつながっていません。", "no company account is linked."}, {}});
  if (auto gone = call.db.execute("UPDATE person SET oidc = NULL WHERE id = ?", {id}); !gone)
    return gone;
  if (auto ended = end_all_of(call.db, id); !ended) return ended;
  if (auto told = tell_of_change(
          call, email,
          {"管理者が会社のアカウントとのつながりを解きました。次のサインインでつなぎ直します。",
           "An administrator removed the link to your company account. It is linked anew at the "
           "next sign-in."});
      !told)
    return told;
  const std::size_t mark = link.find('|');
  return audit(call, "oidc-unlinked", email,
               {{"issuer", link.substr(0, mark)}, {"subject", link.substr(mark + 1)}});
}

Outcome unlink(Call& call) {
  Problem why;
  const auto done = call.db.write([&] {
    return keep_administrated(call, [&] { return take_company_account(call, why); }, why);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_people(Handlers& handlers) {
  handlers.insert({{"listPeople", list_people},
                   {"changePerson", change_person},
                   {"endSessions", end_sessions},
                   {"resetFactors", reset_factors},
                   {"unlinkCompanyAccount", unlink}});
}

}  // namespace sekisho
