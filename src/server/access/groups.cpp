// SPDX-License-Identifier: Apache-2.0
// Groups of people, by which policies may name them.
#include <set>

#include "server/access/handlers.h"
#include "server/api/fields.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostGroups = 50;  // that one person is in

using GroupNames = std::set<std::string>;

GroupNames read_groups_body(const Node& node) {
  node.only({"groups"});
  GroupNames names;
  const auto items = node.at("groups").items();
  if (items.size() > kMostGroups)
    node.at("groups").report("グループが多すぎます。", "these are too many groups.");
  for (const Node& item : items) names.insert(read_name(item));
  return names;
}

Result<GroupNames> groups_of(Database& db, PersonId person) {
  const auto rows =
      db.query("SELECT name FROM person_group WHERE person_id = ? ORDER BY name", {person});
  if (!rows) return std::unexpected(rows.error());
  GroupNames names;
  for (const Row& row : *rows) names.insert(row.text(0));
  return names;
}

json::array names_json(const GroupNames& names) {
  json::array list;
  for (const std::string& name : names) list.emplace_back(name);
  return list;
}

Result<std::string> group_member(Call& call, Problem& why) {
  const auto rows = call.db.query("SELECT email FROM person WHERE id = ? AND state <> 'erased'",
                                  {call.id<PersonId>(0)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return stop(why, not_found().error());
  return rows->front().text(0);
}

Outcome get_groups(Call& call) {
  Problem why;
  if (const auto member = group_member(call, why); !member)
    return why.text.empty() ? broken(member.error()) : std::unexpected(why);
  const auto names = groups_of(call.db, call.id<PersonId>(0));
  if (!names) return broken(names.error());
  return reply_json(json::object{{"groups", names_json(*names)}});
}

Outcome set_groups(Call& call) {
  const auto given = read_body<GroupNames>(call, read_groups_body);
  if (!given) return std::unexpected(given.error());
  const auto person = call.id<PersonId>(0);
  Problem why;
  const auto done = call.db.write([&]() -> Result<void> {
    const auto member = group_member(call, why);
    if (!member) return std::unexpected(member.error());
    const auto before = groups_of(call.db, person);
    if (!before) return std::unexpected(before.error());
    if (*before == *given) return {};
    for (const std::string& name : *before)
      if (!given->contains(name))
        if (auto out = call.db.execute("DELETE FROM person_group WHERE person_id = ? AND name = ?",
                                       {person, name});
            !out)
          return out;
    for (const std::string& name : *given)
      if (!before->contains(name))
        if (auto in = call.db.execute("INSERT INTO person_group (person_id, name) VALUES (?, ?)",
                                      {person, name});
            !in)
          return in;
    return audit(call, "person-groups", *member, {{"groups", names_json(*given)}});
  });
  if (!why.text.empty()) return std::unexpected(why);
  return written(done, reply_nothing());
}

Outcome list_groups(Call& call) {
  const auto rows = call.db.query(
      "SELECT name, COUNT(*) FROM person_group GROUP BY name ORDER BY name LIMIT 1000");
  if (!rows) return broken(rows.error());
  json::array items;
  for (const Row& row : *rows)
    items.emplace_back(json::object{{"name", row.text(0)}, {"people", row.integer(1)}});
  return reply_json(json::object{{"items", std::move(items)}});
}

}  // namespace

void add_groups(Handlers& handlers) {
  handlers.insert({{"listGroups", list_groups},
                   {"getPersonGroups", get_groups},
                   {"setPersonGroups", set_groups}});
}

}  // namespace sekisho
