// SPDX-License-Identifier: Apache-2.0
// Invitations: one, or many from a list; each link is good for one person, and can be seen again by
// administrators until it was used.
#include <fmt/format.h>

#include "base/crypto.h"
#include "server/api/addresses.h"
#include "server/api/fields.h"
#include "server/api/links.h"
#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"
#include "server/people/handlers.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "server/people/people_list.h"
#include "server/people/withdrawals.h"

namespace sekisho {
namespace {

namespace json = boost::json;

struct Invitation {
  std::string email;
  std::string name;
  std::string roles;
};

Letter invitation_mail(const Call& call, const std::string& firm, const Invitation& given,
                       const std::string& link) {
  const std::string of_ja = firm.empty() ? "" : firm + " の";
  const std::string of_en = firm.empty() ? "" : " of " + firm;
  const Text roles = role_words(given.roles);
  return {"mail",
          given.email,
          "invitation",
          {(firm.empty() ? "" : firm + ": ") + "Sekisho への招待",
           (firm.empty() ? "" : firm + ": ") + "invitation to Sekisho"},
          {fmt::format("{}{} さんから、テレワークの安全を確かめる Sekisho に招待されました（役割: "
                       "{}）。7 日以内に次のリンクから登録してください。\n",
                       of_ja, call.who.name, roles.ja),
           fmt::format("{}{} invites you to Sekisho, which looks after the security of telework "
                       "(your role: {}). Use this link within 7 days:\n",
                       call.who.name, of_en, roles.en)},
          "{}",
          link};
}

/// What invitations of one request share.
struct Inviting {
  std::string address;  // that links begin with
  std::string firm;
  bool mails = false;
};

Result<Inviting> inviting(Call& call) {
  auto address = people_address(call);
  if (!address) return std::unexpected(address.error());
  const auto kept = settings(call.db);
  if (!kept) return std::unexpected(kept.error());
  const auto firm = kept->find("organisation.name");
  return Inviting{std::move(*address), firm == kept->end() ? "" : firm->second,
                  !mail_server(*kept).url.empty()};
}

/// The token stands behind the #, which browsers send to nobody.
std::string link_of(const Inviting& by, const std::string& token) {
  return by.address + "/invitation#" + token;
}

Result<bool> is_registered(Call& call, const std::string& email) {
  const auto there = call.db.query("SELECT 1 FROM person WHERE email = ?", {email});
  if (!there) return std::unexpected(there.error());
  return !there->empty();
}

struct Made {
  std::int64_t id = 0;
  std::string link;
  Time until{};
};

/// An invitation that an emergency made is one for as long as that lasts.
Result<Time> end_of_invitation(Call& call) {
  const Time usual = call.now + kInvitationLasts;
  if (!call.who.seal) return usual;
  const auto rows =
      call.db.query("SELECT open_until FROM emergency_seal WHERE id = ?", {call.who.seal});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? call.now : std::min(usual, rows->front().time(0));
}

/// In place of one that was made for the same address, in the transaction that is open.
Result<Made> make_invitation(Call& call, const Inviting& by, const Invitation& given) {
  const NewLink made = new_link(call.shop.options, LinkKind::invitation);
  const auto until = end_of_invitation(call);
  if (!until) return std::unexpected(until.error());
  if (auto old = call.db.execute("DELETE FROM invitation WHERE email = ?", {given.email}); !old)
    return std::unexpected(old.error());
  const auto rows = call.db.query(
      "INSERT INTO invitation (secret, salt, email, name, roles, created_by, created_at, "
      "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
      {secret_hash(made.code), made.salt, given.email, given.name, given.roles, call.who.person,
       value_of(call.now), value_of(*until)});
  if (!rows) return std::unexpected(rows.error());
  Made one{rows->front().integer(0), link_of(by, made.code), *until};
  if (by.mails)
    if (auto put = put_out(call.db, call.now, invitation_mail(call, by.firm, given, one.link));
        !put)
      return std::unexpected(put.error());
  if (auto noted = audit(call, "invited", given.email, {{"roles", given.roles}}); !noted)
    return std::unexpected(noted.error());
  return one;
}

Problem already_registered() {
  Problem why = wrong_at("/email", "このメールアドレスは登録済みです。",
                         "that email address is registered already.")
                    .error();
  why.status = 409;
  return why;
}

Outcome invite(Call& call) {
  const auto given = read_body<Invitation>(call, [](const Node& node) {
    node.only({"email", "name", "roles"});
    return Invitation{read_email(node.at("email")), read_person_name(node.at("name")),
                      read_roles(node.at("roles"))};
  });
  if (!given) return std::unexpected(given.error());
  if (!may_give(call, given->roles, {})) return std::unexpected(not_by_token());
  Problem why;
  json::object reply;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto there = is_registered(call, given->email);
    if (!there) return std::unexpected(there.error());
    if (*there) return stop(why, already_registered());
    const auto by = inviting(call);
    if (!by) return std::unexpected(by.error());
    const auto made = make_invitation(call, *by, *given);
    if (!made) return std::unexpected(made.error());
    reply = {{"id", made->id},
             {"link", made->link},
             {"mailed", by->mails},
             {"expires_at", json_time(made->until)}};
    return {};
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(reply, 201));
}

/// The invitation that waits for an address already.
struct Waiting {
  InvitationId id;
  std::string roles;
};
Result<std::optional<Waiting>> waiting_for(Call& call, const std::string& email) {
  const auto rows = call.db.query(
      "SELECT id, roles FROM invitation WHERE email = ? AND withdrawn_at IS NULL AND expires_at > "
      "? "
      "AND expires_at <= ? ORDER BY id DESC LIMIT 1",
      {email, value_of(call.now), latest_end(call.now, kInvitationLasts)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return Waiting{rows->front().id<InvitationId>(0), rows->front().text(1)};
}

/// Its link stays: whoever has it comes in by it, in other roles.
Result<void> give_roles(Call& call, const Waiting& waits, const ListedPerson& one) {
  if (auto set =
          call.db.execute("UPDATE invitation SET roles = ? WHERE id = ?", {one.roles, waits.id});
      !set)
    return set;
  return audit(call, "invitation-changed", one.email, {{"from", waits.roles}, {"to", one.roles}});
}

/// What comes of one person of a list, who is not registered: a new invitation, or the one that
/// waits, as it is but for roles that the list names.
Result<json::object> take_listed(Call& call, const Inviting& by, const ListedPerson& one,
                                 bool only_try) {
  const auto waits = waiting_for(call, one.email);
  if (!waits) return std::unexpected(waits.error());
  json::object said{{"waits", waits->has_value()}, {"had", nullptr}, {"link", nullptr}};
  if (!*waits && !only_try) {
    const auto made = make_invitation(call, by, {one.email, one.name, one.roles});
    if (!made) return std::unexpected(made.error());
    said["link"] = made->link;
  }
  if (!*waits || !one.named || one.roles == (*waits)->roles) {
    said["roles"] = roles_json(*waits ? (*waits)->roles : one.roles);
    return said;
  }
  said["had"] = roles_json((*waits)->roles);
  said["roles"] = roles_json(one.roles);
  if (!only_try)
    if (auto given = give_roles(call, **waits, one); !given) return std::unexpected(given.error());
  return said;
}

/// A list is looked at first, and taken only when asked to; whole, or not at all.
Outcome invite_many(Call& call) {
  const auto list = read_people_list(call.request.body);
  if (!list) return faulty_list(list.error());
  for (const ListedPerson& one : *list)
    if (!may_give(call, one.roles, {})) return std::unexpected(not_by_token());
  const bool only_try = call.query("try") == "yes";
  json::array people;
  std::int64_t invited = 0;
  std::int64_t changed = 0;
  bool mailed = false;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto by = inviting(call);
    if (!by) return std::unexpected(by.error());
    mailed = by->mails;
    for (const ListedPerson& one : *list) {
      const auto there = is_registered(call, one.email);
      if (!there) return std::unexpected(there.error());
      json::object said{{"waits", false}, {"had", nullptr}, {"link", nullptr}};
      said["roles"] = roles_json(one.roles);
      if (!*there) {
        auto taken = take_listed(call, *by, one, only_try);
        if (!taken) return std::unexpected(taken.error());
        said = std::move(*taken);
        if (!said.at("waits").as_bool()) ++invited;
        if (!said.at("had").is_null()) ++changed;
      }
      said["line"] = one.line;
      said["name"] = one.name;
      said["email"] = one.email;
      said["there"] = *there;
      people.push_back(std::move(said));
    }
    return {};
  });
  if (!done) return broken(done.error());
  return reply_json(json::object{{"invited", invited},
                                 {"changed", changed},
                                 {"mailed", mailed},
                                 {"people", std::move(people)}});
}

Outcome list_invitations(Call& call) {
  const auto page = page_of(call, 500);
  if (!page) return std::unexpected(page.error());
  const auto rows = call.db.query(
      "SELECT i.id, i.email, i.name, i.roles, i.expires_at, i.withdrawn_at, b.id, b.name, w.id, "
      "w.name FROM invitation i LEFT JOIN person b ON b.id = i.created_by LEFT JOIN person w ON "
      "w.id = i.withdrawn_by WHERE i.id > ? AND (i.withdrawn_at IS NOT NULL OR (i.expires_at > ? "
      "AND i.expires_at <= ?)) ORDER BY i.id LIMIT ?",
      {page->after, value_of(call.now), latest_end(call.now, kInvitationLasts),
       static_cast<std::int64_t>(page->limit + 1)});
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"id", row.integer(0)},
                                    {"email", row.text(1)},
                                    {"name", row.text(2)},
                                    {"roles", roles_json(row.text(3))},
                                    {"state", row.null(5) ? "open" : "withdrawn"},
                                    {"by", person_json(row, 6, 7)},
                                    {"withdrawn_at", json_time_or_null(row, 5)},
                                    {"withdrawn_by", person_json(row, 8, 9)},
                                    // What was withdrawn ended then.
                                    {"expires_at", json_time(row.time(row.null(5) ? 4 : 5))}});
  return reply_json(
      paged(std::move(items), *page, [](const json::value& last) { return last.at("id"); }));
}

/// Once more, for whoever has to hand it on; who asked stands in the audit log.
Outcome show_invitation_link(Call& call) {
  Problem why;
  std::string link;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto rows = call.db.query(
        "SELECT secret, salt, email FROM invitation WHERE id = ? AND expires_at > ? AND "
        "expires_at <= ?",
        {call.id<InvitationId>(0), value_of(call.now), latest_end(call.now, kInvitationLasts)});
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return stop(why, not_found().error());
    const Row& row = rows->front();
    const std::string token =
        shown_again(call.shop.options, LinkKind::invitation, row.text(1), row.text(0));
    if (token.empty())
      return stop(why, {409,
                        {"このリンクは、ここではもう表示できません。招待し直してください。",
                         "this link cannot be shown here any more; invite them again."},
                        {}});
    const auto by = inviting(call);
    if (!by) return std::unexpected(by.error());
    link = link_of(*by, token);
    return audit(call, "invitation-shown", row.text(2));
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_json(json::object{{"link", link}}, 201));
}

Outcome withdraw_invitation(Call& call) {
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto gone = withdraw_invitation_of(call, call.id<InvitationId>(0));
    if (!gone) return std::unexpected(gone.error());
    if (!*gone) return stop(why, not_found().error());
    return audit(call, "invitation-withdrawn", **gone);
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

}  // namespace

void add_invitations(Handlers& handlers) {
  handlers.insert({{"invite", invite},
                   {"inviteMany", invite_many},
                   {"listInvitations", list_invitations},
                   {"showInvitation", show_invitation_link},
                   {"withdrawInvitation", withdraw_invitation}});
}

}  // namespace sekisho
