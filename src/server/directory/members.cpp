#include "server/directory/members.h"

#include <fmt/format.h>

#include "server/api/fields.h"
#include "server/people/administrators.h"
#include "server/people/identity.h"
#include "server/people/people.h"
#include "store/audit.h"

namespace sekisho {
namespace {

constexpr const char* kMember =
    "SELECT p.id, COALESCE(d.user_name, p.email), COALESCE(d.external_id, ''), p.name, p.email, "
    "p.state, p.created_at FROM person p LEFT JOIN directory_person d ON d.person_id = p.id WHERE "
    "p.state <> 'erased' AND COALESCE(d.hidden, 0) = 0";

std::unexpected<ScimError> failed(const Error& error) {
  return std::unexpected(ScimError{
      500, "", {"今はできません。", "this can't be done now."}, error.describe(Lang::en)});
}

std::unexpected<ScimError> taken() {
  return scim_error(409, "uniqueness", "同じ userName かメールアドレスの人がいます。",
                    "there is somebody with this userName or address.");
}

Member member_of(const Row& row) {
  return {row.id<PersonId>(0),     row.text(1), row.text(2), row.text(3), row.text(4),
          row.text(5) == "active", row.time(6)};
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

bool is_only_teleworker(const std::string& roles) { return roles == "teleworker"; }

/// The words of a name's own, where the directory gives none.
std::string some_name(const UserEdit& given, const std::string& email) {
  return given.name.value_or(email.substr(0, email.find('@')));
}

}  // namespace

Result<void> Members::note(std::string_view action, const std::string& email,
                           boost::json::object detail) const {
  return append_audit(call.db, call.now, "SCIM " + by.name, action, email,
                      boost::json::serialize(detail));
}

ScimResult<Member> Members::find(PersonId id) const {
  const auto rows = call.db.query(std::string(kMember) + " AND p.id = ?", {id});
  if (!rows) return failed(rows.error());
  if (rows->empty()) return scim_error(404, "", "その人はいません。", "there is no such person.");
  return member_of(rows->front());
}

ScimResult<Members::Some> Members::list(const std::vector<Comparison>& which, std::int64_t skip,
                                        std::int64_t most) const {
  std::string sql = kMember;
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
    return scim_error(400, "invalidValue", "emails か、メールアドレスの形の userName が要ります。",
                      "give emails, or a userName that is an address.");
  const auto there = call.db.query(
      "SELECT p.id, COALESCE(d.hidden, 0) FROM person p LEFT JOIN directory_person d ON "
      "d.person_id = p.id WHERE p.state <> 'erased' AND (p.email = ? OR d.user_key = ?)",
      {email, key});
  if (!there) return failed(there.error());
  if (there->size() > 1 || (there->size() == 1 && there->front().integer(1) == 0)) return taken();
  UserEdit rest = given;
  PersonId id;
  if (!there->empty()) {  // who was deleted, and is there again
    id = there->front().id<PersonId>(0);
    if (auto seen =
            call.db.execute("UPDATE directory_person SET hidden = 0 WHERE person_id = ?", {id});
        !seen)
      return failed(seen.error());
    rest.active = given.active.value_or(true);
  } else {
    const auto invited = call.db.query(
        "SELECT roles FROM invitation WHERE email = ? AND expires_at > ? AND expires_at <= ?",
        {email, value_of(call.now), latest_end(call.now, kInvitationLasts)});
    if (!invited) return failed(invited.error());
    if (auto gone = call.db.execute(
            "DELETE FROM invitation WHERE email = ? AND withdrawn_at IS NULL", {email});
        !gone)
      return failed(gone.error());
    const auto added =
        add_person(call.db,
                   {email, some_name(given, email),
                    invited->empty() ? "teleworker" : invited->front().text(0), "ja", "", ""},
                   call.now);
    if (!added) return failed(added.error());
    id = *added;
    if (auto noted = note("directory-joined", email); !noted) return failed(noted.error());
  }
  rest.email = email;
  if (auto changed = change(id, rest); !changed) return std::unexpected(changed.error());
  return id;
}

ScimResult<void> Members::set_names(const Member& member, const UserEdit& edit) const {
  const std::string user_name = edit.user_name.value_or(member.user_name);
  const std::string name = edit.name.value_or(member.name);
  const std::string email = edit.email.value_or(member.email);
  const auto others = call.db.query(
      "SELECT 1 FROM person p LEFT JOIN directory_person d ON d.person_id = p.id WHERE p.id <> ? "
      "AND p.state <> 'erased' AND (p.email = ? OR COALESCE(d.user_key, p.email) = ?)",
      {member.id, email, lower(user_name)});
  if (!others) return failed(others.error());
  if (!others->empty()) return taken();
  // By the address somebody is known when they first sign in: whoever gives it to an administrator
  // becomes one.
  const auto roles = call.db.query("SELECT roles FROM person WHERE id = ?", {member.id});
  if (!roles) return failed(roles.error());
  if (email != member.email && !is_only_teleworker(roles->front().text(0)))
    return scim_error(
        403, "mutability",
        "テレワーク勤務者のほかの役割がある人のアドレスは、名簿からは変えられません。",
        "of who has a role beyond teleworker no directory changes the address.");
  for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
           {"UPDATE person SET name = ?, email = ? WHERE id = ?", {name, email, member.id}},
           {"INSERT INTO directory_person (person_id, user_name, user_key, external_id, hidden) "
            "VALUES (?, ?, ?, ?, 0) ON CONFLICT (person_id) DO UPDATE SET user_name = "
            "excluded.user_name, user_key = excluded.user_key, external_id = excluded.external_id",
            {member.id, user_name, lower(user_name),
             edit.external_id.value_or(member.external_id)}}})
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
    return scim_error(403, "",
                      "サインインできる最後の管理者です。先に別の人を管理者にしてください。",
                      "this is the last administrator who can sign in: make someone else "
                      "administrator first.");
  const PersonChange out{"", "", "disabled"};
  if (auto ended = end_what_was_lost(call, member.id, out); !ended) return failed(ended.error());
  if (auto noted = note("directory-left", member.email); !noted) return failed(noted.error());
  return {};
}

/// Whom an administrator here has disabled stays so, whatever the directory says.
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
  if (auto noted = note("directory-returned", member.email, {{"roles", "teleworker"}}); !noted)
    return failed(noted.error());
  return {};
}

ScimResult<void> Members::change(PersonId id, const UserEdit& edit) const {
  const auto member = find(id);
  if (!member) return std::unexpected(member.error());
  if (auto set = set_names(*member, edit); !set) return set;
  if (!edit.active || *edit.active == member->active) return {};
  const auto now_known = find(id);  // under the address of now
  if (!now_known) return std::unexpected(now_known.error());
  return *edit.active ? come_back(*now_known) : leave(*now_known);
}

ScimResult<void> Members::remove(PersonId id) const {
  if (auto left = change(id, {.active = false}); !left) return left;
  if (auto gone =
          call.db.execute("UPDATE directory_person SET hidden = 1 WHERE person_id = ?", {id});
      !gone)
    return failed(gone.error());
  return {};
}

}  // namespace sekisho
