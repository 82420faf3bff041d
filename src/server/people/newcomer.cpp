// SPDX-License-Identifier: Apache-2.0
// First run and invitations: a link is used up in the one transaction that makes the person, so
// that there is always one of the two, and never two persons of one link.
#include "server/api/fields.h"
#include "server/http/secrets.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"

namespace sekisho {
namespace {

namespace json = boost::json;

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
               read_person_name(node.at("name")),
               {},
               read_password(node.at("password")),
               read_lang(node.at("lang"))};
  if (with_email) one.email = read_email(node.at("email"));
  if (const auto wrong = password_problem(one.password, one.email, one.name))
    node.at("password").report(wrong->ja, wrong->en);
  return one;
}

/// Makes the person and lets them in, in the transaction that is open.
Result<std::string> add_newcomer(Call& call, const Newcomer& one, const std::string& hash,
                                 const std::string& roles, std::string_view action, Problem& why) {
  const auto id = add_person(call.db, {one.email, one.name, roles, one.lang, hash, ""}, call.now);
  if (!id) return std::unexpected(id.error());
  auto cookie = open_session(call, *id, "enrol", why);
  if (!cookie) return cookie;
  call.who.name = one.name;
  call.who.email = one.email;
  call.who.person = *id;
  if (auto noted = audit(call, action, one.email, {{"roles", roles}}); !noted)
    return std::unexpected(noted.error());
  return cookie;
}

Outcome let_in(const Result<void>& done, const Problem& why, std::string cookie) {
  if (!why.text.empty()) return std::unexpected(why);
  if (!done) return broken(done.error());
  return stage_reply("enrol", {std::move(cookie)});
}

Result<void> must_be_first(Call& call, Problem& why) {
  const auto people = call.db.query("SELECT 1 FROM person LIMIT 1");
  if (!people) return std::unexpected(people.error());
  if (people->empty()) return {};
  return stop(
      why, {409,
            {"最初の管理者はもう登録されています。", "the first administrator is there already."},
            {}});
}

std::unexpected<Problem> no_setup_link() {
  return problem(403, "このリンクは使えません。sekisho serve を起動し直すと新しいリンクが出ます。",
                 "this link does not work; start sekisho serve again for a new one.");
}

Outcome setup(Call& call) {
  const auto one =
      read_body<Newcomer>(call, [](const Node& node) { return read_newcomer(node, true); });
  if (!one) return std::unexpected(one.error());
  const std::string link = "setup|" + one->token;
  Problem why;
  // Looked at first, so that nobody is worth a hash who has no link; decided upon below.
  if (const auto first = must_be_first(call, why); !first)
    return why.text.empty() ? broken(first.error()) : std::unexpected(why);
  const auto there = is_pending(call.db, link, call.now);
  if (!there) return broken(there.error());
  if (!*there) return no_setup_link();
  const std::string hash = hash_password(one->password);
  std::string cookie;
  const auto done = call.db.write([&]() -> Result<void> {
    if (auto first = must_be_first(call, why); !first) return first;
    const auto known = take_pending(call.db, link, call.now);
    if (!known) return std::unexpected(known.error());
    if (!*known) return stop(why, no_setup_link().error());
    auto added = add_newcomer(call, *one, hash, "administrator", "setup", why);
    if (!added) return std::unexpected(added.error());
    cookie = std::move(*added);
    return {};
  });
  return let_in(done, why, std::move(cookie));
}

Result<std::optional<Row>> invitation(Call& call, const std::string& token) {
  auto rows = call.db.query(
      "SELECT i.id, i.email, i.name, i.roles, i.expires_at, p.name FROM invitation i LEFT JOIN "
      "person p ON p.id = i.created_by WHERE i.secret = ? AND i.expires_at > ? AND i.expires_at <= "
      "?",
      {secret_hash(token), value_of(call.now), latest_end(call.now, kInvitationLasts)});
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
  const auto kept = settings(call.db);
  if (!kept) return broken(kept.error());
  const auto firm = kept->find("organisation.name");
  const Row& invited = **row;
  return reply_json(
      json::object{{"email", invited.text(1)},
                   {"name", invited.text(2)},
                   {"roles", roles_json(invited.text(3))},
                   {"organisation", firm == kept->end() ? "" : firm->second},
                   {"by", invited.null(5) ? json::value(nullptr) : json::value(invited.text(5))},
                   {"expires_at", json_time(invited.time(4))}});
}

Outcome accept_invitation(Call& call) {
  auto one = read_body<Newcomer>(call, [](const Node& node) { return read_newcomer(node, false); });
  if (!one) return std::unexpected(one.error());
  const auto row = invitation(call, one->token);
  if (!row) return broken(row.error());
  if (!*row) return no_invitation();
  one->email = (*row)->text(1);
  if (const auto wrong = password_problem(one->password, one->email, one->name))
    return wrong_at("/password", wrong->ja, wrong->en);
  const std::string hash = hash_password(one->password);
  Problem why;
  std::string cookie;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto used = call.db.query(
        "DELETE FROM invitation WHERE id = ? AND NOT EXISTS (SELECT 1 FROM person WHERE email = "
        "invitation.email) RETURNING roles",
        {(*row)->integer(0)});
    if (!used) return std::unexpected(used.error());
    if (used->empty()) return stop(why, no_invitation().error());
    auto added = add_newcomer(call, *one, hash, used->front().text(0), "invitation-accepted", why);
    if (!added) return std::unexpected(added.error());
    cookie = std::move(*added);
    return {};
  });
  return let_in(done, why, std::move(cookie));
}

}  // namespace

void add_newcomers(Handlers& handlers) {
  handlers.insert({{"setUp", setup},
                   {"getInvitation", show_invitation},
                   {"acceptInvitation", accept_invitation}});
}

}  // namespace sekisho
