// SPDX-License-Identifier: Apache-2.0
#include "server/directory/members.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/api/sealed.h"
#include "server/people/administrators.h"
#include "server/people/credentials.h"
#include "server/people/identity.h"
#include "server/people/oidc_roles.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

std::string members_sql() {
  return "SELECT p.id, COALESCE(d.user_name, p.email), COALESCE(d.external_id, ''), p.name, "
         "p.email, "
         "p.state, p.created_at, COALESCE(d.family_name, ''), COALESCE(d.given_name, ''), "
         "COALESCE(d.changed_at, 0) FROM person p LEFT JOIN directory_person d ON d.person_id = "
         "p.id "
         "WHERE "
         // Who was deleted there and let in again here is there again.
         "p.state <> 'erased' AND (COALESCE(d.hidden, 0) = 0 OR p.state = 'active') AND NOT " +
         only_sealed("p");
}

std::unexpected<ScimError> failed(const Error& error) {
  return std::unexpected(ScimError{
      500, "", {"今はできません。", "this can't be done now."}, error.describe(Lang::en)});
}

std::unexpected<ScimError> taken() {
  return scim_error(409, "uniqueness", "同じ userName かメールアドレスの人がいます。",
                    "there is somebody with this userName or address.");
}

Member member_of(const Row& row) {
  return {row.id<PersonId>(0), row.text(1),
          row.text(2),         row.text(3),
          row.text(4),         row.text(5) == "active",
          row.time(6),         row.text(7),
          row.text(8),         std::max(row.time(6), row.time(9))};
}

/// A comparison as SQL and its value; nothing for an attribute that nobody can be found by.
std::optional<std::pair<const char*, Value>> condition_of(const Comparison& one) {
  const auto* text = std::get_if<std::string>(&one.value);
  const auto* truth = std::get_if<bool>(&one.value);
  if (one.attribute == "active" && truth != nullptr)
    return std::pair(" AND (p.state = 'active') = (? = 'true')",
                     Value(std::string(*truth ? "true" : "false")));
  if (text == nullptr) return std::nullopt;
  if (one.attribute == "username")
    return std::pair(" AND COALESCE(d.user_key, p.email) = ?", Value(lower(*text)));
  if (one.attribute == "externalid") return std::pair(" AND d.external_id = ?", Value(*text));
  if (one.attribute == "emails.value" || one.attribute == "emails")
    return std::pair(" AND p.email = ?", Value(lower(*text)));
  if (one.attribute == "displayname") return std::pair(" AND p.name = ?", Value(*text));
  if (one.attribute == "id")
    return std::pair(" AND p.id = ?", Value(std::max<std::int64_t>(whole_number(*text), 0)));
  return std::nullopt;
}

/// Parts that changed make another name where both are known.
std::string name_by_parts(const Member& member, const std::string& family,
                          const std::string& given) {
  const bool changed = family != member.family || given != member.given;
  return changed && !family.empty() && !given.empty() ? joined_name(family, given) : member.name;
}

std::unexpected<ScimError> refused_of(const Member& member, const char* type, Text why) {
  return std::unexpected(ScimError{403, type, std::move(why), "", member.email});
}

bool is_only_teleworker(const std::string& roles) { return roles == "teleworker"; }

/// The words of a name's own, where the directory gives none.
std::string some_name(const UserEdit& given, const std::string& email) {
  const std::string joined = joined_name(given.family.value_or(""), given.given.value_or(""));
  return given.name.value_or(joined.empty() ? email.substr(0, email.find('@')) : joined);
}

}  // namespace

Result<void> Members::note(std::string_view action, const std::string& email,
                           boost::json::object detail) const {
  return append_audit(call.db, call.now, "SCIM " + by.name, action, email,
                      boost::json::serialize(detail));
}

ScimResult<Member> Members::find(PersonId id) const {
  const auto rows = call.db.query(members_sql() + " AND p.id = ?", {id});
  if (!rows) return failed(rows.error());
  if (rows->empty()) return scim_error(404, "", "その人はいません。", "there is no such person.");
  return member_of(rows->front());
}

ScimResult<Members::Some> Members::list(const std::vector<Comparison>& which, std::int64_t skip,
                                        std::int64_t most) const {
  std::string sql = members_sql();
  Values values;
  for (const Comparison& one : which) {
    auto condition = condition_of(one);
    if (!condition)
      return scim_error(400, "invalidFilter",
                        "userName、externalId、emails.value、displayName、active、id で探せます。",
                        "search by userName, externalId, emails.value, displayName, active or id.");
    sql += condition->first;
    values.push_back(std::move(condition->second));
  }
  const auto count = call.db.query("SELECT COUNT(*) FROM (" + sql + ") AS found", values);
  if (!count) return failed(count.error());
  Some some{count->front().integer(0), {}};
  values.emplace_back(most);
  values.emplace_back(skip);
  const auto rows = call.db.query(sql + " ORDER BY p.id LIMIT ? OFFSET ?", values);
  if (!rows) return failed(rows.error());
  for (const Row& row : *rows) some.these.push_back(member_of(row));
  return some;
}

ScimResult<PersonId> Members::create(const UserEdit& given) const {
  const std::string key = lower(*given.user_name);
  const std::string email = given.email.value_or(is_email(key) ? key : "");
  if (email.empty())
    return scim_error(400, "invalidValue", "emails か、メールアドレスの形の userName が必要です。",
                      "give emails, or a userName that is an address.");
  const auto there = holders(PersonId(), email, key);
  if (!there) return std::unexpected(there.error());
  if (std::ranges::any_of(*there, [](const Holder& one) { return !one.gone; })) return taken();
  const auto again = std::ranges::find_if(*there, [&](const Holder& one) {
    return !one.external_id.empty() && one.external_id == given.external_id;
  });
  for (auto one = there->begin(); one != there->end(); ++one)
    if (one != again)
      if (auto moved = give_up_address(*one); !moved) return std::unexpected(moved.error());
  const auto id = again != there->end() ? ScimResult<PersonId>(again->id)
                                        : join(email, some_name(given, email), *there);
  if (!id) return id;
  UserEdit rest = given;
  rest.email = email;
  if (again != there->end()) {
    rest.active = given.active.value_or(true);
    if (auto seen = call.db.execute("UPDATE directory_person SET hidden = 0 WHERE person_id = ?",
                                    {again->id});
        !seen)
      return failed(seen.error());
  }
  if (auto changed = change(*id, rest); !changed) return std::unexpected(changed.error());
  return id;
}

ScimResult<PersonId> Members::join(const std::string& email, const std::string& name,
                                   const std::vector<Holder>& before) const {
  const auto invited = call.db.query(
      "SELECT roles FROM invitation WHERE email = ? AND expires_at > ? AND expires_at <= ?",
      {email, value_of(call.now), latest_end(call.now, kInvitationLasts)});
  if (!invited) return failed(invited.error());
  if (auto gone = call.db.execute("DELETE FROM invitation WHERE email = ? AND withdrawn_at IS NULL",
                                  {email});
      !gone)
    return failed(gone.error());
  const auto id = add_person(
      call.db,
      {email, name, invited->empty() ? "teleworker" : invited->front().text(0), "ja", "", ""},
      call.now);
  if (!id) return failed(id.error());
  boost::json::object detail;
  for (const Holder& one : before) {
    detail["address_of"] = fmt::format("person-{}", one.id);
    if (!one.barred) continue;
    // Whom an administrator here has disabled doesn't come in as somebody new either.
    detail["disabled"] = "as an administrator had disabled who had the address";
    if (auto out = call.db.execute("UPDATE person SET state = 'disabled', left_at = ? WHERE id = ?",
                                   {value_of(call.now), *id});
        !out)
      return failed(out.error());
  }
  if (auto noted = note("directory-joined", email, std::move(detail)); !noted)
    return failed(noted.error());
  return *id;
}

ScimResult<std::vector<Members::Holder>> Members::holders(PersonId but, const std::string& email,
                                                          const std::string& key) const {
  const auto rows = call.db.query(
      "SELECT p.id, COALESCE(d.hidden, 0) = 1 AND p.state <> 'active', COALESCE(d.external_id, "
      "''), p.left_at IS DISTINCT FROM d.left_at FROM person p LEFT JOIN directory_person "
      "d ON d.person_id = p.id WHERE p.id <> ? AND p.state <> 'erased' AND (p.email = ? OR "
      "COALESCE(d.user_key, p.email) = ?)",
      {but, email, key});
  if (!rows) return failed(rows.error());
  std::vector<Holder> all;
  for (const Row& row : *rows)
    all.push_back({row.id<PersonId>(0), row.integer(1) != 0, row.text(2), row.integer(3) != 0});
  return all;
}

ScimResult<void> Members::give_up_address(const Holder& one) const {
  const std::string nobodys = fmt::format("person-{}@moved.invalid", one.id);  // RFC 2606, 2
  if (auto gone = take_all_keys(call.db, one.id, call.now); !gone) return failed(gone.error());
  for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
           {"INSERT INTO former_address (person_id, email, last_entry) SELECT id, email, (SELECT "
            "COALESCE(MAX(id), 0) FROM audit) FROM person WHERE id = ? ON CONFLICT (person_id) DO "
            "NOTHING",
            {one.id}},
           {"UPDATE person SET email = ? WHERE id = ?", {nobodys, one.id}},
           {"DELETE FROM directory_member WHERE person_id = ?", {one.id}},
           {"UPDATE directory_person SET user_name = ?, user_key = ? WHERE person_id = ?",
            {nobodys, nobodys, one.id}}})
    if (auto ran = call.db.execute(sql, values); !ran) return failed(ran.error());
  return {};
}

ScimResult<void> Members::set_names(const Member& member, const UserEdit& edit) const {
  const std::string user_name = edit.user_name.value_or(member.user_name);
  const std::string family = edit.family.value_or(member.family);
  const std::string given = edit.given.value_or(member.given);
  const std::string name = edit.name.value_or(name_by_parts(member, family, given));
  const std::string email = edit.email.value_or(member.email);
  const auto others = holders(member.id, email, lower(user_name));
  if (!others) return std::unexpected(others.error());
  if (std::ranges::any_of(*others, [](const Holder& one) { return !one.gone; })) return taken();
  // By the address somebody is known when they first sign in: whoever gives it to an administrator
  // becomes one.
  const auto roles = call.db.query("SELECT roles FROM person WHERE id = ?", {member.id});
  if (!roles) return failed(roles.error());
  if (email != member.email && !is_only_teleworker(roles->front().text(0)))
    return refused_of(
        member, "mutability",
        {"テレワーク勤務者のほかの役割がある人のアドレスは、名簿からは変えられません。",
         "of who has a role beyond teleworker no directory changes the address."});
  for (const Holder& one : *others)
    if (auto moved = give_up_address(one); !moved) return moved;
  for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
           {"UPDATE person SET name = ?, email = ? WHERE id = ?", {name, email, member.id}},
           {"INSERT INTO directory_person (person_id, user_name, user_key, external_id, hidden, "
            "family_name, given_name, changed_at) VALUES (?, ?, ?, ?, 0, ?, ?, ?) ON CONFLICT "
            "(person_id) DO UPDATE SET user_name = excluded.user_name, user_key = "
            "excluded.user_key, external_id = excluded.external_id, family_name = "
            "excluded.family_name, given_name = excluded.given_name, changed_at = "
            "excluded.changed_at",
            {member.id, user_name, lower(user_name), edit.external_id.value_or(member.external_id),
             family, given, value_of(call.now)}}})
    if (auto ran = call.db.execute(sql, values); !ran) return failed(ran.error());
  if (name == member.name && email == member.email) return {};
  boost::json::object detail;
  if (name != member.name)
    detail["renamed"] = boost::json::object{{"from", member.name}, {"to", name}};
  if (email != member.email) detail["address"] = email;
  if (auto noted = note("directory-changed", member.email, std::move(detail)); !noted)
    return failed(noted.error());
  return {};
}

ScimResult<void> Members::leave(const Member& member) const {
  const auto remains = stays_administrated(call, [&]() -> Result<void> {
    for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
             {"UPDATE person SET state = 'disabled', left_at = COALESCE(left_at, ?) WHERE id = ?",
              {value_of(call.now), member.id}},
             {"UPDATE directory_person SET left_at = (SELECT left_at FROM person WHERE id = "
              "person_id) WHERE person_id = ?",
              {member.id}}})
      if (auto ran = call.db.execute(sql, values); !ran) return ran;
    return {};
  });
  if (!remains) return failed(remains.error());
  if (!*remains)
    return refused_of(member, "",
                      {"サインインできる最後の管理者です。先に別の人を管理者にしてください。",
                       "this is the last administrator who can sign in: make someone else "
                       "administrator first."});
  const PersonChange out{"", "", "disabled"};
  const auto ended = end_what_was_lost(call, member.id, out);
  if (!ended) return failed(ended.error());
  boost::json::object detail;
  if (ended->invitations > 0) detail["withdrawn_invitations"] = ended->invitations;
  if (ended->links > 0) detail["withdrawn_links"] = ended->links;
  if (auto noted = note("directory-left", member.email, std::move(detail)); !noted)
    return failed(noted.error());
  return {};
}

/// Whom an administrator here has disabled stays so, whatever the directory says. A directory gives
/// an account to somebody else as well: whoever comes back shows anew who they are.
ScimResult<void> Members::come_back(const Member& member) const {
  const auto back = call.db.query(
      "UPDATE person SET state = 'active', left_at = NULL, roles = 'teleworker' WHERE id = ? AND "
      "left_at = (SELECT left_at FROM directory_person WHERE person_id = person.id) RETURNING id",
      {member.id});
  if (!back) return failed(back.error());
  if (back->empty()) return {};
  if (auto done = call.db.execute("UPDATE directory_person SET left_at = NULL WHERE person_id = ?",
                                  {member.id});
      !done)
    return failed(done.error());
  if (auto gone = take_all_keys(call.db, member.id, call.now); !gone) return failed(gone.error());
  if (auto noted = note("directory-returned", member.email, {{"roles", "teleworker"}}); !noted)
    return failed(noted.error());
  return roles_follow(member.id);
}

ScimResult<void> Members::roles_follow(PersonId id) const {
  const auto rules = company_rules(call.db, call.shop.options.oidc.issuer);
  if (!rules) return failed(rules.error());
  if (auto followed = follow_directory(call, id, *rules, "SCIM " + by.name); !followed)
    return failed(followed.error());
  return {};
}

ScimResult<void> Members::change(PersonId id, const UserEdit& edit) const {
  const auto member = find(id);
  if (!member) return std::unexpected(member.error());
  if (edit.email_was && *edit.email_was != member->email)
    return scim_error(400, "noTarget", "path に当たるアドレスがありません。",
                      "there is no address that the path means.");
  if (auto set = set_names(*member, edit); !set) return set;
  if (!edit.active || *edit.active == member->active) return {};
  const auto now_known = find(id);  // under the address of now
  if (!now_known) return std::unexpected(now_known.error());
  return *edit.active ? come_back(*now_known) : leave(*now_known);
}

ScimResult<void> Members::remove(PersonId id) const {
  if (auto left = change(id, {.active = false}); !left) return left;
  for (const char* sql : {"UPDATE directory_person SET hidden = 1 WHERE person_id = ?",
                          "DELETE FROM directory_member WHERE person_id = ?"})
    if (auto gone = call.db.execute(sql, {id}); !gone) return failed(gone.error());
  return {};
}

}  // namespace sekisho
