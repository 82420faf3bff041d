// SPDX-License-Identifier: Apache-2.0
#include "server/directory/groups.h"

#include <algorithm>

#include "server/people/oidc_roles.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostMembers = 5000;
constexpr std::int64_t kMostGroups = 2000;

std::unexpected<ScimError> group_failed(const Error& error) {
  return std::unexpected(ScimError{
      500, "", {"今はできません。", "this can't be done now."}, error.describe(Lang::en)});
}

std::unexpected<ScimError> no_such_group() {
  return scim_error(404, "", "そのグループはありません。", "there is no such group.");
}

std::unexpected<ScimError> name_taken() {
  return scim_error(409, "uniqueness", "同じ displayName のグループがあります。",
                    "there is a group with this displayName.");
}

DirectoryGroup group_of(const Row& row) {
  return {row.id<DirectoryGroupId>(0), row.text(1), row.text(2), row.time(3), row.time(4)};
}

constexpr const char* kGroup =
    "SELECT g.id, g.name, g.external_id, g.created_at, g.changed_at FROM directory_group g WHERE "
    "1 = 1";

std::optional<std::pair<const char*, Value>> group_condition(const Comparison& one) {
  const auto* text = std::get_if<std::string>(&one.value);
  if (text == nullptr) return std::nullopt;
  const Value number(std::max<std::int64_t>(whole_number(*text), 0));
  if (one.attribute == "displayname") return std::pair(" AND g.name_key = ?", Value(lower(*text)));
  if (one.attribute == "externalid") return std::pair(" AND g.external_id = ?", Value(*text));
  if (one.attribute == "id") return std::pair(" AND g.id = ?", number);
  if (one.attribute == "members" || one.attribute == "members.value")
    return std::pair(
        " AND EXISTS (SELECT 1 FROM directory_member m WHERE m.group_id = g.id AND m.person_id = "
        "?)",
        number);
  return std::nullopt;
}

std::set<PersonId> changed_by(std::set<PersonId> inside, const std::vector<MembersChange>& all) {
  for (const MembersChange& one : all) {
    if (one.kind == MembersChange::Kind::set) inside.clear();
    for (const PersonId person : one.whom)
      if (one.kind == MembersChange::Kind::remove)
        inside.erase(person);
      else
        inside.insert(person);
  }
  return inside;
}

std::set<PersonId> but(const std::set<PersonId>& these, const std::set<PersonId>& those) {
  std::set<PersonId> left;
  std::ranges::set_difference(these, those, std::inserter(left, left.end()));
  return left;
}

}  // namespace

ScimResult<DirectoryGroup> Groups::find(DirectoryGroupId id) const {
  const auto rows = people.call.db.query(std::string(kGroup) + " AND g.id = ?", {id});
  if (!rows) return group_failed(rows.error());
  if (rows->empty()) return no_such_group();
  return group_of(rows->front());
}

ScimResult<Groups::Some> Groups::list(const std::vector<Comparison>& which, std::int64_t skip,
                                      std::int64_t most) const {
  std::string sql = kGroup;
  Values values;
  for (const Comparison& one : which) {
    auto condition = group_condition(one);
    if (!condition)
      return scim_error(400, "invalidFilter",
                        "displayName、externalId、members.value、id で探せます。",
                        "search by displayName, externalId, members.value or id.");
    sql += condition->first;
    values.push_back(std::move(condition->second));
  }
  const auto count = people.call.db.query("SELECT COUNT(*) FROM (" + sql + ") AS found", values);
  if (!count) return group_failed(count.error());
  Some some{count->front().integer(0), {}};
  values.emplace_back(most);
  values.emplace_back(skip);
  const auto rows = people.call.db.query(sql + " ORDER BY g.id LIMIT ? OFFSET ?", values);
  if (!rows) return group_failed(rows.error());
  for (const Row& row : *rows) some.these.push_back(group_of(row));
  return some;
}

ScimResult<std::vector<std::pair<PersonId, std::string>>> Groups::members(
    DirectoryGroupId id) const {
  const auto rows = people.call.db.query(
      "SELECT p.id, p.name FROM directory_member m JOIN person p ON p.id = m.person_id WHERE "
      "m.group_id = ? ORDER BY p.id",
      {id});
  if (!rows) return group_failed(rows.error());
  std::vector<std::pair<PersonId, std::string>> all;
  for (const Row& row : *rows) all.emplace_back(row.id<PersonId>(0), row.text(1));
  return all;
}

ScimResult<std::set<PersonId>> Groups::inside(DirectoryGroupId id) const {
  const auto all = members(id);
  if (!all) return std::unexpected(all.error());
  std::set<PersonId> inside;
  for (const auto& [person, name] : *all) inside.insert(person);
  return inside;
}

ScimResult<DirectoryGroupId> Groups::create(const GroupEdit& given) const {
  const auto count = people.call.db.query("SELECT COUNT(*) FROM directory_group", {});
  if (!count) return group_failed(count.error());
  if (count->front().integer(0) >= kMostGroups)
    return scim_error(400, "invalidValue", "グループが多すぎます。", "there are too many groups.");
  const auto made = people.call.db.query(
      "INSERT INTO directory_group (name, name_key, external_id, created_at, changed_at) VALUES "
      "(?, ?, ?, ?, ?) ON CONFLICT (name_key) DO NOTHING RETURNING id",
      {*given.name, lower(*given.name), given.external_id.value_or(""), value_of(people.call.now),
       value_of(people.call.now)});
  if (!made) return group_failed(made.error());
  if (made->empty()) return name_taken();
  const auto id = made->front().id<DirectoryGroupId>(0);
  if (auto noted = people.note("directory-group-made", *given.name); !noted)
    return group_failed(noted.error());
  if (auto set = set_members(id, {}, changed_by({}, given.members)); !set)
    return std::unexpected(set.error());
  return id;
}

ScimResult<void> Groups::change(DirectoryGroupId id, const GroupEdit& edit) const {
  const auto was = find(id);
  if (!was) return std::unexpected(was.error());
  const auto before = inside(id);
  if (!before) return std::unexpected(before.error());
  const std::string name = edit.name.value_or(was->name);
  const std::string external_id = edit.external_id.value_or(was->external_id);
  const auto other = people.call.db.query(
      "SELECT 1 FROM directory_group WHERE name_key = ? AND id <> ?", {lower(name), id});
  if (!other) return group_failed(other.error());
  if (!other->empty()) return name_taken();
  if (auto set = people.call.db.execute(
          "UPDATE directory_group SET name = ?, name_key = ?, external_id = ?, changed_at = ? "
          "WHERE id = ?",
          {name, lower(name), external_id, value_of(people.call.now), id});
      !set)
    return group_failed(set.error());
  const auto after = changed_by(*before, edit.members);
  if (auto set = set_members(id, *before, after); !set) return set;
  if (name == was->name && external_id == was->external_id) return {};
  if (auto noted = people.note("directory-group-changed", name, {{"from", was->name}}); !noted)
    return group_failed(noted.error());
  // By its name, or its id at the directory, it gives roles.
  return roles_follow(after);
}

ScimResult<void> Groups::remove(DirectoryGroupId id) const {
  const auto was = find(id);
  if (!was) return std::unexpected(was.error());
  const auto before = inside(id);
  if (!before) return std::unexpected(before.error());
  if (auto set = set_members(id, *before, {}); !set) return set;
  if (auto gone = people.call.db.execute("DELETE FROM directory_group WHERE id = ?", {id}); !gone)
    return group_failed(gone.error());
  if (auto noted = people.note("directory-group-removed", was->name); !noted)
    return group_failed(noted.error());
  return {};
}

ScimResult<void> Groups::set_members(DirectoryGroupId id, const std::set<PersonId>& before,
                                     const std::set<PersonId>& after) const {
  if (after.size() > kMostMembers)
    return scim_error(400, "invalidValue", "メンバーが多すぎます。", "these are too many members.");
  const auto came = but(after, before);
  const auto went = but(before, after);
  if (came.empty() && went.empty()) return {};
  for (const PersonId person : came) {
    const auto there = people.find(person);
    if (!there && there.error().status == 404)
      return scim_error(400, "invalidValue", "members: そういう人はいません。",
                        "members: there is no such person.");
    if (!there) return std::unexpected(there.error());
    if (auto put = people.call.db.execute(
            "INSERT INTO directory_member (group_id, person_id) VALUES (?, ?)", {id, person});
        !put)
      return group_failed(put.error());
  }
  for (const PersonId person : went)
    if (auto gone = people.call.db.execute(
            "DELETE FROM directory_member WHERE group_id = ? AND person_id = ?", {id, person});
        !gone)
      return group_failed(gone.error());
  const auto group = find(id);
  if (!group) return std::unexpected(group.error());
  if (auto noted = people.note("directory-group-members", group->name,
                               {{"added", came.size()}, {"removed", went.size()}});
      !noted)
    return group_failed(noted.error());
  std::set<PersonId> whom = came;
  whom.insert(went.begin(), went.end());
  return roles_follow(whom);
}

ScimResult<void> Groups::roles_follow(const std::set<PersonId>& whom) const {
  for (const PersonId person : whom)
    if (auto followed = people.roles_follow(person); !followed) return followed;
  return {};
}

}  // namespace sekisho
